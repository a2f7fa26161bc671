"""Who a subject is, for reports."""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import metadata

from scikeras_conformance.catalog.wrappers import Wrapper

__all__ = ["Identity", "identify"]


@dataclass(frozen=True, slots=True)
class Identity:
    """Who a subject is.

    Parameters
    ----------
    spec : str
        The way it was named.
    distribution, version : str or None
        The installed distribution that it belongs to, if any.
    wrappers : mapping of str to str
        Module and name of each class that users import.
    """

    spec: str
    distribution: str | None
    version: str | None
    wrappers: Mapping[str, str]


def identify(spec: str, classes: Mapping[Wrapper, type]) -> Identity:
    """Return who a subject is, as far as the environment tells.

    Parameters
    ----------
    spec : str
        The way it was named.
    classes : mapping of Wrapper to type
        The classes that users import.
    """
    top = (classes.get(Wrapper.CLASSIFIER) or next(iter(classes.values()))).__module__
    top = top.partition(".")[0]
    distributions = metadata.packages_distributions().get(top, [])
    distribution = distributions[0] if distributions else None
    return Identity(
        spec=spec,
        distribution=distribution,
        version=metadata.version(distribution) if distribution else None,
        wrappers={
            str(wrapper): f"{cls.__module__}.{cls.__qualname__}" for wrapper, cls in classes.items()
        },
    )

"""Finds the implementation under test and says who it is.

A subject is named in one of three ways:

``package.module``
    The module offers ``BaseWrapper``, ``KerasClassifier`` and ``KerasRegressor``.
``package.module:adapter``
    An object with those three attributes, for implementations whose classes have other names. If
    their constructors differ too, the adapter has a method ``construct(cls, *args, **params)``
    that makes an estimator out of what the contract would pass to ``cls``; if the models of the
    suite do not suit them, a method ``sklearn_estimator(kind, check)`` that makes an unfitted
    estimator to hold against a check of scikit-learn; and if its three classes are not those that
    users import, a mapping ``public_classes`` from the names of the wrappers to the classes that are.
``base=module:Name,classifier=module:Name,regressor=module:Name``
    Each wrapper from a place of its own.
"""

import importlib
import re
import warnings
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from importlib import metadata
from types import MappingProxyType
from typing import Any

from scikeras_conformance.catalog.check import ESTIMATORS, Wrapper
from scikeras_conformance.exceptions import SubjectImportError, SubjectIncompleteError, UsageError
from scikeras_conformance.subject.estimator_factories import METHOD, load_builders

__all__ = ["NAMES", "Identity", "Subject", "check_spec", "load_subject"]

NAMES: Mapping[Wrapper, str] = MappingProxyType(
    {
        Wrapper.BASE: "BaseWrapper",
        Wrapper.CLASSIFIER: "KerasClassifier",
        Wrapper.REGRESSOR: "KerasRegressor",
    }
)


@dataclass(frozen=True, slots=True)
class Identity:
    """Who a subject is, for reports."""

    spec: str
    distribution: str | None
    version: str | None
    wrappers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Subject:
    """An implementation under test.

    Parameters
    ----------
    spec : str
        The way it was named.
    classes : mapping of Wrapper to type
        The three wrappers.
    construct : callable
        ``construct(cls, *args, **params)`` makes an estimator of `cls`, which is one of the
        wrappers or a subclass of one.
    makers : mapping of Wrapper to callable, optional
        ``makers[wrapper](kind, check)`` makes an estimator for a check of scikit-learn; `kind` is
        ``"classifier"``, ``"multilabel"`` or ``"regressor"``, `check` the name of the check.
    public_classes : mapping of Wrapper to type, optional
        The classes that users import, where an adapter has classes of its own in their place.
    """

    spec: str
    classes: Mapping[Wrapper, type]
    construct: Callable[..., Any]
    makers: Mapping[Wrapper, Callable[[str, str], Any]] = field(default_factory=dict)
    public_classes: Mapping[Wrapper, type] = field(default_factory=dict)

    def public_class(self, wrapper: Wrapper) -> type:
        """Give the class that users import."""
        return self.public_classes.get(wrapper, self.classes[wrapper])

    @property
    def identity(self) -> Identity:
        """Distribution, version and class names, as far as the environment tells them."""
        top = self.public_class(Wrapper.CLASSIFIER).__module__.partition(".")[0]
        distributions = metadata.packages_distributions().get(top, [])
        distribution = distributions[0] if distributions else None
        return Identity(
            spec=self.spec,
            distribution=distribution,
            version=metadata.version(distribution) if distribution else None,
            wrappers={
                str(wrapper): f"{cls.__module__}.{cls.__qualname__}"
                for wrapper in self.classes
                for cls in [self.public_class(wrapper)]
            },
        )


def check_spec(spec: str) -> None:
    """Refuse a way of naming a subject that has none of the three forms, without importing it.

    Raises
    ------
    UsageError
        With the forms that are understood.
    """
    places = _parts(spec).values() if "=" in spec else [spec]
    for place in places:
        if not re.fullmatch(r"\w+(\.\w+)*(:\w+(\.\w+)*)?", place) or place.endswith(".py"):
            hint = " Give the name of the module, not its file." if ".py" in place else ""
            raise UsageError(
                f"The subject {place!r} names no module.{hint} Give one that can be imported from "
                "here, such as 'package.module' or 'package.module:adapter'."
            )


def load_subject(spec: str, builders: Iterable[str] = ()) -> Subject:
    """Import the implementation that `spec` names.

    Parameters
    ----------
    spec : str
        See the top of this module.
    builders : iterable of str, default=()
        What makes the estimators for scikit-learn's checks, see `scikeras_conformance.subject.estimator_factories`;
        an adapter's method makes those that are not named here.

    Raises
    ------
    UsageError
        If `spec` has none of the three forms, or a builder makes no sense.
    SubjectImportError
        If a module of it cannot be imported.
    SubjectIncompleteError
        If one of the three wrappers is missing or not a class.
    """
    check_spec(spec)
    if "=" in spec:
        parts = _parts(spec)
        classes = {wrapper: _load(parts[wrapper]) for wrapper in Wrapper}
        return Subject(spec, _complete(spec, classes), _construct, load_builders(builders))
    holder = _load(spec)
    classes = {wrapper: getattr(holder, name, None) for wrapper, name in NAMES.items()}
    own = getattr(holder, METHOD, None)
    makers = dict.fromkeys(ESTIMATORS, own) if own is not None else {}
    public_classes = {
        Wrapper(name): cls for name, cls in getattr(holder, "public_classes", {}).items()
    }
    return Subject(
        spec,
        _complete(spec, classes),
        getattr(holder, "construct", _construct),
        {**makers, **load_builders(builders)},
        _complete(spec, {**classes, **public_classes}) if public_classes else {},
    )


def _parts(spec: str) -> dict[str, str]:
    parts = dict(part.strip().partition("=")[::2] for part in spec.split(","))
    wanted = {str(wrapper) for wrapper in Wrapper}
    if set(parts) != wanted or not all(":" in place for place in parts.values()):
        raise UsageError(
            f"The subject {spec!r} is not understood. Give a module, module:adapter, or "
            "base=module:Name,classifier=module:Name,regressor=module:Name."
        )
    return parts


def _load(place: str) -> Any:
    module_name, _, attributes = place.partition(":")
    try:
        # The warning filters of a project say nothing about conformance.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found: Any = importlib.import_module(module_name)
    # A module may do anything while it is imported, and even exit.
    except (Exception, SystemExit) as error:
        raise SubjectImportError(
            f"The subject {place!r} cannot be imported: {type(error).__name__}: {error}. Install "
            "it into this environment, or start the suite where it can be imported from."
        ) from error
    for attribute in filter(None, attributes.split(".")):
        try:
            found = getattr(found, attribute)
        except AttributeError as error:
            raise SubjectIncompleteError(
                f"The subject {place!r} is incomplete: {error}."
            ) from error
    return found


def _complete(spec: str, classes: Mapping[Wrapper, Any]) -> Mapping[Wrapper, type]:
    missing = [
        f"{NAMES[wrapper]} ({'missing' if found is None else f'{found!r:.60} is not a class'})"
        for wrapper, found in classes.items()
        if not isinstance(found, type)
    ]
    if missing:
        raise SubjectIncompleteError(
            f"The subject {spec!r} is incomplete: {', '.join(missing)}. A subject offers the "
            "classes BaseWrapper, KerasClassifier and KerasRegressor; where they have other "
            "names, give base=module:Name,classifier=module:Name,regressor=module:Name, or an "
            "adapter object as module:adapter."
        )
    return MappingProxyType(dict(classes))


def _construct(cls: type, *args: Any, **params: Any) -> Any:
    return cls(*args, **params)

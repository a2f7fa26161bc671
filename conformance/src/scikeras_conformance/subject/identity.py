"""Who a subject is, for reports."""

import inspect
import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from urllib.parse import unquote, urlsplit

from scikeras_conformance.catalog.printable import describe
from scikeras_conformance.catalog.wrappers import Wrapper
from scikeras_conformance.subject.checkout import commit_of

__all__ = ["Identity", "identify"]


@dataclass(frozen=True, slots=True)
class Identity:
    """Who a subject is.

    Parameters
    ----------
    spec : str
        The way it was named.
    distribution : str or None
        The installed distribution that the imported file belongs to, if any.
    version : str or None
        The version of that distribution; else the ``__version__`` of the imported package.
    path : str or None
        The file or the folder that was imported.
    commit : str or None
        The commit of that file, if it lies in a git checkout.
    wrappers : mapping of str to str
        Module and name of each class that users import.
    """

    spec: str
    distribution: str | None
    version: str | None
    path: str | None
    commit: str | None
    wrappers: Mapping[str, str]


def identify(spec: str, classes: Mapping[Wrapper, type]) -> Identity:
    """Return who a subject is, as far as what was imported tells.

    Parameters
    ----------
    spec : str
        The way it was named.
    classes : mapping of Wrapper to type
        The classes that users import.
    """
    wrappers = {str(wrapper): _name_of(cls) for wrapper, cls in classes.items()}
    cls = classes.get(Wrapper.CLASSIFIER) or next(iter(classes.values()))
    top = _name_of(cls).partition(".")[0]
    file = _file_of(cls)
    distribution = None if file is None else _distribution_of(top, file)
    version = _version_of(top) if distribution is None else distribution.version
    return Identity(
        spec=spec,
        distribution=None if distribution is None else distribution.metadata["Name"],
        version=version,
        path=None if file is None else str(_package_of(top, file)),
        commit=None if file is None else commit_of(file),
        wrappers=wrappers,
    )


def _version_of(package: str) -> str | None:
    # Not by attribute, which a package may make up or look up elsewhere.
    version = vars(sys.modules[package]).get("__version__") if package in sys.modules else None
    return version if isinstance(version, str) else None


def _name_of(cls: type) -> str:
    try:
        return f"{cls.__module__}.{cls.__qualname__}"
    # A class may have a metaclass that does not tell.
    except Exception as error:
        return f"({describe(error)})"


def _file_of(cls: type) -> Path | None:
    """Return the file that a class comes from: of its source, else of its module."""
    try:
        found = inspect.getsourcefile(cls) or inspect.getfile(cls)
    except Exception:  # it comes from no file, or does not tell
        return None
    return Path(found).absolute()


def _package_of(top: str, file: Path) -> Path:
    """Return the folder of the package that a file is in, or the file itself."""
    for folder in file.parents:
        if folder.name == top and (folder / "__init__.py").is_file():
            return folder
    return file


def _distribution_of(top: str, file: Path) -> metadata.Distribution | None:
    """Return the distribution that a file belongs to.

    Of the name alone nothing follows: a checkout may stand in front of what is installed.
    """
    resolved = file.resolve()
    # What is installed for development may list no files: it names the folder of its source.
    sources = ((_source_of(one), one) for one in metadata.distributions())
    around = [(source, one) for source, one in sources if source and source in resolved.parents]
    if around:
        return max(around, key=lambda pair: len(pair[0].parts))[1]
    for name in metadata.packages_distributions().get(top, ()):
        distribution = metadata.distribution(name)
        files = distribution.files or ()
        namesakes = (one.locate() for one in files if one.name == file.name)
        if any(Path(str(one)).resolve() == resolved for one in namesakes):
            return distribution
    return None


def _source_of(distribution: metadata.Distribution) -> Path | None:
    """Return the folder of a distribution that is installed for development."""
    text = distribution.read_text("direct_url.json")
    if not text:
        return None
    data = json.loads(text)
    if not data.get("dir_info", {}).get("editable"):
        return None
    return Path(unquote(urlsplit(data["url"]).path)).resolve()

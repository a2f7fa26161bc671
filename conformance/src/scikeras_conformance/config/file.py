"""The configuration of a run, from a file: what a project would otherwise repeat in every command.

It stands in ``scikeras-conformance.toml``, or in the table ``[tool.scikeras-conformance]`` of
``pyproject.toml``. What the command line says wins over the file.
"""

import argparse
import os
import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from math import inf
from pathlib import Path
from typing import Any

from scikeras_conformance.catalog.check import Wrapper
from scikeras_conformance.catalog.plan import nearest
from scikeras_conformance.exceptions import UsageError
from scikeras_conformance.runner.device import Device

__all__ = [
    "Settings",
    "combine",
    "find_settings",
    "parse_builder",
    "parse_seconds",
    "read_settings",
]

FILE = "scikeras-conformance.toml"
TOOL = "scikeras-conformance"
SELECTING = ("profile", "chapter", "check")

LONGEST = 365 * 24 * 3600
"""Seconds. A timer takes no infinite time; whoever wants no limit gives 0."""

PLACE = re.compile(r"\w+(\.\w+)*:\w+(\.\w+)*")


@dataclass(frozen=True, slots=True)
class Settings:
    """What a configuration file says.

    Parameters
    ----------
    file : Path or None
        The file; None where there is none.
    options : mapping
        Values by the name that an option has inside the command line.
    """

    file: Path | None = None
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Key:
    option: str
    wants: str
    parse: Callable[[Any], Any]


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value or "\0" in value:
        raise ValueError
    return value


def _texts(value: Any) -> list[str]:
    if not isinstance(value, list):
        raise ValueError  # noqa: TRY004 - one exception for every value that is not understood
    return [_text(entry) for entry in value]


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError  # noqa: TRY004
    return value


def _seconds(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise ValueError  # noqa: TRY004
    return parse_seconds(value)


def _workers(value: Any) -> str:
    if value != "auto" and (isinstance(value, bool) or not isinstance(value, int) or value < 1):
        raise ValueError
    return str(value)


def _device(value: Any) -> str:
    devices = [str(device) for device in Device]
    if _text(value) not in devices:
        raise UsageError(
            f"device takes {' or '.join(map(repr, devices))}, not {value!r}."
            f"{nearest(value, devices)}"
        )
    return str(value)


def _builders(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [parse_builder(f"{wrapper}={_text(place)}") for wrapper, place in value.items()]
    return [parse_builder(_text(value))]


KEYS: Mapping[str, _Key] = {
    "subject": _Key("subject", "a text such as 'your_package.wrappers'", _text),
    "profiles": _Key("profile", "a list of profiles such as ['documented']", _texts),
    "chapters": _Key("chapter", "a list of chapters such as ['INIT']", _texts),
    "checks": _Key("check", "a list of clauses or checks such as ['INIT-5']", _texts),
    "wrappers": _Key("wrapper", "a list of wrappers such as ['classifier']", _texts),
    "builders": _Key(
        "builder", "a text 'module:adapter', or a table of 'module:function' by wrapper", _builders
    ),
    "device": _Key("device", "'cpu' or 'gpu'", _device),
    "time-limit": _Key("time_limit", "a number of seconds, 0 for no limit", _seconds),
    "strict": _Key("strict", "true or false", _flag),
    "workers": _Key("workers", "a whole number from 1, or 'auto'", _workers),
    "baseline": _Key("baseline", "the path of a baseline file", _text),
}


def parse_seconds(value: str | float) -> float:
    """Read a time limit.

    Parameters
    ----------
    value : str or float
        A number of seconds, 0 for no limit.

    Raises
    ------
    ValueError
        If it is no number that a clock can count to; what is not positive would be no limit.
    """
    seconds = float(value) if isinstance(value, str) or value <= LONGEST else inf
    if not 0 <= seconds <= LONGEST:
        raise ValueError(f"give a number of seconds, 0 for no limit, not {value!r:.20}")
    return seconds


def parse_builder(text: str) -> str:
    """Check a builder for scikit-learn's checks.

    Parameters
    ----------
    text : str
        ``module:adapter``, or ``wrapper=module:function`` for one wrapper.

    Raises
    ------
    UsageError
        If it has neither form, or names no wrapper.
    """
    wrapper, equals, place = text.rpartition("=")
    wrappers = [str(one) for one in Wrapper]
    if equals and wrapper not in wrappers:
        raise UsageError(
            f"The builder {text!r} is for no wrapper.{nearest(wrapper, wrappers)} Known: "
            f"{', '.join(wrappers)}."
        )
    if not PLACE.fullmatch(place):
        raise UsageError(
            f"The builder {text!r} is not understood. Give module:adapter, or "
            "WRAPPER=module:function for a wrapper."
        )
    return text


def find_settings(directory: Path) -> Settings:
    """Read the configuration of a directory; one without any is as good as an empty one.

    Parameters
    ----------
    directory : Path
        Where to look, and nowhere above it.

    Raises
    ------
    UsageError
        If two files configure the suite, or the one that does makes no sense.
    """
    own, shared = directory / FILE, directory / "pyproject.toml"
    # A link to nowhere, and a folder of that name, are errors and not "no configuration".
    is_own = os.path.lexists(own)
    has_table = shared.is_file() and _table(shared) is not None
    if is_own and has_table:
        raise UsageError(
            f"Both {FILE} and [tool.{TOOL}] of pyproject.toml configure the suite; keep one."
        )
    if is_own:
        return read_settings(own)
    return read_settings(shared) if has_table else Settings()


def read_settings(path: Path) -> Settings:
    """Read a configuration file.

    Parameters
    ----------
    path : Path
        A file like ``scikeras-conformance.toml``, or a ``pyproject.toml`` with our table.

    Raises
    ------
    UsageError
        If the file cannot be read, or a key or value of it makes no sense.
    """
    table = _table(path)
    if table is None:
        raise UsageError(f"The configuration {path} has no table [tool.{TOOL}].")
    options: dict[str, Any] = {}
    for name, value in table.items():
        key = KEYS.get(name)
        if key is None:
            raise UsageError(
                f"The configuration {path} has the unknown key {name!r}."
                f"{nearest(name, list(KEYS))} Known: {', '.join(KEYS)}."
            )
        try:
            options[key.option] = key.parse(value)
        except UsageError as error:
            raise UsageError(f"The configuration {path}: {error}") from error
        except ValueError as error:
            raise UsageError(
                f"The configuration {path}: {name} takes {key.wants}, not {value!r}."
            ) from error
    if "baseline" in options:
        # A path in a file is meant from where the file stands.
        options["baseline"] = str(path.parent / options["baseline"])
    return Settings(path, options)


def _table(path: Path) -> dict[str, Any] | None:
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"The configuration {path} cannot be read: {error}.") from error
    # Beside its own error it lets through those of numbers and nests that are too large.
    except (ValueError, RecursionError) as error:
        raise UsageError(f"The configuration {path} is not TOML: {error}.") from error
    if path.name != "pyproject.toml":
        return data
    tool = data.get("tool")
    table = tool.get(TOOL) if isinstance(tool, dict) else None
    near = get_close_matches(TOOL, tool if isinstance(tool, dict) else (), cutoff=0.85)
    if table is None and near:
        raise UsageError(
            f"The configuration {path} has a table [tool.{near[0]}], which nothing reads. Did you "
            f"mean [tool.{TOOL}]?"
        )
    if table is not None and not isinstance(table, dict):
        raise UsageError(f"The configuration {path}: tool.{TOOL} is no table.")
    return table


def combine(
    defaults: Mapping[str, Any], settings: Settings, given: Mapping[str, Any]
) -> argparse.Namespace:
    """Put the options of a run together.

    Whoever selects a part on the command line, by a profile, a chapter or a check, means that part:
    what the file selects by any of the three is set aside.

    Parameters
    ----------
    defaults : mapping
        Value of each option that nobody gives.
    settings : Settings
        What the file says.
    given : mapping
        What the command line says.

    Raises
    ------
    UsageError
        If the file asks for what this version has no option for.
    """
    unknown = [name for name in settings.options if name not in defaults]
    if unknown:
        raise UsageError(
            f"The configuration {settings.file} asks for {', '.join(unknown)}, which this version "
            "of the suite cannot follow; take it out."
        )
    from_file = dict(settings.options)
    if any(given.get(name) for name in SELECTING):
        for name in SELECTING:
            from_file.pop(name, None)
    return argparse.Namespace(**{**defaults, **from_file, **given})

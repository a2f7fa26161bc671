"""The configuration file of a run, for what a project would otherwise repeat in every command.

It is ``scikeras-conformance.toml``, or the table ``[tool.scikeras-conformance]`` of
``pyproject.toml``.
"""

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from scikeras_conformance.config.values import Examples, Seconds, Text, Workers, read_value
from scikeras_conformance.exceptions import UsageError, did_you_mean
from scikeras_conformance.runner.device import Device
from scikeras_conformance.subject.estimator_factories import parse_factory

__all__ = ["Settings", "find_settings", "read_settings"]

FILE = "scikeras-conformance.toml"
SHARED_FILE = "pyproject.toml"
TOOL = "scikeras-conformance"

TextList = tuple[Text, ...]


class Keys(msgspec.Struct, kw_only=True, rename="kebab"):
    """The keys of a configuration file, by the fields of `RunOptions` that they are read into.

    A type says which values a key takes, and its description in which words an error asks for one.
    """

    subject: Annotated[Text | None, Meta(description="a text such as 'your_package.wrappers'")] = (
        None
    )
    profiles: Annotated[
        TextList | None, Meta(description="a list of profiles such as ['documented']")
    ] = None
    chapters: Annotated[
        TextList | None, Meta(description="a list of chapters such as ['INIT']")
    ] = None
    checks: Annotated[
        TextList | None, Meta(description="a list of clauses or checks such as ['INIT-5']")
    ] = None
    wrappers: Annotated[
        TextList | None, Meta(description="a list of wrappers such as ['classifier']")
    ] = None
    estimators: Annotated[
        # Without constraints, which crash msgspec 0.22 in a union with a dict.
        str | dict[str, str] | None,
        Meta(description="a text 'module:adapter', or a table of 'module:function' by wrapper"),
    ] = None
    not_offered: Annotated[
        TextList | None, Meta(description="a list of capabilities such as ['regressor']")
    ] = None
    builder_protocol: Annotated[
        Literal["keywords", "data-first", "shapes", "none"] | None,
        Meta(description="'keywords', 'data-first', 'shapes' or 'none'"),
    ] = None
    device: Annotated[Device | None, Meta(description="'cpu' or 'gpu'")] = None
    time_limit: Seconds | None = None
    examples: Examples | None = None
    strict: Annotated[bool | None, Meta(description="true or false")] = None
    workers: Workers | None = None
    baseline: Annotated[Text | None, Meta(description="the path of a baseline file")] = None


@dataclass(frozen=True, slots=True)
class Settings:
    """What a configuration file says.

    Parameters
    ----------
    file : Path or None
        The file; None where there is none.
    options : mapping
        Values by the names of the fields of `RunOptions`.
    """

    file: Path | None = None
    options: Mapping[str, Any] = field(default_factory=dict)


def find_settings(directory: Path) -> Settings:
    """Read the configuration of a directory; one without any gives no options.

    Parameters
    ----------
    directory : Path
        Where to look, and nowhere above it.

    Raises
    ------
    UsageError
        If two files configure the suite, or the one that does is not valid.
    """
    own, shared = directory / FILE, directory / SHARED_FILE
    # A link to nowhere, and a folder of that name, are errors and not "no configuration".
    is_own = os.path.lexists(own)
    has_table = shared.is_file() and _read_table(shared) is not None
    if is_own and has_table:
        raise UsageError(
            f"Both {FILE} and [tool.{TOOL}] of {SHARED_FILE} configure the suite; keep one."
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
        If the file cannot be read, or a key or value of it is not valid.
    """
    table = _read_table(path)
    if table is None:
        raise UsageError(f"The configuration {path} has no table [tool.{TOOL}].")
    fields = {field.encode_name: field for field in msgspec.structs.fields(Keys)}
    values: dict[str, Any] = {}
    for key, value in table.items():
        if key not in fields:
            raise UsageError(
                f"The configuration {path} has the unknown key {key!r}."
                f"{did_you_mean(key, list(fields))} Known: {', '.join(fields)}."
            )
        try:
            values[fields[key].name] = read_value(value, fields[key].type)
        except ValueError as error:
            raise UsageError(f"The configuration {path}: {key} {error}") from error
    if "estimators" in values:
        try:
            values["estimators"] = _read_factories(values["estimators"])
        except UsageError as error:
            raise UsageError(f"The configuration {path}: {error}") from error
    if "baseline" in values:
        # A path in a file is relative to the file.
        values["baseline"] = str(path.parent / values["baseline"])
    return Settings(path, values)


def _read_factories(value: str | dict[str, str]) -> tuple[str, ...]:
    if isinstance(value, str):
        return (parse_factory(value),)
    return tuple(parse_factory(f"{wrapper}={place}") for wrapper, place in value.items())


def _read_table(path: Path) -> dict[str, Any] | None:
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"The configuration {path} cannot be read: {error}.") from error
    # tomllib raises other errors too: for huge numbers and deep nesting.
    except (ValueError, RecursionError) as error:
        raise UsageError(f"The configuration {path} is not TOML: {error}.") from error
    if path.name != SHARED_FILE:
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
        raise UsageError(f"The configuration {path}: tool.{TOOL} is not a table.")
    return table

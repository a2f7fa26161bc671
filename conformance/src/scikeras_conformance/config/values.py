"""The types of options: which values each takes, and how an error asks for one."""

from collections.abc import Iterator
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, inspect

from scikeras_conformance.exceptions import did_you_mean

__all__ = ["MAX_SECONDS", "Examples", "Seconds", "Text", "Workers", "read_value"]

MAX_SECONDS = 365 * 24 * 3600
"""A timer takes no infinite time; no limit is 0."""

Text = Annotated[str, Meta(pattern=r"\A[^\0]+\Z")]
Seconds = Annotated[
    float, Meta(ge=0, le=MAX_SECONDS, description="a number of seconds, 0 for no limit")
]
Examples = Annotated[int, Meta(ge=1, description="a whole number from 1")]
Workers = Annotated[
    Annotated[int, Meta(ge=1)] | Literal["auto"],
    Meta(description="a whole number from 1, or 'auto'"),
]


def read_value(value: Any, kind: Any, *, is_text: bool = False) -> Any:
    """Return a value in the type of an option.

    Parameters
    ----------
    value : object
        What a file or the command line has.
    kind : type
        The type, with a description that continues "takes ...".
    is_text : bool, default=False
        Whether the value is a text that may stand for a number.

    Raises
    ------
    ValueError
        If the type does not take the value; the message begins with "takes".
    """
    try:
        return msgspec.convert(value, kind, strict=not is_text)
    except msgspec.ValidationError as error:
        raise ValueError(f"takes {_wants(kind)}, not {value!r:.60}.{_hint(value, kind)}") from error


def _wants(kind: Any) -> str:
    return next(
        str((info.extra_json_schema or {})["description"])
        for info in _types_in(inspect.type_info(kind))
        if isinstance(info, inspect.Metadata)
    )


def _hint(value: Any, kind: Any) -> str:
    for info in _types_in(inspect.type_info(kind)):
        if isinstance(info, inspect.EnumType) and isinstance(value, str):
            return did_you_mean(value, [str(member.value) for member in info.cls])
    return ""


def _types_in(info: inspect.Type) -> Iterator[inspect.Type]:
    yield info
    if isinstance(info, inspect.Metadata):
        yield from _types_in(info.type)
    elif isinstance(info, inspect.UnionType):
        for one in info.types:
            yield from _types_in(one)

"""How a subject calls builders, where that is not how the contract has it.

The builders of the suite take keywords only. For a subject that calls them in another way, the
suite gives its constructor an *adapted* builder, which accepts what the subject passes.

======================  ==========================================================================
``keywords``            ``builder(**keywords)``, as the contract has it
``data-first``          ``builder(X, y, **keywords)``
``shapes``              ``builder(input_shape, output_shape, **keywords)``
``none``                no builder: the subject takes a model, which the suite builds before
``adapter``             whatever the method ``wrap_builder(builder)`` of the adapter is for
======================  ==========================================================================
"""

import copy
import inspect
import sys
from collections import OrderedDict
from collections.abc import Callable, Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from scikeras_conformance.exceptions import UsageError, did_you_mean

__all__ = [
    "READY_MADE",
    "AdaptedBuilder",
    "BuilderAdapter",
    "BuilderProtocol",
    "adapter_for",
    "as_it_is",
    "constructor_for",
    "parse_protocol",
]

MAX_KEPT = 64
"""Adapted builders that are kept, so that a builder that is given twice is adapted once."""


class BuilderProtocol(StrEnum):
    """How a subject calls builders."""

    KEYWORDS = "keywords"
    DATA_FIRST = "data-first"
    SHAPES = "shapes"
    NONE = "none"
    ADAPTER = "adapter"


READY_MADE = tuple(one for one in BuilderProtocol if one is not BuilderProtocol.ADAPTER)
"""The protocols that need no code of an adapter."""

_LEADING: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        BuilderProtocol.DATA_FIRST: ("X", "y"),
        BuilderProtocol.SHAPES: ("input_shape", "output_shape"),
    }
)

_POSITIONAL = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.VAR_POSITIONAL)

BuilderAdapter = Callable[[Any], Any]
"""Takes a builder of the suite, and returns what the constructor of the subject is given."""


def parse_protocol(name: str) -> BuilderProtocol:
    """Return the ready-made protocol of a name.

    Parameters
    ----------
    name : str
        For example ``"data-first"``.

    Raises
    ------
    UsageError
        If there is none, with the nearest one.
    """
    known = [str(one) for one in READY_MADE]
    if name not in known:
        raise UsageError(
            f"There is no builder protocol {name!r:.60}.{did_you_mean(str(name), known)} Known: "
            f"{', '.join(known)}."
        )
    return BuilderProtocol(name)


def adapter_for(protocol: BuilderProtocol, own: BuilderAdapter | None = None) -> BuilderAdapter:
    """Return what adapts builders to a protocol.

    Parameters
    ----------
    protocol : BuilderProtocol
        The protocol of the subject.
    own : callable, optional
        The method ``wrap_builder`` of an adapter.

    Returns
    -------
    callable
        Takes a builder, and returns the same object whenever it is given the same builder.
    """
    if own is not None:
        return _Kept(own)
    if protocol in _LEADING:
        names = _LEADING[protocol]
        return _Kept(lambda builder: AdaptedBuilder(builder, names))
    return as_it_is


def as_it_is(builder: Any) -> Any:
    """Return a builder as it is."""
    return builder


def constructor_for(
    construct: Callable[..., Any], protocol: BuilderProtocol, adapter: BuilderAdapter
) -> Callable[..., Any]:
    """Return a function that constructs estimators with adapted builders.

    Parameters
    ----------
    construct : callable
        Constructs an estimator with what it is given.
    protocol : BuilderProtocol
        The protocol of the subject.
    adapter : callable
        Adapts builders.
    """
    if protocol is BuilderProtocol.KEYWORDS:
        return construct

    def construct_adapted(cls: type, *args: Any, **params: Any) -> Any:
        builder: Any = args[0] if args else params.get("model")
        if not _is_builder(builder):
            return construct(cls, *args, **params)
        if protocol is BuilderProtocol.NONE:
            named = _names(builder)
            given = builder(**{name: params.pop(name) for name in [*params] if name in named})
        else:
            given = adapter(builder)
        if args:
            return construct(cls, given, *args[1:], **params)
        return construct(cls, **{**params, "model": given})

    return construct_adapted


def _is_builder(value: Any) -> bool:
    keras = sys.modules.get("keras")
    is_model = keras is not None and isinstance(value, keras.Model)
    return callable(value) and not is_model


def _names(builder: Any) -> Mapping[str, inspect.Parameter]:
    try:
        return inspect.signature(builder).parameters
    except (TypeError, ValueError):
        return {}


class _Kept:
    """Adapts each builder once, as long as it is one of the last few."""

    def __init__(self, adapt: BuilderAdapter) -> None:
        self._adapt = adapt
        self._kept: OrderedDict[int, tuple[Any, Any]] = OrderedDict()

    def __call__(self, builder: Any) -> Any:
        kept = self._kept.get(id(builder))
        if kept is None or kept[0] is not builder:
            kept = self._kept[id(builder)] = (builder, self._adapt(builder))
        self._kept.move_to_end(id(builder))
        if len(self._kept) > MAX_KEPT:
            self._kept.popitem(last=False)
        return kept[1]


class AdaptedBuilder:
    """A builder that accepts leading arguments, and passes on those that another builder names.

    Parameters
    ----------
    builder : callable
        The builder of the suite.
    leading : tuple of str
        Names of the arguments, which the subject passes by position or by keyword.
    """

    def __init__(self, builder: Any, leading: tuple[str, ...]) -> None:
        self.builder = builder
        self._leading = leading
        by_name = inspect.Parameter.POSITIONAL_OR_KEYWORD
        # Some subjects pass only the keywords that the signature names.
        self.__signature__ = inspect.Signature(
            [
                *(inspect.Parameter(name, by_name) for name in leading),
                *(
                    parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY)
                    if parameter.kind is by_name
                    else parameter
                    for name, parameter in _names(builder).items()
                    if name not in leading and parameter.kind not in _POSITIONAL
                ),
            ]
        )

    def __call__(self, *args: Any, **keywords: Any) -> Any:
        """Call the builder of the suite."""
        given = dict(zip(self._leading, args, strict=False))
        given |= {name: keywords.pop(name) for name in self._leading if name in keywords}
        named = _names(self.builder)
        passed = {name: value for name, value in given.items() if name in named}
        return self.builder(*args[len(self._leading) :], **passed, **keywords)

    def __copy__(self) -> "AdaptedBuilder":
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> "AdaptedBuilder":
        # Like the builder itself: a function is its own deep copy.
        builder = copy.deepcopy(self.builder, memo)
        if builder is self.builder:
            return self
        return AdaptedBuilder(builder, self._leading)

    def __reduce__(self) -> tuple[Any, ...]:
        return AdaptedBuilder, (self.builder, self._leading)

"""Builders with a given signature that record what they are called with."""

import inspect
from collections.abc import Callable
from typing import Any

from scikeras_conformance.checks._support.destinations import stub_helper
from scikeras_conformance.checks._support.fit_outcomes import stub_model
from scikeras_conformance.checks._support.modules import doubles
from scikeras_conformance.checks._support.preparation import try_once
from scikeras_conformance.checks._support.refusals import Call, require_one_refuses
from scikeras_conformance.runner.context import CheckContext, show

__all__ = [
    "NOT_GIVEN",
    "fit_with_builder",
    "last_call",
    "recording_builder",
    "require_keyword_refused",
    "require_special_argument",
    "special_argument",
]


NOT_GIVEN = "not given"


def recording_builder(
    context: CheckContext, *names: str, kwargs: bool = False, compiled: bool = True
) -> tuple[Callable[..., Any], list[dict[str, Any]]]:
    """Return a builder with exactly these arguments, and the list of its calls.

    Its models do not train, which nothing here is about. If a check passes a loss to the wrapper,
    the model is returned uncompiled, because COMP-2 is about contradictions.
    """
    calls: list[dict[str, Any]] = []

    def build(*args: Any, **arguments: Any) -> Any:
        calls.append({**{str(i): arg for i, arg in enumerate(args)}, **arguments})
        return (stub_model if compiled else stub_helper)(context)

    kind = inspect.Parameter
    parameters = [kind(name, kind.POSITIONAL_OR_KEYWORD, default=NOT_GIVEN) for name in names]
    if kwargs:
        parameters.append(kind("kwargs", kind.VAR_KEYWORD))
    signature = inspect.Signature(parameters)

    def checked(*args: Any, **arguments: Any) -> Any:
        signature.bind(*args, **arguments)
        return build(*args, **arguments)

    checked.__signature__ = signature  # type: ignore[attr-defined]
    return checked, calls


def fit_with_builder(
    context: CheckContext, build: Any, calls: list[dict[str, Any]], **params: Any
) -> Any:
    """Fit an estimator, and return it with what its builder received."""
    X, y, *_ = doubles.dataset(context.wrapper)
    estimator = context.make(build, **params)
    context.fit(estimator, X, y)
    return estimator, last_call(context, calls)


def last_call(context: CheckContext, calls: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the arguments of the last call of a builder, and require one."""
    context.require(calls, "the builder was never called")
    return calls[-1]


def require_keyword_refused(
    context: CheckContext, build: Callable[..., Any], name: str, value: Any = 1
) -> None:
    """Require a TypeError for a keyword that a builder does not accept, which the message names.

    The constructor may raise it, or `fit`.
    """
    X, y, *_ = doubles.dataset(context.wrapper)
    made: list[Any] = []

    def construct() -> None:
        made.append(context.subject.construct(context.cls, build, **{name: value}))

    calls: list[Call] = [
        (f"constructing with {name}={value}", construct),
        ("fit", lambda: made[0].fit(X, y)),
    ]
    require_one_refuses(context, calls, TypeError, naming=name.removeprefix("model__"))


def require_special_argument(context: CheckContext, name: str) -> None:
    """Block the check unless a function that names a special argument receives it."""

    def attempt() -> None:
        build, calls = recording_builder(context, name)
        _, received = fit_with_builder(context, build, calls)
        special_argument(context, received, name)

    try_once(context, attempt, "argument", name)


def special_argument(context: CheckContext, received: dict[str, Any], name: str) -> dict[str, Any]:
    """Return a special argument that a builder received, which has to be a dict.

    Without it the check is blocked: BUILD-3 is about whether it is passed.
    """
    if received.get(name, NOT_GIVEN) is NOT_GIVEN:
        context.stop(
            f"passing {name} to a builder that names it",
            "did not happen",
            follows="BUILD-3.special-arguments",
        )
    value = received[name]
    context.require(isinstance(value, dict), f"{name} is {show(value)}, not a dict")
    return dict(value)

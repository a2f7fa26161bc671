"""BUILD-3 and BUILD-8: builders of every kind of signature."""

import functools
from collections.abc import Callable
from typing import Any

from scikeras_conformance.catalog.check import ESTIMATORS, check
from scikeras_conformance.checks._support.fit_outcomes import stub_model
from scikeras_conformance.checks._support.modules import doubles
from scikeras_conformance.checks._support.plain_use import provided
from scikeras_conformance.checks._support.predictions import same
from scikeras_conformance.checks._support.preparation import require_it_works
from scikeras_conformance.checks._support.recording_builder import (
    require_keyword_refused,
    require_special_argument,
)
from scikeras_conformance.contract import Capability
from scikeras_conformance.exceptions import Blocked
from scikeras_conformance.runner.context import CheckContext, show

FUNCTIONS = ("decorated", "local-variables")
OTHERS = ("partial", "bound-method", "class", "callable-object")


def _noting(function: Callable[..., Any]) -> Callable[..., Any]:
    """Decorate a builder as a timer or a cache does; the signature stays that of the function."""

    @functools.wraps(function)
    def inner(*args: Any, **kwargs: Any) -> Any:
        return function(*args, **kwargs)

    return inner


def _builder_of(kind: str, call: Callable[[Any, Any], Any]) -> Any:
    """Return a builder that takes `units`, and `meta` unless a local variable has that name."""

    def plain(units: Any = None, meta: Any = None) -> Any:
        return call(units, meta)

    def with_variables(units: Any = None) -> Any:
        meta, params, compile_kwargs = None, None, None
        del params, compile_kwargs
        return call(units, meta)

    class Other:
        def method(self, units: Any = None, meta: Any = None) -> Any:
            return call(units, meta)

        def __call__(self, units: Any = None, meta: Any = None) -> Any:
            return call(units, meta)

    class Builder:
        def __new__(cls, units: Any = None, meta: Any = None) -> Any:
            return call(units, meta)

    def three(_: int, units: Any = None, meta: Any = None) -> Any:
        return call(units, meta)

    return {
        "decorated": _noting(plain),
        "local-variables": with_variables,
        "partial": functools.partial(three, 1),
        "bound-method": Other().method,
        "class": Builder,
        "callable-object": Other(),
    }[kind]


def _builder_without_arguments(context: CheckContext) -> Any:
    """Return a builder of a kind that takes no arguments."""

    class Other:
        def method(self) -> Any:
            return stub_model(context)

        def __call__(self) -> Any:
            return stub_model(context)

    class Builder:
        def __new__(cls) -> Any:
            return stub_model(context)

    return {
        "partial": functools.partial(lambda _: stub_model(context), 1),
        "bound-method": Other().method,
        "class": Builder,
        "callable-object": Other(),
    }[context.case]


def _require_kind_is_accepted(context: CheckContext) -> None:
    """End the check as not applicable if the wrapper does not accept a kind of builder at all.

    It should, but does not have to: CLS-8 is about that.
    """
    require_it_works(context)
    if context.case not in OTHERS:
        return
    X, y, *_ = doubles.dataset(context.wrapper)
    try:
        context.fit(context.make(_builder_without_arguments(context)), X, y)
    except Blocked:
        kind = context.case.replace("-", " ")
        context.not_applicable(f"a {kind} is not accepted as builder, which CLS-8 is about")


@check(
    "BUILD-3.by-the-signature",
    verifies="a builder of any kind receives the arguments that its signature names, whatever "
    "its local variables are called",
    impact="a decorator, a partial, or a local variable called meta changes what a builder "
    "receives",
    wrappers=ESTIMATORS,
    cases=[*FUNCTIONS, *OTHERS],
    also=["BUILD-1"],
    conditional=True,
)
def by_the_signature(context: CheckContext) -> None:
    _require_kind_is_accepted(context)
    if context.case != "local-variables":
        require_special_argument(context, "meta")
    X, y, *_ = doubles.dataset(context.wrapper)
    seen: list[Any] = []

    def call(units: Any, meta: Any) -> Any:
        seen.append((units, meta))
        return stub_model(context)

    estimator = context.observe.make(_builder_of(context.case, call), units=5)
    with context.doing(f"fit with a builder of the kind: {context.case.replace('-', ' ')}"):
        context.fit(estimator, X, y)
    context.require(seen, "the builder was never called")
    units, meta = seen[-1]
    context.require(
        same(units, 5), f"the builder should receive units=5; it received {show(units)}"
    )
    if context.case != "local-variables":
        context.require(
            isinstance(meta, dict) and "n_features_in_" in meta,
            f"a builder that names meta received {show(meta)}",
        )


@check(
    "BUILD-3.after-another-builder",
    verifies="a builder that is set later receives what its own signature names",
    impact="a loop that tries several builders with one estimator fails at the second one",
    wrappers=ESTIMATORS,
    cases=["more", "less"],
    needs=[Capability.BUILDERS],
)
def after_another_builder(context: CheckContext) -> None:
    X, y, *_ = doubles.dataset(context.wrapper)
    require_special_argument(context, "meta")
    received: list[tuple[Any, Any]] = []

    def without() -> Any:
        received.append((without, None))
        return stub_model(context)

    def naming(meta: Any) -> Any:
        received.append((naming, meta))
        return stub_model(context)

    first, second = (without, naming) if context.case == "more" else (naming, without)
    context.fit(context.make(second), X, y)

    def fitted_and_given(builder: Callable[..., Any]) -> Any:
        estimator = context.make(first)
        context.fit(estimator, X, y)
        context.call(estimator, "set_params", model=context.as_given(builder))
        received.clear()
        return estimator

    estimator = fitted_and_given(second)
    names = "meta" if context.case == "more" else "no arguments"
    with (
        provided(lambda: context.fit(fitted_and_given(first), X, y)),
        context.doing(f"fit after set_params(model=...) with a builder that names {names}"),
    ):
        context.fit(estimator, X, y)
    if not received or received[-1][0] is not second:
        context.stop("fit", "did not call the new builder", follows="INIT-10.used-later")
    found = received[-1][1]
    context.require(
        (found is None) == (context.case == "less"),
        f"a builder that was set later, and names {names}, received {show(found)}",
    )


@check(
    "BUILD-3.keyword-only",
    verifies="special and free arguments are passed to keyword-only parameters too",
    impact="a builder with a bare star in its signature is called without its arguments",
    wrappers=ESTIMATORS,
    cases=["fit", "initialize"],
)
def keyword_only(context: CheckContext) -> None:
    X, y, *_ = doubles.dataset(context.wrapper)
    require_it_works(context, context.case)
    for name in ("meta", "compile_kwargs", "params"):
        require_special_argument(context, name)
    calls: list[dict[str, Any]] = []

    def build(*, units: int, meta: Any, compile_kwargs: Any, params: Any) -> Any:
        received = {"meta": meta, "compile_kwargs": compile_kwargs, "params": params}
        calls.append({"units": units, **received})
        return stub_model(context)

    estimator = context.observe.make(build, units=3)
    with context.doing("calling a builder with keyword-only arguments"):
        context.call(estimator, context.case, X, y)
    context.require(calls, "the builder was never called")
    received = calls[-1]
    context.require(same(received["units"], 3), "the builder received other units")
    for name, key in (
        ("meta", "n_features_in_"),
        ("params", "units"),
        ("compile_kwargs", "optimizer"),
    ):
        value = received[name]
        context.require(isinstance(value, dict), f"{name} is {show(value)}, not a dict")
        context.require(key in value, f"{name} does not hold {key!r}")


@check(
    "BUILD-8.unaccepted-by-others",
    verifies="builders that are not functions raise a TypeError that names a keyword they do "
    "not accept",
    impact="a misspelled setting is dropped if the builder is a partial, a method or an object",
    wrappers=ESTIMATORS,
    cases=["decorated", *OTHERS],
    conditional=True,
)
def unaccepted_by_others(context: CheckContext) -> None:
    _require_kind_is_accepted(context)
    build = _builder_of(context.case, lambda *_: stub_model(context))
    for name in ("breadth", "model__breadth"):
        require_keyword_refused(context, build, name)

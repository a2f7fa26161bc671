"""INIT-10: what is set on a fitted estimator is used by the next call that it is for."""

from collections.abc import Callable
from typing import Any

from scikeras_conformance.catalog.check import ESTIMATORS, check
from scikeras_conformance.checks._support.destinations import subclass
from scikeras_conformance.checks._support.fit_outcomes import stub_model
from scikeras_conformance.checks._support.modules import doubles
from scikeras_conformance.checks._support.predictions import same
from scikeras_conformance.checks._support.preparation import accepted
from scikeras_conformance.checks._support.training import recorder
from scikeras_conformance.contract import Capability
from scikeras_conformance.runner.context import CheckContext, show

VALUES: dict[str, tuple[str, Any, Any]] = {
    "batch_size": ("fit", 5, 6),
    "fit__batch_size": ("fit", 5, 6),
    "shuffle": ("fit", True, False),
    "fit__shuffle": ("fit", True, False),
    "verbose": ("fit", 0, 2),
    "batch_size-in-predict": ("predict", 5, 6),
    "predict__batch_size": ("predict", 5, 6),
    "predict__verbose": ("predict", 0, 2),
}
"""By case: the method that uses a parameter, and two values of it."""

OTHERS = ("model", "callbacks", "score__alpha")


@check(
    "INIT-10.used-later",
    verifies="the next call uses the builder, the callbacks and the settings that were set after a "
    "fit",
    impact="each candidate that a loop sets on one estimator is the first one over again",
    wrappers=ESTIMATORS,
    cases=[*OTHERS, *VALUES],
    case_needs={
        "model": Capability.BUILDERS,
        **{case: Capability.ROUTED_PARAMETERS for case in (*OTHERS, *VALUES) if "__" in case},
    },
    conditional=True,
    presupposes="INIT-10.settable",
)
def used_later(context: CheckContext) -> None:
    special: dict[str, Callable[[CheckContext], None]] = {
        "model": _other_builder,
        "callbacks": _other_callbacks,
        "score__alpha": _other_score_parameter,
    }
    if context.case in special:
        special[context.case](context)
        return
    X, y, *_ = doubles.dataset(context.wrapper)
    name = context.case.partition("-")[0]
    method, old, new = VALUES[context.case]
    if not accepted(context, **{name: old}):
        context.not_applicable(f"the wrapper has no parameter {name}")
    argument = name.partition("__")[2] or name
    estimator = context.make(lambda: stub_model(context), **{name: old})
    context.fit(estimator, X, y)
    context.predict(estimator, X)
    if not _passed_on(context, estimator, method, argument, old):
        context.stop(method, f"did not pass on {argument}={show(old)} before anything was set")
    context.call(estimator, "set_params", **{name: new})
    with context.doing(f"{method} after fit and set_params({name}={show(new)})"):
        if method == "fit":
            estimator.fit(X, y)
        else:
            estimator.predict(X)
    context.require(
        _passed_on(context, estimator, method, argument, new),
        f"after fit and set_params({name}={show(new)}), {method} passed on another {argument}",
    )


def _passed_on(
    context: CheckContext, estimator: Any, method: str, argument: str, value: Any
) -> bool:
    """Whether the last call of a method of the model received an argument."""
    log = context.recording_model(estimator).log
    calls = log.fits if method == "fit" else log.predicts
    return bool(calls) and same(calls[-1].get(argument), value)


def _other_builder(context: CheckContext) -> None:
    X, y, *_ = doubles.dataset(context.wrapper)
    called: list[str] = []

    def named(name: str) -> Callable[[], Any]:
        def build() -> Any:
            called.append(name)
            return stub_model(context)

        return build

    estimator = context.make(named("first"))
    context.fit(estimator, X, y)
    context.predict(estimator, X)
    context.call(estimator, "set_params", model=context.as_given(named("second")))
    called.clear()
    with context.doing("fit after fit and set_params(model=...)"):
        estimator.fit(X, y)
    context.require(
        called and set(called) == {"second"},
        "after fit and set_params(model=...), fit did not call the new builder"
        f"{', but the old one' if called else ''}",
    )


def _other_callbacks(context: CheckContext) -> None:
    X, y, *_ = doubles.dataset(context.wrapper)
    (first, old), (second, new) = recorder(), recorder()
    if not accepted(context, callbacks=[first()]):
        context.not_applicable("the wrapper has no parameter callbacks")
    estimator = context.make(lambda: stub_model(context), callbacks=[first()])
    context.fit(estimator, X, y)
    context.predict(estimator, X)
    if not old.count("train"):
        context.stop("fit", "did not call the callback that was given to the constructor")
    before = old.count("train")
    context.call(estimator, "set_params", callbacks=[second()])
    with context.doing("fit after fit and set_params(callbacks=...)"):
        estimator.fit(X, y)
    found = old.count("train") - before, new.count("train")
    context.require(
        found == (0, 1),
        f"after fit and set_params(callbacks=...), fit called the old callback {found[0]} times "
        f"and the new one {found[1]} times, not 0 and 1",
    )


def _other_score_parameter(context: CheckContext) -> None:
    X, y, *_ = doubles.dataset(context.wrapper)
    seen: list[dict[str, Any]] = []

    def scorer(y_true: Any, y_pred: Any, **kwargs: Any) -> float:
        del y_true, y_pred
        seen.append(kwargs)
        return 0.5

    cls = subclass(context, scorer=staticmethod(scorer))
    if not accepted(context, score__alpha=1):
        context.not_applicable("the wrapper has no parameters for the scorer")
    estimator = context.make_of(cls, lambda: stub_model(context), score__alpha=1)
    context.fit(estimator, X, y)
    context.call(estimator, "score", X, y)
    if not (seen and seen[-1].get("alpha") == 1):
        context.stop("score", "did not call the scorer with alpha=1 before anything was set")
    context.call(estimator, "set_params", score__alpha=2)
    with context.doing("score after score and set_params(score__alpha=2)"):
        estimator.score(X, y)
    found = seen[-1].get("alpha")
    context.require(
        found == 2,
        f"after score and set_params(score__alpha=2), the scorer received alpha={show(found)}",
    )

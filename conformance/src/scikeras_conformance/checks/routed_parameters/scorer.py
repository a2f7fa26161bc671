"""ROUTE-9: parameters routed to the scorer."""

from typing import Any

from scikeras_conformance.catalog.check import ESTIMATORS, check
from scikeras_conformance.checks._support.destinations import (
    prepared,
    require_received,
)
from scikeras_conformance.checks._support.helper_models import helper_model
from scikeras_conformance.checks._support.modules import doubles, np
from scikeras_conformance.checks._support.plain_use import provided
from scikeras_conformance.checks._support.preparation import counted_to
from scikeras_conformance.checks._support.scoring import stub_builder
from scikeras_conformance.runner.context import CheckContext, Observation, show


@check(
    "ROUTE-9.scorer",
    verifies="score__x reaches the scorer of a subclass as x",
    impact="a custom score cannot be configured, or is computed with its defaults",
    cases=["given", "set-later"],
)
def reaches_scorer(context: CheckContext) -> None:
    X, y, *_ = doubles.dataset(context.wrapper)
    given = {"alpha": 1001, "beta": [1, 2], "nothing": None}
    routed: dict[str, Any] = {f"score__{name}": value for name, value in given.items()}
    if context.case == "given":
        destinations, _ = prepared(context, "score", **routed)
    else:
        destinations, estimator = prepared(context)
        # That they can be set is what INIT-10 is about.
        with counted_to("INIT-10.settable"):
            context.call(estimator, "set_params", **routed)
        context.observe.call(estimator, "score", X, y)
    require_received(context, destinations.received("score"), given, "the scorer")


@check(
    "ROUTE-9.default-scorer",
    verifies="score__x reaches accuracy_score or r2_score, the default scorers",
    impact="score__normalize or score__multioutput is accepted and has no effect",
    wrappers=ESTIMATORS,
)
def reaches_default_scorer(context: CheckContext) -> None:
    from sklearn.metrics import accuracy_score, r2_score

    if context.is_classifier:
        data = helper_model(context).data
        other = np.concatenate([1 - data.y[:3], data.y[3:]])
        given: dict[str, Any] = {"normalize": False}
        expected = accuracy_score(other, data.y, **given)
    else:
        data = doubles.continuous_dataset(2)
        other = data.y + np.where(data.y > data.y.mean(axis=0), [0.5, 3.0], 0.0).astype(
            data.y.dtype
        )
        given = {"multioutput": "variance_weighted"}
        expected = r2_score(other, data.y, **given)
    routed = {f"score__{name}": value for name, value in given.items()}

    def scored(steps: CheckContext | Observation, **params: Any) -> Any:
        estimator = steps.make(stub_builder(context, data), **params)
        steps.fit(estimator, data.X, data.y)
        return steps.call(estimator, "score", data.X, other)

    with provided(lambda: scored(context)):
        found = scored(context.observe, **routed)
    with context.doing("comparing the score"):
        right = bool(np.isclose(float(found), float(expected), atol=1e-3))
    context.require(right, f"score with {given} should be {expected}; it is {show(found)}")

"""TGT-12: metrics have the right value, or are refused before training.

Keras gives a metric the same target as the loss. From class numbers, as sparse losses take them,
most metrics compute a number that looks like one of theirs.
"""

from collections.abc import Callable
from typing import Any

from scikeras_conformance.catalog.check import Wrapper, check
from scikeras_conformance.checks._support.fixed_outputs import (
    FixedOutputs,
    recorded_value,
    require_outputs_can_be_fitted,
)
from scikeras_conformance.checks._support.modules import doubles, keras, np
from scikeras_conformance.checks._support.oracle_models import BINARY, ONE_HOT, SPARSE
from scikeras_conformance.runner.context import CheckContext

CLASSIFIER = [Wrapper.CLASSIFIER]

NAME = "watched"
"""The name of the metric in the history."""

METRICS = (
    *("F1Score", "AUC", "Precision", "Recall", "R2Score", "CosineSimilarity"),
    *("BinaryAccuracy", "CategoricalAccuracy", "MeanSquaredError"),
)

LOSSES = {"sparse": (SPARSE, 3), "one-hot": (ONE_HOT, 3), "one-unit": (BINARY, 1)}
"""Losses, and the numbers of units of the models that they are for."""


def _metric(name: str, n_units: int) -> Any:
    more: dict[str, Any] = {"average": "macro"} if name == "F1Score" else {}
    if name == "F1Score" and n_units == 1:
        more["threshold"] = 0.5  # without one, a single unit is always the largest
    return getattr(keras.metrics, name)(name=NAME, **more)


def _right_value(outputs: FixedOutputs, name: str) -> float:
    """Return the value for one-hot rows, or for a column if there is one unit."""
    if outputs.n_units == 1:
        target = outputs.codes.reshape(-1, 1)
        name = name.replace("CategoricalAccuracy", "BinaryAccuracy")
    else:
        target = np.eye(outputs.n_units)[outputs.codes]
    metric = _metric(name, outputs.n_units)
    metric.update_state(target.astype("float32"), outputs.values())
    return float(metric.result())


def _require_right_or_refused(
    context: CheckContext,
    outputs: FixedOutputs,
    build: Callable[[], Any],
    name: str,
    **settings: Any,
) -> None:
    require_outputs_can_be_fitted(context, outputs)
    made: list[Any] = []

    def recording() -> Any:
        made.append(build())
        return made[-1]

    estimator = context.make(recording, **settings)
    try:
        estimator.fit(outputs.X, outputs.labels)
    except Exception as error:
        with context.preparing("reading the number of steps of the optimizer"):
            steps = [int(model.optimizer.iterations) for model in made if model.optimizer]
        context.require(
            not any(steps), f"fit trained {steps} steps before it raised {type(error).__name__}"
        )
        return
    found, expected = recorded_value(context, estimator, NAME), _right_value(outputs, name)
    context.require(
        np.isclose(found, expected, rtol=1e-3, atol=1e-4),
        f"{name} is {found:.6g} in the history; for the known outputs it is {expected:.6g}",
    )


@check(
    "TGT-12.metrics",
    verifies="a metric that the builder compiles in has the value for the labels and the outputs, "
    "or fit raises an error before it trains",
    impact="early stopping and reports go by a number that is not the metric",
    wrappers=CLASSIFIER,
    cases=[f"{loss}-{metric}" for loss in LOSSES for metric in METRICS],
)
def metrics(context: CheckContext) -> None:
    kind, _, name = context.case.rpartition("-")
    loss, n_units = LOSSES[kind]
    outputs = FixedOutputs(n_units)

    def build() -> Any:
        return outputs.compiled(loss, metrics=[_metric(name, n_units)])

    _require_right_or_refused(context, outputs, build, name)


@check(
    "TGT-12.other-places",
    verifies="the same holds for weighted metrics, and for metrics that the wrapper compiles",
    impact="early stopping and reports go by a number that is not the metric",
    wrappers=CLASSIFIER,
    cases=["weighted", "parameter", "parameter-list", "parameter-class"],
)
def other_places(context: CheckContext) -> None:
    name, outputs = "BinaryAccuracy", FixedOutputs(3)
    if context.case == "weighted":
        _require_right_or_refused(
            context,
            outputs,
            lambda: outputs.compiled(SPARSE, weighted_metrics=[_metric(name, 3)]),
            name,
        )
        return
    settings: dict[str, Any] = {
        "parameter": {"metrics": _metric(name, 3)},
        "parameter-list": {"metrics": [_metric(name, 3)]},
        "parameter-class": {"metrics": [keras.metrics.BinaryAccuracy], "metrics__name": NAME},
    }[context.case]
    settings |= {"loss": SPARSE, "optimizer": doubles.zero_learning_rate()}
    _require_right_or_refused(context, outputs, outputs.build, name, **settings)

"""COMP-4, COMP-5 and COMP-8: losses and metrics of several outputs."""

from typing import Any

from scikeras_conformance.catalog.check import Wrapper, check
from scikeras_conformance.checks._support.modules import keras
from scikeras_conformance.checks._support.preparation import require_compile_prefix
from scikeras_conformance.checks._support.two_outputs import (
    ABSOLUTE,
    SQUARED,
    require_as_in_the_builder,
    require_as_keras,
)
from scikeras_conformance.contract import Capability
from scikeras_conformance.runner.context import CheckContext


def _cubed(y_true: Any, y_pred: Any) -> Any:
    return keras.ops.mean(keras.ops.abs(y_true - y_pred) ** 3, axis=-1)


def _halved(y_true: Any, y_pred: Any) -> Any:
    return keras.ops.mean(keras.ops.abs(y_true - y_pred), axis=-1) / 2


def _structures() -> dict[str, dict[str, Any]]:
    """Return arguments of ``Model.compile`` by case."""
    metric = keras.metrics
    return {
        "losses": {"loss": [SQUARED, ABSOLUTE]},
        "losses-by-name": {"loss": {"left": SQUARED, "right": ABSOLUTE}},
        "loss-classes": {"loss": [keras.losses.MeanSquaredError, keras.losses.MeanAbsoluteError]},
        "loss-class-twice": {"loss": [keras.losses.MeanSquaredError] * 2},
        "loss-functions": {"loss": [_cubed, _halved]},
        "loss-functions-by-name": {"loss": {"left": _cubed, "right": _halved}},
        "loss-instance-by-name": {
            "loss": {"left": keras.losses.MeanSquaredError(reduction="sum"), "right": _halved}
        },
        "metrics": {"metrics": [[ABSOLUTE], [SQUARED]]},
        "metrics-by-name": {"metrics": {"left": ABSOLUTE, "right": SQUARED}},
        "metrics-in-lists-by-name": {"metrics": {"left": [ABSOLUTE, SQUARED], "right": [SQUARED]}},
        "metrics-of-one-output": {"metrics": {"left": [ABSOLUTE]}},
        "metric-class-twice": {"metrics": [[metric.MeanSquaredError], [metric.MeanSquaredError]]},
        "metric-class-by-name": {
            "metrics": {"left": metric.MeanSquaredError, "right": metric.MeanSquaredError}
        },
        "metric-functions": {"metrics": [[_cubed], [_halved, _cubed]]},
        "metric-functions-by-name": {"metrics": {"left": _cubed, "right": [_halved]}},
    }


STRUCTURES = (
    *("losses", "losses-by-name", "loss-classes", "loss-class-twice", "loss-functions"),
    *(
        "loss-functions-by-name",
        "loss-instance-by-name",
        "metrics",
        "metrics-by-name",
        "metrics-in-lists-by-name",
    ),
    *("metrics-of-one-output", "metric-class-twice", "metric-class-by-name", "metric-functions"),
    "metric-functions-by-name",
)

WEIGHTS: dict[str, dict[str, Any]] = {
    "loss_weights": {"loss_weights": [0.25, 2.0]},
    "loss_weights-by-name": {
        "loss": {"left": SQUARED, "right": SQUARED},
        "loss_weights": {"left": 0.25, "right": 2.0},
    },
    "weighted_metrics": {"weighted_metrics": [[ABSOLUTE], [SQUARED]]},
    "weighted_metrics-by-name": {"weighted_metrics": {"left": ABSOLUTE, "right": [SQUARED]}},
}


@check(
    "COMP-5.several-outputs",
    verifies="losses and metrics of several outputs, in lists and in dicts, are those that Keras "
    "computes for the same lists and dicts",
    impact="an output is trained on the loss of another, or a metric is that of another output",
    wrappers=[Wrapper.REGRESSOR],
    cases=STRUCTURES,
    needs=[Capability.ENCODERS],
)
def several_outputs(context: CheckContext) -> None:
    require_as_keras(context, _structures()[context.case])


@check(
    "COMP-8.several-outputs",
    verifies="weights of losses and weighted metrics of several outputs are those that Keras uses "
    "for the same lists and dicts",
    impact="the loss of one output is weighted as that of another",
    wrappers=[Wrapper.REGRESSOR],
    cases=WEIGHTS,
    needs=[Capability.ENCODERS],
    conditional=True,
)
def weights_of_several_outputs(context: CheckContext) -> None:
    require_compile_prefix(context)
    require_as_keras(context, WEIGHTS[context.case], "compile__")


BY_NAME = ("losses-by-name", "metrics-by-name", *(name for name in WEIGHTS if "by-name" in name))


@check(
    "COMP-4.outputs-by-name",
    verifies="where outputs come in another order than their names, the wrapper compiles as a "
    "builder does with compile_kwargs",
    impact="an output is trained with the loss, or the weight, of another, unless the builder "
    "compiles",
    wrappers=[Wrapper.REGRESSOR],
    cases=BY_NAME,
    needs=[Capability.ENCODERS, Capability.BUILDER_ARGUMENTS],
    conditional=True,
)
def outputs_by_name(context: CheckContext) -> None:
    arguments = _structures().get(context.case) or WEIGHTS[context.case]
    if context.case in WEIGHTS:
        require_compile_prefix(context)
    require_as_in_the_builder(context, arguments, "compile__" if context.case in WEIGHTS else "")

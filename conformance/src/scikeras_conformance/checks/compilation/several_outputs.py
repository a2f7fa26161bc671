"""COMP-5 and COMP-8: losses and metrics of several outputs, compared with Keras itself."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from scikeras_conformance.catalog.check import Wrapper, check
from scikeras_conformance.checks._support.destinations import subclass
from scikeras_conformance.checks._support.modules import doubles, keras
from scikeras_conformance.checks._support.plain_use import provided
from scikeras_conformance.checks._support.preparation import require_compile_prefix
from scikeras_conformance.checks._support.recorded_training import recorded_history
from scikeras_conformance.checks._support.training import require_weights
from scikeras_conformance.checks._support.two_outputs import halves
from scikeras_conformance.contract import Capability
from scikeras_conformance.runner.context import CheckContext, show

SQUARED, ABSOLUTE = "mean_squared_error", "mean_absolute_error"


def _build() -> Any:
    """Make a model with two outputs, which are not in the order of their names."""
    inputs = keras.Input((3,))
    outputs = [
        keras.layers.Dense(1, kernel_initializer="ones", bias_initializer=start, name=name)(inputs)
        for name, start in (("right", "zeros"), ("left", "ones"))
    ]
    return doubles.RecordingModel(inputs, outputs)


def _cubed(y_true: Any, y_pred: Any) -> Any:
    return keras.ops.mean(keras.ops.abs(y_true - y_pred) ** 3, axis=-1)


def _halved(y_true: Any, y_pred: Any) -> Any:
    return keras.ops.mean(keras.ops.abs(y_true - y_pred), axis=-1) / 2


def _scaled(y_true: Any, y_pred: Any, factor: float = 1.0) -> Any:
    return factor * keras.ops.mean(keras.ops.abs(y_true - y_pred), axis=-1)


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
        "loss-partials": {"loss": [partial(_scaled, factor=3.0), _halved]},
        "loss-partials-by-name": {
            "loss": {
                "left": keras.losses.MeanSquaredError(reduction="sum"),
                "right": partial(_scaled, factor=3.0),
            }
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
        "loss-partials",
        "loss-partials-by-name",
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


def _made(structure: Any) -> Any:
    """Return a structure with new objects in place of classes, for Keras."""
    if isinstance(structure, Mapping):
        return {name: _made(item) for name, item in structure.items()}
    if isinstance(structure, list):
        return [_made(item) for item in structure]
    return structure() if isinstance(structure, type) else structure


def _require_as_keras(context: CheckContext, arguments: dict[str, Any], prefix: str = "") -> None:
    """Require the weights and the history of a model that Keras compiles with the same."""
    data = doubles.continuous_dataset(2)
    arguments = {"loss": [SQUARED, SQUARED], **arguments}
    expected = _build()
    expected.compile(keras.optimizers.SGD(0.05), **_made(arguments))
    expected.fit(data.X, [data.y[:, [0]], data.y[:, [1]]])
    cls = subclass(context, target_encoder=property(lambda _: halves()))
    rest = {f"{prefix}{name}": value for name, value in arguments.items() if name != "loss"}
    given: dict[str, Any] = {"loss": arguments["loss"], **rest}

    def plain() -> None:
        other = context.make_of(cls, _build, optimizer=keras.optimizers.SGD(0.05), loss=SQUARED)
        context.fit(other, data.X, data.y)

    with provided(plain):
        estimator = context.observe.make_of(
            cls, _build, optimizer=keras.optimizers.SGD(0.05), **given
        )
        context.observe.fit(estimator, data.X, data.y)
    require_weights(context, estimator, expected, f"those of Keras itself with {show(arguments)}")
    found, wanted = recorded_history(context, estimator), expected.log.history
    context.require(
        set(found) == set(wanted),
        f"with {show(arguments)} the history has {sorted(found)}, not {sorted(wanted)}",
    )
    for name, values in wanted.items():
        close = all(
            abs(one - two) <= 1e-4 * max(1.0, abs(two))
            for one, two in zip(found[name], values, strict=True)
        )
        context.require(
            close, f"with {show(arguments)}, {name} should be {values}; it is {found[name]}"
        )


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
    _require_as_keras(context, _structures()[context.case])


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
    _require_as_keras(context, WEIGHTS[context.case], "compile__")

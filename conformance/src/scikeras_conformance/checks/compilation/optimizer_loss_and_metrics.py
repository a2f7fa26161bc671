"""COMP-5: the forms in which optimizer, loss and metrics can be given."""

from typing import Any

from scikeras_conformance.catalog.check import ESTIMATORS, check
from scikeras_conformance.checks._support.compilation import (
    config_of,
    fitted_model,
    require_output_names,
)
from scikeras_conformance.checks._support.helper_models import (
    SPARSE,
    helper_loss,
    helper_loss_class,
    helper_metric,
    helper_target,
    uncompiled_helper,
)
from scikeras_conformance.checks._support.modules import doubles, keras, np
from scikeras_conformance.checks._support.preparation import require_it_compiles
from scikeras_conformance.checks._support.training import require_weights, train
from scikeras_conformance.contract import Level
from scikeras_conformance.runner.context import CheckContext


@check(
    "COMP-5.optimizer",
    verifies="the optimizer may be a name, a class or an instance",
    impact="a documented form of the optimizer fails, or a default replaces it",
    cases=[
        *("name", "name-of-class", "class", "class-of-a-known-name"),
        *("instance", "instance-with-schedule", "name-of-numpy"),
    ],
)
def optimizer_forms(context: CheckContext) -> None:
    schedule = keras.optimizers.schedules.ExponentialDecay(0.25, 100, 0.5)
    given = {
        "name": "adagrad",
        # As a search over an array of names sets it.
        "name-of-numpy": np.str_("adagrad"),
        "name-of-class": "Adagrad",
        "class": keras.optimizers.Adagrad,
        # Not the class that Keras has under that name.
        "class-of-a-known-name": type("Adam", (keras.optimizers.Adagrad,), {}),
        "instance": keras.optimizers.Adagrad(
            0.25,
            initial_accumulator_value=0.5,
            epsilon=0.125,
            clipnorm=0.75,
            weight_decay=0.125,
            loss_scale_factor=2.0,
        ),
        "instance-with-schedule": keras.optimizers.Adagrad(
            schedule, global_clipnorm=0.75, use_ema=True, ema_momentum=0.5
        ),
    }[context.case]
    loss = helper_loss(context)
    require_it_compiles(context)
    with context.doing(f"fit with an optimizer ({context.case})"):
        model = fitted_model(
            context, lambda: uncompiled_helper(context), optimizer=given, loss=loss
        )
    context.require(
        isinstance(model.optimizer, keras.optimizers.Adagrad),
        f"the optimizer should be Adagrad; it is {type(model.optimizer).__name__}",
    )
    if context.case.startswith("instance"):
        expected, found = config_of(given), config_of(model.optimizer)
        context.require(found == expected, f"the optimizer should be {expected}; it is {found}")


def _optimizer(case: str) -> Any:
    """Return by case an optimizer with something that its configuration does not say."""
    if case == "excluded-weights":
        optimizer = keras.optimizers.AdamW(0.1, weight_decay=0.9)
        optimizer.exclude_from_weight_decay(var_names=["kernel"])
        return optimizer

    class Schedule(keras.optimizers.schedules.LearningRateSchedule):  # type: ignore[misc]
        def __call__(self, step: Any) -> Any:
            return 0.25 / (1.0 + keras.ops.cast(step, "float32"))

    return keras.optimizers.SGD(Schedule() if case == "own-schedule" else lambda: 0.25)


@check(
    "COMP-5.optimizer-as-given",
    verifies="an optimizer given as an instance trains as it does in Keras, with the weights that "
    "it excludes from decay, and with a function or a schedule of one's own as learning rate",
    impact="weights decay that were excluded, or a learning rate of one's own cannot be used: the "
    "optimizer was copied by what it says of itself",
    wrappers=ESTIMATORS,
    cases=["excluded-weights", "function-as-rate", "own-schedule"],
    level=Level.SHOULD,
    presupposes="COMP-5.optimizer",
)
def optimizer_as_given(context: CheckContext) -> None:
    X, y, *_ = doubles.dataset(context.wrapper)
    loss = helper_loss(context)
    require_it_compiles(context)
    optimizer = _optimizer(context.case)
    with context.doing(f"fit with an optimizer ({context.case})"):
        estimator = context.make(
            lambda: uncompiled_helper(context, off=0.5), optimizer=optimizer, loss=loss
        )
        context.fit(estimator, X, y)
    expected = uncompiled_helper(context, off=0.5)
    expected.compile(_optimizer(context.case), loss)
    train(expected, X, helper_target(context, y))
    require_weights(context, estimator, expected, "those of training with that optimizer")


def _compiled_with(context: CheckContext, what: str, **params: Any) -> Any:
    """Return a model that the wrapper compiled, and whose wrong weights do not change."""

    def build() -> Any:
        return uncompiled_helper(context, off=0.5)

    require_it_compiles(context)
    if context.case.startswith("dict"):
        require_output_names(context)
    with context.doing(f"fit with {what} ({context.case})"):
        return fitted_model(context, build, optimizer=doubles.zero_learning_rate(), **params)


def _three_times(y_true: Any, y_pred: Any) -> Any:
    """Return a loss function whose value is always three."""
    return 3.0 + 0.0 * keras.ops.mean(keras.ops.abs(y_true - y_pred), axis=-1)


def _with_settings(context: CheckContext) -> Any:
    """Return a loss whose settings differ from the defaults."""
    # Of the class that goes with the helper model: Keras takes the logits of some activations.
    cls = helper_loss_class(context)
    if context.is_classifier and helper_loss(context) != SPARSE:
        return cls(label_smoothing=0.5)
    return cls(reduction="sum")


@check(
    "COMP-5.loss",
    verifies="the loss may be a name, a class, an instance or a function, or a list or dict of "
    "these",
    impact="a documented form of the loss fails, or the model is trained on another loss",
    wrappers=ESTIMATORS,
    cases=[
        "name",
        "name-of-class",
        "class",
        "instance",
        "instance-with-settings",
        "function",
        "list",
        "list-of-classes",
        "dict",
        "name-of-numpy",
    ],
)
def loss_forms(context: CheckContext) -> None:
    recording, made = doubles.recording_class(keras.losses.MeanAbsoluteError)
    given: Any = {
        "name": "mean_absolute_error",
        "name-of-numpy": np.str_("mean_absolute_error"),
        "name-of-class": "MeanAbsoluteError",
        "class": recording,
        "instance": keras.losses.MeanAbsoluteError(),
        "instance-with-settings": _with_settings(context),
        "function": _three_times,
        "list": ["mean_absolute_error"],
        "list-of-classes": [recording],
        "dict": {"out": "mean_absolute_error"},
    }[context.case]
    model = _compiled_with(context, "a loss", loss=given)
    X, y, *_ = doubles.dataset(context.wrapper)
    predictions = keras.ops.convert_to_numpy(model(X))
    column = helper_target(context, y)
    # Computed from the model itself, so that it does not matter how the wrapper trains.
    with context.preparing("computing the loss that model_ was compiled with"):
        found = float(model.compute_loss(x=X, y=column, y_pred=model(X)))
    expected = float(np.mean(np.abs(column - predictions)))
    if context.case == "function":
        expected = 3.0
    elif context.case == "instance-with-settings":
        expected = float(_with_settings(context)(column, predictions))
    context.require(
        np.isclose(found, expected, rtol=1e-4, atol=1e-4),
        f"the loss should be {expected}; it is {found}",
    )
    if given is recording or context.case == "list-of-classes":
        context.require(made, "the loss class was never instantiated")


def _require_settings_of_metric(context: CheckContext, model: Any, given: Any) -> None:
    """Require a metric of the name of the given one, if there is one, to be made like that."""
    held = [one for holder in model.metrics for one in getattr(holder, "metrics", [holder])]
    for metric in held:
        if metric.name == given.name:
            expected, found = config_of(given), config_of(metric)
            context.require(found == expected, f"the metric should be {expected}; it is {found}")


METRICS = (
    "one-name",
    "one-class",
    "one-instance",
    "one-function",
    "names",
    "classes",
    "instances",
    "instances-of-one-class",
    "functions",
    "nested",
    "dict",
    "dict-of-functions",
    "dict-of-lists",
    "names-of-numpy",
)


@check(
    "COMP-5.metrics",
    verifies="metrics may be one metric, a list, a dict or nested lists, of names, classes, "
    "instances or functions",
    impact="a documented form of a metric fails, or the metric is missing from the history",
    wrappers=ESTIMATORS,
    cases=METRICS,
)
def metric_forms(context: CheckContext) -> None:
    metrics = keras.metrics
    given: Any = {
        "one-name": "mean_absolute_error",
        "one-class": metrics.MeanAbsoluteError,
        "one-instance": metrics.MeanAbsoluteError(),
        "one-function": metrics.mean_absolute_error,
        "names": ["mean_absolute_error"],
        "names-of-numpy": [np.str_("mean_absolute_error")],
        "classes": [metrics.MeanAbsoluteError],
        "instances": [helper_metric(context, "given_mean_absolute_error")],
        "instances-of-one-class": [
            metrics.MeanAbsoluteError(name=name)
            for name in ("given_mean_absolute_error", "other_mean_absolute_error")
        ],
        "functions": [metrics.mean_absolute_error],
        "nested": [["mean_absolute_error", metrics.MeanSquaredError]],
        "dict": {"out": "mean_absolute_error"},
        "dict-of-functions": {"out": metrics.mean_absolute_error},
        "dict-of-lists": {"out": [metrics.MeanAbsoluteError, "mean_squared_error"]},
    }[context.case]
    model = _compiled_with(context, "metrics", loss=helper_loss(context), metrics=given)
    with context.preparing("reading the metrics of model_"):
        found = [
            metric.name
            for holder in model.metrics
            for metric in getattr(holder, "metrics", None) or [holder]
        ]
    names = ["given_" * context.case.startswith("instances") + "mean_absolute_error"]
    if context.case == "instances-of-one-class":
        names.append("other_mean_absolute_error")
    if context.case in {"nested", "dict-of-lists"}:
        names.append("mean_squared_error")
    if context.case == "instances":
        _require_settings_of_metric(context, model, given[0])
    missing = [name for name in names if not any(name in one for one in found)]
    context.require(not missing, f"{', '.join(missing)} not among the metrics {found}")

"""API-1 and API-2: ``history_`` and ``current_epoch``."""

from collections.abc import Callable
from typing import Any

from scikeras_conformance.catalog.check import ESTIMATORS, check
from scikeras_conformance.checks._support.helper_models import (
    helper_model,
    helper_target,
    uncompiled_helper,
)
from scikeras_conformance.checks._support.modules import doubles, keras, np
from scikeras_conformance.checks._support.training import (
    learner,
    loss_name,
    read_history,
    require_current_epoch,
)
from scikeras_conformance.contract import Capability, Level
from scikeras_conformance.runner.context import CheckContext, show

# The calls, with epochs=2, and the expected number of epochs afterwards.
SEQUENCES: dict[str, tuple[tuple[str, ...], int]] = {
    "fit": (("fit",), 2),
    "second-fit": (("fit", "fit"), 2),
    "partial_fit-twice": (("partial_fit", "partial_fit"), 2),
    "fit-and-partial_fit": (("fit", "partial_fit", "partial_fit"), 4),
    "partial_fit-and-fit": (("partial_fit", "fit"), 2),
}


def _after(context: CheckContext, calls: tuple[str, ...], **settings: Any) -> Any:
    X, y, *_ = doubles.dataset(context.wrapper)
    build = learner(context, metrics=["mean_absolute_error"])
    estimator = context.make(build, epochs=2, **settings)
    for method in calls:
        context.call(estimator, method, X, y)
    return estimator


def _history(context: CheckContext, estimator: Any) -> dict[str, list[float]]:
    """Return ``history_``, which the clause is about."""
    with context.doing("reading history_"):
        return read_history(context, estimator)


@check(
    "API-1.entries",
    verifies="history_ has one entry for each epoch and quantity; fit resets it and "
    "partial_fit extends it",
    impact="learning curves mix the epochs of several fits, or lose some",
    cases=SEQUENCES,
)
def history_entries(context: CheckContext) -> None:
    X, y, *_ = doubles.dataset(context.wrapper)
    calls, epochs = SEQUENCES[context.case]
    history = _history(context, _after(context, calls))
    for name in ("loss", "mean_absolute_error"):
        context.require(name in history, f"history_ has no {name}; it has {show(list(history))}")
    lengths = {name: len(values) for name, values in history.items()}
    context.require(
        set(lengths.values()) == {epochs},
        f"history_ should have {epochs} entries for each quantity after {', '.join(calls)}; it has "
        f"{show(lengths)}",
    )
    expected = losses(learner(context)(), X, helper_target(context, y), epochs)
    context.require(
        np.allclose(history["loss"], expected, rtol=1e-4, atol=1e-5),
        f"the losses in history_ should be {show(expected)}; they are {show(history['loss'])}",
    )


@check(
    "API-1.full-names",
    verifies="history_ uses the full names of the metrics, whatever form they were given in, and a "
    "function of one's own has its own name",
    impact="code that reads history_ breaks if a metric is given in another form",
    wrappers=ESTIMATORS,
    cases=[
        *("name", "short", "class", "instance", "own-name", "short-validation"),
        *("uncompiled-short", "uncompiled-class", "own-function", "uncompiled-own-function"),
    ],
)
def history_names(context: CheckContext) -> None:
    X, y, *_ = doubles.dataset(context.wrapper)
    form = context.case.removeprefix("uncompiled-")
    by_wrapper = form != context.case
    metrics = keras.metrics
    given = {
        "name": "mean_absolute_error",
        "class": metrics.MeanAbsoluteError,
        "instance": metrics.MeanAbsoluteError(),
        "own-name": metrics.MeanAbsoluteError(name="mine"),
        "own-function": mae,
    }.get(form, "mae")
    settings: dict[str, Any] = {"optimizer": "sgd", "loss": loss_name(context), "metrics": [given]}
    own = {"own-name": "mine", "own-function": "mae"}
    wanted = {"loss", own.get(form, "mean_absolute_error")}
    params = settings if by_wrapper else {}
    if form == "short-validation":
        params = {**params, "validation_split": 0.5}
        wanted |= {f"val_{name}" for name in wanted}
    compiled_with = {} if by_wrapper else settings
    estimator = context.make(_builder(context, **compiled_with), **params)
    context.fit(estimator, X, y)
    found = set(_history(context, estimator))
    missing = sorted(wanted - found)
    context.require(not missing, f"history_ has no {', '.join(missing)}; it has {sorted(found)}")


def mae(y_true: Any, y_pred: Any) -> Any:
    """Return a metric of one's own, whose name is short for one of Keras."""
    return 3.0 + 0.0 * keras.ops.mean(keras.ops.abs(y_true - y_pred), axis=-1)


@check(
    "API-1.same-names",
    verifies="a metric that is given as a class has the same name in the history_ of each fit",
    impact="the curves of the folds of a search have names that differ by a number",
    wrappers=ESTIMATORS,
    cases=["second-fit", "other-estimator"],
    level=Level.SHOULD,
    needs=[Capability.COMPILATION_PARAMETERS],
)
def same_names(context: CheckContext) -> None:
    X, y, *_ = doubles.dataset(context.wrapper)

    class Distance(keras.metrics.MeanAbsoluteError):  # type: ignore[misc]
        # Without a name, as AUC, Precision and Recall are, which Keras numbers through a process.
        def __init__(self, name: Any = None, dtype: Any = None) -> None:
            super().__init__(name=name, dtype=dtype)

    settings = {"optimizer": "sgd", "loss": loss_name(context), "metrics": [Distance]}
    found: list[list[str]] = []
    estimators = [context.make(_builder(context), **settings) for _ in range(2)]
    if context.case == "second-fit":
        estimators[1] = estimators[0]
    for estimator in estimators:
        context.fit(estimator, X, y)
        found.append(sorted(_history(context, estimator)))
    context.require(
        found[0] == found[1], f"history_ has {show(found[0])}, and in the next fit {show(found[1])}"
    )


@check(
    "API-1.two-forms",
    verifies="one metric given in two forms has a separate list in history_ for each",
    impact="their values are mixed in one list that is twice as long as the training",
    wrappers=ESTIMATORS,
    level=Level.SHOULD,
)
def one_metric_in_two_forms(context: CheckContext) -> None:
    X, y, *_ = doubles.dataset(context.wrapper)
    metrics = ["mae", keras.metrics.MeanAbsoluteError()]
    build = _builder(context, optimizer="sgd", loss=loss_name(context), metrics=metrics)
    estimator = context.make(build, epochs=2)
    context.fit(estimator, X, y)
    history = _history(context, estimator)
    lengths = {name: len(values) for name, values in history.items()}
    context.require(
        set(lengths.values()) == {2} and len(lengths) == 3,
        f"history_ should have three quantities with two entries each; it has {show(lengths)}",
    )


@check(
    "API-2.current-epoch",
    verifies="current_epoch is the number of trained epochs",
    impact="training cannot be resumed where it stopped",
    wrappers=ESTIMATORS,
    cases=["initialize", *SEQUENCES, "stopped-early", "several-batches"],
)
def current_epoch(context: CheckContext) -> None:
    if context.case == "stopped-early":
        estimator, epochs = _stopped_early(context), 1
    elif context.case == "several-batches":
        estimator, epochs = _after(context, ("fit", "partial_fit"), batch_size=4), 3
    else:
        calls, epochs = SEQUENCES.get(context.case, (("initialize",), 0))
        estimator = _after(context, calls)
    with context.doing("reading current_epoch"):
        require_current_epoch(context, estimator, epochs)


def _stopped_early(context: CheckContext) -> Any:
    """Return an estimator of a model that stops its training after the first of two epochs."""

    class StoppingModel(doubles.RecordingModel):
        def compute_loss(self, *args: Any, **kwargs: Any) -> Any:
            self.stop_training = True
            return super().compute_loss(*args, **kwargs)

    def build() -> Any:
        helper = helper_model(context)
        model = doubles.make_model(helper.data, helper.activation, cls=StoppingModel)
        model.compile(optimizer="sgd", loss=helper.loss)
        return model

    X, y, *_ = doubles.dataset(context.wrapper)
    estimator = context.make(build, epochs=2)
    context.fit(estimator, X, y)
    return estimator


@check(
    "API-2.seen-by-callbacks",
    verifies="callbacks in partial_fit receive the epoch number that follows the trained ones",
    impact="a learning rate schedule starts over with each call of partial_fit",
    wrappers=ESTIMATORS,
    cases=["partial_fit", "fit-and-partial_fit"],
    level=Level.SHOULD,
)
def epochs_in_callbacks(context: CheckContext) -> None:
    X, y, *_ = doubles.dataset(context.wrapper)
    received_epochs: list[int] = []

    class Listening(keras.callbacks.Callback):  # type: ignore[misc]
        def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
            del logs
            received_epochs.append(epoch)

    estimator = context.make(learner(context), callbacks=[Listening()], epochs=2)
    methods = ["fit", "partial_fit"] if context.case.startswith("fit") else ["partial_fit"] * 3
    for method in methods:
        context.call(estimator, method, X, y)
    context.require(
        received_epochs == [0, 1, 2],
        f"callbacks should receive the epochs 0, 1, 2 in {', '.join(methods)}; they "
        f"received {received_epochs}",
    )


def _builder(context: CheckContext, **arguments: Any) -> Callable[[], Any]:
    """Return a builder of a model that is compiled with these arguments, if there are any."""

    def build() -> Any:
        model = uncompiled_helper(context)
        if arguments:
            model.compile(**arguments)
        return model

    return build


def losses(model: Any, x: Any, y: Any, epochs: int) -> list[float]:
    """Train a model on all rows in one batch, and return the loss of each epoch."""
    found = []
    for _ in range(epochs):
        model.reset_metrics()
        found.append(float(model.train_on_batch(x, y, return_dict=True)["loss"]))
    return found

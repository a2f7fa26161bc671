"""API-3: ``partial_fit``."""

from collections.abc import Callable
from typing import Any

from scikeras_conformance.catalog.check import Wrapper, check
from scikeras_conformance.checks._support.helper_models import helper_target
from scikeras_conformance.checks._support.modules import doubles, np
from scikeras_conformance.checks._support.plain_use import plain_use, provided
from scikeras_conformance.checks._support.predictions import as_array, same
from scikeras_conformance.checks._support.training import (
    learner,
    optimizer_steps,
    require_weights,
    train,
)
from scikeras_conformance.contract import Level
from scikeras_conformance.runner.context import CheckContext, show

# Earlier calls, settings, and the total number of epochs; the last call is partial_fit.
PARTIAL: dict[str, tuple[tuple[str, ...], dict[str, Any], int]] = {
    "first": ((), {}, 1),
    "second": (("partial_fit",), {}, 2),
    "after-fit": (("fit",), {}, 3),
    "after-initialize": (("initialize",), {}, 1),
    "after-a-stop": (("fit",), {}, 3),
    "routed-epochs": (("partial_fit",), {"fit__epochs": 3}, 2),
}


@check(
    "API-3.one-epoch",
    verifies="partial_fit trains one epoch from the current weights and optimizer state",
    impact="incremental training gives worse results than a single fit",
    cases=PARTIAL,
)
def one_epoch(context: CheckContext) -> None:
    X, y, *_ = doubles.dataset(context.wrapper)
    calls, settings, epochs = PARTIAL[context.case]
    build = learner(context, momentum=0.9)
    estimator = context.make(build, epochs=2, **settings)
    for method in (*calls, "partial_fit"):
        if context.case == "after-a-stop" and method == "partial_fit":
            # As callbacks leave it that have stopped a fit.
            context.model(estimator).stop_training = True
        steps = context.observe if method == "partial_fit" else context
        with provided(plain_use(context)):
            steps.call(estimator, method, X, y)
    expected = train(build(), X, helper_target(context, y), epochs=epochs)
    after = ", ".join((*calls, "partial_fit"))
    require_weights(context, estimator, expected, f"those of {epochs} epochs after {after}")
    made = optimizer_steps(context, estimator)
    context.require(
        made == epochs, f"after {after} the optimizer has made {made} steps, not {epochs}"
    )


def _oracle(data: Any, *, compiled: bool = True) -> Callable[[], Any]:
    """Return a builder of a model that predicts three classes and does not learn."""

    def build() -> Any:
        model = doubles.make_model(data, "softmax")
        if compiled:
            loss = "sparse_categorical_crossentropy"
            model.compile(optimizer=doubles.zero_learning_rate(), loss=loss)
        return model

    return build


@check(
    "API-3.classes",
    verifies="classes given to the first partial_fit may be missing from its y",
    impact="the first batch decides which classes there are, and later ones are refused",
    wrappers=[Wrapper.CLASSIFIER],
    cases=["numbers", "text", "one-hot", "array", "unsorted"],
)
def classes(context: CheckContext) -> None:
    labels: list[Any] = ["a", "b", "c"] if context.case == "text" else [2, 5, 9]
    data = doubles.classes_dataset(labels)
    params: dict[str, Any] = {}
    if context.case == "one-hot":
        # Here the wrapper knows the loss before it has a model.
        optimizer = doubles.zero_learning_rate()
        params = {"loss": "categorical_crossentropy", "optimizer": optimizer}
    build = _oracle(data, compiled=not params)
    given = {"array": np.array(labels), "unsorted": labels[::-1]}.get(context.case, labels)
    first = data.y != labels[1]

    def without_classes() -> None:
        context.call(context.make(build, **params), "partial_fit", data.X, data.y)

    with provided(without_classes):
        estimator = context.make(build, **params)
        if context.case == "unsorted":
            with context.doing("partial_fit with classes that are not sorted"):
                try:
                    estimator.partial_fit(data.X[first], data.y[first], classes=given)
                except ValueError:
                    return  # so no label is mistaken for another one
        else:
            context.observe.call(
                estimator, "partial_fit", data.X[first], data.y[first], classes=given
            )
    found = as_array(context, context.attribute(estimator, "classes_"), "classes_")
    # Whether classes_ is sorted then is open, as long as predictions go by it.
    in_order = sorted(found.tolist()) if context.case == "unsorted" else found.tolist()
    context.require(in_order == labels, f"classes_ should be {labels}; it is {show(found)}")
    count = context.attribute(estimator, "n_classes_")
    context.require(same(count, 3), f"n_classes_ should be 3; it is {show(count)}")
    _require_trained_on(context, estimator, data.y[first], found)
    context.observe.call(estimator, "partial_fit", data.X[~first], data.y[~first])
    _require_trained_on(context, estimator, data.y[~first], found)
    predicted = as_array(context, context.predict(estimator, data.X), "predict")
    expected = data.y
    if context.case == "unsorted":
        if not hasattr(context.cls, "predict_proba"):
            return
        proba = as_array(context, context.call(estimator, "predict_proba", data.X), "predict_proba")
        with context.doing("looking up the columns of predict_proba in classes_"):
            expected = found[proba.argmax(axis=1)]
    context.require(
        predicted.tolist() == expected.tolist(),
        f"predict returned {show(predicted)}, not {show(expected)}",
    )


def _require_trained_on(context: CheckContext, estimator: Any, labels: Any, classes: Any) -> None:
    """Require the target of the last training to be the positions of labels in ``classes_``."""
    log = context.recording_model(estimator).log
    target = log.fits[-1].get("y") if log.fits else None
    if not isinstance(target, np.ndarray):
        return  # a data set, whose targets are not looked at
    is_one_hot = target.ndim == 2 and target.shape[1] > 1
    codes = (target.argmax(axis=1) if is_one_hot else target.reshape(-1)).astype(int)
    expected = [classes.tolist().index(label) for label in labels.tolist()]
    context.require(
        codes.tolist() == expected,
        f"with classes_ {show(classes)} the labels {show(labels)} were trained on as the classes "
        f"number {show(codes)}, not {show(np.array(expected))}",
    )


@check(
    "API-3.classes-again",
    verifies="each partial_fit accepts the same classes, and raises an error for others",
    impact="a loop over batches that always passes classes fails at the second batch, or the "
    "units of the model change their meaning",
    wrappers=[Wrapper.CLASSIFIER],
    level=Level.SHOULD,
)
def classes_again(context: CheckContext) -> None:
    data = doubles.classes_dataset(["a", "b", "c"])
    estimator = context.make(_oracle(data))
    context.call(estimator, "partial_fit", data.X, data.y, classes=["a", "b", "c"])
    context.observe.call(estimator, "partial_fit", data.X, data.y, classes=["a", "b", "c"])
    with context.refusing("partial_fit with other classes than before", ValueError):
        estimator.partial_fit(data.X, data.y, classes=["a", "b", "c", "d"])
    predicted = as_array(context, context.predict(estimator, data.X), "predict")
    context.require(
        predicted.tolist() == data.y.tolist(),
        f"predict returned {show(predicted)}, not {show(data.y)}",
    )

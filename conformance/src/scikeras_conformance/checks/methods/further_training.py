"""API-3 and API-4: what goes on in further training, and what predictions follow it."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

from scikeras_conformance.catalog.check import ESTIMATORS, Wrapper, check
from scikeras_conformance.checks._support.helper_models import (
    compiled_helper,
    helper_target,
    loss_of_classes,
)
from scikeras_conformance.checks._support.modules import doubles, keras, np
from scikeras_conformance.checks._support.plain_use import plain_use, provided
from scikeras_conformance.checks._support.predictions import as_array
from scikeras_conformance.checks._support.training import (
    learner,
    outputs_of,
    require_weights,
    same_weights,
    train,
)
from scikeras_conformance.contract import Capability
from scikeras_conformance.exceptions import Blocked
from scikeras_conformance.runner.context import CheckContext, show


def _fitted(context: CheckContext, build: Callable[[], Any], way: str) -> tuple[Any, str]:
    """Return a fitted estimator whose training goes on, and the method that does so."""
    warm = {"warm_start": True} if way == "warm-fit" else {}
    method = "fit" if warm else "partial_fit"
    X, y, *_ = doubles.dataset(context.wrapper)
    estimator = context.make(build, **warm)
    context.fit(estimator, X, y)
    return estimator, method


def _require_learning_rate(context: CheckContext, way: str) -> None:
    X, y, *_ = doubles.dataset(context.wrapper)
    build = learner(context)
    estimator, method = _fitted(context, build, way)
    expected = train(build(), X, helper_target(context, y))
    for rate in (0.05, 0.025):
        # As a callback or a schedule of the user's does.
        for model in (expected, context.model(estimator)):
            with context.preparing("setting the learning rate of model_"):
                model.optimizer.learning_rate = rate
        context.observe.call(estimator, method, X, y)
        train(expected, X, helper_target(context, y))
        found = float(context.model(estimator).optimizer.learning_rate)
        context.require(
            np.isclose(found, rate),
            f"the learning rate was set to {rate}, and {method} made it {found}",
        )
    require_weights(
        context, estimator, expected, f"those of {method} with the learning rate that was set"
    )


@check(
    "API-3.learning-rate",
    verifies="partial_fit goes on with the learning rate that the optimizer has",
    impact="a rate that was lowered during training jumps back with the next batch of data",
    wrappers=ESTIMATORS,
)
def learning_rate_of_partial_fit(context: CheckContext) -> None:
    _require_learning_rate(context, "partial_fit")


@check(
    "API-4.learning-rate",
    verifies="a warm fit goes on with the learning rate that the optimizer has",
    impact="a rate that was lowered during training jumps back when training goes on",
    wrappers=ESTIMATORS,
)
def learning_rate_of_warm_fits(context: CheckContext) -> None:
    _require_learning_rate(context, "warm-fit")


def _require_followed(context: CheckContext, way: str) -> None:
    X, y, *_ = doubles.dataset(context.wrapper)
    # Wrong in the beginning, so that training changes the predictions.
    estimator, method = _fitted(context, lambda: compiled_helper(context, off=0.5, rate=0.5), way)
    predicting = "predict_proba" if hasattr(context.cls, "predict_proba") else "predict"
    for call in (method, method, "set_weights"):
        context.call(estimator, predicting, X)
        if call == "set_weights":
            model = context.model(estimator)
            with context.preparing("setting the weights of model_"):
                model.set_weights([weights + 0.25 for weights in model.get_weights()])
        else:
            context.call(estimator, call, X, y)
        outputs = outputs_of(context.model(estimator), X)[:, -1]
        found = as_array(context, context.observe.call(estimator, predicting, X), predicting)
        if predicting == "predict" and context.is_classifier:
            return  # labels may be the same before and after
        if found.dtype.kind not in "biuf":
            context.stop(predicting, f"returned {show(found[:3])}, which are no numbers")
        found = found.reshape(len(X), -1)[:, -1]
        context.require(
            np.allclose(found, outputs, atol=1e-4),
            f"{predicting} after {call} returned {show(found[:3])}, where model_ returns "
            f"{show(outputs[:3])}",
        )


@check(
    "API-3.predictions-follow",
    verifies="predictions after partial_fit are those of the model as it is then",
    impact="a service that learns all the time goes on to answer as it did before",
    wrappers=ESTIMATORS,
)
def predictions_follow_partial_fit(context: CheckContext) -> None:
    _require_followed(context, "partial_fit")


@check(
    "API-4.predictions-follow",
    verifies="predictions after a warm fit are those of the model as it is then",
    impact="training that went on has no effect on predictions",
    wrappers=ESTIMATORS,
)
def predictions_follow_warm_fits(context: CheckContext) -> None:
    _require_followed(context, "warm-fit")


@check(
    "API-4.other-target",
    verifies="with warm_start, a second fit refuses a target of another shape",
    impact="a model is trained on targets in a form that it was not built for",
    wrappers=ESTIMATORS,
    cases=["column", "several"],
)
def other_target(context: CheckContext) -> None:
    X, y, *_ = doubles.dataset(context.wrapper)
    estimator, _ = _fitted(context, learner(context), "warm-fit")
    context.fit(estimator, X, y)
    columns = 1 if context.case == "column" else 2
    other = np.repeat(y[:, None], columns, axis=1)
    with context.refusing(f"a warm fit with y of shape {other.shape} after {y.shape}", ValueError):
        estimator.fit(X, other)


@check(
    "API-4.given-model",
    verifies="with warm_start, a second fit of a model given as an instance goes on with the model "
    "of the first fit",
    impact="a pretrained model starts over in each part of its training",
    wrappers=ESTIMATORS,
    conditional=True,
)
def given_model(context: CheckContext) -> None:
    X, y, *_ = doubles.dataset(context.wrapper)
    build = learner(context, momentum=0.5)
    estimator = context.make(build(), warm_start=True)
    try:
        estimator.fit(X, y)
    except Exception as error:
        context.not_applicable(f"CLS-7 is about whether models are taken at all: {error}")
    first = context.model(estimator)
    context.observe.fit(estimator, X, y)
    context.require(context.model(estimator) is first, "a warm fit replaced model_")
    expected = train(build(), X, helper_target(context, y), epochs=2)
    require_weights(context, estimator, expected, "those of 2 epochs from the given weights")


@check(
    "API-3.longer-labels",
    verifies="labels in classes that are longer than those in the first y are kept, and predicted",
    impact="classes that appear in later batches lose their last letters",
    wrappers=[Wrapper.CLASSIFIER],
    needs=[Capability.PARTIAL_FIT],
)
def longer_labels(context: CheckContext) -> None:
    labels = ["a", "a much longer label", "bb"]
    data = doubles.classes_dataset(labels)

    def build() -> Any:
        loss = loss_of_classes(context)
        return doubles.stub_model_of(data, context.wrapper, loss_of_classes=loss)

    first = data.y == "a"
    X, y = data.X[first], data.y[first].astype("U1")
    estimator = context.make(build)
    with provided(plain_use(context, "partial_fit")):
        context.observe.call(estimator, "partial_fit", X, y, classes=labels)
    found = as_array(context, context.attribute(estimator, "classes_"), "classes_")
    context.require(found.tolist() == labels, f"classes_ is {show(found)}, not {labels}")
    found = as_array(context, context.observe.predict(estimator, data.X), "predict")
    context.require(
        found.tolist() == data.y.tolist(), f"predict returned {show(found)}, not {show(data.y)}"
    )


@check(
    "API-3.predicting-between",
    verifies="predictions and scores between two calls of partial_fit change neither the weights "
    "of the model nor the state of its optimizer",
    impact="a model that answers while it learns forgets its momentum with each answer",
    wrappers=ESTIMATORS,
    cases=["optimizer", "model"],
    needs=[Capability.PARTIAL_FIT],
)
def predicting_between(context: CheckContext) -> None:
    X, y, *_ = doubles.dataset(context.wrapper)
    # With momentum, so that the optimizer has a state besides the number of its steps.
    estimator = context.make(lambda: compiled_helper(context, off=0.5, rate=0.1, momentum=0.5))
    context.call(estimator, "partial_fit", X, y)

    def values() -> list[Any]:
        model = context.model(estimator)
        if context.case == "model":
            return [np.array(weights) for weights in model.get_weights()]
        with context.preparing("reading the optimizer of model_"):
            return [keras.ops.convert_to_numpy(variable) for variable in model.optimizer.variables]

    calls: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = [
        *((method, (X,), {}) for method in ("predict", "predict_proba", "decision_function")),
        *(
            ("score", (X, y), given)
            for given in ({}, {"sample_weight": np.linspace(0.5, 2, len(y))})
        ),
    ]
    for method, data, given in calls:
        if not hasattr(context.cls, method):
            continue
        before = values()
        with suppress(Blocked):  # whether it works is what other clauses are about
            context.call(estimator, method, *data, **given)
        after = values()
        same = len(before) == len(after) and all(map(np.array_equal, before, after))
        what = "state of the optimizer" if context.case == "optimizer" else "weights of the model"
        context.require(
            same, f"{method} changed the {what}: {show(before[-2:])} became {show(after[-2:])}"
        )


def _goes_on(context: CheckContext, build: Callable[[], Any], way: str) -> Callable[[], None]:
    """Return a function that shows that training goes on at all, with the same data."""

    def works() -> None:
        X, y, *_ = doubles.dataset(context.wrapper)
        estimator, method = _fitted(context, build, way)
        context.call(estimator, method, X, y)
        expected = train(build(), X, helper_target(context, y), epochs=2)
        if not same_weights(context.model(estimator).get_weights(), expected.get_weights()):
            follows = "API-4.warm-start" if way == "warm-fit" else "API-3.one-epoch"
            context.stop(method, "does not go on with the model", follows=follows)

    return works


def _require_any_number_of_rows(context: CheckContext, way: str) -> None:
    """Require the training by Keras alone where parts of data have different numbers of rows."""
    X, y, *_ = doubles.dataset(context.wrapper)
    build = learner(context, momentum=0.9)
    estimator, method = _fitted(context, build, way)
    expected = train(build(), X, helper_target(context, y))
    with provided(_goes_on(context, build, way)):
        for rows in (len(X) - 1, 5, len(X)):
            context.observe.call(estimator, method, X[:rows], y[:rows])
            train(expected, X[:rows], helper_target(context, y)[:rows])
        what = f"those of {method} with more rows, and with fewer, than before"
        require_weights(context, estimator, expected, what)


@check(
    "API-3.any-number-of-rows",
    verifies="partial_fit keeps weights and the state of the optimizer where a batch has another "
    "number of rows than the one before",
    impact="the last batch of a file, which is smaller, resets the momentum of the training",
    wrappers=ESTIMATORS,
    needs=[Capability.PARTIAL_FIT],
)
def partial_fit_of_any_number_of_rows(context: CheckContext) -> None:
    _require_any_number_of_rows(context, "partial_fit")


@check(
    "API-4.any-number-of-rows",
    verifies="a warm fit goes on with weights and the state of the optimizer where the data have "
    "another number of rows than before",
    impact="a training that goes on with more data silently starts over",
    wrappers=ESTIMATORS,
)
def warm_fits_of_any_number_of_rows(context: CheckContext) -> None:
    _require_any_number_of_rows(context, "warm-fit")


def _require_kept_after_an_error(context: CheckContext, way: str) -> None:
    """Require that training goes on after a call that was refused."""
    X, y, *_ = doubles.dataset(context.wrapper)
    build = learner(context, momentum=0.9)
    estimator, method = _fitted(context, build, way)
    refused = {"features": (np.hstack([X, X[:, :1]]), y), "rows": (X, y[:-1])}
    try:
        context.call(estimator, method, *refused[context.case])
    except Blocked:
        pass
    else:
        context.stop(f"{method} with other {context.case}", "raised nothing")
    expected = train(build(), X, helper_target(context, y), epochs=2)
    with provided(_goes_on(context, build, way)):
        context.observe.call(estimator, method, X, y)
        what = f"those of two calls, between which {method} was refused"
        require_weights(context, estimator, expected, what)


@check(
    "API-3.after-an-error",
    verifies="partial_fit goes on with the model after a call that was refused",
    impact="one malformed batch in a stream, which the loop skips, ends everything learned so far",
    wrappers=ESTIMATORS,
    cases=["features", "rows"],
    needs=[Capability.PARTIAL_FIT],
)
def partial_fit_after_an_error(context: CheckContext) -> None:
    _require_kept_after_an_error(context, "partial_fit")


@check(
    "API-4.after-an-error",
    verifies="a warm fit goes on with the model after a fit that was refused",
    impact="a mistake in one cell of a notebook silently throws a trained model away",
    wrappers=ESTIMATORS,
    cases=["features", "rows"],
)
def warm_fits_after_an_error(context: CheckContext) -> None:
    _require_kept_after_an_error(context, "warm-fit")

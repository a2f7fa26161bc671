"""Chapter API, first part: epochs, going on with a training, seeds."""

from collections.abc import Callable
from typing import Any

from scikeras_conformance.catalog.check import ESTIMATORS, Wrapper, check
from scikeras_conformance.checks._support.modules import doubles, keras, np, sklearn_base
from scikeras_conformance.checks._support.predictions import as_array, same
from scikeras_conformance.checks._support.training import (
    column,
    learner,
    loss_name,
    losses,
    optimizer_steps,
    read_history,
    require_weights,
    same_weights,
    train,
)
from scikeras_conformance.contract import Level
from scikeras_conformance.runner.context import CheckContext, show

# -- API-1, API-2 -------------------------------------------------------------------------------

# Which calls were made, with epochs=2, and how many epochs are to be seen afterwards.
SEQUENCES: dict[str, tuple[tuple[str, ...], int]] = {
    "fit": (("fit",), 2),
    "second-fit": (("fit", "fit"), 2),
    "partial-fits": (("partial_fit", "partial_fit"), 2),
    "partial-after-fit": (("fit", "partial_fit", "partial_fit"), 4),
    "fit-after-partial": (("partial_fit", "fit"), 2),
}


def _after(context: CheckContext, calls: tuple[str, ...], **params: Any) -> Any:
    X, y, *_ = doubles.dataset(context.wrapper)
    build = learner(context, metrics=["mean_absolute_error"])
    estimator = context.make(build, **{"epochs": 2, **params})
    for method in calls:
        context.call(estimator, method, X, y)
    return estimator


@check(
    "API-1.entries",
    verifies="history_ has one entry an epoch for each quantity; fit starts it anew and partial_fit "
    "goes on with it",
    impact="learning curves mix the epochs of several fits, or lose some",
    cases=SEQUENCES,
)
def history_entries(context: CheckContext) -> None:
    X, y, *_ = doubles.dataset(context.wrapper)
    calls, epochs = SEQUENCES[context.case]
    history = read_history(context, _after(context, calls))
    for name in ("loss", "mean_absolute_error"):
        context.require(name in history, f"history_ has no {name}; it has {show(list(history))}")
    lengths = {name: len(values) for name, values in history.items()}
    context.require(
        set(lengths.values()) == {epochs},
        f"history_ should have {epochs} entries for each quantity after {', '.join(calls)}; it has "
        f"{show(lengths)}",
    )
    expected = losses(learner(context)(), X, column(y), epochs)
    context.require(
        np.allclose(history["loss"], expected, rtol=1e-4, atol=1e-5),
        f"the losses in history_ should be {show(expected)}; they are {show(history['loss'])}",
    )


@check(
    "API-1.full-names",
    verifies="quantities stand in history_ by the full names of the metrics, however these were given",
    impact="code that reads history_ breaks as soon as a metric is spelled in another way",
    wrappers=ESTIMATORS,
    cases=["name", "short", "class", "instance", "own-name", "short-validation"],
)
def history_names(context: CheckContext) -> None:
    X, y, *_ = doubles.dataset(context.wrapper)
    metrics = keras.metrics
    given = {
        "name": "mean_absolute_error",
        "class": metrics.MeanAbsoluteError,
        "instance": metrics.MeanAbsoluteError(),
        "own-name": metrics.MeanAbsoluteError(name="mine"),
    }.get(context.case, "mae")
    settings: dict[str, Any] = {"optimizer": "sgd", "loss": loss_name(context), "metrics": [given]}
    wanted = {"loss", "mine" if context.case == "own-name" else "mean_absolute_error"}
    if context.case == "short-validation":
        settings["validation_split"] = 0.5
        wanted |= {f"val_{name}" for name in wanted}
    estimator = context.make(lambda: doubles.uncompiled(context.wrapper), **settings)
    context.fit(estimator, X, y)
    found = set(read_history(context, estimator))
    missing = sorted(wanted - found)
    context.require(not missing, f"history_ has no {', '.join(missing)}; it has {sorted(found)}")


@check(
    "API-1.two-spellings",
    verifies="two metrics that are the same but for their spelling have a list each, of one entry an "
    "epoch",
    impact="their values are mixed in one list, twice as long as the training",
    wrappers=ESTIMATORS,
    level=Level.SHOULD,
)
def two_spellings(context: CheckContext) -> None:
    X, y, *_ = doubles.dataset(context.wrapper)
    metrics = ["mae", keras.metrics.MeanAbsoluteError()]
    settings = {"optimizer": "sgd", "loss": loss_name(context), "metrics": metrics, "epochs": 2}
    estimator = context.make(lambda: doubles.uncompiled(context.wrapper), **settings)
    context.fit(estimator, X, y)
    history = read_history(context, estimator)
    lengths = {name: len(values) for name, values in history.items()}
    context.require(
        set(lengths.values()) == {2} and len(lengths) == 3,
        f"history_ should have three quantities with two entries each; it has {show(lengths)}",
    )


def _require_epoch(context: CheckContext, estimator: Any, expected: int) -> None:
    found = context.attribute(estimator, "current_epoch")
    context.require(
        same(found, expected), f"current_epoch should be {expected}; it is {show(found)}"
    )


@check(
    "API-2.current-epoch",
    verifies="current_epoch is the number of epochs that were trained",
    impact="training cannot be taken up where it ended",
    wrappers=ESTIMATORS,
    cases=["initialize", *SEQUENCES, "stopped-early"],
)
def current_epoch(context: CheckContext) -> None:
    class Stop(keras.callbacks.Callback):  # type: ignore[misc]
        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            del epoch, logs
            self.model.stop_training = True

    if context.case == "stopped-early":
        _require_epoch(context, _after(context, ("fit",), callbacks=Stop), 1)
    elif context.case == "initialize":
        _require_epoch(context, _after(context, ("initialize",)), 0)
    else:
        calls, epochs = SEQUENCES[context.case]
        _require_epoch(context, _after(context, calls), epochs)


@check(
    "API-2.told-to-callbacks",
    verifies="callbacks of partial_fit are told the epoch that comes after those that were trained",
    impact="a schedule of learning rates starts over with each part of a training",
    wrappers=ESTIMATORS,
    cases=["partial_fit", "fit"],
    level=Level.SHOULD,
)
def told_to_callbacks(context: CheckContext) -> None:
    X, y, *_ = doubles.dataset(context.wrapper)
    told: list[int] = []

    class Listening(keras.callbacks.Callback):  # type: ignore[misc]
        def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
            del logs
            told.append(epoch)

    estimator = context.make(learner(context), callbacks=Listening, epochs=2)
    methods = ["fit", "partial_fit"] if context.case == "fit" else ["partial_fit"] * 3
    for method in methods:
        context.call(estimator, method, X, y)
    context.require(
        told == [0, 1, 2],
        f"callbacks should be told of the epochs 0, 1, 2 in {', '.join(methods)}; they were told "
        f"of {told}",
    )


# -- API-3, API-4 -------------------------------------------------------------------------------

# Calls before, settings, and epochs in all; the last call is partial_fit.
PARTIAL: dict[str, tuple[tuple[str, ...], dict[str, Any], int]] = {
    "first": ((), {}, 1),
    "second": (("partial_fit",), {}, 2),
    "after-fit": (("fit",), {}, 3),
    "after-initialize": (("initialize",), {}, 1),
    "routed-epochs": (("partial_fit",), {"fit__epochs": 3}, 2),
}


@check(
    "API-3.one-epoch",
    verifies="partial_fit trains one epoch, from the weights and the state of the optimizer that are "
    "there",
    impact="training in parts comes out worse than training at once, for no visible reason",
    cases=PARTIAL,
)
def one_epoch(context: CheckContext) -> None:
    X, y, *_ = doubles.dataset(context.wrapper)
    calls, settings, epochs = PARTIAL[context.case]
    build = learner(context, momentum=0.9)
    estimator = context.make(build, epochs=2, **settings)
    for method in (*calls, "partial_fit"):
        context.call(estimator, method, X, y)
    expected = train(build(), X, column(y), epochs=epochs)
    after = ", ".join((*calls, "partial_fit"))
    require_weights(context, estimator, expected, f"those of {epochs} epochs after {after}")
    steps = optimizer_steps(context, estimator)
    context.require(
        steps == epochs, f"after {after} the optimizer has made {steps} steps, not {epochs}"
    )


@check(
    "API-3.classes",
    verifies="classes given to the first partial_fit may be missing from its y",
    impact="the first batch decides which classes there are, and later ones are refused",
    wrappers=[Wrapper.CLASSIFIER],
    cases=["numbers", "text", "one-hot", "array"],
)
def classes(context: CheckContext) -> None:
    labels: list[Any] = ["a", "b", "c"] if context.case == "text" else [2, 5, 9]
    data = doubles.classes_dataset(labels)
    seen: list[Any] = []

    def build(meta: Any) -> Any:
        seen.append(meta)
        return doubles.make_model(data, "softmax")

    one_hot = context.case == "one-hot"
    estimator = context.make(
        build,
        loss="categorical_crossentropy" if one_hot else "sparse_categorical_crossentropy",
        optimizer="sgd",
        optimizer__learning_rate=0.0,
    )
    given = np.array(labels) if context.case == "array" else labels
    first = data.y != labels[1]
    context.call(estimator, "partial_fit", data.X[first], data.y[first], classes=given)
    found = as_array(context, context.attribute(estimator, "classes_"), "classes_")
    context.require(found.tolist() == labels, f"classes_ should be {labels}; it is {show(found)}")
    with context.doing("reading n_classes_ in meta"):
        count = seen[-1]["n_classes_"]
    context.require(same(count, 3), f"meta['n_classes_'] should be 3; it is {show(count)}")
    context.call(estimator, "partial_fit", data.X[~first], data.y[~first])
    predicted = as_array(context, context.predict(estimator, data.X), "predict")
    context.require(
        predicted.tolist() == data.y.tolist(),
        f"predict gave {show(predicted)}, not {show(data.y)}",
    )


@check(
    "API-3.classes-again",
    verifies="the same classes may be given to each partial_fit; others are refused later on",
    impact="a loop over batches that always names the classes fails at the second, or the units of "
    "the model stand for other classes than before",
    wrappers=[Wrapper.CLASSIFIER],
    level=Level.SHOULD,
)
def classes_again(context: CheckContext) -> None:
    data = doubles.classes_dataset(["a", "b", "c"])

    def build() -> Any:
        model = doubles.make_model(data, "softmax")
        model.compile(optimizer=doubles.zero_rate(), loss="sparse_categorical_crossentropy")
        return model

    estimator = context.make(build)
    for _ in range(2):
        context.call(estimator, "partial_fit", data.X, data.y, classes=["a", "b", "c"])
    _require_epoch(context, estimator, 2)
    with context.refusing("partial_fit with other classes than before", ValueError):
        estimator.partial_fit(data.X, data.y, classes=["a", "b", "c", "d"])
    predicted = as_array(context, context.predict(estimator, data.X), "predict")
    context.require(
        predicted.tolist() == data.y.tolist(),
        f"predict gave {show(predicted)}, not {show(data.y)}",
    )


@check(
    "API-4.warm-start",
    verifies="with warm_start, fit goes on from the weights that are there; without, it does not",
    impact="a long training starts over without a word, or a fold goes on from the fold before it",
    wrappers=ESTIMATORS,
    cases=["first-fit", "second-fit", "switched-on", "switched-off", "set-weights"],
)
def warm_start(context: CheckContext) -> None:
    X, y, *_ = doubles.dataset(context.wrapper)
    build = learner(context)
    estimator = context.make(build, warm_start=context.case != "switched-on")
    expected, epochs = build(), 1
    if context.case == "set-weights":
        # A model that was pre-trained elsewhere, say.
        weights = [one + 0.25 for one in expected.get_weights()]
        expected.set_weights(weights)
        context.initialize(estimator, X, y)
        model = context.model(estimator)
        with context.doing("setting the weights of model_"):
            model.set_weights(weights)
    elif context.case != "first-fit":
        context.fit(estimator, X, y)
        on = context.case != "switched-off"
        context.call(estimator, "set_params", warm_start=on)
        epochs = 2 if on else 1
    context.fit(estimator, X, y)
    train(expected, X, column(y), epochs=epochs)
    require_weights(context, estimator, expected, f"those of {epochs} epochs from where it started")


# -- API-7 --------------------------------------------------------------------------------------


def _random_builder(context: CheckContext) -> Callable[[], Any]:
    """Give a builder of a model that is random where models are: weights, dropout, order."""
    n_features = doubles.dataset(context.wrapper).n_features

    def build() -> Any:
        inputs = keras.Input((n_features,))
        hidden = keras.layers.Dropout(0.5)(keras.layers.Dense(4)(inputs))
        activation = "sigmoid" if context.is_classifier else "linear"
        model = doubles.RecordingModel(inputs, keras.layers.Dense(1, activation)(hidden))
        model.compile(keras.optimizers.SGD(0.05), loss=loss_name(context))
        return model

    return build


def _random_weights(context: CheckContext, estimator: Any, method: str, seed: int) -> list[Any]:
    """Give the weights after a call that starts from a state of the generators of its own."""
    X, y, *_ = doubles.dataset(context.wrapper)
    keras.utils.set_random_seed(seed)
    context.call(estimator, method, X[:6], y[:6])
    return [weights.copy() for weights in context.model(estimator).get_weights()]


def _random_estimator(context: CheckContext, random_state: Any) -> Any:
    return context.make(_random_builder(context), random_state=random_state, batch_size=2)


@check(
    "API-7.same-seed",
    verifies="the same random_state gives the same weights, whatever the generators of the process do",
    impact="a result cannot be repeated, and candidates of a search differ by chance",
    wrappers=ESTIMATORS,
    cases=["fit", "initialize", "partial_fit", "RandomState", "second-fit", "clone"],
)
def same_seed(context: CheckContext) -> None:
    instances = context.case == "RandomState"
    states = [np.random.RandomState(5) if instances else 5 for _ in range(2)]
    estimators = [_random_estimator(context, state) for state in states]
    if context.case == "second-fit":
        estimators[1] = estimators[0]
    if context.case == "clone":
        with context.doing("cloning"):
            estimators[1] = sklearn_base.clone(estimators[0])
    method = context.case if context.case in {"initialize", "partial_fit"} else "fit"
    first, second = (
        _random_weights(context, estimator, method, seed)
        for seed, estimator in enumerate(estimators, start=1)
    )
    context.require(
        same_weights(first, second),
        f"two calls of {method} under the same seed gave the weights {show(first[:1])} and "
        f"{show(second[:1])}",
    )


@check(
    "API-7.other-seed",
    verifies="another random_state, or none, gives other weights",
    impact="repetitions that should show the spread of the results all show the same one",
    cases=["int", "RandomState", "None"],
)
def other_seed(context: CheckContext) -> None:
    states: tuple[Any, Any] = (None, None)
    if context.case != "None":
        states = (5, 6)
    if context.case == "RandomState":
        states = (np.random.RandomState(5), np.random.RandomState(6))
    first, second = (
        _random_weights(context, _random_estimator(context, state), "initialize", seed)
        for seed, state in enumerate(states, start=1)
    )
    context.require(
        not same_weights(first, second),
        f"random_state={show(states[0])} and {show(states[1])} gave the same weights",
    )


# -- API-12 -------------------------------------------------------------------------------------


@check(
    "API-12.initialized",
    verifies="initialized_ is true as soon as there is a model, and not before",
    impact="a pipeline cannot tell whether it has to initialise, and trains an untrained copy",
    cases=["unfitted", "initialize", "fit", "partial_fit", "clone", "failed-fit"],
)
def initialized(context: CheckContext) -> None:
    X, y, *_ = doubles.dataset(context.wrapper)

    def fail() -> Any:
        msg = "the builder of this check raises"
        raise RuntimeError(msg)

    estimator = context.make(
        fail if context.case == "failed-fit" else doubles.builder(context.wrapper)
    )
    if context.case in {"initialize", "fit", "partial_fit"}:
        context.call(estimator, context.case, X, y)
    if context.case == "clone":
        context.initialize(estimator, X, y)
        with context.doing("cloning"):
            estimator = sklearn_base.clone(estimator)
    if context.case == "failed-fit":
        with context.refusing("fit with a builder that raises", Exception):
            estimator.fit(X, y)
    expected = context.case in {"initialize", "fit", "partial_fit"}
    found = context.attribute(estimator, "initialized_")
    context.require(
        isinstance(found, (bool, np.bool_)) and bool(found) is expected,
        f"initialized_ should be {expected}; it is {show(found)}",
    )

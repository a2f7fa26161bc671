"""Chapter API, first part: epochs, going on with a training, seeds."""

from collections.abc import Callable
from typing import Any

from scikeras_conformance.catalogue import ESTIMATORS, Wrapper, check
from scikeras_conformance.checks._answers import as_array, same
from scikeras_conformance.checks._modules import keras, np, probes, sklearn_base
from scikeras_conformance.checks._training import (
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
from scikeras_conformance.trial import Trial, show

# -- API-1, API-2 -------------------------------------------------------------------------------

# Which calls were made, with epochs=2, and how many epochs are to be seen afterwards.
SEQUENCES: dict[str, tuple[tuple[str, ...], int]] = {
    "fit": (("fit",), 2),
    "second-fit": (("fit", "fit"), 2),
    "partial-fits": (("partial_fit", "partial_fit"), 2),
    "partial-after-fit": (("fit", "partial_fit", "partial_fit"), 4),
    "fit-after-partial": (("partial_fit", "fit"), 2),
}


def _after(trial: Trial, calls: tuple[str, ...], **params: Any) -> Any:
    X, y, *_ = probes.dataset(trial.wrapper)
    build = learner(trial, metrics=["mean_absolute_error"])
    estimator = trial.make(build, **{"epochs": 2, **params})
    for method in calls:
        trial.call(estimator, method, X, y)
    return estimator


@check(
    "API-1.entries",
    shows="history_ has one entry an epoch for each quantity; fit starts it anew and partial_fit "
    "goes on with it",
    costs="learning curves mix the epochs of several fits, or lose some",
    cases=SEQUENCES,
)
def history_entries(trial: Trial) -> None:
    X, y, *_ = probes.dataset(trial.wrapper)
    calls, epochs = SEQUENCES[trial.case]
    history = read_history(trial, _after(trial, calls))
    for name in ("loss", "mean_absolute_error"):
        trial.require(name in history, f"history_ has no {name}; it has {show(list(history))}")
    lengths = {name: len(values) for name, values in history.items()}
    trial.require(
        set(lengths.values()) == {epochs},
        f"history_ should have {epochs} entries for each quantity after {', '.join(calls)}; it has "
        f"{show(lengths)}",
    )
    expected = losses(learner(trial)(), X, column(y), epochs)
    trial.require(
        np.allclose(history["loss"], expected, rtol=1e-4, atol=1e-5),
        f"the losses in history_ should be {show(expected)}; they are {show(history['loss'])}",
    )


@check(
    "API-1.full-names",
    shows="quantities stand in history_ by the full names of the metrics, however these were given",
    costs="code that reads history_ breaks as soon as a metric is spelled in another way",
    wrappers=ESTIMATORS,
    cases=["name", "short", "class", "instance", "own-name", "short-validation"],
)
def history_names(trial: Trial) -> None:
    X, y, *_ = probes.dataset(trial.wrapper)
    metrics = keras.metrics
    given = {
        "name": "mean_absolute_error",
        "class": metrics.MeanAbsoluteError,
        "instance": metrics.MeanAbsoluteError(),
        "own-name": metrics.MeanAbsoluteError(name="mine"),
    }.get(trial.case, "mae")
    settings: dict[str, Any] = {"optimizer": "sgd", "loss": loss_name(trial), "metrics": [given]}
    wanted = {"loss", "mine" if trial.case == "own-name" else "mean_absolute_error"}
    if trial.case == "short-validation":
        settings["validation_split"] = 0.5
        wanted |= {f"val_{name}" for name in wanted}
    estimator = trial.make(lambda: probes.uncompiled(trial.wrapper), **settings)
    trial.fit(estimator, X, y)
    found = set(read_history(trial, estimator))
    missing = sorted(wanted - found)
    trial.require(not missing, f"history_ has no {', '.join(missing)}; it has {sorted(found)}")


@check(
    "API-1.two-spellings",
    shows="two metrics that are the same but for their spelling have a list each, of one entry an "
    "epoch",
    costs="their values are mixed in one list, twice as long as the training",
    wrappers=ESTIMATORS,
    level=Level.SHOULD,
)
def two_spellings(trial: Trial) -> None:
    X, y, *_ = probes.dataset(trial.wrapper)
    metrics = ["mae", keras.metrics.MeanAbsoluteError()]
    settings = {"optimizer": "sgd", "loss": loss_name(trial), "metrics": metrics, "epochs": 2}
    estimator = trial.make(lambda: probes.uncompiled(trial.wrapper), **settings)
    trial.fit(estimator, X, y)
    history = read_history(trial, estimator)
    lengths = {name: len(values) for name, values in history.items()}
    trial.require(
        set(lengths.values()) == {2} and len(lengths) == 3,
        f"history_ should have three quantities with two entries each; it has {show(lengths)}",
    )


def _require_epoch(trial: Trial, estimator: Any, expected: int) -> None:
    found = trial.attribute(estimator, "current_epoch")
    trial.require(same(found, expected), f"current_epoch should be {expected}; it is {show(found)}")


@check(
    "API-2.current-epoch",
    shows="current_epoch is the number of epochs that were trained",
    costs="training cannot be taken up where it ended",
    wrappers=ESTIMATORS,
    cases=["initialize", *SEQUENCES, "stopped-early"],
)
def current_epoch(trial: Trial) -> None:
    class Stop(keras.callbacks.Callback):  # type: ignore[misc]
        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            del epoch, logs
            self.model.stop_training = True

    if trial.case == "stopped-early":
        _require_epoch(trial, _after(trial, ("fit",), callbacks=Stop), 1)
    elif trial.case == "initialize":
        _require_epoch(trial, _after(trial, ("initialize",)), 0)
    else:
        calls, epochs = SEQUENCES[trial.case]
        _require_epoch(trial, _after(trial, calls), epochs)


@check(
    "API-2.told-to-callbacks",
    shows="callbacks of partial_fit are told the epoch that comes after those that were trained",
    costs="a schedule of learning rates starts over with each part of a training",
    wrappers=ESTIMATORS,
    cases=["partial_fit", "fit"],
    level=Level.SHOULD,
)
def told_to_callbacks(trial: Trial) -> None:
    X, y, *_ = probes.dataset(trial.wrapper)
    told: list[int] = []

    class Listening(keras.callbacks.Callback):  # type: ignore[misc]
        def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
            del logs
            told.append(epoch)

    estimator = trial.make(learner(trial), callbacks=Listening, epochs=2)
    methods = ["fit", "partial_fit"] if trial.case == "fit" else ["partial_fit"] * 3
    for method in methods:
        trial.call(estimator, method, X, y)
    trial.require(
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
    shows="partial_fit trains one epoch, from the weights and the state of the optimizer that are "
    "there",
    costs="training in parts comes out worse than training at once, for no visible reason",
    cases=PARTIAL,
)
def one_epoch(trial: Trial) -> None:
    X, y, *_ = probes.dataset(trial.wrapper)
    calls, settings, epochs = PARTIAL[trial.case]
    build = learner(trial, momentum=0.9)
    estimator = trial.make(build, epochs=2, **settings)
    for method in (*calls, "partial_fit"):
        trial.call(estimator, method, X, y)
    expected = train(build(), X, column(y), epochs=epochs)
    after = ", ".join((*calls, "partial_fit"))
    require_weights(trial, estimator, expected, f"those of {epochs} epochs after {after}")
    steps = optimizer_steps(trial, estimator)
    trial.require(
        steps == epochs, f"after {after} the optimizer has made {steps} steps, not {epochs}"
    )


@check(
    "API-3.classes",
    shows="classes given to the first partial_fit may be missing from its y",
    costs="the first batch decides which classes there are, and later ones are refused",
    wrappers=[Wrapper.CLASSIFIER],
    cases=["numbers", "text", "one-hot", "array"],
)
def classes(trial: Trial) -> None:
    labels: list[Any] = ["a", "b", "c"] if trial.case == "text" else [2, 5, 9]
    data = probes.classes_dataset(labels)
    seen: list[Any] = []

    def build(meta: Any) -> Any:
        seen.append(meta)
        return probes.make_model(data, "softmax")

    one_hot = trial.case == "one-hot"
    estimator = trial.make(
        build,
        loss="categorical_crossentropy" if one_hot else "sparse_categorical_crossentropy",
        optimizer="sgd",
        optimizer__learning_rate=0.0,
    )
    given = np.array(labels) if trial.case == "array" else labels
    first = data.y != labels[1]
    trial.call(estimator, "partial_fit", data.X[first], data.y[first], classes=given)
    found = as_array(trial, trial.attribute(estimator, "classes_"), "classes_")
    trial.require(found.tolist() == labels, f"classes_ should be {labels}; it is {show(found)}")
    with trial.doing("reading n_classes_ in meta"):
        count = seen[-1]["n_classes_"]
    trial.require(same(count, 3), f"meta['n_classes_'] should be 3; it is {show(count)}")
    trial.call(estimator, "partial_fit", data.X[~first], data.y[~first])
    predicted = as_array(trial, trial.predict(estimator, data.X), "predict")
    trial.require(
        predicted.tolist() == data.y.tolist(),
        f"predict gave {show(predicted)}, not {show(data.y)}",
    )


@check(
    "API-3.classes-again",
    shows="the same classes may be given to each partial_fit; others are refused later on",
    costs="a loop over batches that always names the classes fails at the second, or the units of "
    "the model stand for other classes than before",
    wrappers=[Wrapper.CLASSIFIER],
    level=Level.SHOULD,
)
def classes_again(trial: Trial) -> None:
    data = probes.classes_dataset(["a", "b", "c"])

    def build() -> Any:
        model = probes.make_model(data, "softmax")
        model.compile(optimizer=probes.zero_rate(), loss="sparse_categorical_crossentropy")
        return model

    estimator = trial.make(build)
    for _ in range(2):
        trial.call(estimator, "partial_fit", data.X, data.y, classes=["a", "b", "c"])
    _require_epoch(trial, estimator, 2)
    with trial.refusing("partial_fit with other classes than before", ValueError):
        estimator.partial_fit(data.X, data.y, classes=["a", "b", "c", "d"])
    predicted = as_array(trial, trial.predict(estimator, data.X), "predict")
    trial.require(
        predicted.tolist() == data.y.tolist(),
        f"predict gave {show(predicted)}, not {show(data.y)}",
    )


@check(
    "API-4.warm-start",
    shows="with warm_start, fit goes on from the weights that are there; without, it does not",
    costs="a long training starts over without a word, or a fold goes on from the fold before it",
    wrappers=ESTIMATORS,
    cases=["first-fit", "second-fit", "switched-on", "switched-off", "set-weights"],
)
def warm_start(trial: Trial) -> None:
    X, y, *_ = probes.dataset(trial.wrapper)
    build = learner(trial)
    estimator = trial.make(build, warm_start=trial.case != "switched-on")
    expected, epochs = build(), 1
    if trial.case == "set-weights":
        # A model that was pre-trained elsewhere, say.
        weights = [one + 0.25 for one in expected.get_weights()]
        expected.set_weights(weights)
        trial.initialize(estimator, X, y)
        model = trial.model(estimator)
        with trial.doing("setting the weights of model_"):
            model.set_weights(weights)
    elif trial.case != "first-fit":
        trial.fit(estimator, X, y)
        on = trial.case != "switched-off"
        trial.call(estimator, "set_params", warm_start=on)
        epochs = 2 if on else 1
    trial.fit(estimator, X, y)
    train(expected, X, column(y), epochs=epochs)
    require_weights(trial, estimator, expected, f"those of {epochs} epochs from where it started")


# -- API-7 --------------------------------------------------------------------------------------


def _random_builder(trial: Trial) -> Callable[[], Any]:
    """Give a builder of a model that is random where models are: weights, dropout, order."""
    n_features = probes.dataset(trial.wrapper).n_features

    def build() -> Any:
        inputs = keras.Input((n_features,))
        hidden = keras.layers.Dropout(0.5)(keras.layers.Dense(4)(inputs))
        activation = "sigmoid" if trial.is_classifier else "linear"
        model = probes.ProbeModel(inputs, keras.layers.Dense(1, activation)(hidden))
        model.compile(keras.optimizers.SGD(0.05), loss=loss_name(trial))
        return model

    return build


def _random_weights(trial: Trial, estimator: Any, method: str, seed: int) -> list[Any]:
    """Give the weights after a call that starts from a state of the generators of its own."""
    X, y, *_ = probes.dataset(trial.wrapper)
    keras.utils.set_random_seed(seed)
    trial.call(estimator, method, X[:6], y[:6])
    return [weights.copy() for weights in trial.model(estimator).get_weights()]


def _random_estimator(trial: Trial, random_state: Any) -> Any:
    return trial.make(_random_builder(trial), random_state=random_state, batch_size=2)


@check(
    "API-7.same-seed",
    shows="the same random_state gives the same weights, whatever the generators of the process do",
    costs="a result cannot be repeated, and candidates of a search differ by chance",
    wrappers=ESTIMATORS,
    cases=["fit", "initialize", "partial_fit", "RandomState", "second-fit", "clone"],
)
def same_seed(trial: Trial) -> None:
    instances = trial.case == "RandomState"
    states = [np.random.RandomState(5) if instances else 5 for _ in range(2)]
    estimators = [_random_estimator(trial, state) for state in states]
    if trial.case == "second-fit":
        estimators[1] = estimators[0]
    if trial.case == "clone":
        with trial.doing("cloning"):
            estimators[1] = sklearn_base.clone(estimators[0])
    method = trial.case if trial.case in {"initialize", "partial_fit"} else "fit"
    first, second = (
        _random_weights(trial, estimator, method, seed)
        for seed, estimator in enumerate(estimators, start=1)
    )
    trial.require(
        same_weights(first, second),
        f"two calls of {method} under the same seed gave the weights {show(first[:1])} and "
        f"{show(second[:1])}",
    )


@check(
    "API-7.other-seed",
    shows="another random_state, or none, gives other weights",
    costs="repetitions that should show the spread of the results all show the same one",
    cases=["int", "RandomState", "None"],
)
def other_seed(trial: Trial) -> None:
    states: tuple[Any, Any] = (None, None)
    if trial.case != "None":
        states = (5, 6)
    if trial.case == "RandomState":
        states = (np.random.RandomState(5), np.random.RandomState(6))
    first, second = (
        _random_weights(trial, _random_estimator(trial, state), "initialize", seed)
        for seed, state in enumerate(states, start=1)
    )
    trial.require(
        not same_weights(first, second),
        f"random_state={show(states[0])} and {show(states[1])} gave the same weights",
    )


# -- API-12 -------------------------------------------------------------------------------------


@check(
    "API-12.initialized",
    shows="initialized_ is true as soon as there is a model, and not before",
    costs="a pipeline cannot tell whether it has to initialise, and trains an untrained copy",
    cases=["unfitted", "initialize", "fit", "partial_fit", "clone", "failed-fit"],
)
def initialized(trial: Trial) -> None:
    X, y, *_ = probes.dataset(trial.wrapper)

    def fail() -> Any:
        msg = "the builder of this check raises"
        raise RuntimeError(msg)

    estimator = trial.make(fail if trial.case == "failed-fit" else probes.builder(trial.wrapper))
    if trial.case in {"initialize", "fit", "partial_fit"}:
        trial.call(estimator, trial.case, X, y)
    if trial.case == "clone":
        trial.initialize(estimator, X, y)
        with trial.doing("cloning"):
            estimator = sklearn_base.clone(estimator)
    if trial.case == "failed-fit":
        with trial.refusing("fit with a builder that raises", Exception):
            estimator.fit(X, y)
    expected = trial.case in {"initialize", "fit", "partial_fit"}
    found = trial.attribute(estimator, "initialized_")
    trial.require(
        isinstance(found, (bool, np.bool_)) and bool(found) is expected,
        f"initialized_ should be {expected}; it is {show(found)}",
    )

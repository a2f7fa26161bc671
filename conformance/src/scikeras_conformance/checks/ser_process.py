"""Chapter SER, second part: a fitted wrapper in a process that has never seen it."""

import pickle
from typing import Any

from scikeras_conformance.catalogue import check
from scikeras_conformance.checks._elsewhere import ask_elsewhere
from scikeras_conformance.checks._modules import np, probes
from scikeras_conformance.checks._training import read_history, same_weights
from scikeras_conformance.checks.ser_copies import ALL_ROWS, require_same_bits
from scikeras_conformance.trial import Trial, show

EPOCHS = 3


def _trained(trial: Trial, optimizer: str) -> tuple[Any, Any, Any]:
    """Give an estimator whose training depends on nothing but its state, and its data."""
    X, y, *_ = probes.dataset(trial.wrapper)
    build = probes.COMPILED[trial.wrapper]
    # All rows at once, and in their order: neither seeds nor shuffling have a say.
    estimator = trial.make(
        build, optimizer_name=optimizer, batch_size=ALL_ROWS, epochs=EPOCHS, verbose=0
    )
    trial.fit(estimator, X, y)
    return estimator, X, y


def dumped(trial: Trial, estimator: Any) -> bytes:
    with trial.doing("pickling a fitted wrapper"):
        return pickle.dumps(estimator)


def answers_of(data: bytes, X: Any, *methods: str) -> list[Any]:
    """Load a wrapper and ask it, in a process of its own."""
    estimator = pickle.loads(data)  # noqa: S301 - from the process that asks
    return [np.asarray(getattr(estimator, method)(X)) for method in methods]


def goes_on(data: bytes, X: Any, y: Any, times: int) -> dict[str, Any]:
    """Load a wrapper and go on training it, in a process of its own."""
    estimator = pickle.loads(data)  # noqa: S301 - from the process that asks
    before = int(estimator.current_epoch)
    for _ in range(times):
        estimator.partial_fit(X, y)
    return {
        "before": before,
        "epoch": int(estimator.current_epoch),
        "history": {k: [float(v) for v in values] for k, values in estimator.history_.items()},
        "weights": estimator.model_.get_weights(),
        "steps": int(estimator.model_.optimizer.iterations),
    }


@check(
    "SER-2.same-bits",
    shows="a fitted wrapper loaded in a fresh process predicts the same bits",
    costs="a model answers otherwise in production than where it was validated, or is lost",
    cases=["momentum", "adam"],
)
def same_bits(trial: Trial) -> None:
    estimator, X, _ = _trained(trial, trial.case)
    methods = ["predict", *(["predict_proba"] if trial.is_classifier else [])]
    what = "predicting in a fresh process"
    found = ask_elsewhere(trial, what, answers_of, dumped(trial, estimator), X, *methods)
    for method, answers in zip(methods, found, strict=True):
        expected = trial.call(estimator, method, X)
        require_same_bits(trial, answers, expected, f"{method} in a fresh process")


@check(
    "SER-2.optimizer",
    shows="a wrapper loaded in a fresh process goes on training with the optimizer as it was",
    costs="training that is taken up again forgets its momentum, and jumps off",
    cases=["momentum", "adam"],
)
def optimizer(trial: Trial) -> None:
    estimator, X, y = _trained(trial, trial.case)
    what = "training in a fresh process"
    found = ask_elsewhere(trial, what, goes_on, dumped(trial, estimator), X, y, 2)
    for _ in range(2):
        trial.call(estimator, "partial_fit", X, y)
    expected = trial.model(estimator)
    with trial.doing("reading the number of steps of the optimizer of model_"):
        steps = int(expected.optimizer.iterations)
    trial.require(
        found["steps"] == steps,
        f"the optimizer should have made {steps} steps; it says {found['steps']}",
    )
    trial.require(
        same_weights(found["weights"], expected.get_weights()),
        f"{what} came to {show(found['weights'][:1])}, training here to "
        f"{show(expected.get_weights()[:1])}",
    )


@check(
    "SER-2.epoch",
    shows="a wrapper loaded in a fresh process counts its epochs, and keeps its history",
    costs="the record of a training is lost, or a schedule of learning rates starts over",
)
def epoch(trial: Trial) -> None:
    estimator, X, y = _trained(trial, "momentum")
    what = "training in a fresh process"
    found = ask_elsewhere(trial, what, goes_on, dumped(trial, estimator), X, y, 1)
    epochs = (found["before"], found["epoch"])
    trial.require(
        epochs == (EPOCHS, EPOCHS + 1),
        f"current_epoch should be {EPOCHS} and then {EPOCHS + 1}; it is {epochs}",
    )
    trial.call(estimator, "partial_fit", X, y)
    expected, history = read_history(trial, estimator), found["history"]
    trial.require(
        list(history) == list(expected),
        f"history_ should hold {list(expected)}; it holds {list(history)}",
    )
    for name, values in expected.items():
        trial.require(
            len(values) == len(history[name]) and np.allclose(values, history[name], rtol=1e-4),
            f"{name} in history_ should be {show(values)}; it is {show(history[name])}",
        )

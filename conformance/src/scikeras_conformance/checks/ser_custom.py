"""Chapter SER, fourth part: losses, metrics, layers and models of a user's own."""

from typing import Any

from scikeras_conformance.catalogue import Wrapper, check
from scikeras_conformance.checks._elsewhere import ask_elsewhere
from scikeras_conformance.checks._modules import probes, sklearn_base
from scikeras_conformance.checks._training import read_history, require_weights
from scikeras_conformance.checks.ser_copies import (
    ALL_ROWS,
    copied,
    pickled,
    require_same_bits,
)
from scikeras_conformance.checks.ser_process import answers_of, dumped
from scikeras_conformance.trial import Trial

# What is custom is the model's: one wrapper is enough.
REGRESSOR = [Wrapper.REGRESSOR]

OWN = (
    *("loss", "registered-loss", "function", "metric", "registered-metric"),
    *("layer", "registered-layer", "model", "registered-model"),
)
# Keras restores no compilation of such a class, unless the class tells it how to.
OWN_COMPILE = ("own-compile", "own-compile-argument")


def _fitted(trial: Trial, case: str) -> tuple[Any, Any, Any]:
    X, y, *_ = probes.dataset(trial.wrapper)
    estimator = trial.make(probes.CUSTOM[case], batch_size=ALL_ROWS, epochs=2, verbose=0)
    trial.fit(estimator, X, y)
    return estimator, X, y


@check(
    "SER-4.pickle",
    shows="a fitted wrapper with custom losses, metrics, layers or models can be pickled",
    costs="whoever writes a layer of their own can no longer store what they trained",
    wrappers=REGRESSOR,
    cases=[*OWN, *OWN_COMPILE],
)
def custom_pickle(trial: Trial) -> None:
    estimator, X, y = _fitted(trial, trial.case)
    expected = trial.predict(estimator, X)
    other = copied(trial, estimator, "pickle")
    require_same_bits(trial, trial.predict(other, X), expected, "predict of the copy")
    for one in (estimator, other):
        trial.call(one, "partial_fit", X, y)
    weights = trial.model(estimator).get_weights()
    require_weights(trial, other, weights, "what the original goes on to learn")
    names = set(read_history(trial, estimator))
    found = set(read_history(trial, other))
    trial.require(found == names, f"the copy logs {sorted(found)}, not {sorted(names)}")


@check(
    "SER-4.clone",
    shows="a wrapper with custom losses, metrics, layers or models can be cloned",
    costs="cross-validation fails for whoever writes a loss of their own",
    wrappers=REGRESSOR,
    cases=[*OWN, "own-compile", "loss-instance"],
)
def custom_clone(trial: Trial) -> None:
    X, y, *_ = probes.dataset(trial.wrapper)
    if trial.case == "loss-instance":
        estimator = trial.make(
            probes.UNFINISHED[trial.wrapper],
            loss=probes.ScaledLoss(3.0),
            optimizer="sgd",
            batch_size=ALL_ROWS,
            verbose=0,
        )
        trial.fit(estimator, X, y)
    else:
        estimator, X, y = _fitted(trial, trial.case)
    with trial.doing("clone(...)"):
        other = sklearn_base.clone(estimator)
    trial.fit(other, X, y)
    weights = trial.model(estimator).get_weights()
    require_weights(trial, other, weights, "what the original learnt")


@check(
    "SER-4.forgetful",
    shows="an optimizer whose configuration lacks an argument keeps it, or is refused",
    costs="a setting falls back to its default wherever the estimator is copied, without a word",
    wrappers=REGRESSOR,
    cases=["fit", "clone", "pickle"],
)
def forgetful(trial: Trial) -> None:
    X, y, *_ = probes.dataset(trial.wrapper)
    estimator = trial.make(
        probes.UNFINISHED[trial.wrapper],
        optimizer=probes.Forgetful(floor=0.5),
        loss="mean_squared_error",
        verbose=0,
    )
    with trial.doing(f"{trial.case} with an optimizer that forgets an argument"):
        try:
            if trial.case == "fit":
                found = estimator.fit(X, y).model_.optimizer.floor
            else:
                copy = sklearn_base.clone if trial.case == "clone" else pickled
                found = copy(estimator).get_params()["optimizer"].floor
        except (TypeError, ValueError):
            return
    trial.require(found == 0.5, f"the argument that was 0.5 is {found} after {trial.case}")


@check(
    "SER-4.fresh-process",
    shows="custom losses, metrics, layers and models are found again in a fresh process",
    costs="a stored model can only be loaded by the script that made it",
    wrappers=REGRESSOR,
    cases=OWN,
)
def custom_elsewhere(trial: Trial) -> None:
    estimator, X, _ = _fitted(trial, trial.case)
    expected = trial.predict(estimator, X)
    what = "predicting in a fresh process"
    (found,) = ask_elsewhere(trial, what, answers_of, dumped(trial, estimator), X, "predict")
    require_same_bits(trial, found, expected, "predict in a fresh process")

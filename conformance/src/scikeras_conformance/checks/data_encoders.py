"""Chapter DATA, first half: encoders of a subclass, when they are fitted, what they tell."""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from scikeras_conformance.catalogue import Wrapper, check
from scikeras_conformance.checks._answers import as_array, same
from scikeras_conformance.checks._encoders import Plan, answers, subclass, target_metadata
from scikeras_conformance.checks._modules import np, probes
from scikeras_conformance.checks._training import column
from scikeras_conformance.trial import Trial, show

ENCODERS = ("feature", "target")

# -- DATA-1 -------------------------------------------------------------------------------------


@check(
    "DATA-1.own-encoders",
    shows="properties of a subclass give the encoders, whose fitted ones are feature_encoder_ "
    "and target_encoder_",
    costs="the documented way to split X or to encode y does nothing, or its result cannot be "
    "looked at",
    cases=[f"{name}-{method}" for name in ENCODERS for method in ("fit", "initialize")],
)
def own_encoders(trial: Trial) -> None:
    name, _, method = trial.case.partition("-")
    X, y, *_ = probes.dataset(trial.wrapper)
    plan = Plan(column if name == "target" else lambda X: X)
    if name == "target":
        plan.metadata = target_metadata(trial)
    cls, classes = subclass(trial, **{name: plan})
    estimator = trial.make_of(cls, probes.builder(trial.wrapper))
    trial.call(estimator, method, X, y)
    found = trial.attribute(estimator, f"{name}_encoder_")
    trial.require(
        isinstance(found, classes[name]),
        f"{name}_encoder_ should be the fitted encoder of the subclass; it is {show(found)}",
    )
    trial.require(hasattr(found, "fitted_"), f"{name}_encoder_ is not fitted")
    given, right = plan.calls.fits[-1], y if name == "target" else X
    given = as_array(trial, given, f"the wrapper to {name}_encoder.fit")
    trial.require(
        given.shape == right.shape and np.array_equal(given, right),
        f"{name}_encoder was fitted to {show(given)}, not to {show(right)}",
    )


@check(
    "DATA-1.default-encoders",
    shows="without encoders of a subclass's own, feature_encoder_ and target_encoder_ are there",
    costs="predictions of model_ itself cannot be decoded by the user",
    cases=ENCODERS,
)
def default_encoders(trial: Trial) -> None:
    X, y, *_ = probes.dataset(trial.wrapper)
    estimator = trial.make(probes.builder(trial.wrapper))
    trial.initialize(estimator, X, y)
    encoder = trial.attribute(estimator, f"{trial.case}_encoder_")
    with trial.doing(f"{trial.case}_encoder_.transform"):
        encoder.transform(X if trial.case == "feature" else y)


# -- DATA-4 -------------------------------------------------------------------------------------


@check(
    "DATA-4.fitted-in-fit-only",
    shows="encoders are fitted by fit and initialize, and by no later call",
    costs="the scale of the training data is forgotten, and each batch is read by a scale of its "
    "own",
    cases=["initialize", "fit", "predict", "score", "partial_fit"],
)
def fitted_in_fit_only(trial: Trial) -> None:
    _require_fits_in_fit_only(trial)


@check(
    "DATA-4.proba-does-not-fit",
    shows="predict_proba fits no encoder",
    costs="probabilities of a batch depend on the other rows of that batch",
    wrappers=[Wrapper.CLASSIFIER],
    cases=["predict_proba"],
)
def proba_does_not_fit(trial: Trial) -> None:
    _require_fits_in_fit_only(trial)


def _require_fits_in_fit_only(trial: Trial) -> None:
    X, y, *_ = probes.dataset(trial.wrapper)
    feature = Plan()
    # A classifier's predict has to give classes, which score compares.
    target = Plan(column, answers(trial), target_metadata(trial))
    if trial.case == "predict_proba":
        target.inverse = lambda outputs: np.hstack([1 - outputs, outputs])
    cls, _ = subclass(trial, feature=feature, target=target)
    estimator = trial.make_of(cls, probes.builder(trial.wrapper))
    if trial.case == "partial_fit" and not hasattr(estimator, "partial_fit"):
        return  # whether there is such a method is the matter of API-3
    starts = trial.case in {"initialize", "fit"}
    trial.call(estimator, trial.case if starts else "fit", X, y)
    counts = {"feature": len(feature.calls.fits), "target": len(target.calls.fits)}
    unfitted = [name for name, count in counts.items() if not count]
    trial.require(not unfitted, f"{' and '.join(unfitted)} encoder: not fitted")
    if starts:
        return
    _call_later(trial, estimator, X[:4], y[:4])
    for name, plan in (("feature", feature), ("target", target)):
        again = len(plan.calls.fits) - counts[name]
        trial.require(not again, f"{trial.case} fitted the {name} encoder again")


def _call_later(trial: Trial, estimator: Any, X: Any, y: Any) -> None:
    if trial.case == "score" and trial.wrapper is Wrapper.BASE:
        # SCORE-4 lets the base wrapper refuse to score; what counts here is what it fits.
        with suppress(Exception):
            estimator.score(X, y)
        return
    asks = trial.case.startswith("predict")
    trial.call(estimator, trial.case, *((X,) if asks else (X, y)))


# -- DATA-5 -------------------------------------------------------------------------------------

METADATA_CASES = [f"{name}-{method}" for name in ENCODERS for method in ("fit", "initialize")]


def _require_metadata(trial: Trial, entries: dict[str, Any], plan: Plan) -> None:
    """Ask for entries in the attributes of an estimator, and in what its builder was told."""
    name, _, method = trial.case.partition("-")
    X, y, *_ = probes.dataset(trial.wrapper)
    if name == "target":
        plan.transform = column
        plan.metadata = {**target_metadata(trial), **(plan.metadata or {})}
    seen: list[dict[str, Any]] = []

    def build(meta: Any) -> Any:
        seen.append(dict(meta) if isinstance(meta, Mapping) else {})
        return probes.model_for(trial.wrapper)

    cls, _ = subclass(trial, **{name: plan})
    estimator = trial.make_of(cls, build)
    trial.call(estimator, method, X, y)
    trial.require(seen, "the builder was not called")
    for entry, value in entries.items():
        found = trial.attribute(estimator, entry)
        trial.require(same(found, value), f"{entry} should be {value!r}; it is {show(found)}")
        trial.require(entry in seen[-1], f"meta has no {entry}")
        found = seen[-1][entry]
        trial.require(
            same(found, value), f"meta[{entry!r}] should be {value!r}; it is {show(found)}"
        )


@check(
    "DATA-5.metadata",
    shows="what get_metadata of an encoder returns is in meta and becomes attributes",
    costs="the builder cannot size its layers by what the encoder knows",
    cases=METADATA_CASES,
)
def metadata(trial: Trial) -> None:
    entries = {"n_words_": 7, "words_": ["a", "b"]}
    _require_metadata(trial, entries, Plan(metadata=dict(entries)))


@check(
    "DATA-5.of-fitted-encoders",
    shows="get_metadata is asked of the encoder that was fitted",
    costs="what the encoder learnt, such as the size of a vocabulary, does not reach the builder",
    cases=METADATA_CASES,
)
def metadata_of_fitted_encoders(trial: Trial) -> None:
    _require_metadata(trial, {"was_fitted_": True}, Plan(metadata={}))

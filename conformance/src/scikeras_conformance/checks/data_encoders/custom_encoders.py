"""DATA-1, DATA-4 and DATA-5: encoders that a subclass provides."""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from scikeras_conformance.catalog.check import Wrapper, check
from scikeras_conformance.checks._support.encoders import (
    OWN_METADATA,
    Plan,
    inverse_to_known_values,
    require_encoders_are_used,
    subclass,
    subclass_with_own_metadata,
    target_metadata,
)
from scikeras_conformance.checks._support.fit_outcomes import stub_builder, stub_model
from scikeras_conformance.checks._support.helper_models import (
    helper_target,
)
from scikeras_conformance.checks._support.modules import doubles, np
from scikeras_conformance.checks._support.plain_use import plain_use, provided
from scikeras_conformance.checks._support.predictions import as_array, same
from scikeras_conformance.checks._support.preparation import (
    require_it_works,
    require_probabilities_exist,
)
from scikeras_conformance.runner.context import CheckContext, show

ENCODERS = ("feature", "target")


@check(
    "DATA-1.own-encoders",
    verifies="encoders of a subclass are used, and available as feature_encoder_ and "
    "target_encoder_",
    impact="the documented way to split X or to encode y has no effect",
    cases=[
        *(f"{name}-{method}" for name in ENCODERS for method in ("fit", "initialize")),
        *(f"{name}-fit-inherited" for name in ENCODERS),
    ],
)
def own_encoders(context: CheckContext) -> None:
    name, method, *inherited = context.case.split("-")
    X, y, *_ = doubles.dataset(context.wrapper)
    require_it_works(context, method)
    plan = Plan()
    if name == "target":
        plan.transform = lambda y: helper_target(context, y)
        plan.metadata = target_metadata(context)
    cls, classes = subclass(context, **{name: plan})
    if inherited:
        with context.preparing("subclassing the subclass"):
            cls = type("Derived", (cls,), {})
    estimator = context.make_of(cls, stub_builder(context))
    with context.doing(f"{method} of a subclass with its own {name}_encoder"):
        context.call(estimator, method, X, y)
        found = context.attribute(estimator, f"{name}_encoder_")
    context.require(
        isinstance(found, classes[name]),
        f"{name}_encoder_ should be the fitted encoder of the subclass; it is {show(found)}",
    )
    context.require(plan.calls.fits and hasattr(found, "fitted_"), f"{name}_encoder_ is not fitted")
    given, right = plan.calls.fits[-1], y if name == "target" else X
    given = as_array(context, given, f"the wrapper to {name}_encoder.fit")
    context.require(
        given.shape == right.shape and np.array_equal(given, right),
        f"{name}_encoder was fitted to {show(given)}, not to {show(right)}",
    )


@check(
    "DATA-1.default-encoders",
    verifies="feature_encoder_ and target_encoder_ exist even if a subclass does not define "
    "encoders",
    impact="users cannot decode the predictions of model_ themselves",
    cases=ENCODERS,
)
def default_encoders(context: CheckContext) -> None:
    X, y, *_ = doubles.dataset(context.wrapper)
    estimator = context.make(stub_builder(context))
    context.fit(estimator, X, y)
    encoder = context.observe.attribute(estimator, f"{context.case}_encoder_")
    with context.doing(f"{context.case}_encoder_.transform"):
        encoder.transform(X if context.case == "feature" else y)


@check(
    "DATA-4.fitted-in-fit-only",
    verifies="encoders are fitted by fit and initialize, and by no later call",
    impact="the scale of the training data is lost, and each batch is scaled in its own way",
    cases=["initialize", "fit", "predict", "score", "partial_fit", "another-estimator"],
)
def fitted_in_fit_only(context: CheckContext) -> None:
    _require_fits_in_fit_only(context)


@check(
    "DATA-4.proba-does-not-fit",
    verifies="predict_proba does not fit an encoder",
    impact="probabilities depend on the other rows of the batch",
    wrappers=[Wrapper.CLASSIFIER],
    cases=["predict_proba"],
    conditional=True,
)
def proba_does_not_fit(context: CheckContext) -> None:
    require_probabilities_exist(context)
    _require_fits_in_fit_only(context)


def _require_fits_in_fit_only(context: CheckContext) -> None:
    X, y, *_ = doubles.dataset(context.wrapper)
    require_encoders_are_used(context, *ENCODERS)
    feature = Plan()
    # A classifier's predict has to return classes, which score compares.
    target = Plan(
        lambda y: helper_target(context, y),
        inverse_to_known_values(context),
        target_metadata(context),
    )
    if context.case == "predict_proba":
        target.inverse = lambda outputs: np.hstack([1 - outputs[:, -1:], outputs[:, -1:]])
    cls, _ = subclass(context, feature=feature, target=target)
    estimator = context.make_of(cls, stub_builder(context))
    starts = context.case in {"initialize", "fit"}
    context.call(estimator, context.case if starts else "fit", X, y)
    counts = {"feature": len(feature.calls.fits), "target": len(target.calls.fits)}
    unfitted = [name for name, count in counts.items() if not count]
    context.require(not unfitted, f"{' and '.join(unfitted)} encoder: not fitted")
    if starts:
        _require_fitted_to_the_last(context, estimator, X, y)
        return
    if context.case == "another-estimator":
        other = context.make_of(cls, stub_builder(context))
        context.fit(other, X * 3, y[::-1])
        _require_fitted_to(context, estimator, X, y, "a fit of another estimator of the class")
        return
    _call_later(context, estimator, X[:4], y[:4])
    # More rows than in fit, which are larger too.
    _call_later(context, estimator, np.tile(X, (3, 1)) * 2, np.tile(y, 3))
    for name, plan in (("feature", feature), ("target", target)):
        again = len(plan.calls.fits) - counts[name]
        context.require(not again, f"{context.case} fitted the {name} encoder again")


def _require_fitted_to_the_last(context: CheckContext, estimator: Any, X: Any, y: Any) -> None:
    """Require encoders that are fitted to the data of the last call, after each of several."""
    for method, *data in (("fit", X * 3, y[::-1]), (context.case, X * 2, y), ("fit", X, y[::-1])):
        with provided(plain_use(context, "fit", method)):
            context.observe.call(estimator, method, *data)
        what = f"{method} with other data than before"
        _require_fitted_to(context, estimator, data[0], data[1], what)


def _require_fitted_to(context: CheckContext, estimator: Any, X: Any, y: Any, what: str) -> None:
    for name, right in zip(ENCODERS, (X, y), strict=True):
        encoder = context.attribute(estimator, f"{name}_encoder_")
        # Which object that is, is what DATA-1 is about.
        given = getattr(encoder, "fitted_to_", right)
        context.require(
            np.array_equal(np.ravel(given), np.ravel(right)),
            f"after {what}, {name}_encoder_ is one that was fitted to {show(given)}, not to "
            f"{show(right)}",
        )


def _call_later(context: CheckContext, estimator: Any, X: Any, y: Any) -> None:
    if context.case == "score" and context.wrapper is Wrapper.BASE:
        # The base wrapper may raise (SCORE-4); only whether it fits an encoder counts here.
        with suppress(Exception):
            estimator.score(X, y)
        return
    asks = context.case.startswith("predict")
    context.call(estimator, context.case, *((X,) if asks else (X, y)))


METADATA_CASES = [f"{name}-{method}" for name in ENCODERS for method in ("fit", "initialize")]


def _known_metadata(encoder: str) -> dict[str, Any]:
    """Return what an encoder knows better than the wrapper, which has the same attribute too."""
    # An encoder of text makes numbers, and one of columns makes several.
    return {"X_dtype_": np.dtype("int8")} if encoder == "feature" else {"n_outputs_": 4}


def _require_metadata(context: CheckContext, entries: dict[str, Any], plan: Plan) -> None:
    """Require entries in the attributes of an estimator, and in the meta of its builder."""
    name, method, *_ = context.case.split("-")
    X, y, *_ = doubles.dataset(context.wrapper)
    if name == "target":
        plan.transform = lambda y: helper_target(context, y)
        plan.metadata = {**target_metadata(context), **(plan.metadata or {})}
    require_encoders_are_used(context, name)
    seen: list[Any] = []

    def build(meta: Any = None) -> Any:
        seen.append(dict(meta) if isinstance(meta, Mapping) else None)
        return stub_model(context)

    cls, _ = subclass(context, **{name: plan})
    estimator = context.make_of(cls, build)
    context.call(estimator, method, X, y)
    context.require(seen, "the builder was not called")
    for entry, value in entries.items():
        found = context.observe.attribute(estimator, entry)
        context.require(same(found, value), f"{entry} should be {value!r}; it is {show(found)}")
        if seen[-1] is None:
            context.stop(
                "passing meta to a builder that names it",
                "did not happen",
                follows="BUILD-3.special-arguments",
            )
        context.require(entry in seen[-1], f"meta has no {entry}")
        found = seen[-1][entry]
        context.require(
            same(found, value), f"meta[{entry!r}] should be {value!r}; it is {show(found)}"
        )


@check(
    "DATA-5.metadata",
    verifies="what get_metadata of an encoder returns is in meta and becomes attributes, also "
    "those that the wrapper sets itself",
    impact="the builder cannot size its layers by what the encoder knows",
    cases=[*METADATA_CASES, *(f"{case}-known" for case in METADATA_CASES)],
)
def metadata(context: CheckContext) -> None:
    if context.case.endswith("-known"):
        known = _known_metadata(context.case.partition("-")[0])
        _require_metadata(context, known, Plan(metadata=dict(known)))
        return
    entries = {
        "n_words_": 7,
        "words_": ["a", "b"],
        # What counts as false is an entry too.
        "n_unknown_": 0,
        "lower_": False,
        "prefix_": "",
        "rare_": [],
        "separator_": None,
    }
    _require_metadata(context, entries, Plan(metadata=dict(entries)))


@check(
    "DATA-5.of-fitted-encoders",
    verifies="get_metadata is called on the fitted encoder",
    impact="what the encoder learned, such as the size of a vocabulary, does not reach the builder",
    cases=METADATA_CASES,
)
def metadata_of_fitted_encoders(context: CheckContext) -> None:
    _require_metadata(context, {"was_fitted_": True}, Plan(metadata={}))


@check(
    "DATA-5.of-both-encoders",
    verifies="what get_metadata of both encoders returns is in meta and becomes attributes",
    impact="a builder for text and several outputs knows either the vocabulary or the outputs",
    cases=["fit", "initialize"],
)
def metadata_of_both_encoders(context: CheckContext) -> None:
    X, y, *_ = doubles.dataset(context.wrapper)
    require_encoders_are_used(context, *ENCODERS)
    seen: list[Any] = []

    def build(meta: Any = None) -> Any:
        seen.append(dict(meta) if isinstance(meta, Mapping) else None)
        return stub_model(context)

    estimator = context.make_of(subclass_with_own_metadata(context), build)
    context.call(estimator, context.case, X, y)
    if not seen or seen[-1] is None:
        context.stop(
            "passing meta to a builder that names it",
            "did not happen",
            follows="BUILD-3.special-arguments",
        )
    for entry, value in OWN_METADATA.items():
        found = context.observe.attribute(estimator, entry)
        context.require(same(found, value), f"{entry} should be {value!r}; it is {show(found)}")
        found = seen[-1].get(entry)
        context.require(
            same(found, value), f"meta[{entry!r}] should be {value!r}; it is {show(found)}"
        )

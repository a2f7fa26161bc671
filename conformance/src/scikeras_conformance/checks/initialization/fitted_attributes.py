"""INIT-6 to INIT-9: the attributes that ``fit`` and ``initialize`` create."""

from contextlib import suppress
from typing import Any

from scikeras_conformance.catalog.check import ESTIMATORS, Wrapper, check
from scikeras_conformance.checks._support.fit_outcomes import stub_builder
from scikeras_conformance.checks._support.helper_models import (
    compiled_helper,
    helper_builder,
    helper_layer,
    helper_model,
)
from scikeras_conformance.checks._support.modules import doubles, keras, np
from scikeras_conformance.checks._support.plain_use import plain_use, provided
from scikeras_conformance.checks._support.predictions import require_values
from scikeras_conformance.checks._support.preparation import (
    require_it_works,
    require_probabilities_exist,
)
from scikeras_conformance.checks._support.state import (
    own_names,
    require_not_fitted,
    score_if_possible,
)
from scikeras_conformance.exceptions import Blocked
from scikeras_conformance.runner.context import CheckContext, show


@check(
    "INIT-6.attributes-created",
    verifies="initialize, fit and partial_fit create attributes that end in one underscore, "
    "and other methods create none",
    impact="fitted attributes cannot be told from parameters, and clone or pickle carry "
    "leftovers along",
    cases=["initialize", "fit", "partial_fit", "predict", "score"],
)
def attributes_created(context: CheckContext) -> None:
    X, y, *_ = doubles.dataset(context.wrapper)
    estimator = context.make(stub_builder(context))
    may_create = context.case in {"initialize", "fit", "partial_fit"}
    if not may_create:
        context.fit(estimator, X, y)
    before = own_names(estimator)
    if context.case == "score" and context.wrapper is Wrapper.BASE:
        score_if_possible(estimator, X, y)
    else:
        context.call(estimator, context.case, *((X,) if context.case == "predict" else (X, y)))
    created = own_names(estimator) - before
    wrong = sorted(
        name for name in created if not may_create or not name.endswith("_") or name.endswith("__")
    )
    context.require(not wrong, f"{context.case} created the attributes {', '.join(wrong)}")


FURTHER = {
    "decision_function": ("decision_function", {}),
    "predict_proba": ("predict_proba", {}),
    "weighted-score": ("score", {"sample_weight": True}),
    "score-of-one-row": ("score", {}),
}
"""Calls that read a model, by case: a method, and whether it is given weights."""


@check(
    "INIT-6.further-methods",
    verifies="decision_function, predict_proba and a weighted score create no attributes",
    impact="predictions change what is pickled and what the next call does",
    wrappers=ESTIMATORS,
    cases=FURTHER,
    conditional=True,
)
def further_methods(context: CheckContext) -> None:
    method, keywords = FURTHER[context.case]
    if not hasattr(context.cls, method):
        context.not_applicable(f"there is no {method}, which the contract does not require")
    X, y, *_ = doubles.dataset(context.wrapper)
    if context.case == "score-of-one-row":
        X, y = X[:1], y[:1]
    estimator = context.make(stub_builder(context))
    context.fit(estimator, *doubles.dataset(context.wrapper)[:2])
    before = own_names(estimator)
    given = {name: np.arange(len(y)) % 2 + 1.0 for name in keywords}
    try:
        context.call(estimator, method, *((X, y) if method == "score" else (X,)), **given)
    except Blocked as blocked:
        if method == "predict_proba":
            raise
        context.not_applicable(f"another clause is about this call: {blocked}")
    created = sorted(own_names(estimator) - before)
    context.require(not created, f"{method} created the attributes {', '.join(created)}")


@check(
    "INIT-7.model-is-a-keras-model",
    verifies="model_ is a keras.Model",
    impact="Keras's own features, such as saving and summary, are out of reach",
    cases=["initialize", "fit"],
)
def model_is_a_keras_model(context: CheckContext) -> None:
    X, y, *_ = doubles.dataset(context.wrapper)
    estimator = context.make(helper_builder(context))
    context.call(estimator, context.case, X, y)
    context.observe.model(estimator)


@check(
    "INIT-8.initialize-does-not-train",
    verifies="after initialize the weights are those of the builder, and predict works",
    impact="a pretrained model is changed before its first use",
)
def initialize_does_not_train(context: CheckContext) -> None:
    X, y, *_ = doubles.dataset(context.wrapper)
    require_it_works(context)
    made: list[Any] = []

    def build() -> Any:
        model = compiled_helper(context, off=0.5, rate=0.5)
        made.append(model.get_weights())
        return model

    estimator = context.make(build)
    returned = context.observe.initialize(estimator, X, y)
    context.require(returned is estimator, f"initialize returned {show(returned)}")
    context.require(made, "initialize did not call the builder")
    model = context.model(estimator)
    context.require(
        all(map(np.array_equal, made[-1], model.get_weights())),
        "the weights are not those of the builder",
    )
    context.require(not getattr(model, "log", None) or not model.log.fits, "Model.fit was called")
    # The oracle model predicts correctly without any training.
    estimator = context.make(helper_builder(context, rate=0.5))
    context.observe.initialize(estimator, X, y)
    require_values(context, context.observe.predict(estimator, X), y, "predict after initialize")
    _require_statistics_kept(context)
    # INIT-9 has the same methods raise as long as there is no model.
    for method in ("predict_proba", "score"):
        if hasattr(context.cls, method) and context.wrapper is not Wrapper.BASE:
            data = (X, y) if method == "score" else (X,)
            # What does not work after fit either is what other clauses are about.
            with suppress(Blocked), provided(plain_use(context, "fit", method)):
                context.observe.call(estimator, method, *data)


def _require_statistics_kept(context: CheckContext) -> None:
    """Require that initialize leaves moving statistics alone, also of a model not built yet."""
    X, y, *_ = doubles.dataset(context.wrapper)
    helper = helper_model(context)
    for is_built in (True, False):
        made: list[Any] = []

        def build(is_built: bool = is_built, made: list[Any] = made) -> Any:
            layers = [keras.layers.BatchNormalization(), helper_layer(context)]
            first = [keras.Input((helper.data.n_features,))] if is_built else []
            model = keras.Sequential([*first, *layers])
            model.compile(doubles.zero_learning_rate(), loss=helper.loss)
            made.append(layers[0])
            return model

        estimator = context.make(build)
        try:
            context.initialize(estimator, X + 3, y)
        except Blocked:
            if is_built:
                raise
            return  # a model without inputs need not be taken
        found = next(
            (one for one in context.model(estimator).layers if isinstance(one, type(made[-1]))),
            made[-1],
        )
        if not found.built:
            continue
        mean, variance = (
            np.asarray(keras.ops.convert_to_numpy(one))
            for one in (found.moving_mean, found.moving_variance)
        )
        context.require(
            not mean.any() and (variance == 1).all(),
            f"initialize changed the moving statistics of the model, which are {show(mean)} and "
            f"{show(variance)}",
        )


@check(
    "INIT-9.not-fitted",
    verifies="methods that need a model raise NotFittedError before there is one",
    impact="check_is_fitted, and everything built on it, does not recognize an unfitted estimator",
    cases=["predict", "score"],
)
def not_fitted(context: CheckContext) -> None:
    X, y, *_ = doubles.dataset(context.wrapper)
    estimator = context.make(helper_builder(context))
    if context.case == "score" and context.wrapper is Wrapper.BASE:
        from sklearn.exceptions import NotFittedError

        # The base wrapper may have no score (SCORE-4), and then there is nothing to call.
        absent = () if hasattr(context.cls, "score") else (AttributeError,)
        with context.refusing("score before fit", NotFittedError, NotImplementedError, *absent):
            estimator.score(X, y)
        return
    require_not_fitted(
        context, estimator, context.case, *((X, y) if context.case == "score" else (X,))
    )


@check(
    "INIT-9.not-fitted-proba",
    verifies="predict_proba raises NotFittedError before there is a model",
    impact="calibration and voting fail with an error about a missing attribute",
    wrappers=[Wrapper.CLASSIFIER],
    conditional=True,
)
def not_fitted_proba(context: CheckContext) -> None:
    X, *_ = doubles.dataset(context.wrapper)
    require_probabilities_exist(context)
    require_not_fitted(context, context.make(helper_builder(context)), "predict_proba", X)

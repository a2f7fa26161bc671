"""Chapter INIT, second half: what the calls after the constructor change, and what they leave."""

from contextlib import suppress
from typing import Any

from scikeras_conformance.catalog.check import ESTIMATORS, Wrapper, check
from scikeras_conformance.checks._support.encoders import Plan, subclass
from scikeras_conformance.checks._support.modules import doubles, keras, np, sklearn_base
from scikeras_conformance.checks._support.predictions import as_array, require_answers, same
from scikeras_conformance.checks._support.state import fitted_names, own_names, require_not_fitted
from scikeras_conformance.runner.context import CheckContext, show

# -- INIT-5 -------------------------------------------------------------------------------------


def _busy_estimator(context: CheckContext) -> Any:
    """Make an estimator with parameters of every kind that a wrapper might touch."""

    def build(layout: Any) -> Any:
        del layout
        return doubles.uncompiled(context.wrapper, off=0.5)

    return context.make(
        build,
        layout={"units": [1, 2], "weights": np.arange(3.0)},
        optimizer=keras.optimizers.SGD(0.1, momentum=0.5),
        loss=keras.losses.MeanSquaredError(),
        metrics=["mae", keras.metrics.MeanSquaredError()],
        fit__epochs=1,
        epochs=2,
    )


def _names_and_classes(context: CheckContext) -> Any:
    """Make an estimator of nests of names and classes, which a wrapper might replace in place."""

    def build() -> Any:
        return doubles.uncompiled(context.wrapper, off=0.5)

    # To a wrapper that has no such parameter it would be one for the builder.
    has_seed = "random_state" in context.params(context.make(build))
    more = {"random_state": np.random.RandomState(1)} if has_seed else {}
    return context.make(
        build,
        optimizer="sgd",
        loss={"out": "mean_squared_error"},
        metrics={"out": ["mae", keras.metrics.MeanSquaredError]},
        callbacks={"one": keras.callbacks.TerminateOnNaN},
        fit__callbacks=[],
        **more,
    )


@check(
    "INIT-5.parameters-untouched",
    verifies="no call changes a parameter or anything inside it",
    impact="a fitted estimator cannot be cloned into what the user wrote, and results depend on "
    "which calls were made before",
    cases=["initialize", "fit", "predict", "score", "initialize-names", "fit-names"],
)
def parameters_untouched(context: CheckContext) -> None:
    method, _, names = context.case.partition("-")
    X, y, *_ = doubles.dataset(context.wrapper)
    estimator = _names_and_classes(context) if names else _busy_estimator(context)
    if method in {"predict", "score"}:
        context.fit(estimator, X, y)
    before = doubles.snapshot(context.params(estimator))
    if method == "score" and context.wrapper is Wrapper.BASE:
        _score_of_base(estimator, X, y)
    else:
        context.call(estimator, method, *((X,) if method == "predict" else (X, y)))
    touched = doubles.changes(before, doubles.snapshot(context.params(estimator)))
    context.require(not touched, f"{method} changed the parameters at {', '.join(touched[:5])}")


@check(
    "INIT-5.proba-leaves-parameters",
    verifies="predict_proba changes no parameter or anything inside it, and creates no attribute",
    impact="asking for probabilities changes what the next clone or fit does",
    wrappers=[Wrapper.CLASSIFIER],
    also=["INIT-6"],
)
def proba_leaves_parameters(context: CheckContext) -> None:
    X, y, *_ = doubles.dataset(context.wrapper)
    estimator = _busy_estimator(context)
    context.fit(estimator, X, y)
    before, names = doubles.snapshot(context.params(estimator)), own_names(estimator)
    context.call(estimator, "predict_proba", X)
    touched = doubles.changes(before, doubles.snapshot(context.params(estimator)))
    context.require(
        not touched, f"predict_proba changed the parameters at {', '.join(touched[:5])}"
    )
    created = sorted(own_names(estimator) - names)
    context.require(not created, f"predict_proba created the attributes {', '.join(created)}")


@check(
    "INIT-5.model-instance-untouched",
    verifies="a model given as parameter is not trained in place, and clones do not share it",
    impact="every fold of a search goes on training the model of the fold before it, and its score "
    "leaks into the next",
    wrappers=ESTIMATORS,
    also=["CLS-7"],
)
def model_instance_untouched(context: CheckContext) -> None:
    X, y, *_ = doubles.dataset(context.wrapper)
    model = doubles.model_for(context.wrapper, off=0.5, rate=0.1)
    before = model.get_weights()
    estimator = context.make(model)
    # Whether a model is accepted at all is the matter of CLS-7; one that is refused is untouched.
    with suppress(Exception):
        estimator.fit(X, y)
    context.require(
        all(map(np.array_equal, before, model.get_weights())),
        "fit trained the very model that was given as parameter",
    )


def _score_of_base(estimator: Any, X: Any, y: Any) -> None:
    # SCORE-4 lets the base wrapper refuse to score; what counts here is what it leaves behind.
    with suppress(Exception):
        estimator.score(X, y)


def _instance(kind: str, *, built: bool) -> Any:
    if kind == "optimizer":
        optimizer = keras.optimizers.SGD(0.1, momentum=0.9)
        if built:
            optimizer.build([keras.Variable(np.ones((2, 2)))])
        return optimizer
    if kind == "loss":
        return keras.losses.MeanSquaredError()
    metric = keras.metrics.MeanSquaredError()
    if built:
        metric.update_state(np.ones((2, 1)), np.zeros((2, 1)))
    return [metric] if kind == "metrics" else metric


@check(
    "INIT-5.instances-not-trained",
    verifies="optimizers, losses and metrics given as instances keep their state through fit",
    impact="momentum and metrics of one fit leak into the next, and a second fit fails with "
    "'Unknown variable'",
    wrappers=ESTIMATORS,
    cases=["optimizer", "built-optimizer", "loss", "metrics", "used-metrics"],
)
def instances_not_trained(context: CheckContext) -> None:
    X, y, *_ = doubles.dataset(context.wrapper)
    name = context.case.rpartition("-")[2]
    instance = _instance(name, built="-" in context.case)
    settings = {"optimizer": keras.optimizers.SGD, "loss": "mean_squared_error"}
    settings[name] = instance
    estimator = context.make(lambda: doubles.uncompiled(context.wrapper, off=0.5), **settings)
    before = doubles.snapshot(instance)
    context.fit(estimator, X, y)
    touched = doubles.changes(before, doubles.snapshot(instance))
    context.require(not touched, f"fit changed the {name} that was given, at {', '.join(touched)}")
    context.fit(estimator, X, y)


@check(
    "INIT-5.callbacks-untouched",
    verifies="callbacks given as instances are left as they were",
    impact="a callback holds on to the model of the last fit: memory grows, pickling fails, and an "
    "EarlyStopping of one fold stops the next",
)
def callbacks_untouched(context: CheckContext) -> None:
    X, y, *_ = doubles.dataset(context.wrapper)
    callback = keras.callbacks.EarlyStopping(monitor="loss", patience=3)
    estimator = context.make(doubles.builder(context.wrapper), callbacks=[callback])
    before = doubles.snapshot(vars(callback))
    context.fit(estimator, X, y)
    touched = doubles.changes(before, doubles.snapshot(vars(callback)))
    context.require(not touched, f"fit changed the callback that was given: {', '.join(touched)}")


@check(
    "INIT-5.clones-share-nothing",
    verifies="two clones with the same instances as parameters train apart",
    impact="parallel and sequential searches give different results, and folds disturb each other",
)
def clones_share_nothing(context: CheckContext) -> None:
    X, y, *_ = doubles.dataset(context.wrapper)
    estimator = _busy_estimator(context)
    with context.doing("cloning"):
        first, second = sklearn_base.clone(estimator), sklearn_base.clone(estimator)
    context.fit(first, X, y)
    weights = context.model(first).get_weights()
    context.fit(second, X, y)
    models = [context.model(one) for one in (first, second)]
    context.require(models[0] is not models[1], "both clones hold the same model")
    for name in ("optimizer", "loss"):
        shared = getattr(models[0], name) is getattr(models[1], name)
        context.require(not shared, f"the models of both clones hold the same {name}")
    context.require(
        all(map(np.array_equal, weights, models[0].get_weights())),
        "fitting the second clone changed the weights of the first",
    )


# -- INIT-6 to INIT-9 ---------------------------------------------------------------------------


@check(
    "INIT-6.attributes-created",
    verifies="initialize, fit and partial_fit create attributes that end in one underscore, other "
    "calls none",
    impact="it cannot be told what a user set and what a fit made, and clone or pickle carry "
    "leftovers along",
    cases=["initialize", "fit", "partial_fit", "predict", "score"],
)
def attributes_created(context: CheckContext) -> None:
    X, y, *_ = doubles.dataset(context.wrapper)
    estimator = context.make(doubles.builder(context.wrapper))
    if context.case == "partial_fit" and not hasattr(estimator, "partial_fit"):
        return  # whether there is such a method is the matter of API-3
    may_create = context.case in {"initialize", "fit", "partial_fit"}
    if not may_create:
        context.fit(estimator, X, y)
    before = own_names(estimator)
    if context.case == "score" and context.wrapper is Wrapper.BASE:
        _score_of_base(estimator, X, y)
    else:
        context.call(estimator, context.case, *((X,) if context.case == "predict" else (X, y)))
    created = own_names(estimator) - before
    wrong = sorted(
        name for name in created if not may_create or not name.endswith("_") or name.endswith("__")
    )
    context.require(not wrong, f"{context.case} created the attributes {', '.join(wrong)}")
    if may_create:
        with context.doing("looking for model_"):
            # Not in a listing: a wrapper may read what a fit made through from an object inside it.
            has = hasattr(estimator, "model_")
        context.require(has, f"{context.case} did not create model_")


@check(
    "INIT-7.model-is-a-keras-model",
    verifies="model_ is a keras.Model",
    impact="saving, summaries and everything else that Keras offers is out of reach",
    cases=["initialize", "fit"],
)
def model_is_a_keras_model(context: CheckContext) -> None:
    X, y, *_ = doubles.dataset(context.wrapper)
    estimator = context.make(doubles.builder(context.wrapper))
    context.call(estimator, context.case, X, y)
    context.model(estimator)


@check(
    "INIT-8.initialize-does-not-train",
    verifies="after initialize the weights are the builder's, predict works, nothing was trained",
    impact="a pre-trained model is spoiled before its first use",
)
def initialize_does_not_train(context: CheckContext) -> None:
    X, y, *_ = doubles.dataset(context.wrapper)
    made: list[Any] = []

    def build(off: float = 0.0) -> Any:
        model = doubles.model_for(context.wrapper, off=off, rate=0.5)
        made.append(model.get_weights())
        return model

    estimator = context.make(build, off=0.5)
    returned = context.initialize(estimator, X, y)
    context.require(returned is estimator, f"initialize returned {show(returned)}")
    context.require(made, "initialize did not call the builder")
    model = context.model(estimator)
    context.require(
        all(map(np.array_equal, made[-1], model.get_weights())),
        "the weights are not those that the builder made",
    )
    context.require(not getattr(model, "log", None) or not model.log.fits, "Model.fit was called")
    # A model that is right from the start has to answer right, without any training.
    estimator = context.make(build)
    context.initialize(estimator, X, y)
    require_answers(context, context.predict(estimator, X), y, "predict after initialize")


@check(
    "INIT-9.not-fitted",
    verifies="methods that need a model raise NotFittedError before there is one",
    impact="check_is_fitted and everything built on it cannot tell an unfitted estimator",
    cases=["predict", "score"],
)
def not_fitted(context: CheckContext) -> None:
    X, y, *_ = doubles.dataset(context.wrapper)
    estimator = context.make(doubles.builder(context.wrapper))
    if context.case == "score" and context.wrapper is Wrapper.BASE:
        from sklearn.exceptions import NotFittedError

        with context.refusing("score before fit", NotFittedError, NotImplementedError):
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
)
def not_fitted_proba(context: CheckContext) -> None:
    X, *_ = doubles.dataset(context.wrapper)
    require_not_fitted(context, context.make(doubles.builder(context.wrapper)), "predict_proba", X)


# -- INIT-11 ------------------------------------------------------------------------------------


@check(
    "INIT-11.new-model",
    verifies="a second fit calls the builder again and starts from its weights",
    impact="cross-validation by hand trains one model over all folds, and scores are too good",
)
def new_model(context: CheckContext) -> None:
    X, y, *_ = doubles.dataset(context.wrapper)
    calls: list[None] = []

    def build() -> Any:
        calls.append(None)
        return doubles.model_for(context.wrapper, off=0.5, rate=0.1)

    estimator = context.make(build)
    context.fit(estimator, X, y)
    first = context.model(estimator)
    weights = first.get_weights()
    context.fit(estimator, X, y)
    second = context.model(estimator)
    context.require(len(calls) == 2, f"the builder was called {len(calls)} times for two fits")
    context.require(first is not second, "model_ is still the model of the first fit")
    context.require(
        all(
            np.allclose(a, b, atol=1e-6) for a, b in zip(weights, second.get_weights(), strict=True)
        ),
        "the same fit from the same weights came out differently the second time",
    )
    steps = int(second.optimizer.iterations), int(first.optimizer.iterations)
    context.require(
        steps[0] == steps[1], f"the optimizer has made {steps[0]} steps, not {steps[1]}"
    )


@check(
    "INIT-11.other-data",
    verifies="a second fit takes data with other columns, and other classes",
    impact="an estimator remembers the data of its first fit and refuses or mislabels the next",
)
def other_data(context: CheckContext) -> None:
    def build(meta: dict[str, Any]) -> Any:
        data = first if meta["n_features_in_"] == first.n_features else second
        model = doubles.make_model(data, "softmax" if context.is_classifier else "linear")
        loss = "sparse_categorical_crossentropy" if context.is_classifier else "mean_squared_error"
        model.compile(optimizer=doubles.zero_rate(), loss=loss)
        return model

    if context.is_classifier:
        first = doubles.classes_dataset([0, 1, 2])
        second = doubles.classes_dataset(["a", "b", "c", "d"])
        # Some of the classes of the fit before, and no others.
        sets = [first, second, doubles.classes_dataset(["a", "b", "c"])]
    else:
        first = doubles.continuous_dataset(1)
        second = doubles.continuous_dataset(2)
        second = second._replace(
            X=np.hstack([second.X, second.X[:, :1] * 0]),
            kernel=np.vstack([second.kernel, second.kernel[:1] * 0]),
        )
        sets = [first, second]
    estimator = context.make(build)
    for data in sets:
        context.fit(estimator, data.X, data.y)
        what = f"after fit on data of shape {data.X.shape}, predict"
        require_answers(context, context.predict(estimator, data.X), data.y, what)
        if context.is_classifier:
            classes = as_array(context, context.attribute(estimator, "classes_"), "classes_")
            context.require(
                classes.tolist() == np.unique(data.y).tolist(),
                f"after fit on the labels {np.unique(data.y)} classes_ is {show(classes)}",
            )


@check(
    "INIT-11.metadata",
    verifies="what an encoder told in a first fit, and not in the second, is gone after the second",
    impact="the builder sizes its layers by the data of an earlier fit",
    wrappers=ESTIMATORS,
    also=["DATA-5"],
)
def metadata_of_first_fit(context: CheckContext) -> None:
    X, y, *_ = doubles.dataset(context.wrapper)
    told: list[Any] = []

    def build(meta: Any) -> Any:
        told.append(meta)
        return doubles.model_for(context.wrapper)

    plan = Plan(metadata={"n_words_": 7, "kind_": "text"})
    cls, _ = subclass(context, feature=plan)
    estimator = context.make_of(cls, build)
    context.fit(estimator, X, y)
    plan.metadata = {"kind_": "numbers"}
    context.fit(estimator, X, y)
    context.require(told, "the builder was never called")
    kind = context.attribute(estimator, "kind_")
    context.require(same(kind, "numbers"), f"kind_ should be 'numbers'; it is {show(kind)}")
    context.require(
        "n_words_" not in fitted_names(estimator), "n_words_ is left from the first fit"
    )
    meta = told[-1]
    context.require(isinstance(meta, dict), f"meta is {show(meta)}, no dict")
    context.require("n_words_" not in meta, "meta holds n_words_, which is of the first fit")

"""INIT-11: a second call of ``fit`` starts from the beginning."""

from typing import Any

from scikeras_conformance.catalog.check import ESTIMATORS, check
from scikeras_conformance.checks._support.encoders import Plan, subclass
from scikeras_conformance.checks._support.modules import doubles, np
from scikeras_conformance.checks._support.predictions import as_array, require_predictions, same
from scikeras_conformance.checks._support.state import fitted_names
from scikeras_conformance.runner.context import CheckContext, show


@check(
    "INIT-11.new-model",
    verifies="a second fit calls the builder again and starts from new weights",
    impact="a cross-validation loop trains one model over all folds, and the scores are too good",
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
        "the same fit from the same weights gave another result the second time",
    )
    steps = int(second.optimizer.iterations), int(first.optimizer.iterations)
    context.require(
        steps[0] == steps[1], f"the optimizer has made {steps[0]} steps, not {steps[1]}"
    )


@check(
    "INIT-11.other-data",
    verifies="a second fit accepts data with other columns and other classes",
    impact="an estimator remembers the data of its first fit, and refuses or mislabels the next",
)
def other_data(context: CheckContext) -> None:
    def build(meta: dict[str, Any]) -> Any:
        data = first if meta["n_features_in_"] == first.n_features else second
        model = doubles.make_model(data, "softmax" if context.is_classifier else "linear")
        loss = "sparse_categorical_crossentropy" if context.is_classifier else "mean_squared_error"
        model.compile(optimizer=doubles.zero_learning_rate(), loss=loss)
        return model

    if context.is_classifier:
        first = doubles.classes_dataset([0, 1, 2])
        second = doubles.classes_dataset(["a", "b", "c", "d"])
        # Some of the classes of the previous fit, and no others.
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
        require_predictions(context, context.predict(estimator, data.X), data.y, what)
        if context.is_classifier:
            classes = as_array(context, context.attribute(estimator, "classes_"), "classes_")
            context.require(
                classes.tolist() == np.unique(data.y).tolist(),
                f"after fit on the labels {np.unique(data.y)} classes_ is {show(classes)}",
            )


@check(
    "INIT-11.metadata",
    verifies="metadata of an encoder from the first fit is gone after a second fit that does "
    "not report it",
    impact="the builder sizes its layers by the data of an earlier fit",
    wrappers=ESTIMATORS,
    also=["DATA-5"],
)
def metadata_of_first_fit(context: CheckContext) -> None:
    X, y, *_ = doubles.dataset(context.wrapper)
    metas: list[Any] = []

    def build(meta: Any) -> Any:
        metas.append(meta)
        return doubles.model_for(context.wrapper)

    plan = Plan(metadata={"n_words_": 7, "kind_": "text"})
    cls, _ = subclass(context, feature=plan)
    estimator = context.make_of(cls, build)
    context.fit(estimator, X, y)
    plan.metadata = {"kind_": "numbers"}
    context.fit(estimator, X, y)
    context.require(metas, "the builder was never called")
    kind = context.attribute(estimator, "kind_")
    context.require(same(kind, "numbers"), f"kind_ should be 'numbers'; it is {show(kind)}")
    context.require(
        "n_words_" not in fitted_names(estimator), "n_words_ is left from the first fit"
    )
    meta = metas[-1]
    context.require(isinstance(meta, dict), f"meta is {show(meta)}, not a dict")
    context.require("n_words_" not in meta, "meta holds n_words_ of the first fit")

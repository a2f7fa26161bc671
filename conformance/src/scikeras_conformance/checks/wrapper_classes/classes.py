"""Chapter CLS: the three wrapper classes and what may be given as a builder."""

import functools
from typing import Any

from scikeras_conformance.catalog.check import ESTIMATORS, Wrapper, check
from scikeras_conformance.checks._support.modules import doubles, keras, np, sklearn_base
from scikeras_conformance.checks._support.predictions import require_answers
from scikeras_conformance.runner.context import CheckContext, show


@check(
    "CLS-1.extends-base",
    verifies="the classifier and the regressor are subclasses of the base wrapper",
    impact="code that asks isinstance(estimator, BaseWrapper) misses half of the wrappers",
    wrappers=ESTIMATORS,
)
def extends_base(context: CheckContext) -> None:
    base = context.subject.classes[Wrapper.BASE]
    context.require(
        issubclass(context.cls, base) and context.cls is not base,
        f"{context.cls.__name__} does not extend {base.__name__}",
    )


@check(
    "CLS-2.fit-and-predict",
    verifies="a builder without arguments that returns a compiled model can be fitted, and predicts",
    impact="the first example of the documentation does not run",
)
def fit_and_predict(context: CheckContext) -> None:
    X, y, *_ = doubles.dataset(context.wrapper)
    # A plain keras.Sequential, run the way Keras runs it, unlike the models of other checks.
    estimator = context.make(model=lambda: doubles.plain_model_for(context.wrapper))
    returned = context.fit(estimator, X, y)
    context.require(returned is estimator, f"fit returned {show(returned)}, not the estimator")
    require_answers(context, context.predict(estimator, X), y)


@check(
    "CLS-3.model-comes-first",
    verifies="Wrapper(builder) and Wrapper(model=builder) are the same",
    impact="KerasClassifier(build_model), the commonest way to write it, fails or sets another "
    "parameter",
)
def model_comes_first(context: CheckContext) -> None:
    build = doubles.builder(context.wrapper)
    estimator = context.make(build)
    context.require(
        context.params(estimator).get("model") is build,
        "the first positional argument is not the parameter 'model'",
    )


LABELS: dict[str, Any] = {
    "int": [0, 1, 2],
    "int-with-gaps": [-7, 3, 100],
    "int8": ("int8", [-1, 0, 1]),
    "uint8": ("uint8", [0, 7, 200]),
    "whole-float": [1.0, 2.0, 4.0],
    "bool": [False, True],
    "str": ["cat", "dog", "emu"],
    "object": ("object", ["ham", "spam and eggs", "zoo"]),
    "two-str": ["no", "yes"],
    "list-of-str": ["no", "yes"],
}


def _labels(case: str) -> Any:
    given = LABELS[case]
    return np.array(given[1], dtype=given[0]) if isinstance(given, tuple) else np.array(given)


def _classifier_for(context: CheckContext, data: Any) -> Any:
    def build() -> Any:
        model = doubles.make_model(data, "softmax")
        model.compile(optimizer=doubles.zero_rate(), loss="sparse_categorical_crossentropy")
        return model

    return context.make(build)


@check(
    "CLS-4.labels-come-back",
    verifies="predict answers in the labels that fit was given: values, dtype kind and shape",
    impact="predictions are positions or floats where the user's labels were expected, and every "
    "comparison with y is silently wrong",
    wrappers=[Wrapper.CLASSIFIER],
    cases=LABELS,
)
def labels_come_back(context: CheckContext) -> None:
    data = doubles.classes_dataset(_labels(context.case))
    estimator = _classifier_for(context, data)
    context.fit(estimator, data.X, data.y.tolist() if context.case.startswith("list") else data.y)
    require_answers(context, context.predict(estimator, data.X), data.y)


@check(
    "CLS-4.column-target",
    verifies="labels given as a column come back as a column",
    impact="y_true == y_pred broadcasts to a matrix, and accuracy computed from it is nonsense",
    wrappers=[Wrapper.CLASSIFIER],
    cases=["int", "str"],
)
def column_target(context: CheckContext) -> None:
    data = doubles.classes_dataset(_labels(context.case))
    estimator = _classifier_for(context, data)
    y = data.y.reshape(-1, 1)
    context.fit(estimator, data.X, y)
    require_answers(context, context.predict(estimator, data.X), y)


@check(
    "CLS-5.estimator-type",
    verifies="is_classifier, is_regressor and the tags agree with what the wrapper is, also for a "
    "subclass",
    impact="scikit-learn treats the classifier as something else: voting and stacking refuse it, "
    "scorers raise, and splits are not stratified",
    cases=["itself", "subclass"],
)
def estimator_type(context: CheckContext) -> None:
    class Subclass(context.cls):  # type: ignore[name-defined, misc]
        pass

    cls = Subclass if context.case == "subclass" else context.cls
    estimator = context.make_of(cls, doubles.builder(context.wrapper))
    expected = {
        Wrapper.BASE: (False, False, None),
        Wrapper.CLASSIFIER: (True, False, "classifier"),
        Wrapper.REGRESSOR: (False, True, "regressor"),
    }[context.wrapper]
    from sklearn.utils import get_tags

    with context.doing("asking scikit-learn for the type of the estimator"):
        found = (
            sklearn_base.is_classifier(estimator),
            sklearn_base.is_regressor(estimator),
            get_tags(estimator).estimator_type,
        )
    context.require(
        found == expected,
        "(is_classifier, is_regressor, estimator_type) should be "
        f"{expected}; scikit-learn says {found}",
    )


@check(
    "CLS-5.stratified-splits",
    verifies="cross_val_score chooses a stratified splitter for the classifier",
    impact="with labels in order, folds train on one class and are tested on the other, and scores "
    "are meaningless without any error",
    wrappers=[Wrapper.CLASSIFIER],
)
def stratified_splits(context: CheckContext) -> None:
    from sklearn.model_selection import cross_val_score

    data = doubles.classes_dataset([0, 1], repeats=6, sigmoid=True)
    order = np.argsort(data.y)
    X, y = data.X[order], data.y[order]
    held_out: list[list[int]] = []

    def scoring(estimator: Any, X: Any, y: Any) -> float:
        del estimator, X
        held_out.append(np.bincount(y, minlength=2).tolist())
        return 0.0

    estimator = context.make(doubles.builder(context.wrapper))
    with context.doing("cross_val_score(estimator, X, y, cv=3)"):
        cross_val_score(estimator, X, y, cv=3, scoring=scoring, error_score="raise")
    context.require(
        held_out == [[2, 2]] * 3,
        f"three stratified folds hold [2, 2] of each class; they held {held_out}",
    )


@check(
    "CLS-6.subclass",
    verifies="a subclass with a method _keras_build_fn and its own parameters is built and cloned",
    impact="an estimator class with a fixed architecture cannot be written, or breaks in a search",
    cases=[
        "own-parameters",
        "own-and-inherited-parameters",
        "special-arguments",
        "required-parameter",
    ],
)
def subclass(context: CheckContext) -> None:
    built: list[int] = []
    wrapper = context.wrapper

    class Fixed(context.cls):  # type: ignore[name-defined, misc]
        def __init__(self, hidden: int = 3) -> None:
            super().__init__()
            self.hidden = hidden

        def _keras_build_fn(self) -> Any:
            built.append(self.hidden)
            return doubles.model_for(wrapper)

    class Open(context.cls):  # type: ignore[name-defined, misc]
        def __init__(self, hidden: int = 3, **kwargs: Any) -> None:
            super().__init__(**kwargs)
            self.hidden = hidden

        def _keras_build_fn(self) -> Any:
            built.append(self.hidden)
            return doubles.model_for(wrapper)

    class Asking(context.cls):  # type: ignore[name-defined, misc]
        def __init__(self, hidden: int = 3, **kwargs: Any) -> None:
            super().__init__(**kwargs)
            self.hidden = hidden

        def _keras_build_fn(self, meta: Any, compile_kwargs: Any, params: Any) -> Any:
            del compile_kwargs
            built.append(params["hidden"] if "n_features_in_" in meta else 0)
            return doubles.model_for(wrapper)

    class Needing(Fixed):
        def __init__(self, hidden: int) -> None:
            super().__init__(hidden)

    if context.case == "own-parameters":
        estimator = context.make_of(Fixed, hidden=7)
    elif context.case == "required-parameter":
        estimator = context.make_of(Needing, hidden=7)
    else:
        estimator = context.make_of(
            Open if context.case.startswith("own") else Asking, hidden=7, epochs=2
        )
    with context.doing("cloning an instance of a subclass"):
        copy = sklearn_base.clone(estimator)
    context.require(type(copy) is type(estimator), "the clone is of another class")
    before, after = context.params(estimator), context.params(copy)
    context.require(after.get("hidden") == 7, "the clone lost the parameter 'hidden'")
    context.require(
        before.get("epochs") == after.get("epochs"), "the clone lost inherited parameters"
    )
    X, y, *_ = doubles.dataset(wrapper)
    context.fit(copy, X, y)
    context.require(built == [7], f"_keras_build_fn should be called once, with 7; it saw {built}")


@check(
    "CLS-6.passed-on",
    verifies="parameters that a subclass passes on to its parent reach the builder and can be set",
    impact="the builder of an estimator class goes on with the values of the constructor, whatever "
    "a search sets",
    cases=["only-passed", "also-stored"],
)
def passed_on(context: CheckContext) -> None:
    built: list[Any] = []
    wrapper, stores = context.wrapper, context.case == "also-stored"

    class Passing(context.cls):  # type: ignore[name-defined, misc]
        def __init__(self, hidden: int = 3, width: int = 4, **kwargs: Any) -> None:
            if stores:
                self.hidden, self.width = hidden, width
            super().__init__(hidden=hidden, width=width, **kwargs)

        def _keras_build_fn(self, hidden: int, width: int) -> Any:
            built.append((hidden, width))
            return doubles.model_for(wrapper)

    estimator = context.make_of(Passing, hidden=7)
    context.call(estimator, "set_params", width=9)
    with context.doing("cloning an instance of a subclass"):
        copy = sklearn_base.clone(estimator)
    for one in (estimator, copy):
        params = context.params(one)
        found = params.get("hidden"), params.get("width")
        context.require(found == (7, 9), f"hidden and width should be 7 and 9; they are {found}")
        context.fit(one, *doubles.dataset(wrapper)[:2])
    context.require(built == [(7, 9)] * 2, f"the builder should see (7, 9) twice; it saw {built}")


@check(
    "CLS-7.model-instance",
    verifies="a keras.Model given as model is fitted, and predicts",
    impact="a model that exists already cannot be wrapped",
    cases=["compiled", "uncompiled"],
)
def model_instance(context: CheckContext) -> None:
    X, y, *_ = doubles.dataset(context.wrapper)
    if context.case == "compiled":
        model = doubles.uncompiled(context.wrapper)
        # An optimizer with state, which Keras loses when it copies the model in some ways.
        model.compile(optimizer=keras.optimizers.Adam(0.0), loss="mean_squared_error")
        estimator = context.make(model)
    else:
        estimator = context.make(
            doubles.uncompiled(context.wrapper),
            loss="mean_squared_error",
            optimizer="sgd",
            optimizer__learning_rate=0.0,
        )
    context.fit(estimator, X, y)
    require_answers(context, context.predict(estimator, X), y)


class _Builders:
    """Builders of every kind, for one wrapper."""

    def __init__(self, wrapper: Wrapper) -> None:
        self._wrapper = wrapper

    def method(self) -> Any:
        return doubles.model_for(self._wrapper)

    def of_kind(self, kind: str) -> Any:
        wrapper = self._wrapper

        class CallableObject:
            def __call__(self) -> Any:
                return doubles.model_for(wrapper)

        class BuilderClass:
            def __new__(cls) -> Any:
                return doubles.model_for(wrapper)

        class ModelClass(doubles.RecordingModel):
            def __init__(self) -> None:
                made = doubles.model_for(wrapper)
                super().__init__(made.inputs, made.outputs)
                self.compile(optimizer=made.optimizer, loss=made.loss)

        return {
            "function": doubles.builder(wrapper),
            "partial": functools.partial(doubles.model_for, wrapper, off=0.0),
            "bound-method": self.method,
            "class": BuilderClass,
            "model-class": ModelClass,
            "callable-object": CallableObject(),
        }[kind]


@check(
    "CLS-8.builder-kinds",
    verifies="builders may be functions, partials, bound methods, classes and callable objects",
    impact="a builder with settings of its own has to be wrapped in a function first",
    wrappers=ESTIMATORS,
    cases=["function", "partial", "bound-method", "class", "model-class", "callable-object"],
)
def builder_kinds(context: CheckContext) -> None:
    X, y, *_ = doubles.dataset(context.wrapper)
    estimator = context.make(_Builders(context.wrapper).of_kind(context.case))
    context.fit(estimator, X, y)
    require_answers(context, context.predict(estimator, X), y)


@check(
    "CLS-8.builder-kinds-that-ask",
    verifies="builders of every kind get the special arguments that they name",
    impact="moving a builder into a class or a partial takes its arguments away",
    wrappers=ESTIMATORS,
    cases=["partial", "bound-method", "class", "callable-object"],
    also=["BUILD-3"],
)
def builder_kinds_that_ask(context: CheckContext) -> None:
    X, y, *_ = doubles.dataset(context.wrapper)
    wrapper = context.wrapper
    seen: list[Any] = []

    def function(width: int, meta: Any, units: int) -> Any:
        seen.append((width, meta["n_features_in_"], units))
        return doubles.model_for(wrapper)

    class Factory:
        def method(self, meta: Any, units: int) -> Any:
            return function(1, meta, units)

        def __call__(self, meta: Any, units: int) -> Any:
            return function(1, meta, units)

    class Builder:
        def __new__(cls, meta: Any, units: int) -> Any:
            return function(1, meta, units)

    builder = {
        "partial": functools.partial(function, 1),
        "bound-method": Factory().method,
        "class": Builder,
        "callable-object": Factory(),
    }[context.case]
    context.fit(context.make(builder, units=5), X, y)
    expected = [(1, X.shape[1], 5)]
    context.require(seen == expected, f"the builder should see {expected}; it saw {seen}")


@check(
    "CLS-8.not-a-builder",
    verifies="what is no builder is refused at fit, by a TypeError that names model",
    impact="the error comes from deep inside and says nothing about the parameter that is wrong",
    cases=["none", "text", "number", "list"],
)
def not_a_builder(context: CheckContext) -> None:
    X, y, *_ = doubles.dataset(context.wrapper)
    given = {"none": None, "text": "dense", "number": 3, "list": [1]}[context.case]
    estimator = context.make(model=given)
    with context.refusing(f"fit with model={given!r}", TypeError, naming="model"):
        estimator.fit(X, y)


@check(
    "CLS-9.not-a-model",
    verifies="a builder that returns no keras.Model gets a TypeError that says what it returned",
    impact="a forgotten return statement shows as an AttributeError about NoneType",
    cases=["none", "layer", "tuple"],
)
def not_a_model(context: CheckContext) -> None:
    X, y, *_ = doubles.dataset(context.wrapper)
    returned, names = {
        "none": (None, ("None", "NoneType")),
        "layer": (keras.layers.Dense(1), ("Dense",)),
        "tuple": ((1, 2), ("tuple", "(1, 2)")),
    }[context.case]
    estimator = context.make(model=lambda: returned)
    with context.refusing(f"fit with a builder that returns {names[0]}", TypeError, naming=names):
        estimator.fit(X, y)

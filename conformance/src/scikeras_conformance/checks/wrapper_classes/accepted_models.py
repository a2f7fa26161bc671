"""CLS-7, CLS-8 and CLS-9: what the parameter ``model`` may hold."""

import functools
from typing import Any

from scikeras_conformance.catalog.check import ESTIMATORS, check
from scikeras_conformance.checks._support.fit_outcomes import stub_builder, stub_model
from scikeras_conformance.checks._support.helper_models import (
    compiled_helper,
    helper_loss,
    plain_helper,
    uncompiled_helper,
)
from scikeras_conformance.checks._support.modules import doubles, keras
from scikeras_conformance.checks._support.predictions import require_values
from scikeras_conformance.checks._support.preparation import accepted, require_it_works
from scikeras_conformance.checks._support.recording_builder import require_special_argument
from scikeras_conformance.contract import Capability
from scikeras_conformance.runner.context import CheckContext


@check(
    "CLS-7.model-instance",
    verifies="a keras.Model given as model can be fitted, and predicts",
    impact="an existing model cannot be wrapped",
    cases=["compiled", "uncompiled"],
)
def model_instance(context: CheckContext) -> None:
    X, y, *_ = doubles.dataset(context.wrapper)
    # Of a class that Keras copies with everything that belongs to it. To make a graph of it takes
    # longer than to train it, and CLS-2 has one.
    model, settings = plain_helper(context, compiled=False), {}
    if context.case == "compiled":
        require_it_works(context)
        # An optimizer with state, which some ways of copying a model lose.
        optimizer = keras.optimizers.Adam(0.0)
        model.compile(optimizer=optimizer, loss=helper_loss(context), run_eagerly=True)
    else:
        optimizer = keras.optimizers.SGD(0.0)
        settings = {"loss": helper_loss(context), "optimizer": optimizer}
        context.fit(context.make(lambda: uncompiled_helper(context), **settings), X, y)
        settings["optimizer"] = keras.optimizers.SGD(0.0)
        settings |= accepted(context, run_eagerly=True)
    estimator = context.observe.make(model, **settings)
    with context.doing(f"fit with a model instance ({context.case}) as model"):
        context.fit(estimator, X, y)
    require_values(context, context.observe.predict(estimator, X), y)


class _Builders:
    """Builders of every kind for one wrapper."""

    def __init__(self, context: CheckContext) -> None:
        self._context = context

    def method(self) -> Any:
        return stub_model(self._context)

    def of_kind(self, kind: str) -> Any:
        context = self._context

        class CallableObject:
            def __call__(self) -> Any:
                return stub_model(context)

        class BuilderClass:
            def __new__(cls) -> Any:
                return stub_model(context)

        class CallableClass:
            def __new__(cls) -> Any:
                return stub_model(context)

            def __call__(self, units: int) -> Any:
                raise AssertionError(units)  # an object of this class is no builder here

        class ModelClass(doubles.RecordingModel):
            def __init__(self) -> None:
                made = compiled_helper(context)
                super().__init__(made.inputs, made.outputs)
                self.compile(optimizer=made.optimizer, loss=made.loss)

        def function(units: int) -> Any:
            del units
            return stub_model(context)

        return {
            "function": stub_builder(context),
            "partial": functools.partial(function, units=1),
            "bound-method": self.method,
            "class": BuilderClass,
            "class-with-a-call": CallableClass,
            "model-class": ModelClass,
            "callable-object": CallableObject(),
        }[kind]


@check(
    "CLS-8.builder-kinds",
    verifies="the builder may be a function, a partial, a bound method, a class or a callable "
    "object",
    impact="a configurable builder has to be wrapped in a function first",
    wrappers=ESTIMATORS,
    cases=[
        *("function", "partial", "bound-method", "class", "class-with-a-call", "model-class"),
        "callable-object",
    ],
)
def builder_kinds(context: CheckContext) -> None:
    X, y, *_ = doubles.dataset(context.wrapper)
    require_it_works(context)
    estimator = context.observe.make(_Builders(context).of_kind(context.case))
    with context.doing(f"fit with a {context.case} as builder"):
        context.fit(estimator, X, y)
    require_values(context, context.observe.predict(estimator, X), y)


@check(
    "CLS-8.builder-kinds-with-arguments",
    verifies="builders of every kind receive the special arguments that their signatures name",
    impact="a builder that is moved into a class or a partial no longer receives its arguments",
    wrappers=ESTIMATORS,
    cases=["partial", "bound-method", "class", "callable-object"],
    also=["BUILD-3"],
    needs=[Capability.BUILDER_ARGUMENTS],
)
def special_arguments_by_kind(context: CheckContext) -> None:
    X, y, *_ = doubles.dataset(context.wrapper)
    seen: list[Any] = []

    def function(width: int, meta: Any, units: int) -> Any:
        seen.append((width, meta["n_features_in_"], units))
        return stub_model(context)

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
    # A function receives the arguments, and a builder of the kind is accepted without them.
    require_special_argument(context, "meta")
    context.fit(context.make(_Builders(context).of_kind(context.case)), X, y)
    estimator = context.observe.make(builder, units=5)
    with context.doing(f"fit with a {context.case} as builder"):
        context.fit(estimator, X, y)
    expected = [(1, X.shape[1], 5)]
    context.require(seen == expected, f"the builder should receive {expected}; it received {seen}")


@check(
    "CLS-8.not-a-builder",
    verifies="fit raises a TypeError or ValueError that names model if model is not a builder",
    impact="the error comes from deep inside and does not mention the wrong parameter",
    cases=["none", "text", "number", "list"],
)
def not_a_builder(context: CheckContext) -> None:
    X, y, *_ = doubles.dataset(context.wrapper)
    require_it_works(context)
    given = {"none": None, "text": "dense", "number": 3, "list": [1]}[context.case]
    estimator = context.make(model=given)
    with context.refusing(f"fit with model={given!r}", TypeError, ValueError, naming="model"):
        estimator.fit(X, y)


@check(
    "CLS-9.not-a-model",
    verifies="a builder that does not return a keras.Model raises a TypeError that says what "
    "it returned",
    impact="a forgotten return statement shows up as an AttributeError about NoneType",
    cases=["none", "layer", "tuple"],
)
def not_a_model(context: CheckContext) -> None:
    X, y, *_ = doubles.dataset(context.wrapper)
    require_it_works(context)
    returned, names = {
        "none": (None, ("None", "NoneType")),
        "layer": (keras.layers.Dense(1), ("Dense",)),
        "tuple": ((1, 2), ("tuple", "(1, 2)")),
    }[context.case]
    estimator = context.make(model=lambda: returned)
    with context.refusing(f"fit with a builder that returns {names[0]}", TypeError, naming=names):
        estimator.fit(X, y)

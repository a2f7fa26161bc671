"""INIT-4: ``sklearn.base.clone`` copies every parameter."""

from typing import Any

from scikeras_conformance.catalog.check import check
from scikeras_conformance.checks._support.compilation import config_of
from scikeras_conformance.checks._support.helper_models import (
    compiled_helper,
    helper_builder,
    helper_loss_class,
    uncompiled_helper,
)
from scikeras_conformance.checks._support.modules import doubles, keras, sklearn_base
from scikeras_conformance.checks._support.predictions import same
from scikeras_conformance.checks._support.preparation import accepted, own_parameters
from scikeras_conformance.checks._support.state import fitted_names
from scikeras_conformance.checks._support.stored_parameters import PREFIXES
from scikeras_conformance.runner.context import CheckContext


def _parameters_for_cloning(context: CheckContext) -> dict[str, Any]:
    shared = {"units": 3, "names": ["a", "b"], "epochs": 2}
    if context.case == "few-parameters":
        # Parameters that also exist in a wrapper without compile parameters.
        return shared
    return {
        **shared,
        **accepted(
            context,
            optimizer=keras.optimizers.SGD,
            optimizer__learning_rate=0.25,
            metrics=["mse"],
        ),
    }


def _comparable(value: Any) -> Any:
    """Return a parameter with its Keras objects as plain values: a clone holds copies of them."""
    if isinstance(value, keras.Model):
        return type(value), value.get_weights()
    if isinstance(value, keras.optimizers.Optimizer):
        return config_of(value)
    if type(value) is dict:
        return {key: _comparable(part) for key, part in value.items()}
    if type(value) in {list, tuple}:
        return type(value)(map(_comparable, value))
    return value


def _differing(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    lost = object()
    return [
        name
        for name in {**before, **after}
        if not same(_comparable(before.get(name, lost)), _comparable(after.get(name, lost)))
    ]


@check(
    "INIT-4.clone",
    verifies="a clone has equal parameters and no fitted state, before and after fit",
    impact="searches and ensembles drop settings, or start from a fitted model",
    cases=["before-fit", "after-fit", "subclass-after-fit", "few-parameters"],
)
def clone(context: CheckContext) -> None:
    class Subclass(context.cls):  # type: ignore[name-defined, misc]
        pass

    def build(units: int, names: list[str]) -> Any:
        del units, names
        return compiled_helper(context)

    cls = Subclass if context.case.startswith("subclass") else context.cls
    estimator = context.make_of(cls, build, **_parameters_for_cloning(context))
    X, y, *_ = doubles.dataset(context.wrapper)
    if context.case.endswith("after-fit"):
        context.fit(estimator, X, y)
    with context.doing(f"clone ({context.case})"):
        copy = sklearn_base.clone(estimator)
    context.require(type(copy) is cls, f"the clone is a {type(copy).__name__}")
    before, after = context.params(estimator), context.params(copy)
    differing = _differing(before, after)
    context.require(not differing, f"the clone has different values for {', '.join(differing)}")
    found = fitted_names(copy)
    context.require(not found, f"the clone has fitted attributes: {', '.join(found)}")
    # Which error it is to be, is what INIT-9 is about.
    with context.refusing("predict of the clone, which is not fitted,", Exception):
        copy.predict(X)


@check(
    "INIT-4.every-parameter",
    verifies="a clone has the same value for every parameter that get_params lists",
    impact="one parameter silently returns to its default in every fold of a search",
    cases=["itself", "subclass"],
)
def every_parameter(context: CheckContext) -> None:
    class Subclass(context.cls):  # type: ignore[name-defined, misc]
        pass

    cls = Subclass if context.case == "subclass" else context.cls
    build = helper_builder(context)
    names = [name for name in own_parameters(context) if name != "model"]
    # Unique values that can be stored and nothing else.
    given = {name: f"the value of {name}" for name in names}
    given |= accepted(
        context, **{f"{prefix}__x": f"the value of {prefix}__x" for prefix in PREFIXES}
    )
    estimator = context.make_of(cls, build, **given)
    before = context.params(estimator)
    with context.doing("clone"):
        after = context.params(sklearn_base.clone(estimator))
    differing = [name for name, value in before.items() if not same(after.get(name), value)]
    context.require(not differing, f"the clone has different values for {', '.join(differing)}")


@check(
    "INIT-4.clone-of-instances",
    verifies="estimators with optimizer, loss, metric and callback instances can be cloned and "
    "fitted",
    impact="GridSearchCV fails on the second fold if one of the parameters is an instance",
)
def clone_of_instances(context: CheckContext) -> None:
    X, y, *_ = doubles.dataset(context.wrapper)
    given = accepted(
        context,
        optimizer=keras.optimizers.SGD(0.0),
        loss=helper_loss_class(context)(),
        metrics=[keras.metrics.MeanSquaredError()],
        callbacks=[keras.callbacks.TerminateOnNaN()],
    )
    compiles = {"optimizer", "loss"} <= given.keys()
    build = uncompiled_helper if compiles else compiled_helper
    estimator = context.make(lambda: build(context), **given)
    context.fit(estimator, X, y)
    with context.doing("cloning a fitted wrapper of instances"):
        copy = sklearn_base.clone(estimator)
    with context.doing("fit of the clone of a fitted wrapper of instances"):
        context.fit(copy, X, y)

"""INIT-4: ``sklearn.base.clone`` copies every parameter."""

from typing import Any

from scikeras_conformance.catalog.check import ESTIMATORS, check
from scikeras_conformance.checks._support.compilation import config_of
from scikeras_conformance.checks._support.fit_outcomes import stub_model
from scikeras_conformance.checks._support.helper_models import (
    compiled_helper,
    helper_builder,
    helper_loss_class,
    helper_metric,
    uncompiled_helper,
)
from scikeras_conformance.checks._support.modules import doubles, keras, sklearn_base
from scikeras_conformance.checks._support.predictions import same
from scikeras_conformance.checks._support.preparation import accepted, own_parameters
from scikeras_conformance.checks._support.state import fitted_names
from scikeras_conformance.checks._support.stored_parameters import PREFIXES
from scikeras_conformance.exceptions import Blocked
from scikeras_conformance.runner.context import CheckContext, show


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
    kinds = keras.optimizers.Optimizer, keras.losses.Loss, keras.metrics.Metric
    if isinstance(value, kinds):
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
    cases=["before-fit", "after-fit", "set-after-fit", "subclass-after-fit", "few-parameters"],
)
def clone(context: CheckContext) -> None:
    class Subclass(context.cls):  # type: ignore[name-defined, misc]
        pass

    def build(units: int, names: list[str]) -> Any:
        del units, names
        return stub_model(context)

    cls = Subclass if context.case.startswith("subclass") else context.cls
    estimator = context.make_of(cls, build, **_parameters_for_cloning(context))
    X, y, *_ = doubles.dataset(context.wrapper)
    if context.case.endswith("after-fit"):
        context.fit(estimator, X, y)
    if context.case == "set-after-fit":
        context.call(estimator, "set_params", units=4, names=["c"])
        if context.params(estimator).get("units") != 4:
            context.stop("set_params(units=4)", "did not set it, which INIT-10 is about")
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


PLAIN = (str, bool, int, float, list, tuple, dict, type(None))


def _usual_values() -> tuple[dict[str, Any], ...]:
    """Return parameters for several estimators."""
    return (
        {},
        {"verbose": 1, "epochs": 1, "batch_size": 32, "shuffle": True, "validation_split": 0.0},
        {"verbose": 2, "epochs": 5, "batch_size": -1, "shuffle": False, "validation_split": 0.25},
        {"verbose": "auto", "epochs": 0, "batch_size": 1, "shuffle": 1, "warm_start": False},
        {"verbose": 0, "warm_start": True, "run_eagerly": True, "random_state": 0, "metrics": []},
        {"run_eagerly": False, "random_state": 3, "metrics": ["mse"], "callbacks": []},
        {"class_weight": {0: 1.0, 1: 2.0}, "optimizer": None, "loss": "mse", "metrics": None},
        {"class_weight": "balanced", "optimizer": "SGD", "loss": "MeanSquaredError"},
        {"fit__verbose": 1, "predict__verbose": 0, "fit__epochs": 2, "loss__reduction": "sum"},
        {"units": None, "depth": 0, "bias": False, "label": "", "sizes": ()},
    )


@check(
    "INIT-4.usual-values",
    verifies="a clone has the values that users give most, and the defaults, as they are",
    impact="candidates of a search print each epoch, or are trained in other batches",
    wrappers=ESTIMATORS,
    cases=["unfitted", "fitted", "subclass"],
)
def usual_values(context: CheckContext) -> None:
    X, y, *_ = doubles.dataset(context.wrapper)

    class Subclass(context.cls):  # type: ignore[name-defined, misc]
        pass

    def build(
        units: Any = None, depth: Any = None, bias: Any = None, label: Any = None, sizes: Any = None
    ) -> Any:
        del units, depth, bias, label, sizes
        return stub_model(context)

    free = ("units", "depth", "bias", "label", "sizes")
    for values in _usual_values():
        named = {name: value for name, value in values.items() if name not in free}
        given = {**accepted(context, **named), **{n: v for n, v in values.items() if n in free}}
        cls = Subclass if context.case == "subclass" else context.cls
        estimator = context.make_of(cls, build, **given)
        if context.case == "fitted":
            try:
                context.fit(estimator, X, y)
            except Blocked:
                continue  # what does not work is what other clauses are about
        before = context.params(estimator)
        with context.doing(f"clone of an estimator with {show(given)}"):
            after = context.params(sklearn_base.clone(estimator))
        wrong = [
            f"{name}={show(after[name])}" if name in after else f"no {name}"
            for name, value in before.items()
            if _is_copied_as_it_is(value)
            and not (type(after.get(name, ...)) is type(value) and same(after.get(name), value))
        ]
        context.require(not wrong, f"the clone of {show(given)} has {', '.join(wrong)}")


def _is_copied_as_it_is(value: Any) -> bool:
    """Return whether a value has no object in it that a clone makes anew, such as a model."""
    if isinstance(value, dict):
        return all(map(_is_copied_as_it_is, value.values()))
    if isinstance(value, (list, tuple)):
        return all(map(_is_copied_as_it_is, value))
    return isinstance(value, PLAIN)


@check(
    "INIT-4.clone-of-instances",
    verifies="estimators with optimizer, loss, metric and callback instances can be cloned with "
    "all that these were made with, and fitted",
    impact="GridSearchCV fails on the second fold if one of the parameters is an instance",
)
def clone_of_instances(context: CheckContext) -> None:
    X, y, *_ = doubles.dataset(context.wrapper)
    given = accepted(
        context,
        optimizer=keras.optimizers.SGD(0.0, momentum=0.5, clipnorm=0.75, use_ema=True),
        loss=helper_loss_class(context)(reduction="sum"),
        metrics=[helper_metric(context, "mine")],
        callbacks=[keras.callbacks.TerminateOnNaN()],
    )
    compiles = {"optimizer", "loss"} <= given.keys()
    build = uncompiled_helper if compiles else compiled_helper
    estimator = context.make(lambda: build(context), **given)
    context.fit(estimator, X, y)
    with context.doing("cloning a fitted wrapper of instances"):
        copy = sklearn_base.clone(estimator)
    before, after = context.params(estimator), context.params(copy)
    compared: dict[str, Any] = {
        name: before[name] for name in ("optimizer", "loss", "metrics") if name in given
    }
    differing = _differing(compared, {name: after.get(name) for name in compared})
    context.require(not differing, f"the clone has different values for {', '.join(differing)}")
    with context.doing("fit of the clone of a fitted wrapper of instances"):
        context.fit(copy, X, y)


def _with_own_constructor(context: CheckContext) -> Any:
    """Return an instance of a subclass whose constructor has a parameter ``hidden``."""
    build = context.as_given(helper_builder(context))

    def store(self: Any, model: Any, hidden: Any) -> None:
        if not hasattr(self, "model"):
            self.model = model  # where the wrapper has another name for it
        self.hidden = hidden

    class WithKeywords(context.cls):  # type: ignore[name-defined, misc]
        def __init__(self, model: Any = build, hidden: Any = 3, **kwargs: Any) -> None:
            super().__init__(model, **kwargs)
            store(self, model, hidden)

    class Closed(context.cls):  # type: ignore[name-defined, misc]
        def __init__(self, model: Any = build, hidden: Any = 3) -> None:
            super().__init__(model)
            store(self, model, hidden)

    class WithBuilder(context.cls):  # type: ignore[name-defined, misc]
        def __init__(self, hidden: Any = 3) -> None:
            super().__init__()
            self.hidden = hidden

        def _keras_build_fn(self) -> Any:
            return compiled_helper(context)

    kind = context.case.partition("-")[0]
    cls = {"keywords": WithKeywords, "closed": Closed, "builder": WithBuilder}[kind]
    inherited = accepted(context, epochs=2) if kind == "keywords" else {}
    # Not as an adapter would construct it: the signature is that of the subclass.
    with context.preparing("constructing an instance of a subclass with a parameter of its own"):
        return cls(hidden=[7], **inherited)


def _set_routed(context: CheckContext, estimator: Any) -> None:
    """Set a routed parameter that the constructor does not take, if that can be done."""
    try:
        estimator.set_params(fit__epochs=2)
    except Exception as error:
        context.not_applicable(f"INIT-10 is about whether it can be set: {error}")
    if "fit__epochs" not in context.params(estimator):
        context.not_applicable("INIT-10 is about whether a parameter that was set is listed")


@check(
    "INIT-4.own-constructor",
    verifies="a subclass whose constructor has parameters of its own can be cloned with all of "
    "them, also after set_params and after fit",
    impact="an estimator class built on the wrapper loses its settings, or fails, in every search",
    cases=[
        *("keywords", "keywords-set", "keywords-after-fit"),
        *("closed", "closed-set", "closed-routed", "closed-after-fit"),
        *("builder", "builder-after-fit"),
    ],
    conditional=True,
)
def own_constructor(context: CheckContext) -> None:
    kind, _, state = context.case.partition("-")
    X, y, *_ = doubles.dataset(context.wrapper)
    try:
        estimator = _with_own_constructor(context)
        if kind == "builder" or state == "after-fit":
            context.fit(estimator, X, y)
    except Blocked as blocked:
        if kind != "builder":
            raise
        context.not_applicable(f"CLS-6 is about a builder as method: {blocked}")
    if state == "set":
        context.call(estimator, "set_params", hidden=[8])
        if not same(context.attribute(estimator, "hidden"), [8]):
            context.stop("set_params(hidden)", "did not set hidden, which INIT-10 is about")
    if state == "routed":
        _set_routed(context, estimator)
    what = f"the clone ({context.case})"
    with context.doing("cloning an instance of a subclass with a parameter of its own"):
        copy = sklearn_base.clone(estimator)
    context.require(type(copy) is type(estimator), f"{what} is a {type(copy).__name__}")
    before, after = context.params(estimator), context.params(copy)
    differing = _differing(before, after)
    context.require(not differing, f"{what} has different values for {', '.join(differing)}")
    hidden = context.attribute(copy, "hidden")
    expected = [8] if state == "set" else [7]
    context.require(
        same(hidden, expected), f"{what} should have hidden={expected}; it is {show(hidden)}"
    )
    found = fitted_names(copy)
    context.require(not found, f"{what} has fitted attributes: {', '.join(found)}")

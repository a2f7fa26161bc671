"""API-7: ``random_state``."""

import copy
from collections.abc import Callable
from typing import Any

from scikeras_conformance.catalog.check import ESTIMATORS, check
from scikeras_conformance.checks._support.helper_models import helper_layer
from scikeras_conformance.checks._support.many_rows import many_rows
from scikeras_conformance.checks._support.modules import doubles, keras, np, sklearn_base
from scikeras_conformance.checks._support.plain_use import plain_use, provided
from scikeras_conformance.checks._support.preparation import accepted, counted_to
from scikeras_conformance.checks._support.training import (
    loss_name,
    same_weights,
)
from scikeras_conformance.runner.context import CheckContext, show

SEEDS = (5, 6)

KINDS_OF_SEEDS = ("zero", "numpy", "numpy-zero", "numpy-and-int", "numpy-and-numpy")
"""The cases in which a kind of integer is the seed."""


def _random_builder(context: CheckContext, *, drawn: bool = True) -> Callable[[], Any]:
    """Return a builder of a model with random weights, dropout and order of rows.

    Parameters
    ----------
    context : CheckContext
        The context.
    drawn : bool, default=True
        Whether weights and dropout are drawn when the model is built; otherwise all models that
        are built are equal, and only the order of the rows is random.
    """
    n_features = doubles.dataset(context.wrapper).n_features
    # The first time, the subject is tried for it, which draws numbers: not within a builder.
    loss = loss_name(context)

    def build() -> Any:
        inputs = keras.Input((n_features,))
        # Keras's own copies forget what dropout draws next, and how a recording model is compiled.
        is_copied = context.case == "copy"
        rate, cls = (0.0, doubles.EagerModel) if is_copied else (0.5, doubles.RecordingModel)
        dropout = keras.layers.Dropout(rate, seed=None if drawn else 1)
        model = cls(inputs, helper_layer(context)(dropout(keras.layers.Dense(4)(inputs))))
        if not drawn:
            numbers = np.random.default_rng(1)
            model.set_weights([numbers.normal(size=one.shape) for one in model.get_weights()])
        model.compile(keras.optimizers.SGD(0.05), loss=loss)
        return model

    return build


def _random_weights(context: CheckContext, estimator: Any, method: str, seed: int) -> list[Any]:
    """Return the weights after a call that starts from another state of the global generators."""
    # More rows than a batch has, so that their order matters.
    X, y = many_rows(context)
    keras.utils.set_random_seed(seed)
    if context.case in KINDS_OF_SEEDS:
        # A kind of seed may be what is refused.
        with provided(plain_use(context, random_state=5)):
            context.observe.call(estimator, method, X, y)
    else:
        context.call(estimator, method, X, y)
    return [weights.copy() for weights in context.model(estimator).get_weights()]


def _random_estimator(
    context: CheckContext, random_state: Any = None, *, drawn: bool = True
) -> Any:
    """Make an estimator with a seed, which the clause is about, or without one."""
    build = _random_builder(context, drawn=drawn)
    if random_state is None:
        return context.make(build)
    with provided(plain_use(context)):
        cases: dict[str, dict[str, Any]] = {
            "several-epochs": {"epochs": 3},
            "validation_split": {"validation_split": 0.25},
        }
        more = accepted(context, **cases.get(context.case, {}))
        return context.observe.make(build, random_state=random_state, **more)


@check(
    "API-7.same-seed",
    verifies="the same random_state gives the same weights, whatever the state of the global "
    "generators",
    impact="a result cannot be reproduced, and candidates of a search differ by chance",
    wrappers=ESTIMATORS,
    cases=[
        *("fit", "initialize", "partial_fit", "RandomState", "second-fit", "clone"),
        *("zero", "numpy", "numpy-zero", "set-later", "second-partial_fit", "copy"),
        *("several-epochs", "validation_split", "numpy-and-int", "numpy-and-numpy"),
    ],
    conditional=True,
)
def same_seed(context: CheckContext) -> None:
    # A model that is built before fit is drawn before it too, by whoever builds it.
    drawn = context.subject.builder_protocol != "none"
    if not drawn and context.case in {"second-fit", "set-later"}:
        context.not_applicable("the model was given before, and the first fit may have trained it")
    instances = context.case == "RandomState"
    seeds = {"zero": 0, "numpy": np.int64(5), "numpy-zero": np.uint32(0)}
    seed_given = seeds.get(context.case, 5)
    states = [np.random.RandomState(5) if instances else seed_given for _ in range(2)]
    if context.case.startswith("numpy-and-"):
        # Equal numbers are one seed, whichever array or search they come from.
        states = [np.int64(5), 5 if context.case == "numpy-and-int" else np.uint8(5)]
    estimators = [_random_estimator(context, state, drawn=drawn) for state in states]
    if context.case == "second-fit":
        estimators[1] = estimators[0]
    if context.case == "clone":
        with context.preparing("cloning"):
            estimators[1] = sklearn_base.clone(estimators[0])
    if context.case == "set-later":
        estimators[1] = _random_estimator(context, SEEDS[1])
        _random_weights(context, estimators[1], "fit", 3)
        # That it can be set is what INIT-10 is about.
        with counted_to("INIT-10.settable"):
            context.call(estimators[1], "set_params", random_state=seed_given)
    method = context.case if context.case in {"initialize", "partial_fit"} else "fit"
    if context.case == "copy":
        method = "partial_fit"
        _random_weights(context, estimators[0], "fit", 3)
        with context.preparing("copying a fitted estimator"):
            estimators[1] = copy.deepcopy(estimators[0])
    if context.case == "second-partial_fit":
        method = "partial_fit"
        for seed, estimator in enumerate(estimators, start=3):
            _random_weights(context, estimator, method, seed)
    first, second = (
        _random_weights(context, estimator, method, seed)
        for seed, estimator in enumerate(estimators, start=1)
    )
    words = "the same seed"
    if context.case.startswith("numpy-and-"):
        words = f"the seed 5 as {' and as '.join(type(state).__name__ for state in states)}"
    context.require(
        same_weights(first, second),
        f"two calls of {method} under {words} gave the weights {show(first[:1])} and "
        f"{show(second[:1])}",
    )


@check(
    "API-7.other-seed",
    verifies="another random_state, or none, gives other weights",
    impact="repetitions that should show the variance of the results are all identical",
    cases=["int", "RandomState", "None"],
    # What makes a seed of an integer and what makes one of a RandomState is one step of a wrapper.
    presupposes="API-7.same-seed",
)
def other_seed(context: CheckContext) -> None:
    states: tuple[Any, Any] = (None, None)
    if context.case == "int":
        states = SEEDS
    if context.case == "RandomState":
        states = (np.random.RandomState(SEEDS[0]), np.random.RandomState(SEEDS[1]))
    first, second = (
        _random_weights(context, _random_estimator(context, state), "fit", seed)
        for seed, state in enumerate(states, start=1)
    )
    context.require(
        not same_weights(first, second),
        f"random_state={_seed_of(context, 0)} and {_seed_of(context, 1)} gave the same weights",
    )


def _seed_of(context: CheckContext, position: int) -> str:
    """Return a seed as source, for a message."""
    number = SEEDS[position]
    return {"int": f"{number}", "RandomState": f"RandomState({number})"}.get(context.case, "None")

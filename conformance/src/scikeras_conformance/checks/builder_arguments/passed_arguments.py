"""BUILD-1 to BUILD-3 and BUILD-7 to BUILD-9: which arguments a builder receives."""

from functools import partial
from inspect import signature
from itertools import combinations
from typing import Any

from scikeras_conformance.catalog.check import ESTIMATORS, Wrapper, check
from scikeras_conformance.checks._support.fit_outcomes import stub_model
from scikeras_conformance.checks._support.helper_models import helper_builder, helper_loss
from scikeras_conformance.checks._support.modules import doubles, keras, np
from scikeras_conformance.checks._support.preparation import (
    accepted,
    call_if_it_works,
    own_parameters,
    require_it_works,
)
from scikeras_conformance.checks._support.recorded_training import counting_starts
from scikeras_conformance.checks._support.recording_builder import (
    NOT_GIVEN,
    fit_with_builder,
    recording_builder,
    require_keyword_refused,
    special_argument,
)
from scikeras_conformance.contract import Capability
from scikeras_conformance.exceptions import Blocked
from scikeras_conformance.runner.context import CheckContext, show

SPECIAL = ("meta", "compile_kwargs", "params")

NAMED = (
    *("optimizer", "loss", "metrics", "epochs", "batch_size", "callbacks", "class_weight"),
    *("verbose", "shuffle", "validation_split", "validation_batch_size", "run_eagerly"),
)
"""Parameters that the contract names; a wrapper that lacks one may take it for another place."""


@check(
    "BUILD-1.free-arguments",
    verifies="keyword arguments of the constructor reach the builder as the same objects",
    impact="the architecture that is built is not the one that is searched",
)
def free_arguments(context: CheckContext) -> None:
    given = {
        "units": 10,
        "layout": [1, {"a": 2}],
        "activation": keras.activations.relu,
        "layer": keras.layers.ReLU,
        "join": keras.layers.Flatten,  # of which no argument is needed
        "initializer": keras.initializers.HeNormal,
        "kind": type("Kind", (), {}),
        "regularizer": keras.regularizers.L2(0.5),
        "nothing": None,
        "flag": False,
        "zero": 0,
        # As a search over an array or a distribution sets them.
        "number": np.int64(3),
        "rate": np.float32(0.5),
        "text": "",
        "sizes": (),
        "names": [],
        # These start like a prefix but have one underscore only, so they are not routed.
        "model_size": 3,
        "fit_intercept": True,
        "loss_scale": 0.5,
    }
    require_it_works(context)
    build, calls = recording_builder(context, *given, "left_out")
    with context.doing("fit with keyword arguments for the builder"):
        _, received = fit_with_builder(context, build, calls, **given)
    absent = [name for name in given if name not in received]
    context.require(not absent, f"the builder did not receive {', '.join(absent)}")
    other = [name for name, value in given.items() if received[name] is not value]
    context.require(not other, f"the builder received other objects for {', '.join(other)}")
    context.require(
        received.get("left_out", NOT_GIVEN) == NOT_GIVEN,
        "an argument that was not given overrides the builder's default",
    )
    _require_names_of_keras(context)


def _require_names_of_keras(context: CheckContext) -> None:
    """Require arguments of the builder that are called like those of Keras's own methods.

    Of these names, the parameters that a wrapper has, or that the contract names, are not for the
    builder (BUILD-2), and others may be refused by the constructor (INIT-1).
    """
    methods = [getattr(keras.Model, name) for name in ("fit", "predict", "evaluate", "compile")]
    classes = (keras.optimizers.SGD, keras.losses.BinaryCrossentropy, keras.layers.Dense)
    own = {"self", "args", "kwargs", "x", "y", *SPECIAL, *NAMED, *own_parameters(context)}
    known = {name for one in (*methods, *classes) for name in signature(one).parameters}
    names = [name for name in sorted(known - own) if _can_be_given(context, name)]
    given = {name: 1001 + number for number, name in enumerate(names)}
    build, calls = recording_builder(context, *given)
    with context.doing("fit with arguments for the builder that are called like those of Keras"):
        _, received = fit_with_builder(context, build, calls, **given)
    wrong = [name for name, value in given.items() if received.get(name) != value]
    context.require(
        not wrong,
        f"the builder did not receive {', '.join(wrong)}, which Keras's methods have too",
    )


LAYOUT, OPTIONS, SIZES = [8, 4], {"depth": 2}, (2, 3)
"""Defaults of a builder, each of which is another object than one that is equal to it."""


def _can_be_given(context: CheckContext, name: str) -> bool:
    try:
        context.subject.construct(context.cls, helper_builder(context), **{name: 1})
    except Exception:
        return False
    return True


@check(
    "BUILD-1.equal-to-a-default",
    verifies="keyword arguments that are equal to the builder's defaults reach it as the same "
    "objects",
    impact="a builder that fills a list, or looks for an object, is given another one",
    wrappers=ESTIMATORS,
)
def equal_to_a_default(context: CheckContext) -> None:
    given: dict[str, Any] = {
        "layout": list(LAYOUT),
        "options": dict(OPTIONS),
        "sizes": (*SIZES,),
    }
    received: list[dict[str, Any]] = []

    def build(layout: Any = LAYOUT, options: Any = OPTIONS, sizes: Any = SIZES) -> Any:
        received.append({"layout": layout, "options": options, "sizes": sizes})
        return stub_model(context)

    X, y, *_ = doubles.dataset(context.wrapper)
    require_it_works(context)
    with context.doing("fit with arguments that are equal to the builder's defaults"):
        context.fit(context.make(build, **given), X, y)
    context.require(received, "the builder was not called")
    other = [name for name, value in given.items() if received[-1][name] is not value]
    context.require(
        not other, f"the builder received other objects than were given for {', '.join(other)}"
    )


@check(
    "BUILD-1.over-a-partial",
    verifies="keyword arguments of the constructor win over those of a functools.partial that is "
    "the builder",
    impact="every candidate of a search is built with the value that a partial already had",
    cases=["units", "model__units"],
    case_needs={"model__units": Capability.ROUTED_PARAMETERS},
    conditional=True,
)
def over_a_partial(context: CheckContext) -> None:
    X, y, *_ = doubles.dataset(context.wrapper)
    received: list[tuple[Any, Any]] = []

    def build(units: int = 1, depth: int = 1) -> Any:
        received.append((units, depth))
        return stub_model(context)

    context.fit(context.make(build, **{context.case: 7}), X, y)
    if received != [(7, 1)]:
        context.stop(f"fit with {context.case}=7", f"passed on {show(received)}")
    try:
        context.fit(context.make(partial(build, units=2, depth=3)), X, y)
    except Blocked as blocked:
        context.not_applicable(f"CLS-8 is about a partial as builder: {blocked}")
    with context.doing(f"fit with a partial as builder and {context.case}"):
        estimator = context.make(partial(build, units=2, depth=3), **{context.case: 7})
        context.fit(estimator, X, y)
    context.require(
        received[-1] == (7, 3),
        f"{context.case}=7 and a partial with units=2 and depth=3: the builder received "
        f"{show(received[-1])}",
    )


@check(
    "BUILD-2.named-parameters-stay",
    verifies="the wrapper's own parameters are not passed to the builder",
    impact="a builder's argument that is called epochs or loss is overwritten",
    cases=["same-names", "any-keyword"],
)
def named_parameters_stay(context: CheckContext) -> None:
    own = [name for name in own_parameters(context) if name not in SPECIAL]
    settings = accepted(
        context,
        optimizer="sgd",
        loss=helper_loss(context),
        metrics=["mse"],
        epochs=2,
        batch_size=8,
        random_state=1,
        verbose=0,
        shuffle=False,
        class_weight={0: 1.0, 1: 2.0},
    )
    # Names that a wrapper need not have, and would then rightly pass on, are not among these.
    names = own if context.case == "same-names" else []
    any_keyword = context.case == "any-keyword"
    compiled = not {"optimizer", "loss"} <= settings.keys()
    build, calls = recording_builder(context, *names, kwargs=any_keyword, compiled=compiled)
    _, received = fit_with_builder(context, build, calls, **settings)
    leaked = sorted(name for name in received if name in own)
    context.require(not leaked, f"the builder received {', '.join(leaked)}")


COMBINATIONS = {
    "+".join(names) or "none": names
    for size in range(len(SPECIAL) + 1)
    for names in combinations(SPECIAL, size)
}


@check(
    "BUILD-3.special-arguments",
    verifies="meta, compile_kwargs and params are passed if and only if the signature names them",
    impact="a builder without these arguments fails, or one with them never receives them",
    wrappers=ESTIMATORS,
    cases=COMBINATIONS,
)
def special_arguments(context: CheckContext) -> None:
    wanted = COMBINATIONS[context.case]
    require_it_works(context)
    build, calls = recording_builder(context, *wanted)
    with context.doing(f"fit with a builder that names {', '.join(wanted) or 'no arguments'}"):
        _, received = fit_with_builder(context, build, calls)
    context.require(
        sorted(received) == sorted(wanted),
        f"a builder that names {sorted(wanted)} received {sorted(received)}",
    )
    for name in wanted:
        special_argument(context, received, name)


@check(
    "BUILD-7.any-keyword",
    verifies="a builder with **kwargs also receives meta, compile_kwargs and params, and "
    "nothing else",
    impact="a decorated builder with the signature (*args, **kwargs) loses its arguments",
    presupposes="BUILD-3.special-arguments",
)
def any_keyword(context: CheckContext) -> None:
    build, calls = recording_builder(context, "units")
    fit_with_builder(context, build, calls, units=4)
    build, calls = recording_builder(context, "units", kwargs=True)
    with context.doing("fit with a builder that takes **kwargs"):
        _, received = fit_with_builder(context, build, calls, units=4)
    absent = [name for name in SPECIAL if name not in received]
    context.require(not absent, f"the builder did not receive {', '.join(absent)}")
    context.require(received.get("units") == 4, "the builder did not receive the argument 'units'")


UNACCEPTED = {
    "free": "units",
    "mistyped-prefix": "optimzer__learning_rate",
    "routed": "model__units",
    "free-none": "units",
    "routed-none": "model__units",
}


@check(
    "BUILD-8.unaccepted",
    verifies="a keyword that the builder does not accept raises a TypeError that names it",
    impact="a misspelled setting, such as one of an optimizer, is dropped and the default is used",
    cases=UNACCEPTED,
)
def unaccepted(context: CheckContext) -> None:
    name = UNACCEPTED[context.case]
    require_it_works(context)
    make, starts = counting_starts(lambda: stub_model(context))

    def build(depth: int = 1) -> Any:
        del depth
        return make()

    value = None if context.case.endswith("none") else 1
    require_keyword_refused(context, build, name, value)
    context.require(not starts, "the error was raised after training had started")


@check(
    "BUILD-9.called-once",
    verifies="the builder is called exactly once for each fit or initialize",
    impact="large models are built twice, and side effects of the builder happen twice",
    cases=["fit", "initialize"],
)
def called_once(context: CheckContext) -> None:
    X, y, *_ = doubles.dataset(context.wrapper)
    build, calls = recording_builder(context)
    estimator = context.make(build)
    context.call(estimator, context.case, X, y)
    context.require(len(calls) == 1, f"{context.case} called the builder {len(calls)} times")
    context.predict(estimator, X)
    context.require(len(calls) == 1, "predict called the builder")
    if hasattr(estimator, "predict_proba"):
        context.call(estimator, "predict_proba", X)
        context.require(len(calls) == 1, "predict_proba called the builder")
    if context.wrapper is not Wrapper.BASE and call_if_it_works(context, estimator, "score", X, y):
        context.require(len(calls) == 1, "score called the builder")

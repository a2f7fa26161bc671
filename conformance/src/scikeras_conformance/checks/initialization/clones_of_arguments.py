"""INIT-4 and INIT-5: arguments of the builder in clones, and parameters that were set later."""

from typing import Any

from scikeras_conformance.catalog.check import ESTIMATORS, check
from scikeras_conformance.checks._support.fit_outcomes import stub_model
from scikeras_conformance.checks._support.helper_models import uncompiled_helper
from scikeras_conformance.checks._support.modules import doubles, keras, np, sklearn_base
from scikeras_conformance.checks._support.predictions import same
from scikeras_conformance.checks._support.preparation import counted_to
from scikeras_conformance.checks._support.training import loss_name
from scikeras_conformance.contract import Capability
from scikeras_conformance.runner.context import CheckContext, show


@check(
    "INIT-5.clones-of-arguments",
    verifies="an optimizer or an estimator that is an argument of the builder is used by one clone "
    "and stays as it was in the other",
    impact="the second fold of a search goes on with the momentum, or the scale, of the first",
    wrappers=ESTIMATORS,
    cases=["optimizer", "routed-optimizer", "estimator"],
    case_needs={"routed-optimizer": Capability.ROUTED_PARAMETERS},
)
def clones_of_arguments(context: CheckContext) -> None:
    from sklearn.preprocessing import StandardScaler

    X, y, *_ = doubles.dataset(context.wrapper)
    name = "model__part" if context.case.startswith("routed") else "part"
    is_estimator = context.case == "estimator"
    given: Any = StandardScaler() if is_estimator else keras.optimizers.SGD(0.1, momentum=0.5)

    def build(part: Any = None) -> Any:
        if is_estimator:
            part.fit(X)
            return stub_model(context)
        model = uncompiled_helper(context, off=0.5)
        model.compile(part, loss=loss_name(context))
        return model

    estimator = context.make(build, **{name: given})
    with context.preparing("cloning"):
        first, second = sklearn_base.clone(estimator), sklearn_base.clone(estimator)
    context.fit(first, X, y)
    parts = [context.params(one).get(name) for one in (first, second)]
    if not all(isinstance(part, type(given)) for part in parts):
        context.stop("clone", f"left {name}={show(parts[1])}", follows="INIT-4.every-parameter")
    used = [bool(getattr(part, "n_features_in_" if is_estimator else "built", 0)) for part in parts]
    if not used[0]:
        return  # the builder gets a copy, so nothing is shared
    context.require(
        not used[1], f"fitting one of two clones changed {name} of the other, {show(parts[1])}"
    )


VALUES: dict[str, Any] = {
    "fit__epochs": 2,
    "predict__batch_size": 5,
    "model__units": [1, 2],
    "optimizer__learning_rate": 0.125,
    "score__sample_weight": None,
}


@check(
    "INIT-4.set-first",
    verifies="a clone has a routed parameter that was set, and not given to the constructor",
    impact="a search clones what it has set, and tries the same settings again and again",
    cases=list(VALUES),
    needs=[Capability.ROUTED_PARAMETERS],
    presupposes="INIT-10.settable",
)
def set_first(context: CheckContext) -> None:
    X, y, *_ = doubles.dataset(context.wrapper)

    def build(units: Any = None) -> Any:
        del units
        return stub_model(context)

    name, value = context.case, VALUES[context.case]
    for fitted in (False, True):
        estimator = context.make(build)
        if fitted:
            context.fit(estimator, X, y)
        # That it can be set is what INIT-10 is about.
        with counted_to("INIT-10.settable"):
            context.call(estimator, "set_params", **{name: value})
        if name not in context.params(estimator):
            context.stop(f"set_params({name})", "did not set it", follows="INIT-10.settable")
        copied = estimator
        for words in ("the clone", "the clone of the clone"):
            with context.doing("clone of an estimator on which a parameter was set"):
                copied = sklearn_base.clone(copied)
            params = context.params(copied)
            context.require(name in params, f"{words} lacks {name}, which was set later")
            right = same(params[name], value) or np.array_equal(params[name], value)
            context.require(right, f"{words} has {name}={show(params[name])}, not {show(value)}")

"""INIT-10: ``get_params`` and ``set_params``."""

from typing import Any

from scikeras_conformance.catalog.check import check
from scikeras_conformance.checks._support.helper_models import (
    compiled_helper,
    helper_builder,
    helper_loss,
    uncompiled_helper,
)
from scikeras_conformance.checks._support.modules import doubles, np, sklearn_base
from scikeras_conformance.checks._support.predictions import same
from scikeras_conformance.checks._support.preparation import accepted, require_free_parameters
from scikeras_conformance.checks._support.stored_parameters import PREFIXES, require_stored
from scikeras_conformance.contract import Capability, Level
from scikeras_conformance.runner.context import CheckContext, show


@check(
    "INIT-10.round-trip",
    verifies="set_params(**get_params()) changes nothing",
    impact="copying settings from one estimator to another loses or converts some of them",
)
def round_trip(context: CheckContext) -> None:
    given = accepted(context, optimizer__learning_rate=np.float32(0.5))
    estimator = context.make(helper_builder(context), units=[1], **given)
    before = context.params(estimator)
    returned = context.observe.call(estimator, "set_params", **before)
    context.require(returned is estimator, f"set_params returned {show(returned)}")
    after = context.params(estimator)
    context.require(before.keys() == after.keys(), "get_params() lists other parameters afterwards")
    changed = [name for name in before if before[name] is not after[name]]
    context.require(
        not changed, f"get_params() returns other objects for {', '.join(changed)} afterwards"
    )


@check(
    "INIT-10.settable",
    verifies="every parameter that get_params lists can be set, and so can routed parameters "
    "that were not given",
    impact="a search over such a parameter fails at the first candidate",
)
def settable(context: CheckContext) -> None:
    given = accepted(context, fit__shuffle=True)

    def fresh() -> Any:
        return context.make(helper_builder(context), units=1, **given)

    names = list(context.params(fresh()))
    if "routed-parameters" not in context.subject.not_offered:
        names += [*(f"{prefix}__x" for prefix in PREFIXES), "loss__1__x", "callbacks__0__x"]
    for name in names:
        estimator, value = fresh(), object()
        with context.doing(f"set_params({name}=...)"):
            estimator.set_params(**{name: value})
        require_stored(context, estimator, {name: value})
    _require_nested_settable(context)


def _require_nested_settable(context: CheckContext) -> None:
    """Require that a parameter of an estimator among the parameters can be set, if it is listed."""
    from sklearn.preprocessing import StandardScaler

    estimator = context.make(helper_builder(context), scaler=StandardScaler())
    if "scaler__with_mean" not in context.call(estimator, "get_params"):
        return  # INIT-10.nested is about whether it should be
    with context.doing("set_params(scaler__with_mean=False)"):
        estimator.set_params(scaler__with_mean=False)
    listed = context.call(estimator, "get_params").get("scaler__with_mean")
    used = context.params(estimator)["scaler"].with_mean
    context.require(
        listed is used is False,
        f"after set_params(scaler__with_mean=False), get_params() lists {show(listed)} for it, and "
        f"the scaler has {show(used)}",
    )


@check(
    "INIT-10.set-before-fit",
    verifies="the next fit uses what set_params has set",
    impact="every candidate of a search is the same model",
    cases=["before-fit", "between-fits"],
)
def set_before_fit(context: CheckContext) -> None:
    X, y, *_ = doubles.dataset(context.wrapper)
    seen: list[int] = []
    settings = accepted(context, optimizer="sgd", loss=helper_loss(context))
    later = accepted(context, optimizer__learning_rate=0.125, fit__epochs=2)
    compiles = len(settings) == 2

    def build(units: int) -> Any:
        seen.append(units)
        return uncompiled_helper(context) if compiles else compiled_helper(context)

    require_free_parameters(context)
    estimator = context.make(build, units=1, **settings)
    if context.case == "between-fits":
        context.fit(estimator, X, y)
    context.call(estimator, "set_params", units=5, **later)
    context.fit(estimator, X, y)
    context.require(seen[-1:] == [5], f"the builder should receive 5; it received {seen}")
    if compiles and "optimizer__learning_rate" in later:
        with context.preparing("reading the learning rate of model_"):
            rate = float(context.model(estimator).optimizer.learning_rate)
        context.require(rate == 0.125, f"the learning rate should be 0.125; it is {rate}")
    if "fit__epochs" in later:
        for call in context.recording_model(estimator).log.fits:
            epochs = call.get("epochs")
            context.require(
                same(epochs, 2), f"Model.fit should receive epochs=2; it received {show(epochs)}"
            )


@check(
    "INIT-10.unknown",
    verifies="set_params raises a ValueError that names an unknown parameter",
    impact="a misspelled parameter in a grid is silently ignored, and all candidates are equal",
    cases=["plain", "prefix", "other-case", "method", "attribute"],
)
def unknown(context: CheckContext) -> None:
    name = {
        "plain": "batchsize",
        "prefix": "optimzer__learning_rate",
        "other-case": "Model",
        # There is an attribute of that name, but it is not a parameter.
        "method": "predict",
        "attribute": "prefixes_",
    }[context.case]
    estimator = context.make(helper_builder(context))
    with context.refusing(f"set_params({name}=1)", ValueError, naming=name.partition("__")[0]):
        estimator.set_params(**{name: 1})
    context.require(
        name not in context.params(estimator), f"{name} was stored in spite of the error"
    )


@check(
    "INIT-10.nested",
    verifies="parameters of a nested estimator are listed and can be set, and an unknown one "
    "raises an error without changing anything",
    impact="a search over a scaler that is given to the builder fails, or tunes nothing",
    level=Level.SHOULD,
)
def nested(context: CheckContext) -> None:
    from sklearn.preprocessing import StandardScaler

    require_free_parameters(context)
    inner, other = StandardScaler(), StandardScaler()
    estimator = context.make(helper_builder(context), scaler=inner)

    def require_listed(value: Any) -> None:
        listed = context.call(estimator, "get_params")
        context.require(
            "scaler__with_mean" in listed and listed["scaler__with_mean"] is value,
            f"get_params() should list scaler__with_mean={value}; it lists "
            f"{show(listed.get('scaler__with_mean', 'no such parameter'))}",
        )

    require_listed(True)
    flat = context.params(estimator)
    context.require(
        "scaler__with_mean" not in flat, "get_params(deep=False) lists nested parameters"
    )
    context.observe.call(estimator, "set_params", scaler__with_mean=False)
    require_listed(False)
    context.observe.call(estimator, "set_params", scaler=other, scaler__with_mean=False)
    require_listed(False)
    require_stored(context, estimator, {"scaler": other})
    context.require(other.with_mean is False, "scaler__with_mean was set on another object")
    with context.refusing("set_params(scaler__mean=1)", ValueError, naming="mean"):
        estimator.set_params(scaler__mean=1)
    with context.refusing("set_params(units__mean=1)", ValueError, naming="units"):
        estimator.set_params(units__mean=1)
    require_listed(False)
    with context.doing("cloning"):
        copy = sklearn_base.clone(estimator)
    context.require(
        context.params(copy).keys() == flat.keys(),
        "a clone has different parameters than the original",
    )


@check(
    "INIT-10.closed-subclass",
    verifies="a routed parameter can be set on a subclass whose constructor does not take it, "
    "and is then listed and cloned",
    impact="a search over the learning rate of an estimator class trains identical candidates",
    also=["CLS-6", "INIT-4"],
    level=Level.SHOULD,
    needs=[Capability.COMPILATION_PARAMETERS, Capability.ROUTED_PARAMETERS],
)
def closed_subclass(context: CheckContext) -> None:
    loss = helper_loss(context)

    class Closed(context.cls):  # type: ignore[name-defined, misc]
        def __init__(self, hidden: int = 3) -> None:
            super().__init__(optimizer="sgd", loss=loss)
            self.hidden = hidden

        def _keras_build_fn(self) -> Any:
            return uncompiled_helper(context)

    # Not as an adapter would construct it: the signature is that of the subclass.
    with context.preparing("constructing an instance of a subclass with parameters of its own"):
        estimator = Closed(hidden=4)
    context.observe.call(estimator, "set_params", optimizer__learning_rate=0.125)
    with context.doing("cloning an instance of a subclass"):
        copy = sklearn_base.clone(estimator)
    X, y, *_ = doubles.dataset(context.wrapper)
    for one, what in ((estimator, "the estimator"), (copy, "its clone")):
        listed = context.params(one).get("optimizer__learning_rate", "nothing of the kind")
        context.require(same(listed, 0.125), f"get_params() of {what} lists {show(listed)}")
        context.fit(one, X, y)
        with context.preparing("reading the learning rate of model_"):
            rate = float(context.model(one).optimizer.learning_rate)
        context.require(rate == 0.125, f"the learning rate of {what} should be 0.125; it is {rate}")

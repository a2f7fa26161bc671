"""INIT-10: ``set_params`` replaces a value by exactly what it is given."""

from typing import Any

from scikeras_conformance.catalog.check import check
from scikeras_conformance.checks._support.helper_models import helper_builder
from scikeras_conformance.checks._support.modules import doubles, keras, np
from scikeras_conformance.checks._support.predictions import predictions_of, same
from scikeras_conformance.checks._support.preparation import accepted, require_free_parameters
from scikeras_conformance.checks._support.stored_parameters import PREFIXES
from scikeras_conformance.contract import Capability
from scikeras_conformance.exceptions import Blocked
from scikeras_conformance.runner.context import CheckContext, show


def _values() -> dict[str, Any]:
    """Return values of which some are equal, by words for them."""
    return {
        "1": 1,
        "True": True,
        "1.0": 1.0,
        "NumPy's 1": np.int64(1),
        "None": None,
        "a list": [1, 2],
        "an equal list": [1, 2],
        "a dict": {"a": 1, "b": 2},
        "another dict": {"b": 3},
        "an empty dict": {},
        "an array": np.arange(3.0),
        "an equal array": np.arange(3.0),
        "a string": "a",
        "a class": keras.optimizers.SGD,
        "an instance": keras.optimizers.SGD(0.5),
        "an object without equality": doubles.StorableOnly(),
    }


NAMED = ("epochs", "batch_size", "optimizer", "loss", "metrics", "callbacks", "class_weight")


@check(
    "INIT-10.replaced",
    verifies="set_params replaces any value by the object that it is given, also by an equal one, "
    "by None and by another dict, and leaves all other parameters as they are",
    impact="a search goes on with the value before, or with a mixture of both, or loses what the "
    "constructor was given",
    cases=["free", "named", "routed"],
    case_needs={"routed": Capability.ROUTED_PARAMETERS},
    presupposes="INIT-10.settable",
)
def replaced(context: CheckContext) -> None:
    build, names = helper_builder(context), ["units"]
    if context.case == "free":
        require_free_parameters(context)
        estimator = context.make(build, units=0)
    else:
        estimator = context.make(build)
        known = context.params(estimator)
        names = [name for name in NAMED if name in known]
        if context.case == "routed":
            names = ["fit__x", "model__x", "optimizer__x", "score__x"]
    # No value of the one stands in the other, only equal ones.
    olds, news = _values(), _values()
    for name in names:
        for old, before in olds.items():
            for new, value in news.items():
                what = f"set_params({name}=...) from {old} to {new}"
                with context.doing(what):
                    estimator.set_params(**{name: before})
                    estimator.set_params(**{name: value})
                found = context.params(estimator).get(name, "nothing")
                context.require(found is value, f"{what}: get_params() has {show(found)}")
        _require_others_kept(context, name)


def _require_others_kept(context: CheckContext, name: str) -> None:
    """Require that all other parameters stay, also those for an object that is replaced."""
    routed = {f"{prefix}__y": [prefix] for prefix in PREFIXES}
    given = accepted(
        context,
        optimizer=keras.optimizers.SGD,
        loss=keras.losses.MeanSquaredError,
        metrics=[keras.metrics.MeanSquaredError],
        callbacks=keras.callbacks.EarlyStopping,
        epochs=3,
        batch_size=5,
        validation_split=0.25,
        **routed,
    )
    if context.case == "free":
        given |= {"units": 0, "width": [1]}
    estimator = context.make(helper_builder(context), **given)
    params = context.params(estimator)
    kept = {key: params[key] for key in given if key in params and key != name}
    for words, value in _values().items():
        what = f"set_params({name}=...) to {words}"
        try:
            context.call(estimator, "set_params", **{name: value})
        except Blocked:
            continue  # beside what is routed to a class, other values may be refused (ROUTE-12)
        params = context.params(estimator)
        lost = [key for key in kept if key not in params]
        context.require(not lost, f"{what}: get_params() has no {', '.join(lost)} anymore")
        changed = [key for key, other in kept.items() if not same(params[key], other)]
        context.require(not changed, f"{what} changed {', '.join(changed)}")


@check(
    "INIT-10.any-order",
    verifies="a class and what is routed to it can be set in one call, in any order",
    impact="a search fails or succeeds by the order of the names in a grid",
    needs=[Capability.COMPILATION_PARAMETERS, Capability.ROUTED_PARAMETERS],
    presupposes="INIT-10.settable",
)
def any_order(context: CheckContext) -> None:
    classes: dict[str, tuple[Any, Any]] = {
        "optimizer": (keras.optimizers.SGD(0.5), keras.optimizers.Adam),
        "loss": (keras.losses.MeanSquaredError(), keras.losses.MeanAbsoluteError),
        "metrics": ([keras.metrics.MeanSquaredError()], [keras.metrics.MeanAbsoluteError]),
        "callbacks": (keras.callbacks.TerminateOnNaN(), keras.callbacks.EarlyStopping),
    }
    for name, (instance, cls) in classes.items():
        for old in (None, instance):
            if not accepted(context, **{name: old}):
                continue
            given = {f"{name}__x": 1001, name: cls}
            for order in (given, dict(reversed(given.items()))):
                estimator = context.make(helper_builder(context), **{name: old})
                what = f"set_params({', '.join(order)}) where {name} was {show(old)}"
                with context.doing(what):
                    estimator.set_params(**order)
                params = context.params(estimator)
                wrong = [key for key, value in given.items() if params.get(key) is not value]
                context.require(not wrong, f"{what} did not set {', '.join(wrong)}")


@check(
    "INIT-10.fitted",
    verifies="set_params leaves the model of a fitted estimator as it is",
    impact="predictions fail, or change, because a parameter for the next fit was set",
)
def fitted(context: CheckContext) -> None:
    X, y, *_ = doubles.dataset(context.wrapper)
    estimator = context.make(helper_builder(context))
    context.fit(estimator, X, y)
    predicted, model = predictions_of(context, estimator, X), context.model(estimator)
    others = accepted(context, epochs=3, batch_size=5, optimizer="adam", fit__shuffle=False)
    for given in (context.params(estimator), others):
        context.call(estimator, "set_params", **given)
        with context.doing(f"predict after fit and set_params({', '.join(given)})"):
            found = np.asarray(estimator.predict(X))
        context.require(
            same(found, predicted),
            f"set_params({', '.join(given)}) changed the predictions",
        )
        context.require(
            context.model(estimator) is model,
            f"set_params({', '.join(given)}) replaced model_",
        )

"""API-9: ``validation_split`` and ``validation_data``."""

from collections.abc import Callable
from typing import Any

from scikeras_conformance.catalog.check import ESTIMATORS, check
from scikeras_conformance.checks._support.helper_models import compiled_helper, helper_target
from scikeras_conformance.checks._support.modules import doubles, np
from scikeras_conformance.checks._support.plain_use import plain_use, provided
from scikeras_conformance.checks._support.recorded_training import recorded_history
from scikeras_conformance.checks._support.training import (
    learner,
    same_weights,
    train,
)
from scikeras_conformance.contract import Capability
from scikeras_conformance.runner.context import CheckContext


def _unlearning(context: CheckContext) -> Callable[[], Any]:
    """Return a builder of a model that is wrong, and stays so."""

    def build() -> Any:
        return compiled_helper(context, off=0.5)

    return build


@check(
    "API-9.validation-split",
    verifies="validation_split holds out samples, and val_loss has an entry for each epoch",
    impact="early stopping on val_loss never stops, or uses the training data",
    wrappers=ESTIMATORS,
    cases=["named", "routed", "none"],
)
def validation_split(context: CheckContext) -> None:
    X, y, *_ = doubles.dataset(context.wrapper)
    settings: dict[str, Any] = {
        "named": {"validation_split": 0.5},
        "routed": {"fit__validation_split": 0.5},
        "none": {},
    }[context.case]
    build = learner(context)
    # A wrapper may hold out any three rows; the weights show that it held out some.
    X, y = X[:3], y[:3]
    with provided(plain_use(context, epochs=2)):
        estimator = context.observe.make(build, epochs=2, **settings)
        context.observe.fit(estimator, X, y)
    found = len(recorded_history(context, estimator).get("val_loss", []))
    count = 2 if settings else 0
    context.require(found == count, f"val_loss should have {count} entries; it has {found}")
    of_all = train(build(), X, helper_target(context, y), epochs=2).get_weights()
    on_all = same_weights(context.model(estimator).get_weights(), of_all)
    if settings:
        context.require(not on_all, "the samples held out were trained on")
    else:
        context.require(on_all, "without validation_split, not all samples were trained on")


@check(
    "API-9.validation-data",
    verifies="fit__validation_data is used to compute val_loss in each epoch",
    impact="val_loss is missing, or is computed on other data",
    cases=["routed", "keyword"],
)
def validation_data(context: CheckContext) -> None:
    X, y, *_ = doubles.dataset(context.wrapper)
    # Classes are numbers from zero here, so that the encoded target equals the given one.
    held_out = (X[:3] * 2, y[:3])
    routed = {"fit__validation_data": held_out} if context.case == "routed" else {}
    keywords = {} if routed else {"validation_data": held_out}
    with provided(plain_use(context, epochs=2)):
        estimator = context.observe.make(_unlearning(context), epochs=2, **routed)
        context.observe.call(estimator, "fit", X, y, **keywords)
    model = _unlearning(context)()
    expected = float(
        model.test_on_batch(held_out[0], helper_target(context, held_out[1]), return_dict=True)[
            "loss"
        ]
    )
    found = recorded_history(context, estimator).get("val_loss", [])
    context.require(
        len(found) == 2 and np.allclose(found, expected, rtol=1e-4),
        f"val_loss should be {expected} in each of 2 epochs; it is {found}",
    )


@check(
    "API-9.validation-weights",
    verifies="the third item of fit__validation_data weighs the validation rows, also with "
    "sample_weight, warm_start and partial_fit",
    impact="val_loss is that of other weights, or is missing where training goes on",
    cases=["fit", "fit-sample-weight", "warm-fit", "partial_fit", "partial_fit-sample-weight"],
    needs=[Capability.ROUTED_PARAMETERS],
)
def validation_weights(context: CheckContext) -> None:
    X, y, *_ = doubles.dataset(context.wrapper)
    held_out = (X[:3] * 2, y[:3], np.array([0.5, 2.0, 3.0]))
    params = {"warm_start": True} if context.case == "warm-fit" else {}
    method = "partial_fit" if context.case.startswith("partial_fit") else "fit"
    weights = np.linspace(0.5, 2.0, len(y))
    keywords = {"sample_weight": weights} if context.case.endswith("weight") else {}

    def without_validation() -> None:
        other = context.make(_unlearning(context), **params)
        for _ in range(2):
            context.call(other, method, X, y, **keywords)

    model = _unlearning(context)()
    expected = float(
        model.test_on_batch(
            held_out[0],
            helper_target(context, held_out[1]),
            sample_weight=held_out[2],
            return_dict=True,
        )["loss"]
    )
    with provided(without_validation):
        estimator = context.observe.make(
            _unlearning(context), fit__validation_data=held_out, **params
        )
        for what in ("first", "second"):
            context.observe.call(estimator, method, X, y, **keywords)
            found = recorded_history(context, estimator).get("val_loss", [])
            context.require(
                found and np.allclose(found[-1], expected, rtol=1e-4),
                f"val_loss of the {what} call of {method} should be {expected}; it is {found}",
            )


@check(
    "API-9.split-and-more",
    verifies="validation_split also works with sample_weight, warm_start and partial_fit",
    impact="fit raises an error, or val_loss is missing where training goes on",
    wrappers=ESTIMATORS,
    cases=["sample-weight", "warm-fit", "partial_fit"],
)
def split_and_more(context: CheckContext) -> None:
    X, y, *_ = doubles.dataset(context.wrapper)
    params = {"warm_start": True} if context.case == "warm-fit" else {}
    method = "partial_fit" if context.case == "partial_fit" else "fit"
    # Equal weights, whose mean is the loss whatever rows are held out.
    keywords = {"sample_weight": np.full(len(y), 2.0)} if "weight" in context.case else {}

    def without_validation() -> None:
        other = context.make(_unlearning(context), **params)
        for _ in range(2):
            context.call(other, method, X, y, **keywords)

    with provided(without_validation):
        estimator = context.observe.make(_unlearning(context), validation_split=0.25, **params)
        for what in ("first", "second"):
            context.observe.call(estimator, method, X, y, **keywords)
            history = recorded_history(context, estimator)
            context.require(
                history.get("val_loss")
                and len(history["val_loss"]) == len(history["loss"])
                and np.isfinite(history["val_loss"]).all(),
                f"after the {what} call of {method}, val_loss should have an entry for each "
                f"epoch: {history}",
            )

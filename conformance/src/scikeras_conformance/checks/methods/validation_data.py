"""API-9: ``validation_split`` and ``validation_data``."""

from typing import Any

from scikeras_conformance.catalog.check import ESTIMATORS, check
from scikeras_conformance.checks._support.modules import doubles, np
from scikeras_conformance.checks._support.training import (
    column,
    learner,
    read_history,
    same_weights,
    train,
)
from scikeras_conformance.runner.context import CheckContext


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
    estimator = context.make(build, epochs=2, **settings)
    context.fit(estimator, X, y)
    found = len(read_history(context, estimator).get("val_loss", []))
    count = 2 if settings else 0
    context.require(found == count, f"val_loss should have {count} entries; it has {found}")
    of_all = train(build(), X, column(y), epochs=2).get_weights()
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
    estimator = context.make(
        lambda: doubles.model_for(context.wrapper, off=0.5), epochs=2, **routed
    )
    keywords = {} if routed else {"validation_data": held_out}
    context.call(estimator, "fit", X, y, **keywords)
    model = doubles.model_for(context.wrapper, off=0.5)
    expected = float(
        model.test_on_batch(held_out[0], column(held_out[1]), return_dict=True)["loss"]
    )
    found = read_history(context, estimator).get("val_loss", [])
    context.require(
        len(found) == 2 and np.allclose(found, expected, rtol=1e-4),
        f"val_loss should be {expected} in each of 2 epochs; it is {found}",
    )

"""API-8: ``batch_size``, of which -1 stands for one batch of all rows."""

from scikeras_conformance.catalog.check import ESTIMATORS, check
from scikeras_conformance.checks._support.many_rows import ROWS, many_rows
from scikeras_conformance.checks._support.training import (
    learner,
    optimizer_steps,
    recorder,
)
from scikeras_conformance.runner.context import CheckContext

BATCHES: dict[str, tuple[str, dict[str, int], int]] = {
    "fit": ("fit", {"batch_size": -1}, 1),
    "partial_fit": ("partial_fit", {"batch_size": -1}, 1),
    "routed-fit": ("fit", {"fit__batch_size": -1}, 1),
    "predict": ("predict", {"batch_size": -1}, 1),
    "routed-predict": ("predict", {"predict__batch_size": -1}, 1),
    "fit-by-sixteen": ("fit", {"batch_size": 16}, 3),
    "predict-by-sixteen": ("predict", {"batch_size": 16}, 3),
}


@check(
    "API-8.all-rows",
    verifies="batch_size=-1 makes one batch of all rows in fit and predict, and other sizes "
    "are passed on",
    impact="full-batch training fails, or depends on the number of rows",
    wrappers=ESTIMATORS,
    cases=BATCHES,
)
def all_rows(context: CheckContext) -> None:
    X, y = many_rows(context)
    method, settings, batches = BATCHES[context.case]
    callback, record = recorder()
    estimator = context.make(learner(context), callbacks=callback, **settings)
    context.call(estimator, "fit" if method == "predict" else method, X, y)
    found = optimizer_steps(context, estimator)
    if method == "predict":
        context.predict(estimator, X)
        found = record.count("predict-batch")
    context.require(
        found == batches,
        f"{method} of {ROWS} rows with {settings} should make {batches} batches; it made {found}",
    )

"""API-8: ``batch_size``, of which -1 stands for one batch of all rows."""

from collections.abc import Callable
from typing import Any

from scikeras_conformance.catalog.check import ESTIMATORS, check
from scikeras_conformance.checks._support.many_rows import ROWS, many_rows
from scikeras_conformance.checks._support.modules import np
from scikeras_conformance.checks._support.plain_use import plain_use, provided
from scikeras_conformance.checks._support.recorded_training import counting_batches
from scikeras_conformance.checks._support.training import learner
from scikeras_conformance.runner.context import CheckContext

BATCHES: dict[str, tuple[str, dict[str, Any], int]] = {
    "fit": ("fit", {"batch_size": -1}, 1),
    "partial_fit": ("partial_fit", {"batch_size": -1}, 1),
    "routed-fit": ("fit", {"fit__batch_size": -1}, 1),
    "predict": ("predict", {"batch_size": -1}, 1),
    "routed-predict": ("predict", {"predict__batch_size": -1}, 1),
    "fit-numpy": ("fit", {"batch_size": -1}, 1),
    "predict-numpy": ("predict", {"batch_size": -1}, 1),
    "fit-keyword": ("fit", {"batch_size": -1}, 1),
    "predict-keyword": ("predict", {"batch_size": -1}, 1),
    "fit-weighted": ("fit", {"batch_size": -1}, 1),
    "partial_fit-weighted": ("partial_fit", {"batch_size": -1}, 1),
    "fit-by-sixteen": ("fit", {"batch_size": 16}, 3),
    "predict-by-sixteen": ("predict", {"batch_size": 16}, 3),
}


@check(
    "API-8.all-rows",
    verifies="batch_size=-1 makes one batch of all rows in fit and predict, and other sizes do not",
    impact="full-batch training fails, or depends on the number of rows",
    wrappers=ESTIMATORS,
    cases=BATCHES,
)
def all_rows(context: CheckContext) -> None:
    X, y = many_rows(context)
    method, settings, batches = BATCHES[context.case]
    if context.case.endswith("-numpy"):
        settings = {name: np.int64(size) for name, size in settings.items()}
    predicts = method == "predict"
    calls = ("fit", "predict") if predicts else (method,)
    # Of a routed size, only the number is what this clause is about.
    plain = {name: 16 for name in settings if "__" in name}
    build, counted = counting_batches(learner(context))
    keyword: dict[str, Any] = {}
    if context.case.endswith("-keyword"):
        settings, keyword = {"batch_size": 16}, settings
    # Rows without weight are rows of the batch too.
    is_weighted = context.case.endswith("-weighted")
    weights = {"sample_weight": np.arange(ROWS) % 2} if is_weighted else {}
    works = plain_use(context, *calls, **plain)
    if keyword or weights:
        works = _works_with_a_size(context, *calls, **weights)
    with provided(works):
        estimator = context.observe.make(build, **settings)
        of_fit = weights if predicts else {**keyword, **weights}
        context.observe.call(estimator, "fit" if predicts else method, X, y, **of_fit)
        if predicts:
            context.observe.call(estimator, "predict", X, **keyword)
    settings = keyword or settings
    found = counted.predicted if predicts else counted.trained
    if not found:
        context.recording_model(estimator)  # batches of any other model cannot be counted
    if context.case == "predict-by-sixteen":
        # Some wrappers take a size for fit alone. This clause is about what all rows stand for.
        context.require(found > 1, f"predict of {ROWS} rows with {settings} made one batch")
        return
    context.require(
        found == batches,
        f"{method} of {ROWS} rows with {settings} should make {batches} batches; it made {found}",
    )


def _works_with_a_size(context: CheckContext, *methods: str, **weights: Any) -> Callable[[], None]:
    """Return a function that calls methods, the last one with an ordinary size and weights.

    Whether the method takes a size at all, API-11 is about.
    """

    def works() -> None:
        X, y = many_rows(context)
        estimator = context.make(learner(context))
        for method in methods:
            given = {"batch_size": 16, **weights} if method == methods[-1] else {}
            data = (X,) if method == "predict" else (X, y)
            context.call(estimator, method, *data, **given)

    return works

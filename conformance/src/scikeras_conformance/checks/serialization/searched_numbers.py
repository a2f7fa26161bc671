"""SER-3: numbers as searches set them."""

from typing import Any

from scikeras_conformance.catalog.check import ESTIMATORS, check
from scikeras_conformance.checks._support.modules import doubles, np
from scikeras_conformance.checks._support.plain_use import provided
from scikeras_conformance.checks._support.preparation import accepted
from scikeras_conformance.checks.serialization.searches_and_ensembles import (
    stub_estimator,
    works_alone,
)
from scikeras_conformance.contract import Capability
from scikeras_conformance.runner.context import CheckContext, show


@check(
    "SER-3.numbers-of-numpy",
    verifies="a search over numbers or flags of NumPy works as one over Python's",
    impact="np.arange and the distributions of SciPy draw such numbers, and the search fails, or "
    "compares a model with itself",
    wrappers=ESTIMATORS,
    cases=["epochs", "batch_size", "shuffle", "fit__shuffle", "validation_split"],
    case_needs={"fit__shuffle": Capability.ROUTED_PARAMETERS},
    conditional=True,
)
def numbers_of_numpy(context: CheckContext) -> None:
    from sklearn.model_selection import GridSearchCV

    name = context.case
    values = _values(name)
    if not accepted(context, **{name: values[0].item()}):
        context.not_applicable(f"the wrapper has no parameter {name}")
    X, y, *_ = doubles.data_predicted_by_oracles(context.wrapper)

    def plain() -> None:
        context.fit(stub_estimator(context, **{name: values[0].item()}), X, y)

    search = GridSearchCV(stub_estimator(context), {name: values}, cv=2, error_score="raise")
    what = f"GridSearchCV.fit over {name}={values!r}"
    with provided(works_alone(context, "score")), provided(plain), context.doing(what):
        search.fit(X, y)
    with context.doing("reading the results of the search"):
        best, estimator = search.best_params_[name].item(), search.best_estimator_
    found = _used(name, context.recording_model(estimator).log.fits)
    if name in {"epochs", "batch_size"}:
        expected = {best}
    else:
        # Which rows are held out, and who shuffles them, is left to the wrapper.
        alone = stub_estimator(context, **{name: best})
        context.fit(alone, X, y)
        expected = _used(name, context.recording_model(alone).log.fits)
    context.require(
        found == expected,
        f"with {name}={best} as the best value, the refit had {show(sorted(found, key=str))}, not "
        f"{show(sorted(expected, key=str))}",
    )


def _values(name: str) -> Any:
    """Return two values of a parameter as an array; a search prefers the first, if both score."""
    if "shuffle" in name:
        return np.array([False, True])
    return np.array([0.25, 0.5], np.float32) if name == "validation_split" else np.arange(2, 4)


def _used(name: str, fits: list[dict[str, Any]]) -> set[Any]:
    """Return what Keras used for a parameter: the epochs of all calls, or values of each call."""
    if name == "epochs":
        return {sum(fit.get("epochs", 1) - (fit.get("initial_epoch") or 0) for fit in fits)}
    if "shuffle" in name:
        return {bool(fit.get("shuffle", True)) for fit in fits}
    if name == "validation_split":
        # Whether Keras holds rows out, or the wrapper has done so.
        return {(float(fit.get(name) or 0), getattr(fit.get("x"), "shape", ())) for fit in fits}
    return {fit.get(name) for fit in fits}

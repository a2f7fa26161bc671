"""SER-3: numbers as searches set them."""

from scikeras_conformance.catalog.check import ESTIMATORS, check
from scikeras_conformance.checks._support.modules import doubles, np
from scikeras_conformance.checks._support.plain_use import provided
from scikeras_conformance.checks._support.preparation import accepted
from scikeras_conformance.checks.serialization.searches_and_ensembles import (
    stub_estimator,
    works_alone,
)
from scikeras_conformance.runner.context import CheckContext, show


@check(
    "SER-3.numbers-of-numpy",
    verifies="a search over numbers of NumPy works as one over Python's",
    impact="np.arange and the distributions of SciPy draw such numbers, and the search fails",
    wrappers=ESTIMATORS,
    cases=["epochs", "batch_size"],
    conditional=True,
)
def numbers_of_numpy(context: CheckContext) -> None:
    from sklearn.model_selection import GridSearchCV

    name = context.case
    if not accepted(context, **{name: 1}):
        context.not_applicable(f"the wrapper has no parameter {name}")
    X, y, *_ = doubles.data_predicted_by_oracles(context.wrapper)

    def plain() -> None:
        context.fit(stub_estimator(context, **{name: 2}), X, y)

    search = GridSearchCV(
        stub_estimator(context), {name: np.arange(2, 4)}, cv=2, error_score="raise"
    )
    what = f"GridSearchCV.fit over {name}=np.arange(2, 4)"
    with provided(works_alone(context, "score")), provided(plain), context.doing(what):
        search.fit(X, y)
    with context.doing("reading the results of the search"):
        best, estimator = int(search.best_params_[name]), search.best_estimator_
    fits = context.recording_model(estimator).log.fits
    if name == "epochs":
        found = {sum(fit.get("epochs", 1) - (fit.get("initial_epoch") or 0) for fit in fits)}
    else:
        found = {fit.get(name) for fit in fits}
    context.require(
        found == {best},
        f"with {name}={best} as the best value, the refit had {show(sorted(found, key=str))}",
    )

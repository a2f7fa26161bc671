"""SER-3: searches and ensembles in parallel jobs."""

from typing import Any

from scikeras_conformance.catalog.check import ESTIMATORS, Shares, check
from scikeras_conformance.checks._support.helper_models import importable_builder
from scikeras_conformance.checks._support.modules import doubles
from scikeras_conformance.checks._support.plain_use import provided
from scikeras_conformance.checks._support.quick_starts import start_joblib_quickly
from scikeras_conformance.checks.serialization.searches_and_ensembles import (
    candidates_of,
    require_ensemble,
    require_expected,
    require_search,
    works_alone,
)
from scikeras_conformance.runner.context import CheckContext


@check(
    "SER-3.parallel",
    verifies="a search and a voting ensemble give the same results with two worker processes",
    impact="n_jobs=2 fails, and a search can use one core only",
    wrappers=ESTIMATORS,
    cases=["search", "search-of-models", "search-in-a-script", "voting"],
    presupposes="CLS-5.estimator-type",
    shares=Shares.PROCESSES,
)
def parallel(context: CheckContext) -> None:
    from sklearn.ensemble import VotingClassifier, VotingRegressor
    from sklearn.model_selection import GridSearchCV

    start_joblib_quickly()
    X, y, *_ = doubles.data_predicted_by_oracles(context.wrapper)
    if context.case == "search-in-a-script":
        _require_search_of_a_script(context, X, y)
        return
    if context.case.startswith("search"):
        of_models = context.case == "search-of-models"
        # No model is sent to or from a process, so it need not be one of Keras's own classes.
        estimator, candidates = candidates_of(
            context, of_models, doubles.STUBS, doubles.WRONG_STUBS
        )
        name, expected, wrong = candidates
        grid = {name: [wrong, expected]}
        search = GridSearchCV(estimator, grid, cv=2, n_jobs=2, error_score="raise")
        what = "GridSearchCV(n_jobs=2)"
        with provided(works_alone(context, "score")), context.doing(f"{what}.fit"):
            search.fit(X, y)
        require_search(context, search, candidates, (X, y), what)
        return
    estimator = context.make(importable_builder(context, doubles.ORACLES))
    cls = VotingClassifier if context.is_classifier else VotingRegressor
    ensemble = cls([("one", estimator), ("other", estimator)], n_jobs=2)
    require_ensemble(context, ensemble, f"{cls.__name__}(n_jobs=2)", parts=2)


def _require_search_of_a_script(context: CheckContext, X: Any, y: Any) -> None:
    """Require a search whose builder no process can import, as in a script or a notebook.

    joblib sends such functions by value.
    """
    from sklearn.model_selection import GridSearchCV

    build = importable_builder(context, doubles.STUBS)
    estimator = context.make(lambda: build())  # noqa: PLW0108 - a function that has no module
    what = "GridSearchCV(n_jobs=2) with a builder that cannot be imported"

    def search(n_jobs: int) -> Any:
        made = GridSearchCV(estimator, {}, cv=2, n_jobs=n_jobs, error_score="raise")
        return made.fit(X, y)

    def works_in_this_process() -> None:
        with context.preparing("GridSearchCV.fit with the same builder, without n_jobs"):
            search(1)

    with provided(works_in_this_process), context.doing(f"{what}.fit"):
        found = search(2)
    require_expected(context, context.observe.predict(found, X), y, f"{what}.predict")

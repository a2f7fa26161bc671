"""The number of epochs as a result of cross-validation."""

from typing import Any

import numpy as np
from sklearn.base import clone
from sklearn.metrics import check_scoring
from sklearn.pipeline import Pipeline

from scikeras_reference._training.best_epoch import (
    BEST_EPOCH,
    best_epoch,
    best_epochs_of_folds,
)
from scikeras_reference.exceptions import ParameterError

__all__ = ["BestEpochScorer", "best_epoch", "refit_with_best_epochs"]


class BestEpochScorer:
    """A scorer that reports the best epoch of each fold beside its score.

    Parameters
    ----------
    scoring : str, callable or None, default=None
        The score; by default that of the estimator.
    monitor : str, default=None
        The logged quantity that tells which epoch was best; see `best_epoch`.
    mode : {"min", "max"}, default="min"
        Whether lower or higher is better.

    Notes
    -----
    For searches and for ``cross_validate``. Searches need ``refit="score"`` or ``refit=False``, as
    they do for several scores. Folds have to validate while they train, with
    ``validation_split``; without validation the last epoch is usually the best.
    """

    def __init__(self, scoring: Any = None, monitor: str | None = None, mode: str = "min") -> None:
        self.scoring = scoring
        self.monitor = monitor
        self.mode = mode

    def __call__(self, estimator: Any, X: Any, y: Any = None) -> dict[str, float]:
        """Return ``{"score": ..., "best_epoch": ...}``."""
        fitted = estimator[-1] if isinstance(estimator, Pipeline) else estimator
        if not hasattr(fitted, "history_"):
            raise ParameterError(
                f"{type(fitted).__name__} has no history_. BestEpochScorer is for the wrappers, and"
                " for pipelines that end in one."
            )
        return {
            "score": check_scoring(estimator, self.scoring)(estimator, X, y),
            BEST_EPOCH: best_epoch(fitted.history_, self.monitor, self.mode),
        }


def refit_with_best_epochs(search: Any, X: Any, y: Any = None, **fit_params: Any) -> Any:
    """Return the best estimator of a search, fitted to all rows for as long as its folds needed.

    The number of epochs is the median of the best epochs of the folds, rounded. There is no
    validation, so that all rows are trained on.

    Parameters
    ----------
    search : GridSearchCV, RandomizedSearchCV, ...
        Fitted with ``scoring=BestEpochScorer(...)``.
    X, y : array-like
        What the search was fitted to.
    **fit_params : object
        Arguments of ``fit``.

    Returns
    -------
    estimator
        A new one, fitted. For a pipeline, the parameters of its last step are set.

    Raises
    ------
    ParameterError
        A ``ValueError``, if the search has no best epochs.
    """
    results = getattr(search, "cv_results_", {})
    best = getattr(search, "best_index_", None)
    if best is None and "rank_test_score" in results:  # refit=False with several scores
        best = int(np.argmin(results["rank_test_score"]))
    per_fold = [] if best is None else best_epochs_of_folds(results, best)
    if not per_fold:
        raise ParameterError(
            "The search has no best epochs. Fit it with scoring=BestEpochScorer(), and with"
            " refit='score' or refit=False."
        )
    epochs = round(float(np.median(per_fold)))
    estimator = clone(search.estimator).set_params(**clone(results["params"][best], safe=False))
    prefix = f"{estimator.steps[-1][0]}__" if isinstance(estimator, Pipeline) else ""
    changes = {"epochs": epochs, "validation_split": 0.0}
    known = estimator.get_params()
    for name, value in changes.items():
        routed = f"{prefix}fit__{name}"  # wins over the plain parameter
        estimator.set_params(**{routed if routed in known else f"{prefix}{name}": value})
    return estimator.fit(X, y, **fit_params)

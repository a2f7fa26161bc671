"""Plots of what a fit logged, in the manner of scikit-learn's displays."""

import warnings
from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np
from sklearn.pipeline import Pipeline

from scikeras_reference._training.best_epoch import best_epochs_of_folds
from scikeras_reference.exceptions import ParameterError, WrapperWarning

__all__ = ["HistoryDisplay"]


class HistoryDisplay:
    """Curves of a logged quantity over the epochs, with its validation.

    Make one with `from_estimator`, `from_search` or `from_cross_validation`, which plot it at once.

    Parameters
    ----------
    histories : mapping of str to mapping of str to sequence of float
        What ``history_`` of each estimator holds, by the label of its curves.
    metric : str, default="loss"
        The quantity; what is logged as ``val_`` of it is plotted dashed.
    best_epochs : sequence of int, default=()
        Epochs to mark, such as the best ones of folds.

    Attributes
    ----------
    ax_ : matplotlib.axes.Axes
        What the curves are in.
    figure_ : matplotlib.figure.Figure
        The figure of ``ax_``.
    lines_ : list of matplotlib.lines.Line2D
        One for each curve.

    Examples
    --------
    >>> display = HistoryDisplay({"a": {"loss": [2.0, 1.0]}})
    >>> display.metric, list(display.histories)
    ('loss', ['a'])
    """

    ax_: Any
    figure_: Any
    lines_: list[Any]

    def __init__(
        self,
        histories: Mapping[str, Mapping[str, Sequence[float]]],
        *,
        metric: str = "loss",
        best_epochs: Sequence[int] = (),
    ) -> None:
        for label, history in histories.items():
            if metric not in history:
                raise ParameterError(
                    f"metric is {metric!r}, and the history{label and f' of {label}'} has no such"
                    f" quantity. It has {', '.join(history) or 'no epoch'}."
                )
        self.histories = histories
        self.metric = metric
        self.best_epochs = best_epochs

    @classmethod
    def from_estimator(
        cls, estimator: Any, *, metric: str = "loss", label: str = "", ax: Any = None, **kwargs: Any
    ) -> Self:
        """Plot the history of a fitted estimator.

        Parameters
        ----------
        estimator : estimator or Pipeline
            A fitted wrapper, or a pipeline that ends in one.
        metric : str, default="loss"
            The quantity, by its full name.
        label : str, default=""
            Label of the curves.
        ax : matplotlib.axes.Axes, default=None
            Where to plot; by default in a new figure.
        **kwargs : object
            Arguments of ``Axes.plot``.

        Returns
        -------
        HistoryDisplay
            Plotted.

        Raises
        ------
        ParameterError
            A ``ValueError``, if there is no such history.
        ImportError
            Without matplotlib.
        """
        return cls({label: _history(estimator)}, metric=metric).plot(ax=ax, **kwargs)

    @classmethod
    def from_search(
        cls, search: Any, *, metric: str = "loss", ax: Any = None, **kwargs: Any
    ) -> Self:
        """Plot the history of the best estimator of a search.

        The best epochs of its folds are marked, if the search was fitted with `BestEpochScorer`.

        Parameters
        ----------
        search : GridSearchCV, RandomizedSearchCV, ...
            Fitted, with ``refit``.
        metric, ax, **kwargs
            As for `from_estimator`.

        Returns
        -------
        HistoryDisplay
            Plotted.

        Raises
        ------
        ParameterError
            A ``ValueError``, for a search without ``refit``: it keeps no estimator.
        ImportError
            Without matplotlib.
        """
        if not hasattr(search, "best_estimator_"):
            raise ParameterError(
                f"This {type(search).__name__} keeps no estimator, so there is no history. Fit it,"
                " with refit=True; or plot the folds: cross_validate(..., return_estimator=True)"
                " and HistoryDisplay.from_cross_validation."
            )
        marked = best_epochs_of_folds(search.cv_results_, search.best_index_)
        history = _history(search.best_estimator_)
        return cls({"": history}, metric=metric, best_epochs=marked).plot(ax=ax, **kwargs)

    @classmethod
    def from_cross_validation(
        cls, results: Mapping[str, Any], *, metric: str = "loss", ax: Any = None, **kwargs: Any
    ) -> Self:
        """Plot the histories of all folds.

        Parameters
        ----------
        results : mapping of str to object
            What ``cross_validate(..., return_estimator=True)`` returns.
        metric, ax, **kwargs
            As for `from_estimator`.

        Returns
        -------
        HistoryDisplay
            Plotted.

        Raises
        ------
        ParameterError
            A ``ValueError``, for results without estimators.
        ImportError
            Without matplotlib.
        """
        if "estimator" not in results:
            raise ParameterError(
                "The results have no estimators. Call cross_validate with return_estimator=True."
            )
        histories = {
            f"fold {fold}": _history(estimator)
            for fold, estimator in enumerate(results["estimator"], start=1)
        }
        return cls(histories, metric=metric).plot(ax=ax, **kwargs)

    def plot(self, ax: Any = None, **kwargs: Any) -> Self:
        """Plot the curves.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, default=None
            Where to plot; by default in a new figure.
        **kwargs : object
            Arguments of ``Axes.plot``.

        Returns
        -------
        self
            With ``ax_``, ``figure_`` and ``lines_``.
        """
        if ax is None:
            _, ax = _pyplot().subplots()
        self.ax_, self.figure_, self.lines_ = ax, ax.figure, []
        for label, history in self.histories.items():
            (line,) = self._curve(history[self.metric], "training", label, kwargs)
            validation = history.get(f"val_{self.metric}")
            if validation is not None:
                style = {"color": line.get_color(), "linestyle": "--", **kwargs}
                every = _frequency(len(history[self.metric]), len(validation))
                if every:
                    self._curve(validation, "validation", label, style, every)
        for epoch in self.best_epochs:
            ax.axvline(epoch, color="gray", linewidth=0.8, linestyle=":")
        ax.set(xlabel="Epoch", ylabel=self.metric.replace("_", " "))
        ax.legend()
        return self

    def _curve(
        self, values: Any, what: str, label: str, style: Mapping[str, Any], every: int = 1
    ) -> list[Any]:
        epochs = np.arange(1, len(values) + 1) * every
        name = f"{label}: {what}" if label else what
        lines: list[Any] = self.ax_.plot(epochs, values, **{"label": name, **style})
        self.lines_ += lines
        return lines


def _frequency(n_epochs: int, n_values: int) -> int | None:
    """Return after how many epochs each there was a validation; None if that is not known."""
    found = [every for every in range(1, n_epochs + 1) if n_epochs // every == n_values]
    if len(found) == 1:
        return found[0]
    warnings.warn(
        f"The {n_values} values of validation in {n_epochs} epochs are not plotted: the history"
        " does not show which epochs they belong to (validation_freq).",
        WrapperWarning,
        stacklevel=3,
    )
    return None


def _history(estimator: Any) -> Mapping[str, Sequence[float]]:
    fitted = estimator[-1] if isinstance(estimator, Pipeline) else estimator
    history: Mapping[str, Sequence[float]] | None = getattr(fitted, "history_", None)
    if history is None:
        raise ParameterError(
            f"{type(fitted).__name__} has no history_. Give a fitted wrapper, or a pipeline that"
            " ends in one."
        )
    return history


def _pyplot() -> Any:
    try:
        from matplotlib import pyplot as plt
    except ImportError as error:
        raise ImportError(
            "HistoryDisplay needs matplotlib, which is not installed: pip install matplotlib."
        ) from error
    return plt

"""The one call of ``Model.fit``, what it adds to the history, and the way to the shared steps.

No other module imports `scikeras_reference._shared_steps`. Whatever goes wrong while it is imported
means that nothing is shared.
"""

import functools
import logging
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from scikeras_reference._backends.execution import compiled_metrics
from scikeras_reference._backends.threads import in_suitable_threads
from scikeras_reference._data.loss_and_metric_names import FULL_METRIC_NAMES, metric_name
from scikeras_reference._model.built_model import is_inherited
from scikeras_reference._training import fit_counts
from scikeras_reference._training.keras_arguments import without_defaults
from scikeras_reference.exceptions import ParameterError

__all__ = [
    "SETTING",
    "explain",
    "extend_history",
    "fit",
    "is_available",
    "keeps_finished_epochs",
    "own_names",
    "raising_failures",
    "shared_steps",
]

SETTING = "SCIKERAS_REFERENCE_SHARED_STEPS"
"""The environment variable that turns sharing off."""

_LOGGER = logging.getLogger("scikeras_reference.shared_steps")


@in_suitable_threads
def fit(model: Any, x: Any, y: Any, weights: Any, arguments: Mapping[str, Any]) -> Any:
    """Train a model, with a shared step where that gives the same bits.

    Parameters
    ----------
    model : keras.Model
        A compiled model.
    x, y : array, or list or dict of them
        Features, which may be sparse, and target; `y` may be None.
    weights : ndarray or None
        Weights of the rows.
    arguments : mapping of str to object
        Further keyword arguments of ``Model.fit``.

    Returns
    -------
    keras.callbacks.History
        What ``model.fit(x, y, sample_weight=weights, **arguments)`` returns.
    """
    if type(x) is not np.ndarray or arguments.get("validation_data") is not None:
        from scikeras_reference._training.row_batches import to_train_on

        x, y, weights, arguments = to_train_on(model, x, y, weights, arguments)
    package = shared_steps()
    with raising_failures(x, arguments.get("validation_data")):
        everything = {"sample_weight": weights, **arguments}
        own = None if is_inherited(model, "fit") else without_defaults(model.fit, everything)
        if own is not None and own.keys() < everything.keys():
            history = model.fit(x=x, y=y, **own)
        elif package is None:
            history = model.fit(x=x, y=y, sample_weight=weights, **arguments)
        else:
            history = package.fit(model, x, y, weights, arguments)
    if fit_counts.OPEN:
        fit_counts.count(model, explain_fit)
    return history


@contextmanager
def raising_failures(*data: Any) -> Iterator[None]:
    """Raise the error of a batch that could not be made, where a backend raises one about it."""
    try:
        yield
    except Exception as error:
        for batches in data:
            failure = getattr(batches, "failure", None)
            if failure is not None and failure is not error:
                raise failure from error
        raise


@contextmanager
def keeps_finished_epochs(model: Any, history: dict[str, list[Any]]) -> Iterator[None]:
    """Extend `history` by the epochs that were finished, if the block is interrupted.

    An interrupt is an exception that is no ``Exception``: ``KeyboardInterrupt``, ``SystemExit``
    (clause HYG-7). Keras keeps the logs of finished epochs in the ``history`` of the model.
    """
    before = getattr(model, "history", None)
    try:
        yield
    except Exception:
        raise
    except BaseException:
        after = getattr(model, "history", None)
        if after is not None and after is not before:
            extend_history(history, after.history, model)
        raise


def own_names(metrics: Iterable[Any]) -> set[str]:
    """Return the names of metrics that look like abbreviations of others, and are none.

    Parameters
    ----------
    metrics : iterable of str, keras.metrics.Metric or callable
        What a model was compiled with.

    Examples
    --------
    >>> def mae(y_true, y_pred):
    ...     return y_pred
    >>> own_names(["mse", mae])
    {'mae'}
    """
    objects = [metric for metric in metrics if not isinstance(metric, str)]
    names = [str(getattr(o, "name", None) or getattr(o, "__name__", "")) for o in objects]
    return {
        name
        for metric, name in zip(objects, names, strict=True)
        if _full_name(name) not in {name, metric_name(metric)}
    }


def extend_history(
    history: dict[str, list[Any]], logs: Mapping[str, Sequence[Any]], model: Any = None
) -> None:
    """Add the logs of a training to `history`, under the full names of the metrics (API-1).

    Names of metrics of the user's own, which `model` was compiled with, stay as they are.

    >>> history = {"loss": [3.0]}
    >>> extend_history(history, {"loss": [2.0], "val_mse": [1.0]})
    >>> history
    {'loss': [3.0, 2.0], 'val_mean_squared_error': [1.0]}
    """
    full = {name: _full_name(name) for name in logs}
    own = set() if list(full) == list(full.values()) else own_names(compiled_metrics(model))
    for name, values in logs.items():
        is_kept = name.removeprefix("val_") in own or full[name] in logs
        history.setdefault(name if is_kept else full[name], []).extend(values)


def _full_name(name: str) -> str:
    prefix = "val_" if name.startswith("val_") else ""
    short = name.removeprefix(prefix)
    if short == "loss" or short in FULL_METRIC_NAMES:
        return name
    try:
        return prefix + metric_name(short)
    except (ValueError, TypeError):  # a custom metric
        return name


def shared_steps() -> Any:
    """Return the package of shared steps; None if it is turned off or cannot be imported."""
    package, reason = _found()
    if package is None:
        _log_once(reason)
    return package


def is_available() -> bool:
    """Return whether models can share steps in this process; see `explain` for the reason."""
    package, _ = _found()
    return package is not None and bool(package.available())


def explain(model: Any) -> str | None:
    """Return why a model does not share its steps, or None if it does."""
    package, reason = _found()
    return reason if package is None else package.explain(model)


def explain_fit(model: Any) -> str | None:
    """Return why the last fit of a model did not share its steps, or None if it did."""
    package, reason = _found()
    return reason if package is None else package.explain(model, of_fit=True)


def _found() -> tuple[Any, str | None]:
    """Return the package, or None and the reason why it is not used."""
    value = os.environ.get(SETTING, "1")
    if value not in {"0", "1"}:
        raise ParameterError(
            f"The environment variable {SETTING} is {value!r}; it has to be 1 (models of equal"
            " structure share their traced steps) or 0 (they do not)."
        )
    return _imported() if value == "1" else (None, f"sharing is turned off by {SETTING}=0")


@functools.cache
def _imported() -> tuple[Any, str | None]:
    """Return the package, or None and the reason; imported when it is needed first."""
    try:
        from scikeras_reference import _shared_steps
    except Exception as error:  # whatever Keras lacks, it costs speed and nothing else
        return None, f"shared steps cannot be imported ({type(error).__name__}: {error})"
    return _shared_steps, None


@functools.cache
def _log_once(reason: str | None) -> None:
    _LOGGER.info("no model shares its steps: %s", reason)

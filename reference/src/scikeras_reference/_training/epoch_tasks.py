"""Callbacks of scikit-learn 1.9: each epoch is a task of the fit.

Below 1.9 there are none, and ``set_callbacks`` says so.
"""

from collections.abc import Callable, Mapping
from typing import Any

import keras
import numpy as np
import sklearn

try:
    from sklearn.callback import CallbackSupportMixin, with_callbacks
except ImportError:  # below scikit-learn 1.9
    CallbackSupportMixin = with_callbacks = None

__all__ = ["EpochTasks", "SklearnCallbacks"]

ARE_THERE = CallbackSupportMixin is not None


class _NoCallbacks:
    @property
    def set_callbacks(self) -> Any:
        """Not there, as this version of scikit-learn has no callbacks."""
        raise AttributeError(
            f"set_callbacks needs scikit-learn 1.9 or newer; this is {sklearn.__version__}. The"
            " parameter callbacks takes those of Keras."
        )


_Support: Any = CallbackSupportMixin if ARE_THERE else _NoCallbacks


class EpochTasks(keras.callbacks.Callback):  # type: ignore[misc]
    """Reports to the callbacks of scikit-learn when an epoch begins and ends.

    Parameters
    ----------
    estimator : BaseWrapper
        What is fitted.
    context : sklearn.callback.CallbackContext
        Of the whole fit.
    data : mapping of str to object
        ``X``, ``y`` and ``metadata`` of the fit.
    """

    def __init__(self, estimator: Any, context: Any, data: Mapping[str, Any]) -> None:
        super().__init__()
        self.estimator = estimator
        self.context = context
        self.data = data
        self.epoch_context: Any = None

    def on_epoch_begin(self, epoch: int, logs: object = None) -> None:
        """Begin a task."""
        del epoch, logs
        self.epoch_context = self.context.subcontext(task_name="epoch")
        self.epoch_context.call_on_fit_task_begin(estimator=self.estimator, **self.data)

    def on_epoch_end(self, epoch: int, logs: object = None) -> None:
        """End the task, and the training if a callback of scikit-learn says so."""
        del epoch, logs
        stop = self.epoch_context.call_on_fit_task_end(
            # A callback that wants a fitted estimator gets a copy: weights go on changing.
            estimator=self.estimator,
            reconstruction_attributes=dict,
            **self.data,
        )
        if stop:
            self.model.stop_training = True


class SklearnCallbacks(_Support):  # type: ignore[misc]
    """The part of a wrapper that has callbacks of scikit-learn."""

    _epoch_tasks: EpochTasks | None = None

    def _in_tasks(
        self, fit: Callable[[], Any], epochs: Any, X: Any, y: Any, sample_weight: Any
    ) -> None:
        """Run a fit as a task whose subtasks are the epochs, for callbacks that were set."""
        _run(self, fit, epochs, X, y, sample_weight)


def _run_in_context(
    estimator: Any, fit: Callable[[], Any], epochs: Any, X: Any, y: Any, sample_weight: Any
) -> None:
    weights = None if sample_weight is None else {"sample_weight": sample_weight}
    data = {"X": X, "y": y, "metadata": weights}
    is_number = isinstance(epochs, (int, np.integer)) and not isinstance(epochs, bool)
    number = int(epochs) if is_number else None
    context = estimator._init_callback_context(max_subtasks=number)  # noqa: SLF001 - documented
    context.call_on_fit_task_begin(estimator=estimator, **data)
    vars(estimator)["_epoch_tasks"] = EpochTasks(estimator, context, data)
    try:
        fit()
    finally:
        vars(estimator).pop("_epoch_tasks", None)
    context.call_on_fit_task_end(estimator=estimator, reconstruction_attributes=dict, **data)


_run = with_callbacks(_run_in_context) if ARE_THERE else _run_in_context

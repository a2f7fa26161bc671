"""How a model runs on each backend, and what it was compiled with."""

import sys
from typing import Any

import keras

__all__ = ["compiled_metrics", "prepare_to_predict", "runs_undistributed"]


def prepare_to_predict(model: Any) -> None:
    """Do to a model what ``Model.predict`` does to it and ``Model.predict_on_batch`` does not."""
    model.stop_predicting = False
    if keras.backend.backend() == "torch":
        model.eval()  # PyTorch's own modules know by this that they are not being trained


def runs_undistributed(model: Any) -> bool:
    """Whether the model runs in one place, without a strategy that spreads its batches."""
    if keras.backend.backend() == "tensorflow":
        distribute = sys.modules["tensorflow"].distribute
        spread = distribute.has_strategy()
        return not spread and model.distribute_strategy is distribute.get_strategy()
    return keras.distribution.distribution() is None


def compiled_metrics(model: Any) -> list[Any]:
    """Return each metric and weighted metric that a model was compiled with, as it was given.

    Keras has no public way to read them. Where it keeps them elsewhere, there are none.
    """
    compiled = getattr(model, "_compile_metrics", None)
    given = [getattr(compiled, name, None) for name in ("_user_metrics", "_user_weighted_metrics")]
    return [metric for metric in keras.tree.flatten(given) if metric is not None]

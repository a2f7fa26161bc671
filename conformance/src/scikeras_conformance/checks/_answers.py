"""Whether predictions are the answers of the model, to the shape and the digit."""

from typing import Any

from scikeras_conformance.catalogue import Wrapper
from scikeras_conformance.checks._modules import np
from scikeras_conformance.trial import Trial

__all__ = ["require_answers"]


def require_answers(trial: Trial, predicted: Any, y: Any, what: str = "predict") -> None:
    """Ask for predictions that are the target, in its shape and kind of values.

    The base wrapper has no rule for the shape of its predictions, so a column is as good there as
    a flat array.

    Parameters
    ----------
    trial : Trial
        The trial.
    predicted : array-like
        What the subject predicted.
    y : ndarray
        The target, which the model answers exactly.
    what : str
        What was done, for the message.
    """
    predicted = np.asarray(predicted)
    if trial.wrapper is Wrapper.BASE and predicted.size == y.size:
        predicted = predicted.reshape(y.shape)
    trial.require(
        predicted.shape == y.shape,
        f"{what} gave shape {predicted.shape} for a target of shape {y.shape}",
    )
    if trial.wrapper is not Wrapper.BASE:
        trial.require(
            predicted.dtype.kind == y.dtype.kind,
            f"{what} gave dtype {predicted.dtype} for a target of {y.dtype}",
        )
    exact = y.dtype.kind != "f"
    trial.require(
        np.array_equal(predicted, y) if exact else np.allclose(predicted, y, atol=1e-3),
        f"{what} gave {predicted[:3].tolist()} ..., not {y[:3].tolist()} ...",
    )

"""Outputs of models as rows of numbers, and as probabilities."""

from collections.abc import Mapping
from typing import Any

import numpy as np

__all__ = ["as_rows", "normalized", "sigmoid", "softmax"]


def as_rows(outputs: Any) -> Any:
    """Return the output of a model as an array of floats with a row for each sample."""
    if isinstance(outputs, (Mapping, list, tuple)) and len(outputs) == 1:
        (outputs,) = outputs.values() if isinstance(outputs, Mapping) else outputs
    outputs = np.asarray(outputs)
    if outputs.dtype.kind not in "fc" or outputs.dtype.itemsize < 4:
        outputs = outputs.astype(np.float32)  # half precision is too coarse for predictions
    return outputs.reshape(-1, 1) if outputs.ndim == 1 else outputs


def sigmoid(logits: Any) -> Any:
    """Return the probability of each logit by itself."""
    half = np.tanh(logits / 2) / 2  # exp overflows, tanh does not
    return half + logits.dtype.type(0.5)


def softmax(logits: Any) -> Any:
    """Return the probabilities of logits that compete within each row."""
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def normalized(weights: Any) -> Any:
    """Return rows scaled to sum to one; a row of zeros becomes a uniform distribution."""
    totals = weights.sum(axis=1, keepdims=True)
    if np.allclose(totals, 1, rtol=0, atol=1e-5):
        return weights
    even = np.full_like(weights, 1 / weights.shape[1])
    return np.divide(weights, totals, out=even, where=totals > 0)

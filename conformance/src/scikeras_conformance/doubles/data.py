"""Small data sets whose right predictions are known without any training.

Each data set has the weights of one dense layer that predicts it exactly. Trained with a
learning rate of zero such a model keeps its weights, so what `predict` has to return is known
to the last label, and no check depends on how well a model learns.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from scikeras_conformance.catalog.wrappers import Wrapper

__all__ = ["Dataset", "classes_dataset", "continuous_dataset", "dataset", "multilabel_dataset"]

CERTAIN = 20.0
"""A logit whose probability is one up to rounding in float32."""


class Dataset(NamedTuple):
    """Samples, target, and the dense layer that predicts it.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features), float32
        The samples.
    y : ndarray of shape (n_samples,) or (n_samples, n_outputs)
        The target.
    kernel : ndarray of shape (n_features, n_units), float32
        Weights of the layer.
    bias : ndarray of shape (n_units,), float32
        Its bias.
    """

    X: NDArray[np.float32]
    y: NDArray[Any]
    kernel: NDArray[np.float32]
    bias: NDArray[np.float32]

    @property
    def n_features(self) -> int:
        """Number of columns of X."""
        return int(self.X.shape[1])

    def softened(self) -> "Dataset":
        """Return the data set with a layer whose probabilities are closer to one half."""
        scale = np.float32(CERTAIN)
        return self._replace(kernel=self.kernel / scale, bias=self.bias / scale)


def classes_dataset(
    labels: Sequence[Any] | NDArray[Any], *, repeats: int = 4, sigmoid: bool = False
) -> Dataset:
    """Make samples that encode their class.

    Row by row, X is the one-hot code of the position that the label has among the sorted labels,
    which is the position scikit-learn gives it in ``classes_``. The rows come in an order in
    which neither the first label seen nor the order of appearance is the sorted one.

    Parameters
    ----------
    labels : sequence
        The distinct labels.
    repeats : int, default=4
        Samples of each class.
    sigmoid : bool, default=False
        Whether the layer has one sigmoid unit for two classes rather than a unit for each.
    """
    classes = np.unique(np.asarray(labels))
    n_classes = len(classes)
    positions = np.tile(np.arange(n_classes)[::-1], repeats)
    X = np.eye(max(n_classes, 2), dtype=np.float32)[positions]
    if sigmoid:
        kernel = np.array([[-CERTAIN], [CERTAIN]], dtype=np.float32)
    else:
        kernel = 2 * CERTAIN * np.eye(max(n_classes, 2), dtype=np.float32)
    bias = np.zeros(kernel.shape[1], dtype=np.float32)
    return Dataset(X, classes[positions], kernel, bias)


def multilabel_dataset(n_labels: int = 3) -> Dataset:
    """Make samples that are their own label indicators, every combination twice."""
    codes = np.arange(2**n_labels)[::-1, None] >> np.arange(n_labels) & 1
    X = np.tile(codes, (2, 1)).astype(np.float32)
    kernel = 2 * CERTAIN * np.eye(n_labels, dtype=np.float32)
    return Dataset(X, X.astype(np.int64), kernel, np.full(n_labels, -CERTAIN, dtype=np.float32))


def continuous_dataset(n_outputs: int = 1, *, dtype: Any = np.float32) -> Dataset:
    """Make samples whose targets are a linear function of them.

    Parameters
    ----------
    n_outputs : int, default=1
        Number of targets; one gives a target of one dimension.
    dtype : dtype, default=float32
        Type of the target.
    """
    generator = np.random.default_rng(5)
    X = generator.normal(size=(16, 3)).astype(np.float32)
    kernel = generator.normal(size=(3, n_outputs)).astype(np.float32)
    # A target far from zero, so that predictions of zero cannot be mistaken for it.
    bias = np.arange(5, 5 + n_outputs, dtype=np.float32)
    y = (X @ kernel + bias).astype(dtype)
    return Dataset(X, y[:, 0] if n_outputs == 1 else y, kernel, bias)


def dataset(wrapper: Wrapper) -> Dataset:
    """Return the default data set for a wrapper: two classes, or one continuous target."""
    if wrapper is Wrapper.CLASSIFIER:
        return classes_dataset([0, 1], sigmoid=True)
    return continuous_dataset()

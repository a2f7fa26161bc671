"""The common task: data, model and sizes. Imports nothing heavy."""

from dataclasses import dataclass, field, replace
from typing import Any

__all__ = [
    "BATCH_SIZE",
    "CLASSES",
    "DEFAULT",
    "FEATURES",
    "TINY",
    "Settings",
    "Size",
    "data",
    "data_set",
    "layers",
    "one_hot",
    "pictures",
    "table",
    "texts",
]

FEATURES, CLASSES = 20, 3
BATCH_SIZE = 32


@dataclass(frozen=True)
class Settings:
    """A model and how it is trained, independent of the competitor."""

    features: int | tuple[int, ...] = FEATURES
    words: int = 0  # how many different ones, if features are their numbers
    hidden: int = 32
    learning_rate: float = 0.01
    epochs: int = 5
    batch_size: int = BATCH_SIZE
    steps_per_execution: int = 1
    eager: bool = False


@dataclass(frozen=True)
class Size:
    """The sizes of all scenarios; the tests use small ones."""

    rows: int = 500
    many_rows: int = 100_000
    long_epochs: int = 50
    fits: int = 200
    folds: int = 3
    jobs: int = 2
    sparse_columns: int = 6_000
    wide_columns: int = 8_192
    wide_rows: int = 1_024
    large_rows: int = 1_000_000
    large_columns: int = 50
    large_batch: int = 1_024
    images: int = 50_000
    pixels: int = 32
    texts: int = 500_000
    words_of_a_text: int = 40
    words: int = 2_000
    learning_rates: tuple[float, ...] = (0.001, 0.003, 0.01, 0.03)
    widths: tuple[int, ...] = (32, 64)
    # Short operations are repeated for about this many seconds per sample.
    sample: float = 0.1
    settings: Settings = field(default_factory=Settings)

    def model(self, **changes: Any) -> Settings:
        """Return the settings of the model with some changes."""
        return replace(self.settings, **changes)


DEFAULT = Size()
TINY = Size(
    rows=12,
    many_rows=40,
    long_epochs=2,
    fits=2,
    folds=2,
    jobs=1,
    sparse_columns=8,
    wide_columns=4,
    wide_rows=6,
    large_rows=12,
    large_columns=4,
    large_batch=5,
    images=6,
    pixels=8,
    texts=12,
    words_of_a_text=3,
    words=5,
    learning_rates=(0.01,),
    widths=(2,),
    sample=0.0,
    settings=Settings(hidden=2, epochs=1, eager=True),
)


def data(rows: int) -> tuple[Any, Any]:
    """Return float32 features, and integer labels that depend on them."""
    import numpy as np

    rng = np.random.default_rng(0)
    X = rng.normal(size=(rows, FEATURES)).astype(np.float32)
    y = np.argmax(X[:, :CLASSES], axis=1).astype(np.int64)
    y[:CLASSES] = np.arange(CLASSES)  # every class occurs, even in few rows
    return X, y


def one_hot(columns: int) -> tuple[Any, Any]:
    """Return a sparse matrix with a row for each column, and labels."""
    import numpy as np
    import scipy.sparse

    return scipy.sparse.eye_array(columns, dtype=np.float32, format="csr"), _labels(columns)


def data_set(rows: int, columns: int) -> Any:
    """Return a data set of ten batches of these rows, which are made when they are read."""
    import keras
    import numpy as np

    class Batches(keras.utils.PyDataset):  # type: ignore[misc]
        num_batches = 10

        def __getitem__(self, index: int) -> tuple[Any, Any]:
            return np.full((rows, columns), index / 10, dtype=np.float32), _labels(rows)

    return Batches()


def table(rows: int, columns: int, dtype: str = "float64") -> tuple[Any, Any]:
    """Return features, which Keras would compute in float32, and labels."""
    import numpy as np

    # Drawn in their dtype: a copy that is freed again would hide one of the same size in a peak.
    return np.random.default_rng(0).random((rows, columns), dtype=np.dtype(dtype)), _labels(rows)


def texts(count: int, length: int, words: int) -> tuple[Any, Any]:
    """Return texts as numbers of words, and labels."""
    import numpy as np

    numbers = np.random.default_rng(0).integers(0, words, (count, length), dtype=np.int32)
    return numbers, _labels(count)


def pictures(count: int, pixels: int) -> tuple[Any, Any]:
    """Return square images of three bytes for each pixel, and labels."""
    import numpy as np

    shape = (count, pixels, pixels, 3)
    return np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8), _labels(count)


def _labels(rows: int) -> Any:
    import numpy as np

    return np.arange(rows, dtype=np.int64) % CLASSES


def layers(hidden: int, features: int | tuple[int, ...] = FEATURES, words: int = 0) -> Any:
    """Return the uncompiled model of all competitors based on Keras.

    If `features` is the shape of an image, layers that scale it down come first; if there are
    words, layers that take the mean of what stands for each.
    """
    import keras

    of_images = [
        keras.layers.Rescaling(1 / 255),
        keras.layers.AveragePooling2D(4),
        keras.layers.Flatten(),
    ]
    of_texts = [keras.layers.Embedding(words or 1, 16), keras.layers.GlobalAveragePooling1D()]
    return keras.Sequential(
        [
            keras.Input(features if isinstance(features, tuple) else (features,)),
            *(of_images if isinstance(features, tuple) else []),
            *(of_texts if words else []),
            keras.layers.Dense(hidden, activation="relu"),
            keras.layers.Dense(CLASSES, activation="softmax"),
        ]
    )

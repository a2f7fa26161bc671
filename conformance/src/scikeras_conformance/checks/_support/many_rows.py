"""The data set of a wrapper, repeated to more rows than one batch of Keras holds."""

from typing import Any

from scikeras_conformance.checks._support.modules import doubles, np
from scikeras_conformance.runner.context import CheckContext

__all__ = ["ROWS", "many_rows"]


# More than the default batch size of Keras.
ROWS = 48


def many_rows(context: CheckContext) -> tuple[Any, Any]:
    """Return X and y of the default data set, repeated to `ROWS` rows."""
    X, y, *_ = doubles.dataset(context.wrapper)
    return np.resize(X, (ROWS, X.shape[1])), np.resize(y, ROWS)

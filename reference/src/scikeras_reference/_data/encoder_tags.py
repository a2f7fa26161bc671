"""The tags of an encoder, which need not be an estimator of scikit-learn."""

import warnings
from typing import Any

from sklearn.utils import get_tags

__all__ = ["tags_of"]


def tags_of(encoder: Any) -> Any | None:
    """Return the tags of an encoder; None if it is no estimator of scikit-learn.

    >>> from sklearn.preprocessing import StandardScaler
    >>> tags_of(StandardScaler()).requires_fit, tags_of(object())
    (True, None)
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", DeprecationWarning)  # which 1.7 has for an error
            return get_tags(encoder)
    except (AttributeError, TypeError, DeprecationWarning):
        return None

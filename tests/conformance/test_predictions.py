"""What counts as the same."""

import numpy as np
import pytest
from sklearn.preprocessing import FunctionTransformer

from scikeras_conformance.checks._support.predictions import same
from scikeras_conformance.doubles import StorableOnly

STORABLE_ONLY = StorableOnly()


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (STORABLE_ONLY, STORABLE_ONLY),
        (float("nan"), float("nan")),
        (2, np.int64(2)),
        (np.array([1.0, np.nan]), np.array([1.0, np.nan])),
        ({"a": [np.arange(2), (1, 2)]}, {"a": [np.arange(2), (1, 2)]}),
        (np.dtype("float32"), np.dtype("float32")),
        (FunctionTransformer(validate=True), FunctionTransformer(validate=True)),
    ],
)
def test_the_same(first, second):
    """Identity, equality, NaN, arrays, containers and objects with the same attributes."""
    assert same(first, second)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (STORABLE_ONLY, StorableOnly()),
        (1, 2),
        (np.arange(2), [0, 1]),
        (np.arange(2), np.arange(2.0)),
        (np.arange(2), np.arange(3)),
        ([1], [1, 2]),
        ({"a": 1}, {"b": 1}),
        (FunctionTransformer(validate=True), FunctionTransformer(validate=False)),
        (object(), object()),
    ],
)
def test_not_the_same(first, second):
    """Another value, type, dtype, length, key or attribute; objects that cannot be compared."""
    assert not same(first, second)

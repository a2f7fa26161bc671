"""What counts as the same, and as a right prediction."""

import numpy as np
import pytest
from sklearn.preprocessing import FunctionTransformer

from scikeras_conformance.catalog.wrappers import Wrapper
from scikeras_conformance.checks._support.predictions import (
    require_predictions,
    require_shape,
    require_values,
    same,
)
from scikeras_conformance.doubles import StorableOnly
from scikeras_conformance.exceptions import Nonconformance
from scikeras_conformance.runner.context import CheckContext
from scikeras_conformance.subject.loading import Subject

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


FLAT, COLUMN = np.array([3, 1, 2]), np.array([[3], [1], [2]])


def context_of(wrapper):
    return CheckContext(Subject("toy", dict.fromkeys(Wrapper, object)), wrapper)


def accepts(requirement, predicted, y, wrapper=Wrapper.CLASSIFIER):
    try:
        requirement(context_of(wrapper), predicted, y)
    except Nonconformance:
        return False
    return True


def test_a_column_has_the_values_of_a_flat_array():
    """Clauses that are not about shapes compare values, and nothing but values."""
    for predicted in (FLAT, COLUMN, FLAT.tolist(), FLAT.astype(float)):
        assert accepts(require_values, predicted, FLAT)
        assert accepts(require_values, predicted, COLUMN)
    for wrong in (FLAT[::-1], FLAT[:2], np.tile(COLUMN, 2), FLAT.astype(str)):
        assert not accepts(require_values, wrong, FLAT)


def test_a_flat_target_is_predicted_flat():
    """A column broadcasts to a matrix; for a target that is a column, a flat array is right too."""
    assert accepts(require_predictions, FLAT, FLAT)
    assert not accepts(require_predictions, COLUMN, FLAT)
    assert accepts(require_predictions, COLUMN, FLAT, Wrapper.BASE)
    assert accepts(require_predictions, FLAT, COLUMN)
    assert accepts(require_predictions, COLUMN, COLUMN)
    assert not accepts(require_predictions, np.tile(COLUMN, 2), COLUMN)


def test_the_very_shape():
    """What should hold, but does not have to: a column for a column."""
    assert accepts(require_shape, COLUMN, COLUMN)
    assert not accepts(require_shape, FLAT, COLUMN)

"""Data in the forms that people have (chapters SKL and HYG)."""

import numpy as np
import pandas as pd
import pytest
import scipy.sparse
from reference_models import base, classifier, regressor, sigmoid

from scikeras_reference._data.input_checks import check_weights, for_keras
from scikeras_reference.exceptions import InputError


@pytest.mark.parametrize(
    "convert",
    [
        lambda X: X.tolist(),
        np.asfortranarray,
        pd.DataFrame,
        scipy.sparse.csr_matrix,
        scipy.sparse.coo_array,
        scipy.sparse.dok_array,
        lambda X: X.astype(object),
    ],
    ids=["list", "fortran", "pandas", "csr", "coo", "dok", "object"],
)
def test_containers_give_the_same_model(convert, X, target):
    """The values count, not what holds them (SKL-5)."""
    expected = regressor().fit(X, target).predict(X)

    predicted = regressor().fit(convert(X), target).predict(convert(X))

    np.testing.assert_allclose(expected, predicted, rtol=1e-5)


@pytest.mark.parametrize(
    "dtype", ["float16", "float32", "float64", "int8", "uint16", "int64", "bool"]
)
def test_dtypes(dtype, rng, target):
    """Numbers of any width, and booleans; ``X_dtype_`` is what was given."""
    X = rng.integers(2, size=(24, 3)).astype(dtype)

    wrapper = regressor().fit(X, target.astype("float64"))

    assert np.dtype(dtype) == wrapper.X_dtype_
    assert np.isfinite(wrapper.predict(X)).all()


def test_read_only_arrays(X, y):
    """Nothing that is given is written to (HYG-1)."""
    weights = np.ones(24)
    given = (X, np.array(y), weights)
    before = [array.copy() for array in given]
    for array in given:
        array.setflags(write=False)

    classifier(class_weight="balanced").fit(*given).score(*given)

    for expected, array in zip(before, given, strict=True):
        np.testing.assert_array_equal(expected, array)


def test_memory_mapped_arrays(X, target, tmp_path):
    """A read-only map of a file is as good as an array (SKL-5)."""
    np.save(tmp_path / "X.npy", X)
    mapped = np.load(tmp_path / "X.npy", mmap_mode="r")

    np.testing.assert_array_equal(
        regressor().fit(X, target).predict(X), regressor().fit(mapped, target).predict(mapped)
    )


def test_names_of_columns(X, y):
    """Kept, and checked later (SKL-3)."""
    frame = pd.DataFrame(X, columns=["a", "b", "c"])
    wrapper = classifier().fit(frame, pd.Series(y))

    assert ["a", "b", "c"] == wrapper.feature_names_in_.tolist()
    with pytest.raises(ValueError, match="feature names"):
        wrapper.predict(frame[["b", "a", "c"]])
    with pytest.raises(ValueError, match="feature names"):
        wrapper.predict(frame.rename(columns={"a": "z"}))
    wrapper.fit(X, y)
    assert not hasattr(wrapper, "feature_names_in_")


@pytest.mark.parametrize("dtype", ["category", "string", "object"])
def test_labels_of_pandas(dtype, X, y):
    """Labels of a series come back as objects with the same values."""
    predicted = classifier().fit(X, pd.Series(y, dtype=dtype)).predict(X)

    assert set(predicted) <= {"no", "yes"}


def test_polars(X, target):
    """Frames of polars, where it is installed."""
    polars = pytest.importorskip("polars")
    frame = polars.DataFrame(X, schema=["a", "b", "c"])

    wrapper = regressor().fit(frame, polars.Series(target))

    assert ["a", "b", "c"] == wrapper.feature_names_in_.tolist()
    with pytest.raises(ValueError, match="feature names"):
        wrapper.predict(frame.rename({"a": "z"}))


def test_sparse_indicators(X, rng):
    """A sparse multilabel target is made dense."""
    y = rng.integers(2, size=(24, 3))

    wrapper = classifier(model=sigmoid, loss="bce").fit(X, scipy.sparse.csr_matrix(y))

    assert y.shape == wrapper.predict(X).shape


@pytest.mark.parametrize(
    ("bad", "match"),
    [
        (np.array([["a", "b", "c"]] * 24), "could not convert|not compatible"),
        (np.full((24, 3), np.nan), "NaN"),
        (np.full((24, 3), 1j), "Complex"),
        (np.zeros(24), "1D array"),
        (np.zeros((23, 3)), "inconsistent numbers"),
        (np.zeros((0, 3)), "0 sample"),
    ],
)
def test_unusable_features(bad, match, target):
    """Refused before anything is built (HYG-5)."""
    with pytest.raises(ValueError, match=match):
        regressor(model=None).fit(bad, target)


def test_targets_with_a_hole(X):
    """NaN is no label."""
    with pytest.raises(ValueError, match="Input y contains NaN"):
        classifier().fit(X, [0.0, np.nan] * 12)


def test_ragged_targets_of_the_base_wrapper(X):
    """The type is named where NumPy only says that the shape is inhomogeneous."""
    with pytest.raises(InputError, match="Unknown label type: unknown. The rows of y differ"):
        base().fit(X, [[1], [1, 2]] * 12)


@pytest.mark.parametrize(
    ("expected", "weights"),
    [(None, None), ([2.0, 2.0], 2), ([1.0, 3.0], [1, 3]), ([1.0, 3.0], pd.Series([1, 3]))],
)
def test_weights(expected, weights):
    """One float for each row."""
    made = check_weights(weights, [[0], [1]])

    assert expected == (None if made is None else made.tolist())


@pytest.mark.parametrize(
    ("weights", "match"),
    [
        ([[1], [1]], r"shape \(2, 1\)"),
        ([1, 2, 3], "inconsistent"),
        ([1, np.nan], "NaN"),
        ([0, 0], "No training samples"),
    ],
)
def test_unusable_weights(weights, match):
    """Refused before anything is built."""
    with pytest.raises(ValueError, match=match):
        check_weights(weights, np.zeros((2, 1)))


def test_pytorch_gets_arrays_that_it_may_write_to(monkeypatch):
    """It shares memory with NumPy and warns about read-only arrays."""
    from scikeras_reference._data import input_checks as _validation

    monkeypatch.setattr(_validation, "needs_writable_arrays", lambda: True)
    array = np.arange(3.0)
    array.setflags(write=False)

    made = for_keras({"a": [array, np.array([True])]})

    assert made["a"][0].flags.writeable
    assert np.uint8 == made["a"][1].dtype

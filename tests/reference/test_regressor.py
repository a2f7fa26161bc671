"""What is specific to regression (chapters TGT and SCORE)."""

import numpy as np
import pytest
from reference_models import classifier, regressor, sequential
from sklearn.metrics import r2_score

from scikeras_reference.exceptions import InputError, ModelOutputError, TargetTypeError


@pytest.mark.parametrize("shape", [(24,), (24, 1), (24, 2)])
@pytest.mark.parametrize("dtype", ["float32", "float64", "int64", "uint8", "object"])
def test_shapes_and_dtypes(shape, dtype, X, rng):
    """Predictions have the shape of y, and the dtype that the model computes in (TGT-4, TGT-5)."""
    y = rng.integers(1, 9, size=shape).astype(dtype)
    wrapper = regressor().fit(X, y)

    for rows in (X, X[:1]):
        assert (len(rows), *shape[1:]) == wrapper.predict(rows).shape
    assert "float32" == wrapper.predict(X).dtype


@pytest.mark.slow
def test_it_learns(X, target):
    """R² of a linear model on a linear target is near to one (SCORE-1)."""
    settings = {"optimizer__learning_rate": 0.3, "epochs": 80, "run_eagerly": False}
    wrapper = regressor(optimizer="adam", **settings).fit(X, target)

    assert wrapper.score(X, target) > 0.99
    weights = np.arange(24)
    expected = r2_score(target, wrapper.predict(X), sample_weight=weights)
    assert pytest.approx(expected) == wrapper.score(X, target, weights)


@pytest.mark.parametrize(
    "y",
    [
        np.array(["1", "2"] * 12),
        np.array(["a", "b"] * 12, dtype=object),
        np.array([b"1", b"2"] * 12),
        np.full(24, np.datetime64("2020-01-01")),
    ],
    ids=lambda y: y.dtype.str,
)
def test_targets_that_are_no_numbers(y, X):
    """Refused, also where the words spell numbers (TGT-9)."""
    with pytest.raises(InputError, match="needs a numeric target"):
        regressor().fit(X, y)


def test_a_target_with_a_hole(X, target):
    """NaN among objects is found after they became numbers."""
    with pytest.raises(ValueError, match="NaN"):
        regressor().fit(X, np.array([*target[1:], None], dtype=object))


def test_three_dimensions(X):
    """Refused by type."""
    with pytest.raises(TargetTypeError, match="unknown"):
        regressor().fit(X, np.zeros((24, 2, 2)))


def test_an_output_of_another_width(X, target):
    """Keras would spread one column of y over two units without a word."""
    with pytest.raises(ModelOutputError, match="2 units.*1 columns"):
        regressor(model=lambda: sequential(3, 2)).fit(X, target)


def test_a_missing_target(X):
    """The error is scikit-learn's own."""
    with pytest.raises(InputError, match="requires y to be passed, but the target y is None"):
        regressor().fit(X)
    assert not hasattr(regressor(), "predict_proba")
    assert hasattr(classifier(), "predict_proba")

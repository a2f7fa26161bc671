"""Scikit-learn's checks of transformers, on `KerasTransformer`: none fails, and none is skipped."""

import os
import warnings

import keras
import pytest
from reference_models import QUICK
from sklearn.utils.estimator_checks import (
    check_get_feature_names_out_error,
    check_global_output_transform_pandas,
    check_set_output_transform,
    check_set_output_transform_pandas,
    check_set_output_transform_polars,
    check_transformer_get_feature_names_out,
    check_transformer_get_feature_names_out_pandas,
    estimator_checks_generator,
)

from scikeras_reference import KerasTransformer

EXACT = {
    "loss": "mse",
    "optimizer": "adam",
    "optimizer__learning_rate": 0.1,
    "loss__dtype": "float64",
    "loss__reduction": "mean_with_sample_weight",
    "batch_size": -1,
    "epochs": 2,
}


def exact(meta):
    """Build a model in which a row of weight two counts as two rows."""
    n_features = meta["n_features_in_"]
    return keras.Sequential(
        [
            keras.layers.Input((n_features,), dtype="float64"),
            keras.layers.Dense(2, name="code", dtype="float64"),
            keras.layers.Dense(n_features, dtype="float64"),
        ]
    )


def name_of(check):
    return getattr(check, "__name__", None) or check.func.__name__


# Those of the generator, and those that scikit-learn runs on its own transformers besides.
ESTIMATOR = KerasTransformer(exact, **QUICK, **EXACT)
IN_FLOAT64 = pytest.mark.skipif(
    keras.backend.backend() == "torch"
    or (keras.backend.backend() == "jax" and not os.environ.get("JAX_ENABLE_X64")),
    reason="losses are in float32 on PyTorch, and on JAX unless JAX_ENABLE_X64 is set",
)


def marks_of(name):
    """Return the marks of a check; the regressor passes those of all estimators on TensorFlow."""
    marks = [] if "transform" in name else [pytest.mark.costly]
    return [*marks, IN_FLOAT64] if "sample_weight_equivalence" in name else marks


CHECKS = [
    pytest.param(
        instance,
        check,
        id=f"{position:02}-{name_of(check)}",
        marks=marks_of(name_of(check)),
    )
    for position, (instance, check) in enumerate(
        [
            *estimator_checks_generator(ESTIMATOR, legacy=True, mark=None),
            (ESTIMATOR, check_get_feature_names_out_error),
            (ESTIMATOR, check_global_output_transform_pandas),
            (ESTIMATOR, check_set_output_transform),
            (ESTIMATOR, check_set_output_transform_pandas),
            (ESTIMATOR, check_set_output_transform_polars),
            (ESTIMATOR, check_transformer_get_feature_names_out),
            (ESTIMATOR, check_transformer_get_feature_names_out_pandas),
        ]
    )
]


@pytest.mark.slow
@pytest.mark.parametrize(("estimator", "check"), CHECKS)
def test_check(estimator, check, monkeypatch):
    """Scikit-learn's check passes (SKL-1); a skip would be a failure."""
    monkeypatch.setenv("SCIPY_ARRAY_API", "1")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            check(*((estimator,) if hasattr(check, "func") else ("KerasTransformer", estimator)))
    except pytest.skip.Exception as skipped:
        pytest.fail(f"skipped: {skipped}")


def test_it_is_checked_as_a_transformer():
    """An estimator that is not recognized as one would get fewer checks."""
    names = {name_of(param.values[1]) for param in CHECKS}

    assert {"check_transformer_general", "check_transformers_unfitted"} <= names
    assert "check_sample_weight_equivalence_on_dense_data" in names

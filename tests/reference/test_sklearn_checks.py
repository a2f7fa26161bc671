"""Every check that scikit-learn has for estimators: none fails, none is excused, none is skipped.

The models are chosen so that the checks can hold exactly, sample weights above all: a row of
weight two has to count as two rows of weight one, to seven digits. That needs layers and losses of
64 bits, batches that hold all rows, and a loss that is divided by the sum of the weights instead of
the number of rows (``reduction="mean_with_sample_weight"``).
"""

import os
import subprocess
import sys
import warnings
from collections import Counter

import keras
import pytest
import sklearn
from sklearn.utils.estimator_checks import (
    check_dataframe_column_names_consistency,
    estimator_checks_generator,
)

from scikeras_reference import KerasClassifier, KerasRegressor

# Two epochs are enough for all but the checks that look at what was learned.
EPOCHS = {
    "check_class_weight_classifiers": 8,
    "check_classifiers_train": 8,
    "check_classifiers_classes": 8,
    "check_regressors_train": 8,
    "check_classifiers_one_label_sample_weights": 8,
}
# Checks of the generator for a classifier and a regressor, by version of scikit-learn. A version
# that is not here is held to the newest; its own numbers are for whoever supports it first.
NUMBERS = {(1, 7): (68, 60), (1, 8): (68, 60), (1, 9): (69, 61)}
EXACT = {"dtype": "float64", "reduction": "mean_with_sample_weight"}
COMMON = {
    "optimizer": "adam",
    "optimizer__learning_rate": 0.1,
    "batch_size": -1,
    "verbose": 0,
    "random_state": 0,
    "epochs": 2,
}


class Dense64(keras.layers.Dense):
    """A layer that multiplies in 64 bits on every backend.

    On PyTorch, Keras multiplies matrices of 64 bits in 32.
    """

    def call(self, inputs):
        products = inputs[..., None] * self.kernel
        return self.activation(keras.ops.sum(products, axis=-2) + self.bias)


def model(meta, units, activation):
    dense = Dense64 if keras.backend.backend() == "torch" else keras.layers.Dense
    return keras.Sequential(
        [
            keras.layers.Input((meta["n_features_in_"],), dtype="float64"),
            dense(16, activation="relu", dtype="float64"),
            dense(units, activation=activation, dtype="float64"),
        ]
    )


def classifying(meta, compile_kwargs):
    """Let the classes compete: one softmax for more than two of them."""
    multiclass = meta["target_type_"] == "multiclass"
    loss = "SparseCategoricalCrossentropy" if multiclass else "BinaryCrossentropy"
    return compiled(meta, compile_kwargs, loss, "softmax" if multiclass else "sigmoid")


def labelling(meta, compile_kwargs):
    """Give each label a unit of its own, whether one label is right or several are."""
    return compiled(meta, compile_kwargs, "BinaryCrossentropy", "sigmoid")


def compiled(meta, compile_kwargs, loss, activation):
    units = 1 if meta["target_type_"] == "binary" else meta["n_classes_"]
    made = model(meta, units, activation)
    made.compile(**{**compile_kwargs, "loss": getattr(keras.losses, loss)(**EXACT)})
    return made


class MultilabelClassifier(KerasClassifier):
    """A classifier whose builder makes one model for all targets, by another name in the ids."""


def regressing(meta):
    return model(meta, meta["n_outputs_"], None)


def estimators():
    # Tracing a graph for each of some hundred fits is what takes time on TensorFlow; on JAX
    # nothing but compiled steps is quick.
    eager = keras.backend.backend() == "tensorflow"
    exact = {f"loss__{name}": value for name, value in EXACT.items()}
    return [
        KerasClassifier(classifying, run_eagerly=eager, **COMMON),
        MultilabelClassifier(labelling, run_eagerly=eager, **COMMON),
        KerasRegressor(regressing, loss="mse", run_eagerly=eager, **exact, **COMMON),
    ]


def name_of(check):
    return getattr(check, "__name__", None) or check.func.__name__


def planned():
    of_classifiers = set()
    for estimator in estimators():
        checks = [
            *estimator_checks_generator(estimator, legacy=True, mark=None),
            (estimator, check_dataframe_column_names_consistency),
        ]
        for position, (instance, check) in enumerate(checks):
            label = f"{type(estimator).__name__}-{position:02}-{name_of(check)}"
            # Another model for the same wrapper: what it adds is in the checks of several labels.
            repeats = isinstance(estimator, MultilabelClassifier) and "multilabel" not in label
            # What both wrappers have from their base; SKL-1 asks it of the regressor as well.
            repeats |= isinstance(estimator, KerasRegressor) and name_of(check) in of_classifiers
            if isinstance(estimator, KerasClassifier):
                of_classifiers.add(name_of(check))
            # Of a check that comes with several kinds of data, the plain and the oddest one remain.
            is_between = getattr(check, "keywords", {}) == {"readonly_memmap": True}
            repeats |= is_between and name_of(check).endswith("_train")
            # Sparse arrays remain, which take the place of sparse matrices.
            repeats |= name_of(check) == "check_estimator_sparse_matrix"
            marks = [pytest.mark.slow, *([pytest.mark.exhaustive] if repeats else [])]
            yield pytest.param(instance, check, id=label, marks=marks)


PLANNED = list(planned())


@pytest.mark.parametrize(("estimator", "check"), PLANNED)
def test_check(estimator, check, monkeypatch):
    """Scikit-learn's check passes (SKL-1); a skip would be a failure."""
    monkeypatch.setenv("SCIPY_ARRAY_API", "1")
    estimator.set_params(epochs=EPOCHS.get(name_of(check), estimator.epochs))
    name = type(estimator).__name__
    # Checks that are bound to an estimator carry its name with them.
    arguments = (estimator,) if hasattr(check, "func") else (name, estimator)
    try:
        with warnings.catch_warnings():
            # Checks feed data that is bound to cause warnings; what they assert is the point.
            warnings.simplefilter("ignore")
            check(*arguments)
    except pytest.skip.Exception as skipped:
        pytest.fail(f"skipped: {skipped}")


def test_number_of_checks():
    """An estimator that is not recognised for what it is gets fewer checks: that is a failure."""
    counts = Counter(type(param.values[0]).__name__ for param in PLANNED)
    # One more than the generator gives: the check of column names.
    found = {name: count - 1 for name, count in counts.items()}
    version = tuple(map(int, sklearn.__version__.split(".")[:2]))
    classifier, regressor = NUMBERS.get(version, NUMBERS[max(NUMBERS)])
    assert found == {
        "KerasClassifier": classifier,
        "MultilabelClassifier": classifier,
        "KerasRegressor": regressor,
    }


@pytest.mark.exhaustive
@pytest.mark.slow
@pytest.mark.process
@pytest.mark.backend
@pytest.mark.skipif("jax" == keras.backend.backend(), reason="this is the run that it starts")
def test_another_backend():
    """The checks of sample weights hold on JAX too, which knows 64 bits only if it is told."""
    pytest.importorskip("jax")
    environment = {**os.environ, "KERAS_BACKEND": "jax", "JAX_ENABLE_X64": "1"}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-k", "equivalence"]
    # Those that the ordinary run leaves out as well.
    command += ["-m", ""]

    run = subprocess.run(
        [*command, __file__], env=environment, capture_output=True, text=True, check=False
    )

    assert "6 passed" in run.stdout, run.stdout + run.stderr

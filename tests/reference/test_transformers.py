"""The default encoders of targets (chapter TGT), without a wrapper around them."""

import warnings

import keras
import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.utils.multiclass import type_of_target

from scikeras_reference._data.input_checks import target_type
from scikeras_reference.exceptions import InputError, ModelOutputError, TargetTypeError
from scikeras_reference.utils.transformers import (
    ClassifierLabelEncoder,
    RegressorTargetEncoder,
    TargetReshaper,
)

LABELS = [
    np.array([0, 1, 1]),
    np.array([True, False, True]),
    np.array(["b", "a", "b"]),
    np.array(["b", "a", "b"], dtype=object),
    np.array([-1, 1, -1], dtype=np.int8),
    np.array([2.0, 1.0, 2.0], dtype=np.float32),
]


def adapted(y, loss, width, **params):
    encoder = ClassifierLabelEncoder(**params).fit(y)
    encoder.set_model_output(loss, [(None, width)])
    return encoder


@pytest.mark.parametrize("y", LABELS, ids=lambda y: str(y.dtype))
@pytest.mark.parametrize("column", [False, True])
def test_binary_labels_come_back(y, column):
    """One sigmoid unit: same values, same dtype, same trailing shape (TGT-1, CLS-4)."""
    y = y.reshape(-1, 1) if column else y
    encoder = adapted(y, "binary_crossentropy", 1)
    encoded = encoder.transform(y)

    assert (3, 1) == encoded.shape
    assert "float32" == encoded.dtype
    decoded = encoder.inverse_transform(encoded * 0.98 + 0.01)
    np.testing.assert_array_equal(y, decoded)
    assert y.dtype == decoded.dtype


@pytest.mark.parametrize("loss", ["categorical_crossentropy", "binary_crossentropy", "mse"])
def test_two_units_want_one_hot_rows(loss):
    """A column would be spread over both units by a loss that compares element by element."""
    encoder = adapted(np.array(["a", "b"]), loss, 2)

    np.testing.assert_array_equal([[0, 1], [1, 0]], encoder.transform(np.array(["b", "a"])))


@pytest.mark.parametrize("loss", ["sparse_categorical_crossentropy", None, "ce"])
def test_sparse_losses_want_integers(loss):
    """Class numbers in a column, for any number of classes."""
    encoder = adapted(np.array([3, 5, 9]), loss, 3)

    np.testing.assert_array_equal([[2], [0]], encoder.transform(np.array([9, 3])))


def test_the_compiled_loss_decides():
    """The loss given to the constructor counts only until the model is compiled with another."""
    encoder = ClassifierLabelEncoder("categorical_crossentropy").fit(np.array([1, 2, 3]))
    assert (3, 3) == encoder.transform(np.array([1, 2, 3])).shape

    encoder.set_model_output("sparse_categorical_crossentropy", [(None, 3)])

    assert (3, 1) == encoder.transform(np.array([1, 2, 3])).shape
    encoder.set_model_output(None, [(None, 3)])
    assert (3, 1) == encoder.transform(np.array([1, 2, 3])).shape


def test_more_units_than_classes():
    """Units without a class are trained on zeros and never predicted."""
    encoder = adapted(np.array(["a", "b"]), "categorical_crossentropy", 3)

    np.testing.assert_array_equal([[1, 0, 0]], encoder.transform(np.array(["a"])))
    outputs = np.array([[0.1, 0.2, 0.7]])
    assert ["b"] == encoder.inverse_transform(outputs).tolist()
    np.testing.assert_allclose(
        [[1 / 3, 2 / 3]], encoder.inverse_transform(outputs, return_proba=True)
    )


@pytest.mark.parametrize(
    ("y", "width"), [([0, 1, 2], 1), ([0, 1, 2], 2), ([[0, 1], [1, 1]], 1), ([[0, 1], [1, 1]], 3)]
)
def test_outputs_that_are_too_narrow(y, width):
    """Keras would train such a model without a word."""
    encoder = ClassifierLabelEncoder().fit(np.array(y))

    with pytest.raises(ModelOutputError, match=f"has {width} units.*{encoder.n_classes_} classes"):
        encoder.set_model_output("mse", [(None, width)])


@pytest.mark.parametrize("shapes", [[], [(None, 1), (None, 1)], [(None, None)]])
def test_outputs_that_say_nothing(shapes):
    """Outputs of other kinds are not judged."""
    encoder = ClassifierLabelEncoder().fit(np.array([0, 1, 2]))
    encoder.set_model_output("sparse_categorical_crossentropy", shapes)
    assert (1, 1) == encoder.transform(np.array([1])).shape
    RegressorTargetEncoder().fit(np.zeros(3)).set_model_output("mse", shapes)


def test_outputs_without_a_unit_axis():
    """A model that gives one number for each row has one unit."""
    encoder = ClassifierLabelEncoder().fit(np.array([4, 7]))
    encoder.set_model_output("binary_crossentropy", [(None,)])

    assert [7, 4] == encoder.inverse_transform(np.array([0.9, 0.1])).tolist()


def test_one_class():
    """The only class is the answer, with certainty, whatever the model says."""
    for width, outputs in ((1, [[0.0], [1.0]]), (2, [[0.0, 1.0], [1.0, 0.0]])):
        encoder = adapted(np.array(["only", "only"]), "mse", width)

        assert ["only", "only"] == encoder.inverse_transform(np.array(outputs)).tolist()
        proba = encoder.inverse_transform(np.array(outputs), return_proba=True)
        assert [[1.0], [1.0]] == proba.tolist()


@pytest.mark.parametrize(
    ("expected", "loss", "outputs"),
    [
        ([[0.5, 0.5]], keras.losses.BinaryCrossentropy(from_logits=True), [[0.0]]),
        ([[0.0, 1.0]], keras.losses.BinaryCrossentropy(from_logits=True), [[500.0]]),
        ([[0.25, 0.75]], "hinge", [[0.5]]),
        ([[0.0, 1.0]], "mse", [[1.5]]),
        ([[0.2, 0.8]], "binary_crossentropy", [[0.8]]),
    ],
)
@pytest.mark.filterwarnings("ignore::scikeras_reference.exceptions.OutputRangeWarning")
def test_probabilities_of_one_unit(expected, loss, outputs):
    """Two columns that sum to one, from logits, margins and numbers outside of [0, 1]."""
    encoder = adapted(np.array([0, 1]), loss, 1)

    proba = encoder.inverse_transform(np.array(outputs), return_proba=True)

    np.testing.assert_allclose(expected, proba, atol=1e-12)


@pytest.mark.parametrize(
    ("expected", "loss", "outputs"),
    [
        ([0.5, 0.5], keras.losses.SparseCategoricalCrossentropy(from_logits=True), [900.0, 900.0]),
        ([0.5, 0.5], keras.losses.BinaryCrossentropy(from_logits=True), [0.0, 0.0]),
        ([0.25, 0.75], "mse", [1.0, 3.0]),
        ([0.0, 1.0], "mse", [-1.0, 3.0]),
        ([0.5, 0.5], "mse", [-1.0, -3.0]),
    ],
)
@pytest.mark.filterwarnings("ignore::scikeras_reference.exceptions.OutputRangeWarning")
def test_probabilities_of_several_units(expected, loss, outputs):
    """Rows sum to one, whatever the outputs."""
    encoder = adapted(np.array([0, 1]), loss, 2)

    np.testing.assert_allclose(
        [expected], encoder.inverse_transform(np.array([outputs]), return_proba=True)
    )


@pytest.mark.parametrize(
    ("y", "dtype"),
    [
        (np.array([[0, 1], [1, 1]], dtype=np.int32), np.int64),
        (np.array([[0, 1], [1, 1]], dtype=np.uint8), np.uint8),
        (np.array([[False, True], [True, True]]), bool),
        (np.array([[-1, 1], [1, 1]]), np.int64),
        (np.array([[0, 0], [0, 0]]), np.int64),
        (np.array([[1, 1], [1, 1]]), np.int64),
    ],
)
def test_indicators_come_back(y, dtype):
    """Two values of any kind, one column for each label (TGT-3)."""
    encoder = adapted(y, "binary_crossentropy", 2)
    encoded = encoder.transform(y)

    assert {0.0, 1.0} >= set(encoded.ravel().tolist())
    decoded = encoder.inverse_transform(encoded)
    np.testing.assert_array_equal(y, decoded)
    assert dtype == decoded.dtype
    np.testing.assert_array_equal(encoded, encoder.inverse_transform(encoded, return_proba=True))


def test_indicators_from_logits():
    """Each label by itself, at a probability of one half."""
    y = np.array([[0, 1], [1, 1]])
    encoder = adapted(y, keras.losses.BinaryCrossentropy(from_logits=True), 2)

    assert [[1, 0]] == encoder.inverse_transform(np.array([[3.0, -0.1]])).tolist()


@pytest.mark.parametrize("logits", [False, True])
def test_one_hot_indicators_with_a_categorical_loss(logits):
    """Where each row has one label and the loss lets them compete, one label is predicted."""
    encoder = adapted(
        np.eye(3, dtype=int), keras.losses.CategoricalCrossentropy(from_logits=logits), 3
    )

    outputs = np.array([[0.4, 0.35, 0.25]])
    assert [[1, 0, 0]] == encoder.inverse_transform(outputs).tolist()
    proba = encoder.inverse_transform(outputs, return_proba=True)
    np.testing.assert_allclose(1, proba.sum(axis=1))


@pytest.mark.parametrize(
    ("y", "kind"),
    [
        (np.array([[1, 2], [3, 1]]), "multiclass-multioutput"),
        (np.array([0.5, 1.5]), "continuous"),
        (np.array([[0.5, 1.5], [1.0, 2.0]]), "continuous-multioutput"),
        (np.zeros((2, 2, 2), dtype=int), "unknown"),
        (np.array([object(), object()]), "unknown"),
    ],
)
def test_unsupported_targets(y, kind):
    """Refused by name, with the way to add support (TGT-6, TGT-7, TGT-9)."""
    with pytest.raises(TargetTypeError, match=f"Unknown label type: {kind}.*target_encoder"):
        ClassifierLabelEncoder().fit(y)


def test_three_dimensional_targets_of_regressors():
    """A regressor refuses what scikit-learn has no name for."""
    with pytest.raises(TargetTypeError, match="unknown"):
        RegressorTargetEncoder().fit(np.zeros((2, 2, 2)))


def test_declared_categories():
    """Classes that y does not hold are classes all the same (API-3)."""
    encoder = ClassifierLabelEncoder(categories=[["c", "a", "b"]]).fit(np.array(["a", "b"]))

    assert (["a", "b", "c"], 3) == (encoder.classes_.tolist(), encoder.get_metadata()["n_classes_"])
    assert (2, 1) == encoder.transform(np.array(["c", "a"])).shape
    with pytest.raises(InputError, match=r"Found unknown categories \['d'\]"):
        encoder.transform(np.array(["d"]))


def test_unknown_values_in_indicators():
    """An indicator of other values, or with other labels, is refused."""
    encoder = ClassifierLabelEncoder().fit(np.array([[0, 1], [1, 1]]))

    with pytest.raises(InputError, match=r"Found unknown categories \[2\]"):
        encoder.transform(np.array([[0, 2]]))
    with pytest.raises(InputError, match="Detected ``y`` to have 3 labels"):
        encoder.transform(np.array([[0, 1, 1]]))


@pytest.mark.parametrize("y", [np.zeros(3), np.zeros((3, 1)), np.zeros((3, 2))])
def test_regression_targets_keep_their_shape(y):
    """1-d, column and several columns (TGT-4, TGT-5)."""
    encoder = RegressorTargetEncoder().fit(y)
    width = 1 if y.ndim == 1 else y.shape[1]
    assert encoder.transform(y) is y
    encoder.set_model_output("mse", [(None, width)])

    assert y.shape == encoder.inverse_transform(np.zeros((3, width))).shape
    assert {"n_outputs_": width, "n_outputs_expected_": 1} == encoder.get_metadata()
    assert (3, width) == encoder.transform(y).shape  # as the model answers
    with pytest.raises(InputError, match="outputs"):
        encoder.transform(np.zeros((3, 4)))
    with pytest.raises(ModelOutputError, match=f"7 units.*{width} columns"):
        encoder.set_model_output("mse", [(None, 7)])


def test_half_precision_is_widened():
    """Sums of probabilities of 16 bits would be off in the third digit."""
    encoder = RegressorTargetEncoder().fit(np.zeros(2))

    assert "float32" == encoder.inverse_transform(np.zeros((2, 1), dtype=np.float16)).dtype
    assert "float64" == encoder.inverse_transform(np.zeros((2, 1))).dtype


def test_reshaper():
    """1-d becomes a column and comes back; other shapes stay."""
    flat, matrix = np.arange(3), np.zeros((3, 2))

    with pytest.raises(NotFittedError):
        TargetReshaper().inverse_transform(matrix)
    assert (3, 1) == TargetReshaper().fit_transform(flat).shape
    assert (3,) == TargetReshaper().fit(flat).inverse_transform(flat.reshape(-1, 1)).shape
    assert matrix is TargetReshaper().fit(matrix).transform(matrix)
    assert matrix is TargetReshaper().fit(matrix).inverse_transform(matrix)


def test_encoders_are_scikit_learn_transformers():
    """Their parameters survive a clone."""
    encoder = clone(ClassifierLabelEncoder("mse", [[1, 2]]))

    assert {
        "loss": "mse",
        "categories": [[1, 2]],
        "form": "auto",
        "exclusive": "auto",
    } == encoder.get_params()


def test_target_type_is_scikit_learns():
    """The same answer, without a warning about many classes."""
    labels = np.arange(30) % 20
    with warnings.catch_warnings():
        # That of scikit-learn 1.7 warns; in newer versions another function does.
        warnings.simplefilter("ignore", UserWarning)
        expected = type_of_target(labels)
    assert "multiclass" == expected == target_type(labels)


class Columns(ClassifierLabelEncoder):
    """Learns its targets without the fit of its parent."""

    def fit(self, y):
        self.n_outputs_expected_ = 1
        return self

    def transform(self, y):
        return y

    def inverse_transform(self, y, return_proba=False):
        return y if return_proba else np.round(y).astype(int)

    def get_metadata(self):
        return {"n_outputs_expected_": 1}


def test_a_subclass_with_a_fit_of_its_own():
    """What the parent would adapt was never learned; the subclass's own methods answer."""
    encoder = Columns().fit(np.eye(3))
    encoder.set_model_output("binary_crossentropy", [(None, 3)])
    np.testing.assert_array_equal(np.eye(3), encoder.inverse_transform(np.eye(3) * 0.9))

    class Scaled(RegressorTargetEncoder):
        def fit(self, y):
            return self

    Scaled().fit(np.ones(3)).set_model_output("mse", [(None, 2)])

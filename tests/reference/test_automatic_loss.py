"""``loss="auto"``, and the network that goes with it."""

import keras
import numpy as np
import pytest
import sklearn
from reference_models import QUICK, sequential
from sklearn.exceptions import UnsetMetadataPassedError
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from scikeras_reference import BaseWrapper, KerasClassifier, KerasRegressor
from scikeras_reference._data.automatic_loss import OutputKind, output_kind
from scikeras_reference.exceptions import CompilationError, ModelInputError
from scikeras_reference.models import mlp

AUTO = {"loss": "auto", "optimizer": "sgd", **QUICK}
INDICATOR = np.array([[1, 0], [1, 1], [0, 0], [0, 1]] * 6)
EXCLUSIVE = np.array([[1, 0], [0, 1]] * 12)


def ending_in(units, activation):
    """Return a builder whose model ends in these units."""
    return lambda meta: sequential(meta["n_features_in_"], units, activation)


@pytest.mark.parametrize(
    ("units", "activation", "labels", "expected"),
    [
        (1, "sigmoid", "y", ("BinaryCrossentropy", False)),
        (1, None, "y", ("BinaryCrossentropy", True)),
        (2, "softmax", "y", ("SparseCategoricalCrossentropy", False)),
        (3, "softmax", "y3", ("SparseCategoricalCrossentropy", False)),
        (3, None, "y3", ("SparseCategoricalCrossentropy", True)),
        (3, "sigmoid", "y3", ("BinaryCrossentropy", False)),
    ],
)
def test_losses_of_classes(units, activation, labels, expected, X, request):
    """Target, width and activation decide; the model learns in that form, and has probabilities."""
    y = request.getfixturevalue(labels)

    clf = KerasClassifier(ending_in(units, activation), **AUTO).fit(X, y)

    loss = clf.model_.loss
    assert expected == (type(loss).__name__, loss.from_logits)
    assert np.allclose(1, clf.predict_proba(X).sum(axis=1), atol=1e-5)


@pytest.mark.parametrize(
    ("activation", "y", "expected"),
    [
        ("sigmoid", INDICATOR, ("BinaryCrossentropy", False)),
        (None, INDICATOR, ("BinaryCrossentropy", True)),
        ("softmax", EXCLUSIVE, ("CategoricalCrossentropy", False)),
    ],
)
def test_losses_of_labels(activation, y, expected, X):
    """An indicator wants a unit for each label; a softmax is for rows of one label."""
    clf = KerasClassifier(ending_in(2, activation), **AUTO).fit(X, y)

    loss = clf.model_.loss
    assert expected == (type(loss).__name__, loss.from_logits)


def test_loss_of_a_regressor(X, target):
    """Any activation may bound a regressor's predictions."""
    regressor = KerasRegressor(ending_in(1, "softplus"), **AUTO).fit(X, target)

    assert "MeanSquaredError" == type(regressor.model_.loss).__name__


def test_routed_parameters_reach_the_loss(X, y):
    """What is routed with ``loss__`` goes to the loss that was chosen (ROUTE-7)."""
    clf = KerasClassifier(ending_in(1, None), loss__label_smoothing=0.25, **AUTO).fit(X, y)

    assert (0.25, True) == (clf.model_.loss.label_smoothing, clf.model_.loss.from_logits)


@pytest.mark.parametrize(
    ("units", "activation", "y", "message"),
    [
        (3, "tanh", np.arange(24) % 3, "does not show"),
        (1, "softmax", np.arange(24) % 2, "softmax of one unit"),
        (2, "softmax", INDICATOR, "some rows of y have none or several"),
    ],
)
def test_what_is_not_evident_is_refused(units, activation, y, message, X):
    """Nothing is guessed, and the error comes before training (HYG-5)."""
    clf = KerasClassifier(ending_in(units, activation), **AUTO)

    with pytest.raises(CompilationError, match=message):
        clf.fit(X, y)
    assert not clf.initialized_


def test_what_has_no_meaning_is_refused(X, target):
    """The base wrapper does not know what its target is; nor is there one output among two."""
    with pytest.raises(CompilationError, match="FunctionTransformer"):
        BaseWrapper(ending_in(1, None), **AUTO).fit(X, target)


def test_several_outputs_are_refused(X, y):
    """One loss for each output is the user's to give."""

    class Two(KerasClassifier):
        @property
        def target_encoder(self):
            encoder = super().target_encoder
            encoder.get_metadata = lambda: {"n_outputs_expected_": 2, "n_classes_": 2}
            return encoder

    def build():
        inputs = keras.layers.Input((3,))
        return keras.Model(inputs, [keras.layers.Dense(1)(inputs), keras.layers.Dense(1)(inputs)])

    with pytest.raises(CompilationError, match="2 outputs"):
        Two(build, **AUTO).fit(X, y)


def test_a_builder_that_compiles(X, y):
    """It gets None for the loss, as for an optimizer that was not given; the error says why."""
    seen = []

    def build(meta, compile_kwargs):
        seen.append(compile_kwargs["loss"])
        model = sequential(3, 1, "sigmoid")
        model.compile(**compile_kwargs)
        return model

    with pytest.raises(CompilationError, match="leave model.compile to the wrapper"):
        KerasClassifier(build, **AUTO).fit(X, y)
    assert [None] == seen


def test_a_compiled_model_keeps_its_loss(X, y):
    """Compilation parameters are ignored for it, this one too (COMP-2)."""

    def build():
        model = sequential(3, 1, "sigmoid")
        model.compile(loss="mse", optimizer="sgd", run_eagerly=True)
        return model

    assert "mse" == KerasClassifier(build, **AUTO).fit(X, y).model_.loss


def test_a_loss_that_is_set_after_initialize(X, y):
    """`fit` compiles what `initialize` could not."""
    clf = KerasClassifier(ending_in(1, "sigmoid"), **{**AUTO, "loss": None}).initialize(X, y)

    clf.set_params(loss="auto", warm_start=True).fit(X, y)

    assert "BinaryCrossentropy" == type(clf.model_.loss).__name__


def test_an_activation_of_the_users_own():
    """What it returns counts, not its name."""

    def scaled(x):
        return keras.ops.sigmoid(2 * x)

    def over_rows(x):
        return keras.ops.softmax(x, axis=0) / 2

    assert output_kind(scaled) is OutputKind.INDEPENDENT
    assert output_kind(keras.layers.Softmax()) is OutputKind.EXCLUSIVE
    assert output_kind(lambda x: x) is OutputKind.LOGITS
    assert output_kind(over_rows) is None
    assert output_kind(lambda x: keras.ops.sigmoid(-x)) is None
    assert output_kind(None) is None


@pytest.mark.parametrize(
    ("wrapper", "y", "units"),
    [
        (KerasClassifier, np.array(["a", "b"] * 12), 1),
        (KerasClassifier, np.array(["a", "b", "c"] * 8), 3),
        (KerasClassifier, INDICATOR, 2),
        (KerasRegressor, np.linspace(0, 1, 24), 1),
        (KerasRegressor, np.linspace(0, 1, 48).reshape(24, 2), 2),
    ],
)
def test_the_ready_made_network(wrapper, y, units, X):
    """It has the right output for every target, and takes rows of several dimensions."""
    rows = np.stack([X, X], axis=1)

    for features in (X, rows):
        estimator = wrapper(mlp, hidden_layer_sizes=(4,), dropout=0.5, **AUTO).fit(features, y)
        assert y.shape == estimator.predict(features).shape
        assert (None, units) == estimator.model_.output_shape


def test_the_ready_made_network_has_one_input(X, y):
    """With inputs by name, the error says what to do instead of Keras's about a shape."""
    with pytest.raises(ModelInputError, match="inputs by name: a, b"):
        KerasClassifier(mlp, loss="auto").fit({"a": X, "b": X}, y)


def test_log_probabilities(X, y3):
    """They are the logarithms of the probabilities, and silent about a probability of zero."""
    clf = KerasClassifier(ending_in(3, "softmax"), **AUTO).fit(X, y3)
    assert np.allclose(np.log(clf.predict_proba(X)), clf.predict_log_proba(X))

    clf.model_.layers[-1].set_weights([np.zeros((3, 3)), np.array([0.0, -1000.0, 0.0])])
    assert [-np.inf] * 24 == clf.predict_log_proba(X)[:, 1].tolist()


def test_epochs_and_class_weight_can_be_requested(X, y3):
    """Routers pass on what is requested, and refuse what is not (SKL-4)."""
    with sklearn.config_context(enable_metadata_routing=True):
        clf = KerasClassifier(mlp, **AUTO)
        clf.set_fit_request(epochs=True, class_weight=True, batch_size=False)
        pipeline = make_pipeline(StandardScaler(), clf)

        pipeline.fit(X, y3, epochs=3, class_weight={"a": 2.0, "b": 1.0, "c": 1.0})

        assert 3 == pipeline[-1].current_epoch
        with pytest.raises(UnsetMetadataPassedError):
            pipeline.fit(X, y3, callbacks=[])
        with pytest.raises(TypeError, match="class_weight"):
            KerasRegressor(mlp, **AUTO).set_fit_request(class_weight=True)

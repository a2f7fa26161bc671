"""ONNX models return what the estimators return."""

import sys

import keras
import numpy as np
import pytest
from reference_models import QUICK, classifier, linear, regressor, sequential, sigmoid
from sklearn.exceptions import NotFittedError
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from scikeras_reference import KerasClassifier, KerasRegressor, KerasTransformer
from scikeras_reference.exceptions import SerializationError
from scikeras_reference.export import register_converters, to_onnx

NEEDS_TENSORFLOW = pytest.mark.skipif(
    "tensorflow" != keras.backend.backend(), reason="Keras exports to ONNX through tf2onnx"
)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "estimator.onnx"


def run(path, X):
    """Return the outputs of an ONNX model, by name."""
    import onnxruntime

    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    (given,) = session.get_inputs()
    names = [output.name for output in session.get_outputs()]
    return dict(zip(names, session.run(names, {given.name: X}), strict=True))


def ending_in(units, activation):
    return lambda: sequential(3, units, activation)


INDICATOR = np.array([[1, 0], [1, 1], [0, 0], [0, 1]] * 6)


@NEEDS_TENSORFLOW
@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # of tf2onnx
@pytest.mark.parametrize(
    ("build", "loss", "y"),
    [
        (ending_in(1, "sigmoid"), "binary_crossentropy", np.array(["no", "yes"] * 12)),
        (ending_in(1, None), keras.losses.BinaryCrossentropy(from_logits=True), np.arange(24) % 2),
        (ending_in(1, "tanh"), "hinge", np.arange(24) % 2 == 0),
        (ending_in(3, "softmax"), "sparse_categorical_crossentropy", np.arange(24) % 3),
        (
            ending_in(5, None),
            keras.losses.SparseCategoricalCrossentropy(from_logits=True),
            np.array(["a", "b", "c"] * 8),
        ),
        (ending_in(3, "sigmoid"), "binary_crossentropy", (np.arange(24) % 3)[:, None]),
        (ending_in(2, "sigmoid"), "binary_crossentropy", INDICATOR),
        (ending_in(2, "softmax"), "categorical_crossentropy", np.eye(2, dtype=int)[[0, 1] * 12]),
    ],
)
def test_classifiers(build, loss, y, path, X):
    """Labels and probabilities, whatever the loss takes the outputs for."""
    clf = KerasClassifier(build, loss=loss, optimizer="sgd", **QUICK).fit(X, y)

    to_onnx(clf, path)

    outputs = run(path, X)
    assert ["label", "probabilities"] == list(outputs)
    assert clf.predict(X).astype(outputs["label"].dtype).tolist() == outputs["label"].tolist()
    assert np.allclose(clf.predict_proba(X), outputs["probabilities"], atol=1e-5)


@NEEDS_TENSORFLOW
@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_regressors_and_transformers(path, X, target):
    """They have one output, in the shape of the predictions."""
    for y in (target, target[:, None], np.column_stack([target, target])):
        fitted = regressor().fit(X, y)
        to_onnx(fitted, path)
        outputs = run(path, X)
        assert fitted.predict(X).shape == outputs["variable"].shape
        assert np.allclose(fitted.predict(X), outputs["variable"], atol=1e-5)

    model = keras.Sequential(
        [keras.layers.Input((3,)), keras.layers.Dense(2, name="code"), keras.layers.Dense(3)]
    )
    transformer = KerasTransformer(model, loss="mse", **QUICK).fit(X)
    to_onnx(transformer, path)
    assert np.allclose(transformer.transform(X), run(path, X)["transformed"], atol=1e-5)


def test_what_has_no_form_in_onnx(path, X, target):
    """Encoders of the user's own, and estimators without a model, are refused."""

    class Scaled(KerasRegressor):
        @property
        def feature_encoder(self):
            return FunctionTransformer(np.log1p)

    with pytest.raises(SerializationError, match="feature_encoder is FunctionTransformer"):
        to_onnx(Scaled(linear, loss="mse", **QUICK).fit(np.abs(X), target), path)
    with pytest.raises(NotFittedError, match="no model yet"):
        to_onnx(classifier(), path)
    assert not path.exists()


def test_what_is_no_wrapper(path, X, y):
    """A pipeline needs another converter, which the error names."""
    pipeline = make_pipeline(StandardScaler(), classifier()).fit(X, y)

    with pytest.raises(SerializationError, match="given a Pipeline.*register_converters"):
        to_onnx(pipeline, path)


def test_without_onnx(path, X, y, monkeypatch):
    """The error says what to install."""
    fitted = classifier(model=sigmoid, loss="binary_crossentropy").fit(X, y)
    monkeypatch.setitem(sys.modules, "onnx", None)

    with pytest.raises(ImportError, match="pip install onnx, and tf2onnx"):
        to_onnx(fitted, path)


@NEEDS_TENSORFLOW
@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    ("build", "loss", "y"),
    [
        (ending_in(1, "sigmoid"), "binary_crossentropy", np.array(["no", "yes"] * 12)),
        (ending_in(1, "sigmoid"), "binary_crossentropy", np.arange(24) % 2 == 0),
        (ending_in(3, "softmax"), "sparse_categorical_crossentropy", np.arange(24) % 3 + 5),
        (ending_in(2, "sigmoid"), "binary_crossentropy", INDICATOR),
    ],
    ids=["text", "booleans", "integers", "indicator"],
)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_pipelines_with_a_classifier(build, loss, y, dtype, path, X):
    """skl2onnx converts the scaler and the wrapper to one model of labels and probabilities."""
    from skl2onnx import to_onnx as pipeline_to_onnx

    register_converters()
    clf = KerasClassifier(build, loss=loss, optimizer="sgd", **QUICK)
    pipeline = make_pipeline(StandardScaler(), clf).fit((X * 9 + 5).astype(dtype), y)
    rows = (X * 9 + 5).astype(dtype)

    model = pipeline_to_onnx(pipeline, rows[:1], options={"zipmap": False})

    path.write_bytes(model.SerializeToString())
    outputs = run(path, rows)
    assert ["label", "probabilities"] == list(outputs)
    assert pipeline.predict(rows).tolist() == outputs["label"].tolist()
    assert np.allclose(pipeline.predict_proba(rows), outputs["probabilities"], atol=1e-5)


@NEEDS_TENSORFLOW
@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_pipelines_with_others(path, X, target):
    """A transformer in the middle, a regressor at the end, a subclass, and labels as keys."""
    from skl2onnx import to_onnx as pipeline_to_onnx

    class Own(KerasRegressor):
        pass

    register_converters(Own)
    autoencoder = keras.Sequential(
        [keras.layers.Input((3,)), keras.layers.Dense(2, name="code"), keras.layers.Dense(3)]
    )
    transformer = KerasTransformer(autoencoder, loss="mse", **QUICK)
    pipeline = make_pipeline(StandardScaler(), transformer, Own(linear, loss="mse", **QUICK)).fit(
        X, target
    )
    path.write_bytes(pipeline_to_onnx(pipeline, X[:1]).SerializeToString())
    assert np.allclose(pipeline.predict(X), run(path, X)["variable"], atol=1e-5)

    clf = make_pipeline(StandardScaler(), classifier()).fit(X, np.arange(24) % 2)
    path.write_bytes(pipeline_to_onnx(clf, X[:1]).SerializeToString())
    named = run(path, X)["output_probability"]
    assert np.allclose(clf.predict_proba(X)[:, 1], [row[1] for row in named], atol=1e-5)


def test_without_skl2onnx(monkeypatch):
    """The error says what to install."""
    monkeypatch.setitem(sys.modules, "skl2onnx", None)

    with pytest.raises(ImportError, match="pip install skl2onnx"):
        register_converters()

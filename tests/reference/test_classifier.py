"""What is specific to classification (chapters CLS, TGT and SCORE)."""

import keras
import numpy as np
import pytest
from reference_models import classifier, sequential, sigmoid, softmax
from sklearn.base import BaseEstimator, TransformerMixin, is_classifier, is_regressor
from sklearn.utils import get_tags

from scikeras_reference import BaseWrapper, KerasClassifier, KerasRegressor
from scikeras_reference.exceptions import InputError, ModelOutputError, TargetTypeError


def test_what_it_is():
    """Scikit-learn's own tools tell the three apart (CLS-5)."""
    assert [(False, False), (True, False), (False, True)] == [
        (is_classifier(cls()), is_regressor(cls()))
        for cls in (BaseWrapper, KerasClassifier, KerasRegressor)
    ]
    tags = get_tags(KerasClassifier())
    assert (True, True, True) == (
        tags.input_tags.sparse,
        tags.classifier_tags.multi_label,
        tags.target_tags.required,
    )


LEARNABLE = {
    "binary-sigmoid": (sigmoid, "binary_crossentropy", lambda k: k % 2),
    "binary-softmax": (softmax, "sparse_categorical_crossentropy", lambda k: k % 2),
    "binary-one-hot": (softmax, "categorical_crossentropy", lambda k: k % 2),
    "binary-two-units-elementwise": (softmax, "binary_crossentropy", lambda k: k % 2),
    "multiclass-sparse": (softmax, "sparse_categorical_crossentropy", lambda k: k),
    "multiclass-one-hot": (softmax, keras.losses.CategoricalCrossentropy, lambda k: k),
    "multiclass-mse": (softmax, "mse", lambda k: k),
    "words": (softmax, keras.losses.categorical_crossentropy, lambda k: np.array(list("xyz"))[k]),
    "column": (softmax, "sparse_categorical_crossentropy", lambda k: k.reshape(-1, 1)),
    "multilabel": (sigmoid, "binary_crossentropy", lambda k: 1 - np.eye(3, dtype=int)[k]),
}


@pytest.mark.slow
@pytest.mark.parametrize("case", LEARNABLE)
def test_every_kind_of_target_is_learned(case, rng):
    """A target in the wrong form would train without an error, and to nothing (TGT-1 to TGT-3)."""
    model, loss, labels = LEARNABLE[case]
    k = rng.integers(3, size=60)
    X = np.eye(3, dtype=np.float32)[k]
    y = labels(k)
    wrapper = classifier(
        model=model,
        loss=loss,
        optimizer="adam",
        optimizer__learning_rate=0.3,
        epochs=15,
        batch_size=-1,
    ).fit(X, y)

    predicted = wrapper.predict(X)
    np.testing.assert_array_equal(y, predicted)
    assert (y.dtype.kind, y.shape) == (predicted.dtype.kind, predicted.shape)
    assert y[:1].shape == wrapper.predict(X[:1]).shape
    assert 1.0 == wrapper.score(X, y)
    proba = wrapper.predict_proba(X[:1])
    assert (1, len(wrapper.classes_)) == proba.shape
    if case != "multilabel":
        np.testing.assert_allclose(1, proba.sum(axis=1), rtol=1e-5)


@pytest.mark.parametrize("given", ["categorical_crossentropy", None, "mse", 3])
def test_the_compiled_loss_decides(given, X, y3):
    """The constructor's ``loss`` is ignored where the builder compiled another one (COMP-2)."""
    seen = []

    def build(meta):
        model = softmax(meta)
        model.compile("sgd", "sparse_categorical_crossentropy", run_eagerly=True)
        model.fit = lambda **kwargs: seen.append(kwargs["y"]) or type(model).fit(model, **kwargs)
        return model

    classifier(model=build, loss=given).fit(X, y3)

    np.testing.assert_array_equal(np.tile([[0], [1], [2]], (8, 1)), seen[0])


def test_logits(X, y3):
    """Outputs become probabilities if the loss takes logits (TGT-10)."""
    wrapper = classifier(
        model=lambda meta: sequential(3, 3),
        loss="sparse_categorical_crossentropy",
        loss__from_logits=True,
    ).fit(X, y3)

    raw = wrapper.model_.predict(X, verbose=0)
    expected = np.exp(raw) / np.exp(raw).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(expected, wrapper.predict_proba(X), rtol=1e-5)


@pytest.mark.parametrize(
    ("shape", "labels"), [((24,), 2), ((24, 3), 3), ((24, 2), "indicator")], ids=str
)
def test_decision_function(shape, labels, X, rng):
    """Positive where the probability is above one half, largest for the class that is predicted."""
    if labels == "indicator":
        y, wrapper = rng.integers(2, size=(24, 2)), classifier(model=sigmoid, loss="bce")
    else:
        y, wrapper = np.arange(24) % labels, classifier()
    decision = wrapper.fit(X, y).decision_function(X)
    proba = wrapper.predict_proba(X)

    assert shape == decision.shape
    if len(shape) == 2 and labels != "indicator":
        np.testing.assert_array_equal(proba.argmax(axis=1), decision.argmax(axis=1))
    else:
        chosen = proba[:, 1] if len(shape) == 1 else proba
        np.testing.assert_array_equal(chosen > 0.5, decision > 0)


def test_class_weights_are_multiplied_with_sample_weights(X, y):
    """By label, without a change to the caller's array (API-5)."""
    seen = []

    def build(meta):
        model = softmax(meta)
        model.fit = lambda **kw: seen.append(kw["sample_weight"]) or type(model).fit(model, **kw)
        return model

    weights = np.ones(24)
    for class_weight, given in ((None, weights), ({"yes": 3}, weights), ("balanced", None)):
        classifier(model=build, class_weight=class_weight).fit(X, y, given)
    classifier(model=build, class_weight={"yes": 3}).partial_fit(X, y, sample_weight=weights)

    np.testing.assert_array_equal(weights, seen[0])
    np.testing.assert_array_equal([1, 3] * 12, seen[1])
    np.testing.assert_array_equal(np.ones(24), seen[2])
    np.testing.assert_array_equal([1, 3] * 12, seen[3])
    np.testing.assert_array_equal(np.ones(24), weights)


def test_classes_of_partial_fit(X, y):
    """The first call may name labels that come later only (API-3)."""
    wrapper = classifier().partial_fit(X, y, classes=["maybe", "yes", "no"])

    assert ["maybe", "no", "yes"] == wrapper.classes_.tolist()
    assert "multiclass" == wrapper.target_type_  # of what was announced, not of two of three
    assert (24, 3) == wrapper.predict_proba(X).shape
    wrapper.partial_fit(X, ["maybe"] * 24)
    wrapper.partial_fit(X, y, classes=["no", "maybe", "yes"])
    with pytest.raises(InputError, match=r"classes=\['no', 'yes'\] is not what the first call"):
        wrapper.partial_fit(X, y, classes=["no", "yes"])
    with pytest.raises(InputError, match="unknown categories"):
        wrapper.partial_fit(X, ["never"] * 24)
    assert ["no", "yes"] == wrapper.fit(X, y).classes_.tolist()


def test_too_few_units(X, y3):
    """Refused before training, with both numbers."""
    with pytest.raises(ModelOutputError, match="2 units.*3 classes"):
        classifier(model=lambda: sequential(3, 2, "softmax")).fit(X, y3)


@pytest.mark.parametrize(
    ("y", "kind"),
    [
        (np.linspace(0, 1, 24), "continuous"),
        (np.arange(48).reshape(24, 2), "multiclass-multioutput"),
        (np.zeros((24, 2, 2)), "unknown"),
        ([[1], [1, 2]] * 12, "unknown"),
        (np.array([object()] * 24), "unknown"),
    ],
)
def test_unsupported_targets(y, kind, X):
    """Refused by type, with the way to add support (TGT-6, TGT-7, TGT-9)."""
    with pytest.raises(TargetTypeError, match=f"Unknown label type: {kind}.*target_encoder"):
        classifier().fit(X, y)


def test_labels_of_several_types_of_number(X):
    """Python objects of several types are named, with what to convert them to."""
    y = np.array([1, 2.5] * 12, dtype=object)
    with pytest.raises(TargetTypeError, match=r"objects \(float, int\).*y.astype\(str\)"):
        classifier().fit(X, y)


def test_a_missing_target(X):
    """The error is scikit-learn's own."""
    with pytest.raises(InputError, match="requires y to be passed, but the target y is None"):
        classifier().fit(X)


class Columns(TransformerMixin, BaseEstimator):
    """Each column of y is a problem of its own."""

    def fit(self, y):
        self.classes_ = [np.unique(column) for column in y.T]
        return self

    def transform(self, y):
        return [np.searchsorted(c, column) for c, column in zip(self.classes_, y.T, strict=True)]

    def inverse_transform(self, outputs, return_proba=False):
        if return_proba:
            return outputs
        return np.column_stack(
            [c[output.argmax(axis=1)] for c, output in zip(self.classes_, outputs, strict=True)]
        )

    def get_metadata(self):
        return {"classes_": self.classes_, "n_outputs_expected_": len(self.classes_)}


class Multioutput(KerasClassifier):
    @property
    def target_encoder(self):
        return Columns()


def heads(meta):
    inputs = keras.layers.Input((meta["n_features_in_"],))
    outputs = [keras.layers.Dense(len(c), activation="softmax")(inputs) for c in meta["classes_"]]
    return keras.Model(inputs, outputs)


def test_a_subclass_adds_support(X):
    """Several columns of classes, with an encoder of the subclass's own (TGT-8)."""
    y = np.column_stack([np.arange(24) % 3, np.arange(24) % 2 + 5])
    wrapper = Multioutput(
        heads,
        loss=["sparse_categorical_crossentropy"] * 2,
        verbose=0,
        run_eagerly=True,
    ).fit(X, y)

    assert "multiclass-multioutput" == wrapper.target_type_
    assert y.shape == wrapper.predict(X).shape
    assert [(24, 3), (24, 2)] == [proba.shape for proba in wrapper.predict_proba(X)]
    assert set(wrapper.predict(X)[:, 1]) <= {5, 6}


def test_scorer_sees_labels_and_weights(X, y):
    """Routed parameters and ``sample_weight`` reach it, in the user's own labels (SCORE-3)."""
    seen = {}

    class Scoring(KerasClassifier):
        @staticmethod
        def scorer(y_true, y_pred, **kwargs):
            seen.update(kwargs, labels=set(y_true) | set(y_pred))
            return 0.25

    wrapper = Scoring(softmax, loss="ce", verbose=0, run_eagerly=True, score__normalize=False)

    assert 0.25 == wrapper.fit(X, y).score(X, y, sample_weight=np.ones(24))
    assert {"normalize", "sample_weight", "labels"} == set(seen)
    assert seen["labels"] <= {"no", "yes"}

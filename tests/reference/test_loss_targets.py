"""The form of target follows what the loss computes, and metrics see a form that they can read."""

import functools
import warnings

import keras
import numpy as np
import pytest
from reference_models import ScaledLoss, scaled_error

from scikeras_reference import KerasClassifier
from scikeras_reference._data.loss_targets import (
    TargetForm,
    first_loss,
    form_of_loss,
    labels_compete,
    uses_logits,
    uses_margins,
)
from scikeras_reference._data.target_probe import Evidence, probe_loss, probed_form
from scikeras_reference.exceptions import (
    CompilationError,
    ModelOutputError,
    TargetFormWarning,
    WrapperWarning,
)
from scikeras_reference.utils.transformers import ClassifierLabelEncoder

NUMBERS, FLAT, ONE_HOT = TargetForm
NOT_FOR_CLASSES = {"CTC"}  # it compares sequences


def classes_of_losses():
    """Return every class of losses that Keras offers for labels, by name."""
    found = {
        name: value
        for name, value in vars(keras.losses).items()
        if isinstance(value, type)
        and issubclass(value, keras.losses.Loss)
        and value is not keras.losses.Loss
        and name not in NOT_FOR_CLASSES
    }
    assert len(found) > 15
    return found


def build(units, activation="softmax", meta=None):
    """Return an uncompiled model with `units` outputs."""
    shape = (4 if meta is None else meta["n_features_in_"],)
    return keras.Sequential(
        [keras.Input(shape), keras.layers.Dense(units, activation=activation, name="out")]
    )


def rows(n_classes, n=30):
    """Return X and labels."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(n, 4)).astype("float32")
    return X, np.arange(n) % n_classes


# -- losses of Keras ----------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize(("n_units", "n_classes"), [(2, 2), (3, 3), (5, 3), (4, 4)])
def test_every_loss_of_keras_gets_the_form_that_it_computes_the_right_value_for(n_units, n_classes):
    """What the list says of each loss is the best that trying every form shows."""
    wrong = {}
    for name, cls in classes_of_losses().items():
        found = {form: probe_loss(cls(), form, n_units, n_classes) for form in TargetForm}
        form = form_of_loss(cls(), n_units, n_classes).form
        if found[form] < max(found.values()) or found[form] < Evidence.RIGHT_BY_BATCH:
            wrong[name] = (form, found)
    assert {} == wrong


def test_losses_that_cannot_learn_from_one_unit():
    """Those that the list refuses for one unit do not react rightly to what one unit predicts."""
    for name, cls in classes_of_losses().items():
        shown = probe_loss(cls(), NUMBERS, 1, 2) >= Evidence.RIGHT_BY_BATCH
        refused = form_of_loss(cls(), 1, 2).needs_several_units
        # The divergence is an exception: it reacts to one of the two classes.
        assert shown is not refused or name == "KLDivergence", name


def spellings(name, cls):
    """Yield every way to give one loss."""
    snake = cls().name
    function = getattr(keras.losses, snake, None)
    yield from (name, snake, cls, cls(), type("Mine", (cls,), {}), type("Mine", (cls,), {})())
    if callable(function):
        yield function
        yield functools.partial(function)


@pytest.mark.parametrize("name", ["CategoricalCrossentropy", "MeanSquaredError", "Hinge"])
def test_one_hot_losses_in_every_spelling(name):
    """A name, class, instance, function, partial or subclass makes no difference."""
    for loss in spellings(name, getattr(keras.losses, name)):
        assert ONE_HOT is form_of_loss([loss], 3, 3).form, loss


def test_losses_of_class_numbers_in_every_spelling():
    """The one that compares rows with rows gets one dimension."""
    for loss in spellings(
        "SparseCategoricalCrossentropy", keras.losses.SparseCategoricalCrossentropy
    ):
        assert NUMBERS is form_of_loss(loss, 3, 3).form, loss
    flat = keras.losses.CategoricalGeneralizedCrossEntropy
    for loss in (flat, flat(q=0.3), keras.losses.categorical_generalized_cross_entropy):
        assert FLAT is form_of_loss(loss, 3, 3).form, loss


# -- losses of the user's own -------------------------------------------------------------------


def focal(y_true, y_pred):
    """Compute a loss of one-hot rows."""
    return -keras.ops.sum(y_true * (1 - y_pred) ** 2 * keras.ops.log(y_pred + 1e-7), axis=-1)


def sparse(y_true, y_pred):
    """Compute a loss of class numbers, in either shape."""
    codes = keras.ops.cast(keras.ops.reshape(y_true, (-1,)), "int32")
    hot = keras.ops.one_hot(codes, keras.ops.shape(y_pred)[-1])
    return -keras.ops.sum(hot * keras.ops.log(y_pred + 1e-7), axis=-1)


def flat(y_true, y_pred):
    """Compute a loss of class numbers in one dimension."""
    hot = keras.ops.one_hot(keras.ops.cast(y_true, "int32"), y_pred.shape[-1])
    return keras.ops.mean(keras.ops.sum((hot - y_pred) ** 2, axis=-1))


def ignores_the_target(y_true, y_pred):
    """Compute a loss that shows nothing about its target."""
    return keras.ops.mean(y_pred**2, axis=-1) + 0 * keras.ops.sum(y_true)


class Recast(keras.losses.MeanSquaredError):
    """A subclass that computes something else than its base."""

    def call(self, y_true, y_pred):
        """Compute it from class numbers."""
        return sparse(y_true, y_pred)


@functools.wraps(keras.losses.mean_squared_error)
def wrapped(y_true, y_pred):
    """Compute another loss than the function whose name this one has."""
    return sparse(y_true, y_pred)


def weighted(y_true, y_pred):
    """Compute a one-hot loss that is not the same for all classes."""
    weights = keras.ops.arange(1, y_pred.shape[-1] + 1, dtype=y_pred.dtype)
    return -keras.ops.sum(weights * y_true * keras.ops.log(y_pred + 1e-7), axis=-1)


@pytest.mark.parametrize(
    ("expected", "loss"),
    [
        (ONE_HOT, focal),
        (ONE_HOT, functools.partial(focal)),
        (ONE_HOT, weighted),
        (NUMBERS, sparse),
        (NUMBERS, Recast()),
        (NUMBERS, wrapped),
        (FLAT, flat),
    ],
)
@pytest.mark.parametrize("n_classes", [2, 3])
def test_losses_of_the_users_own_are_tried(expected, loss, n_classes):
    """The form is the one for which the loss was shown to compute the right value."""
    assert form_of_loss(loss, n_classes, n_classes) is None
    found = probed_form(loss, n_classes, n_classes)
    assert (expected, True) == (found.form, found.is_shown)


def test_trying_a_loss_draws_no_random_number():
    """A loss with noise in it leaves the generators as they were."""

    def noisy(y_true, y_pred):
        noise = float(np.random.normal())  # noqa: NPY002
        return focal(y_true, y_pred) * (1 + 0 * noise)

    np.random.seed(0)  # noqa: NPY002
    expected = np.random.normal()  # noqa: NPY002
    np.random.seed(0)  # noqa: NPY002
    probed_form(noisy, 3, 3)
    assert expected == np.random.normal()  # noqa: NPY002


@pytest.mark.slow
@pytest.mark.parametrize("loss", [focal, weighted, sparse, flat])
def test_a_loss_of_the_users_own_trains(loss):
    """The classifier learns with it, and nothing is said about the form."""
    X, y = rows(3, n=60)
    X[np.arange(60), y] += 3
    adam = keras.optimizers.Adam
    with warnings.catch_warnings():
        warnings.simplefilter("error", WrapperWarning)
        classifier = KerasClassifier(
            build, loss=loss, optimizer=adam, optimizer__learning_rate=0.1, epochs=20, verbose=0,
            units=3, random_state=0,
        ).fit(X, y)  # fmt: skip
    assert classifier.score(X, y) > 0.8


def test_a_form_that_cannot_be_shown_is_said():
    """The warning names the loss, both forms and what decides."""
    X, y = rows(3)
    with pytest.warns(TargetFormWarning, match=r"ignores_the_target.*numbers.*one-hot.*encoder"):
        KerasClassifier(build, loss=ignores_the_target, units=3, verbose=0).fit(X, y)


def test_the_encoder_decides():
    """With a form of one's own nothing is tried, and nothing is said."""

    class Decided(KerasClassifier):
        @property
        def target_encoder(self):
            return ClassifierLabelEncoder(self.loss, form="one-hot")

    X, y = rows(3)
    with warnings.catch_warnings():
        warnings.simplefilter("error", WrapperWarning)
        classifier = Decided(build, loss=ignores_the_target, units=3, verbose=0).fit(X, y)
    assert (30, 3) == classifier.target_encoder_.transform(y).shape


# -- pairs that make no sense -------------------------------------------------------------------


@pytest.mark.parametrize(
    "loss",
    [
        "sparse_categorical_crossentropy",
        keras.losses.CategoricalGeneralizedCrossEntropy,
        sparse,
    ],
)
def test_one_hot_y_with_a_loss_of_class_numbers_is_refused(loss):
    """Before training, with the form of y, the loss and both ways out."""
    X, y = rows(3)
    with pytest.raises(ModelOutputError, match=r"one-hot.*argmax.*categorical_crossentropy"):
        KerasClassifier(build, loss=loss, units=3, verbose=0).fit(X, np.eye(3)[y])


@pytest.mark.parametrize("loss", ["sparse_categorical_crossentropy", "categorical_crossentropy"])
def test_a_loss_of_several_units_on_one_unit_is_refused(loss):
    """It would train nothing, for its value is the same whatever one unit predicts."""
    X, y = rows(2)
    with pytest.raises(ModelOutputError, match=r"one unit.*binary_crossentropy.*2 units"):
        KerasClassifier(build, loss=loss, units=1, activation="sigmoid", verbose=0).fit(X, y)


# -- metrics ------------------------------------------------------------------------------------

OF_UNITS = ["F1Score", "AUC", "Precision", "Recall", "R2Score", "CosineSimilarity"]
OF_UNITS += ["BinaryAccuracy", "CategoricalAccuracy", "MeanSquaredError"]


@pytest.mark.parametrize("metric", OF_UNITS)
@pytest.mark.parametrize("where", ["metrics", "compile__weighted_metrics", "builder"])
def test_metrics_of_units_are_refused_under_a_sparse_loss(metric, where):
    """The error names the metric, the loss and the remedy, and nothing was trained."""
    X, y = rows(3)
    params = {"loss": "sparse_categorical_crossentropy", "units": 3, "verbose": 0}
    builder = build
    if where == "builder":

        def builder(units):
            model = build(units)
            made = getattr(keras.metrics, metric)()
            model.compile("sgd", params["loss"], metrics=[made])
            return model
    else:
        params[where] = [getattr(keras.metrics, metric)]
    with pytest.raises(CompilationError, match=rf"{metric}.*parse.*categorical_crossentropy"):
        KerasClassifier(builder, **params).fit(X, y)


@pytest.mark.slow
@pytest.mark.parametrize("metric", OF_UNITS)
def test_metrics_of_units_are_right_under_a_one_hot_loss(metric):
    """The value in the history is the one computed from one-hot rows and the same outputs."""
    X, y = rows(3)
    cls = getattr(keras.metrics, metric)
    classifier = KerasClassifier(
        build, loss="categorical_crossentropy", metrics=[cls], units=3, batch_size=-1, verbose=0,
        optimizer="sgd", optimizer__learning_rate=0.0,
    ).fit(X, y)  # fmt: skip
    by_hand = cls()
    by_hand.update_state(np.eye(3, dtype="float32")[y], classifier.model_.predict(X, verbose=0))
    name = next(name for name in classifier.history_ if name != "loss")
    expected = np.asarray(keras.ops.convert_to_numpy(by_hand.result()))
    np.testing.assert_allclose(expected, np.asarray(classifier.history_[name][0]), rtol=1e-4)


@pytest.mark.parametrize("metric", ["CategoricalAccuracy", "F1Score", "SparseCategoricalAccuracy"])
def test_metrics_that_say_nothing_about_one_unit_are_refused(metric):
    """Their value is the same whatever the unit predicts."""
    X, y = rows(2)
    with pytest.raises(CompilationError, match=rf"{metric}.*one unit"):
        KerasClassifier(
            build, loss="binary_crossentropy", metrics=[getattr(keras.metrics, metric)],
            units=1, activation="sigmoid", verbose=0,
        ).fit(X, y)  # fmt: skip


@pytest.mark.parametrize("metric", ["accuracy", "BinaryAccuracy", "AUC", "Precision", "Recall"])
def test_metrics_of_one_unit_are_taken(metric):
    """They read the target of one unit."""
    X, y = rows(2)
    KerasClassifier(
        build,
        loss="binary_crossentropy",
        metrics=[metric],
        units=1,
        activation="sigmoid",
        verbose=0,
    ).fit(X, y)


def test_sparse_metrics_are_refused_under_a_one_hot_loss():
    """They would compare one-hot rows with class numbers."""
    X, y = rows(3)
    with pytest.raises(CompilationError, match=r"SparseCategoricalAccuracy.*accuracy"):
        KerasClassifier(
            build, loss="categorical_crossentropy", metrics=["sparse_categorical_accuracy"],
            units=3, verbose=0,
        ).fit(X, y)  # fmt: skip


def test_a_metric_that_cannot_be_computed_from_class_numbers():
    """It is refused with a remedy, instead of an error of the backend about shapes."""
    X, y = rows(3)
    metric = keras.metrics.MeanIoU(num_classes=3)
    model = KerasClassifier(
        build, loss="sparse_categorical_crossentropy", metrics=[metric], units=3, verbose=0
    )
    with pytest.raises(CompilationError, match="MeanIoU takes .*numbers.*OneHotMeanIoU"):
        model.fit(X, y)
    assert not hasattr(model, "history_")


def test_a_metric_function_of_the_users_own():
    """One that reads class numbers is taken, under its name; one that would spread them is not."""

    def hits(y_true, y_pred):
        return keras.ops.equal(
            y_true[:, 0], keras.ops.cast(keras.ops.argmax(y_pred, -1), "float32")
        )

    def gap(y_true, y_pred):
        return keras.ops.mean(keras.ops.abs(y_true - y_pred), axis=-1)

    X, y = rows(3)
    params = {"loss": "sparse_categorical_crossentropy", "units": 3, "verbose": 0}
    assert "hits" in KerasClassifier(build, metrics=[hits], **params).fit(X, y).history_
    with pytest.raises(CompilationError, match="gap"):
        KerasClassifier(build, metrics=[gap], **params).fit(X, y)


# -- what a loss says besides -------------------------------------------------------------------


def test_first_loss():
    """The loss of the first output of nested lists and dicts."""
    assert "a" == first_loss([["a"], "b"]) == first_loss({"x": ["a"]}) == first_loss("a")
    assert first_loss([]) is None


@pytest.mark.parametrize("loss", [None, "crossentropy", "nonsense", scaled_error, ScaledLoss()])
def test_what_is_not_known_gets_numbers_until_the_model_is_known(loss):
    """Without a width nothing can be tried."""
    assert NUMBERS is form_of_loss(loss, None, 3).form


def test_logits():
    """Logits are recognized in instances and in partial functions, and nowhere else."""
    function = keras.losses.binary_crossentropy

    assert uses_logits([keras.losses.SparseCategoricalCrossentropy(from_logits=True)])
    assert uses_logits(functools.partial(function, from_logits=True))
    assert not uses_logits(functools.partial(function))
    assert not uses_logits(function)
    assert not uses_logits(None)


def test_margins_and_competing_labels():
    """Hinge losses compare margins around zero; element by element, labels do not compete."""
    assert uses_margins("hinge")
    assert uses_margins(keras.losses.SquaredHinge())
    assert not uses_margins("categorical_hinge")
    assert labels_compete("categorical_hinge")
    assert not labels_compete(keras.losses.BinaryCrossentropy())

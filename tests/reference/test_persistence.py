"""`save` and `load`: files without pickle, and what comes back of an estimator."""

import copy
import functools

import keras
import numpy as np
import pytest
from reference_models import (
    Doubling,
    ScaledLoss,
    base,
    classifier,
    linear,
    regressor,
    scaled_error,
    softmax,
)
from sklearn.model_selection import RepeatedStratifiedKFold
from sklearn.preprocessing import FunctionTransformer

from scikeras_reference import BaseWrapper, KerasClassifier, KerasRegressor, KerasTransformer
from scikeras_reference.exceptions import (
    ArchiveError,
    BuilderError,
    ParameterError,
    SerializationError,
)

pytestmark = pytest.mark.slow

SOFTMAX = {"softmax": softmax}


@pytest.fixture
def path(tmp_path):
    return tmp_path / "estimator.zip"


def saved(estimator, path, **options):
    """Return what `load` makes of what `save` wrote."""
    estimator.save(path)
    return type(estimator).load(path, **options)


@pytest.mark.parametrize("labels", ["y", "y3"])
def test_a_classifier(labels, path, X, request):
    """It predicts the same bits, and goes on training as the first would have."""
    y = request.getfixturevalue(labels)
    clf = classifier(optimizer="adam", metrics=["accuracy"], epochs=2).fit(X, y)

    loaded = saved(clf, path, custom_objects=SOFTMAX)

    assert np.array_equal(clf.predict_proba(X), loaded.predict_proba(X))
    assert np.array_equal(clf.predict(X), loaded.predict(X))
    assert clf.classes_.tolist() == loaded.classes_.tolist()
    assert clf.history_ == loaded.history_
    assert set(vars(clf)) == set(vars(loaded))
    assert clf.get_params() == loaded.get_params()
    for further in (clf, loaded):
        further.partial_fit(X, y)
    assert np.array_equal(clf.predict_proba(X), loaded.predict_proba(X))
    assert clf.history_ == loaded.history_


def test_other_estimators(path, X, target):
    """The regressor, the base wrapper and the transformer, with data of several kinds."""
    two = np.column_stack([target, -target]).astype(np.float64)
    for estimator, y in ((regressor(), two), (base(), target[:, None])):
        fitted = estimator.fit(X, y)
        loaded = saved(fitted, path, custom_objects={"linear": linear})
        assert np.array_equal(fitted.predict(X), loaded.predict(X))

    model = keras.Sequential(
        [keras.layers.Input((3,)), keras.layers.Dense(2, name="code"), keras.layers.Dense(3)]
    )
    transformer = KerasTransformer(model, loss="mse", verbose=0).set_output(transform="pandas")
    fitted = transformer.fit(X)
    loaded = saved(fitted, path)
    assert fitted.transform(X).equals(loaded.transform(X))


def test_data_frames(path, X, y3):
    """Names of columns are arrays of objects."""
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(X, columns=["a", "b", "c"])

    loaded = saved(classifier().fit(frame, y3), path, custom_objects=SOFTMAX)

    assert ["a", "b", "c"] == loaded.feature_names_in_.tolist()
    with pytest.raises(ValueError, match="feature names"):
        loaded.predict(frame[["b", "a", "c"]])


def test_an_unfitted_estimator(path):
    """Parameters of every kind come back with their types."""
    params = {
        "units": (1, [2.5, None], {"a": True, 3: float("inf")}),
        "weights": np.arange(3, dtype=np.int16),
        "number": np.float32(0.5),
        "dtype": np.dtype("float64"),
        "words": np.array(["a", None], dtype=object),
        "random_state": np.random.RandomState(3),
        "optimizer": keras.optimizers.Adam(keras.optimizers.schedules.ExponentialDecay(0.1, 2, 3)),
        "loss": keras.losses.BinaryCrossentropy,
        "loss__label_smoothing": 0.25,
        "metrics": [keras.metrics.AUC(num_thresholds=7), "accuracy"],
        "callbacks": [keras.callbacks.EarlyStopping],
        "callbacks__patience": 3,
        "validation_split": RepeatedStratifiedKFold(n_splits=4),
        "fit__dtype": np.float64,
    }

    loaded = saved(KerasClassifier(softmax, **params), path, custom_objects=SOFTMAX).get_params()

    assert params["units"] == loaded["units"]
    assert isinstance(loaded["units"], tuple)
    assert params["weights"].dtype == loaded["weights"].dtype
    assert [0, 1, 2] == loaded["weights"].tolist()
    assert (np.float32, 0.5) == (type(loaded["number"]), loaded["number"])
    assert params["dtype"] == loaded["dtype"]
    assert ["a", None] == loaded["words"].tolist()
    assert params["random_state"].randint(99) == loaded["random_state"].randint(99)
    assert params["optimizer"].get_config() == loaded["optimizer"].get_config()
    assert keras.losses.BinaryCrossentropy is loaded["loss"]
    assert 7 == loaded["metrics"][0].num_thresholds
    assert [keras.callbacks.EarlyStopping] == loaded["callbacks"]
    assert repr(params["validation_split"]) == repr(loaded["validation_split"])
    assert np.float64 is loaded["fit__dtype"]


def test_late_parameters_and_requests(path):
    """What was set later, and what routers may pass, is kept."""
    estimator = classifier().set_params(optimizer__learning_rate=0.5)
    import sklearn

    with sklearn.config_context(enable_metadata_routing=True):
        estimator.set_fit_request(sample_weight=True, epochs="n_epochs")
        loaded = saved(estimator, path, custom_objects=SOFTMAX)
        requests = loaded.get_metadata_routing().fit.requests

    assert 0.5 == loaded.get_params()["optimizer__learning_rate"]
    assert (True, "n_epochs") == (requests["sample_weight"], requests["epochs"])
    KerasClassifier.load(path, custom_objects=SOFTMAX)  # where routing is not enabled


def test_a_missing_builder(path, X, y3):
    """The estimator predicts, and says what it needs to be fitted; it can be saved again."""
    clf = classifier().fit(X, y3)

    for _ in range(2):
        loaded = saved(clf, path)
        assert np.array_equal(clf.predict(X), loaded.predict(X))
        with pytest.raises(BuilderError, match="'softmax'"):
            loaded.fit(X, y3)
        clf = loaded


class Tower:
    """A builder with a state of its own."""

    def __init__(self, units):
        self.units = units

    def __call__(self, meta):
        return softmax(meta, self.units)


@pytest.mark.parametrize(
    ("builder", "custom"),
    [
        (functools.partial(functools.partial(softmax), hidden=2), SOFTMAX),
        (Tower(2), {"Tower": Tower}),
    ],
)
def test_a_builder_with_arguments(builder, custom, path, X, y3):
    """It predicts without its parts, names the one that is missing, and keeps its arguments."""
    clf = classifier(model=builder).fit(X, y3)

    loaded = saved(clf, path)
    assert np.array_equal(clf.predict_proba(X), loaded.predict_proba(X))
    with pytest.raises(BuilderError, match=f"'{next(iter(custom))}'"):
        loaded.fit(X, y3)
    again = saved(loaded, path, custom_objects=custom).fit(X, y3)
    assert np.array_equal(clf.predict_proba(X), again.predict_proba(X))


def test_a_builder_with_arrays_that_was_not_passed(path, X, y3):
    """Its arrays are in the first file, so that it cannot be saved again; the error says so."""
    loaded = saved(classifier(model=Tower(np.array(2))), path)

    with pytest.raises(SerializationError, match="custom_objects={'Tower': ...}.*drop"):
        loaded.save(path)


def test_a_compiled_model_as_builder(path, X, target):
    """How the model that was given is compiled is kept, so that it can be fitted anew."""
    model = keras.Sequential([keras.layers.Input((3,)), keras.layers.Dense(1)])
    model.compile(keras.optimizers.SGD(0.25), "mse")
    wrapper = KerasRegressor(model, random_state=0, verbose=0)

    loaded = saved(wrapper, path)

    assert model.compiled
    assert np.array_equal(wrapper.fit(X, target).predict(X), loaded.fit(X, target).predict(X))
    assert 0.25 == float(loaded.model_.optimizer.learning_rate)


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_categories_of_a_frame(library, path, X, target):
    """The dtypes of categories come back, and with them the codes of their values."""
    module = pytest.importorskip(library)
    names = ["Oslo", "Bern"]
    if library == "pandas":
        column = module.Series(names * 12, dtype=module.CategoricalDtype(names, ordered=True))
    else:
        column = module.Series(names * 12, dtype=module.Enum(names))
    frame = module.DataFrame({"city": column, "size": X[:, 0]})

    def build():
        city, size = keras.Input((1,), name="city"), keras.Input((1,), name="size")
        joined = keras.layers.Concatenate()([city, size])
        return keras.Model([city, size], keras.layers.Dense(1)(joined))

    fitted = KerasRegressor(build, loss="mse", verbose=0, input_columns="by_name").fit(
        frame, target
    )

    loaded = saved(fitted, path)

    assert fitted.X_dtype_ == loaded.X_dtype_
    assert np.array_equal(fitted.predict(frame), loaded.predict(frame))


def test_custom_objects_are_allowed_by_name(path, X, target):
    """Layers and losses of the user's own are found in `custom_objects` only."""

    def build():
        model = keras.Sequential([keras.layers.Input((3,)), Doubling(), keras.layers.Dense(1)])
        model.compile(loss=scaled_error, optimizer="sgd")
        return model

    fitted = KerasRegressor(build, verbose=0).fit(X, target)
    fitted.save(path)

    custom = {"Doubling": Doubling, "scaled_error": scaled_error}
    loaded = KerasRegressor.load(path, custom_objects=custom)
    assert np.array_equal(fitted.predict(X), loaded.predict(X))
    for name in custom:
        rest = {key: value for key, value in custom.items() if key != name}
        with pytest.raises(ArchiveError, match=f"'{name}'.*custom_objects"):
            KerasRegressor.load(path, custom_objects=rest)


def test_parameters_can_be_left_out(path, X, target):
    """What cannot be saved without pickle is named, with both remedies."""
    wrapper = regressor(callbacks=keras.callbacks.EarlyStopping("loss")).fit(X, target)

    with pytest.raises(SerializationError, match="callbacks is EarlyStopping.*drop"):
        wrapper.save(path)
    assert not path.exists()
    wrapper.save(path, drop=["callbacks"])
    assert KerasRegressor.load(path).callbacks is None
    for drop in (["callback"], "callbacks"):
        with pytest.raises(ParameterError, match="drop"):
            wrapper.save(path, drop=drop)


@pytest.mark.fast
def test_a_loss_that_would_lose_something(path, X, target):
    """Keras forgets what is not in its configuration; that is not saved silently."""
    with pytest.raises(SerializationError, match="scale"):
        regressor(loss=ScaledLoss(3.0)).save(path)
    with pytest.raises(SerializationError, match="scale"):
        regressor(loss=ScaledLoss, loss__scale=3.0).fit(X, target).save(path)


def test_lambda_layers_need_unsafe_mode(path, X, target):
    """They hold code; Keras runs it if the caller says so."""

    def build():
        return keras.Sequential(
            [
                keras.layers.Input((3,)),
                keras.layers.Lambda(lambda x: 2 * x, output_shape=(3,)),
                keras.layers.Dense(1),
            ]
        )

    fitted = KerasRegressor(build, loss="mse", verbose=0).fit(X, target)
    fitted.save(path)

    with pytest.raises(ArchiveError, match=r"(?s)Keras cannot load.*[Ll]ambda"):
        KerasRegressor.load(path)
    loaded = KerasRegressor.load(path, safe_mode=False)
    assert np.allclose(fitted.predict(X), loaded.predict(X))


def test_the_class_has_to_fit(path):
    """The caller says what is loaded, not the file."""
    classifier().save(path)

    with pytest.raises(ArchiveError, match="KerasClassifier.*KerasRegressor"):
        KerasRegressor.load(path)


def test_a_file_is_replaced_when_the_new_one_is_complete(path, tmp_path):
    """An error leaves the old one, and nothing beside it."""
    classifier(epochs=3).save(path)

    with pytest.raises(SerializationError):
        classifier(callbacks=keras.callbacks.History()).save(path)

    assert [path] == list(tmp_path.iterdir())
    assert 3 == KerasClassifier.load(path).epochs


def test_encoders_of_the_users_own(path, X, target):
    """Their classes are allowed by name, and they come back with what they learned."""

    class Scaling(FunctionTransformer):
        def fit(self, X, y=None):
            self.scale_ = np.abs(X).max()
            return super().fit(X, y)

        def transform(self, X):
            return X / self.scale_

    class Scaled(KerasRegressor):
        @property
        def feature_encoder(self):
            return Scaling()

    fitted = Scaled(linear, loss="mse", verbose=0).fit(X, target)
    fitted.save(path)

    loaded = Scaled.load(path, custom_objects={"Scaling": Scaling})
    assert np.array_equal(fitted.predict(X), loaded.predict(X))
    with pytest.raises(ArchiveError, match="'Scaling'"):
        Scaled.load(path)


@pytest.mark.parametrize("copied", [saved, lambda fitted, path: copy.deepcopy(fitted)])
def test_dropout_goes_on_with_the_same_numbers(copied, path, X, target):
    """Keras saves no states of random generators; training from a copy needs them (SER-2)."""
    model = keras.Sequential(
        [keras.layers.Input((3,)), keras.layers.Dropout(0.5), keras.layers.Dense(1)]
    )
    fitted = KerasRegressor(model, loss="mse", verbose=0, random_state=0).fit(X, target)

    again = copied(fitted, path)

    expected = fitted.partial_fit(X, target).predict(X)
    assert np.array_equal(expected, again.partial_fit(X, target).predict(X))


def test_where_no_file_can_be(tmp_path):
    """The error names the path that was given."""
    with pytest.raises(FileNotFoundError, match="no folder.*missing"):
        classifier().save(tmp_path / "missing" / "estimator.zip")
    with pytest.raises(IsADirectoryError, match="is a folder"):
        classifier().save(tmp_path)
    assert [] == list(tmp_path.iterdir())


def test_a_missing_file(tmp_path):
    """It is what Python calls it."""
    with pytest.raises(FileNotFoundError):
        BaseWrapper.load(tmp_path / "nothing.zip")


def test_skops(path, X, y3):
    """It saves and loads fitted estimators; the page lists the types to trust."""
    io_ = pytest.importorskip("skops.io")
    clf = classifier().fit(X, y3)
    io_.dump(clf, path)

    loaded = io_.load(path, trusted=io_.get_untrusted_types(file=path))

    assert np.array_equal(clf.predict_proba(X), loaded.predict_proba(X))

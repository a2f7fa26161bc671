"""Models of several inputs without a subclass: dicts of arrays, frames, and rows of both."""

import pickle

import keras
import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from reference_models import linear, regressor
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, cross_val_predict
from test_rows import Dataset

from scikeras_reference import KerasClassifier, KerasRegressor
from scikeras_reference.exceptions import InputError, ModelInputError, ParameterError
from scikeras_reference.utils.data import Rows

pytestmark = pytest.mark.slow

SETTINGS = {"loss": "mse", "optimizer": "sgd", "verbose": 0, "random_state": 0, "shuffle": False}
COLUMNS = {"numbers": ["size", "age"], "city": "city"}
CITIES = pd.CategoricalDtype(["Bern", "Oslo", "Rome"])
on_tensorflow = keras.backend.backend() == "tensorflow"


def build(meta):
    """Embed a city, and join it with two numbers."""
    numbers = keras.Input(meta["X_shape_"]["numbers"][1:], name="numbers")
    city = keras.Input((1,), dtype="int32", name="city")
    embedded = keras.layers.Flatten()(keras.layers.Embedding(3, 2)(city))
    joined = keras.layers.Concatenate()([numbers, embedded])
    return keras.Model([numbers, city], keras.layers.Dense(1)(joined))


@pytest.fixture
def inputs(X, rng):
    return {"numbers": X[:, :2], "city": rng.integers(3, size=(24, 1)).astype("int32")}


@pytest.fixture
def frame(inputs):
    size, age = inputs["numbers"].T
    city = pd.Categorical.from_codes(inputs["city"][:, 0], dtype=CITIES)
    return pd.DataFrame({"age": age, "city": city, "size": size})[["city", "size", "age"]]


def bare(inputs, target):
    """Train the model with Keras alone, from the weights that a wrapper starts with."""
    meta = {"X_shape_": {"numbers": (24, 2)}}
    model = build(meta)
    model.compile("sgd", "mse")
    start = KerasRegressor(build, **SETTINGS).initialize(inputs, target)
    model.set_weights(start.model_.get_weights())
    model.fit(inputs, target, verbose=0, shuffle=False)
    return model


def assert_trained_as(expected, wrapper):
    for ours, theirs in zip(expected.get_weights(), wrapper.model_.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_dicts(inputs, target):
    """A dict of arrays trains the model that bare Keras trains, with dtypes as given."""
    wrapper = KerasRegressor(build, **SETTINGS).fit(inputs, target)

    assert_trained_as(bare(inputs, target), wrapper)
    assert {"numbers": np.float32, "city": np.int32} == wrapper.X_dtype_
    assert {"numbers": (24, 2), "city": (24, 1)} == wrapper.X_shape_
    assert 3 == wrapper.n_features_in_
    assert (24,) == wrapper.predict(inputs).shape
    score = wrapper.score(inputs, target)
    assert score == pytest.approx(wrapper.score(inputs, target, np.ones(24)), rel=1e-5)
    copy = pickle.loads(pickle.dumps(wrapper))
    np.testing.assert_array_equal(wrapper.predict(inputs), copy.predict(inputs))


def test_weights_validation_and_further_fits(inputs, target):
    """Whatever cuts rows cuts those of each input."""
    weights = np.arange(24) % 3 + 1.0
    wrapper = KerasRegressor(build, **SETTINGS, validation_split=0.25, warm_start=True)

    wrapper.fit(inputs, target, weights).fit(inputs, target).partial_fit(inputs, target)
    wrapper.fit(inputs, target, X_val=inputs, y_val=target)

    assert "val_loss" in wrapper.history_


def test_frames(frame, inputs, target):
    """Columns go to the inputs that a parameter says; categories become their codes."""
    wrapper = KerasRegressor(build, input_columns=COLUMNS, **SETTINGS).fit(
        frame.assign(age=frame["age"]), target
    )

    numbers = frame[["size", "age"]].to_numpy()
    assert_trained_as(bare({"numbers": numbers, "city": inputs["city"]}, target), wrapper)
    assert ["city", "size", "age"] == wrapper.feature_names_in_.tolist()
    assert CITIES == wrapper.X_dtype_["city"]
    expected = wrapper.predict(frame)
    few = frame.iloc[:5].copy()
    few["city"] = few["city"].astype(str)  # codes are those of fit, not of these values
    np.testing.assert_array_equal(expected[:5], wrapper.predict(few))


def test_frames_in_searches(frame, target):
    """A frame is split by rows, and the parameter is cloned (SER-3)."""
    wrapper = KerasRegressor(build, input_columns=COLUMNS, **SETTINGS)

    search = GridSearchCV(wrapper, {"epochs": [1, 2]}, cv=2, error_score="raise")

    assert COLUMNS == clone(wrapper).get_params()["input_columns"]
    assert (24,) == search.fit(frame, target).predict(frame).shape
    assert (24,) == cross_val_predict(wrapper, frame, target, cv=2).shape


def test_columns_by_name(X, target):
    """Each column is the input of its name."""

    def two():
        first, second = keras.Input((1,), name="a"), keras.Input((1,), name="b")
        joined = keras.layers.Concatenate()([first, second])
        return keras.Model([first, second], keras.layers.Dense(1)(joined))

    frame = pd.DataFrame(X[:, :2], columns=["b", "a"])
    wrapper = KerasRegressor(two, input_columns="by_name", **SETTINGS).fit(frame, target)
    expected = KerasRegressor(two, **SETTINGS).fit({"a": X[:, [1]], "b": X[:, [0]]}, target)

    np.testing.assert_array_equal(expected.model_.get_weights()[0], wrapper.model_.get_weights()[0])


@pytest.mark.costly
def test_rows_of_several_inputs(inputs, target, tmp_path):
    """Rows of a dict are split by a search, from memory or from files."""
    np.save(tmp_path / "numbers.npy", inputs["numbers"])
    numbers = np.load(tmp_path / "numbers.npy", mmap_mode="r")
    rows = Rows({"numbers": numbers, "city": inputs["city"]})
    wrapper = KerasRegressor(build, **SETTINGS).fit(rows, target)

    assert_trained_as(bare(inputs, target), wrapper)
    assert {"numbers": (24, 2), "city": (24, 1)} == wrapper.X_shape_
    np.testing.assert_array_equal(wrapper.predict(inputs), wrapper.predict(rows))
    search = GridSearchCV(wrapper, {"epochs": [1, 2]}, cv=2, error_score="raise")
    assert (24,) == search.fit(rows, target).predict(rows).shape


def test_batches_of_several_inputs(inputs, target):
    """Batches may hold dicts, each input with its dtype."""

    class Named(Dataset):
        def __getitem__(self, index):
            part = slice(index * 32, (index + 1) * 32)
            return {name: array[part] for name, array in inputs.items()}, target[part]

    wrapper = KerasRegressor(build, **SETTINGS).fit(Named(target, target, size=32))
    assert_trained_as(bare(inputs, target), wrapper)


def test_sparse_inputs_and_missing_numbers(rng, target):
    """One input may be sparse; NaN reaches a model that masks it."""

    def masking():
        words = keras.Input((6,), name="words")
        series = keras.Input((2,), name="series")
        filled = keras.layers.Lambda(
            lambda x: keras.ops.where(keras.ops.isnan(x), 0.0, x), output_shape=(2,)
        )(series)
        joined = keras.layers.Concatenate()([words, filled])
        return keras.Model([words, series], keras.layers.Dense(1)(joined))

    words = (rng.random((24, 6)) < 0.3).astype("float32")
    series = rng.normal(size=(24, 2)).astype("float32")
    series[3, 1] = np.nan
    dense = {"words": words, "series": series}
    expected = KerasRegressor(masking, **SETTINGS).fit(dense, target)

    wrapper = KerasRegressor(masking, **SETTINGS)
    wrapper.fit({"words": sp.csr_array(words), "series": series}, target)

    np.testing.assert_allclose(expected.predict(dense), wrapper.predict(dense), rtol=1e-5)
    assert np.isfinite(wrapper.predict(dense)).all()


def test_values_of_another_kind_than_in_fit(inputs, target):
    """Categories are read as the values that fit had; text is refused where it had numbers."""
    frame = pd.DataFrame({"size": inputs["numbers"][:, 0], "age": inputs["numbers"][:, 1]})
    frame["city"] = inputs["city"][:, 0]
    wrapper = KerasRegressor(build, input_columns=COLUMNS, **SETTINGS).fit(frame, target)

    categories = frame.astype({"city": "category"})

    np.testing.assert_array_equal(wrapper.predict(frame), wrapper.predict(categories))
    with pytest.raises(InputError, match=r"X\['city'\] has text, and in fit it had numbers"):
        wrapper.predict(frame.astype({"city": str}))


class Reading(keras.layers.Layer):
    """A layer on text, which is never called."""

    def compute_output_spec(self, words):
        """Return one number for each text."""
        return keras.KerasTensor(words.shape)


@pytest.mark.skipif(on_tensorflow, reason="TensorFlow has tensors of text")
@pytest.mark.parametrize("as_dict", [True, False])
def test_text_without_tensors_of_it(as_dict, target):
    """On other backends it is refused in words that name the input and a way out."""

    def build():
        inputs = {
            "text": keras.Input((1,), dtype="string", name="text"),
            "amount": keras.Input((1,), name="amount"),
        }
        joined = keras.layers.Add()([Reading()(inputs["text"]), inputs["amount"]])
        return keras.Model(inputs, keras.layers.Dense(1)(joined))

    words = np.array(["dear", "cheap"])[np.arange(len(target)) % 2]
    X = {"text": words.reshape(-1, 1), "amount": target.reshape(-1, 1)}
    if not as_dict:
        X = pd.DataFrame({"text": words, "amount": target})
    more = {} if as_dict else {"input_columns": {"text": "text", "amount": "amount"}}
    wrapper = KerasRegressor(build, **more, **SETTINGS)
    with pytest.raises(InputError, match=r"X\['text'\] holds text.*KERAS_BACKEND=tensorflow"):
        wrapper.fit(X, target)
    assert not wrapper.initialized_


@pytest.mark.skipif(not on_tensorflow, reason="only TensorFlow has tensors of text")
@pytest.mark.parametrize("as_frame", [False, True])
def test_text(as_frame, target):
    """Text reaches StringLookup and TextVectorization as text."""
    words = np.array(["good film", "bad film"] * 12).reshape(-1, 1)
    labels = ["pro", "contra"] * 12

    def reading():
        text = keras.Input((1,), dtype="string", name="text")
        vectorize = keras.layers.TextVectorization(
            vocabulary=["good", "bad", "film"], output_mode="multi_hot"
        )
        amount = keras.Input((1,), name="amount")
        words = keras.layers.Flatten()(vectorize(text))
        joined = keras.layers.Concatenate()([words, amount])
        return keras.Model([text, amount], keras.layers.Dense(1, activation="sigmoid")(joined))

    params = {"loss": "binary_crossentropy", "verbose": 0}
    X = {"text": words, "amount": target.reshape(-1, 1)}
    if as_frame:
        X = pd.DataFrame({"text": words[:, 0], "amount": target})
        params["input_columns"] = "by_name"
    classifier = KerasClassifier(reading, **params).fit(X, labels)
    assert set(classifier.predict(X)) <= {"pro", "contra"}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda X: {**X, "city": X["city"][:3]}, "differ in their number of rows"),
        (lambda X: {**X, "numbers": X["numbers"] / 0.0}, r"X\['numbers'\] contains infinity"),
        (lambda X: {**X, "city": np.array([{}] * 24)}, "neither numbers nor text"),
        (lambda X: {**X, "city": np.array(["a", None] * 12, object)}, "text and other values"),
        (lambda X: {**X, "city": np.zeros(24, "datetime64[D]")}, "layers take numbers or text"),
        (lambda X: {**X, "city": 1}, "single value"),
        (
            lambda X: {**X, "city": [[1], [1, 2]] * 12},
            r"X\['city'\] has rows that differ in length",
        ),
        (lambda X: {1: X["city"]}, "names of the model's inputs"),
        (lambda X: {}, "names of the model's inputs"),
    ],
)
@pytest.mark.filterwarnings("ignore:divide by zero")
@pytest.mark.filterwarnings("ignore:invalid value")
def test_inputs_that_cannot_be_read(change, message, inputs, target):
    """Refused before training, by name (HYG-5)."""
    with pytest.raises(InputError, match=message):
        KerasRegressor(build, **SETTINGS).fit(change(inputs), target)


@pytest.mark.fast
def test_another_kind_of_input(inputs, frame, X, target):
    """Later data are of the kind of the first (API-13)."""
    named = KerasRegressor(build, **SETTINGS).fit(inputs, target)
    for other, message in (
        (X, "several inputs, by name"),
        ({"numbers": inputs["numbers"]}, "rows of the shapes"),
        ({**inputs, "numbers": X}, "rows of the shapes"),
    ):
        with pytest.raises(InputError, match=message):
            named.predict(other)
    with pytest.raises(InputError, match="cannot be cast safely"):
        named.partial_fit({**inputs, "city": inputs["city"] * 1.0}, target)
    with pytest.raises(InputError, match="it was one array"):
        regressor(model=linear).fit(X, target).predict(inputs)


def test_names_that_the_model_does_not_have(inputs, target):
    """The names of both sides are in the error."""
    with pytest.raises(ModelInputError, match="numbers, city.*town"):
        KerasRegressor(build, **SETTINGS).fit(
            {"numbers": inputs["numbers"], "town": inputs["city"]}, target
        )


@pytest.mark.parametrize(
    ("names", "columns"),
    [
        ([0, 1, 2], {"numbers": [1, 2], "city": 0}),
        ([("x", "c"), ("x", "s"), ("y", "a")], {"numbers": "xy", "city": ("x", "c")}),
    ],
)
def test_columns_whose_names_are_no_text(names, columns, frame, target):
    """A column may be named by a number, and by a tuple where there are several levels."""
    renamed = frame.set_axis(pd.Index(names), axis=1)
    if isinstance(names[0], tuple):
        columns = {**columns, "numbers": names[1:]}
    expected = KerasRegressor(build, input_columns=COLUMNS, **SETTINGS).fit(frame, target)

    wrapper = KerasRegressor(build, input_columns=columns, **SETTINGS).fit(renamed, target)

    np.testing.assert_array_equal(expected.predict(frame), wrapper.predict(renamed))


@pytest.mark.parametrize("columns", [[], None, 3.5j])
def test_an_input_without_columns(columns, frame, target):
    """It is named, with what it was given."""
    wrapper = KerasRegressor(build, input_columns={"numbers": columns}, **SETTINGS)

    with pytest.raises((ParameterError, InputError), match="input_columns"):
        wrapper.fit(frame, target)


def test_categories_that_are_not_listed(frame, target):
    """A Categorical of polars has codes that depend on what was read before; an Enum has not."""
    polars = pytest.importorskip("polars")
    cities = list(frame["city"])
    other = polars.DataFrame({name: frame[name].to_list() for name in ("size", "age")})
    wrapper = KerasRegressor(build, input_columns=COLUMNS, **SETTINGS)

    grows = other.with_columns(polars.Series("city", cities, dtype=polars.Categorical))
    with pytest.raises(InputError, match=r"X\['city'\] is a Categorical.*Enum"):
        wrapper.fit(grows, target)
    listed = other.with_columns(
        polars.Series("city", cities, dtype=polars.Enum(list(CITIES.categories)))
    )
    assert (24,) == wrapper.fit(listed, target).predict(listed).shape


def test_columns_that_do_not_fit(frame, target):
    """Unknown columns, unknown categories, and categories in company."""
    with pytest.raises(InputError, match="names shoe, and X has the columns city, size, age"):
        KerasRegressor(build, input_columns={"numbers": "shoe"}, **SETTINGS).fit(frame, target)
    with pytest.raises(InputError, match="Assign each column of categories"):
        columns = {"numbers": ["size", "city"]}
        KerasRegressor(build, input_columns=columns, **SETTINGS).fit(frame, target)
    with pytest.raises(ParameterError, match="input_columns is 'city'"):
        KerasRegressor(build, input_columns="city", **SETTINGS).fit(frame, target)
    wrapper = KerasRegressor(build, input_columns=COLUMNS, **SETTINGS).fit(frame, target)
    with pytest.raises(InputError, match="no categories of fit.*'Paris'"):
        wrapper.predict(frame.assign(city="Paris"))
    with pytest.raises(InputError, match="X has no rows"):
        wrapper.predict(frame[:0])
    with pytest.raises(InputError, match="X has no columns with names"):
        KerasRegressor(build, input_columns=COLUMNS, **SETTINGS).fit(frame[["size"]].values, target)

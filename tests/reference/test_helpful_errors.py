"""Errors before training that name the cause and the remedy."""

import pickle
import warnings

import keras
import numpy as np
import pandas as pd
import pytest
from reference_models import QUICK, base, classifier, linear, regressor, sequential, sigmoid

from scikeras_reference import KerasRegressor, KerasTransformer
from scikeras_reference._data.named_inputs import _of_values
from scikeras_reference._model.meta import Meta
from scikeras_reference.exceptions import (
    BuilderError,
    InputError,
    MetaKeyError,
    ModelInputError,
    ModelOutputError,
    OutputRangeWarning,
    ParameterError,
    SharedCallbackWarning,
    SwallowedParameterWarning,
    TargetTypeError,
    UnknownArgumentError,
    UnknownNameError,
    WrapperWarning,
)
from scikeras_reference.utils.transformers import RegressorTargetEncoder

ROWS = np.random.default_rng(0).normal(size=(24, 3)).astype(np.float32)
NUMBERS = ROWS[:, 0]


class Batches(keras.utils.PyDataset):
    def __len__(self):
        return 2

    def __getitem__(self, index):
        return ROWS[:5], NUMBERS[:5]


class OnlyItems:
    def __getitem__(self, index):
        return ROWS[index]


def ragged():
    rows = np.empty(24, dtype=object)
    rows[:] = [np.arange(size + 1) for size in range(24)]
    return rows


@pytest.mark.parametrize(
    ("X", "message"),
    [
        (Batches(), "X yields batches, and y is given too.*Rows"),
        ((row for row in ROWS), "X yields batches, and y is given too"),
        (OnlyItems(), "X is a OnlyItems.*Rows"),
        ([(ROWS, NUMBERS)], "X is a list of 1 batches.*Rows"),
        ([ROWS[:, :2], ROWS[:, 2:]], "X is a list of 2 arrays.*feature_encoder"),
        ((ROWS, ROWS), "X is a tuple of 2 arrays.*feature_encoder"),
        (ragged(), "rows of X differ in length.*pad_sequences"),
        ([[0.0] * (size + 1) for size in range(24)], "rows of X differ in length"),
        (["good", "bad"] * 12, "X contains text"),
        (np.array(["good", "bad"] * 12).reshape(-1, 1), "X contains text"),
        (np.array(["good", "bad"] * 12, dtype=object).reshape(-1, 1), "X contains text"),
    ],
)
def test_what_is_no_array_of_numbers(X, message):
    """The message says what X is, and what to give instead."""
    with pytest.raises(InputError, match=message):
        regressor().fit(X, NUMBERS)


@pytest.mark.parametrize(
    "column",
    [
        ["u", "v"] * 12,
        pd.Categorical(["u", "v"] * 12),
        pd.date_range("2020", periods=24),
        pd.to_timedelta(np.arange(24), unit="D"),
    ],
    ids=["text", "category", "date", "duration"],
)
@pytest.mark.parametrize("amount", [NUMBERS, np.arange(24)], ids=["floats", "integers"])
def test_a_column_that_is_no_number(column, amount):
    """The column is named, with its dtype."""
    frame = pd.DataFrame({"amount": amount, "kind": column})
    with pytest.raises(InputError, match=f"'kind' \\({frame.dtypes['kind']}".replace("[", "\\[")):
        regressor().fit(frame, NUMBERS)


def test_numbers_beyond_the_range_of_floats():
    """X and y that Keras would turn into infinity are refused by name."""
    large = ROWS.astype(np.float64) * 1e39
    with pytest.raises(InputError, match="^X has numbers up to"):
        regressor().fit(large, NUMBERS)
    with pytest.raises(InputError, match="^y has numbers up to"):
        regressor().fit(ROWS, large[:, 0])


def test_byte_order():
    """Arrays in the other byte order are converted."""
    swapped = ROWS.astype(ROWS.dtype.newbyteorder())
    labels = np.arange(24) % 2
    one, other = (classifier().fit(data, labels) for data in (ROWS, swapped))
    np.testing.assert_array_equal(one.predict_proba(ROWS), other.predict_proba(swapped))
    classifier().fit(ROWS, labels.astype(labels.dtype.newbyteorder()))


@pytest.mark.parametrize("missing", [None, np.nan, pd.NA], ids=["None", "NaN", "NA"])
def test_missing_labels(missing):
    """They are counted."""
    labels = np.array(["a", "b", missing] * 8, dtype=object)
    for y in (labels, list(labels), pd.Series(labels)):
        with pytest.raises(InputError, match="missing labels .* in 8 of 24 rows"):
            classifier().fit(ROWS, y)


def test_missing_labels_of_polars():
    """Its text has no dtype of NumPy, and is looked at all the same."""
    polars = pytest.importorskip("polars")
    with pytest.raises(InputError, match="missing labels .* in 8 of 24 rows"):
        classifier().fit(ROWS, polars.Series(["a", "b", None] * 8))


@pytest.mark.parametrize("kind", ["Date", "Datetime", "Duration"])
def test_dates_of_polars(kind):
    """They are refused by name, and not counted in days or in microseconds."""
    polars = pytest.importorskip("polars")
    days = polars.Series(np.arange(24)).cast(getattr(polars, kind))
    frame = polars.DataFrame({"amount": NUMBERS, "when": days})
    with pytest.raises(InputError, match=f"'when' .{kind}.*convert dates"):
        regressor().fit(frame, NUMBERS)


@pytest.mark.skipif(not hasattr(np.dtypes, "StringDType"), reason="NumPy has no such dtype yet")
def test_text_of_variable_width():
    """Labels are read as text, and features are refused as text, whatever method they are given."""
    text = np.array(["yes", "no"] * 12).astype(np.dtypes.StringDType())
    column = text.reshape(-1, 1)
    fitted = classifier().partial_fit(ROWS, text, classes=text).partial_fit(ROWS, text, text[:2])
    assert ["no", "yes"] == fitted.classes_.tolist()
    assert set(fitted.predict(ROWS)) <= {"no", "yes"}
    untrained = regressor().initialize(ROWS[:, :1], NUMBERS)
    for use in (
        lambda: regressor().fit(column, NUMBERS),
        lambda: regressor().fit(ROWS[:, :1], NUMBERS, X_val=column, y_val=NUMBERS),
        lambda: untrained.predict(column),
        lambda: KerasTransformer(sequential, loss="mse", verbose=0).fit(column),
    ):
        with pytest.raises(InputError, match="X contains text"):
            use()


@pytest.mark.skipif(not hasattr(np.dtypes, "StringDType"), reason="NumPy has no such dtype yet")
def test_missing_text_of_variable_width():
    """It is no label, and no class either."""
    text = np.array(["yes", None] * 12, dtype=np.dtypes.StringDType(na_object=None))
    for given in ({"y": text}, {"y": NUMBERS > 0, "classes": text}):
        with pytest.raises(InputError, match="missing labels"):
            classifier().partial_fit(ROWS, **given)


@pytest.mark.skipif(not hasattr(np.dtypes, "StringDType"), reason="NumPy has no such dtype yet")
def test_a_named_input_of_text_of_variable_width():
    """It is the text that an input of text gets, and differs from numbers."""
    text = np.array(["yes", "no"] * 12).astype(np.dtypes.StringDType())
    array, dtype = _of_values(text, "X['a']")
    assert (["yes", "no"] * 12, "U") == (array.tolist(), dtype.kind)


@pytest.mark.parametrize("y", [{"a": NUMBERS}, {1, 2}, 3, "text"], ids=["dict", "set", "3", "text"])
def test_a_target_that_is_no_array(y):
    """The type is named, and the way to several outputs."""
    for wrapper in (regressor(), classifier(), base()):
        with pytest.raises(InputError, match=f"y is a {type(y).__name__}.*target_encoder"):
            wrapper.fit(ROWS, y)


def test_weights_that_mean_nothing():
    """A dict, and numbers that Keras's floats make infinite, or zero."""
    for weights, message in (
        ({0: 1.0}, "sample_weight is a dict.*class_weight"),
        (np.full(24, 1e300), "sample_weight has numbers up to"),
        (np.full(24, 1e-300), "had any weight"),
    ):
        with pytest.raises(InputError, match=message):
            regressor().fit(ROWS, NUMBERS, sample_weight=weights)


def test_labels_of_several_types():
    """The types are named."""
    for y in (np.array([1, "a", 2.5] * 8, dtype=object), [1, "a", 2.5] * 8):
        with pytest.raises(InputError, match="several types: float, int, str"):
            classifier().fit(ROWS, y)


@pytest.mark.parametrize(("dtype", "numpy_dtype"), [("Int64", "int64"), ("boolean", "bool")])
def test_labels_of_nullable_dtypes(dtype, numpy_dtype):
    """They come back in the dtype of their values; missing ones are refused."""
    labels = pd.Series([0, 1] * 12, dtype=dtype)
    assert numpy_dtype == classifier().fit(ROWS, labels).predict(ROWS).dtype
    labels[3] = pd.NA
    with pytest.raises(InputError, match="missing labels .* in 1 of 24"):
        classifier().fit(ROWS, labels)


def test_targets_of_more_dimensions():
    """The error counts them and names the wrapper that takes them."""
    target = np.zeros((24, 3, 1))
    for wrapper in (regressor(), classifier()):
        with pytest.raises(TargetTypeError, match=r"3 dimensions.*BaseWrapper"):
            wrapper.fit(ROWS, target)


def pinball(y_true, y_pred):
    quantiles = keras.ops.convert_to_tensor([0.1, 0.5, 0.9])
    error = y_true - y_pred
    return keras.ops.mean(keras.ops.maximum(quantiles * error, (quantiles - 1) * error), axis=-1)


def three_units():
    return sequential(3, 3)


def test_more_units_than_targets():
    """The error names both ways out, and both work."""
    with pytest.raises(ModelOutputError, match=r"target_encoder.*BaseWrapper"):
        regressor(model=three_units, loss=pinball).fit(ROWS, NUMBERS)

    class Median(RegressorTargetEncoder):
        def inverse_transform(self, y):
            return super().inverse_transform(y[:, 1:2])

    class Quantiles(KerasRegressor):
        @property
        def target_encoder(self):
            return Median()

    wrapper = Quantiles(three_units, loss=pinball, **QUICK).fit(ROWS, NUMBERS)
    assert (24,) == wrapper.predict(ROWS).shape


@pytest.mark.parametrize("size", [3, 16])
def test_a_target_that_would_be_spread_over_the_outputs(size):
    """Keras's losses get targets of the shape of the output; others get what they get."""
    with pytest.raises(ModelOutputError, match="number by number"):
        base(model=three_units, batch_size=size).fit(ROWS, NUMBERS)
    assert base(model=three_units).fit(ROWS, ROWS).initialized_
    own = base(model=three_units, loss=lambda y, p: keras.ops.mean(p, axis=-1))
    assert own.fit(ROWS, NUMBERS).initialized_
    with pytest.raises(ModelOutputError, match="number by number"):
        base(model=three_units).fit(ROWS, ROWS, X_val=ROWS, y_val=NUMBERS)


def needs(n_hidden):
    return sequential(3, 1, hidden=n_hidden)


def needs_data(X, y):
    return sequential(3, 1)


def test_builder_arguments_that_nobody_gave():
    """They are named, with the way to give them."""
    with pytest.raises(BuilderError, match=r"builder needs needs n_hidden.*n_hidden=\.\.\."):
        regressor(model=needs).fit(ROWS, NUMBERS)
    with pytest.raises(BuilderError, match="argument meta"):
        regressor(model=needs_data).fit(ROWS, NUMBERS)


def takes_anything(meta, **kwargs):
    return linear(meta)


def test_a_misspelt_parameter_that_the_builder_takes():
    """It is warned about, unless it is addressed to the builder or like no parameter."""
    with pytest.warns(SwallowedParameterWarning, match="Did you mean optimizer"):
        regressor(model=takes_anything, optimzer="adam").fit(ROWS, NUMBERS)
    with warnings.catch_warnings():
        warnings.simplefilter("error", WrapperWarning)
        regressor(model=takes_anything, model__optimzer="adam", width=3).fit(ROWS, NUMBERS)


def test_meta_says_what_it_has():
    """It is a dict in all other respects."""
    meta = Meta(n_features_in_=3)
    with pytest.raises(MetaKeyError, match=r"^meta has no 'n_features'. Did you mean n_features"):
        meta["n_features"]
    assert isinstance(meta, dict)
    assert {"n_features_in_": 3} == meta == pickle.loads(pickle.dumps(meta))
    assert meta.get("n_features") is None


def test_a_width_that_is_fixed_in_the_builder():
    """It is refused before training, with both shapes."""
    with pytest.raises(ModelInputError, match=r"\(4,\), but X has rows of shape \(3,\).*meta"):
        regressor(model=lambda: sequential(4, 1)).fit(ROWS, NUMBERS)


def test_former_and_near_names():
    """The nearest useful name is suggested."""
    with pytest.raises(UnknownArgumentError, match="Did you mean learning_rate"):
        regressor(optimizer="sgd", optimizer__lr=0.1).fit(ROWS, NUMBERS)
    with pytest.raises(UnknownNameError, match="(?i)did you mean sparse_?categorical_?crossent"):
        classifier(loss="sparse_crossentropy").fit(ROWS, np.arange(24) % 2)
    with pytest.raises(AttributeError, match="history_"):
        _ = regressor().fit(ROWS, NUMBERS).history
    with pytest.raises(ParameterError, match="epochs is None"):
        regressor(epochs=None).fit(ROWS, NUMBERS)


def test_a_linear_layer_is_no_probability():
    """The fit warns where the loss takes probabilities, else the first prediction, once."""
    y = np.arange(24) % 2
    wrapper = classifier(model=lambda: sequential(3, 1), loss="binary_crossentropy")
    with pytest.warns(OutputRangeWarning, match="last layer is linear"):
        wrapper.fit(ROWS, y)
    with warnings.catch_warnings():
        warnings.simplefilter("error", WrapperWarning)
        wrapper.predict_proba(10 * ROWS)
        for loss in ("hinge", keras.losses.BinaryCrossentropy(from_logits=True)):
            linear_one = classifier(model=lambda: sequential(3, 1), loss=loss).fit(ROWS, y)
            linear_one.predict_proba(10 * ROWS)
        squared = classifier(model=lambda: sequential(3, 1), loss="mse").fit(ROWS, y)
        classifier(model=sigmoid, loss="mse").fit(ROWS, y).predict_proba(10 * ROWS)
    with pytest.warns(OutputRangeWarning, match="are no probabilities"):
        squared.predict_proba(10 * ROWS)
    with warnings.catch_warnings():
        warnings.simplefilter("error", WrapperWarning)
        squared.predict_proba(10 * ROWS)


class Interrupting(keras.callbacks.Callback):
    """Interrupts the third epoch."""

    error = KeyboardInterrupt

    def on_epoch_end(self, epoch, logs=None):
        if epoch == 2:
            raise self.error


class Exiting(Interrupting):
    error = SystemExit


@pytest.mark.parametrize("callback", [Interrupting, Exiting])
def test_an_interrupted_training_keeps_finished_epochs(callback):
    """Two epochs were finished, by a fit and by a warm one after it."""
    wrapper = regressor(epochs=6, callbacks=callback)
    with pytest.raises(callback.error):
        wrapper.fit(ROWS, NUMBERS)
    assert 2 == wrapper.current_epoch
    assert np.isfinite(wrapper.predict(ROWS)).all()
    assert 3 == wrapper.partial_fit(ROWS, NUMBERS, callbacks=[]).current_epoch


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit])
def test_an_interrupt_while_building_keeps_the_earlier_fit(error):
    """Model and history are those of before."""
    calls = []

    def build():
        calls.append(1)
        if len(calls) == 2:
            raise error
        return sequential(3, 1)

    wrapper = KerasRegressor(build, loss="mse", **QUICK).fit(ROWS, NUMBERS)
    model, answers = wrapper.model_, wrapper.predict(ROWS)
    with pytest.raises(error):
        wrapper.fit(ROWS, NUMBERS)
    assert model is wrapper.model_
    np.testing.assert_array_equal(answers, wrapper.predict(ROWS))


class Itself(keras.callbacks.Callback):
    def __copy__(self):
        return self


def test_a_callback_is_never_shared_silently():
    """The warning names it."""
    with pytest.warns(SharedCallbackWarning, match="callback Itself is shared"):
        regressor(callbacks=Itself()).fit(ROWS, NUMBERS)

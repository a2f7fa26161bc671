"""Methods of Keras that a user has replaced are never shared."""

import functools
from unittest import mock

import keras
import pytest
from shared_step_models import LABELS, ROWS, dense, empty_cache, only_where_shared

from scikeras_reference._shared_steps.fingerprint import fingerprint
from scikeras_reference._shared_steps.refusal_log import NotSharedError
from scikeras_reference._training.fit import fit
from scikeras_reference.shared_steps import explain

pytestmark = only_where_shared
__all__ = ["empty_cache"]  # the fixture


def times(old, factor, *, wraps):
    def replacement(self, *args, **kwargs):
        return factor * old(self, *args, **kwargs)

    return functools.wraps(old)(replacement) if wraps else replacement


@pytest.mark.parametrize("wraps", [False, True])
@pytest.mark.parametrize(
    ("cls", "name"),
    [
        (keras.losses.SparseCategoricalCrossentropy, "__call__"),
        (keras.losses.SparseCategoricalCrossentropy, "call"),
        (keras.losses.Loss, "__call__"),
        (keras.layers.Dense, "call"),
        (keras.layers.Rescaling, "call"),
        (keras.layers.Rescaling.__mro__[1], "__call__"),  # of all layers that prepare data
        (keras.regularizers.L2, "__call__"),
        (keras.optimizers.Adam, "update_step"),
        (keras.Model, "fit"),
    ],
    ids=lambda value: getattr(value, "__name__", value),
)
def test_a_replaced_method_is_never_shared(cls, name, wraps):
    """Replaced before or after a step was cached, and whatever name it has; restored, it is."""
    parts = [keras.layers.Rescaling(0.5), keras.layers.Dense(3, "softmax")]
    model = keras.Sequential([keras.layers.Input((6,)), *parts])
    model.compile("adam", keras.losses.SparseCategoricalCrossentropy())
    digest = fingerprint(model, training=True)
    with mock.patch.object(cls, name, times(getattr(cls, name), 2.0, wraps=wraps)):
        assert f"{name} is not Keras's own" in explain(model)
        with pytest.raises(NotSharedError):
            fingerprint(model, training=True)

    assert explain(model) is None
    assert digest == fingerprint(model, training=True)


def test_a_replaced_method_of_a_class_that_is_not_in_the_model_changes_nothing():
    """No step of the model calls it."""
    with mock.patch.object(keras.losses.MeanSquaredError, "call", return_value=0.0):
        assert explain(dense()) is None


@pytest.mark.parametrize("cls", [keras.Model, keras.losses.Loss, keras.optimizers.Optimizer])
@pytest.mark.parametrize("name", ["__reduce__", "__deepcopy__", "__copy__", "__repr__"])
def test_methods_that_no_step_calls_may_be_replaced(cls, name):
    """SciKeras replaces those that copy and pickle; who imports both loses no speed."""
    with mock.patch.object(cls, name, lambda self, *_: self, create=True):
        assert explain(dense()) is None


def test_a_wrapped_fit_gets_the_users_own_arguments():
    """Experiment trackers replace ``Model.fit``, and log what it is given."""
    seen = []
    plain = keras.Model.fit

    @functools.wraps(plain)
    def tracked(self, *args, **kwargs):
        seen.append((args, kwargs))
        return plain(self, *args, **kwargs)

    with mock.patch.object(keras.Model, "fit", tracked):
        fit(dense(), ROWS, LABELS, None, {"verbose": 0, "batch_size": 7})

    ((args, kwargs),) = seen
    assert () == args
    assert kwargs["x"] is ROWS
    assert kwargs["y"] is LABELS
    assert 7 == kwargs["batch_size"]


def test_a_replaced_function_of_the_backend_is_never_shared():
    """Keras's layers call it."""
    model = dense()
    from keras.src import backend  # what Keras's functions call

    with mock.patch.object(backend.nn, "relu", lambda x: x):
        assert "relu is not Keras's own" in explain(model)
    assert explain(model) is None


class Wrapper:
    """Equals what it wraps, as the wrappers of instrumenting libraries do."""

    def __init__(self, wrapped):
        self.wrapped = wrapped

    def __eq__(self, other):
        return self.wrapped == other

    def __hash__(self):
        return hash(self.wrapped)

    def __get__(self, instance, owner=None):
        return self.wrapped.__get__(instance, owner)


@pytest.mark.parametrize(
    ("cls", "name"), [(keras.layers.Dense, "call"), (keras.Model.__mro__[1], "fit")]
)
def test_a_wrapper_that_equals_what_it_wraps(cls, name):
    """Methods are compared by identity, whatever a wrapper says of itself."""
    assert explain(dense()) is None
    with mock.patch.object(cls, name, Wrapper(vars(cls).get(name, getattr(cls, name)))):
        assert "is not Keras's own" in str(explain(dense()))
    assert explain(dense()) is None

"""What shared steps take for granted about JAX, and what they leave to Keras there."""

import subprocess
import sys
from collections import OrderedDict

import keras
import numpy as np
import pytest

from scikeras_reference._shared_steps import private_names
from scikeras_reference._shared_steps.cache import CACHE
from scikeras_reference._shared_steps.eligibility import require_shareable
from scikeras_reference._shared_steps.fingerprint import fingerprint
from scikeras_reference._shared_steps.jax import internals as jax_internals
from scikeras_reference._shared_steps.jax.step import SharedProgram, _description, _unreadable
from scikeras_reference._shared_steps.keras_internals.serialization import (
    without_importing_tensorflow,
)
from scikeras_reference._shared_steps.private_names import (
    JAX_VERSIONS,
    OLDER_KERAS_VERSIONS,
    require_versions,
)
from scikeras_reference._shared_steps.refusal_log import NotSharedError
from scikeras_reference._shared_steps.shared_function import made_by_keras
from scikeras_reference._training.fit import SETTING, fit
from scikeras_reference._training.predict import predict
from scikeras_reference._training.seeding import seeded
from scikeras_reference.shared_steps import explain

pytestmark = [
    pytest.mark.backend,
    pytest.mark.skipif(
        keras.backend.backend() != "jax" or keras.__version__.startswith(OLDER_KERAS_VERSIONS),
        reason="programs are shared on JAX only, and with newer versions of Keras",
    ),
]
jax = pytest.importorskip("jax")

layers = keras.layers
RNG = np.random.default_rng(0)
X = RNG.normal(size=(10, 3)).astype("float32")
Y = RNG.integers(0, 2, size=10)


@pytest.fixture(autouse=True)
def _empty_cache(monkeypatch):
    monkeypatch.setenv(SETTING, "1")
    CACHE.clear()
    with seeded(0):
        yield
    CACHE.clear()


def model():
    parts = [layers.Input((3,)), layers.Dense(4, "relu"), layers.Dropout(0.3), layers.Dense(2)]
    made = keras.Sequential([*parts, layers.Softmax()])
    made.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return made


def shared():
    return sum(not isinstance(step, NotSharedError) for step in CACHE.values())


def outcome(train):
    """Return what is left of a training under a seed."""
    keras.utils.set_random_seed(7)
    made = model()
    history = train(made)
    variables = [*made.variables, *made.optimizer.variables, *made.metrics_variables]
    return history.history, [variable.numpy().tobytes() for variable in variables]


def plain(**arguments):
    return outcome(lambda made: made.fit(X, Y, **{"verbose": 0, "epochs": 2, **arguments}))


def ours(**arguments):
    return outcome(lambda made: fit(made, X, Y, None, {"verbose": 0, "epochs": 2, **arguments}))


def jitted(function):
    """Find what Keras compiles behind the function that it makes."""
    while not hasattr(function, "lower"):
        cells = [cell.cell_contents for cell in function.__closure__]
        function = next(cell for cell in cells if callable(cell))
    return function


@pytest.mark.parametrize("kind", ["train", "test", "predict"])
def test_the_program_is_the_one_that_keras_compiles(kind):
    """The same instructions, and the same arguments given away, as in the function of Keras."""
    made = model()
    jax_internals.build_for(made, (X, Y))
    state = jax_internals.state_given(made, kind)
    batch = (X,) if kind == "predict" else (X, Y)

    expected = jitted(made_by_keras(made, kind)).lower(state, batch)
    got = jax.jit(jax_internals.step_function(made, kind), donate_argnums=0).lower(state, batch)
    assert expected.as_text() == got.as_text()


@pytest.mark.fast
def test_a_version_of_jax_that_was_not_checked_is_not_used(monkeypatch):
    """Nothing is taken for granted about a version of tomorrow; today's is one that was checked."""
    require_versions()
    require_shareable(model(), training=True)

    monkeypatch.setattr(jax, "__version__", "0.99.0")
    known = ", ".join(JAX_VERSIONS)
    assert f"JAX 0.99.0 was not checked; shared steps know {known}" == explain(model())


def mesh():
    return jax.set_mesh(jax.sharding.Mesh(np.array(jax.devices()[:1]), ("x",)))


@pytest.mark.parametrize(
    "block",
    [
        lambda: jax.debug_nans(True),
        jax.disable_jit,
        lambda: jax.default_device(jax.devices()[0]),
        mesh,
    ],
    ids=["nans", "no-jit", "device", "mesh"],
)
def test_where_jax_compiles_in_another_way_nothing_is_shared(block):
    """Within such a block Keras does what it does, and afterwards steps are shared again."""
    made = model()
    with block():
        assert explain(made) is not None
    assert explain(made) is None


def test_a_setting_of_this_thread_alone_is_not_lost():
    """A step is compiled in a thread of its own, which would not know of it."""
    with jax.default_matmul_precision("float32"):
        expected = plain(epochs=1)
        assert expected == ours(epochs=1)
    assert 0 == shared()


def test_a_setting_of_the_process_makes_another_structure():
    """A program is used under the settings of JAX that it was compiled under."""
    made = model()
    first = fingerprint(made, training=True)
    before = jax.config.jax_default_matmul_precision
    jax.config.update("jax_default_matmul_precision", "float32")
    try:
        assert first != fingerprint(made, training=True)
    finally:
        jax.config.update("jax_default_matmul_precision", before)
    assert first == fingerprint(made, training=True)


class Freezing(keras.callbacks.Callback):
    """Changes what is trained while training goes on."""

    def on_epoch_end(self, epoch, logs=None):
        self.model.layers[0].trainable = False


class Breaking(keras.callbacks.Callback):
    """Makes the model one that cannot be shared, when training has begun."""

    def on_train_begin(self, logs=None):
        self.model.layers[0].activation = lambda x: x * 2


class Listening(keras.callbacks.Callback):
    """Asks for the state in the midst of an epoch."""

    def on_train_batch_end(self, batch, logs=None):
        if batch == 1:
            self.model.jax_state_sync()


@pytest.mark.parametrize(
    "arguments",
    [
        {"class_weight": {0: 1.0, 1: 3.0}, "batch_size": 4},
        {"validation_data": (jax.numpy.asarray(X[:7]), Y[:7]), "validation_batch_size": 3},
        {"steps_per_epoch": 2, "batch_size": 5},
        {"callbacks": [Listening()], "batch_size": 4},
    ],
    ids=["classes", "validation", "steps", "listening"],
)
def test_every_argument_of_fit_goes_to_keras(arguments):
    """Batches are Keras's own, whatever they are made of; the bits are the same."""
    expected = plain(**arguments)
    assert 0 == shared()
    for _ in range(2):
        assert expected == ours(**arguments)
        assert 0 < shared()


def test_what_changes_in_the_midst_of_training_is_what_it_is_to_keras():
    """A state of another structure is not given to a program; Keras complains in its own words."""
    for train in (plain, ours):
        with pytest.raises(ValueError, match="must match"):
            train(callbacks=[Freezing()], batch_size=5)


def test_a_function_that_keras_had_to_make_is_kept():
    """A model that cannot be shared is compiled once, and not in each call of ``fit``."""
    made = model()
    arguments = {"verbose": 0, "callbacks": [Breaking()]}
    fit(made, X, Y, None, arguments)
    function = made.train_function
    own = function.own

    fit(made, X, Y, None, arguments)
    assert made.train_function is function
    assert function.own is own
    assert 0 == shared()


@pytest.mark.parametrize("arguments", [{"verbose": 0}, {"verbose": 0, "batch_size": 4}])
def test_predictions_are_shared(arguments):
    """In one batch and in several, two models answer with one program, each with its weights."""
    for _ in range(2):
        made = model()
        expected = made.predict(X, **arguments)
        made.predict_function = None
        assert expected.tobytes() == predict(made, X, arguments).tobytes()
        assert isinstance(made.predict_function, SharedProgram)
        assert expected.tobytes() == predict(made, X, arguments).tobytes()
    assert (1 if len(arguments) == 1 else 2) == shared()


def test_a_variable_that_is_no_argument_cannot_be_read():
    """Its value would become a constant, and that of the prototype."""
    variable = keras.Variable([1.0])
    with _unreadable([variable]), pytest.raises(NotSharedError, match="none of its arguments"):
        jax.jit(lambda x: x + variable.value).trace(1.0)


def test_arrays_are_told_apart_by_all_that_a_program_depends_on():
    """What lies where the caller wants it, and what is no array of numbers, is Keras's business."""
    signature = jax_internals.signature
    assert signature(np.ones(2)) == signature(np.zeros(2)) != signature(np.ones(3))
    assert signature(jax.numpy.ones(2)) != signature(np.ones(2))
    assert signature(jax.numpy.asarray(1.0)) != signature(jax.numpy.float32(1.0))
    assert signature(jax.device_put(np.ones(2), jax.devices()[0])) is None
    assert signature(np.array(["a"])) is None
    assert signature(1.0) is None


@pytest.mark.parametrize("batch", [OrderedDict(a=X), {1: X}, ([X, "a"],)])
def test_a_batch_of_another_kind_is_left_to_keras(batch):
    """A nest whose structure cannot be written down has no description."""
    assert _description({"a": [X, (Y, None)]}) is not None
    assert _description(batch) is None


ORDINARY_USE = """
import sys
import keras, numpy as np
from sklearn.model_selection import GridSearchCV
from scikeras_reference import KerasRegressor
def build():
    return keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
X = np.eye(3, dtype="float32")
regressor = KerasRegressor(
    build, loss="mse", optimizer="adam", metrics=["mae"], random_state=0, verbose=0,
    callbacks=keras.callbacks.EarlyStopping("loss"),
)
GridSearchCV(regressor, {"epochs": [1, 2]}, cv=3).fit(X, X[:, 0]).predict(X)
assert "tensorflow" not in sys.modules
"""


@pytest.mark.process
@pytest.mark.slow
def test_tensorflow_is_not_imported():
    """Where it is installed beside JAX, it would take seconds and 400 MiB in each process."""
    command = [sys.executable, "-c", ORDINARY_USE]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert 0 == done.returncode, done.stderr


def test_keras_serialization_is_left_as_it_is(monkeypatch):
    """Keras asks about TensorFlow as ever after the block; in it, as soon as it is imported."""
    library = private_names.module("keras.src.saving.serialization_lib")
    original = library.tf
    monkeypatch.delitem(sys.modules, "tensorflow", raising=False)

    with without_importing_tensorflow():
        assert library.tf is not original
        assert not library.tf.available
        assert "Dense" == keras.saving.serialize_keras_object(layers.Dense(1))["class_name"]
        assert "tensorflow" not in sys.modules
        assert library.tf.name == "tensorflow"
    assert library.tf is original

"""The doubles work: data sets and their layers agree, snapshots find changes."""

import pickle

import keras
import numpy as np
import pytest

from scikeras_conformance import doubles
from scikeras_conformance.catalog.wrappers import Wrapper


@pytest.mark.parametrize(
    ("data", "activation", "decode"),
    [
        (doubles.classes_dataset(["a", "b", "c"]), "softmax", lambda p: p.argmax(axis=1)),
        (doubles.classes_dataset([5, 9], sigmoid=True), "sigmoid", lambda p: (p[:, 0] > 0.5) * 1),
        (doubles.multilabel_dataset(), "sigmoid", lambda p: (p > 0.5) * 1),
    ],
    ids=["softmax", "sigmoid", "multilabel"],
)
def test_the_layer_predicts_the_classes(data, activation, decode):
    """The weights of a data set predict its target, by position among the sorted labels."""
    raw = np.asarray(doubles.make_model(data, activation).predict(data.X))
    y = data.y if data.y.ndim == 2 else np.unique(data.y, return_inverse=True)[1]
    assert y.tolist() == decode(raw).tolist()


@pytest.mark.parametrize("n_outputs", [1, 3])
def test_the_layer_predicts_continuous_targets(n_outputs):
    """The weights predict the continuous targets, which are far from zero."""
    data = doubles.continuous_dataset(n_outputs)
    raw = doubles.make_model(data).predict(data.X)
    assert np.allclose(data.y.reshape(len(data.y), -1), raw, atol=1e-5)
    assert np.abs(data.y).mean() > 1


def test_a_zero_learning_rate_keeps_the_weights():
    """Training with the optimizer of the doubles changes nothing, whatever the target."""
    model = doubles.model_for(Wrapper.REGRESSOR)
    before = model.get_weights()
    X, y, *_ = doubles.dataset(Wrapper.REGRESSOR)
    model.fit(X, y + 100, epochs=2)
    assert all(map(np.array_equal, before, model.get_weights()))
    assert [2] == [call["epochs"] for call in model.log.fits]


def test_a_model_that_is_off_learns():
    """The other kind of model has something to learn, and changes."""
    model = doubles.model_for(Wrapper.CLASSIFIER, off=0.5, rate=0.1)
    before = model.get_weights()
    X, y, *_ = doubles.dataset(Wrapper.CLASSIFIER)
    model.fit(X, y)
    assert not np.array_equal(before[0], model.get_weights()[0])


def test_a_recording_model_logs_its_arguments():
    """The log has the arguments as they were given, not as the model changes them."""
    model = doubles.uncompiled(Wrapper.BASE)
    model.compile("sgd", "mse", jit_compile=True, steps_per_execution=3)
    expected = {"optimizer": "sgd", "loss": "mse", "jit_compile": True, "steps_per_execution": 3}
    assert [expected] == model.log.compiles
    assert model.run_eagerly


def nested():
    return {
        "number": 1,
        "list": [1, {"deep": [2]}],
        "array": np.arange(3),
        "optimizer": keras.optimizers.SGD(0.1),
        "metric": keras.metrics.MeanSquaredError(),
    }


@pytest.mark.parametrize(
    ("change", "path"),
    [
        (lambda p: p.update(number=2), "['number']"),
        (lambda p: p.update(number=1.0), "['number']"),
        (lambda p: p["list"][1]["deep"].append(3), "['list'][1]['deep'].length"),
        (lambda p: p.update(list=list(p["list"])), "['list']"),
        (lambda p: p["array"].__setitem__(0, 9), "['array'].content"),
        (lambda p: p.pop("number"), ".keys"),
        (lambda p: p["optimizer"].build([keras.Variable([1.0])]), "['optimizer'].built"),
        (lambda p: p["optimizer"].learning_rate.assign(9.0), "['optimizer'].config"),
        (lambda p: p["metric"].update_state([1.0], [0.0]), "['metric'].variables[0]"),
    ],
)
def test_a_snapshot_sees_changes(change, path):
    """Values, containers, arrays, configuration and state: each change shows at its path."""
    parameters = nested()
    before = doubles.snapshot(parameters)
    change(parameters)
    assert path in doubles.changed_paths(before, doubles.snapshot(parameters))


@pytest.mark.parametrize("change", [lambda frame: frame.astype("float32"), lambda frame: frame * 2])
@pytest.mark.parametrize("part", [lambda frame: frame, lambda frame: frame["a"]])
def test_a_snapshot_sees_numbers_and_dtypes_of_frames(change, part):
    """The numbers may be the same in another precision."""
    pandas = pytest.importorskip("pandas")
    given = part(pandas.DataFrame({"a": [0.0, 1.0], "b": [2.0, 3.0]}))
    before, after = ({"data": one} for one in (given, change(given)))
    assert "['data'].content" in doubles.changed_paths(
        doubles.snapshot(before), doubles.snapshot(after)
    )


def test_a_snapshot_of_the_same_is_the_same():
    """Looking does not change anything, also in a new dict and with objects inside themselves."""
    parameters = nested()
    parameters["list"].append(parameters["list"])
    assert [] == doubles.changed_paths(
        doubles.snapshot(parameters), doubles.snapshot(dict(parameters))
    )


def test_recording_classes_record():
    """Each construction is listed, and each instance knows its own."""
    cls, calls = doubles.recording_class(keras.losses.Huber)
    instance = cls(delta=0.5)
    assert [{"delta": 0.5}] == calls
    assert {"delta": 0.5} == dict(instance.given)


def test_storable_objects_refuse_everything_else():
    """Comparing, testing and copying raise, so that no wrapper does it unnoticed."""
    import copy

    storable = doubles.StorableOnly()
    for use in (bool, copy.deepcopy, lambda a: a == a):
        with pytest.raises(RuntimeError):
            use(storable)


def test_a_recording_model_accepts_positional_arguments():
    """A wrapper may call Keras as it likes; the log has names for everything."""
    model = doubles.uncompiled(Wrapper.BASE)
    model.compile("sgd", "mse", None, ["mae"])
    X, y, *_ = doubles.dataset(Wrapper.BASE)
    model.fit(X, y, 8, 2, 1)
    assert (len(y), 1) == model.predict(X, 4, 1).shape
    assert ["mae"] == model.log.compiles[0]["metrics"]
    assert (8, 2, 1) == tuple(
        model.log.fits[0][name] for name in ("batch_size", "epochs", "verbose")
    )
    assert 4 == model.log.predicts[0]["batch_size"]


def test_a_tracing_model_is_restored_as_it_was_compiled():
    """What Keras forgets of a class with its own `compile` must not count against a wrapper."""
    model = doubles.make_tracing_model(4, 1, "linear", "mean_squared_error")
    doubles.TRACE.clear()
    copy = pickle.loads(pickle.dumps(model))
    assert copy.compiled
    assert model.loss == copy.loss
    assert type(model.optimizer) is type(copy.optimizer)
    assert 0 == doubles.TRACE.compiles


@pytest.mark.parametrize("name", ["loss", "registered-loss", "metric", "layer"])
def test_a_model_with_a_custom_part_is_no_custom_model(name):
    """SER-4 sees what becomes of the part, and not of a class of the suite."""
    model = doubles.CUSTOM[name]()
    assert type(model).__module__.startswith("keras.")


@pytest.mark.parametrize("make", [doubles.model_for, doubles.stub_model_for])
def test_weights_are_made_with_their_values(make):
    """A model has the weights of its data, and a configuration from which Keras can make it."""
    data, model = doubles.dataset(Wrapper.REGRESSOR), make(Wrapper.REGRESSOR)
    kernel, bias = model.get_weights()
    assert data.kernel.tolist() == kernel.tolist()
    assert data.bias.tolist() == bias.tolist()
    other = type(model).from_config(model.get_config())
    assert [np.zeros_like(one).tolist() for one in (kernel, bias)] == [
        one.tolist() for one in other.get_weights()
    ]


def test_optimizers_have_one_name():
    """The names of their variables are the same each time, unlike those that Keras numbers."""
    paths = [[variable.path for variable in doubles.sgd(0.5).variables] for _ in range(2)]
    assert paths[0] == paths[1]
    assert len(paths[0]) == 2

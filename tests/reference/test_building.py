"""What the builder is called with, and what it may return (chapter BUILD)."""

import functools

import keras
import numpy as np
import pytest
from reference_models import (
    TwoLayers,
    base,
    classifier,
    compiled,
    linear,
    regressor,
    sequential,
    softmax,
)

from scikeras_reference import BaseWrapper, KerasClassifier
from scikeras_reference.exceptions import (
    BuilderCountError,
    BuilderError,
    CompilationError,
    DeprecatedParameterWarning,
    ModelOutputError,
)


def recording(received, **fixed):
    def build(a=None, **kwargs):
        received.append({"a": a, **kwargs})
        return sequential(3, 1)

    return build


def test_free_and_routed_keywords_by_identity(X, target):
    """A routed keyword wins over a free one (BUILD-1, ROUTE-2, ROUTE-11)."""
    received, a, b = [], object(), object()

    def build(a, b):
        received.append((a, b))
        return sequential(3, 1)

    regressor(model=build, a=a, b=0, model__b=b).fit(X, target)

    assert [(a, b)] == received


@pytest.mark.parametrize("names", [(), ("meta",), ("params", "compile_kwargs")])
def test_special_arguments_if_and_only_if_named(names, X, target):
    """The builder's signature decides (BUILD-3)."""
    received = []
    scope = {"sequential": sequential, "received": received}
    source = f"def build({', '.join(names)}):\n  received.append(set(locals()))\n  return sequential(3, 1)"
    exec(source, scope)

    regressor(model=scope["build"]).initialize(X, target)

    assert [set(names)] == received


def test_a_generous_builder_gets_all_of_them(X, target):
    """``**kwargs`` takes the special arguments too, and no named parameter (BUILD-2, BUILD-7)."""
    received = []
    regressor(model=recording(received), epochs=2, a=1, c=2).initialize(X, target)

    assert [{"a", "c", "meta", "compile_kwargs", "params"}] == [set(call) for call in received]


def test_a_keyword_that_bears_a_special_name(X, target):
    """What the user routed to the builder under such a name is what it gets."""
    received = []
    regressor(model=recording(received), model__meta="mine").initialize(X, target)

    assert "mine" == received[0]["meta"]


def test_meta_holds_what_has_been_created(X, y):
    """With the values that the attributes have (BUILD-4)."""
    received = []

    def build(meta):
        received.append(meta)
        return softmax(meta)

    wrapper = classifier(model=build).initialize(X, y)

    assert {
        "X_dtype_", "X_shape_", "classes_", "feature_encoder_", "n_classes_", "n_features_in_",
        "n_outputs_", "n_outputs_expected_", "target_encoder_", "target_type_", "y_dtype_",
        "y_ndim_",
    } == set(received[0])  # fmt: skip
    assert all(getattr(wrapper, name) is value for name, value in received[0].items())


def test_meta_of_a_second_fit_holds_nothing_of_the_first(X, y):
    """No state of the first fit survives (INIT-11)."""
    received = []

    def build(meta):
        received.append(set(meta))
        return softmax(meta)

    classifier(model=build).fit(X, y).fit(X, y)

    assert received[0] == received[1]


def test_params_is_get_params(X, target):
    """Same keys, same objects (BUILD-6)."""
    received = []
    wrapper = regressor(model=recording(received), a=[1], loss__reduction="sum")
    wrapper.initialize(X, target)

    assert wrapper.get_params() == received[0]["params"]


def test_compile_kwargs_can_be_used_as_they_are(X, target):
    """Objects in place of names; None stays None for the builder to replace (BUILD-5, COMP-6)."""

    def build(meta, compile_kwargs):
        assert compile_kwargs["optimizer"] is None
        assert isinstance(compile_kwargs["loss"], keras.losses.MeanSquaredError)
        model = linear(meta)
        model.compile(**{**compile_kwargs, "optimizer": keras.optimizers.Adam(0.5)})
        return model

    wrapper = regressor(model=build, optimizer=None, metrics="mae").fit(X, target)

    assert 0.5 == float(wrapper.model_.optimizer.learning_rate)


def test_what_the_builder_changes_in_compile_kwargs_holds(X, target):
    """An uncompiled model is compiled with the dict that the builder saw (COMP-4)."""

    def build(meta, compile_kwargs):
        compile_kwargs["loss"] = "mae"
        return linear(meta)

    assert "mae" == regressor(model=build).fit(X, target).model_.loss


def test_a_compiled_model_is_kept(X, target):
    """All compile parameters are ignored, also those that make no sense (COMP-1, COMP-2)."""
    wrapper = regressor(model=compiled, loss=3, optimizer="nonsense", metrics=object())

    assert "mse" == wrapper.fit(X, target).model_.loss


@pytest.mark.parametrize("missing", ["loss", "optimizer"])
def test_an_uncompiled_model_needs_loss_and_optimizer(missing, X, target):
    """The error says which is missing; initialising does not need them (COMP-7, INIT-8)."""
    wrapper = regressor(**{missing: None})

    assert target.shape == wrapper.initialize(X, target).predict(X).shape
    with pytest.raises(CompilationError, match=f"there is no {missing}.*{missing}="):
        wrapper.fit(X, target)
    wrapper.set_params(loss="mse", optimizer="sgd").partial_fit(X, target)
    assert 1 == wrapper.current_epoch


class Builders:
    def method(self, meta):
        return compiled(meta)

    def __call__(self, meta):
        return compiled(meta)


class Subclass(BaseWrapper):
    def _keras_build_fn(self, meta):
        return compiled(meta)


@pytest.mark.parametrize(
    "builder",
    [
        compiled,
        lambda meta=None: compiled(meta),
        functools.partial(compiled),
        Builders().method,
        Builders(),
    ],
    ids=["function", "lambda", "partial", "method", "object"],
)
def test_kinds_of_builders(builder, X, target):
    """Whatever can be called (CLS-8)."""
    assert regressor(model=builder).fit(X, target).initialized_


def test_a_class_of_models_as_builder(X, target):
    """It gets its arguments, and the special ones only if it names them."""
    wrapper = regressor(model=TwoLayers, units=1).fit(X, target)

    assert TwoLayers is type(wrapper.model_)
    assert target.shape == wrapper.predict(X).shape


def test_a_method_of_the_subclass(X, target):
    """A subclass may bring its builder; a second one is refused (CLS-6)."""
    assert Subclass(verbose=0).fit(X, target).initialized_
    with pytest.raises(BuilderError, match="``model`` was given to a class that implements"):
        Subclass(compiled, verbose=0).fit(X, target)


@pytest.mark.parametrize("builder", [3, "model", [compiled]])
def test_what_cannot_be_called(builder, X, target):
    """The error names the parameter (CLS-8)."""
    with pytest.raises(BuilderError, match="``model`` must be a callable"):
        regressor(model=builder).fit(X, target)


def test_no_builder(X, target):
    """The error says what to give."""
    with pytest.raises(BuilderError, match="give a builder or a keras.Model"):
        regressor(model=None).fit(X, target)


def test_former_name_of_the_parameter(X, target):
    """``build_fn`` works, and says what it is called today."""
    wrapper = regressor(model=None, build_fn=compiled)

    with pytest.warns(DeprecatedParameterWarning, match="``build_fn`` will be renamed"):
        wrapper.fit(X, target)
    assert compiled is wrapper.build_fn
    assert wrapper.model is None


@pytest.mark.parametrize(("result", "match"), [(None, "Is a return"), (3, "returned 3")])
def test_results_that_are_no_model(result, match, X, target):
    """The error says what came back (CLS-9)."""
    with pytest.raises(BuilderError, match=match):
        regressor(model=lambda: result).fit(X, target)


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("optimzer__learning_rate", "optimizer__learning_rate"),
        ("optimiser", "optimizer"),
        ("hiden", "hidden"),
        ("zzz", None),
        ("zzz__zzz", None),
    ],
)
def test_unknown_keywords(name, hint, X, y):
    """A mistyped prefix is never silently dropped (BUILD-8)."""
    match = f"does not accept {name}" + (f".*Did you mean {hint}" if hint else "")
    with pytest.raises(BuilderError, match=match):
        classifier(**{name: 1}).fit(X, y)


def test_a_builder_without_a_signature(X, target):
    """Some callables do not tell what they take: they get what the user gave."""

    class Opaque:
        __signature__ = "none"

        def __call__(self, **kwargs):
            return sequential(3, 1)

    assert regressor(model=Opaque()).fit(X, target).initialized_


class ByRows(keras.layers.Layer):
    """A layer of the user's own that has to know the number of rows."""

    def call(self, inputs):
        return keras.ops.reshape(inputs, (int(inputs.shape[0]), -1))


def test_a_sequential_model_without_an_input(X, target):
    """The number of rows does not become a part of it, unless a layer needs one."""
    built = regressor(model=lambda: keras.Sequential([keras.layers.Dense(1)])).fit(X, target)
    assert (None, 3) == built.model_.input_shape
    assert "(1, 3)" not in repr(built.model_.get_config())

    def by_rows():
        return keras.Sequential([ByRows(), keras.layers.Dense(1)])

    assert (1, 3) == regressor(model=by_rows).initialize(X, target).model_.input_shape


def test_a_model_instance(X, target):
    """A ready-made model is copied with its weights and compile state, for each fit (CLS-7)."""
    model = sequential(3, 1)
    model.compile(optimizer=keras.optimizers.SGD(0.5), loss="mae", run_eagerly=True)
    before = model.get_weights()
    wrapper = regressor(model=model, loss=None)

    wrapper.initialize(X, target)
    assert wrapper.model_ is not model
    for expected, weights in zip(before, wrapper.model_.get_weights(), strict=True):
        np.testing.assert_array_equal(expected, weights)
    wrapper.fit(X, target)

    assert ("mae", 0.5) == (wrapper.model_.loss, float(wrapper.model_.optimizer.learning_rate))
    for expected, weights in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(expected, weights)
    with pytest.raises(BuilderError, match="takes no units"):
        regressor(model=model, units=1).fit(X, target)


def test_called_once_for_each_fit(X, target):
    """And once for ``initialize`` (BUILD-9)."""
    calls = []
    wrapper = regressor(model=lambda: calls.append(1) or sequential(3, 1))

    wrapper.fit(X, target)
    assert 1 == len(calls)
    wrapper.initialize(X, target)
    assert 2 == len(calls)
    wrapper.partial_fit(X, target)
    assert 2 == len(calls)


def test_models_without_an_input_layer(X, target):
    """A model that learns its input from the data is built when the wrapper is initialised."""
    wrapper = regressor(model=lambda: keras.Sequential([keras.layers.Dense(1)]))

    weights = wrapper.initialize(X, target).model_.get_weights()

    assert [(3, 1), (1,)] == [array.shape for array in weights]


def test_models_without_a_call(X, target):
    """A model that only trains and predicts is not asked for its outputs."""

    class Silent(keras.Model):
        def predict(self, x, **kwargs):
            return np.zeros((len(x), 1))

    wrapper = regressor(model=Silent, loss=None).initialize(X, target)

    assert target.shape == wrapper.predict(X).shape


def test_number_of_outputs(X, target):
    """The error gives both numbers (DATA-6)."""
    inputs = keras.layers.Input((3,))

    def build():
        return keras.Model(inputs, [keras.layers.Dense(1)(inputs), keras.layers.Dense(1)(inputs)])

    for make in (regressor, base):
        with pytest.raises(ModelOutputError, match="2 outputs.*expects 1"):
            make(model=build).fit(X, target)


def test_equal_to_compiling_in_the_builder(X, y):
    """Under one seed, the same weights after training (COMP-4)."""

    def build(meta, compile_kwargs):
        model = softmax(meta, hidden=4)
        model.compile(**compile_kwargs)
        return model

    params = {"optimizer": "adam", "metrics": ["accuracy"], "epochs": 2}
    ours = classifier(hidden=4, **params).fit(X, y)
    theirs = classifier(model=build, **params).fit(X, y)

    np.testing.assert_array_equal(ours.predict_proba(X), theirs.predict_proba(X))
    assert ours.history_ == theirs.history_
    assert isinstance(ours, KerasClassifier)


def test_two_builders(X, target):
    """A builder that would be ignored is refused, as TypeError and as ValueError (CLS-6, CLS-8)."""

    class WithMethod(BaseWrapper):
        def _keras_build_fn(self):
            return sequential(X.shape[1], 1)

    for wrapper in (WithMethod(lambda: None), BaseWrapper()):
        with pytest.raises(BuilderCountError, match="implement ``_keras_build_fn``") as caught:
            wrapper.initialize(X, target)
        assert (True, True) == (
            isinstance(caught.value, TypeError),
            isinstance(caught.value, ValueError),
        )

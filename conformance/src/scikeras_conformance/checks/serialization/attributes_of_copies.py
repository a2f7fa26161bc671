"""SER-1: copies have the fitted attributes of the original."""

from collections.abc import Mapping
from typing import Any

from scikeras_conformance.catalog.check import ESTIMATORS, check
from scikeras_conformance.checks._support.compilation import config_of
from scikeras_conformance.checks._support.encoders import (
    OWN_METADATA,
    require_encoders_are_used,
    subclass_with_own_metadata,
)
from scikeras_conformance.checks._support.fit_outcomes import ATTRIBUTES, stub_builder
from scikeras_conformance.checks._support.helper_models import (
    helper_layer,
    helper_loss,
    helper_model,
    importable_builder,
)
from scikeras_conformance.checks._support.modules import doubles, keras, np
from scikeras_conformance.checks._support.predictions import same
from scikeras_conformance.checks._support.preparation import accepted
from scikeras_conformance.checks._support.serialization import (
    COPY_METHODS,
    copy_of,
    pickle_round_trip,
    require_same_bits,
)
from scikeras_conformance.checks._support.training import same_weights, train
from scikeras_conformance.contract import Capability
from scikeras_conformance.runner.context import CheckContext, show


@check(
    "SER-1.attributes",
    verifies="a pickled or copied estimator has the attributes, the history and the parameters of "
    "the original, also a copy of a copy",
    impact="a loaded model refuses the data that it was trained on, or describes other data",
    wrappers=ESTIMATORS,
    cases=list(COPY_METHODS),
)
def attributes(context: CheckContext) -> None:
    X, y, *_ = doubles.dataset(context.wrapper)
    given = accepted(
        context,
        batch_size=50,
        predict__batch_size=70,
        fit__epochs=2,
        fit__validation_split=0.25,
        random_state=np.random.RandomState(3),
    )
    builder = importable_builder(context, doubles.COMPILED)
    estimator = context.make(builder, optimizer_name="momentum", **given)
    context.fit(estimator, X.astype(np.float64), y)
    if "batch_size" in given:
        # What was set since the fit is among the parameters too.
        context.call(estimator, "set_params", batch_size=60)
    before = _facts(context, estimator)
    copied = estimator
    for words in ("the copy", "the copy of the copy"):
        copied = copy_of(context, copied, context.case)
        found = _facts(context, copied)
        for name, value in before.items():
            what = f"{name} of {words}"
            context.require(name in found, f"{words} lacks {name}, which is {show(value)}")
            context.require(
                same(found[name], value), f"{what} is {show(found[name])}, not {show(value)}"
            )


def _facts(context: CheckContext, estimator: Any) -> dict[str, Any]:
    found: dict[str, Any] = {
        name: getattr(estimator, name)
        for name in (*ATTRIBUTES, "current_epoch", "initialized_")
        if hasattr(estimator, name)
    }
    if isinstance(history := getattr(estimator, "history_", None), Mapping):
        found["history_"] = {str(name): list(values) for name, values in history.items()}
    plain = (int, float, str, bool, type(None))
    params = context.params(estimator)
    found |= {name: value for name, value in params.items() if isinstance(value, plain)}
    if isinstance(params.get("random_state"), np.random.RandomState):
        found["random_state"] = repr(params["random_state"].get_state())
    return found


def _trainable(context: CheckContext, estimator: Any) -> int:
    """Return how many weights of the model are trained."""
    with context.doing("counting the weights of a copied model that are trained"):
        return len(context.model(estimator).trainable_weights)


def _optimizer() -> Any:
    """Return an optimizer that changes nothing that can be seen, with settings of all kinds."""
    schedule = keras.optimizers.schedules.PiecewiseConstantDecay([1, 2], [1e-12, 1e-13, 1e-14])
    return keras.optimizers.SGD(
        schedule, momentum=0.5, clipnorm=0.75, weight_decay=0.0, use_ema=True, ema_momentum=0.5
    )


def _variables(model: Any) -> list[Any]:
    return [keras.ops.convert_to_numpy(variable) for variable in model.optimizer.variables]


def _is_kept_by_keras() -> bool:
    """Whether a copy that Keras alone makes of a model has the state of such an optimizer."""
    model = keras.Sequential([keras.layers.Input((2,)), keras.layers.Dense(1)])
    model.compile(_optimizer(), loss="mean_squared_error", run_eagerly=True)
    train(model, np.ones((4, 2)), np.zeros((4, 1)))
    copied = pickle_round_trip(model)
    return same_weights(_variables(model), _variables(copied), tolerance=1e-6)


def _require_same_state(context: CheckContext, estimator: Any, copied: Any) -> None:
    """Require an optimizer with the state of that of the original, averages included."""
    original = context.model(estimator)
    with context.preparing("reading the state of the optimizer of model_"):
        expected = _variables(original)
    with context.doing("reading the state of the optimizer of the copy"):
        found = _variables(context.model(copied))
    if same_weights(expected, found, tolerance=1e-6):
        return
    # What Keras itself loses is not charged to the wrapper.
    context.require(
        not _is_kept_by_keras(),
        f"the optimizer of the copy has the state {show(found)}, not {show(expected)}",
    )


def _require_same_settings(context: CheckContext, estimator: Any, copied: Any) -> None:
    """Require an optimizer with the settings of that of the original, a schedule included."""
    with context.preparing("reading the configuration of the optimizer of model_"):
        expected = config_of(context.model(estimator).optimizer)
    with context.doing("reading the configuration of the optimizer of the copy"):
        found = config_of(context.model(copied).optimizer)
    context.require(
        found == expected, f"the optimizer of the copy is {found}, that of the original {expected}"
    )


def _several_targets(context: CheckContext) -> Any:
    return doubles.multilabel_dataset() if context.is_classifier else doubles.continuous_dataset(3)


def _require_lowered_rate_kept(context: CheckContext, number: int, way: str) -> None:
    """Require that a copy goes on at the rate that training has come to, as callbacks lower it."""
    X, y, *_ = doubles.dataset(context.wrapper)
    # So low that what is trained does not depend on it.
    routed = accepted(context, optimizer__learning_rate=1e-9)
    optimizer = ("sgd", keras.optimizers.Adam, keras.optimizers.SGD(1e-9))[number]
    given = {**({} if number == 2 else routed), "loss": helper_loss(context)}
    build = importable_builder(context, doubles.UNTRAINED)
    estimator = context.make(build, optimizer=optimizer, **given)
    context.fit(estimator, X, y)
    with context.preparing("setting the learning rate of the optimizer of model_"):
        context.model(estimator).optimizer.learning_rate = 1e-10
    copied = copy_of(context, estimator, way)
    for words in ("a copy of a fitted estimator", "a copy that was trained further"):
        with context.preparing("reading the learning rate of model_"):
            expected = float(context.model(estimator).optimizer.learning_rate)
        with context.doing(f"reading the learning rate of {words}"):
            found = float(context.model(copied).optimizer.learning_rate)
        context.require(
            same(found, expected),
            f"the learning rate of {words} is {found}, that of the original {expected}",
        )
        context.call(estimator, "partial_fit", X, y)
        with context.doing("partial_fit of a copy of a fitted estimator"):
            copied.partial_fit(X, y)


@check(
    "SER-1.goes-on",
    verifies="a copy of a fitted estimator is trained further on what the original takes, at the "
    "learning rate that it has come to, and refuses what the original refuses",
    impact="a model that was loaded cannot be trained further, starts again at the learning rate "
    "that callbacks had lowered, or takes targets of another shape",
    wrappers=ESTIMATORS,
    cases=["one", "column", "several", "frozen-layer", "lowered-learning-rate"],
    needs=[Capability.PARTIAL_FIT],
    case_needs={"lowered-learning-rate": Capability.COMPILATION_PARAMETERS},
    also=["SER-2"],
)
def goes_on(context: CheckContext) -> None:
    if context.case == "lowered-learning-rate":
        for number, way in enumerate((*COPY_METHODS, "deepcopy")):
            _require_lowered_rate_kept(context, number, way)
        return
    helper = helper_model(context)
    data, activation, loss = helper.data, helper.activation, helper.loss
    if context.case == "several":
        data, activation = (
            _several_targets(context),
            "sigmoid" if context.is_classifier else "linear",
        )
        loss = "binary_crossentropy" if context.is_classifier else "mean_squared_error"
    X, y = data.X, data.y[:, None] if context.case == "column" else data.y

    def build() -> Any:
        # Of this class, Keras's own copies are compiled; they need an optimizer that made a step.
        model = doubles.make_model(data, activation, cls=doubles.EagerModel)
        if context.case == "frozen-layer":
            inputs = keras.Input((data.n_features,))
            frozen = keras.layers.Dense(data.n_features, name="frozen", trainable=False)
            outputs = keras.layers.Dense(len(data.bias), activation)(frozen(inputs))
            model = doubles.EagerModel(inputs, outputs)
        model.compile(_optimizer(), loss=loss)
        return model

    estimator = context.make(build)
    context.fit(estimator, X, y)
    copied = copy_of(context, estimator, "deepcopy")
    _require_same_settings(context, estimator, copied)
    _require_same_state(context, estimator, copied)
    counts = [_trainable(context, one) for one in (estimator, copied)]
    context.require(
        counts[0] == counts[1],
        f"the model of the copy trains {counts[1]} of its weights, that of the original "
        f"{counts[0]}",
    )
    context.call(estimator, "partial_fit", X, y)
    with context.doing("partial_fit of a copy of a fitted estimator"):
        copied.partial_fit(X, y)
    expected, found = (context.predict(one, X) for one in (estimator, copied))
    context.require(
        same(found, expected),
        f"predict of a copy that was trained further returned {show(found)}, not {show(expected)}",
    )
    others = {
        "targets of another shape": (X, np.repeat(y.reshape(len(y), -1), 2, axis=1)),
        "other features": (np.hstack([X, X]), y),
    }
    for words, later in others.items():
        try:
            estimator.partial_fit(*later)
        except ValueError:
            with context.refusing(f"partial_fit of a copy with {words}", ValueError):
                copied.partial_fit(*later)
        except Exception:  # API-13 is about that
            return


@check(
    "SER-1.metadata",
    verifies="a copy of a fitted estimator has the attributes that its encoders brought",
    impact="code that reads the size of the vocabulary fails for a model that was loaded",
    wrappers=ESTIMATORS,
    needs=[Capability.ENCODERS],
)
def metadata_of_copies(context: CheckContext) -> None:
    X, y, *_ = doubles.dataset(context.wrapper)
    require_encoders_are_used(context, "feature", "target")
    estimator = context.make_of(subclass_with_own_metadata(context), stub_builder(context))
    context.fit(estimator, X, y)
    copied = copy_of(context, estimator, "deepcopy")
    for name in OWN_METADATA:
        value = context.attribute(estimator, name)
        found = context.observe.attribute(copied, name)
        context.require(same(found, value), f"{name} of the copy is {show(found)}, not {value}")


@check(
    "SER-1.models-in-models",
    verifies="a copy of a fitted estimator has the weights of models that serve as layers",
    impact="a pretrained part is stored with its structure alone, and predicts at random",
    wrappers=ESTIMATORS,
    also=["SER-2"],
)
def models_in_models(context: CheckContext) -> None:
    X, y, *_ = doubles.dataset(context.wrapper)

    def build() -> Any:
        part = keras.Sequential([keras.layers.Input((X.shape[1],)), keras.layers.Dense(2)])
        inputs = keras.Input((X.shape[1],))
        model = keras.Model(inputs, helper_layer(context)(part(inputs)))
        model.compile(doubles.zero_learning_rate(), loss=helper_loss(context))
        return model

    estimator = context.make(build)
    context.fit(estimator, X, y)
    copied = copy_of(context, estimator, "deepcopy")
    expected, found = (context.model(one).get_weights() for one in (estimator, copied))
    context.require(
        same_weights(expected, found, tolerance=0.0),
        f"the copy has the weights {show(found[:1])}, not {show(expected[:1])}",
    )
    predicted = context.predict(estimator, X)
    require_same_bits(context, context.observe.predict(copied, X), predicted, "predict of the copy")


def _objects() -> dict[str, Any]:
    """Return instances with settings that are not the defaults, by parameter."""
    return {
        "optimizer": keras.optimizers.SGD(0.25, momentum=0.5, clipvalue=0.125),
        "loss": keras.losses.CategoricalCrossentropy(label_smoothing=0.25),
        "metrics": [keras.metrics.BinaryAccuracy(threshold=0.75, name="mine")],
    }


def _is_kept_alone(value: Any) -> bool:
    """Whether an object that is pickled by itself keeps its settings."""
    try:
        return config_of(pickle_round_trip(value)) == config_of(value)
    except Exception:
        return False


@check(
    "SER-1.settings-of-instances",
    verifies="a copy of an unfitted estimator has the optimizer, loss and metrics that were given "
    "as instances, with their settings",
    impact="a search in other processes compares metrics with the default threshold",
    wrappers=ESTIMATORS,
    cases=list(COPY_METHODS),
    needs=[Capability.COMPILATION_PARAMETERS],
)
def settings_of_instances(context: CheckContext) -> None:
    given = _objects()
    estimator = context.make(importable_builder(context, doubles.UNTRAINED), **given)
    copied = copy_of(context, estimator, context.case)
    params = context.params(copied)
    for name, value in given.items():
        one = value[0] if isinstance(value, list) else value
        if not _is_kept_alone(one):
            continue  # what Keras itself loses is not charged to the wrapper
        with context.doing(f"reading the configuration of the {name} of the copy"):
            found = params[name]
            text = config_of(found[0] if isinstance(value, list) else found)
        context.require(
            text == config_of(one), f"the {name} of the copy is {text}, not {config_of(one)}"
        )

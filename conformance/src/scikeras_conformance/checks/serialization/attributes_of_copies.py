"""SER-1: copies have the fitted attributes of the original."""

from collections.abc import Mapping
from typing import Any

from scikeras_conformance.catalog.check import ESTIMATORS, check
from scikeras_conformance.checks._support.compilation import config_of
from scikeras_conformance.checks._support.fit_outcomes import ATTRIBUTES
from scikeras_conformance.checks._support.helper_models import (
    helper_model,
    importable_builder,
)
from scikeras_conformance.checks._support.modules import doubles, keras, np
from scikeras_conformance.checks._support.predictions import same
from scikeras_conformance.checks._support.preparation import accepted
from scikeras_conformance.checks._support.serialization import COPY_METHODS, copy_of
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
    return keras.optimizers.SGD(schedule, momentum=0.5, clipnorm=0.75, weight_decay=0.0)


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


@check(
    "SER-1.goes-on",
    verifies="a copy of a fitted estimator is trained further on what the original takes, and "
    "refuses what the original refuses",
    impact="a model that was loaded cannot be trained further, or takes targets of another shape",
    wrappers=ESTIMATORS,
    cases=["one", "column", "several", "frozen-layer"],
    needs=[Capability.PARTIAL_FIT],
    also=["SER-2"],
)
def goes_on(context: CheckContext) -> None:
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

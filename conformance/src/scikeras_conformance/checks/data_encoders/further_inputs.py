"""DATA-2 and DATA-7: features in further training, in validation, and in arrays filled again."""

from typing import Any

from scikeras_conformance.catalog.check import ESTIMATORS, check
from scikeras_conformance.checks._support.encoders import (
    Plan,
    require_encoders_are_used,
    subclass,
)
from scikeras_conformance.checks._support.fit_outcomes import stub_model
from scikeras_conformance.checks._support.helper_models import helper_model, helper_target
from scikeras_conformance.checks._support.modules import doubles, keras, np
from scikeras_conformance.checks._support.training import (
    learner,
    read_history,
    require_weights,
    train,
)
from scikeras_conformance.contract import Capability
from scikeras_conformance.runner.context import CheckContext, show


def _encoded(X: Any) -> Any:
    return X * 2 + 1


def _build(context: CheckContext, kernel: Any, rate: float) -> Any:
    """Make a model with some kernel, whose columns are opposite if there are two."""
    inputs = keras.Input((len(kernel),))
    return _model(context, inputs, inputs, kernel, rate)


def _model(context: CheckContext, inputs: Any, features: Any, kernel: Any, rate: float) -> Any:
    """Make such a model on features that are made of one or of several inputs."""
    helper = helper_model(context)
    n_units = len(helper.data.bias)
    layer = keras.layers.Dense(n_units, helper.activation)
    model = doubles.RecordingModel(inputs, layer(features))
    column = np.reshape(kernel, (-1, 1))
    weights = column if n_units == 1 else np.hstack([-column / 2, column / 2])
    layer.set_weights([weights, np.zeros(n_units)])
    model.compile(doubles.sgd(rate), loss=helper.loss)
    return model


@check(
    "DATA-2.later-training",
    verifies="partial_fit and a warm fit train on what feature_encoder_ returns, as the first fit "
    "does",
    impact="training goes on with data that are scaled in another way than before",
    cases=["partial_fit", "warm-fit"],
)
def later_training(context: CheckContext) -> None:
    X, y, *_ = doubles.dataset(context.wrapper)
    require_encoders_are_used(context, "feature")
    kernel = np.linspace(-0.5, 0.5, X.shape[1])
    cls, _ = subclass(context, feature=Plan(_encoded))
    more = {"warm_start": True} if context.case == "warm-fit" else {}
    estimator = context.make_of(cls, lambda: _build(context, kernel, 0.1), **more)
    context.fit(estimator, X, y)
    context.call(estimator, context.case.removeprefix("warm-"), X, y)
    target = helper_target(context, y)
    expected = train(_build(context, kernel, 0.1), _encoded(X), target, epochs=2)
    require_weights(context, estimator, expected, "those of training on the output of the encoder")


@check(
    "DATA-7.filled-again",
    verifies="an array that was changed in place since an earlier call is read anew",
    impact="a loop that fills one buffer again and again trains, or scores, the first rows only",
    wrappers=ESTIMATORS,
    cases=["fit", "partial_fit", "score"],
    case_needs={"partial_fit": Capability.PARTIAL_FIT},
)
def filled_again(context: CheckContext) -> None:
    data = doubles.dataset(context.wrapper)
    X, y = data.X.copy(), data.y.copy()
    # Each feature on the other side, with targets in another order.
    other = 1 - 2 * X, np.roll(y, len(y) // 2 + 1)
    if context.case == "score":
        estimator = context.make(lambda: stub_model(context))
        context.fit(estimator, X, y)
        context.call(estimator, "score", X, y)
        X[...] = other[0]
        found = context.call(estimator, "score", X, y)
        right = context.call(estimator, "score", other[0], data.y)
        context.require(
            np.isclose(found, right),
            f"score of arrays that were changed in place returned {show(found)}; of new arrays "
            f"with the same values it returns {show(right)}",
        )
        return
    build = learner(context)
    estimator, expected = context.make(build), build()
    context.fit(estimator, X, y)
    X[...], y[...] = other
    context.call(estimator, context.case, X, y)
    if context.case == "partial_fit":
        train(expected, data.X, helper_target(context, data.y))
    train(expected, X, helper_target(context, y))
    what = f"those of {context.case} with what the arrays held in that call"
    require_weights(context, estimator, expected, what)


@check(
    "DATA-2.validation",
    verifies="the model is validated on what feature_encoder_ returns, whichever way data for "
    "validation are given",
    impact="val_loss is that of data on another scale, and early stopping goes by it",
    wrappers=ESTIMATORS,
    cases=["validation_split", "fit__validation_split", "fit__validation_data", "validation_data"],
)
def validation(context: CheckContext) -> None:
    X, y, kernel = _rows_of_one_loss(context)
    require_encoders_are_used(context, "feature")
    cls, _ = subclass(context, feature=Plan(_encoded))
    value: Any = 0.5 if context.case.endswith("split") else (X[:2], y[:2])
    given = {context.case: value}
    params, keywords = ({}, given) if context.case == "validation_data" else (given, {})
    estimator = context.make_of(cls, lambda: _build(context, kernel, 0.0), **params)
    context.call(estimator, "fit", X, y, **keywords)
    model = _build(context, kernel, 0.0)
    right = model.test_on_batch(_encoded(X), helper_target(context, y), return_dict=True)["loss"]
    expected = float(right)
    with context.preparing("reading val_loss in history_"):
        found = read_history(context, estimator)["val_loss"]
    context.require(
        len(found) == 1 and np.allclose(found, expected, rtol=1e-4),
        f"val_loss should be {expected}, that of the output of the encoder; it is {found}",
    )


@check(
    "DATA-2.validation-by-name",
    verifies="the model is validated on the inputs by name that feature_encoder_ returns, in "
    "whatever order",
    impact="val_loss is that of a model whose inputs were exchanged",
    wrappers=ESTIMATORS,
    cases=["fit__validation_data", "validation_data"],
    case_needs={"fit__validation_data": Capability.ROUTED_PARAMETERS},
    needs=[Capability.ENCODERS],
    presupposes="DATA-2.features",
)
def validation_by_name(context: CheckContext) -> None:
    X, y, *_ = doubles.dataset(context.wrapper)
    require_encoders_are_used(context, "feature")

    def by_name(X: Any) -> Any:
        return {"second": X[:, 1:2], "first": X[:, :1] * 3}

    def build() -> Any:
        inputs = {name: keras.Input((1,), name=name) for name in ("first", "second")}
        features = keras.layers.Concatenate()(list(inputs.values()))
        return _model(context, inputs, features, np.array([0.25, -0.5]), 0.0)

    held_out = (X[:3] * 2, y[:3])
    given: dict[str, Any] = {context.case: held_out}
    params, keywords = ({}, given) if context.case == "validation_data" else (given, {})
    cls, _ = subclass(context, feature=Plan(by_name))
    estimator = context.make_of(cls, build, **params)
    target = helper_target(context, held_out[1])
    right = build().test_on_batch(by_name(held_out[0]), target, return_dict=True)["loss"]
    for method in ("fit", *(["partial_fit"] if hasattr(context.cls, "partial_fit") else [])):
        context.call(estimator, method, X, y, **keywords)
        with context.preparing("reading val_loss in history_"):
            found = read_history(context, estimator)["val_loss"][-1]
        context.require(
            np.allclose(found, float(right), rtol=1e-4),
            f"val_loss of {method} should be {float(right)}, that of the inputs by their names; it "
            f"is {found}",
        )


def _rows_of_one_loss(context: CheckContext) -> tuple[Any, Any, Any]:
    """Return X, y and a kernel, for which each row has the same loss.

    So it does not matter which rows are held out.
    """
    if context.is_classifier:
        data = doubles.classes_dataset([0, 1], sigmoid=True)
        return data.X, data.y, np.array([-0.5, 0.5])
    X = np.tile(np.array([[0.5, -1.0, 2.0]], np.float32), (8, 1))
    return X, np.linspace(3.0, 3.0, 8, dtype=np.float32), np.array([1.0, 0.5, 0.25])

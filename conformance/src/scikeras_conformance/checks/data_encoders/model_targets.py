"""DATA-3 and DATA-6: the targets that reach the model, and its outputs on their way back."""

from collections.abc import Callable, Mapping
from typing import Any

from scikeras_conformance.catalog.check import ESTIMATORS, Wrapper, check
from scikeras_conformance.checks._support.encoders import (
    Plan,
    dense_layer,
    dense_model,
    inverse_to_known_values,
    require_encoders_are_used,
    subclass,
    target_metadata,
)
from scikeras_conformance.checks._support.fit_outcomes import stub_builder
from scikeras_conformance.checks._support.helper_models import helper_loss, helper_target
from scikeras_conformance.checks._support.many_rows import many_rows
from scikeras_conformance.checks._support.modules import doubles, keras, np
from scikeras_conformance.checks._support.oracle_models import ONE_HOT, oracle_builder
from scikeras_conformance.checks._support.predictions import as_array
from scikeras_conformance.checks._support.preparation import call_if_it_works, require_it_works
from scikeras_conformance.checks._support.training import (
    outputs_of,
    read_history,
    require_both_named,
    require_weights,
    train,
)
from scikeras_conformance.runner.context import CheckContext, show


def _targets(context: CheckContext, container: str) -> Callable[[Any], Any]:
    """Return a function that makes the training targets of a model with one or two outputs."""
    whole = helper_loss(context) == "sparse_categorical_crossentropy"

    def transform(y: Any) -> Any:
        target = helper_target(context, y)
        # The targets of one-hot losses are shares, those of sparse losses are whole numbers.
        first, second = (1 - target, target) if whole else (target / 2 + 0.25, 1 - target / 4)
        several = {
            "list": [first, second],
            "dict": {"right": second, "left": first},
            # The model has them the other way round: the names count, not the order.
            "names": {"left": first, "right": second},
        }
        return several.get(container, first)

    return transform


def _target_model(context: CheckContext, container: str, n_features: int) -> Any:
    inputs = keras.Input((n_features,))
    if container not in {"dict", "names"}:
        return dense_model(context, inputs, inputs, 2 if container == "list" else 1)
    named = {name: dense_layer(context, name)(inputs) for name in ("right", "left")}
    outputs = named if container == "dict" else list(named.values())
    model = doubles.RecordingModel(inputs, outputs)
    model.compile(doubles.sgd(0.1), loss=dict.fromkeys(named, helper_loss(context)))
    return model


def _container_and_weights(context: CheckContext) -> tuple[str, Any]:
    """Return the kind of target that the case is about, and weights of rows or None."""
    container = context.case.removesuffix("-weighted")
    _, y, *_ = doubles.dataset(context.wrapper)
    return container, None if container == context.case else np.linspace(0.5, 2.0, len(y))


def _fitted_with_targets(context: CheckContext) -> tuple[Any, Plan, Callable[[], Any]]:
    X, y, *_ = doubles.dataset(context.wrapper)
    if context.case == "other-type":
        # Predictions need not have the dtype of the target: they are multiples of one half here.
        y = np.rint(y).astype(np.int64)
    container, weights = _container_and_weights(context)
    n_outputs = 2 if container in {"list", "dict", "names"} else 1
    metadata = target_metadata(context, n_outputs)
    require_encoders_are_used(context, "target")
    plan = Plan(_targets(context, container), inverse_to_known_values(context), metadata)

    def build() -> Any:
        return _target_model(context, container, X.shape[1])

    cls, _ = subclass(context, target=plan)
    estimator = context.make_of(cls, build)
    given = {} if weights is None else {"sample_weight": weights}
    with context.doing(f"fit with a target encoder whose result is of the kind: {context.case}"):
        context.call(estimator, "fit", X, y, **given)
    return estimator, plan, build


@check(
    "DATA-3.trained-on",
    verifies="the model is trained on the array, list or dict that target_encoder_ returns",
    impact="a model with several outputs cannot be used, or learns other targets",
    also=["API-6"],
    cases=["array", "list", "dict", "names", "list-weighted", "dict-weighted"],
)
def trained_on(context: CheckContext) -> None:
    X, y, *_ = doubles.dataset(context.wrapper)
    estimator, plan, build = _fitted_with_targets(context)
    target = plan.transform(y)
    _, weights = _container_and_weights(context)
    # Weights of rows are for each of the outputs.
    each = None if weights is None else keras.tree.map_structure(lambda _: weights, target)
    expected = train(build(), X, target, sample_weight=each)
    require_weights(
        context, estimator, expected, "those of training on the output of target_encoder_"
    )


@check(
    "DATA-3.decoded",
    verifies="predict returns target_encoder_.inverse_transform of the model's outputs",
    impact="predictions are in the model's internal codes, or some outputs are lost",
    cases=["array", "list", "dict", "other-type", "many-rows"],
)
def decoded(context: CheckContext) -> None:
    X, *_ = doubles.dataset(context.wrapper)
    # The encoder sees all outputs at once, also those of more rows than a batch has.
    X = many_rows(context)[0] if context.case == "many-rows" else X[:5]
    estimator, plan, _ = _fitted_with_targets(context)
    plan.calls.outputs.clear()
    found = as_array(context, context.observe.predict(estimator, X), "predict")
    context.require(plan.calls.outputs, "predict did not call target_encoder_.inverse_transform")
    model = context.model(estimator)
    with context.preparing("calling model_"):
        raw = outputs_of(model, X)
    given = plan.calls.outputs[-1]
    context.require(
        _same_outputs(given, raw),
        f"target_encoder_.inverse_transform received {show(given)}, not the outputs {show(raw)}",
    )
    _require_decoded(context, found, plan.inverse(raw))


@check(
    "DATA-3.decoded-with-classes",
    verifies="target_encoder_ decides what an output means, also if it reports classes_",
    impact="a threshold or an order of the user's encoder is ignored",
    wrappers=[Wrapper.CLASSIFIER],
)
def decoded_with_classes(context: CheckContext) -> None:
    data = doubles.classes_dataset([0, 1, 2])
    require_encoders_are_used(context, "target")
    plan = Plan(
        lambda y: np.eye(3)[np.asarray(y)],
        # Anything but the class of the largest output.
        lambda outputs: (np.argmax(outputs, axis=1) + 1) % 3,
        {**target_metadata(context), "classes_": np.arange(3), "n_classes_": 3},
    )
    cls, _ = subclass(context, target=plan)
    estimator = context.make_of(cls, oracle_builder(data, "softmax", ONE_HOT))
    context.call(estimator, "fit", data.X, data.y)
    found = as_array(context, context.observe.predict(estimator, data.X), "predict")
    model = context.model(estimator)
    with context.preparing("calling model_"):
        raw = outputs_of(model, data.X)
    _require_decoded(context, found, plan.inverse(raw))


def _require_decoded(context: CheckContext, found: Any, predictions: Any) -> None:
    """Require that predict returned what the encoder makes of the outputs."""
    context.require(
        found.shape == predictions.shape and np.array_equal(found, predictions),
        f"predict returned {show(found)}, not the result of inverse_transform, {show(predictions)}",
    )


@check(
    "DATA-3.results-kept",
    verifies="what a call returned stays as it was when later calls return something else",
    impact="predictions that were collected batch by batch are all those of the last batch",
    wrappers=ESTIMATORS,
)
def results_kept(context: CheckContext) -> None:
    X, y, *_ = doubles.dataset(context.wrapper)
    estimator = context.make(stub_builder(context))
    context.fit(estimator, X, y)
    for method in ("predict", "predict_proba", "decision_function"):
        if not hasattr(context.cls, method):
            continue
        # The contract does not promise that it works.
        if method == "decision_function" and not call_if_it_works(context, estimator, method, X):
            continue
        kept: list[tuple[Any, Any]] = []
        for rows in (X, X[::-1], X[:3], X[3:6], X[-1:], X[:1]):
            # Other rows, of which there are as many.
            found = context.call(estimator, method, rows)
            kept.append((found, as_array(context, found, method).copy()))
        context.fit(estimator, X, y)
        changed = [one for one, before in kept if not np.array_equal(one, before)]
        context.require(
            not changed, f"a result of {method} became {show(changed[:1])} in a later call"
        )


def _same_outputs(given: Any, raw: Any) -> bool:
    """Whether outputs are those of Keras, in a list, a tuple, a dict or a single array."""
    if isinstance(raw, Mapping):
        named = isinstance(given, Mapping) and set(given) == set(raw)
        return named and all(_same_outputs(given[name], raw[name]) for name in raw)
    if isinstance(raw, (list, tuple)):
        listed = isinstance(given, (list, tuple)) and len(given) == len(raw)
        return listed and all(map(_same_outputs, given, raw))
    try:
        array = np.asarray(given)
    except Exception:
        return False
    return array.shape == raw.shape and array.dtype.kind == "f" and np.allclose(array, raw)


@check(
    "DATA-3.validation",
    verifies="the targets of validation data are encoded like those of training",
    impact="val_loss is that of other targets, and early stopping goes by it",
    wrappers=ESTIMATORS,
    cases=[
        f"{way}{names}"
        for way in ("fit__validation_data", "validation_data")
        for names in ("", "-names")
    ],
)
def validation(context: CheckContext) -> None:
    way, _, names = context.case.partition("-")
    container = names or "array"
    X, y, *_ = doubles.dataset(context.wrapper)
    require_encoders_are_used(context, "target")
    transform, inverse = _targets(context, container), inverse_to_known_values(context)
    plan = Plan(transform, inverse, target_metadata(context, 2 if names else 1))

    def build() -> Any:
        model = _target_model(context, container, X.shape[1])
        loss = helper_loss(context)
        losses = {"left": loss, "right": loss} if names else loss
        # The outputs are equal, so that without weights it would not matter which target is whose.
        weights = {"left": 1.0, "right": 3.0} if names else None
        model.compile(doubles.zero_learning_rate(), loss=losses, loss_weights=weights)
        return model

    cls, _ = subclass(context, target=plan)
    given = {way: (X[:3], y[:3])}
    params, keywords = ({}, given) if way == "validation_data" else (given, {})
    estimator = context.make_of(cls, build, **params)
    context.call(estimator, "fit", X, y, **keywords)
    shapes = sorted({np.shape(one) for one in plan.calls.transforms})
    context.require(
        len({len(shape) for shape in shapes}) == 1,
        f"target_encoder_.transform received targets of the shapes {shapes}, where all targets "
        "that fit was given have one dimension",
    )
    right = build().test_on_batch(X[:3], plan.transform(y[:3]), return_dict=True)["loss"]
    with context.preparing("reading val_loss in history_"):
        found = read_history(context, estimator)["val_loss"]
    context.require(
        len(found) == 1 and np.allclose(found, float(right), rtol=1e-4),
        f"val_loss should be {float(right)}, that of the encoded targets; it is {found}",
    )


@check(
    "DATA-6.other-number-of-outputs",
    verifies="a number of outputs that the target encoder does not expect raises a ValueError "
    "with both numbers",
    impact="Keras fails with an error about shapes, or trains one output and ignores the others",
    cases=["too-many", "too-few"],
)
def other_number_of_outputs(context: CheckContext) -> None:
    X, y, *_ = doubles.dataset(context.wrapper)
    expected, there = (2, 4) if context.case == "too-many" else (5, 3)
    require_encoders_are_used(context, "target")
    plan = Plan(lambda y: [helper_target(context, y)] * expected, inverse_to_known_values(context))
    plan.metadata = target_metadata(context, expected)

    def build() -> Any:
        inputs = keras.Input((X.shape[1],))
        return dense_model(context, inputs, inputs, there)

    cls, _ = subclass(context, target=plan)
    estimator = context.make_of(cls, build)
    what = f"fit of a model of {there} outputs where the target encoder expects {expected}"
    require_both_named(context, what, lambda: estimator.fit(X, y), (there, expected))


@check(
    "DATA-6.more-outputs-by-default",
    verifies="the default target encoders raise a ValueError with both numbers for a model "
    "with several outputs",
    impact="Keras fails with an error about structures that does not mention encoders",
    wrappers=[Wrapper.CLASSIFIER, Wrapper.REGRESSOR],
)
def more_outputs_by_default(context: CheckContext) -> None:
    require_it_works(context)
    X, y, *_ = doubles.dataset(context.wrapper)

    def build() -> Any:
        inputs = keras.Input((X.shape[1],))
        return dense_model(context, inputs, inputs, 3)

    estimator = context.make(build)
    what = "fit of a model of 3 outputs"
    require_both_named(context, what, lambda: estimator.fit(X, y), (3, 1))

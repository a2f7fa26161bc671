"""BUILD-4: the argument ``meta`` of a builder."""

from collections.abc import Callable
from typing import Any

from scikeras_conformance.catalog.check import Wrapper, check
from scikeras_conformance.checks._support.helper_models import helper_model, loss_of_classes
from scikeras_conformance.checks._support.modules import doubles, keras, np
from scikeras_conformance.checks._support.oracle_models import oracle_builder
from scikeras_conformance.checks._support.predictions import same
from scikeras_conformance.checks._support.preparation import accepted
from scikeras_conformance.checks._support.recording_builder import (
    NOT_GIVEN,
    last_call,
    recording_builder,
    special_argument,
)
from scikeras_conformance.checks._support.state import fitted_names
from scikeras_conformance.contract import Capability
from scikeras_conformance.runner.context import CheckContext, show

META = (
    "n_features_in_",
    "X_dtype_",
    "X_shape_",
    "y_dtype_",
    "y_ndim_",
    "target_type_",
    "n_outputs_",
    "n_outputs_expected_",
    "feature_encoder_",
    "target_encoder_",
)


def _meta(context: CheckContext) -> tuple[Any, dict[str, Any]]:
    """Fit or initialize an estimator, and return it with the meta that its builder received."""
    X, y, *_ = doubles.dataset(context.wrapper)
    build, calls = recording_builder(context, "meta")
    params: dict[str, Any] = {"validation_split": 0.25} if context.case == "held-out" else {}
    estimator = context.make(build, **accepted(context, **params))
    method = context.case if context.case in {"fit", "initialize"} else "fit"
    context.call(estimator, method, X, y)
    return estimator, special_argument(context, last_call(context, calls), "meta")


def _promised(context: CheckContext, estimator: Any) -> tuple[str, ...]:
    """Return the entries that meta has to hold; for the base wrapper, those of what it has."""
    if context.wrapper is Wrapper.BASE:
        with context.preparing("looking for the attributes of the base wrapper"):
            return tuple(name for name in META if hasattr(estimator, name))
    return META + (("classes_", "n_classes_") if context.is_classifier else ())


@check(
    "BUILD-4.entries",
    verifies="meta holds the documented facts about the data",
    impact="a builder cannot size its layers to the data",
    cases=["fit", "initialize"],
    presupposes="BUILD-3.special-arguments",
)
def meta_entries(context: CheckContext) -> None:
    estimator, meta = _meta(context)
    absent = [name for name in _promised(context, estimator) if name not in meta]
    context.require(not absent, f"meta lacks {', '.join(absent)}")


@check(
    "BUILD-4.values",
    verifies="the entries of meta equal the estimator's attributes and describe the data",
    impact="layers are sized for other data",
    cases=["fit", "held-out"],
)
def meta_values(context: CheckContext) -> None:
    estimator, meta = _meta(context)
    X, y, *_ = doubles.dataset(context.wrapper)
    truth = {
        "n_features_in_": X.shape[1],
        "X_dtype_": X.dtype,
        "X_shape_": X.shape,
        "y_ndim_": y.ndim,
        "n_outputs_": 1,
        "n_outputs_expected_": 1,
    }
    if context.is_classifier:
        truth.update({"n_classes_": 2, "y_dtype_": y.dtype, "target_type_": "binary"})
    else:
        truth.update({"target_type_": "continuous"})
    _require_true(context, meta, truth)
    for name in _promised(context, estimator):
        if name in meta:
            attribute = context.attribute(estimator, name)
            context.require(
                same(attribute, meta[name]), f"meta[{name!r}] is not the value of the attribute"
            )


def _require_true(context: CheckContext, meta: dict[str, Any], truth: dict[str, Any]) -> None:
    wrong = [
        f"{name}={show(meta[name])} (the data say {value!r})"
        for name, value in truth.items()
        if name in meta and not same(meta[name], value)
    ]
    context.require(not wrong, f"meta holds {', '.join(wrong)}")


@check(
    "BUILD-4.classes-given",
    verifies="meta holds the classes that the first partial_fit is given, of which its y may lack "
    "some",
    impact="the output layer has no unit for a class that comes in a later batch",
    wrappers=[Wrapper.CLASSIFIER],
    needs=[Capability.PARTIAL_FIT],
)
def meta_of_classes_given(context: CheckContext) -> None:
    data = doubles.classes_dataset(["a", "b", "c"])
    make = oracle_builder(data, "softmax", loss_of_classes(context))
    calls: list[dict[str, Any]] = []

    def build(meta: Any = NOT_GIVEN) -> Any:
        calls.append({"meta": dict(meta) if isinstance(meta, dict) else meta})
        return make()

    estimator, first = context.make(build), data.y != "b"
    context.call(estimator, "partial_fit", data.X[first], data.y[first], classes=["a", "b", "c"])
    meta = special_argument(context, last_call(context, calls), "meta")
    for name in ("classes_", "n_classes_"):
        attribute = context.attribute(estimator, name)
        context.require(name in meta, f"meta lacks {name}")
        context.require(
            same(attribute, meta[name]),
            f"with classes given, meta[{name!r}] is {show(meta[name])}, and the attribute "
            f"{show(attribute)}",
        )


def _data_of_shape(case: str) -> tuple[Any, Any, dict[str, Any]]:
    X, y, *_ = doubles.continuous_dataset(2)
    if case == "two-outputs":
        return X, y, {"n_outputs_": 2, "y_ndim_": 2}
    if case == "column-target":
        return X, y[:, :1], {"n_outputs_": 1, "y_ndim_": 2}
    cubes = np.stack([X, X], axis=2)
    return cubes, y[:, 0], {"X_shape_": cubes.shape, "n_features_in_": 3, "y_ndim_": 1}


@check(
    "BUILD-4.other-shapes",
    verifies="meta is right for several targets, for a column, and for X with three dimensions",
    impact="the output layer has one unit where it needs two, or the input layer has the wrong "
    "shape",
    wrappers=[Wrapper.BASE, Wrapper.REGRESSOR],
    cases=["two-outputs", "column-target", "three-dimensions"],
)
def meta_of_other_shapes(context: CheckContext) -> None:
    X, y, truth = _data_of_shape(context.case)
    calls: list[dict[str, Any]] = []

    def build(meta: Any = NOT_GIVEN) -> Any:
        calls.append({"meta": meta})
        inputs = keras.Input(X.shape[1:])
        outputs = keras.layers.Dense(y.size // len(y))(keras.layers.Flatten()(inputs))
        model = doubles.RecordingModel(inputs, outputs)
        model.compile(optimizer="sgd", loss="mean_squared_error")
        return model

    estimator = context.make(build)
    context.fit(estimator, X, y)
    _require_true(context, special_argument(context, last_call(context, calls), "meta"), truth)


@check(
    "BUILD-4.no-parameters",
    verifies="meta holds fitted attributes and no parameters",
    impact="a builder that prints or stores meta also gets every parameter, including models",
)
def meta_without_parameters(context: CheckContext) -> None:
    estimator, meta = _meta(context)
    mixed = sorted(set(meta) & set(context.params(estimator)))
    context.require(not mixed, f"meta holds the parameters {', '.join(mixed)}")


@check(
    "BUILD-4.all-attributes",
    verifies="meta holds every fitted attribute that exists when the builder is called, for "
    "each type of target",
    impact="a builder cannot size the output of a multilabel model, or lacks an attribute",
)
def all_attributes(context: CheckContext) -> None:
    helper = helper_model(context)
    plain = (helper.data, helper.activation, helper.loss)
    if context.is_classifier:
        # The target of several labels is a matrix; n_classes_ is not the number of its values.
        sets = [
            plain,
            (doubles.classes_dataset(["a", "b", "c"]), "softmax", loss_of_classes(context)),
            (doubles.multilabel_dataset(), "sigmoid", "binary_crossentropy"),
        ]
    else:
        sets = [plain]
    for data, activation, loss in sets:
        _require_all_attributes(context, data, oracle_builder(data, activation, loss))


def _require_all_attributes(context: CheckContext, data: Any, make: Callable[[], Any]) -> None:
    seen: list[tuple[list[str], Any]] = []
    made: list[Any] = []

    def build(meta: Any = NOT_GIVEN) -> Any:
        there = [name for name in fitted_names(made[0]) if not name.endswith("__")]
        seen.append((there, {"meta": meta}))
        return make()

    made.append(context.make(build))
    context.fit(made[0], data.X, data.y)
    context.require(seen, "the builder was never called")
    there, received = seen[-1]
    meta = special_argument(context, received, "meta")
    promised = ["classes_", "n_classes_"] if context.is_classifier else []
    absent = sorted({*there, *promised} - set(meta))
    context.require(
        not absent, f"for a target of shape {data.y.shape} meta lacks {', '.join(absent)}"
    )
    for name in promised:
        attribute = context.attribute(made[0], name)
        context.require(
            same(attribute, meta[name]),
            f"for a target of shape {data.y.shape} meta[{name!r}] is {show(meta[name])}, and the "
            f"attribute {show(attribute)}",
        )

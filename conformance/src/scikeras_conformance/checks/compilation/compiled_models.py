"""COMP-1, COMP-2 and COMP-3: models that the builder has compiled."""

from typing import Any

from scikeras_conformance.catalog.check import ESTIMATORS, Wrapper, check
from scikeras_conformance.checks._support.compilation import fitted_model, loss_class
from scikeras_conformance.checks._support.modules import doubles, keras, np
from scikeras_conformance.checks._support.state import has_compile_prefix
from scikeras_conformance.checks._support.training import loss_name
from scikeras_conformance.runner.context import CheckContext, show


@check(
    "COMP-1.compiled-is-kept",
    verifies="the optimizer, loss and metrics of model_ are the objects that the builder "
    "compiled it with",
    impact="the learning rate, loss or metrics that the user wrote are silently replaced",
    cases=["fit", "initialize"],
)
def compiled_is_kept(context: CheckContext) -> None:
    X, y, *_ = doubles.dataset(context.wrapper)
    optimizer = keras.optimizers.Adam(0.0)
    loss = loss_class(context)()
    metric = keras.metrics.MeanAbsoluteError(name="given")

    def build() -> Any:
        model = doubles.uncompiled(context.wrapper)
        model.compile(optimizer=optimizer, loss=loss, metrics=[metric])
        return model

    estimator = context.make(build)
    context.call(estimator, context.case, X, y)
    model = context.recording_model(estimator)
    calls = model.log.compiles
    context.require(len(calls) == 1, f"the model was compiled {len(calls)} times")
    context.require(model.optimizer is optimizer, "the optimizer was replaced")
    context.require(model.loss is loss, "the loss was replaced")
    if context.case == "fit":
        held = [one for holder in model.metrics for one in getattr(holder, "metrics", [holder])]
        context.require(any(one is metric for one in held), "the metric was replaced")


CONTRADICTIONS = ("optimizer", "routed-optimizer", "loss", "metrics", "compile-arguments")


@check(
    "COMP-2.parameters-ignored",
    verifies="compile parameters of the constructor do not change a compiled model",
    impact="a default of the wrapper overrides what the builder chose",
    wrappers=ESTIMATORS,
    cases=CONTRADICTIONS,
)
def parameters_ignored(context: CheckContext) -> None:
    if context.case == "compile-arguments" and not has_compile_prefix(context):
        return
    other = "hinge" if context.is_classifier else "mean_absolute_error"
    contradictions: dict[str, dict[str, Any]] = {
        "optimizer": {"optimizer": "adam"},
        "routed-optimizer": {"optimizer": "sgd", "optimizer__learning_rate": 0.75},
        "loss": {"loss": other},
        "metrics": {"metrics": ["mean_absolute_error"]},
        "compile-arguments": {"compile__loss_weights": [0.5]},
    }
    optimizer = keras.optimizers.SGD(0.0)
    loss = loss_class(context)()

    def build() -> Any:
        model = doubles.uncompiled(context.wrapper)
        model.compile(optimizer=optimizer, loss=loss)
        return model

    model = fitted_model(context, build, **contradictions[context.case])
    context.require(len(model.log.compiles) == 1, "the model was compiled again")
    # Another builder for initialize: an optimizer can serve one model only.
    prepared = context.make(doubles.builder(context.wrapper), **contradictions[context.case])
    context.initialize(prepared, *doubles.dataset(context.wrapper)[:2])
    compiles = context.recording_model(prepared).log.compiles
    context.require(len(compiles) == 1, "initialize compiled the model again")
    context.require(model.optimizer is optimizer, "the optimizer was replaced")
    context.require(model.loss is loss, "the loss was replaced")
    context.require(float(optimizer.learning_rate) == 0.0, "the learning rate was changed")


@check(
    "COMP-2.settings-ignored",
    verifies="run_eagerly and steps_per_execution of a compiled model are kept",
    impact="a model that was compiled with run_eagerly for debugging runs as a graph",
    wrappers=ESTIMATORS,
)
def settings_ignored(context: CheckContext) -> None:
    X, y, *_ = doubles.dataset(context.wrapper)

    def build() -> Any:
        model = doubles.plain_model_for(context.wrapper)
        model.compile(optimizer="sgd", loss=loss_name(context), run_eagerly=True)
        return model

    settings: dict[str, Any] = {}
    if has_compile_prefix(context):
        settings = {"compile__run_eagerly": False, "compile__steps_per_execution": 2}
    if "run_eagerly" in context.params(context.make(build)):
        settings["run_eagerly"] = False
    estimator = context.make(build, **settings)
    context.initialize(estimator, X, y)
    model = context.model(estimator)
    found = (model.run_eagerly, model.steps_per_execution)
    context.require(
        found == (True, 1),
        "(run_eagerly, steps_per_execution) should be (True, 1), as the builder compiled the "
        f"model; with {', '.join(settings)} it is {found}",
    )


@check(
    "COMP-2.target-follows-compiled-loss",
    verifies="the target is encoded for the loss of the compiled model, even if the parameter "
    "loss contradicts it",
    impact="fit fails with a shape mismatch, or trains on targets that the loss misinterprets",
    wrappers=[Wrapper.CLASSIFIER],
    cases=["one-hot-given", "sparse-given"],
    also=["TGT-2"],
)
def target_follows_compiled_loss(context: CheckContext) -> None:
    data = doubles.classes_dataset([0, 1, 2])
    losses = ["categorical_crossentropy", "sparse_categorical_crossentropy"]
    given, compiled = losses if context.case == "one-hot-given" else losses[::-1]

    def build() -> Any:
        model = doubles.make_model(data, "softmax")
        model.compile(optimizer=doubles.zero_learning_rate(), loss=compiled)
        return model

    estimator = context.make(build, loss=given)
    context.fit(estimator, data.X, data.y)
    context.require(
        np.array_equal(context.predict(estimator, data.X), data.y), "the predictions are wrong"
    )


@check(
    "COMP-3.compiled-with-parameters",
    verifies="an uncompiled model is compiled once, with instances made from the parameters",
    impact="the model is trained with other settings than those being searched",
    wrappers=ESTIMATORS,
    cases=["names", "classes", "instances", "names-by-output"],
)
def compiled_with_parameters(context: CheckContext) -> None:
    made: dict[str, dict[str, Any]] = {
        "names": {"optimizer": "adam", "loss": loss_name(context), "metrics": ["mae"]},
        "classes": {
            "optimizer": keras.optimizers.Adam,
            "loss": loss_class(context),
            "metrics": [keras.metrics.MeanAbsoluteError],
        },
        "instances": {
            "optimizer": keras.optimizers.Adam(),
            "loss": loss_class(context)(),
            "metrics": [keras.metrics.MeanAbsoluteError()],
        },
        "names-by-output": {
            "optimizer": "adam",
            "loss": {"out": loss_name(context)},
            "metrics": {"out": ["mae"]},
        },
    }
    model = fitted_model(context, lambda: doubles.uncompiled(context.wrapper), **made[context.case])
    calls = model.log.compiles
    context.require(len(calls) == 1, f"the model was compiled {len(calls)} times")
    _require_instances(context, calls[0], "Model.compile")
    context.require(
        isinstance(model.optimizer, keras.optimizers.Adam),
        f"the optimizer should be Adam; it is {type(model.optimizer).__name__}",
    )


def _require_instances(context: CheckContext, arguments: dict[str, Any], where: str) -> None:
    """Require an optimizer, a loss and one metric that are objects, not names or classes."""
    optimizer, loss = arguments.get("optimizer"), arguments.get("loss")
    context.require(
        isinstance(optimizer, keras.optimizers.Optimizer),
        f"the optimizer in {where} is {show(optimizer)}, not an instance",
    )
    losses = list(doubles.leaves(loss))
    context.require(
        losses and all(map(_is_object, losses)),
        f"the loss in {where} is {show(loss)}, neither instance nor function",
    )
    for metric in doubles.leaves(arguments.get("metrics") or []):
        context.require(
            _is_object(metric),
            f"a metric in {where} is {show(metric)}, neither instance nor function",
        )


def _is_object(value: Any) -> bool:
    return callable(value) and not isinstance(value, type)

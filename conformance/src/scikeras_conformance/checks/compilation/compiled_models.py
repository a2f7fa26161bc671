"""COMP-1, COMP-2 and COMP-3: models that the builder has compiled."""

from collections.abc import Mapping, Sequence
from typing import Any

from scikeras_conformance.catalog.check import ESTIMATORS, Wrapper, check
from scikeras_conformance.checks._support.compilation import (
    calls_of_compile,
    fitted_model,
    require_given_model,
    require_output_names,
)
from scikeras_conformance.checks._support.helper_models import (
    helper_builder,
    helper_layer,
    helper_loss,
    helper_loss_class,
    plain_helper,
    uncompiled_helper,
)
from scikeras_conformance.checks._support.modules import doubles, keras, np
from scikeras_conformance.checks._support.oracle_models import oracle_builder
from scikeras_conformance.checks._support.predictions import require_values
from scikeras_conformance.checks._support.preparation import (
    accepted,
    require_compile_prefix,
    require_it_compiles,
    require_it_works,
)
from scikeras_conformance.checks._support.state import has_compile_prefix
from scikeras_conformance.contract import Capability
from scikeras_conformance.runner.context import CheckContext, show


@check(
    "COMP-1.compiled-is-kept",
    verifies="the optimizer, loss and metrics of model_ are the objects that the builder "
    "compiled it with",
    impact="the learning rate, loss or metrics that the user wrote are silently replaced",
    cases=["fit", "initialize", "weighted"],
)
def compiled_is_kept(context: CheckContext) -> None:
    X, y, *_ = doubles.dataset(context.wrapper)
    given_too = {"sample_weight": np.linspace(0.5, 2.0, len(y))}
    weights = given_too if context.case == "weighted" else {}
    method = "fit" if context.case == "weighted" else context.case
    optimizer = keras.optimizers.Adam(0.0)
    loss = helper_loss_class(context)()
    metric = keras.metrics.MeanAbsoluteError(name="given")
    given: list[Any] = []

    def build() -> Any:
        model = uncompiled_helper(context)
        model.compile(optimizer=optimizer, loss=loss, metrics=[metric])
        given.append(model)
        return model

    estimator = context.make(build)
    context.call(estimator, method, X, y, **weights)
    require_given_model(context, estimator, given)
    model = context.observe.recording_model(estimator)
    calls = calls_of_compile(context, model)
    context.require(len(calls) == 1, f"the model was compiled {len(calls)} times")
    _require_objects_kept(context, model, optimizer, loss, metric if method == "fit" else None)


@check(
    "COMP-1.weights-made-later",
    verifies="a compiled model whose weights are made in fit keeps its optimizer, loss and metrics",
    impact="the optimizer that the builder holds on to, and may change, trains nothing",
    cases=["fit", "initialize"],
    case_needs={"initialize": Capability.INITIALIZE},
)
def weights_made_later(context: CheckContext) -> None:
    X, y, *_ = doubles.dataset(context.wrapper)
    given: list[Any] = []

    def build() -> Any:
        model = keras.Sequential([helper_layer(context)])  # without an input layer
        metric = keras.metrics.MeanAbsoluteError(name="given")
        model.compile(keras.optimizers.Adam(0.0), helper_loss_class(context)(), metrics=[metric])
        given.append((model, model.optimizer, model.loss, metric))
        return model

    estimator = context.make(build)
    context.call(estimator, context.case, X, y)
    require_given_model(context, estimator, [model for model, *_ in given])
    model = context.model(estimator)
    _, optimizer, loss, metric = given[-1]
    is_trained = context.case == "fit"
    _require_objects_kept(context, model, optimizer, loss, metric if is_trained else None)


def _require_objects_kept(
    context: CheckContext, model: Any, optimizer: Any, loss: Any, metric: Any
) -> None:
    """Require the objects of a compilation; the metric, unless it is None, of a trained model."""
    context.require(model.optimizer is optimizer, "the optimizer was replaced")
    context.require(model.loss is loss, "the loss was replaced")
    if metric is not None:
        held = [one for holder in model.metrics for one in getattr(holder, "metrics", [holder])]
        context.require(any(one is metric for one in held), "the metric was replaced")


CONTRADICTIONS = (
    *("optimizer", "routed-optimizer", "loss", "metrics", "compile-arguments"),
    "other-outputs",
)


@check(
    "COMP-2.parameters-ignored",
    verifies="compile parameters of the constructor do not change a compiled model",
    impact="a default of the wrapper overrides what the builder chose",
    wrappers=ESTIMATORS,
    cases=CONTRADICTIONS,
    conditional=True,
)
def parameters_ignored(context: CheckContext) -> None:
    if context.case == "compile-arguments":
        require_compile_prefix(context)
    require_it_works(context)
    other = "hinge" if context.is_classifier else "mean_absolute_error"
    contradictions: dict[str, dict[str, Any]] = {
        "optimizer": {"optimizer": "adam"},
        "routed-optimizer": {"optimizer": "sgd", "optimizer__learning_rate": 0.75},
        "loss": {"loss": other},
        "metrics": {"metrics": ["mean_absolute_error"]},
        "compile-arguments": {"compile__loss_weights": [0.5]},
        "other-outputs": {"loss": {"nowhere": other}, "metrics": {"nowhere": ["mse"]}},
    }
    contradiction = contradictions[context.case]
    optimizer = keras.optimizers.SGD(0.0)
    loss = helper_loss_class(context)()

    def build() -> Any:
        model = uncompiled_helper(context)
        model.compile(optimizer=optimizer, loss=loss)
        return model

    estimator = context.make(build, **contradiction)
    what = ", ".join(f"{name}={value!r}" for name, value in contradiction.items())
    X, y, *_ = doubles.dataset(context.wrapper)
    with context.doing(f"fit of a compiled model with {what}"):
        context.fit(estimator, X, y)
    model = context.recording_model(estimator)
    context.require(len(model.log.compiles) == 1, "the model was compiled again")
    context.require(model.optimizer is optimizer, "the optimizer was replaced")
    context.require(model.loss is loss, "the loss was replaced")
    context.require(float(optimizer.learning_rate) == 0.0, "the learning rate was changed")
    if hasattr(estimator, "initialize"):
        # Another builder for initialize: an optimizer can serve one model only.
        prepared = context.make(helper_builder(context), **contradiction)
        with context.doing(f"initialize of a compiled model with {what}"):
            context.initialize(prepared, X, y)
        compiles = context.recording_model(prepared).log.compiles
        context.require(len(compiles) == 1, "initialize compiled the model again")
    _require_configuration_kept(context, contradiction, what)


def _require_configuration_kept(
    context: CheckContext, contradiction: Mapping[str, Any], what: str
) -> None:
    """Require that a model of Keras's own class tells what the builder compiled it with."""
    X, y, *_ = doubles.dataset(context.wrapper)
    given: list[tuple[Any, Any]] = []

    def build() -> Any:
        model = plain_helper(context)
        model.compile(optimizer=keras.optimizers.SGD(0.0), loss=helper_loss(context))
        given.append((model, model.get_compile_config()))
        return model

    estimator = context.make(build, **contradiction)
    method = "initialize" if hasattr(estimator, "initialize") else "fit"
    with context.doing(f"{method} of a compiled model with {what}"):
        context.call(estimator, method, X, y)
    require_given_model(context, estimator, [model for model, _ in given])
    before, after = given[-1][1], context.model(estimator).get_compile_config()
    changed = [name for name in {**before, **after} if before.get(name) != after.get(name)]
    context.require(
        not changed,
        f"{method} with {what} compiled the model again, with other {', '.join(changed)}",
    )


@check(
    "COMP-2.settings-ignored",
    verifies="run_eagerly and steps_per_execution of a compiled model are kept",
    impact="a model that was compiled with run_eagerly for debugging runs as a graph",
    wrappers=ESTIMATORS,
)
def settings_ignored(context: CheckContext) -> None:
    _require_settings_kept(context, eager=True, methods=("fit", "initialize"))
    # Graphs take Keras long, so the model is not trained, unless there is no other way.
    methods = ["initialize" if hasattr(context.cls, "initialize") else "fit"]
    _require_settings_kept(context, eager=False, methods=methods)


def _require_settings_kept(context: CheckContext, *, eager: bool, methods: Sequence[str]) -> None:
    """Require that parameters leave it as it is whether a compiled model runs eagerly."""
    X, y, *_ = doubles.dataset(context.wrapper)
    given: list[Any] = []

    def build() -> Any:
        model = plain_helper(context)
        model.compile(optimizer="sgd", loss=helper_loss(context), run_eagerly=eager)
        given.append(model)
        return model

    settings = accepted(context, run_eagerly=not eager)
    if has_compile_prefix(context):
        settings |= {"compile__run_eagerly": not eager, "compile__steps_per_execution": 2}
    plain = context.make(build)
    context.call(plain, methods[0], X, y)
    require_given_model(context, plain, given)
    what = f" with {', '.join(settings)}" if settings else ""
    for method in methods:
        estimator = context.make(build, **settings)
        if not hasattr(estimator, method):
            continue
        with context.doing(f"{method} of a compiled model{what}"):
            context.call(estimator, method, X, y)
        model = context.model(estimator)
        found = (model.run_eagerly, model.steps_per_execution)
        context.require(
            found == (eager, 1),
            f"(run_eagerly, steps_per_execution) should be {(eager, 1)}, as the builder compiled "
            f"the model; after {method}{what} it is {found}",
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
    made: list[Any] = []

    def build() -> Any:
        made.append(oracle_builder(data, "softmax", compiled)())
        return made[-1]

    plain = context.make(build)
    context.fit(plain, data.X, data.y)
    require_given_model(context, plain, made)
    estimator = context.make(build, loss=given)
    with context.doing(f"fit of a model compiled with {compiled}, with loss={given!r}"):
        context.fit(estimator, data.X, data.y)
    require_values(context, context.observe.predict(estimator, data.X), data.y)


@check(
    "COMP-3.compiled-with-parameters",
    verifies="an uncompiled model is compiled once, with instances made from the parameters",
    impact="the model is trained with other settings than those being searched",
    wrappers=ESTIMATORS,
    cases=["names", "classes", "instances", "names-by-output", "partial_fit"],
    case_needs={"partial_fit": Capability.PARTIAL_FIT},
)
def compiled_with_parameters(context: CheckContext) -> None:
    require_it_works(context)
    name, cls = helper_loss(context), helper_loss_class(context)
    made: dict[str, dict[str, Any]] = {
        "names": {"optimizer": "adam", "loss": name, "metrics": ["mae"]},
        "classes": {
            "optimizer": keras.optimizers.Adam,
            "loss": cls,
            "metrics": [keras.metrics.MeanAbsoluteError],
        },
        "instances": {
            "optimizer": keras.optimizers.Adam(),
            "loss": cls(),
            "metrics": [keras.metrics.MeanAbsoluteError()],
        },
        "names-by-output": {
            "optimizer": "adam",
            "loss": {"out": name},
            "metrics": {"out": ["mae"]},
        },
    }
    made["partial_fit"] = made["names"]
    method = "partial_fit" if context.case == "partial_fit" else "fit"
    if context.case != "names":
        require_it_compiles(context)
    if context.case == "names-by-output":
        require_output_names(context)
    with context.doing(
        f"{method} of an uncompiled model, with optimizer, loss, metrics: {context.case}"
    ):
        settings = made[context.case]
        model = fitted_model(context, lambda: uncompiled_helper(context), method, **settings)
    calls = calls_of_compile(context, model)
    context.require(len(calls) == 1, f"the model was compiled {len(calls)} times")
    _require_instances(context, calls[0], "Model.compile")
    context.require(
        list(doubles.leaves(calls[0].get("metrics") or [])),
        f"the model was compiled without the metric that was given: {show(calls[0])}",
    )
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

"""SER-1: pickle, joblib and copies."""

from collections.abc import Mapping, Sequence
from functools import partial
from types import FunctionType
from typing import Any

from scikeras_conformance.catalog.check import ESTIMATORS, Shares, check
from scikeras_conformance.checks._support.helper_models import (
    helper_layer,
    helper_loss,
    helper_loss_class,
    importable_builder,
)
from scikeras_conformance.checks._support.modules import doubles, keras, np
from scikeras_conformance.checks._support.plain_use import provided
from scikeras_conformance.checks._support.predictions import same
from scikeras_conformance.checks._support.preparation import accepted
from scikeras_conformance.checks._support.quick_starts import start_joblib_quickly
from scikeras_conformance.checks._support.serialization import (
    copy_of,
    pickle_round_trip,
    require_same_bits,
    require_weights_of_copy,
    train_models,
)
from scikeras_conformance.checks._support.state import (
    fitted_names,
    has_compile_prefix,
    own_names,
    require_not_fitted,
)
from scikeras_conformance.checks._support.training import optimizer_steps, require_weights
from scikeras_conformance.contract import Capability, Level
from scikeras_conformance.runner.context import CheckContext, show
from scikeras_conformance.runner.time_limit import scaled
from scikeras_conformance.subject.builder_protocol import AdaptedBuilder

BUILDER_COMPILES = "compiled"
"""The kind without Keras objects: the builder compiles the model."""


def settings_of(context: CheckContext, kind: str) -> dict[str, Any]:
    """Return parameters with Keras objects, all of which affect the weights or the history."""
    if kind == BUILDER_COMPILES:
        return {"optimizer_name": "momentum"}
    optimizers, metrics = keras.optimizers, keras.metrics
    # Not the default.
    cls, argument = _loss_that_can_be_copied(context)
    # Also one for the builder that differs from the builder's default.
    both: dict[str, Any] = {"start": 0.25}
    if kind == "uncompiled-classes":
        return {
            **both,
            "optimizer": optimizers.SGD,
            "optimizer__learning_rate": 0.05,
            "loss": cls,
            **{f"loss__{name}": value for name, value in argument.items()},
            "metrics": [metrics.MeanAbsoluteError],
            "callbacks": doubles.LabeledCallback,
            "callbacks__label": "given",
        }
    loss, metric = cls(**argument), metrics.MeanAbsoluteError(name="mine")
    callback = doubles.LabeledCallback("given")
    structures = {
        "uncompiled-instances": (loss, [metric], [callback]),
        "uncompiled-nested": (
            {"out": loss},
            {"out": [metric, "mse"]},
            {"a": doubles.LabeledCallback, "b": callback},
        ),
    }
    if kind == "uncompiled-instances" and has_compile_prefix(context):
        both["compile__loss_weights"] = [0.25]
    names = ("loss", "metrics", "callbacks")
    # Not one that divides by the size of the gradient, which hides the factor of a loss.
    optimizer = doubles.sgd(0.05, momentum=0.5)
    return {**both, "optimizer": optimizer, **dict(zip(names, structures[kind], strict=True))}


def _loss_that_can_be_copied(context: CheckContext) -> tuple[Any, dict[str, Any]]:
    """Return a class of loss, and an argument for it that Keras's own copies of the loss keep.

    Keras 3.15.1 forgets the delta of Huber; that is not the wrapper's fault.
    """
    if helper_loss(context) == "sparse_categorical_crossentropy":
        return helper_loss_class(context), {"reduction": "sum"}
    if context.is_classifier:
        return helper_loss_class(context), {"label_smoothing": 0.25}
    huber = keras.losses.Huber(delta=0.25)
    values = [float(loss(np.ones(2), np.zeros(2))) for loss in (huber, pickle_round_trip(huber))]
    if values[0] == values[1]:
        return keras.losses.Huber, {"delta": 0.25}
    return keras.losses.MeanSquaredError, {"reduction": "sum"}


def difference(first: Any, second: Any, path: str) -> str:
    """Return the path at which two parameters differ, or an empty string."""
    if isinstance(first, Mapping):
        if not isinstance(second, Mapping) or list(first) != list(second):
            return path
        return next(
            filter(None, (difference(first[k], second[k], f"{path}.{k}") for k in first)), ""
        )
    if isinstance(first, (list, tuple)):
        if type(first) is not type(second) or len(first) != len(second):
            return path
        pairs = enumerate(zip(first, second, strict=True))
        return next(filter(None, (difference(*two, f"{path}.{i}") for i, two in pairs)), "")
    return "" if _alike(first, second) else path


def _alike(first: Any, second: Any) -> bool:
    if first is second:
        return True
    if isinstance(first, type) or type(first) is not type(second):
        return False
    if isinstance(first, keras.Model):
        # A model as a parameter; its configuration has names that Keras numbers.
        return same(first.get_weights(), second.get_weights())
    if hasattr(first, "get_config"):
        return repr(first.get_config()) == repr(second.get_config())
    if isinstance(first, AdaptedBuilder):
        return _alike(first.builder, second.builder)
    if isinstance(first, partial):
        one, other = ((made.func, made.args, made.keywords) for made in (first, second))
        return not difference(one, other, "partial")
    if isinstance(first, FunctionType):
        # A function that is defined in a script is copied by its code.
        return bool(first.__qualname__ == second.__qualname__ and first.__code__ == second.__code__)
    if isinstance(first, keras.callbacks.Callback):
        return bool(getattr(first, "label", None) == getattr(second, "label", None))
    return same(first, second)


def require_params(
    context: CheckContext, found: Any, expected: Mapping[str, Any], what: str
) -> None:
    """Require an estimator with the expected parameters."""
    with context.doing(f"comparing the parameters of {what}"):
        params = context.params(found)
        where = difference(dict(expected), params, "parameters")
    context.require(not where, f"{what} differs in its {where.replace('.', ' ', 1)}")


def importable_estimator(context: CheckContext, kind: str, *, plain: bool = False) -> Any:
    """Make an estimator whose builder, and whatever else is in it, can be imported.

    Parameters
    ----------
    context : CheckContext
        The context.
    kind : str
        See `settings_of`.
    plain : bool, default=False
        Whether the model is a plain `keras.Model`, which Keras would compile as a graph. That takes
        long in each process, so it is not, if the wrapper has a parameter for that.
    """
    if plain and kind != BUILDER_COMPILES:
        eager = accepted(context, run_eagerly=True)
        build = importable_builder(context, doubles.PLAIN)
        return context.make(build, **settings_of(context, kind), **eager)
    builders: Mapping[Any, Any] = doubles.UNTRAINED
    if kind == BUILDER_COMPILES:
        builders = doubles.COMPILED
    build = importable_builder(context, builders)
    return context.make(build, **settings_of(context, kind))


CASES = (
    *("pickle-compiled", "pickle-uncompiled-classes", "pickle-uncompiled-instances"),
    *("pickle-uncompiled-nested", "deepcopy-compiled", "deepcopy-uncompiled-instances"),
    "deepcopy-uncompiled-nested",
)


def _require_subclass_kept(context: CheckContext, way: str) -> None:
    with context.preparing("subclassing the wrapper"):
        cls = type("Subclass", (context.cls,), {})
    estimator = context.make_of(cls, importable_builder(context, doubles.COMPILED))
    other = copy_of(context, estimator, way)
    context.require(
        type(other) is cls, f"the copy of a subclass is of the class {type(other).__name__}"
    )


@check(
    "SER-1.unfitted",
    verifies="a pickled or copied unfitted estimator keeps its parameters, and trains to the "
    "same weights",
    impact="a configured estimator cannot be stored, or returns with other settings",
    cases=[*CASES, "deepcopy-subclass"],
)
def unfitted(context: CheckContext) -> None:
    way, _, kind = context.case.partition("-")
    X, y, *_ = doubles.dataset(context.wrapper)
    if kind == "subclass":
        _require_subclass_kept(context, way)
        return
    estimator = importable_estimator(context, kind)
    params = context.params(estimator)
    before = doubles.snapshot(params)
    other = copy_of(context, estimator, way)
    require_params(context, other, params, "the copy")
    changed = doubles.changed_paths(before, doubles.snapshot(context.params(estimator)))
    context.require(not changed, f"copying changed the original: {', '.join(changed[:3])}")

    def original_is_not_fitted() -> None:
        with context.preparing("predict before fit"):
            require_not_fitted(context, importable_estimator(context, kind), "predict", X)

    with provided(original_is_not_fitted):
        require_not_fitted(context, other, "predict", X)
    with provided(lambda: context.fit(importable_estimator(context, kind), X, y)):
        context.observe.fit(other, X, y)
    context.require(not fitted_names(estimator), "fitting the copy fitted the original")
    context.fit(estimator, X, y)
    expected = context.model(estimator).get_weights()
    require_weights_of_copy(context, other, expected, "those of the original")


def _plain_model(
    context: CheckContext, X: Any, *, dtype: str | None = None, metrics: Sequence[str] = ()
) -> Any:
    """Return a compiled model of no class but Keras's, so that its copies are compiled too."""
    inputs = keras.Input((X.shape[1],))
    hidden = keras.layers.Dense(2, dtype=dtype)(inputs)
    model = keras.Model(inputs, helper_layer(context)(hidden))
    model.compile(
        doubles.zero_learning_rate(), loss=helper_loss(context), metrics=list(metrics) or None
    )
    return model


def _require_digits_kept(context: CheckContext, way: str) -> None:
    """Require the weights of layers of double precision, to the last bit."""
    X, y, *_ = doubles.dataset(context.wrapper)
    estimator = context.make(lambda: _plain_model(context, X, dtype="float64"))
    context.fit(estimator, X, y)
    other = copy_of(context, estimator, way)
    expected, found = (context.model(one).get_weights() for one in (estimator, other))
    context.require(
        all(map(np.array_equal, expected, found)),
        f"the copy has the weights {show(found[:1])}, not {show(expected[:1])}",
    )


def _require_histories_apart(context: CheckContext, way: str) -> None:
    """Require that a copy goes on with the quantities that the history has, in its own history."""
    X, y, *_ = doubles.dataset(context.wrapper)
    estimator = context.make(lambda: _plain_model(context, X, metrics=["mse"]))
    context.fit(estimator, X, y)
    other = copy_of(context, estimator, way)

    def entries(one: Any) -> dict[str, int]:
        return {name: len(values) for name, values in context.attribute(one, "history_").items()}

    def train_one(one: Any, kept: Any, words: str) -> None:
        before = entries(kept)
        (context if one is estimator else context.observe).call(one, "partial_fit", X, y)
        after = entries(kept)
        context.require(
            before == after,
            f"partial_fit of {words} also changed the history of the other, from {before} entries "
            f"to {after}",
        )

    train_one(other, estimator, "a copy")
    train_one(estimator, other, "an estimator that was copied")
    expected, found = entries(estimator), entries(other)
    context.require(
        expected == found,
        f"the history of a copy that was trained further has {found} entries, not {expected}",
    )


@check(
    "SER-1.fitted",
    verifies="a pickled or copied fitted estimator predicts exactly the same, and is "
    "independent of the original",
    impact="a stored model cannot be loaded, predicts differently, or changes together with "
    "its copy",
    cases=[*CASES, "deepcopy-double", "deepcopy-history"],
    case_needs={"deepcopy-history": Capability.PARTIAL_FIT},
)
def fitted(context: CheckContext) -> None:
    way, _, kind = context.case.partition("-")
    if kind in {"double", "history"}:
        (_require_digits_kept if kind == "double" else _require_histories_apart)(context, way)
        return
    X, y, *_ = doubles.dataset(context.wrapper)
    estimator = importable_estimator(context, kind)
    context.fit(estimator, X, y)
    params, predictions = context.params(estimator), context.predict(estimator, X)
    weights = context.model(estimator).get_weights()
    before = own_names(estimator), optimizer_steps(context, estimator)
    other = copy_of(context, estimator, way)
    if kind == "uncompiled-instances":
        # The copy is pickled once more, as when it is sent on.
        other = copy_of(context, other, way)
    after = own_names(estimator), optimizer_steps(context, estimator)
    context.require(
        before[0] <= after[0], f"copying removed {sorted(before[0] - after[0])} from the original"
    )
    context.require(
        before[1] == after[1],
        f"copying changed the number of steps of the original from {before[1]} to {after[1]}",
    )
    found = context.observe.predict(other, X)
    require_same_bits(context, found, predictions, "predict of the copy")
    if context.is_classifier and hasattr(estimator, "predict_proba"):
        expected = context.call(estimator, "predict_proba", X)
        found = context.observe.call(other, "predict_proba", X)
        require_same_bits(context, found, expected, "predict_proba of the copy")
    require_params(context, other, params, "the copy")
    train_models(context, [other], X, y)
    require_weights(context, estimator, weights, "those before the copy was trained")
    train_models(context, [estimator], X, y)
    expected = context.model(estimator).get_weights()
    what = "those of the original after further training"
    require_weights_of_copy(context, other, expected, what)


@check(
    "SER-1.initialized",
    verifies="an initialized estimator can be pickled and copied, and the copy trains to the "
    "same weights",
    impact="a model that was prepared in one process cannot be trained in another",
    cases=["pickle", "deepcopy"],
    level=Level.SHOULD,
    needs=[Capability.INITIALIZE],
)
def prepared_only(context: CheckContext) -> None:
    X, y, *_ = doubles.dataset(context.wrapper)
    estimator = context.make(importable_builder(context, doubles.COMPILED), optimizer_name="adam")
    context.initialize(estimator, X, y)
    other = copy_of(context, estimator, context.case)
    predictions = context.predict(estimator, X)
    found = context.observe.predict(other, X)
    require_same_bits(context, found, predictions, "predict of the copy")
    train_models(context, [other, estimator], X, y)
    expected = context.model(estimator).get_weights()
    require_weights_of_copy(context, other, expected, "those of the original")


def fit_there(estimator: Any, X: Any, y: Any) -> Any:
    """Fit, in a worker process, and return the estimator; what fit returns is for CLS-2."""
    estimator.fit(X, y)
    return estimator


def predict_there(estimator: Any, X: Any, _: Any) -> Any:
    """Predict, in a worker process."""
    return np.asarray(estimator.predict(X))


@check(
    "SER-1.workers",
    verifies="unfitted and fitted estimators can be sent to joblib's worker processes and back",
    impact="n_jobs=2 fails wherever scikit-learn offers it",
    wrappers=ESTIMATORS,
    cases=[
        *("fit-compiled", "fit-uncompiled-classes", "fit-uncompiled-instances"),
        "predict-uncompiled-instances",
    ],
    shares=Shares.PROCESSES,
)
def workers(context: CheckContext) -> None:
    import joblib

    task, _, kind = context.case.partition("-")
    X, y, *_ = doubles.dataset(context.wrapper)
    estimator = importable_estimator(context, kind, plain=True)
    params = context.params(estimator)
    # What does not work here cannot work there.
    fitted_here = importable_estimator(context, kind, plain=True)
    context.fit(fitted_here, X, y)
    if task == "predict":
        estimator, expected = fitted_here, context.predict(fitted_here, X)
    function = fit_there if task == "fit" else predict_there
    start_joblib_quickly()
    with context.doing(f"{task} in worker processes of joblib"):
        parallel = joblib.Parallel(n_jobs=2, backend="loky", timeout=scaled(100))
        found = parallel(joblib.delayed(function)(estimator, X, y) for _ in range(2))
    if task == "predict":
        for predictions in found:
            require_same_bits(context, predictions, expected, "predict in a worker")
        return
    context.require(not fitted_names(estimator), "fit in a worker fitted the original")
    expected = context.model(fitted_here).get_weights()
    for other in found:
        require_params(context, other, params, "the estimator from the worker")
        require_weights_of_copy(context, other, expected, "those of training without a worker")

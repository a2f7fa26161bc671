"""Chapter BUILD: what the builder is called with."""

import inspect
from collections.abc import Callable
from itertools import combinations
from typing import Any

from scikeras_conformance.catalog.check import ESTIMATORS, Wrapper, check
from scikeras_conformance.checks._support.modules import doubles, keras, np
from scikeras_conformance.checks._support.predictions import same
from scikeras_conformance.checks._support.state import has_compile_prefix
from scikeras_conformance.runner.context import CheckContext, show

SPECIAL = ("meta", "compile_kwargs", "params")
NOT_GIVEN = "not given"


def _recording_builder(
    context: CheckContext, *names: str, kwargs: bool = False, compiled: bool = True
) -> tuple[Callable[..., Any], list[dict[str, Any]]]:
    """Give a builder with exactly these arguments, and the list of what it was called with.

    Where a check gives a loss to the wrapper, the model comes back uncompiled: what a wrapper does
    about a contradiction is the matter of COMP-2.
    """
    calls: list[dict[str, Any]] = []

    def build(*args: Any, **arguments: Any) -> Any:
        calls.append({**{str(i): arg for i, arg in enumerate(args)}, **arguments})
        return (doubles.model_for if compiled else doubles.uncompiled)(context.wrapper)

    kind = inspect.Parameter
    parameters = [kind(name, kind.POSITIONAL_OR_KEYWORD, default=NOT_GIVEN) for name in names]
    if kwargs:
        parameters.append(kind("kwargs", kind.VAR_KEYWORD))
    signature = inspect.Signature(parameters)

    def checked(*args: Any, **arguments: Any) -> Any:
        signature.bind(*args, **arguments)
        return build(*args, **arguments)

    checked.__signature__ = signature  # type: ignore[attr-defined]
    return checked, calls


def _called_once(
    context: CheckContext, build: Any, calls: list[dict[str, Any]], **params: Any
) -> Any:
    """Fit an estimator; give it and what its builder received."""
    X, y, *_ = doubles.dataset(context.wrapper)
    estimator = context.make(build, **params)
    context.fit(estimator, X, y)
    return estimator, _received(context, calls)


def _received(context: CheckContext, calls: list[dict[str, Any]]) -> dict[str, Any]:
    context.require(calls, "the builder was never called")
    return calls[-1]


def _special(context: CheckContext, received: dict[str, Any], name: str) -> dict[str, Any]:
    """Give a special argument that a builder received, which has to be a dict."""
    context.require(name in received, f"the builder did not receive {name}")
    value = received[name]
    context.require(isinstance(value, dict), f"{name} is {show(value)}, no dict")
    return dict(value)


# -- BUILD-1, BUILD-2 ---------------------------------------------------------------------------


@check(
    "BUILD-1.free-arguments",
    verifies="keyword arguments of the constructor reach the builder, as the same objects",
    impact="the architecture that a search explores is not the one that is built",
)
def free_arguments(context: CheckContext) -> None:
    given = {
        "units": 10,
        "layout": [1, {"a": 2}],
        "activation": keras.activations.relu,
        "nothing": None,
        "flag": False,
        # These begin like a prefix, and are none: one underscore leads nowhere.
        "model_size": 3,
        "fit_intercept": True,
        "loss_scale": 0.5,
    }
    build, calls = _recording_builder(context, *given, "left_out")
    _, received = _called_once(context, build, calls, **given)
    absent = [name for name in given if name not in received]
    context.require(not absent, f"the builder did not receive {', '.join(absent)}")
    other = [name for name, value in given.items() if received[name] is not value]
    context.require(not other, f"the builder received other objects for {', '.join(other)}")
    context.require(
        received.get("left_out", NOT_GIVEN) == NOT_GIVEN,
        "an argument that was not given overrides the builder's default",
    )


@check(
    "BUILD-2.named-parameters-stay",
    verifies="parameters of the wrapper itself do not reach the builder",
    impact="an argument of the builder that happens to be called epochs or loss is overwritten",
    cases=["same-names", "any-keyword"],
)
def named_parameters_stay(context: CheckContext) -> None:
    settings = {
        "optimizer": "sgd",
        "loss": "mean_squared_error",
        "metrics": ["mse"],
        "epochs": 2,
        "batch_size": 8,
    }
    own = context.params(context.make(doubles.builder(context.wrapper)))
    # What not every wrapper has as a parameter would rightly reach the builder of one that has not.
    more = {"random_state": 1, "verbose": 0, "shuffle": False, "class_weight": {0: 1.0, 1: 2.0}}
    settings.update({name: value for name, value in more.items() if name in own})
    if context.case == "same-names":
        names = dict.fromkeys([*settings, "model", *(n for n in own if n not in SPECIAL)])
        build, calls = _recording_builder(context, *names, compiled=False)
    else:
        build, calls = _recording_builder(context, kwargs=True, compiled=False)
    estimator, received = _called_once(context, build, calls, **settings)
    named = set(context.params(estimator)) - set(SPECIAL)
    leaked = sorted(name for name in received if name in named)
    context.require(not leaked, f"the builder received {', '.join(leaked)}")


# -- BUILD-3 ------------------------------------------------------------------------------------

COMBINATIONS = {
    "+".join(names) or "none": names
    for size in range(len(SPECIAL) + 1)
    for names in combinations(SPECIAL, size)
}


@check(
    "BUILD-3.special-arguments",
    verifies="meta, compile_kwargs and params are passed if and only if the signature names them",
    impact="a builder without these arguments fails, or one with them never gets them",
    wrappers=ESTIMATORS,
    cases=COMBINATIONS,
)
def special_arguments(context: CheckContext) -> None:
    wanted = COMBINATIONS[context.case]
    build, calls = _recording_builder(context, *wanted)
    _, received = _called_once(context, build, calls)
    context.require(
        sorted(received) == sorted(wanted),
        f"a builder that names {sorted(wanted)} received {sorted(received)}",
    )
    for name in wanted:
        _special(context, received, name)


# -- BUILD-4 ------------------------------------------------------------------------------------

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
    """Fit or initialise an estimator; give it and the meta that its builder received."""
    X, y, *_ = doubles.dataset(context.wrapper)
    build, calls = _recording_builder(context, "meta")
    estimator = context.make(build)
    context.call(estimator, context.case or "fit", X, y)
    return estimator, _special(context, _received(context, calls), "meta")


def _promised(context: CheckContext) -> tuple[str, ...]:
    return META + (("classes_", "n_classes_") if context.is_classifier else ())


@check(
    "BUILD-4.entries",
    verifies="meta holds what the wrapper knows about the data",
    impact="a builder cannot size its layers to the data",
    cases=["fit", "initialize"],
)
def meta_entries(context: CheckContext) -> None:
    _, meta = _meta(context)
    absent = [name for name in _promised(context) if name not in meta]
    context.require(not absent, f"meta lacks {', '.join(absent)}")


@check(
    "BUILD-4.values",
    verifies="the entries of meta are the estimator's attributes, and say the truth about the data",
    impact="layers are sized to something other than the data",
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
    for name in _promised(context):
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
    verifies="meta says the truth about several targets, a column, and X of three dimensions",
    impact="the output layer has one unit where it needs two, or the input layer the wrong shape",
    wrappers=[Wrapper.BASE, Wrapper.REGRESSOR],
    cases=["two-outputs", "column-target", "three-dimensions"],
)
def meta_of_other_shapes(context: CheckContext) -> None:
    X, y, truth = _data_of_shape(context.case)
    calls: list[dict[str, Any]] = []

    def build(meta: dict[str, Any]) -> Any:
        calls.append({"meta": meta})
        layers = [
            keras.Input(X.shape[1:]),
            keras.layers.Flatten(),
            keras.layers.Dense(y.size // len(y)),
        ]
        model = keras.Sequential(layers)
        model.compile(optimizer="sgd", loss="mean_squared_error", run_eagerly=True)
        return model

    estimator = context.make(build)
    context.initialize(estimator, X, y)
    _require_true(context, _special(context, _received(context, calls), "meta"), truth)


@check(
    "BUILD-4.no-parameters",
    verifies="meta holds attributes that the wrapper created, not its parameters",
    impact="a builder that prints or stores meta drags every parameter along, models included",
)
def meta_without_parameters(context: CheckContext) -> None:
    estimator, meta = _meta(context)
    mixed = sorted(set(meta) & set(context.params(estimator)))
    context.require(not mixed, f"meta holds the parameters {', '.join(mixed)}")


# -- BUILD-5 to BUILD-7 --------------------------------------------------------------------------


def _is_instance(kind: str, value: Any) -> bool:
    parent = {
        "optimizer": keras.optimizers.Optimizer,
        "loss": keras.losses.Loss,
        "metric": keras.metrics.Metric,
    }[kind]
    is_function = kind != "optimizer" and callable(value) and not isinstance(value, type)
    return isinstance(value, parent) or is_function


@check(
    "BUILD-5.objects",
    verifies="compile_kwargs holds objects where names or classes were given",
    impact="a builder that sets something on compile_kwargs['optimizer'] fails on a string",
    cases=["names", "classes", "names-by-output"],
)
def objects(context: CheckContext) -> None:
    settings: dict[str, Any] = {
        "names": {"optimizer": "adam", "loss": "mean_squared_error", "metrics": ["mse"]},
        "classes": {
            "optimizer": keras.optimizers.Adam,
            "loss": keras.losses.MeanSquaredError,
            "metrics": [keras.metrics.MeanSquaredError],
        },
        "names-by-output": {
            "optimizer": "adam",
            "loss": {"out": "mean_squared_error"},
            "metrics": {"out": ["mse"]},
        },
    }[context.case]
    build, calls = _recording_builder(context, "compile_kwargs", compiled=False)
    _, received = _called_once(context, build, calls, **settings)
    arguments = _special(context, received, "compile_kwargs")
    for name, kind in (("optimizer", "optimizer"), ("loss", "loss"), ("metrics", "metric")):
        found = list(doubles.leaves(arguments.get(name)))
        context.require(
            len(found) == 1 and _is_instance(kind, found[0]),
            f"compile_kwargs[{name!r}] is {show(arguments.get(name))}",
        )


@check(
    "BUILD-5.routed-applied",
    verifies="objects in compile_kwargs are made with their routed parameters",
    impact="a builder that compiles for itself trains with default settings",
)
def routed_applied(context: CheckContext) -> None:
    build, calls = _recording_builder(context, "compile_kwargs", compiled=False)
    optimizer, _ = doubles.recording_class(keras.optimizers.SGD)
    loss, _ = doubles.recording_class(keras.losses.Huber)
    metric, _ = doubles.recording_class(keras.metrics.MeanSquaredError)
    _, received = _called_once(
        context,
        build,
        calls,
        optimizer=optimizer,
        optimizer__momentum=0.75,
        loss=loss,
        loss__delta=0.5,
        metrics=[metric],
        metrics__name="routed",
    )
    arguments = _special(context, received, "compile_kwargs")
    for name, parent, expected in (
        ("optimizer", optimizer, {"momentum": 0.75}),
        ("loss", loss, {"delta": 0.5}),
        ("metrics", metric, {"name": "routed"}),
    ):
        found = arguments.get(name)
        if len(inside := list(doubles.leaves(found))) == 1:
            found = inside[0]
        context.require(isinstance(found, parent), f"compile_kwargs[{name!r}] is {show(found)}")
        given = dict(getattr(found, "given", {}))
        context.require(
            expected.items() <= given.items(),
            f"the {name} should be made with {expected}; it was made with {given}",
        )


@check(
    "BUILD-5.usable",
    verifies="model.compile(**compile_kwargs) works in the builder, however metrics are spelt",
    impact="the documented way to compile in the builder fails",
    cases=["plain", "with-compile-prefix", "one-metric", "one-metric-class", "metrics-by-output"],
)
def usable(context: CheckContext) -> None:
    def build(compile_kwargs: dict[str, Any]) -> Any:
        model = doubles.uncompiled(context.wrapper)
        model.compile(**compile_kwargs)
        return model

    prefixed = context.case == "with-compile-prefix" and has_compile_prefix(context)
    extra = {"compile__loss_weights": [0.5]} if prefixed else {}
    metrics = {
        "one-metric": "mae",
        "one-metric-class": keras.metrics.MeanAbsoluteError,
        "metrics-by-output": {"out": ["mae"]},
    }.get(context.case, ["accuracy", "mae"])
    X, y, *_ = doubles.dataset(context.wrapper)
    estimator = context.make(
        build, optimizer="sgd", loss="mean_squared_error", metrics=metrics, **extra
    )
    context.initialize(estimator, X, y)


@check(
    "BUILD-6.same-as-get-params",
    verifies="params has the keys of get_params(), and the same objects",
    impact="a builder that reads a raw parameter gets a processed one, or none",
    cases=["given", "set-later"],
)
def same_as_get_params(context: CheckContext) -> None:
    build, calls = _recording_builder(context, "params", "units", compiled=False)
    estimator, received = _called_once(
        context,
        build,
        calls,
        units=[4],
        optimizer="sgd",
        loss=keras.losses.MeanSquaredError,
        loss__name="routed",
        metrics=["mse"],
    )
    if context.case == "set-later":
        later = {"units": [5], "epochs": 2, "optimizer__momentum": 0.5}
        context.call(estimator, "set_params", **later)
        context.initialize(estimator, *doubles.dataset(context.wrapper)[:2])
        received = _received(context, calls)
    params, expected = _special(context, received, "params"), context.call(estimator, "get_params")
    context.require(
        params.keys() == expected.keys(),
        f"keys that differ: {sorted(set(params) ^ set(expected))}",
    )
    other = [name for name, value in expected.items() if params[name] is not value]
    context.require(not other, f"params holds other objects for {', '.join(other)}")


@check(
    "BUILD-7.any-keyword",
    verifies="a builder with **kwargs receives meta, compile_kwargs and params, and nothing else",
    impact="a decorated builder, whose signature is *args and **kwargs, loses its arguments",
)
def any_keyword(context: CheckContext) -> None:
    build, calls = _recording_builder(context, "units", kwargs=True)
    _, received = _called_once(context, build, calls, units=4)
    absent = [name for name in SPECIAL if name not in received]
    context.require(not absent, f"the builder did not receive {', '.join(absent)}")
    context.require(received.get("units") == 4, "the builder lost the argument 'units'")


# -- BUILD-8, BUILD-9 ---------------------------------------------------------------------------

UNACCEPTED = {
    "free": "units",
    "mistyped-prefix": "optimzer__learning_rate",
    "routed": "model__units",
}


@check(
    "BUILD-8.unaccepted",
    verifies="a keyword that the builder does not accept is refused by a TypeError that names it",
    impact="a misspelt setting, of an optimizer for instance, is dropped and the default is used",
    cases=UNACCEPTED,
)
def unaccepted(context: CheckContext) -> None:
    X, y, *_ = doubles.dataset(context.wrapper)
    name = UNACCEPTED[context.case]
    made: list[Any] = []

    def build(depth: int = 1) -> Any:
        del depth
        made.append(doubles.model_for(context.wrapper))
        return made[-1]

    with context.refusing(
        f"constructing and fitting with {name}=1", TypeError, naming=name.removeprefix("model__")
    ):
        context.subject.construct(context.cls, build, **{name: 1}).fit(X, y)
    context.require(not any(model.log.fits for model in made), "the error came after training")


@check(
    "BUILD-9.called-once",
    verifies="the builder is called once for each fit or initialize, and for nothing else",
    impact="large models are built twice, and side effects of a builder happen twice",
    cases=["fit", "initialize"],
)
def called_once(context: CheckContext) -> None:
    X, y, *_ = doubles.dataset(context.wrapper)
    build, calls = _recording_builder(context)
    estimator = context.make(build)
    context.call(estimator, context.case, X, y)
    context.require(len(calls) == 1, f"{context.case} called the builder {len(calls)} times")
    context.predict(estimator, X)
    context.require(len(calls) == 1, "predict called the builder")
    if context.is_classifier:
        context.call(estimator, "predict_proba", X)
        context.require(len(calls) == 1, "predict_proba called the builder")
    if context.wrapper is not Wrapper.BASE:
        context.call(estimator, "score", X, y)
        context.require(len(calls) == 1, "score called the builder")

"""Chapter BUILD: what the builder is called with."""

import inspect
from collections.abc import Callable
from itertools import combinations
from typing import Any

from scikeras_conformance.catalogue import ESTIMATORS, Wrapper, check
from scikeras_conformance.checks._answers import same
from scikeras_conformance.checks._modules import keras, np, probes
from scikeras_conformance.checks._state import has_compile_prefix
from scikeras_conformance.trial import Trial, show

SPECIAL = ("meta", "compile_kwargs", "params")
NOT_GIVEN = "not given"


def _recording_builder(
    trial: Trial, *names: str, kwargs: bool = False, compiled: bool = True
) -> tuple[Callable[..., Any], list[dict[str, Any]]]:
    """Give a builder with exactly these arguments, and the list of what it was called with.

    Where a check gives a loss to the wrapper, the model comes back uncompiled: what a wrapper does
    about a contradiction is the matter of COMP-2.
    """
    calls: list[dict[str, Any]] = []

    def build(*args: Any, **arguments: Any) -> Any:
        calls.append({**{str(i): arg for i, arg in enumerate(args)}, **arguments})
        return (probes.model_for if compiled else probes.uncompiled)(trial.wrapper)

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


def _called_once(trial: Trial, build: Any, calls: list[dict[str, Any]], **params: Any) -> Any:
    """Fit an estimator; give it and what its builder received."""
    X, y, *_ = probes.dataset(trial.wrapper)
    estimator = trial.make(build, **params)
    trial.fit(estimator, X, y)
    return estimator, _received(trial, calls)


def _received(trial: Trial, calls: list[dict[str, Any]]) -> dict[str, Any]:
    trial.require(calls, "the builder was never called")
    return calls[-1]


def _special(trial: Trial, received: dict[str, Any], name: str) -> dict[str, Any]:
    """Give a special argument that a builder received, which has to be a dict."""
    trial.require(name in received, f"the builder did not receive {name}")
    value = received[name]
    trial.require(isinstance(value, dict), f"{name} is {show(value)}, no dict")
    return dict(value)


# -- BUILD-1, BUILD-2 ---------------------------------------------------------------------------


@check(
    "BUILD-1.free-arguments",
    shows="keyword arguments of the constructor reach the builder, as the same objects",
    costs="the architecture that a search explores is not the one that is built",
)
def free_arguments(trial: Trial) -> None:
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
    build, calls = _recording_builder(trial, *given, "left_out")
    _, received = _called_once(trial, build, calls, **given)
    absent = [name for name in given if name not in received]
    trial.require(not absent, f"the builder did not receive {', '.join(absent)}")
    other = [name for name, value in given.items() if received[name] is not value]
    trial.require(not other, f"the builder received other objects for {', '.join(other)}")
    trial.require(
        received.get("left_out", NOT_GIVEN) == NOT_GIVEN,
        "an argument that was not given overrides the builder's default",
    )


@check(
    "BUILD-2.named-parameters-stay",
    shows="parameters of the wrapper itself do not reach the builder",
    costs="an argument of the builder that happens to be called epochs or loss is overwritten",
    cases=["same-names", "any-keyword"],
)
def named_parameters_stay(trial: Trial) -> None:
    settings = {
        "optimizer": "sgd",
        "loss": "mean_squared_error",
        "metrics": ["mse"],
        "epochs": 2,
        "batch_size": 8,
    }
    own = trial.params(trial.make(probes.builder(trial.wrapper)))
    # What not every wrapper has as a parameter would rightly reach the builder of one that has not.
    more = {"random_state": 1, "verbose": 0, "shuffle": False, "class_weight": {0: 1.0, 1: 2.0}}
    settings.update({name: value for name, value in more.items() if name in own})
    if trial.case == "same-names":
        names = dict.fromkeys([*settings, "model", *(n for n in own if n not in SPECIAL)])
        build, calls = _recording_builder(trial, *names, compiled=False)
    else:
        build, calls = _recording_builder(trial, kwargs=True, compiled=False)
    estimator, received = _called_once(trial, build, calls, **settings)
    named = set(trial.params(estimator)) - set(SPECIAL)
    leaked = sorted(name for name in received if name in named)
    trial.require(not leaked, f"the builder received {', '.join(leaked)}")


# -- BUILD-3 ------------------------------------------------------------------------------------

COMBINATIONS = {
    "+".join(names) or "none": names
    for size in range(len(SPECIAL) + 1)
    for names in combinations(SPECIAL, size)
}


@check(
    "BUILD-3.special-arguments",
    shows="meta, compile_kwargs and params are passed if and only if the signature names them",
    costs="a builder without these arguments fails, or one with them never gets them",
    wrappers=ESTIMATORS,
    cases=COMBINATIONS,
)
def special_arguments(trial: Trial) -> None:
    wanted = COMBINATIONS[trial.case]
    build, calls = _recording_builder(trial, *wanted)
    _, received = _called_once(trial, build, calls)
    trial.require(
        sorted(received) == sorted(wanted),
        f"a builder that names {sorted(wanted)} received {sorted(received)}",
    )
    for name in wanted:
        _special(trial, received, name)


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


def _meta(trial: Trial) -> tuple[Any, dict[str, Any]]:
    """Fit or initialise an estimator; give it and the meta that its builder received."""
    X, y, *_ = probes.dataset(trial.wrapper)
    build, calls = _recording_builder(trial, "meta")
    estimator = trial.make(build)
    trial.call(estimator, trial.case or "fit", X, y)
    return estimator, _special(trial, _received(trial, calls), "meta")


def _promised(trial: Trial) -> tuple[str, ...]:
    return META + (("classes_", "n_classes_") if trial.is_classifier else ())


@check(
    "BUILD-4.entries",
    shows="meta holds what the wrapper knows about the data",
    costs="a builder cannot size its layers to the data",
    cases=["fit", "initialize"],
)
def meta_entries(trial: Trial) -> None:
    _, meta = _meta(trial)
    absent = [name for name in _promised(trial) if name not in meta]
    trial.require(not absent, f"meta lacks {', '.join(absent)}")


@check(
    "BUILD-4.values",
    shows="the entries of meta are the estimator's attributes, and say the truth about the data",
    costs="layers are sized to something other than the data",
)
def meta_values(trial: Trial) -> None:
    estimator, meta = _meta(trial)
    X, y, *_ = probes.dataset(trial.wrapper)
    truth = {
        "n_features_in_": X.shape[1],
        "X_dtype_": X.dtype,
        "X_shape_": X.shape,
        "y_ndim_": y.ndim,
        "n_outputs_": 1,
        "n_outputs_expected_": 1,
    }
    if trial.is_classifier:
        truth.update({"n_classes_": 2, "y_dtype_": y.dtype, "target_type_": "binary"})
    else:
        truth.update({"target_type_": "continuous"})
    _require_true(trial, meta, truth)
    for name in _promised(trial):
        if name in meta:
            attribute = trial.attribute(estimator, name)
            trial.require(
                same(attribute, meta[name]), f"meta[{name!r}] is not the value of the attribute"
            )


def _require_true(trial: Trial, meta: dict[str, Any], truth: dict[str, Any]) -> None:
    wrong = [
        f"{name}={show(meta[name])} (the data say {value!r})"
        for name, value in truth.items()
        if name in meta and not same(meta[name], value)
    ]
    trial.require(not wrong, f"meta holds {', '.join(wrong)}")


def _data_of_shape(case: str) -> tuple[Any, Any, dict[str, Any]]:
    X, y, *_ = probes.continuous_dataset(2)
    if case == "two-outputs":
        return X, y, {"n_outputs_": 2, "y_ndim_": 2}
    if case == "column-target":
        return X, y[:, :1], {"n_outputs_": 1, "y_ndim_": 2}
    cubes = np.stack([X, X], axis=2)
    return cubes, y[:, 0], {"X_shape_": cubes.shape, "n_features_in_": 3, "y_ndim_": 1}


@check(
    "BUILD-4.other-shapes",
    shows="meta says the truth about several targets, a column, and X of three dimensions",
    costs="the output layer has one unit where it needs two, or the input layer the wrong shape",
    wrappers=[Wrapper.BASE, Wrapper.REGRESSOR],
    cases=["two-outputs", "column-target", "three-dimensions"],
)
def meta_of_other_shapes(trial: Trial) -> None:
    X, y, truth = _data_of_shape(trial.case)
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

    estimator = trial.make(build)
    trial.initialize(estimator, X, y)
    _require_true(trial, _special(trial, _received(trial, calls), "meta"), truth)


@check(
    "BUILD-4.no-parameters",
    shows="meta holds attributes that the wrapper created, not its parameters",
    costs="a builder that prints or stores meta drags every parameter along, models included",
)
def meta_without_parameters(trial: Trial) -> None:
    estimator, meta = _meta(trial)
    mixed = sorted(set(meta) & set(trial.params(estimator)))
    trial.require(not mixed, f"meta holds the parameters {', '.join(mixed)}")


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
    shows="compile_kwargs holds objects where names or classes were given",
    costs="a builder that sets something on compile_kwargs['optimizer'] fails on a string",
    cases=["names", "classes", "names-by-output"],
)
def objects(trial: Trial) -> None:
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
    }[trial.case]
    build, calls = _recording_builder(trial, "compile_kwargs", compiled=False)
    _, received = _called_once(trial, build, calls, **settings)
    arguments = _special(trial, received, "compile_kwargs")
    for name, kind in (("optimizer", "optimizer"), ("loss", "loss"), ("metrics", "metric")):
        found = list(probes.leaves(arguments.get(name)))
        trial.require(
            len(found) == 1 and _is_instance(kind, found[0]),
            f"compile_kwargs[{name!r}] is {show(arguments.get(name))}",
        )


@check(
    "BUILD-5.routed-applied",
    shows="objects in compile_kwargs are made with their routed parameters",
    costs="a builder that compiles for itself trains with default settings",
)
def routed_applied(trial: Trial) -> None:
    build, calls = _recording_builder(trial, "compile_kwargs", compiled=False)
    optimizer, _ = probes.recording_class(keras.optimizers.SGD)
    loss, _ = probes.recording_class(keras.losses.Huber)
    metric, _ = probes.recording_class(keras.metrics.MeanSquaredError)
    _, received = _called_once(
        trial,
        build,
        calls,
        optimizer=optimizer,
        optimizer__momentum=0.75,
        loss=loss,
        loss__delta=0.5,
        metrics=[metric],
        metrics__name="routed",
    )
    arguments = _special(trial, received, "compile_kwargs")
    for name, parent, expected in (
        ("optimizer", optimizer, {"momentum": 0.75}),
        ("loss", loss, {"delta": 0.5}),
        ("metrics", metric, {"name": "routed"}),
    ):
        found = arguments.get(name)
        if len(inside := list(probes.leaves(found))) == 1:
            found = inside[0]
        trial.require(isinstance(found, parent), f"compile_kwargs[{name!r}] is {show(found)}")
        given = dict(getattr(found, "given", {}))
        trial.require(
            expected.items() <= given.items(),
            f"the {name} should be made with {expected}; it was made with {given}",
        )


@check(
    "BUILD-5.usable",
    shows="model.compile(**compile_kwargs) works in the builder, however metrics are spelt",
    costs="the documented way to compile in the builder fails",
    cases=["plain", "with-compile-prefix", "one-metric", "one-metric-class", "metrics-by-output"],
)
def usable(trial: Trial) -> None:
    def build(compile_kwargs: dict[str, Any]) -> Any:
        model = probes.uncompiled(trial.wrapper)
        model.compile(**compile_kwargs)
        return model

    prefixed = trial.case == "with-compile-prefix" and has_compile_prefix(trial)
    extra = {"compile__loss_weights": [0.5]} if prefixed else {}
    metrics = {
        "one-metric": "mae",
        "one-metric-class": keras.metrics.MeanAbsoluteError,
        "metrics-by-output": {"out": ["mae"]},
    }.get(trial.case, ["accuracy", "mae"])
    X, y, *_ = probes.dataset(trial.wrapper)
    estimator = trial.make(
        build, optimizer="sgd", loss="mean_squared_error", metrics=metrics, **extra
    )
    trial.initialize(estimator, X, y)


@check(
    "BUILD-6.same-as-get-params",
    shows="params has the keys of get_params(), and the same objects",
    costs="a builder that reads a raw parameter gets a processed one, or none",
    cases=["given", "set-later"],
)
def same_as_get_params(trial: Trial) -> None:
    build, calls = _recording_builder(trial, "params", "units", compiled=False)
    estimator, received = _called_once(
        trial,
        build,
        calls,
        units=[4],
        optimizer="sgd",
        loss=keras.losses.MeanSquaredError,
        loss__name="routed",
        metrics=["mse"],
    )
    if trial.case == "set-later":
        later = {"units": [5], "epochs": 2, "optimizer__momentum": 0.5}
        trial.call(estimator, "set_params", **later)
        trial.initialize(estimator, *probes.dataset(trial.wrapper)[:2])
        received = _received(trial, calls)
    params, expected = _special(trial, received, "params"), trial.call(estimator, "get_params")
    trial.require(
        params.keys() == expected.keys(),
        f"keys that differ: {sorted(set(params) ^ set(expected))}",
    )
    other = [name for name, value in expected.items() if params[name] is not value]
    trial.require(not other, f"params holds other objects for {', '.join(other)}")


@check(
    "BUILD-7.any-keyword",
    shows="a builder with **kwargs receives meta, compile_kwargs and params, and nothing else",
    costs="a decorated builder, whose signature is *args and **kwargs, loses its arguments",
)
def any_keyword(trial: Trial) -> None:
    build, calls = _recording_builder(trial, "units", kwargs=True)
    _, received = _called_once(trial, build, calls, units=4)
    absent = [name for name in SPECIAL if name not in received]
    trial.require(not absent, f"the builder did not receive {', '.join(absent)}")
    trial.require(received.get("units") == 4, "the builder lost the argument 'units'")


# -- BUILD-8, BUILD-9 ---------------------------------------------------------------------------

UNACCEPTED = {
    "free": "units",
    "mistyped-prefix": "optimzer__learning_rate",
    "routed": "model__units",
}


@check(
    "BUILD-8.unaccepted",
    shows="a keyword that the builder does not accept is refused by a TypeError that names it",
    costs="a misspelt setting, of an optimizer for instance, is dropped and the default is used",
    cases=UNACCEPTED,
)
def unaccepted(trial: Trial) -> None:
    X, y, *_ = probes.dataset(trial.wrapper)
    name = UNACCEPTED[trial.case]
    made: list[Any] = []

    def build(depth: int = 1) -> Any:
        del depth
        made.append(probes.model_for(trial.wrapper))
        return made[-1]

    with trial.refusing(
        f"constructing and fitting with {name}=1", TypeError, naming=name.removeprefix("model__")
    ):
        trial.subject.construct(trial.cls, build, **{name: 1}).fit(X, y)
    trial.require(not any(model.log.fits for model in made), "the error came after training")


@check(
    "BUILD-9.called-once",
    shows="the builder is called once for each fit or initialize, and for nothing else",
    costs="large models are built twice, and side effects of a builder happen twice",
    cases=["fit", "initialize"],
)
def called_once(trial: Trial) -> None:
    X, y, *_ = probes.dataset(trial.wrapper)
    build, calls = _recording_builder(trial)
    estimator = trial.make(build)
    trial.call(estimator, trial.case, X, y)
    trial.require(len(calls) == 1, f"{trial.case} called the builder {len(calls)} times")
    trial.predict(estimator, X)
    trial.require(len(calls) == 1, "predict called the builder")
    if trial.is_classifier:
        trial.call(estimator, "predict_proba", X)
        trial.require(len(calls) == 1, "predict_proba called the builder")
    if trial.wrapper is not Wrapper.BASE:
        trial.call(estimator, "score", X, y)
        trial.require(len(calls) == 1, "score called the builder")

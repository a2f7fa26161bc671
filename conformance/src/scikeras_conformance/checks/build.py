"""Chapter BUILD: what the builder is called with."""

import inspect
from collections.abc import Callable
from itertools import combinations
from typing import Any

from scikeras_conformance.catalogue import check
from scikeras_conformance.checks._modules import keras, probes
from scikeras_conformance.trial import Trial

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
    trial.require(calls, "the builder was never called")
    return estimator, calls[-1]


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
    if trial.case == "same-names":
        build, calls = _recording_builder(trial, *settings, "model", compiled=False)
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
        trial.require(
            isinstance(received[name], dict),
            f"{name} is a {type(received[name]).__name__}, not a dict",
        )


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


def _meta(trial: Trial, build_params: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
    build, calls = _recording_builder(trial, "meta")
    estimator, received = _called_once(trial, build, calls, **(build_params or {}))
    meta = received.get("meta")
    trial.require(isinstance(meta, dict), f"meta is a {type(meta).__name__}, not a dict")
    return estimator, dict(meta or {})


@check(
    "BUILD-4.entries",
    shows="meta holds what the wrapper knows about the data",
    costs="a builder cannot size its layers to the data",
)
def meta_entries(trial: Trial) -> None:
    _, meta = _meta(trial)
    expected = META + (("classes_", "n_classes_") if trial.is_classifier else ())
    absent = [name for name in expected if name not in meta]
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
    wrong = [
        f"{name}={meta[name]!r:.60} (the data say {value!r})"
        for name, value in truth.items()
        if name in meta and meta[name] != value
    ]
    trial.require(not wrong, f"meta holds {', '.join(wrong)}")
    for name, value in meta.items():
        attribute = trial.attribute(estimator, name)
        same = attribute is value or _equal(attribute, value)
        trial.require(same, f"meta[{name!r}] is not the attribute of that name")


def _equal(first: Any, second: Any) -> bool:
    return not probes.changes(probes.snapshot(first), probes.snapshot(second))


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
    cases=["names", "classes"],
)
def objects(trial: Trial) -> None:
    settings: dict[str, Any] = {
        "names": {"optimizer": "adam", "loss": "mean_squared_error", "metrics": ["mse"]},
        "classes": {
            "optimizer": keras.optimizers.Adam,
            "loss": keras.losses.MeanSquaredError,
            "metrics": [keras.metrics.MeanSquaredError],
        },
    }[trial.case]
    build, calls = _recording_builder(trial, "compile_kwargs", compiled=False)
    _, received = _called_once(trial, build, calls, **settings)
    arguments = received["compile_kwargs"]
    for name in ("optimizer", "loss"):
        trial.require(
            _is_instance(name, arguments.get(name)),
            f"compile_kwargs[{name!r}] is {arguments.get(name)!r:.60}",
        )
    metrics = arguments.get("metrics")
    trial.require(
        isinstance(metrics, list) and len(metrics) == 1 and _is_instance("metric", metrics[0]),
        f"compile_kwargs['metrics'] is {metrics!r:.80}",
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
    arguments = received["compile_kwargs"]
    with trial.doing("reading the first metric in compile_kwargs"):
        first = arguments["metrics"][0]
    for name, parent, found, expected in (
        ("optimizer", optimizer, arguments["optimizer"], {"momentum": 0.75}),
        ("loss", loss, arguments["loss"], {"delta": 0.5}),
        ("metrics", metric, first, {"name": "routed"}),
    ):
        trial.require(isinstance(found, parent), f"compile_kwargs[{name!r}] is {found!r:.60}")
        given = dict(found.given)
        trial.require(
            expected.items() <= given.items(),
            f"the {name} should be made with {expected}; it was made with {given}",
        )


@check(
    "BUILD-5.usable",
    shows="model.compile(**compile_kwargs) works in the builder with default and other settings",
    costs="the documented way to compile in the builder fails",
    cases=["plain", "with-compile-prefix"],
)
def usable(trial: Trial) -> None:
    def build(compile_kwargs: dict[str, Any]) -> Any:
        model = probes.uncompiled(trial.wrapper)
        model.compile(**compile_kwargs)
        return model

    extra = {"compile__loss_weights": [0.5]} if trial.case == "with-compile-prefix" else {}
    X, y, *_ = probes.dataset(trial.wrapper)
    estimator = trial.make(
        build, optimizer="sgd", loss="mean_squared_error", metrics=["accuracy", "mae"], **extra
    )
    trial.fit(estimator, X, y)


@check(
    "BUILD-6.same-as-get-params",
    shows="params has the keys of get_params(), and the same objects",
    costs="a builder that reads a raw parameter gets a processed one, or none",
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
    params, expected = received["params"], trial.call(estimator, "get_params")
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

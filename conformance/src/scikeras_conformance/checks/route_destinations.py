"""Chapter ROUTE, first half: where each prefix leads, and nowhere else."""

from typing import Any

from scikeras_conformance.catalogue import ESTIMATORS, Wrapper, check
from scikeras_conformance.checks._answers import same
from scikeras_conformance.checks._destinations import KINDS, Destinations, require_made
from scikeras_conformance.checks._modules import keras, np, probes
from scikeras_conformance.trial import Trial, show

DESTINATIONS = ("model", "fit", "predict", "callbacks", "optimizer", "loss", "metrics", "score")


def _prepared(trial: Trial, **params: Any) -> tuple[Destinations, Any]:
    """Give recording destinations, and an estimator around them that was fitted."""
    destinations = Destinations(trial)
    estimator = destinations.estimator(**params)
    X, y, *_ = probes.dataset(trial.wrapper)
    trial.fit(estimator, X, y)
    return destinations, estimator


def _require_received(
    trial: Trial, calls: list[dict[str, Any]], expected: dict[str, Any], what: str
) -> None:
    """Ask for at least one call, and for these arguments in each."""
    trial.require(calls, f"{what} was never called")
    for call in calls:
        for name, value in expected.items():
            trial.require(name in call, f"{what} did not receive {name}={show(value)}")
            trial.require(
                same(call[name], value),
                f"{what} should receive {name}={show(value)}; it received {show(call[name])}",
            )


# -- ROUTE-1 ------------------------------------------------------------------------------------


@check(
    "ROUTE-1.prefixes",
    shows="the class has an attribute prefixes_ that holds the eight documented prefixes",
    costs="a tool that asks which parameters are routed, or a subclass that adds one, fails",
)
def prefixes(trial: Trial) -> None:
    with trial.doing("reading prefixes_ of the class"):
        found = trial.cls.prefixes_
    trial.require(not isinstance(found, str), f"prefixes_ is one string, {show(found)}")
    with trial.doing("looking through prefixes_"):
        held = list(found)
        absent = [name for name in DESTINATIONS if f"{name}__" not in held]
    trial.require(
        not absent, f"prefixes_ lacks {', '.join(f'{name}__' for name in absent)}: {show(held)}"
    )


# -- ROUTE-2 ------------------------------------------------------------------------------------


@check(
    "ROUTE-2.builder",
    shows="model__x reaches the builder as x, by identity, and overrides the builder's default",
    costs="an architecture that is searched over is built with default settings",
    cases=["fit", "initialize", "set-later"],
)
def builder(trial: Trial) -> None:
    X, y, *_ = probes.dataset(trial.wrapper)
    seen: list[Any] = []
    layout = [1, {"a": 2}]

    def build(layout: Any = None, depth: int = 1) -> Any:
        seen.append((layout, depth))
        return probes.idle_model_of(probes.dataset(trial.wrapper), trial.wrapper)

    later = trial.case == "set-later"
    estimator = trial.make(build, **({} if later else {"model__layout": layout}))
    if later:
        trial.call(estimator, "set_params", model__layout=layout)
    trial.call(estimator, "initialize" if later else trial.case, X, y)
    trial.require(seen, "the builder was never called")
    found, depth = seen[-1]
    trial.require(found is layout, f"the builder received layout={show(found)}")
    trial.require(depth == 1, f"the builder received depth={show(depth)}, which was not given")


@check(
    "ROUTE-2.named-like-a-parameter",
    shows="model__x reaches the builder also where the wrapper has a parameter x of its own",
    costs="a builder with an argument called epochs or loss cannot be given it",
    also=["ROUTE-15"],
)
def named_like_a_parameter(trial: Trial) -> None:
    given = {"epochs": 7, "batch_size": 6, "loss": "of the builder", "verbose": "too"}
    routed = {f"model__{name}": value for name, value in given.items()}
    destinations, _ = _prepared(trial, **routed)
    _require_received(trial, destinations.received("model"), given, "the builder")
    for call in destinations.received("fit"):
        for name in ("epochs", "batch_size"):
            trial.require(not same(call.get(name), given[name]), f"model__{name} reached Model.fit")


# -- ROUTE-3, ROUTE-4 ---------------------------------------------------------------------------

FIT: dict[str, Any] = {
    "epochs": 3,
    "batch_size": 5,
    "shuffle": False,
    "verbose": 2,
    "initial_epoch": 1,
    "validation_freq": 2,
    "steps_per_epoch": 2,
}


@check(
    "ROUTE-3.fit",
    shows="fit__x reaches Model.fit as x",
    costs="training runs with other settings than the ones that were searched over",
    cases=FIT,
)
def reaches_fit(trial: Trial) -> None:
    # With a first epoch of its own, a training needs more epochs than one to have any.
    plain = {"epochs": 3} if trial.case == "initial_epoch" else {}
    destinations, _ = _prepared(trial, **{f"fit__{trial.case}": FIT[trial.case]}, **plain)
    expected = {trial.case: FIT[trial.case]}
    _require_received(trial, destinations.received("fit"), expected, "Model.fit")


@check(
    "ROUTE-3.nothing-else",
    shows="fit__x does not reach the builder, Model.compile, Model.predict or a constructor",
    costs="predict fails on an argument of fit, or runs with the batch size of training",
)
def reaches_nothing_but_fit(trial: Trial) -> None:
    given = {"batch_size": 5, "steps_per_epoch": 1003, "validation_freq": 1004}
    _require_no_leak(trial, "fit", given)


PREDICT: dict[str, Any] = {"batch_size": 5, "verbose": 2, "steps": 1}


def _require_routed_to_predict(trial: Trial, method: str, *data: Any) -> None:
    """Ask for ``predict__x`` in Model.predict when a method is called."""
    expected = {trial.case: PREDICT[trial.case]}
    destinations, estimator = _prepared(trial, **{f"predict__{trial.case}": PREDICT[trial.case]})
    before = len(destinations.received("predict"))
    trial.call(estimator, method, *data)
    calls = destinations.received("predict")[before:]
    _require_received(trial, calls, expected, f"in {method}, Model.predict")


@check(
    "ROUTE-4.predict",
    shows="predict__x reaches Model.predict as x when predict is called",
    costs="predictions run out of memory, whatever batch size was chosen for them",
    cases=PREDICT,
)
def routed_to_predict(trial: Trial) -> None:
    X, *_ = probes.dataset(trial.wrapper)
    _require_routed_to_predict(trial, "predict", X)


@check(
    "ROUTE-4.predict-proba",
    shows="predict__x reaches Model.predict as x when predict_proba is called",
    costs="probabilities are computed with other settings than predictions",
    wrappers=[Wrapper.CLASSIFIER],
    cases=PREDICT,
)
def routed_to_predict_proba(trial: Trial) -> None:
    X, *_ = probes.dataset(trial.wrapper)
    _require_routed_to_predict(trial, "predict_proba", X)


@check(
    "ROUTE-4.score",
    shows="predict__x reaches Model.predict as x when score is called",
    costs="a search scores with other settings than the ones that were chosen for predicting",
    cases=PREDICT,
)
def routed_to_score(trial: Trial) -> None:
    X, y, *_ = probes.dataset(trial.wrapper)
    _require_routed_to_predict(trial, "score", X, y)


# -- ROUTE-6 to ROUTE-8 -------------------------------------------------------------------------


def _require_constructed(trial: Trial, kind: str) -> None:
    """Ask for routed arguments in an object, seen where the model is compiled with it."""
    given = {"alpha": 1001, "beta": [2, {"a": 3}], "nothing": None}
    destinations, _ = _prepared(trial, **{f"{kind}__{name}": v for name, v in given.items()})
    arguments: Any
    if trial.case == "builder":
        where, arguments = "compile_kwargs", (destinations.compilations or [None])[-1]
    else:
        calls = destinations.received("compile")
        where, arguments = "Model.compile", calls[-1] if calls else None
    trial.require(isinstance(arguments, dict), f"{where}: there are no arguments")
    expected = {destinations.classes[kind]: given}
    require_made(trial, arguments.get(kind), expected, f"{kind} in {where}")


PLACES = ("wrapper", "builder")


@check(
    "ROUTE-6.optimizer",
    shows="optimizer__x reaches the constructor of the optimizer class",
    costs="a search over the learning rate compares equal models",
    cases=PLACES,
)
def reaches_optimizer(trial: Trial) -> None:
    _require_constructed(trial, "optimizer")


@check(
    "ROUTE-7.loss",
    shows="loss__x reaches the constructor of the loss class",
    costs="label smoothing, class weights or from_logits of a loss are silently its defaults",
    cases=PLACES,
)
def reaches_loss(trial: Trial) -> None:
    _require_constructed(trial, "loss")


@check(
    "ROUTE-8.metrics",
    shows="metrics__x reaches the constructor of each metric class",
    costs="a threshold or a number of classes of a metric is silently its default",
    cases=[*PLACES, "each"],
)
def reaches_metrics(trial: Trial) -> None:
    if trial.case != "each":
        _require_constructed(trial, "metrics")
        return
    classes = [probes.open_class("metrics") for _ in range(3)]
    destinations, _ = _prepared(trial, metrics=classes, metrics__alpha=1001)
    calls = destinations.received("compile")
    trial.require(calls, "the model was not compiled")
    expected = {cls: {"alpha": 1001} for cls in classes}
    require_made(trial, calls[-1].get("metrics"), expected, "metrics in Model.compile")


@check(
    "ROUTE-6.named-optimizer",
    shows="optimizer__x reaches the constructor of an optimizer that was given by name",
    costs="optimizer='sgd' with optimizer__learning_rate trains at the default rate",
    also=["BUILD-5"],
)
def reaches_named_optimizer(trial: Trial) -> None:
    _, estimator = _prepared(
        trial, optimizer="sgd", optimizer__learning_rate=0.125, optimizer__momentum=0.75
    )
    model = trial.model(estimator)
    with trial.doing("reading the settings of the optimizer"):
        config = model.optimizer.get_config()
        found = [float(config["learning_rate"]), float(config["momentum"])]
    trial.require(
        isinstance(model.optimizer, keras.optimizers.SGD) and found == [0.125, 0.75],
        f"the optimizer should be SGD(0.125, momentum=0.75); it is {show(config)}",
    )


# -- ROUTE-9 ------------------------------------------------------------------------------------


@check(
    "ROUTE-9.scorer",
    shows="score__x reaches the scoring function of a subclass as x",
    costs="a custom score cannot be configured, or is computed with its defaults",
    cases=["given", "set-later"],
)
def reaches_scorer(trial: Trial) -> None:
    X, y, *_ = probes.dataset(trial.wrapper)
    given = {"alpha": 1001, "beta": [1, 2], "nothing": None}
    routed = {f"score__{name}": value for name, value in given.items()}
    if trial.case == "given":
        destinations, estimator = _prepared(trial, **routed)
    else:
        destinations, estimator = _prepared(trial)
        trial.call(estimator, "set_params", **routed)
    trial.call(estimator, "score", X, y)
    _require_received(trial, destinations.received("score"), given, "the scorer")


@check(
    "ROUTE-9.default-scorer",
    shows="score__x reaches accuracy and R-squared, the scoring functions of the wrappers",
    costs="score__normalize or score__multioutput is accepted and changes nothing",
    wrappers=ESTIMATORS,
)
def reaches_default_scorer(trial: Trial) -> None:
    from sklearn.metrics import accuracy_score, r2_score

    if trial.is_classifier:
        data = probes.dataset(trial.wrapper)
        other = np.concatenate([1 - data.y[:3], data.y[3:]])
        given: dict[str, Any] = {"normalize": False}
        expected = accuracy_score(other, data.y, **given)
    else:
        data = probes.continuous_dataset(2)
        other = data.y + np.where(data.y > data.y.mean(axis=0), [0.5, 3.0], 0.0).astype(
            data.y.dtype
        )
        given = {"multioutput": "variance_weighted"}
        expected = r2_score(other, data.y, **given)
    estimator = trial.make(
        lambda: probes.idle_model_of(data, trial.wrapper),
        **{f"score__{name}": value for name, value in given.items()},
    )
    trial.fit(estimator, data.X, data.y)
    found = trial.call(estimator, "score", data.X, other)
    with trial.doing("comparing the score"):
        right = bool(np.isclose(float(found), float(expected), atol=1e-3))
    trial.require(right, f"score with {given} should be {expected}; it is {show(found)}")


# -- ROUTE-11 -----------------------------------------------------------------------------------

OVERRIDES: dict[str, tuple[Any, Any]] = {
    "batch_size": (8, 5),
    "epochs": (2, 3),
    "verbose": (0, 2),
    "shuffle": (True, False),
}


@check(
    "ROUTE-11.fit",
    shows="fit__x overrides x for Model.fit, and Model.predict still gets the plain x",
    costs="a setting of training changes prediction, or is ignored",
    cases=OVERRIDES,
)
def overrides_for_fit(trial: Trial) -> None:
    _require_overridden(trial, "fit")


@check(
    "ROUTE-11.predict",
    shows="predict__x overrides x for Model.predict, and Model.fit still gets the plain x",
    costs="a large batch size for prediction changes how the model is trained",
    cases=["batch_size", "verbose"],
)
def overrides_for_predict(trial: Trial) -> None:
    _require_overridden(trial, "predict")


def _require_overridden(trial: Trial, method: str) -> None:
    name = trial.case
    plain, routed = OVERRIDES[name]
    destinations, estimator = _prepared(trial, **{name: plain, f"{method}__{name}": routed})
    X, *_ = probes.dataset(trial.wrapper)
    trial.predict(estimator, X)
    calls = destinations.received(method)
    _require_received(trial, calls, {name: routed}, f"Model.{method}")
    other = "predict" if method == "fit" else "fit"
    calls = destinations.received(other)
    if name == "batch_size":
        _require_received(trial, calls, {name: plain}, f"Model.{other}")
    leaked = any(same(call.get(name), routed) for call in calls)
    trial.require(not leaked, f"{method}__{name} reached Model.{other}")


@check(
    "ROUTE-11.builder",
    shows="model__x overrides a free keyword argument x for the builder",
    costs="a search over model__x builds the same model for each candidate",
    cases=["given", "set-later"],
)
def overrides_for_builder(trial: Trial) -> None:
    later = trial.case == "set-later"
    destinations = Destinations(trial)
    estimator = destinations.estimator(units=4, depth=6, **({} if later else {"model__units": 9}))
    if later:
        trial.call(estimator, "set_params", model__units=9)
    X, y, *_ = probes.dataset(trial.wrapper)
    trial.initialize(estimator, X, y)
    calls = destinations.received("model")
    _require_received(trial, calls, {"units": 9, "depth": 6}, "the builder")
    params = trial.params(estimator)
    kept = same(params.get("units"), 4) and same(params.get("model__units"), 9)
    trial.require(kept, "get_params() no longer lists both units=4 and model__units=9")


# -- ROUTE-15, ROUTE-16 -------------------------------------------------------------------------

LEAKS: dict[str, dict[str, Any]] = {
    "model": {"leak": 1001, "batch_size": 1002, "epochs": 1003, "name": 1004},
    "fit": {"batch_size": 1002, "steps_per_epoch": 1003, "validation_freq": 1004},
    "predict": {"batch_size": 1002, "steps": 1003},
    **{
        name: {"leak": 1001, "batch_size": 1002, "epochs": 1003, "name": "leaking"}
        for name in (*KINDS, "score")
    },
}


@check(
    "ROUTE-15.prefixes-apart",
    shows="what is routed with one prefix reaches none of the destinations of the others",
    costs="a parameter fails in a place it was not meant for, or changes it unseen",
    cases=LEAKS,
)
def prefixes_apart(trial: Trial) -> None:
    _require_no_leak(trial, trial.case, LEAKS[trial.case])


def _require_no_leak(trial: Trial, prefix: str, given: dict[str, Any]) -> None:
    """Ask that values routed with one prefix are seen at no other destination."""
    destinations = Destinations(trial)
    estimator = destinations.estimator(
        **{f"{prefix}__{name}": value for name, value in given.items()}
    )
    destinations.used(estimator)
    for destination in (*DESTINATIONS, "compile"):
        if destination == prefix:
            continue
        for call in destinations.received(destination):
            seen = {name: value for name, value in call.items() if isinstance(value, (int, str))}
            leaked = [name for name, value in given.items() if value in seen.values()]
            trial.require(
                not leaked,
                f"{', '.join(f'{prefix}__{name}' for name in leaked)} reached {destination}: "
                f"{show(seen)}",
            )


@check(
    "ROUTE-16.one-method-only",
    shows="fit__callbacks sees fit only, and predict__callbacks predict only",
    costs="a callback for training runs in each prediction of a search, or one is never called",
    cases=["fit", "predict", "both", "lists"],
)
def one_method_only(trial: Trial) -> None:
    X, y, *_ = probes.dataset(trial.wrapper)
    methods = [trial.case] if trial.case in {"fit", "predict"} else ["fit", "predict"]
    events: dict[str, list[str]] = {}
    params: dict[str, Any] = {}
    for method in methods:
        cls, events[method] = probes.callback_class()
        params[f"{method}__callbacks"] = [cls()] if trial.case == "lists" else cls()
    _, estimator = _prepared(trial, **params)
    trial.predict(estimator, X)
    trial.call(estimator, "score", X, y)
    for method, seen in events.items():
        expected = {"fit": "train", "predict": "predict"}[method]
        trial.require(expected in seen, f"{method}__callbacks saw no {method}")
        others = set(seen) - {expected}
        trial.require(not others, f"{method}__callbacks saw {', '.join(sorted(others))} too")

"""Chapter ROUTE, second part: routed values override, are tuned, and stay where they belong."""

from typing import Any

from scikeras_conformance.catalogue import check
from scikeras_conformance.checks._answers import same
from scikeras_conformance.checks._destinations import (
    KINDS,
    Destinations,
    prepared,
    require_no_leak,
    require_received,
)
from scikeras_conformance.checks._modules import np, probes
from scikeras_conformance.trial import Trial, show

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
    destinations, estimator = prepared(trial, **{name: plain, f"{method}__{name}": routed})
    X, *_ = probes.dataset(trial.wrapper)
    trial.predict(estimator, X)
    calls = destinations.received(method)
    require_received(trial, calls, {name: routed}, f"Model.{method}")
    other = "predict" if method == "fit" else "fit"
    calls = destinations.received(other)
    if name == "batch_size":
        require_received(trial, calls, {name: plain}, f"Model.{other}")
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
    require_received(trial, calls, {"units": 9, "depth": 6}, "the builder")
    params = trial.params(estimator)
    with trial.doing("reading what get_params() lists"):
        listed = [params["units"], params["model__units"]]
    trial.require(
        same(listed, [4, 9]), "get_params() does not list both units=4 and model__units=9"
    )


# -- ROUTE-13 -----------------------------------------------------------------------------------

TUNED: dict[str, tuple[str, list[int]]] = {
    "model": ("model__alpha", [1001, 1002]),
    "fit": ("fit__batch_size", [3, 5]),
    "predict": ("predict__batch_size", [3, 5]),
    "callbacks": ("callbacks__alpha", [1001, 1002]),
    "optimizer": ("optimizer__alpha", [1001, 1002]),
    "loss": ("loss__alpha", [1001, 1002]),
    "metrics": ("metrics__alpha", [1001, 1002]),
    "metrics-by-index": ("metrics__0__alpha", [1001, 1002]),
    "score": ("score__alpha", [1001, 1002]),
}


@check(
    "ROUTE-13.grid-search",
    shows="a grid search over a routed parameter reaches its destination with each value",
    costs="all candidates of a search are the same model, and the best one is chance",
    cases=TUNED,
)
def grid_search(trial: Trial) -> None:
    from sklearn.model_selection import GridSearchCV

    parameter, values = TUNED[trial.case]
    X, y, *_ = probes.dataset(trial.wrapper)
    destinations = Destinations(trial)
    rows = np.arange(len(X))
    search = GridSearchCV(
        destinations.estimator(),
        {parameter: values},
        cv=[(rows, rows)],
        refit=False,
        error_score="raise",
    )
    with trial.doing(f"a grid search over {parameter}"):
        search.fit(X, y)
    destination, _, name = parameter.partition("__")
    name = name.rpartition("__")[2]
    seen = [call[name] for call in destinations.received(destination) if name in call]
    missed = [value for value in values if not any(same(value, one) for one in seen)]
    trial.require(not missed, f"{parameter}: the values {missed} never arrived; {show(seen)} did")


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
    require_no_leak(trial, trial.case, LEAKS[trial.case])


@check(
    "ROUTE-15.further-underscores",
    shows="an argument whose own name has two underscores, or begins like a prefix, arrives under "
    "its whole name, or is refused",
    costs="a setting of one argument is taken for another one, whose name is the end of the first",
    cases=["model", "score"],
    also=["ROUTE-2", "ROUTE-9"],
)
def further_underscores(trial: Trial) -> None:
    X, y, *_ = probes.dataset(trial.wrapper)
    names = {"inner__leak": 1001, f"{trial.case}__leak": 1002}
    for name, value in names.items():
        destinations = Destinations(trial)
        estimator = destinations.estimator()
        with trial.doing(f"fit and score with {trial.case}__{name}"):
            try:
                estimator.set_params(**{f"{trial.case}__{name}": value})
                estimator.fit(X, y).score(X, y)
            except (TypeError, ValueError):
                continue
        calls = destinations.received(trial.case)
        require_received(trial, calls, {name: value}, f"what {trial.case}__ leads to")
        strange = sorted({other for call in calls for other in call} - {name, "sample_weight"})
        trial.require(not strange, f"{trial.case}__{name} arrived as {', '.join(strange)} too")


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
    _, estimator = prepared(trial, **params)
    trial.predict(estimator, X)
    trial.call(estimator, "score", X, y)
    for method, seen in events.items():
        expected = {"fit": "train", "predict": "predict"}[method]
        trial.require(expected in seen, f"{method}__callbacks saw no {method}")
        others = set(seen) - {expected}
        trial.require(not others, f"{method}__callbacks saw {', '.join(sorted(others))} too")

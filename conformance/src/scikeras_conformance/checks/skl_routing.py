"""Chapter SKL, fourth part: metadata that scikit-learn's tools deliver."""

from collections.abc import Callable
from typing import Any

from scikeras_conformance.catalogue import ESTIMATORS, check
from scikeras_conformance.checks._destinations import subclass
from scikeras_conformance.checks._modules import np, probes
from scikeras_conformance.checks._sklearn_checks import installed_version
from scikeras_conformance.checks._training import column, learner, require_weights, train
from scikeras_conformance.trial import Trial, show


def _requesting(trial: Trial, estimator: Any, **requests: bool) -> Any:
    """Say which methods of an estimator ask for weights, as scikit-learn's users do."""
    for method, wanted in requests.items():
        trial.call(estimator, f"set_{method}_request", sample_weight=wanted)
    return estimator


def _fit_with_weights(trial: Trial, tool: Any, X: Any, y: Any, weights: Any) -> Any:
    """Fit a tool of scikit-learn with weights, and give the wrapper that it trained."""
    import sklearn

    with (
        sklearn.config_context(enable_metadata_routing=True),
        trial.doing(f"{type(tool).__name__}.fit(sample_weight)"),
    ):
        tool.fit(X, y, sample_weight=weights)
        fitted = getattr(tool, "best_estimator_", tool)
        return fitted[-1] if hasattr(fitted, "steps") else fitted


def _tools() -> dict[str, Callable[[Any], Any]]:
    from sklearn.model_selection import GridSearchCV
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import FunctionTransformer

    def search(estimator: Any) -> Any:
        name = (
            "verbose" if not hasattr(estimator, "steps") else f"{estimator.steps[-1][0]}__verbose"
        )
        return GridSearchCV(estimator, {name: [0]}, cv=2, error_score="raise")

    def pipeline(estimator: Any) -> Any:
        return make_pipeline(FunctionTransformer(), estimator)

    def asked_to_score(tool: Any) -> Any:
        # Later versions know by themselves what the last step of a pipeline requests.
        return tool if installed_version() >= (1, 8) else tool.set_score_request(sample_weight=True)

    return {
        "pipeline": pipeline,
        "search": search,
        "search-over-pipeline": lambda estimator: search(asked_to_score(pipeline(estimator))),
    }


@check(
    "SKL-4.fit-request",
    shows="weights that fit requests reach Model.fit through pipelines and searches, and no others",
    costs="a weighted search trains without the weights, and nobody notices",
    wrappers=ESTIMATORS,
    cases=["pipeline", "search", "search-over-pipeline", "not-requested"],
)
def fit_request(trial: Trial) -> None:
    import sklearn

    X, y, *_ = probes.dataset(trial.wrapper)
    weights = np.arange(len(y)) % 3 + 1.0
    build = learner(trial)
    estimator = trial.make(build, batch_size=len(y), verbose=0)
    wanted = trial.case != "not-requested"
    with sklearn.config_context(enable_metadata_routing=True):
        _requesting(trial, estimator, fit=wanted, score=wanted)
        with trial.doing("putting a wrapper into a tool of scikit-learn"):
            tool = _tools().get(trial.case, _after_another)(estimator)
    member = _fit_with_weights(trial, tool, X, y, weights)
    expected = train(build(), X, column(y), sample_weight=weights if wanted else None)
    how = "with" if wanted else "without"
    require_weights(trial, member, expected, f"those of training {how} the weights")


def _after_another(estimator: Any) -> Any:
    """Put an estimator behind one that asks for weights, so that somebody does."""
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    other = StandardScaler(with_mean=False, with_std=False)
    return make_pipeline(other.set_fit_request(sample_weight=True), estimator)


@check(
    "SKL-4.score-request",
    shows="weights that score requests reach the scorer of the wrapper in a search",
    costs="a weighted search chooses by an unweighted score",
    wrappers=ESTIMATORS,
    cases=["search", "not-requested"],
)
def score_request(trial: Trial) -> None:
    import sklearn

    X, y, *_ = probes.dataset(trial.wrapper)
    weights = np.arange(len(y)) + 1.0
    received: list[Any] = []

    def scorer(y_true: Any, y_pred: Any, **kwargs: Any) -> float:
        del y_true, y_pred
        received.append(kwargs.get("sample_weight"))
        return 0.5

    wanted = trial.case == "search"
    cls = subclass(trial, scorer=staticmethod(scorer))
    estimator = trial.make_of(cls, probes.builder(trial.wrapper), verbose=0)
    with sklearn.config_context(enable_metadata_routing=True):
        _requesting(trial, estimator, fit=not wanted, score=wanted)
        with trial.doing("putting a wrapper into a search"):
            search = _tools()["search"](estimator)
    _fit_with_weights(trial, search, X, y, weights)
    if not wanted:
        given = [one for one in received if one is not None]
        trial.require(received and not given, f"the scorer was given the weights {show(given)}")
        return
    trial.require(
        len(received) == 2 and all(one is not None for one in received),
        f"the scorer should get weights for 2 folds; it got {show(received)}",
    )
    with trial.doing("reading the weights that the scorer was given"):
        found = sorted(float(one) for fold in received for one in fold)
    trial.require(
        found == weights.tolist(), f"the scorer got the weights {show(found)}, of {show(weights)}"
    )

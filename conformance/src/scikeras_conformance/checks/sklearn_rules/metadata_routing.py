"""SKL-4: metadata routing through pipelines and searches."""

from collections.abc import Callable
from functools import partial
from typing import Any

from scikeras_conformance.catalog.check import ESTIMATORS, check
from scikeras_conformance.checks._support.destinations import subclass
from scikeras_conformance.checks._support.helper_models import helper_builder, helper_target
from scikeras_conformance.checks._support.likely_mistakes import mistakes_with_weights
from scikeras_conformance.checks._support.modules import doubles, np
from scikeras_conformance.checks._support.plain_use import provided
from scikeras_conformance.checks._support.sklearn_checks import installed_version
from scikeras_conformance.checks._support.training import learner, require_weights, train
from scikeras_conformance.runner.context import CheckContext, show


def _requesting(context: CheckContext, estimator: Any, **requests: bool) -> Any:
    """Set which methods of an estimator request sample_weight, as users of scikit-learn do."""
    for method, wanted in requests.items():
        context.observe.call(estimator, f"set_{method}_request", sample_weight=wanted)
    return estimator


def _fit_with_weights(context: CheckContext, tool: Any, X: Any, y: Any, weights: Any) -> Any:
    """Fit a tool of scikit-learn with weights, and return the estimator that it trained."""
    import sklearn

    def without_a_tool() -> None:
        estimator = context.make(learner(context))
        context.call(estimator, "fit", X, y, sample_weight=weights)
        if hasattr(tool, "param_grid"):
            context.call(estimator, "score", X, y)  # which a search needs, whatever is weighted

    with (
        provided(without_a_tool),
        sklearn.config_context(enable_metadata_routing=True),
        context.doing(f"{type(tool).__name__}.fit(sample_weight)"),
    ):
        tool.fit(X, y, sample_weight=weights)
        fitted = getattr(tool, "best_estimator_", tool)
        return fitted[-1] if hasattr(fitted, "steps") else fitted


def _tools() -> dict[str, Callable[[Any], Any]]:
    from sklearn.model_selection import GridSearchCV
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import FunctionTransformer

    def search(estimator: Any) -> Any:
        return GridSearchCV(estimator, {}, cv=2, error_score="raise")

    def pipeline(estimator: Any) -> Any:
        return make_pipeline(FunctionTransformer(), estimator)

    def requesting_score(tool: Any) -> Any:
        # Later versions find out what the last step of a pipeline requests.
        return tool if installed_version() >= (1, 8) else tool.set_score_request(sample_weight=True)

    return {
        "pipeline": pipeline,
        "search": search,
        "search-over-pipeline": lambda estimator: search(requesting_score(pipeline(estimator))),
    }


@check(
    "SKL-4.fit-request",
    verifies="weights that fit requests reach Model.fit through pipelines and searches, and "
    "others do not",
    impact="a weighted search silently trains without the weights",
    wrappers=ESTIMATORS,
    cases=["pipeline", "search", "search-over-pipeline", "not-requested"],
)
def fit_request(context: CheckContext) -> None:
    import sklearn

    X, y, *_ = doubles.dataset(context.wrapper)
    weights = np.arange(len(y)) % 3 + 1.0
    build = learner(context)
    estimator = context.make(build)
    wanted = context.case != "not-requested"
    with sklearn.config_context(enable_metadata_routing=True):
        _requesting(context, estimator, fit=wanted)
        if hasattr(estimator, "set_score_request"):
            _requesting(context, estimator, score=wanted)
        elif context.case == "search-over-pipeline":
            context.stop("score", "has no weights to request, which a pipeline in a search passes")
        with context.doing("putting the estimator into a tool of scikit-learn"):
            tool = _tools().get(context.case, _after_another)(estimator)
    member = _fit_with_weights(context, tool, X, y, weights)
    target = helper_target(context, y)
    expected = train(build(), X, target, sample_weight=weights if wanted else None)
    mistakes = mistakes_with_weights(build, X, target, weights)
    if not wanted:
        mistakes = {"as if the weights were passed": partial(_weighted, build, X, target, weights)}
    how = "with" if wanted else "without"
    require_weights(context, member, expected, f"those of training {how} the weights", mistakes)


def _weighted(build: Callable[[], Any], X: Any, target: Any, weights: Any) -> Any:
    return train(build(), X, target, sample_weight=weights)


def _after_another(estimator: Any) -> Any:
    """Return a pipeline whose first step requests weights, because one step has to."""
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    other = StandardScaler(with_mean=False, with_std=False)
    return make_pipeline(other.set_fit_request(sample_weight=True), estimator)


@check(
    "SKL-4.score-request",
    verifies="weights that score requests reach the wrapper's scorer in a search",
    impact="a weighted search ranks candidates by an unweighted score",
    wrappers=ESTIMATORS,
    cases=["search", "not-requested"],
)
def score_request(context: CheckContext) -> None:
    import sklearn

    X, y, *_ = doubles.dataset(context.wrapper)
    weights = np.arange(len(y)) + 1.0
    received: list[Any] = []

    def scorer(y_true: Any, y_pred: Any, **kwargs: Any) -> float:
        del y_true, y_pred
        received.append(kwargs.get("sample_weight"))
        return 0.5

    wanted = context.case == "search"
    cls = subclass(context, scorer=staticmethod(scorer))
    estimator = context.make_of(cls, helper_builder(context))
    with sklearn.config_context(enable_metadata_routing=True):
        _requesting(context, estimator, score=wanted)
        if hasattr(estimator, "set_fit_request"):
            _requesting(context, estimator, fit=not wanted)
        elif not wanted:
            # A search refuses weights that nothing asks for.
            context.stop("fit", "takes no weights to request", follows="SKL-4.fit-request")
        with context.doing("putting the estimator into a search"):
            search = _tools()["search"](estimator)
    _fit_with_weights(context, search, X, y, weights)
    if not received:
        context.stop(
            "a search",
            "did not call the scorer of a subclass, which SCORE-2 is about",
            follows="SCORE-2.overriding",
        )
    if not wanted:
        given = [one for one in received if one is not None]
        context.require(not given, f"the scorer received the weights {show(given)}")
        return
    context.require(
        len(received) == 2 and all(one is not None for one in received),
        f"the scorer should receive weights for 2 folds; it received {show(received)}",
    )
    with context.doing("reading the weights that the scorer received"):
        found = sorted(float(one) for fold in received for one in fold)
    context.require(
        found == weights.tolist(),
        f"the scorer received the weights {show(found)}, not a part of {show(weights)}",
    )

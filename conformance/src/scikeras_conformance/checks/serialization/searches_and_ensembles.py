"""SER-3: searches and ensembles of scikit-learn."""

from collections.abc import Callable, Mapping
from typing import Any

from scikeras_conformance.catalog.check import ESTIMATORS, Wrapper, check
from scikeras_conformance.checks._support.helper_models import helper_target, importable_builder
from scikeras_conformance.checks._support.modules import doubles, np, sklearn_base
from scikeras_conformance.checks._support.plain_use import provided
from scikeras_conformance.checks._support.predictions import as_array
from scikeras_conformance.checks._support.preparation import (
    require_free_parameters,
    require_probabilities_exist,
    require_weights_are_taken,
)
from scikeras_conformance.checks._support.training import learner, require_weights, train
from scikeras_conformance.contract import Level
from scikeras_conformance.runner.context import CheckContext, show

CLASSIFIER = [Wrapper.CLASSIFIER]
REGRESSOR = [Wrapper.REGRESSOR]


def stub_estimator(context: CheckContext, **params: Any) -> Any:
    """Make an estimator that always predicts correctly, or incorrectly if ``wrong`` is set."""
    return context.make(importable_builder(context, doubles.STUBS), **params)


def works_alone(context: CheckContext, *methods: str) -> Callable[[], None]:
    """Return a function that shows that an estimator works without a search or an ensemble."""

    def works() -> None:
        X, y, *_ = doubles.data_predicted_by_oracles(context.wrapper)
        estimator = stub_estimator(context)
        context.fit(estimator, X, y)
        for method in ("predict", *methods):
            data = (X, y) if method == "score" else (X,)
            context.call(estimator, method, *data)

    return works


# The parameter that is searched, with its right and its wrong value.
Candidates = tuple[str, Any, Any]


def candidates_of(
    context: CheckContext, of_models: bool, expected: Mapping[Any, Any], wrong: Mapping[Any, Any]
) -> tuple[Any, Candidates]:
    """Return an estimator, and what a search is to choose from: an argument, or two builders."""
    good, bad = (importable_builder(context, builders) for builders in (expected, wrong))
    if of_models:
        # As parameters, because a subject may be given builders in a form of its own.
        estimator = context.make(good)
        params, others = (context.params(one) for one in (estimator, context.make(bad)))
        given = context.as_given(good)
        # An adapter may give the parameter another name.
        named = [name for name in params if name == "model" or params[name] is given]
        if not named:
            context.stop(
                "get_params()",
                "does not list the parameter model",
                follows="INIT-1.named-parameters",
            )
        return estimator, (named[0], params[named[0]], others[named[0]])
    require_free_parameters(context)
    estimator = context.make(good, wrong=False)
    # That it can be set is what INIT-10 is about.
    with context.preparing("clone(...).set_params(wrong=True)"):
        sklearn_base.clone(estimator).set_params(wrong=True)
    return estimator, ("wrong", False, True)


def require_expected(context: CheckContext, predictions: Any, y: Any, what: str) -> None:
    """Require the expected predictions; of an estimator that predicts them where it is alone."""
    predictions = as_array(context, predictions, what)
    with context.doing(f"comparing the results of {what}"):
        is_expected = _are_expected(predictions, y)
    if is_expected:
        return
    data = doubles.data_predicted_by_oracles(context.wrapper)
    alone = stub_estimator(context)
    context.fit(alone, data[0], data[1])
    found = as_array(context, context.predict(alone, data[0]), "predict")
    if not _are_expected(found, data[1]):
        labels = "CLS-4.labels-come-back" if context.is_classifier else ""
        problem = f"returned {show(found)} after a plain fit, not {show(data[1])}"
        context.stop("predict", problem, follows=labels)
    context.fail(f"{what} returned {show(predictions)}, not {show(y)}")


def _are_expected(predictions: Any, y: Any) -> bool:
    if y.dtype.kind == "f":
        return predictions.shape == y.shape and bool(np.allclose(predictions, y, atol=0.02))
    return bool(predictions.tolist() == y.tolist())


def require_search(
    context: CheckContext, search: Any, candidates: Candidates, data: tuple[Any, Any], what: str
) -> None:
    """Require a search that tried both candidates, and selected the right one."""
    X, y = data
    name, expected, wrong = candidates
    with context.doing(f"reading the results of {what}"):
        tried = [params[name] for params in search.cv_results_["params"]]
        scores = list(map(float, search.cv_results_["mean_test_score"]))
        best, score = search.best_params_, float(search.best_score_)
    places = [
        [place for place, one in enumerate(tried) if one is candidate]
        for candidate in (expected, wrong)
    ]
    is_complete = len(tried) == len(scores) == 2 and [len(found) for found in places] == [1, 1]
    context.require(is_complete, f"{what} tried {tried}, with the scores {scores}")
    context.require(best == {name: expected}, f"{what} selected {best} of {tried}, scored {scores}")
    context.require(
        abs(score - 1.0) < 1e-3 and scores[places[1][0]] < 0.9,
        f"{what} scored the candidates {tried} {scores}",
    )
    with context.doing(f"predict of {what}"):
        predictions = search.predict(X)
    require_expected(context, predictions, y, f"predict of {what}")


@check(
    "SER-3.selection",
    verifies="searches, cross_val_predict and pipelines train, predict with and score the "
    "estimator",
    impact="hyperparameters cannot be searched, or the search selects the wrong candidate",
    wrappers=ESTIMATORS,
    cases=[
        *("grid", "randomized", "grid-of-models"),
        *("cross_val_predict", "probabilities", "pipeline"),
    ],
    conditional=True,
)
def selection(context: CheckContext) -> None:
    from sklearn.model_selection import GridSearchCV, RandomizedSearchCV, cross_val_predict
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import FunctionTransformer

    X, y, *_ = doubles.data_predicted_by_oracles(context.wrapper)
    if context.case in {"grid", "randomized", "grid-of-models"}:
        cls = RandomizedSearchCV if context.case == "randomized" else GridSearchCV
        settings: dict[str, Any] = {"cv": 2, "error_score": "raise"}
        if cls is RandomizedSearchCV:
            settings.update(n_iter=2, random_state=0)
        of_models = context.case == "grid-of-models"
        estimator, candidates = candidates_of(
            context, of_models, doubles.STUBS, doubles.WRONG_STUBS
        )
        name, expected, wrong = candidates
        search = cls(estimator, {name: [wrong, expected]}, **settings)
        with provided(works_alone(context, "score")), context.doing(f"{cls.__name__}.fit"):
            search.fit(X, y)
        require_search(context, search, candidates, (X, y), cls.__name__)
    elif context.case == "pipeline":
        halved = FunctionTransformer(lambda data: data / 2)
        pipeline = make_pipeline(halved, stub_estimator(context))
        alone = works_alone(context, "score")
        with provided(alone):
            with context.doing("fit of a pipeline"):
                pipeline.fit(X * 2, y)
            with context.doing("predict of a pipeline"):
                predictions = pipeline.predict(X * 2)
            with context.doing("score of a pipeline"):
                score = float(pipeline.score(X * 2, y))
        require_expected(context, predictions, y, "predict of a pipeline")
        context.require(abs(score - 1.0) < 1e-3, f"the score of the pipeline is {score}, not 1")
    elif context.case == "probabilities" and context.is_classifier:
        require_probabilities_exist(context)
        alone = works_alone(context, "predict_proba")
        what = "cross_val_predict(method='predict_proba')"
        with provided(alone), context.doing(what):
            found = cross_val_predict(stub_estimator(context), X, y, cv=3, method="predict_proba")
        found = as_array(context, found, "cross_val_predict")
        expected = (np.unique(y) == y[:, None]).astype(float)
        with context.doing("comparing the probabilities of the folds"):
            close = found.shape == expected.shape and np.allclose(found, expected, atol=1e-3)
        context.require(
            close,
            f"the probabilities of the folds are {show(found)}, not {show(expected)}",
        )
    else:
        with provided(works_alone(context)), context.doing("cross_val_predict"):
            found = cross_val_predict(stub_estimator(context), X, y, cv=3)
        require_expected(context, found, y, "cross_val_predict")


@check(
    "SER-3.groups",
    verifies="a search with a splitter by groups works, and so it does where metadata routing is "
    "on and no request was set",
    impact="data whose rows belong together, such as those of one patient, cannot be searched over",
    wrappers=ESTIMATORS,
    cases=["plain", "routing"],
    level=Level.SHOULD,
    presupposes="SER-3.selection",
)
def groups(context: CheckContext) -> None:
    import sklearn
    from sklearn.model_selection import GridSearchCV, GroupKFold

    X, y, *_ = doubles.data_predicted_by_oracles(context.wrapper)
    estimator, candidates = candidates_of(context, False, doubles.STUBS, doubles.WRONG_STUBS)
    name, expected, wrong = candidates
    search = GridSearchCV(
        estimator, {name: [wrong, expected]}, cv=GroupKFold(2), error_score="raise"
    )
    # Each group has rows of all classes, so that each part can be trained on.
    of_rows = np.arange(len(y)) // 4
    what = f"GridSearchCV.fit with groups ({context.case})"
    with (
        provided(works_alone(context, "score")),
        sklearn.config_context(enable_metadata_routing=context.case == "routing"),
        context.doing(what),
    ):
        search.fit(X, y, groups=of_rows)
    require_search(context, search, candidates, (X, y), "GridSearchCV with groups")


def require_ensemble(context: CheckContext, ensemble: Any, what: str, *, parts: int = 0) -> None:
    """Require that an ensemble of right estimators predicts correctly."""
    X, y, *_ = doubles.data_predicted_by_oracles(context.wrapper)
    with provided(works_alone(context)):
        with context.doing(f"fit of {what}"):
            ensemble.fit(X, y)
        with context.doing(f"predict of {what}"):
            predictions = ensemble.predict(X)
    require_expected(context, predictions, y, f"predict of {what}")
    if not parts:
        return
    with context.doing(f"reading the estimators of {what}"):
        members = list(ensemble.estimators_)
    context.require(
        len(members) == parts and all(isinstance(one, context.cls) for one in members),
        f"{what} should have trained {parts} wrappers; it has {show(members)}",
    )
    models = {id(context.model(one)) for one in members}
    context.require(len(models) == parts, f"the wrappers in {what} share a model")


@check(
    "SER-3.classifier-ensembles",
    verifies="bagging, boosting, voting, stacking and calibration work with the classifier",
    impact="ensembles of Keras classifiers cannot be built with scikit-learn",
    wrappers=CLASSIFIER,
    cases=["bagging", "boosting", "voting-hard", "voting-soft", "stacking", "calibrated"],
    presupposes="CLS-5.estimator-type",
    conditional=True,
)
def classifier_ensembles(context: CheckContext) -> None:
    from sklearn.calibration import CalibratedClassifierCV
    from sklearn.ensemble import (
        AdaBoostClassifier,
        BaggingClassifier,
        StackingClassifier,
        VotingClassifier,
    )
    from sklearn.linear_model import LogisticRegression

    if context.case == "voting-soft":
        require_probabilities_exist(context)
    if context.case == "boosting":
        require_weights_are_taken(context)
    one, other = stub_estimator(context), stub_estimator(context)
    named = [("one", one), ("other", other)]
    final = LogisticRegression()
    makers: dict[str, Callable[[], tuple[Any, int]]] = {
        "bagging": lambda: (BaggingClassifier(one, n_estimators=3, random_state=0), 3),
        # Boosting stops when an estimator is always right.
        "boosting": lambda: (AdaBoostClassifier(one, n_estimators=3, random_state=0), 1),
        "voting-hard": lambda: (VotingClassifier(named), 2),
        "voting-soft": lambda: (VotingClassifier(named, voting="soft"), 2),
        "stacking": lambda: (StackingClassifier(named, final_estimator=final, cv=2), 2),
        "calibrated": lambda: (CalibratedClassifierCV(one, cv=2), 0),
    }
    ensemble, parts = makers[context.case]()
    require_ensemble(context, ensemble, type(ensemble).__name__, parts=parts)
    if context.case in {"calibrated", "voting-soft", "stacking"}:
        X, y, *_ = doubles.data_predicted_by_oracles(context.wrapper)
        what = f"predict_proba of {type(ensemble).__name__}"
        with provided(works_alone(context, "predict_proba")), context.doing(what):
            found = np.asarray(ensemble.predict_proba(X), dtype=float)
        wanted = (np.unique(y) == y[:, None]).astype(float)
        sure = found.shape == wanted.shape and bool((np.abs(found - wanted) < 0.5).all())
        context.require(sure, f"the probabilities are {show(found)}, for {show(y)}")


@check(
    "SER-3.regressor-ensembles",
    verifies="bagging, boosting, voting and stacking work with the regressor",
    impact="ensembles of Keras regressors cannot be built with scikit-learn",
    wrappers=REGRESSOR,
    cases=["bagging", "boosting", "voting", "stacking"],
    presupposes="CLS-5.estimator-type",
)
def regressor_ensembles(context: CheckContext) -> None:
    from sklearn.ensemble import (
        AdaBoostRegressor,
        BaggingRegressor,
        StackingRegressor,
        VotingRegressor,
    )
    from sklearn.linear_model import LinearRegression

    one, other = stub_estimator(context), stub_estimator(context)
    named = [("one", one), ("other", other)]
    final = LinearRegression()
    makers: dict[str, Callable[[], tuple[Any, int]]] = {
        "bagging": lambda: (BaggingRegressor(one, n_estimators=3, random_state=0), 3),
        # The number of estimators depends on whether rounding errors are exactly zero.
        "boosting": lambda: (AdaBoostRegressor(one, n_estimators=3, random_state=0), 0),
        "voting": lambda: (VotingRegressor(named), 2),
        "stacking": lambda: (StackingRegressor(named, final_estimator=final, cv=2), 2),
    }
    ensemble, parts = makers[context.case]()
    require_ensemble(context, ensemble, type(ensemble).__name__, parts=parts)


@check(
    "SER-3.boosting-weights",
    verifies="the sample weights of boosting and voting are used in training",
    impact="all models of a boosted ensemble learn the same, and boosting has no effect",
    wrappers=CLASSIFIER,
    cases=["boosting", "voting"],
    presupposes="CLS-5.estimator-type",
    conditional=True,
)
def boosting_weights(context: CheckContext) -> None:
    from sklearn.ensemble import AdaBoostClassifier, VotingClassifier

    require_weights_are_taken(context)
    X, y, *_ = doubles.dataset(context.wrapper)
    weights = np.where(np.arange(len(y)) % 2, 1.0, 7.0)
    build = learner(context)
    estimator = context.make(build)
    if context.case == "boosting":
        ensemble = AdaBoostClassifier(estimator, n_estimators=1, random_state=0)
        given = weights / weights.sum()
    else:
        ensemble, given = VotingClassifier([("one", estimator)], voting="soft"), weights

    def takes_weights() -> None:
        context.call(context.make(build), "fit", X, y, sample_weight=weights)

    what = f"{type(ensemble).__name__}.fit(sample_weight)"
    with provided(takes_weights), context.doing(what):
        ensemble.fit(X, y, sample_weight=weights)
        member = ensemble.estimators_[0]
    expected = train(build(), X, helper_target(context, y), sample_weight=given)
    require_weights(context, member, expected, "those of training with the weights of the ensemble")

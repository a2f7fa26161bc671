"""SKL-2: what the tags of an estimator state is true."""

from collections.abc import Callable
from typing import Any

from scikeras_conformance.catalog.check import ESTIMATORS, Wrapper, check
from scikeras_conformance.checks._support.helper_models import helper_builder
from scikeras_conformance.checks._support.modules import doubles, np
from scikeras_conformance.checks._support.plain_use import plain_use, provided
from scikeras_conformance.checks._support.predictions import require_predictions
from scikeras_conformance.checks._support.sklearn_checks import has_tag
from scikeras_conformance.runner.context import CheckContext

REFUSALS = (ValueError, TypeError)


def _require_as_tagged(
    context: CheckContext, estimator: Any, tag: str, what: str, call: Callable[[], object]
) -> bool:
    """Require a call to be accepted if a tag says so, and to raise an error otherwise.

    Returns
    -------
    bool
        Whether the tag says so.
    """
    _require_tags_of_its_type(context, estimator, tag)
    with provided(plain_use(context)):
        if has_tag(context, estimator, tag):
            with context.doing(f"{what}, which the tag {tag} allows,"):
                call()
            return True
        with context.refusing(f"{what}, which the tag {tag} does not allow,", *REFUSALS):
            call()
    return False


def _require_tags_of_its_type(context: CheckContext, estimator: Any, tag: str) -> None:
    """Require the tags of a type of estimators, such as ``classifier_tags``, if a tag is of those.

    Without them there is nothing that allows or forbids anything.
    """
    from sklearn.utils import get_tags

    group = tag.partition(".")[0]
    with context.doing(f"reading the tags {group}"):
        is_there = getattr(get_tags(estimator), group, None) is not None
    if not is_there:
        context.fail(f"there are no {group}", follows="CLS-5.estimator-type")


def _require_fit_as_tagged(
    context: CheckContext, estimator: Any, tag: str, kind: str, X: Any, y: Any
) -> None:
    """Require a fit and, where a tag allows it, right predictions; each is said of its method."""
    if not _require_as_tagged(
        context, estimator, tag, f"fit with {kind}", lambda: estimator.fit(X, y)
    ):
        return
    what = f"predict after a fit with {kind}"
    with provided(plain_use(context, "fit", "predict")), context.doing(what):
        predicted = estimator.predict(X)
    require_predictions(context, predicted, y, what)


@check(
    "SKL-2.sparse",
    verifies="sparse input is accepted if the tag sparse is set, and raises an error otherwise",
    impact="a search over a text pipeline fails, or the matrix becomes a single object",
    cases=["csr_matrix", "csr_array"],
)
def sparse_tag(context: CheckContext) -> None:
    import scipy.sparse

    data = doubles.dataset(context.wrapper)
    X = getattr(scipy.sparse, context.case)(data.X)
    estimator = context.make(helper_builder(context))
    _require_fit_as_tagged(context, estimator, "input_tags.sparse", "sparse input", X, data.y)


@check(
    "SKL-2.missing-values",
    verifies="NaN in X is accepted if the tag allow_nan is set, and raises an error otherwise",
    impact="a column with missing values silently trains a model whose weights are all NaN",
    cases=["fit", "predict", "infinite"],
)
def nan_tag(context: CheckContext) -> None:
    data = doubles.dataset(context.wrapper)
    estimator = context.make(helper_builder(context))
    X = data.X.copy()
    X[1, 0] = np.inf if context.case == "infinite" else np.nan
    if context.case == "predict":
        context.fit(estimator, data.X, data.y)

    def does() -> None:
        if context.case == "predict":
            estimator.predict(X)
        else:
            estimator.fit(X, data.y)

    if context.case == "infinite":
        # No tag allows infinity.
        with (
            provided(plain_use(context)),
            context.refusing("fit with infinity in X", *REFUSALS),
        ):
            does()
        return
    what = f"{context.case} with NaN in X"
    _require_as_tagged(context, estimator, "input_tags.allow_nan", what, does)


@check(
    "SKL-2.several-targets",
    verifies="a target with several columns is accepted if the tags say so, and raises an "
    "error otherwise",
    impact="MultiOutputRegressor is used without need, or left out where it is needed",
    wrappers=ESTIMATORS,
)
def several_targets_tag(context: CheckContext) -> None:
    if context.is_classifier:
        data, tag, activation = (
            doubles.multilabel_dataset(),
            "classifier_tags.multi_label",
            "sigmoid",
        )
        loss = "binary_crossentropy"
    else:
        data, tag, activation = doubles.continuous_dataset(2), "target_tags.multi_output", "linear"
        loss = "mean_squared_error"

    def build() -> Any:
        model = doubles.make_model(data, activation)
        model.compile(optimizer=doubles.zero_learning_rate(), loss=loss)
        return model

    estimator = context.make(build)
    _require_fit_as_tagged(context, estimator, tag, "a target of several columns", data.X, data.y)


@check(
    "SKL-2.multiclass",
    verifies="more than two classes are accepted if the tag multi_class is set, and raise an "
    "error otherwise",
    impact="OneVsRestClassifier is used without need, or left out where it is needed",
    wrappers=[Wrapper.CLASSIFIER],
)
def multiclass_tag(context: CheckContext) -> None:
    data = doubles.classes_dataset(["a", "b", "c"])
    estimator = context.make(lambda: doubles.stub_model_of(data, context.wrapper))
    tag = "classifier_tags.multi_class"
    _require_fit_as_tagged(context, estimator, tag, "three classes", data.X, data.y)


@check(
    "SKL-2.required-target",
    verifies="the tags say that a target is required, and fit without one raises an error",
    impact="a forgotten y causes an unclear error of Keras, or none",
    wrappers=ESTIMATORS,
)
def required_target(context: CheckContext) -> None:
    data = doubles.dataset(context.wrapper)
    estimator = context.make(helper_builder(context))
    if not has_tag(context, estimator, "target_tags.required"):
        from sklearn.base import is_classifier, is_regressor

        with context.preparing("asking for the type of the estimator"):
            recognized = is_classifier(estimator) or is_regressor(estimator)
        # A mixin sets the tag along with the type.
        follows = "" if recognized else "CLS-5.estimator-type"
        context.fail("the tag target_tags.required is not set", follows=follows)
    with (
        provided(plain_use(context)),
        context.refusing("fit without y", *REFUSALS, naming="y"),
    ):
        estimator.fit(data.X, None)

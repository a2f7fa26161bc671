"""CLS-1 and CLS-5: inheritance, and the type that scikit-learn sees."""

from typing import Any

from scikeras_conformance.catalog.check import ESTIMATORS, Wrapper, check
from scikeras_conformance.checks._support.helper_models import helper_builder
from scikeras_conformance.checks._support.modules import doubles, np, sklearn_base
from scikeras_conformance.runner.context import CheckContext


@check(
    "CLS-1.extends-base",
    verifies="the classifier and the regressor are subclasses of the base wrapper",
    impact="code that tests isinstance(estimator, BaseWrapper) misses the classifier or the "
    "regressor",
    wrappers=ESTIMATORS,
)
def extends_base(context: CheckContext) -> None:
    base = context.subject.classes[Wrapper.BASE]
    context.require(
        issubclass(context.cls, base) and context.cls is not base,
        f"{context.cls.__name__} does not extend {base.__name__}",
    )


@check(
    "CLS-5.estimator-type",
    verifies="is_classifier, is_regressor and the tags report the right type, also for a subclass",
    impact="scikit-learn does not recognize the classifier: voting and stacking raise, and "
    "splits are not stratified",
    cases=["itself", "subclass"],
)
def estimator_type(context: CheckContext) -> None:
    class Subclass(context.cls):  # type: ignore[name-defined, misc]
        pass

    cls = Subclass if context.case == "subclass" else context.cls
    estimator = context.make_of(cls, helper_builder(context))
    expected = {
        Wrapper.BASE: (False, False, None),
        Wrapper.CLASSIFIER: (True, False, "classifier"),
        Wrapper.REGRESSOR: (False, True, "regressor"),
    }[context.wrapper]
    from sklearn.utils import get_tags

    with context.doing("reading the type of the estimator with scikit-learn"):
        found = (
            sklearn_base.is_classifier(estimator),
            sklearn_base.is_regressor(estimator),
            get_tags(estimator).estimator_type,
        )
    context.require(
        found == expected,
        "(is_classifier, is_regressor, estimator_type) should be "
        f"{expected}; scikit-learn reports {found}",
    )


@check(
    "CLS-5.stratified-splits",
    verifies="cross_val_score uses a stratified splitter for the classifier",
    impact="with sorted labels, folds train on one class and test on the other, and the scores "
    "are meaningless",
    wrappers=[Wrapper.CLASSIFIER],
)
def stratified_splits(context: CheckContext) -> None:
    from sklearn.model_selection import cross_val_score

    data = doubles.classes_dataset([0, 1], repeats=6)
    order = np.argsort(data.y)
    X, y = data.X[order], data.y[order]
    held_out: list[list[int]] = []

    class Untrained(context.cls):  # type: ignore[name-defined, misc]
        """The folds can be seen without training."""

        def fit(self, X: Any, y: Any, **kwargs: Any) -> Any:
            del X, y, kwargs
            return self

    def scoring(estimator: Any, X: Any, y: Any) -> float:
        del estimator, X
        held_out.append(np.bincount(y, minlength=2).tolist())
        return 0.0

    estimator = context.make_of(Untrained, helper_builder(context))
    with context.preparing("cross_val_score(estimator, X, y, cv=3)"):
        cross_val_score(estimator, X, y, cv=3, scoring=scoring, error_score="raise")
    context.require(
        held_out == [[2, 2]] * 3,
        f"three stratified folds contain [2, 2] samples of the classes; they contain {held_out}",
    )

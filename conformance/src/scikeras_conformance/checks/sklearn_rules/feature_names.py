"""SKL-3: ``n_features_in_`` and ``feature_names_in_``."""

import warnings
from functools import partial
from typing import Any

from scikeras_conformance.catalog.check import ESTIMATORS, Wrapper, check
from scikeras_conformance.checks._support.frames import COLUMN_NAMES, make_frame
from scikeras_conformance.checks._support.helper_models import helper_builder, helper_model
from scikeras_conformance.checks._support.modules import doubles, np
from scikeras_conformance.checks._support.plain_use import provided
from scikeras_conformance.checks._support.predictions import as_array
from scikeras_conformance.checks._support.sklearn_checks import (
    estimator_for,
    fit_plainly,
    require_prerequisites,
)
from scikeras_conformance.contract import Capability
from scikeras_conformance.runner.context import CheckContext, show


@check(
    "SKL-3.n-features",
    verifies="n_features_in_ is the number of columns of the last fit",
    impact="tools that read how many columns an estimator takes get nothing, or a wrong number",
    cases=["fit", "initialize", "again"],
)
def n_features(context: CheckContext) -> None:
    X, y, *_ = doubles.dataset(context.wrapper)

    def build() -> Any:
        return _of_width(context, width)

    width = X.shape[1]
    estimator = context.make(build)
    context.call(estimator, "initialize" if context.case == "initialize" else "fit", X, y)
    if context.case == "again":
        X = np.hstack([X, X])
        width = X.shape[1]
        context.fit(estimator, X, y)
    found = context.observe.attribute(estimator, "n_features_in_")
    with context.doing("comparing n_features_in_"):
        right = bool(found == X.shape[1])
    context.require(right, f"n_features_in_ is {show(found)} for {X.shape[1]} columns")


def _of_width(context: CheckContext, width: int) -> Any:
    helper = helper_model(context)
    data = helper.data
    repeated = np.vstack([data.kernel] * (width // data.n_features))
    data = data._replace(X=np.zeros((1, width), dtype=data.X.dtype), kernel=repeated)
    model = doubles.make_model(data, helper.activation)
    model.compile(optimizer=doubles.zero_learning_rate(), loss=helper.loss)
    return model


def _require_names(
    context: CheckContext, estimator: Any, expected: list[str] | None, what: str
) -> None:
    """Require the names of the columns, or no attribute at all."""
    with context.doing("reading feature_names_in_"):
        has = hasattr(estimator, "feature_names_in_")
    if expected is None:
        context.require(not has, f"feature_names_in_ is set after {what}")
        return
    context.require(has, f"feature_names_in_ is not set after {what}")
    found = as_array(
        context, context.attribute(estimator, "feature_names_in_"), "feature_names_in_"
    )
    context.require(
        found.tolist() == expected and found.dtype == object,
        f"feature_names_in_ is {show(found)} after {what}, not {expected} as objects",
    )


def _names_are_read(given: Any) -> bool:
    """Whether scikit-learn itself finds names in a data frame; some versions do not in all kinds.

    If it does not, a wrapper may rely on scikit-learn or find them itself.
    """
    from sklearn.preprocessing import FunctionTransformer

    return hasattr(FunctionTransformer().fit(given), "feature_names_in_")


@check(
    "SKL-3.names",
    verifies="feature_names_in_ is set if all column names are strings, and not otherwise",
    impact="set_output, explainers and column checks have no names, or wrong ones",
    cases=["pandas", "polars", "numbers", "array", "array-after-frame"],
)
def names(context: CheckContext) -> None:
    X, y, *_ = doubles.dataset(context.wrapper)
    estimator = context.make(helper_builder(context))
    expected: list[str] | None = list(COLUMN_NAMES[: X.shape[1]])
    if context.case in {"pandas", "polars"}:
        given = make_frame(context, X, kind=context.case)
        context.fit(estimator, given, y)
        if not _names_are_read(given):
            return
    elif context.case == "numbers":
        expected = None
        context.fit(estimator, make_frame(context, X, list(range(X.shape[1]))), y)
    else:
        expected = None
        if context.case == "array-after-frame":
            context.fit(estimator, make_frame(context, X), y)
        context.fit(estimator, X, y)
    _require_names(context, estimator, expected, f"fit with {context.case}")


CHANGES = ("renamed", "reordered", "missing", "more")


@check(
    "SKL-3.other-columns",
    verifies="renamed, reordered, missing or new columns raise a ValueError",
    impact="predictions for a table with moved columns are silently wrong",
    cases=[
        *(f"predict-{change}" for change in CHANGES),
        *("partial_fit-reordered", "predict_proba-reordered", "score-reordered"),
    ],
    conditional=True,
)
def other_columns(context: CheckContext) -> None:
    method, _, change = context.case.partition("-")
    X, y, *_ = doubles.dataset(context.wrapper)
    if method in {"predict_proba", "score"} and (
        not hasattr(context.cls, method) or context.wrapper is Wrapper.BASE
    ):
        context.not_applicable(f"there is no {method}, which there does not have to be")
    estimator = context.make(helper_builder(context))
    known = list(COLUMN_NAMES[: X.shape[1]])
    # What cannot be called with the same columns is not refused for others.
    for known_method in dict.fromkeys(("fit", method)):
        data = (make_frame(context, X, known), y)
        context.call(
            estimator, known_method, *data[: 1 if known_method.startswith("predict") else 2]
        )
    later = {
        "renamed": lambda: make_frame(context, X, ["other", *known[1:]]),
        "reordered": lambda: make_frame(context, X, [*known[1:], known[0]]),
        "missing": lambda: make_frame(context, X[:, 1:], known[1:]),
        "more": lambda: make_frame(context, np.hstack([X, X[:, :1]]), [*known, "other"]),
    }[change]()
    arguments = (later,) if method.startswith("predict") else (later, y)
    with context.refusing(f"{method} with columns that are {change}", ValueError):
        getattr(estimator, method)(*arguments)


@check(
    "SKL-3.scikit-learn",
    verifies="scikit-learn's own check of column names passes",
    impact="a table with other columns is accepted, or causes a wrong warning",
    wrappers=ESTIMATORS,
)
def column_names_check(context: CheckContext) -> None:
    from sklearn.utils.estimator_checks import check_dataframe_column_names_consistency

    name = "check_dataframe_column_names_consistency"
    require_prerequisites(context, name)
    kind = "classifier" if context.is_classifier else "regressor"
    estimator = estimator_for(context, kind, name)
    with (
        provided(partial(fit_plainly, context, kind, name)),
        context.doing(f"scikit-learn's {name}"),
        warnings.catch_warnings(),
    ):
        warnings.simplefilter("ignore")
        check_dataframe_column_names_consistency(type(estimator).__name__, estimator)


@check(
    "SKL-3.names-in-meta",
    verifies="meta has the names of the columns of this fit, not those of an earlier one",
    impact="a builder that makes an input for each column makes those of another table",
    also=["BUILD-4"],
    needs=[Capability.BUILDER_ARGUMENTS],
)
def names_in_meta(context: CheckContext) -> None:
    X, y, *_ = doubles.dataset(context.wrapper)
    seen: list[Any] = []

    def build(meta: Any = None) -> Any:
        seen.append((meta or {}).get("feature_names_in_"))
        return helper_builder(context)()

    estimator = context.make(build)
    known = list(COLUMN_NAMES[: X.shape[1]])
    for names in (known, [f"other_{name}" for name in known]):
        context.fit(estimator, make_frame(context, X, names), y)
        expected = as_array(context, context.attribute(estimator, "feature_names_in_"), "names")
        if expected.tolist() != names:
            context.stop("fit", f"set feature_names_in_={show(expected)}", follows="SKL-3.names")
        if not seen:
            context.stop("fit", "did not call the builder")
        found = [] if seen[-1] is None else list(seen[-1])
        context.require(
            found == names, f"meta has the names {show(found)} for a frame with {show(names)}"
        )

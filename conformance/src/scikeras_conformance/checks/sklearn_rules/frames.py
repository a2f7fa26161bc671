"""Chapter SKL, third part: columns and their names; frames, sparse and memory-mapped input."""

import tempfile
import warnings
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from scikeras_conformance.catalog.check import ESTIMATORS, check
from scikeras_conformance.checks._support.modules import doubles, np
from scikeras_conformance.checks._support.predictions import as_array
from scikeras_conformance.checks._support.sklearn_checks import estimator_for, require_prerequisites
from scikeras_conformance.checks._support.training import (
    ask,
    column,
    learner,
    require_weights,
    train,
)
from scikeras_conformance.runner.context import CheckContext, show

NAMES = ("width", "height", "depth", "weight")


def library(context: CheckContext, name: str) -> Any:
    """Import a library of frames, or say that it is missing here."""
    if find_spec(name) is None:
        context.unavailable(
            f"{name} is not installed. Install it: python -m pip install "
            "'scikeras-conformance[frames]'"
        )
    return __import__(name)


def frame(context: CheckContext, X: Any, names: Any = None, *, kind: str = "pandas") -> Any:
    """Make a frame of an array."""
    names = list(NAMES[: X.shape[1]]) if names is None else names
    made = library(context, kind)
    if kind == "pandas":
        return made.DataFrame(X, columns=names)
    return made.DataFrame(X, schema=names)


# -- SKL-3 --------------------------------------------------------------------------------------


@check(
    "SKL-3.n-features",
    verifies="n_features_in_ is the number of columns of the last fit",
    impact="tools that ask an estimator how many columns it takes are told nothing, or the wrong",
    cases=["fit", "initialize", "again"],
)
def n_features(context: CheckContext) -> None:
    X, y, *_ = doubles.dataset(context.wrapper)

    def build(meta: Any) -> Any:
        del meta
        return _of_width(context, width)

    width = X.shape[1]
    estimator = context.make(build)
    context.call(estimator, "initialize" if context.case == "initialize" else "fit", X, y)
    if context.case == "again":
        X = np.hstack([X, X])
        width = X.shape[1]
        context.fit(estimator, X, y)
    found = context.attribute(estimator, "n_features_in_")
    with context.doing("comparing n_features_in_"):
        right = bool(found == X.shape[1])
    context.require(right, f"n_features_in_ is {show(found)} for {X.shape[1]} columns")


def _of_width(context: CheckContext, width: int) -> Any:
    data = doubles.dataset(context.wrapper)
    repeated = np.vstack([data.kernel] * (width // data.n_features))
    data = data._replace(X=np.zeros((1, width), dtype=data.X.dtype), kernel=repeated)
    model = doubles.make_model(data, "sigmoid" if context.is_classifier else "linear")
    loss = "binary_crossentropy" if context.is_classifier else "mean_squared_error"
    model.compile(optimizer=doubles.zero_rate(), loss=loss)
    return model


def _require_names(
    context: CheckContext, estimator: Any, expected: list[str] | None, what: str
) -> None:
    """Ask for the names of the columns, or for no attribute at all."""
    with context.doing("looking for feature_names_in_"):
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
    """Whether scikit-learn itself finds names in a frame; some of its versions know not every one.

    Where it does not, a wrapper that goes by it is as right as one that finds them by itself.
    """
    from sklearn.preprocessing import FunctionTransformer

    return hasattr(FunctionTransformer().fit(given), "feature_names_in_")


@check(
    "SKL-3.names",
    verifies="feature_names_in_ is set for columns with text for names, and for nothing else",
    impact="set_output, explainers and checks of columns work with no names, or with wrong ones",
    cases=["pandas", "polars", "numbers", "array", "array-after-frame"],
)
def names(context: CheckContext) -> None:
    X, y, *_ = doubles.dataset(context.wrapper)
    estimator = context.make(doubles.builder(context.wrapper))
    expected: list[str] | None = list(NAMES[: X.shape[1]])
    if context.case in {"pandas", "polars"}:
        given = frame(context, X, kind=context.case)
        context.fit(estimator, given, y)
        if not _names_are_read(given):
            return
    elif context.case == "numbers":
        expected = None
        context.fit(estimator, frame(context, X, list(range(X.shape[1]))), y)
    else:
        expected = None
        if context.case == "array-after-frame":
            context.fit(estimator, frame(context, X), y)
        context.fit(estimator, X, y)
    _require_names(context, estimator, expected, f"fit with {context.case}")


CHANGES = ("renamed", "reordered", "missing", "more")


@check(
    "SKL-3.other-columns",
    verifies="columns that are renamed, reordered, missing or new are refused with a ValueError",
    impact="a table whose columns moved is predicted from as if nothing had happened",
    cases=[*(f"predict-{change}" for change in CHANGES), "partial_fit-reordered"],
)
def other_columns(context: CheckContext) -> None:
    method, _, change = context.case.partition("-")
    X, y, *_ = doubles.dataset(context.wrapper)
    estimator = context.make(doubles.builder(context.wrapper))
    known = list(NAMES[: X.shape[1]])
    context.fit(estimator, frame(context, X, known), y)
    later = {
        "renamed": lambda: frame(context, X, ["other", *known[1:]]),
        "reordered": lambda: frame(context, X, [*known[1:], known[0]]),
        "missing": lambda: frame(context, X[:, 1:], known[1:]),
        "more": lambda: frame(context, np.hstack([X, X[:, :1]]), [*known, "other"]),
    }[change]()
    arguments = (later, y) if method == "partial_fit" else (later,)
    with context.refusing(f"{method} with columns that are {change}", ValueError):
        getattr(estimator, method)(*arguments)


@check(
    "SKL-3.scikit-learn",
    verifies="scikit-learn's own check of the names of columns passes",
    impact="a table with other columns is taken for the one that was learnt, or warned of wrongly",
    wrappers=ESTIMATORS,
)
def column_names_check(context: CheckContext) -> None:
    from sklearn.utils.estimator_checks import check_dataframe_column_names_consistency

    name = "check_dataframe_column_names_consistency"
    require_prerequisites(context, name)
    estimator = estimator_for(context, "classifier" if context.is_classifier else "regressor", name)
    with context.doing(f"scikit-learn's {name}"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        check_dataframe_column_names_consistency(type(estimator).__name__, estimator)


# -- SKL-5 --------------------------------------------------------------------------------------


def _require_trained_on(context: CheckContext, given: Any, target: Any, X: Any, y: Any) -> None:
    """Ask that what is given in another form trains, and is asked about, as arrays are."""
    build = learner(context)
    estimator = context.make(build, batch_size=len(y), verbose=0)
    context.fit(estimator, given, target)
    expected = train(build(), X, column(y))
    require_weights(
        context, estimator, expected, f"those of training on the values of {context.case}"
    )
    method = "predict_proba" if context.is_classifier else "predict"
    found = as_array(context, context.call(estimator, method, given), method)
    answers = ask(expected, X)[:, 0]
    with context.doing(f"reading what {method} gave"):
        found = found.reshape(len(X), -1)[:, -1].astype(np.float64)
    context.require(
        np.allclose(found, answers, atol=1e-5),
        f"{method} with {context.case} gave {show(found)}, not {show(answers)}",
    )


def _gapped(context: CheckContext) -> tuple[Any, Any]:
    """Give data in which some values are zero, which a sparse matrix does not store."""
    X, y, *_ = doubles.dataset(context.wrapper)
    X = X.copy()
    X[::3, 0] = 0.0
    return X, y


@check(
    "SKL-5.frames",
    verifies="a model is trained on the values of a pandas or polars frame, and asked about them",
    impact="whoever has a table has to turn it into an array, or trains on its index",
    cases=["pandas", "polars", "pandas-with-index", "pandas-integers", "pandas-nullable"],
)
def frames(context: CheckContext) -> None:
    kind, _, special = context.case.partition("-")
    X, y, *_ = doubles.dataset(context.wrapper)
    if special in {"integers", "nullable"}:
        X = np.round(X * 4).astype(np.int64)
    table, made = frame(context, X, kind=kind), library(context, kind)
    target = made.Series(y)
    if special == "nullable":
        table = table.convert_dtypes()
    if special == "with-index":
        # Rows are rows, whatever they are called.
        table.index, target.index = np.arange(len(y)) + 100, np.arange(len(y))[::-1]
    _require_trained_on(context, table, target, X.astype(np.float32), y)


@check(
    "SKL-5.sparse",
    verifies="a model is trained on the values of a sparse matrix, and asked about them",
    impact="a text pipeline cannot end in a Keras model",
    cases=["csr_matrix", "csc_matrix", "coo_matrix", "csr_array", "csc_array", "coo_array"],
)
def sparse(context: CheckContext) -> None:
    import scipy.sparse

    X, y = _gapped(context)
    _require_trained_on(context, getattr(scipy.sparse, context.case)(X), y, X, y)


@check(
    "SKL-5.memory-mapped",
    verifies="a model is trained on read-only memory-mapped arrays",
    impact="n_jobs=2 fails from a megabyte of data on, since joblib maps it read-only",
    cases=["X", "X-and-y", "sample_weight"],
)
def memory_mapped(context: CheckContext) -> None:
    X, y = _gapped(context)
    with tempfile.TemporaryDirectory() as folder:

        def mapped(array: Any, name: str) -> Any:
            path = Path(folder, f"{name}.npy")
            np.save(path, array)
            return np.load(path, mmap_mode="r")

        if context.case == "sample_weight":
            weights = np.arange(len(y)) % 3 + 1.0
            build = learner(context)
            estimator = context.make(build, batch_size=len(y), verbose=0)
            context.call(estimator, "fit", X, y, sample_weight=mapped(weights, "w"))
            expected = train(build(), X, column(y), sample_weight=weights)
            require_weights(context, estimator, expected, "those of training with mapped weights")
            return
        target = mapped(y, "y") if context.case == "X-and-y" else y
        _require_trained_on(context, mapped(X, "X"), target, X, y)

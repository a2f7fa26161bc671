"""SKL-5: data in any container lead to what the same numbers in arrays lead to."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from scikeras_conformance.catalog.check import ESTIMATORS, check
from scikeras_conformance.checks._support.contract_model.facts import KERAS_BATCH_SIZE
from scikeras_conformance.checks._support.fit_outcomes import ObservedBuilder, require_alike
from scikeras_conformance.checks._support.frames import COLUMN_NAMES, import_library
from scikeras_conformance.checks._support.helper_models import loss_of_classes
from scikeras_conformance.checks._support.modules import doubles, np
from scikeras_conformance.checks._support.predictions import as_array
from scikeras_conformance.checks._support.preparation import score_works
from scikeras_conformance.exceptions import Blocked
from scikeras_conformance.runner.context import CheckContext


class Contained(NamedTuple):
    """X, y and weights in a container; the arrays with the same numbers; and one row of X."""

    given: tuple[Any, Any, Any]
    arrays: tuple[Any, Any, Any]


OF_CONTAINERS = ("feature_names_in_", "X_dtype_", "y_dtype_", "argument meta of the builder")
"""What may differ between containers."""

OF_BATCHES = (" of Model.fit", " of Model.predict")
"""What may differ where a wrapper makes the batches of one of the two itself."""


def _data(context: CheckContext) -> Any:
    if context.is_classifier:
        return doubles.classes_dataset(["b", "a", "c"])
    return doubles.continuous_dataset(dtype=np.float64)


def _numbers(context: CheckContext, dtype: str = "float64") -> tuple[Any, Any, Any]:
    """Return X, y and weights; X has digits that single precision loses, and zeros."""
    data = _data(context)
    X = (
        np.rint(data.X) if np.issubdtype(np.dtype(dtype), np.integer) else data.X * (1 + 2.0**-30)
    ).astype(dtype)
    X[::2, 0] = 0
    return X, data.y, np.linspace(0.5, 2.0, len(data.y))


def _sparse(change: Callable[[Any], Any], *, dtype: str = "float64") -> Callable[..., Contained]:
    def contained(context: CheckContext) -> Contained:
        import scipy.sparse

        X, y, weights = _numbers(context, dtype)
        given = change(scipy.sparse.coo_array(X))
        return Contained((given, y, weights), (given.toarray(), y, weights))

    return contained


def _duplicates(entries: Any) -> Any:
    """Return a matrix in which each entry stands twice, and counts with the sum."""
    import scipy.sparse

    rows, columns = (np.concatenate([part, part[::-1]]) for part in (entries.row, entries.col))
    values = np.concatenate([entries.data * 3, entries.data[::-1]])
    return scipy.sparse.coo_array((values, (rows, columns)), shape=entries.shape)


def _zeros(entries: Any) -> Any:
    """Return a matrix that stores some zeros, ones and twos."""
    import scipy.sparse

    rows, columns = np.indices(entries.shape)
    values = ((rows + columns) % 3).ravel().astype(entries.dtype)
    return scipy.sparse.coo_array((values, (rows.ravel(), columns.ravel())), shape=entries.shape)


def _empty_column(entries: Any) -> Any:
    """Return a matrix whose last column has no entry."""
    import scipy.sparse

    kept = entries.col < entries.shape[1] - 1
    return scipy.sparse.coo_array(
        (entries.data[kept], (entries.row[kept], entries.col[kept])), shape=entries.shape
    )


def _unsorted(entries: Any) -> Any:
    """Return a matrix whose entries are stored from right to left."""
    made = entries.tocsr()
    for start, end in zip(made.indptr[:-1], made.indptr[1:], strict=True):
        made.indices[start:end] = made.indices[start:end][::-1].copy()
        made.data[start:end] = made.data[start:end][::-1].copy()
    made.has_sorted_indices = False
    return made


def _frame(context: CheckContext, X: Any, **more: Any) -> Any:
    pandas = import_library(context, "pandas")
    return pandas.DataFrame(X, columns=list(COLUMN_NAMES[: X.shape[1]]), **more)


def _several_batches(context: CheckContext) -> Contained:
    """Return a sparse matrix of three batches of Keras, of which the last one is incomplete."""
    import scipy.sparse

    X, y, weights = _numbers(context)
    rows = np.arange(70) % len(y)
    return Contained(
        (scipy.sparse.csr_array(X[rows]), y[rows], weights[rows]), (X[rows], y[rows], weights[rows])
    )


def _categorical_column(context: CheckContext) -> Contained:
    """Return a frame with a column of categories, which are numbers."""
    pandas = import_library(context, "pandas")
    X, y, weights = _numbers(context)
    frame = _frame(context, X)
    frame[frame.columns[-1]] = pandas.Categorical(np.arange(len(X)) % 3 * 10.0 - 10)
    return Contained((frame, y, weights), (frame.to_numpy(dtype=float), y, weights))


def _mixed(context: CheckContext) -> Contained:
    """Return a frame of columns of several dtypes."""
    X, y, weights = _numbers(context)
    frame = _frame(context, X)
    first, last = frame.columns[0], frame.columns[-1]
    frame[last] = np.arange(len(X)) % 3 - 1
    frame = frame.astype({first: "float32", last: "int8"})
    return Contained((frame, y, weights), (frame.to_numpy(dtype=float), y, weights))


def _index(context: CheckContext) -> Contained:
    """Return X, y and weights with one index each, all of the same labels in another order."""
    pandas = import_library(context, "pandas")
    X, y, weights = _numbers(context)
    labels = np.arange(len(y))
    given = (
        _frame(context, X, index=np.roll(labels, 5)),
        pandas.Series(y, index=labels[::-1]),
        pandas.Series(weights, index=np.roll(labels, 3)),
    )
    return Contained(given, (X, y, weights))


def _target(change: Callable[[CheckContext, Any], Any]) -> Callable[[CheckContext], Contained]:
    def contained(context: CheckContext) -> Contained:
        X, y, weights = _numbers(context)
        return Contained((X, change(context, y), weights), (X, y, weights))

    return contained


def _column(context: CheckContext) -> Contained:
    """Return y as a frame of one column."""
    X, y, weights = _numbers(context)
    frame = import_library(context, "pandas").DataFrame({"target": y})
    return Contained((X, frame, weights), (X, y[:, None], weights))


def _categories(context: CheckContext, y: Any) -> Any:
    """Return y as a series of categories of which some have no row; numbers as they are."""
    pandas = import_library(context, "pandas")
    if not context.is_classifier:
        return pandas.Series(y)
    return pandas.Series(pandas.Categorical(y, categories=["z", *np.unique(y)[::-1], "unused"]))


def _arrays(change: Callable[[Any], Any]) -> Callable[[CheckContext], Contained]:
    def contained(context: CheckContext) -> Contained:
        X, y, weights = _numbers(context)
        return Contained((change(X), y, weights), (X, y, weights))

    return contained


CONTAINERS: Mapping[str, Callable[[CheckContext], Contained]] = {
    "sparse": _sparse(lambda entries: entries.tocsr()),
    "sparse-by-column": _sparse(lambda entries: entries.tocsc()),
    "sparse-duplicates": _sparse(_duplicates),
    "sparse-zeros": _sparse(_zeros),
    "sparse-zeros-of-integers": _sparse(lambda entries: _zeros(entries).tocsr(), dtype="int64"),
    "sparse-empty-column": _sparse(_empty_column),
    "sparse-unsorted": _sparse(_unsorted),
    "sparse-of-several-batches": _several_batches,
    "frame-of-several-dtypes": _mixed,
    "frame-with-categories-of-numbers": _categorical_column,
    "frame-and-series-with-other-indices": _index,
    "y-in-a-list": _target(lambda _, y: y.tolist()),
    "y-in-a-frame": _column,
    "y-of-categories": _target(_categories),
    "rows-in-memory-by-column": _arrays(lambda X: np.array(X, order="F")),
    "every-other-row-in-memory": _arrays(lambda X: np.repeat(X, 2, axis=0)[::2]),
    "nested-lists": _arrays(lambda X: X.tolist()),
}
"""By name: functions that return data in a container."""

MAY_BE_REFUSED = ("sparse-by-column", "frame-with-categories-of-numbers")
"""Bare Keras cannot predict from the first; whether categories are numbers is left open."""


@check(
    "SKL-5.like-arrays",
    verifies="data in any container lead to the attributes, the training, the predictions and the "
    "scores that arrays with the same numbers lead to",
    impact="a table or a sparse matrix is silently read as other numbers, in training or later",
    wrappers=ESTIMATORS,
    cases=CONTAINERS,
    conditional=True,
)
def like_arrays(context: CheckContext) -> None:
    from sklearn.utils.validation import has_fit_parameter

    data = _data(context)
    takes_weights = has_fit_parameter(context.cls, "sample_weight")
    contained = CONTAINERS[context.case](context)
    in_batches = context.case == "sparse-of-several-batches"

    def fitted(parts: tuple[Any, Any, Any]) -> dict[str, Any]:
        def stub() -> Any:
            loss = loss_of_classes(context)
            return doubles.stub_model_of(data, context.wrapper, loss_of_classes=loss)

        observed = ObservedBuilder(context, stub)
        estimator = context.make(observed.builder)
        weights = {"sample_weight": parts[2]} if takes_weights else {}
        context.call(estimator, "fit", parts[0], parts[1], **weights)
        found = observed.outcome(estimator, parts[0])
        for name, rows in _parts(parts[0]).items():
            predicted = context.predict(estimator, rows)
            found[f"predict of {name}"] = as_array(context, predicted, f"predict of {name}")
        if score_works(context):
            with context.preparing("reading a score as a number"):
                # A list of numbers may be scored in another precision than an array.
                found["score"] = round(float(estimator.score(parts[0], parts[1])), 5)
        received = observed.models[-1].log.predicts
        features = [_as_dense(call["x"]) for call in received]
        if all(one is not None for one in features):
            found["features of Model.predict"] = features
        return {
            name: _in_one_form(name, value)
            for name, value in found.items()
            if name not in OF_CONTAINERS and not (in_batches and name.endswith(OF_BATCHES))
        }

    expected = fitted(contained.arrays)
    if context.case in MAY_BE_REFUSED:
        try:
            found = fitted(contained.given)
        except Blocked as blocked:
            context.not_applicable(f"SKL-5.sparse is about what is refused: {blocked}")
    else:
        with context.doing(f"fitting to, and predicting from, {context.case.replace('-', ' ')}"):
            found = fitted(contained.given)
    follows = "SKL-5.sparse" if context.case.startswith("sparse") else ""
    what = f"with {context.case.replace('-', ' ')}"
    require_alike(context, what, found, expected, follows=follows)


def _as_dense(x: Any) -> Any:
    """Return what a model is given as an array; None for a data set, and for anything else."""
    if hasattr(x, "toarray"):
        return x.toarray()
    return np.asarray(x) if hasattr(x, "__array__") else None


def _in_one_form(name: str, value: Any) -> Any:
    """Return a value whose text has one dtype: labels may be stored in several.

    The batch size that Keras takes if there is none may be passed on or not.
    """
    if name.startswith("batch_size of ") and value is None:
        return KERAS_BATCH_SIZE
    is_text = isinstance(value, np.ndarray) and value.dtype.kind in "UO"
    return value.astype(object) if is_text else value


def _parts(X: Any) -> dict[str, Any]:
    """Return the first row, and as many rows as there are columns, in the same container."""
    square = len(X[0]) if isinstance(X, list) else X.shape[1]
    parts = {"one row": 1, "as many rows as columns": square}
    if hasattr(X, "iloc"):
        return {name: X.iloc[:count] for name, count in parts.items()}
    if hasattr(X, "tocsr"):
        return {name: X.tocsr()[:count].asformat(X.format) for name, count in parts.items()}
    return {name: X[:count] for name, count in parts.items()}


@check(
    "SKL-2.missing-in-frames",
    verifies="a missing value in a nullable column of a frame raises a ValueError, unless the tags "
    "say that NaN is allowed",
    impact="missing values are trained on as if they were the number minus one",
    wrappers=ESTIMATORS,
    cases=["Int64", "Float64", "boolean", "object"],
    conditional=True,
)
def missing_in_frames(context: CheckContext) -> None:
    from sklearn.utils import get_tags

    pandas = import_library(context, "pandas")
    X, y, _ = _numbers(context)
    whole = _frame(context, (X != 0).astype(int))
    name = whole.columns[-1]
    dtype = context.case
    missing = whole.astype({name: dtype})
    missing.loc[2, name] = pandas.NA if dtype != "object" else None
    data = _data(context)

    def stub() -> Any:
        loss = loss_of_classes(context)
        return doubles.stub_model_of(data, context.wrapper, loss_of_classes=loss)

    estimator = context.make(ObservedBuilder(context, stub).builder)
    with context.preparing("reading the tags"):
        allows = get_tags(estimator).input_tags.allow_nan
    if allows:
        context.not_applicable("the tag allow_nan says that NaN is accepted")
    context.fit(estimator, whole, y)
    what = f"with a missing value in a column of dtype {dtype}"
    with context.refusing(f"fit {what}", ValueError):
        estimator.fit(missing, y)
    context.fit(estimator, whole, y)
    with context.refusing(f"predict {what}", ValueError):
        estimator.predict(missing)

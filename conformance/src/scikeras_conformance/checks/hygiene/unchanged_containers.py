"""HYG-1: methods do not write to frames, series, sparse matrices and lists either."""

import copy
from typing import Any

from scikeras_conformance.catalog.check import ESTIMATORS, check
from scikeras_conformance.checks._support.fit_outcomes import stub_model
from scikeras_conformance.checks._support.frames import import_library, make_frame
from scikeras_conformance.checks._support.modules import doubles, np
from scikeras_conformance.exceptions import Blocked
from scikeras_conformance.runner.context import CheckContext


def _contained(context: CheckContext) -> dict[str, Any]:
    """Return X, y and weights in the containers of the case."""
    X, y, *_ = doubles.dataset(context.wrapper)
    weights = np.linspace(0.5, 2.0, len(y))
    if context.case == "lists":
        return {"X": X.tolist(), "y": y.tolist(), "sample_weight": weights.tolist()}
    if context.case == "sparse":
        import scipy.sparse

        return {"X": scipy.sparse.csr_matrix(X), "y": y, "sample_weight": weights}
    pandas = import_library(context, "pandas")
    numbers = range(X.shape[1]) if context.case == "pandas-numbered" else None
    frame = make_frame(context, X, numbers)
    if context.case == "pandas-of-objects":
        # A column of numbers that was read together with text, or came from a database.
        frame = frame.astype({frame.columns[-1]: object})
    # An index that says more than the position of a row, for each of them.
    frame.index = index = np.arange(len(y))[::-1]
    target = pandas.Series(y, index=index, name="target")
    return {"X": frame, "y": target, "sample_weight": pandas.Series(weights, index=index)}


def _facts(value: Any) -> list[Any]:
    """Return everything in a container that can be written to."""
    if hasattr(value, "toarray"):
        # The order in which entries are stored does not matter, nor whether duplicates are summed:
        # SciPy does so itself, for example in `tolil`.
        return [value.toarray().tolist(), str(value.dtype), value.shape]
    if hasattr(value, "index") and hasattr(value, "to_numpy"):
        names = list(getattr(value, "columns", [value.name if hasattr(value, "name") else ""]))
        dtypes = list(value.dtypes) if hasattr(value, "columns") else [value.dtype]
        return [value.to_numpy().tolist(), list(value.index), names, list(map(str, dtypes))]
    return [np.asarray(value).tolist()]


@check(
    "HYG-1.containers",
    verifies="no method writes to a data frame, a series, a sparse matrix or a list",
    impact="a table has another column after a fit, or rows in another order",
    wrappers=ESTIMATORS,
    cases=["lists", "pandas", "pandas-numbered", "pandas-of-objects", "sparse"],
    conditional=True,
)
def containers(context: CheckContext) -> None:
    given = _contained(context)
    before = {name: _facts(copy.deepcopy(value)) for name, value in given.items()}
    estimator = context.make(lambda: stub_model(context))
    X, y, weights = given.values()
    try:
        context.fit(estimator, X, y)
    except Blocked as blocked:
        context.not_applicable(f"SKL-5 is about such containers: {blocked}")
    calls: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = [
        ("fit", (X, y), {"sample_weight": weights}),
        ("partial_fit", (X, y), {"sample_weight": weights}),
        ("predict", (X,), {}),
        ("predict_proba", (X,), {}),
        ("score", (X, y), {"sample_weight": weights}),
        ("initialize", (X, y), {}),
    ]
    done = ["fit"]
    for method, data, more in calls:
        if hasattr(context.cls, method):
            done.append(method)
            try:
                context.call(estimator, method, *data, **more)
            except Blocked:
                done.pop()  # what does not work is what other clauses are about
        changed = [name for name, value in given.items() if _facts(value) != before[name]]
        context.require(
            not changed, f"{done[-1]} with {context.case} wrote to {', '.join(changed)}"
        )

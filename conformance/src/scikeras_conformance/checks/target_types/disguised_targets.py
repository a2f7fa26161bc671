"""TGT-4 and TGT-5: numbers that look like labels to scikit-learn are numbers to a regressor."""

from collections.abc import Callable
from typing import Any

from scikeras_conformance.catalog.check import Wrapper, check
from scikeras_conformance.checks._support.modules import doubles, np
from scikeras_conformance.checks._support.predictions import as_array
from scikeras_conformance.exceptions import Blocked
from scikeras_conformance.runner.context import CheckContext, show


def _shares(rows: Any) -> Any:
    share = (rows + 2) / 20
    return np.stack([share, 1 - share], axis=1)


_TARGETS: dict[str, Callable[[Any], Any]] = {
    "zeros-and-ones": lambda rows: (rows % 2).astype(np.float32),
    "booleans": lambda rows: rows % 2 == 0,
    "counts": lambda rows: rows % 5,
    "one-value": lambda rows: np.full(len(rows), 3.0),
    "columns-of-zeros-and-ones": lambda rows: np.stack([rows % 2, rows // 2 % 2], axis=1) * 1.0,
    "columns-of-counts": lambda rows: np.stack([rows % 3, rows % 5], axis=1),
    "shares": _shares,
    "one-hot": lambda rows: np.eye(3)[rows % 3],
}
"""Targets by what they look like, for the numbers of the rows."""


@check(
    "TGT-5.disguised",
    verifies="predictions of a regressor are the outputs of its model also where the target looks "
    "like labels, counts or shares",
    impact="predicted counts are rounded, or predicted shares are turned into labels",
    wrappers=[Wrapper.REGRESSOR],
    also=["TGT-4"],
    cases=list(_TARGETS),
    conditional=True,
)
def disguised(context: CheckContext) -> None:
    y = _TARGETS[context.case](np.arange(16))
    data = doubles.continuous_dataset(1 if y.ndim == 1 else y.shape[1])

    def build() -> Any:
        return doubles.stub_model_of(data, context.wrapper)

    context.fit(context.make(build), data.X, data.y)
    estimator = context.make(build)
    try:
        context.fit(estimator, data.X, y)
    except Blocked as blocked:
        context.not_applicable(f"whether such a target is taken is left open: {blocked}")
    # The model does not learn: what it returns is what it was made for, whatever y is.
    for rows in (slice(None), slice(2, 3)):
        found = as_array(context, context.observe.predict(estimator, data.X[rows]), "predict")
        right = found.dtype.kind == "f" and found.size == data.y[rows].size
        context.require(
            right and np.allclose(found.reshape(data.y[rows].shape), data.y[rows], rtol=1e-4),
            f"predict after fit on {context.case.replace('-', ' ')} returned {show(found)}, "
            f"where the model returns {show(data.y[rows][:3])}",
        )

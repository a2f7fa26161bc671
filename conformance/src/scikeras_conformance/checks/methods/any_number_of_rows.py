"""API-8: batches of data of any size."""

from typing import Any

from scikeras_conformance.catalog.check import ESTIMATORS, check
from scikeras_conformance.checks._support.contract_model.facts import Batches
from scikeras_conformance.checks._support.fit_outcomes import stub_model
from scikeras_conformance.checks._support.modules import doubles, np
from scikeras_conformance.checks._support.plain_use import plain_use, provided
from scikeras_conformance.checks._support.predictions import as_array
from scikeras_conformance.checks._support.preparation import accepted
from scikeras_conformance.runner.context import CheckContext

ROWS = (8, 31, 33, 600, 1500, 20)
"""Numbers of rows, of which some are larger and some smaller than those before."""


def _resized(context: CheckContext, n_rows: int) -> tuple[Any, Any]:
    X, y, *_ = doubles.dataset(context.wrapper)
    return np.resize(X, (n_rows, X.shape[1])), np.resize(y, n_rows)


@check(
    "API-8.any-number-of-rows",
    verifies="batch_size is that of the parameter, and -1 all rows of the call, for any number of "
    "rows in fit, partial_fit and predict, whatever an earlier call had",
    impact="full-batch training or prediction silently comes in batches of another size",
    wrappers=ESTIMATORS,
    cases=["all-rows", "number"],
)
def any_number_of_rows(context: CheckContext) -> None:
    size = -1 if context.case == "all-rows" else 64
    with provided(plain_use(context)):
        estimator = context.observe.make(lambda: stub_model(context), batch_size=size)
        context.observe.fit(estimator, *_resized(context, ROWS[0]))
    others = [name for name in ("partial_fit", "predict_proba") if hasattr(context.cls, name)]
    for method in ("fit", "predict", *others):
        for n_rows in ROWS:
            X, y = _resized(context, n_rows)
            data = (X,) if method.startswith("predict") else (X, y)
            context.observe.call(estimator, method, *data)
            log = context.recording_model(estimator).log
            calls = log.predicts if method.startswith("predict") else log.fits
            if not calls:
                context.stop(method, "did not call the method of the model that has batches")
            given = calls[-1].get("batch_size")
            wanted = Batches(size).rows_at_once(n_rows)
            context.require(
                Batches(given).rows_at_once(n_rows) == wanted,
                f"{method} of {n_rows} rows with batch_size={size} should make batches of "
                f"{wanted}; it passed on batch_size={given}",
            )


@check(
    "API-8.every-row",
    verifies="every row is trained on and predicted, for any number of rows and any batch size",
    impact="the rows of an incomplete last batch are lost, or predicted as other rows",
    wrappers=ESTIMATORS,
    also=["DATA-7"],
    cases=["default", "number", "all-rows"],
)
def every_row(context: CheckContext) -> None:
    size = {"default": None, "number": 16, "all-rows": -1}[context.case]
    given = {} if size is None else accepted(context, batch_size=size)
    estimator = context.make(lambda: stub_model(context), **given)
    for n_rows in ROWS:
        X, y = _resized(context, n_rows)
        # No row is like another.
        X = X + np.arange(n_rows, dtype=X.dtype)[:, None] * X.dtype.type(1e-3)
        context.fit(estimator, X, y)
        log = context.recording_model(estimator).log
        with context.preparing("reading the rows that fit trains on"):
            seen = np.asarray(log.fits[-1]["x"]) if log.fits else X
        context.require(
            seen.shape == X.shape and np.array_equal(seen, X),
            f"fit of {n_rows} rows with batch_size={size} trains on {len(seen)} rows, or on others",
        )
        found = as_array(context, context.observe.predict(estimator, X), "predict").reshape(-1)
        context.require(
            len(found) == n_rows, f"predict of {n_rows} rows returned {len(found)} predictions"
        )
        rows = [0, n_rows // 2, n_rows - 2, n_rows - 1]
        parts = [
            as_array(context, context.predict(estimator, X[[row]]), "predict").reshape(-1)[:1]
            for row in rows
        ]
        one_by_one = np.concatenate(parts)
        right = (
            len(one_by_one) == len(rows) and np.allclose(found[rows], one_by_one, rtol=1e-3)
            if found.dtype.kind == "f"
            else found[rows].tolist() == one_by_one.tolist()
        )
        context.require(
            right,
            f"predict of {n_rows} rows with batch_size={size} is {found[rows]} in rows {rows}; "
            f"each alone is {one_by_one}",
        )

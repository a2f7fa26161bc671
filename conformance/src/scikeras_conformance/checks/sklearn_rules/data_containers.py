"""SKL-5: data frames, sparse matrices and memory-mapped arrays."""

import tempfile
from pathlib import Path
from typing import Any

from scikeras_conformance.catalog.check import check
from scikeras_conformance.checks._support.frames import import_library, make_frame
from scikeras_conformance.checks._support.helper_models import helper_target
from scikeras_conformance.checks._support.likely_mistakes import mistakes_with_weights
from scikeras_conformance.checks._support.modules import doubles, np
from scikeras_conformance.checks._support.plain_use import plain_use, provided
from scikeras_conformance.checks._support.predictions import as_array, same
from scikeras_conformance.checks._support.training import (
    learner,
    outputs_of,
    require_weights,
    train,
)
from scikeras_conformance.exceptions import Nonconformance
from scikeras_conformance.runner.context import CheckContext, show

WEIGHTS = "API-6.sample-weight"


def _require_trained_on(context: CheckContext, given: Any, target: Any, X: Any, y: Any) -> None:
    """Require that data in another container train and predict as arrays do."""
    build = learner(context)
    estimator = context.make(build)
    with provided(plain_use(context)):
        context.observe.fit(estimator, given, target)
    expected = train(build(), X, helper_target(context, y))
    require_weights(
        context, estimator, expected, f"those of training on the values of {context.case}"
    )
    method = "predict"
    if context.is_classifier and hasattr(estimator, "predict_proba"):
        method = "predict_proba"
    with provided(lambda: context.call(estimator, method, X)):
        found = as_array(context, context.observe.call(estimator, method, given), method)
    if context.is_classifier and method == "predict":
        right = as_array(context, context.predict(estimator, X), method)
        context.require(same(found, right), f"predict with {context.case} returned {show(found)}")
        return
    predictions = outputs_of(expected, X)[:, -1]
    with context.doing(f"reading the result of {method}"):
        found = found.reshape(len(X), -1)[:, -1].astype(np.float64)
    context.require(
        np.allclose(found, predictions, atol=1e-5),
        f"{method} with {context.case} returned {show(found)}, not {show(predictions)}",
    )


def _gapped(context: CheckContext) -> tuple[Any, Any]:
    """Return data in which some values are zero, which a sparse matrix does not store."""
    X, y, *_ = doubles.dataset(context.wrapper)
    X = X.copy()
    X[::3, 0] = 0.0
    return X, y


@check(
    "SKL-5.frames",
    verifies="the model is trained on the values of a pandas or polars data frame, and "
    "predicts from them",
    impact="users have to convert tables to arrays, or the model is trained on the index",
    cases=["pandas", "polars", "pandas-with-index", "pandas-integers", "pandas-nullable"],
)
def frames(context: CheckContext) -> None:
    kind, _, special = context.case.partition("-")
    X, y, *_ = doubles.dataset(context.wrapper)
    if special in {"integers", "nullable"}:
        X = np.round(X * 4).astype(np.int64)
    table, made = make_frame(context, X, kind=kind), import_library(context, kind)
    target = made.Series(y)
    if special == "nullable":
        table = table.convert_dtypes()
    if special == "with-index":
        # The index of the rows does not matter.
        table.index, target.index = np.arange(len(y)) + 100, np.arange(len(y))[::-1]
    _require_trained_on(context, table, target, X.astype(np.float32), y)


@check(
    "SKL-5.sparse",
    verifies="the model is trained on the values of a sparse matrix, and predicts from them",
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
    impact="n_jobs=2 fails for more than a megabyte of data, which joblib maps read-only",
    cases=["X", "X-and-y", "sample_weight"],
)
def memory_mapped(context: CheckContext) -> None:
    X, y = _gapped(context)
    with tempfile.TemporaryDirectory() as folder:

        def mapped(array: Any, name: str) -> Any:
            # The rows of one part of the data, which are not the first ones of the file.
            path = Path(folder, f"{name}.npy")
            np.save(path, np.concatenate([array[::-1], array]))
            return np.load(path, mmap_mode="r")[len(array) :]

        if context.case == "sample_weight":
            weights = np.arange(len(y)) % 3 + 1.0
            build = learner(context)
            estimator = context.make(build)

            target = helper_target(context, y)
            expected = train(build(), X, target, sample_weight=weights)

            def with_an_array() -> None:
                plain = context.make(build)
                context.call(plain, "fit", X, y, sample_weight=weights)
                try:
                    require_weights(context, plain, expected, "those of training with weights")
                except Nonconformance as wrong:
                    context.stop(
                        "fit with weights in an array", f"led to others: {wrong}", follows=WEIGHTS
                    )

            what = "those of training with memory-mapped weights"
            mistakes = mistakes_with_weights(build, X, target, weights)
            with provided(with_an_array):
                context.observe.call(estimator, "fit", X, y, sample_weight=mapped(weights, "w"))
                require_weights(context, estimator, expected, what, mistakes)
            return
        target = mapped(y, "y") if context.case == "X-and-y" else y
        _require_trained_on(context, mapped(X, "X"), target, X, y)

"""The scenarios: each prepares the function that is measured for one competitor."""

import pickle
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from benchmarks.competitors import COMPETITORS, Absent, Competitor
from benchmarks.measuring import Work, peak, resident
from benchmarks.task import (
    BATCH_SIZE,
    Settings,
    Size,
    data,
    data_set,
    one_hot,
    pictures,
    table,
    texts,
)

__all__ = ["ON_EVERY_BACKEND", "SAMPLED", "SCENARIOS", "Scenario"]

_ON_BATCH = "predict_on_batch"
_MANY = 100_000
_TUNED = ("reference-xla", "keras-pipeline", "keras-xla")
_ON_MANY_ROWS = ("reference", "keras", *_TUNED, "scikeras")
_TABLE = "1,000,000 rows × 50, float64, batches of 1,024"
_FLOAT32 = "1,000,000 rows × 50, float32, batches of 1,024"
_TEXTS = "500,000 texts of 40 words, int32, batches of 1,024"
_IMAGES = "50,000 images of 32 × 32, bytes, batches of 1,024"


@dataclass(frozen=True)
class Scenario:
    """How a scenario is measured.

    Parameters
    ----------
    name, title : str
        The name on the command line, and the title in tables.
    prepare : callable
        Does the preparation for a competitor, which is not measured, and returns the function that
        is. If the unit is bytes, the result of that function is the sample.
    rounds : int
        The number of rounds. In each, every competitor is measured once, in random order.
    process : {"shared", "own", "fresh"}
        All competitors on Keras share a process, so that its state affects all of them; or each
        competitor has its own, because it modifies Keras; or each sample has a new one.
    unit : {"s", "bytes"}
        The unit of samples.
    repeated : bool
        Whether a sample is the mean of many calls.
    warm : bool
        Whether the function is called once before the first sample.
    competitors : tuple of str
        The competitors to measure.
    """

    name: str
    title: str
    prepare: Callable[[Competitor, Size], Work]
    rounds: int
    process: Literal["shared", "own", "fresh"] = "shared"
    unit: Literal["s", "bytes"] = "s"
    repeated: bool = False
    warm: bool = True
    competitors: tuple[str, ...] = tuple(
        name for name in COMPETITORS if name not in {_ON_BATCH, *_TUNED}
    )


def _import(competitor: Competitor, size: Size) -> Work:  # noqa: ARG001
    return lambda _: exec(competitor.statement, {})  # noqa: S102 - defined in this package


def _construct(competitor: Competitor, size: Size) -> Work:
    return lambda _: competitor.construct(size.settings)


def _clone(competitor: Competitor, size: Size) -> Work:
    from sklearn.base import clone

    estimator = competitor.construct(size.settings)
    return lambda _: clone(estimator)


def _get_params(competitor: Competitor, size: Size) -> Work:
    estimator = competitor.construct(size.settings)
    return lambda _: estimator.get_params()


def _set_params(competitor: Competitor, size: Size) -> Work:
    estimator = competitor.construct(size.settings)
    changed = size.model(hidden=size.settings.hidden + 1, learning_rate=0.5)
    return lambda _: competitor.change(estimator, changed)


def _fit_unseen(first_width: int, *, long: bool) -> Callable[[Competitor, Size], Work]:
    """In every round, fit a model whose structure is new to the process."""

    def prepare(competitor: Competitor, size: Size) -> Work:
        X, y = data(size.rows)
        epochs = size.long_epochs if long else size.settings.epochs

        def work(turn: int) -> None:
            few = 1 if turn < 0 else epochs  # warm-up
            settings = size.model(hidden=first_width + turn, epochs=few)
            competitor.fit(competitor.start(settings), X, y)

        return work

    return prepare


def _fit_again(competitor: Competitor, size: Size) -> Work:
    X, y = data(size.rows)
    estimator = competitor.start(size.settings)
    return lambda _: competitor.fit(estimator, X, y)


def _predict(rows: int, batch_size: int) -> Callable[[Competitor, Size], Work]:
    def prepare(competitor: Competitor, size: Size) -> Work:
        fitted = _fitted(competitor, size)
        X = data(size.many_rows)[0][: min(rows, size.many_rows)]
        predict = competitor.predictor(fitted, batch_size)
        return lambda _: predict(X)

    return prepare


def _search(grid: str, jobs: int) -> Callable[[Competitor, Size], Work]:
    def prepare(competitor: Competitor, size: Size) -> Work:
        import sklearn.model_selection  # noqa: F401 - a cold search starts after the imports

        exec(competitor.statement, {})  # noqa: S102
        X, y = data(size.rows)
        points: dict[str, list[Any]] = {"learning_rate": list(size.learning_rates)}
        if grid == "widths":
            points = {"hidden": list(size.widths), "learning_rate": points["learning_rate"][::2]}

        def work(turn: int) -> None:
            few = size.model(epochs=1) if turn < 0 else size.settings
            competitor.search(X, y, points, few, size.folds, min(jobs, size.jobs))

        return work

    return prepare


def _pickle(competitor: Competitor, size: Size) -> Work:
    fitted = _fitted(competitor, size)
    return lambda _: competitor.dump(fitted)


def _pickle_size(competitor: Competitor, size: Size) -> Work:
    fitted = _fitted(competitor, size)
    return lambda _: len(competitor.dump(fitted))


def _unpickle(competitor: Competitor, size: Size) -> Work:
    content = competitor.dump(_fitted(competitor, size))
    return lambda _: pickle.loads(content)  # noqa: S301 - written one line above


def _require_memory_figures() -> None:
    if not sys.platform.startswith("linux"):
        raise Absent("memory is read from /proc, which this system does not have")


def _memory(competitor: Competitor, size: Size) -> Work:
    _require_memory_figures()
    X, y = data(min(size.rows, 2 * BATCH_SIZE))
    settled = size.fits // 5

    def work(_: int) -> float:
        before = 0
        for turn in range(size.fits):
            if turn == settled:
                before = resident()
            competitor.fit(competitor.start(size.model(epochs=1)), X, y)
        return (resident() - before) / (size.fits - settled)

    return work


def _large(kind: str, size: Size, steps: int) -> tuple[Settings, Any, Any]:
    """Return the settings of a model for many rows, and the rows."""
    if kind == "images":
        X, y = pictures(size.images, size.pixels)
    elif kind == "texts":
        X, y = texts(size.texts, size.words_of_a_text, size.words)
    else:
        dtype = "float32" if kind == "float32" else "float64"
        X, y = table(size.large_rows, size.large_columns, dtype)
    settings = size.model(
        features=X.shape[1:] if X.ndim > 2 else X.shape[1],
        words=size.words if kind == "texts" else 0,
        epochs=1, batch_size=size.large_batch, steps_per_execution=steps,
    )  # fmt: skip
    return settings, X, y


def _fit_large(kind: str, steps: int = 1) -> Callable[[Competitor, Size], Work]:
    """Train for one epoch."""

    def prepare(competitor: Competitor, size: Size) -> Work:
        settings, X, y = _large(kind, size, steps)
        return lambda _: competitor.fit(competitor.start(settings), X, y)

    return prepare


def _predict_large(kind: str) -> Callable[[Competitor, Size], Work]:
    def prepare(competitor: Competitor, size: Size) -> Work:
        settings, X, y = _large(kind, size, 1)
        few = 2 * size.large_batch
        fitted = competitor.fit(competitor.start(settings), X[:few], y[:few])
        predict = competitor.predictor(fitted, size.large_batch)
        return lambda _: predict(X)

    return prepare


def _peak(kind: str) -> Callable[[Competitor, Size], Work]:
    """Return by how much the largest memory of a process grows with a fit and a prediction.

    The arrays of a table, and those of images, are there before.
    """

    def prepare(competitor: Competitor, size: Size) -> Work:
        _require_memory_figures()
        # What a process needs once, whatever the data.
        competitor.predictor(_fitted(competitor, size), BATCH_SIZE)(data(BATCH_SIZE)[0])
        X: Any
        if kind == "sparse":
            X, y = one_hot(size.sparse_columns)
            settings = size.model(features=size.sparse_columns, epochs=1)
        elif kind == "batches":
            X, y = data_set(size.wide_rows, size.wide_columns), None
            settings = size.model(features=size.wide_columns, epochs=1)
        else:
            settings, X, y = _large(kind, size, 1)

        def work(_: int) -> float:
            before = peak()
            fitted = competitor.fit(competitor.start(settings), X, y)
            competitor.predictor(fitted, settings.batch_size)(X)
            return peak() - before

        return work

    return prepare


def _fitted(competitor: Competitor, size: Size) -> object:
    X, y = data(size.rows)
    return competitor.fit(competitor.start(size.model(epochs=1)), X, y)


def _prediction(rows: int, batch_size: int, rounds: int) -> Scenario:
    fits_one_batch = rows <= batch_size
    return Scenario(
        f"predict-{rows}" + ("" if fits_one_batch else f"-by-{batch_size}"),
        f"predict {rows:,} row{'s' * (rows > 1)}, batch size {batch_size:,}",
        _predict(rows, batch_size),
        rounds=rounds,
        repeated=True,
        competitors=tuple(
            name
            for name in COMPETITORS
            if name not in _TUNED and (name != _ON_BATCH or fits_one_batch)
        ),
    )


def _searching(grid: str, *, jobs: int, warm: bool, rounds: int) -> Scenario:
    words = {"rates": "4 learning rates", "widths": "2 widths × 2 learning rates"}[grid]
    temperature = "warm" if warm else "cold"
    parts = ["search", *(["widths"] if grid == "widths" else []), *(["jobs"] if jobs > 1 else [])]
    return Scenario(
        "-".join([*parts, temperature]),
        f"`GridSearchCV`, {words}, `n_jobs={jobs}`, {temperature}",
        _search(grid, jobs),
        rounds=rounds,
        process="shared" if warm else "fresh",
        warm=warm,
    )


SCENARIOS: dict[str, Scenario] = {
    scenario.name: scenario
    for scenario in (
        Scenario("import", "import", _import, rounds=5, process="fresh", warm=False),
        Scenario("construct", "construct", _construct, rounds=11, repeated=True),
        Scenario("clone", "`clone`", _clone, rounds=11, repeated=True),
        Scenario("get-params", "`get_params`", _get_params, rounds=11, repeated=True),
        Scenario("set-params", "`set_params`", _set_params, rounds=11, repeated=True),
        Scenario("first-fit", "first `fit`, 5 epochs", _fit_unseen(101, long=False), rounds=15),
        Scenario("second-fit", "second `fit`, 5 epochs", _fit_again, rounds=11),
        Scenario("long-fit", "first `fit`, 50 epochs", _fit_unseen(201, long=True), rounds=5),
        _prediction(1, BATCH_SIZE, rounds=15),
        _prediction(32, BATCH_SIZE, rounds=15),
        _prediction(1_000, BATCH_SIZE, rounds=15),
        _prediction(1_000, 1_000, rounds=15),
        _prediction(_MANY, BATCH_SIZE, rounds=7),
        _prediction(_MANY, 1_000, rounds=21),
        _prediction(_MANY, _MANY, rounds=21),
        *(
            Scenario(name, title, prepare, 7, competitors=_ON_MANY_ROWS)
            for name, title, prepare in (
                ("large-fit", f"`fit` of {_TABLE}", _fit_large("table")),
                (
                    "large-fit-steps", f"`fit` of {_TABLE}, 16 steps in one execution",
                    _fit_large("table", 16),
                ),
                ("large-predict", f"predict {_TABLE}", _predict_large("table")),
                ("float32-fit", f"`fit` of {_FLOAT32}", _fit_large("float32")),
                ("float32-predict", f"predict {_FLOAT32}", _predict_large("float32")),
                ("texts-fit", f"`fit` of {_TEXTS}", _fit_large("texts")),
                ("texts-predict", f"predict {_TEXTS}", _predict_large("texts")),
                ("images-fit", f"`fit` of {_IMAGES}", _fit_large("images")),
                ("images-predict", f"predict {_IMAGES}", _predict_large("images")),
            )
        ),
        _searching("rates", jobs=1, warm=True, rounds=2),
        _searching("rates", jobs=1, warm=False, rounds=2),
        _searching("rates", jobs=2, warm=True, rounds=2),
        _searching("rates", jobs=2, warm=False, rounds=2),
        _searching("widths", jobs=1, warm=True, rounds=2),
        Scenario("pickle", "pickle", _pickle, rounds=11, process="own", repeated=True),
        Scenario("unpickle", "unpickle", _unpickle, rounds=11, process="own", repeated=True),
        Scenario("pickle-size", "size of the pickle", _pickle_size, 1, "own", unit="bytes"),
        Scenario(
            "memory", "memory kept by one `fit`", _memory, 1, "fresh",
            unit="bytes", warm=False,
        ),
        *(
            Scenario(
                f"peak-{kind}", title, _peak(kind), 3, "fresh",
                unit="bytes", warm=False, competitors=("reference", "keras"),
            )
            for kind, title in (
                ("sparse", "growth of the peak: sparse one-hot matrix, 6,000 × 6,000"),
                ("batches", "growth of the peak: data set of 10 batches of 32 MiB"),
                ("table", f"growth of the peak: {_TABLE}"),
                ("float32", f"growth of the peak: {_FLOAT32}"),
                ("texts", f"growth of the peak: {_TEXTS}"),
                ("images", f"growth of the peak: {_IMAGES}"),
            )
        ),
    )
}  # fmt: skip

ON_EVERY_BACKEND = (
    *("first-fit", "second-fit", "long-fit", "predict-1", "predict-1000", "predict-100000-by-1000"),
    *("large-fit", "large-predict", "search-warm", "search-cold"),
)
"""The scenarios that take another time with another backend, and are measured with each."""

SAMPLED = (
    *("first-fit", "second-fit", "predict-1", "predict-100000-by-1000"),
    *("large-fit", "large-predict"),
)
"""The scenarios of which the page "What a fit costs" tells where they spend their time."""

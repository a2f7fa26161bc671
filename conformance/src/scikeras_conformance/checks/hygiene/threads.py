"""HYG-8: seeded fits in threads."""

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any

from scikeras_conformance.catalog.check import ESTIMATORS, check
from scikeras_conformance.checks._support.helper_models import helper_builder, helper_layer
from scikeras_conformance.checks._support.many_rows import many_rows
from scikeras_conformance.checks._support.modules import doubles, keras, np
from scikeras_conformance.checks._support.recorded_training import before_each_batch
from scikeras_conformance.checks._support.training import loss_name
from scikeras_conformance.runner.context import CheckContext
from scikeras_conformance.runner.time_limit import scaled

SEEDS = (1, 2, 3)
PAUSE_SECONDS = 0.005
"""Long enough for Python to go on with another thread."""

LONGEST_WAIT_SECONDS = 20.0
"""Some hundred times what the fit takes that is waited for."""


class _Worker:
    """Runs a function in a thread, which does not keep the process alive if it never ends.

    Parameters
    ----------
    function : callable
        Without arguments.
    """

    def __init__(self, function: Callable[[], Any]) -> None:
        self._function = function
        self._result: Any = None
        self._error: Exception | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)

    def _run(self) -> None:
        try:
            self._result = self._function()
        except Exception as error:
            self._error = error

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def ends_within(self, seconds: float) -> bool:
        """Wait for the end, and return whether it came."""
        self._thread.join(seconds)
        return not self._thread.is_alive()

    def result_or_raise(self) -> Any:
        """Return what the function returned, or raise what it raised."""
        if self._error is not None:
            raise self._error
        return self._result


def _builder(context: CheckContext) -> Callable[[], Any]:
    """Return a builder of a model that draws random numbers when it is built and trained."""
    # The first time, the subject is tried for it, which draws numbers: not within a builder.
    loss = loss_name(context)

    def build() -> Any:
        inputs = keras.Input((doubles.dataset(context.wrapper).n_features,))
        time.sleep(PAUSE_SECONDS)
        hidden = keras.layers.Dropout(0.5)(keras.layers.Dense(4)(inputs))
        time.sleep(PAUSE_SECONDS)
        model = doubles.RecordingModel(inputs, helper_layer(context)(hidden))
        model.compile("sgd", loss=loss)
        return model

    return build


def _weights(context: CheckContext, seed: int) -> list[Any]:
    # More rows than a batch has, so that their order matters.
    X, y = many_rows(context)
    build = before_each_batch(_builder(context), lambda: time.sleep(PAUSE_SECONDS))
    estimator = context.make(build, random_state=seed)
    context.fit(estimator, X, y)
    return [np.array(one) for one in context.model(estimator).get_weights()]


@check(
    "HYG-8.threads",
    verifies="seeded fits in threads lead to the same weights as one after the other, bit for bit",
    impact="a search with threads gives other scores than a serial one, and others in each run",
    wrappers=ESTIMATORS,
    presupposes="HYG-2.generators",
)
def threads(context: CheckContext) -> None:
    serial = [_weights(context, seed) for seed in SEEDS]
    again = _weights(context, SEEDS[0])
    if not _same(again, serial[0]):
        context.stop("fits one after the other", "differ with one seed, which API-7 is about")
    workers = [_Worker(partial(_weights, context, seed)) for seed in SEEDS]
    with context.doing("seeded fits in threads"):
        for worker in workers:
            worker.start()
        ended = [worker.ends_within(scaled(LONGEST_WAIT_SECONDS)) for worker in workers]
    context.require(all(ended), f"{ended.count(False)} of {len(ended)} fits in threads did not end")
    with context.doing("seeded fits in threads"):
        found = [worker.result_or_raise() for worker in workers]
    differing = [seed for seed, *two in zip(SEEDS, serial, found, strict=True) if not _same(*two)]
    context.require(
        not differing,
        f"with random_state={differing}, fits in threads led to other weights than serial ones",
    )


def _same(first: list[Any], second: list[Any]) -> bool:
    return len(first) == len(second) and all(map(np.array_equal, first, second))


@check(
    "HYG-8.waiting",
    verifies="a seeded fit that waits for another seeded fit in a thread comes to an end, or "
    "raises an error",
    impact="a program stops for good where a callback runs a cross-validation in threads",
    wrappers=ESTIMATORS,
)
def waiting(context: CheckContext) -> None:
    X, y, *_ = doubles.dataset(context.wrapper)
    other = context.make(helper_builder(context), random_state=1)
    # An error that says why it cannot be done is as good as an end.
    worker = _Worker(lambda: other.fit(X, y))
    ended: list[bool] = []

    def wait() -> None:
        if not ended:
            worker.start()
            # Not for ever, so that no lock is held while other checks run.
            ended.append(worker.ends_within(scaled(LONGEST_WAIT_SECONDS)))

    build = before_each_batch(helper_builder(context), wait)
    estimator = context.make(build, random_state=0)
    with suppress(Exception):  # it may say that it cannot be done, too
        estimator.fit(X, y)
    if False in ended:
        worker.ends_within(scaled(LONGEST_WAIT_SECONDS))
    context.require(
        False not in ended,
        f"a fit in a thread, for which a seeded fit waited, did not end in "
        f"{scaled(LONGEST_WAIT_SECONDS):g} s",
    )

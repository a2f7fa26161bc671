"""HYG-8: seeded fits in threads."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from scikeras_conformance.catalog.check import ESTIMATORS, check
from scikeras_conformance.checks._support.modules import doubles, keras, np
from scikeras_conformance.checks._support.training import loss_name
from scikeras_conformance.runner.context import CheckContext, describe

SEEDS = (1, 2, 3)
PAUSE_SECONDS = 0.005
"""Long enough for Python to go on with another thread."""

LONGEST_WAIT_SECONDS = 20.0
"""Some hundred times what the fit takes that is waited for."""


def _builder(context: CheckContext) -> Callable[[], Any]:
    """Return a builder of a model that draws random numbers when it is built and trained."""

    def build() -> Any:
        inputs = keras.Input((doubles.dataset(context.wrapper).n_features,))
        time.sleep(PAUSE_SECONDS)
        hidden = keras.layers.Dropout(0.5)(keras.layers.Dense(4)(inputs))
        time.sleep(PAUSE_SECONDS)
        activation = "sigmoid" if context.is_classifier else "linear"
        model = doubles.RecordingModel(inputs, keras.layers.Dense(1, activation)(hidden))
        model.compile("sgd", loss=loss_name(context))
        return model

    return build


def _pausing() -> Any:
    return keras.callbacks.LambdaCallback(
        on_train_batch_end=lambda *_: time.sleep(PAUSE_SECONDS),
    )


def _weights(context: CheckContext, seed: int) -> list[Any]:
    X, y, *_ = doubles.dataset(context.wrapper)
    settings = {"random_state": seed, "batch_size": 4, "callbacks": [_pausing()]}
    estimator = context.make(_builder(context), **settings)
    context.fit(estimator, X[:8], y[:8])
    return [np.array(one) for one in context.model(estimator).get_weights()]


@check(
    "HYG-8.threads",
    verifies="seeded fits in threads lead to the same weights as one after the other, bit for bit",
    impact="a search with threads gives other scores than a serial one, and others in each run",
    wrappers=ESTIMATORS,
)
def threads(context: CheckContext) -> None:
    serial = [_weights(context, seed) for seed in SEEDS]
    again = _weights(context, SEEDS[0])
    context.require(
        _same(again, serial[0]), "even one after the other, fits with one seed differ (see API-7)"
    )
    with ThreadPoolExecutor(len(SEEDS)) as pool:
        found = list(pool.map(lambda seed: _weights(context, seed), SEEDS))
    differing = [seed for seed, *two in zip(SEEDS, serial, found, strict=True) if not _same(*two)]
    context.require(
        not differing,
        f"with random_state={differing}, fits in threads led to other weights than serial ones",
    )


def _same(first: list[Any], second: list[Any]) -> bool:
    return len(first) == len(second) and all(map(np.array_equal, first, second))


class _Waiting:
    """Runs a function in a thread, and waits for it, but not for ever."""

    def __init__(self, function: Callable[[], Any]) -> None:
        self.function = function
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.in_vain = False

    def _run(self) -> None:
        try:
            self.function()
        except Exception as error:
            # An error that says why it cannot be done is as good as an end.
            self.error = describe(error)

    def __call__(self) -> None:
        """Start the thread and wait for it; once only."""
        if self.thread.ident is not None:
            return
        self.thread.start()
        self.thread.join(LONGEST_WAIT_SECONDS)
        # The callback ends then, so that no lock is held while other checks run.
        self.in_vain = self.thread.is_alive()


@check(
    "HYG-8.waiting",
    verifies="a seeded fit that waits for another seeded fit in a thread comes to an end, or "
    "raises an error",
    impact="a program stops for good where a callback runs a cross-validation in threads",
    wrappers=ESTIMATORS,
)
def waiting(context: CheckContext) -> None:
    X, y, *_ = doubles.dataset(context.wrapper)
    other = context.make(doubles.builder(context.wrapper), random_state=1)
    wait = _Waiting(lambda: other.fit(X, y))
    # A function, which is not copied where callbacks are.
    callback = keras.callbacks.LambdaCallback(on_epoch_end=lambda *_: wait())
    estimator = context.make(doubles.builder(context.wrapper), random_state=0, callbacks=[callback])
    try:
        estimator.fit(X, y)
    except Exception:
        return  # it said that it cannot be done, instead of waiting
    finally:
        if wait.in_vain:
            wait.thread.join(LONGEST_WAIT_SECONDS)
    context.require(
        not wait.in_vain,
        f"a fit in a thread, for which a seeded fit waited, did not end in "
        f"{LONGEST_WAIT_SECONDS:g} s",
    )

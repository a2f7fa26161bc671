"""HYG-4: memory does not grow with the number of fits."""

from scikeras_conformance.catalog.check import Shares, Wrapper, check
from scikeras_conformance.checks._support.fresh_interpreter import run_in_fresh_interpreter
from scikeras_conformance.checks._support.helper_models import helper_model
from scikeras_conformance.runner.context import CheckContext

MAX_OBJECTS = 20
MAX_BYTES = 16_000
MAX_RESIDENT = 4_000_000
"""For two fits and two calls of predict; the data alone has 48 000 bytes."""

FITTING = '''
import gc, tracemalloc
from pathlib import Path

ROUNDS = 3
# One batch, whose data have some size.
ROWS, FEATURES = 30, 200
STATM = Path("/proc/self/statm")


def build(units=1, activation="linear", loss="mean_squared_error", eager=True):
    import keras

    layer = keras.layers.Dense(units, activation=activation)
    model = keras.Sequential([keras.Input((FEATURES,)), layer])
    model.compile("sgd", loss, run_eagerly=eager)
    return model


def build_classifier():
    return build(UNITS, "ACTIVATION", "LOSS")


def data():
    import numpy as np

    X = np.arange(FEATURES * ROWS, dtype="float32").reshape(ROWS, FEATURES) / ROWS
    return X, np.arange(ROWS, dtype="float32") % 2


def counted():
    import keras

    gc.collect()
    gc.collect()
    objects = gc.get_objects()
    return {
        "layers": sum(isinstance(one, keras.layers.Layer) for one in objects),
        "objects": len(objects),
        "bytes": tracemalloc.get_traced_memory()[0],
        # In pages of 4096 bytes or more; without this file only the other figures are compared.
        "resident": int(STATM.read_text().split()[1]) * 4096 if STATM.exists() else 0,
    }


def grown(once):
    """How much is left behind by one round, once the first ones have filled every cache."""
    once()
    tracemalloc.start()
    once()
    before = counted()
    for _ in range(ROUNDS):
        once()
    after = counted()
    tracemalloc.stop()
    return {name: (after[name] - before[name]) / ROUNDS for name in before}


def prepare(eager=True):
    X, y = data()

    def once():
        model = build(eager=eager)
        model.fit(X, y)
        model.predict(X)

    # Twice, because each round of the subject fits two models.
    return {name: 2 * number for name, number in grown(once).items()}


def use(prepared, classes, construct):
    """One estimator that is fitted again and again, and a new one in each round."""
    X, y = data()
    kept = construct(classes["regressor"], build)

    def once():
        kept.fit(X, y)
        kept.predict(X)
        new = construct(classes.get("classifier", classes["regressor"]), build_classifier)
        new.fit(X, y.astype(int))
        new.predict(X)

    found = grown(once)
    # Keras keeps every graph that it makes. A subject may compile its own model, as a graph.
    graph = not getattr(getattr(kept, "model_", None), "run_eagerly", True)
    return {"wrapped": found, "graph": prepare(eager=False) if graph else None}


def conclude(prepared, used):
    return {"bare": used["graph"] or prepared, "wrapped": used["wrapped"]}
'''


@check(
    "HYG-4.nothing-kept",
    verifies="fits keep no more memory than the same fits with Keras alone",
    impact="a search over many settings runs out of memory after hours",
    wrappers=[Wrapper.REGRESSOR],
    shares=Shares.PROCESSES,
)
def nothing_kept(context: CheckContext) -> None:
    offered = Wrapper.CLASSIFIER in context.subject.classes
    second = Wrapper.CLASSIFIER if offered else Wrapper.REGRESSOR
    helper = helper_model(CheckContext(context.subject, second))
    program = (
        FITTING.replace("UNITS", str(len(helper.data.bias)))
        .replace("ACTIVATION", helper.activation)
        .replace("LOSS", helper.loss)
    )
    found = run_in_fresh_interpreter(context, program, "fitting again and again in a fresh process")
    more = {name: found["wrapped"][name] - found["bare"][name] for name in found["bare"]}
    limits = {
        "layers": (0.5, "layers of Keras"),
        "objects": (MAX_OBJECTS, "objects of Python"),
        "bytes": (MAX_BYTES, "bytes of Python"),
        "resident": (MAX_RESIDENT, "bytes of the process"),
    }
    for name, (limit, words) in limits.items():
        context.require(
            more[name] <= limit,
            f"two fits and predicts keep {more[name]:.0f} {words} more than Keras alone does",
        )

"""Memory of a process that fits again and again (HYG-4)."""

import gc
import subprocess
import sys
import weakref

import numpy as np
import pytest
from reference_models import classifier

SCRIPT = """
import gc, sys
import keras, numpy as np
from pathlib import Path
from scikeras_reference import KerasRegressor

def resident():
    gc.collect()
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096

def build():
    layers = [keras.layers.Input((3,)), keras.layers.Dense(4), keras.layers.Dense(1)]
    model = keras.Sequential(layers)
    model.compile("sgd", "mse", run_eagerly=True)
    return model

X, y = np.ones((8, 3), dtype="float32"), np.ones(8, dtype="float32")

def bare():
    model = build()
    model.fit(X, y, verbose=0)
    model.predict(X, verbose=0)

wrapper = KerasRegressor(build, verbose=0)

def wrapped():
    wrapper.fit(X, y).predict(X)

once = {"bare": bare, "wrapped": wrapped}[sys.argv[1]]
for _ in range(20):
    once()
before = resident()
for _ in range(80):
    once()
print((resident() - before) / 80)
"""


def test_a_fitted_wrapper_can_be_collected():
    """Nothing of the package holds on to an estimator that nobody uses any more."""
    X, y = np.eye(4, 3, dtype="float32"), np.array([0, 1, 0, 1])
    wrapper = classifier().fit(X, y)
    held = weakref.ref(wrapper)
    del wrapper
    gc.collect()
    assert held() is None


@pytest.mark.exhaustive
@pytest.mark.slow
@pytest.mark.process
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_memory_grows_no_faster_than_with_keras_alone():
    """Fits and predicts keep no more than the same loop does without the wrapper."""
    grown = {}
    for kind in ("bare", "wrapped"):
        run = subprocess.run(
            [sys.executable, "-c", SCRIPT, kind], check=False, capture_output=True, text=True
        )
        assert run.returncode == 0, run.stderr
        grown[kind] = float(run.stdout)

    # Bytes for each fit; the slack is what two runs of the same loop differ by.
    assert grown["wrapped"] <= grown["bare"] + 40_000, grown

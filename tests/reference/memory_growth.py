"""How much memory a fit and a prediction take, in a process of their own."""

import subprocess
import sys

START = """
import sys
import keras, numpy as np
from scikeras_reference import KerasRegressor
"""

MEASURE = """
def build():
    return keras.Sequential([keras.Input((columns,)), keras.layers.Dense(1)])
def peak():
    # Of this process alone: what resource reports begins with the size of the parent.
    lines = open("/proc/self/status").read().splitlines()
    (size,) = (line.split()[1] for line in lines if line.startswith("VmHWM"))
    return int(size) / 1024
small = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
small.compile("sgd", "mse")
small.fit(np.ones((2, 4)), np.ones(2), verbose=0)
small.predict(np.ones((2, 4)), verbose=0)
before = peak()
if sys.argv[1] == "bare":
    model = build()
    model.compile("sgd", "mse")
    model.fit(*data, verbose=0)
    model.predict(data[0], verbose=0)
else:
    KerasRegressor(build, loss="mse", optimizer="sgd", verbose=0).fit(*data).predict(data[0])
print(peak() - before)
"""


def memory_growth(data, who):
    """Return by how many MiB the peak grows, on Linux.

    `data` is code that sets ``data``, the arguments of fit, and ``columns``, their number; `who` is
    "bare" for Keras alone, or "wrapped".
    """
    command = [sys.executable, "-c", START + data + MEASURE, who]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)

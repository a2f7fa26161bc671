"""The scripts of docs/reference/parallel.md, each in a process of its own."""

import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "parallel.md"
LIBRARIES = ("dask", "distributed", "optuna", "ray")


def scripts():
    """Return the scripts of the page by heading."""
    found = {}
    for section in re.split(r"^#+ ", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]:
        blocks = re.findall(r"^```python\n(.*?)^```", section, flags=re.MULTILINE | re.DOTALL)
        if blocks:
            (found[section.partition("\n")[0]],) = blocks
    return found


SCRIPTS = scripts()


def test_every_script_is_run():
    """The page has a script for each of the libraries, and each one checks its own result."""
    imported = {
        library for library in LIBRARIES for code in SCRIPTS.values() if f"import {library}" in code
    }
    assert {"optuna", "ray"} == imported
    assert any("from dask.distributed import" in code for code in SCRIPTS.values())
    assert ["How processes and threads share the cores"] == [
        heading for heading, code in SCRIPTS.items() if "assert " not in code
    ]


@pytest.mark.exhaustive
@pytest.mark.process
@pytest.mark.parametrize("heading", SCRIPTS)
def test_script(heading, tmp_path):
    """It runs as it is, and what it asserts holds."""
    code = SCRIPTS[heading]
    for library in LIBRARIES:
        if library in code and importlib.util.find_spec(library) is None:
            pytest.skip(f"{library} is not installed: pip install --group parallel")
    script = tmp_path / "script.py"
    script.write_text(code, encoding="utf-8")
    # Ray makes sockets, whose paths may have 107 characters.
    environment = {**os.environ, "RAY_TMPDIR": "/tmp" if sys.platform != "win32" else str(tmp_path)}

    command = [sys.executable, script]
    done = subprocess.run(
        command, check=False, cwd=tmp_path, env=environment, capture_output=True, text=True
    )

    assert 0 == done.returncode, done.stderr


THREADS = """
import os, pathlib
import keras, numpy as np
model = keras.Sequential([keras.Input((64,)), keras.layers.Dense(64), keras.layers.Dense(1)])
model.compile("sgd", "mse")
model.fit(np.ones((512, 64)), np.ones(512), batch_size=256, verbose=0)
names = [path.read_text().strip() for path in pathlib.Path("/proc/self/task").glob("*/comm")]
print(sum(name.startswith(("tf_Compute", "tf_numa", "tf_XLA")) for name in names))
"""


@pytest.mark.exhaustive
@pytest.mark.process
@pytest.mark.skipif(sys.platform != "linux", reason="threads are read from /proc")
@pytest.mark.skipif((os.cpu_count() or 1) < 2, reason="there is one core anyway")
def test_threads_of_a_process():
    """The variables of the page leave each pool of threads of TensorFlow and JAX with one."""
    code = SCRIPTS["How processes and threads share the cores"]

    def threads(start):
        command = [sys.executable, "-c", start + THREADS]
        return int(subprocess.run(command, check=True, capture_output=True, text=True).stdout)

    assert threads(code) < threads("")

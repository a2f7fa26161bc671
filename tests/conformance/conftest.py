"""The toy subject, importable by its name, and processes that start fast."""

import os
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
# What it holds is for other processes, and cannot be imported.
collect_ignore = ["light"]
# Helpers of these tests are modules beside them.
sys.path.insert(0, str(HERE))


def _use_light_processes(monkeypatch):
    """Let processes that a test starts use the backend that is imported fastest.

    On JAX without TensorFlow a run of the toy subject takes half of the time that it takes on
    TensorFlow. NumPy would be faster still, but cannot train, so the suite refuses it.
    """
    import keras  # noqa: F401 - in this process, Keras keeps the backend that it has

    # pytest rewrites its plugins, which the suite and Hypothesis are; once is enough.
    monkeypatch.delenv("PYTHONDONTWRITEBYTECODE", raising=False)
    monkeypatch.setenv("KERAS_BACKEND", "jax")
    monkeypatch.setenv("PYTHONPATH", str(HERE / "light"), prepend=os.pathsep)


def _use_toy(monkeypatch):
    _use_light_processes(monkeypatch)
    monkeypatch.syspath_prepend(HERE)
    monkeypatch.setenv("PYTHONPATH", str(HERE), prepend=os.pathsep)
    yield
    sys.modules.pop("toy_subject", None)


@pytest.fixture
def light_processes(monkeypatch):
    """Let processes that the test starts use the backend that is imported fastest."""
    _use_light_processes(monkeypatch)


@pytest.fixture
def toy_on_path(monkeypatch):
    """Put this folder on the import path of this process and of those that it starts."""
    yield from _use_toy(monkeypatch)


@pytest.fixture(scope="module")
def toy_for_module():
    """Do what `toy_on_path` does, for one run that many tests read."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        yield from _use_toy(monkeypatch)


@pytest.fixture(scope="session")
def loaded_suite(tmp_path_factory):
    """Import what a run imports, before pytester takes note of the modules that there are.

    It removes every module that a run within this process has added. Keras and the doubles of the
    suite do not survive being imported twice, and Hypothesis takes seconds each time.
    """
    folder = str(tmp_path_factory.mktemp("run"))
    run = ["--pyargs", "scikeras_conformance", "--conformance-subject", "toy_subject"]
    only = ["--conformance-chapter", "CLS", "--conformance-check", "INIT-2"]
    pytest.main([*run, *only[:2], "-p", "no:cacheprovider", "--rootdir", folder, "-q"])
    pytest.main([*run, *only[2:], "-p", "no:cacheprovider", "--rootdir", folder, "-q"])
    sys.modules.pop("toy_subject", None)

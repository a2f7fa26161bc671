"""The toy subject, importable by its name."""

import os
import sys
from pathlib import Path

import pytest

HERE = str(Path(__file__).parent)


@pytest.fixture
def toy_on_path(monkeypatch):
    """Put this folder on the import path of this process and of those that it starts."""
    monkeypatch.syspath_prepend(HERE)
    # Before what is there: without an installation, that is how the packages are found.
    monkeypatch.setenv("PYTHONPATH", HERE, prepend=os.pathsep)
    yield
    sys.modules.pop("toy_subject", None)

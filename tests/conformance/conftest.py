"""The toy subject, importable by its name."""

import os
import sys
from pathlib import Path

import pytest

HERE = str(Path(__file__).parent)
# Helpers of these tests are modules beside them.
sys.path.insert(0, HERE)


@pytest.fixture
def toy_on_path(monkeypatch):
    """Put this folder on the import path of this process and of those that it starts."""
    monkeypatch.syspath_prepend(HERE)
    monkeypatch.setenv("PYTHONPATH", HERE, prepend=os.pathsep)
    yield
    sys.modules.pop("toy_subject", None)

"""Keras's serialization of objects, without what it imports."""

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from scikeras_reference._shared_steps.private_names import module

__all__ = ["without_importing_tensorflow"]

_lock = threading.Lock()


@contextmanager
def without_importing_tensorflow() -> Iterator[None]:
    """Keep Keras from importing TensorFlow for the serialization of objects in the block.

    Whatever the backend, Keras asks of each object whether it is one of TensorFlow, and imports
    TensorFlow to find out, where it is installed: that takes seconds and 400 MiB.
    """
    if "tensorflow" in sys.modules:
        yield
        return
    with _lock:
        library = module("keras.src.saving.serialization_lib")
        original = library.tf
        library.tf = _IfImported(original)
        try:
            yield
        finally:
            library.tf = original


class _IfImported:
    """Stands for TensorFlow: there are objects of it only if it is imported, by any thread."""

    def __init__(self, original: Any) -> None:
        self._original = original

    @property
    def available(self) -> bool:
        return "tensorflow" in sys.modules and self._original.available

    def __getattr__(self, name: str) -> Any:
        return getattr(self._original, name)

"""A module that is imported when an attribute of it is used for the first time."""

import importlib
from typing import Any

__all__ = ["LazyModule"]


class LazyModule:
    """Stand-in for a module, which imports it when an attribute is used.

    Checks name Keras and NumPy at the top of their modules as any other code does, and yet
    ``list`` and ``explain`` can read the records of all checks without importing either.

    Parameters
    ----------
    name : str
        Absolute name of the module.
    """

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, attribute: str) -> Any:
        """Import the module and return an attribute of it."""
        return getattr(importlib.import_module(self._name), attribute)

"""Conformance suite for scikit-learn wrappers of Keras models.

Importing this package imports nothing heavy: the command line and the pytest plugin decide when
Keras is needed.
"""

__all__ = ["__version__"]

__version__ = "0.1.0"

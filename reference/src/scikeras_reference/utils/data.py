"""Data that need not be in memory, as X of fit, predict, score and searches."""

from scikeras_reference._data.rows import Rows

__all__ = ["Rows"]

"""The checks, one folder or module for each chapter of the contract.

A check is found because it is there, see `scikeras_conformance.catalog.discovery`. Names that start
with an underscore hold helpers.
"""

from scikeras_conformance.catalog.check import Check
from scikeras_conformance.catalog.discovery import find_checks

__all__ = ["CATALOG"]

CATALOG: tuple[Check, ...] = find_checks(__name__, __path__)
"""All checks, in the order of the contract."""

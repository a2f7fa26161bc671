"""The checks of the suite, one module for each chapter of the contract."""

from types import ModuleType

from scikeras_conformance.catalogue import Check
from scikeras_conformance.checks import build, cls, comp, init, tgt

__all__ = ["CATALOGUE"]


def _checks_of(module: ModuleType) -> list[Check]:
    return [value for value in vars(module).values() if isinstance(value, Check)]


CATALOGUE: tuple[Check, ...] = tuple(
    check for module in (cls, init, comp, build, tgt) for check in _checks_of(module)
)
"""All checks, in the order of the contract."""

"""The checks of the suite, a module or two for each chapter of the contract."""

from types import ModuleType

from scikeras_conformance.catalogue import Check
from scikeras_conformance.checks import build, cls, comp, data, init_fitting, init_parameters, tgt
from scikeras_conformance.contract import load_contract

__all__ = ["CATALOGUE"]


def _checks_of(module: ModuleType) -> list[Check]:
    return [value for value in vars(module).values() if isinstance(value, Check)]


def _position(check: Check) -> tuple[int, int]:
    contract = load_contract()
    chapters = [chapter.id for chapter in contract.chapters]
    return chapters.index(check.chapter), list(contract.clauses).index(check.clauses[0])


CATALOGUE: tuple[Check, ...] = tuple(
    sorted(
        (
            check
            for module in (cls, init_parameters, init_fitting, comp, build, data, tgt)
            for check in _checks_of(module)
        ),
        key=_position,
    )
)
"""All checks, in the order of the contract."""

"""The contract as data: chapters, clauses, version.

Nothing here imports more than the standard library, so ``list`` and ``explain`` answer at once.
"""

from scikeras_conformance.contract.capabilities import Capability, parse_capabilities
from scikeras_conformance.contract.clause import Chapter, Clause, Level, Profile
from scikeras_conformance.contract.loading import Contract, load_contract, parse_contract

__all__ = [
    "Capability",
    "Chapter",
    "Clause",
    "Contract",
    "Level",
    "Profile",
    "load_contract",
    "parse_capabilities",
    "parse_contract",
]

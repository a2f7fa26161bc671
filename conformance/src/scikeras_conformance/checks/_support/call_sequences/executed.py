"""What came of a sequence of calls."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from scikeras_conformance.checks._support.contract_model.calls import PREDICTING
from scikeras_conformance.checks._support.contract_model.expectations import Fact
from scikeras_conformance.checks._support.contract_model.facts import UNSEEN, difference

__all__ = ["Difference", "Executed", "Raised"]

READ_WITH = {
    "targets for training": ("features for training",),
    "weights for training": ("features for training",),
    "rows in no training and no validation": ("features for training", "features for validation"),
    "targets for validation": ("features for validation", "targets for training"),
    "weights for validation": ("features for validation",),
    "rows for validation": ("features for validation",),
    "entries of history_": ("epochs", "training", "validation"),
    "entries added to history_": ("epochs", "training", "validation"),
    "current_epoch": ("epochs", "training"),
    "current_epoch, compared with before": ("epochs", "training"),
}
"""What is read of rows and of epochs, by the facts without which it cannot be told.

Rows are recognized by their features. Targets of another form than the loss needs have that form
for validation too, which is no other defect.
"""


@dataclass(frozen=True, slots=True)
class Difference:
    """A fact that is not as the contract has it.

    Parameters
    ----------
    clause : str
        The clause that promises it.
    position : int
        The position of the call after which it was seen.
    words : str
        What should be, and what is.
    """

    clause: str
    position: int
    words: str


@dataclass(frozen=True, slots=True)
class Raised:
    """An exception of the subject.

    Parameters
    ----------
    position : int
        The position of the call that raised; -1 for the constructor.
    method : str
        The method; empty for the constructor.
    error : BaseException
        What it raised.
    """

    position: int
    method: str
    error: BaseException

    @property
    def ends(self) -> bool:
        """Whether nothing was called afterwards; what predicts changes nothing for later calls."""
        return self.method not in PREDICTING


@dataclass(slots=True)
class Executed:
    """What came of a sequence.

    Parameters
    ----------
    differences : list of Difference
        What differed, in the order in which it was seen.
    compared : set of str
        The clauses of which a fact was compared.
    raised : list of Raised
        What the subject raised, the first time for each method.
    position : int
        The position of the last call; -1 for the constructor.
    """

    differences: list[Difference] = field(default_factory=list)
    compared: set[str] = field(default_factory=set)
    raised: list[Raised] = field(default_factory=list)
    position: int = -1

    @property
    def words(self) -> set[str]:
        """The words of all differences."""
        return {one.words for one in self.differences}

    def is_without(self, method: str) -> bool:
        """Whether a method did not raise, and could have: nothing that ends the calls did."""
        return not any(one.ends or one.method == method for one in self.raised)

    def note(self, method: str, error: BaseException) -> None:
        """Remember what a method raised."""
        if all(one.method != method for one in self.raised):
            self.raised.append(Raised(self.position, method, error))

    def compare(self, expected: Mapping[str, Fact], seen: Mapping[str, Any]) -> bool:
        """Compare the facts after a call, and return whether the parameters are as expected.

        Parameters
        ----------
        expected : mapping
            The facts that the contract promises, by name.
        seen : mapping
            Those that could be read.
        """
        read = {
            name: fact for name, fact in expected.items() if seen.get(name, UNSEEN) is not UNSEEN
        }
        differs = {name: difference(fact.value, seen[name]) for name, fact in read.items()}
        for name, fact in read.items():
            if any(differs.get(other) for other in READ_WITH.get(name, ())):
                continue
            self.compared.add(fact.clause)
            if differs[name]:
                words = f"{name} {differs[name]}"
                self.differences.append(Difference(fact.clause, self.position, words))
        return not differs.get("parameters")

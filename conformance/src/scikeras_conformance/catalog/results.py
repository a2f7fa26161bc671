"""The result of one check."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any

import msgspec

from scikeras_conformance.contract import Level

__all__ = ["Origin", "Outcome", "Result"]


class Outcome(StrEnum):
    """What came of one check."""

    PASSED = "passed"
    FAILED = "failed"
    BLOCKED = "blocked"
    ERRORED = "errored"
    NOT_APPLICABLE = "not_applicable"
    NOT_OFFERED = "not_offered"
    UNAVAILABLE = "unavailable"

    @property
    def words(self) -> str:
        """The outcome as a reader reads it."""
        return self.replace("_", " ")


class Origin(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The line of the subject that a result comes from.

    Parameters
    ----------
    file : str
        Its path from the directory that its top-level package is in.
    line : int
        Its number.
    function : str
        The function that it is in.
    source : str
        The statement that begins there, on one line.
    raised : bool
        Whether this statement raised the exception; otherwise it called what did, or it is the
        definition of what is concerned.
    """

    file: str
    line: int
    function: str
    source: str
    raised: bool = False


class Result(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What came of one planned check.

    As plain data, it lacks the fields that have their default.

    Parameters
    ----------
    id : str
        Id of the planned check.
    check, wrapper, case : str
        Its parts.
    clauses : tuple of str
        The clauses that the check is about.
    level : str
        How binding the check is.
    outcome : Outcome
        What came of it.
    message : str
        What was wrong, what blocked the check, why it does not apply, or what it lacks here; empty
        for a pass.
    details : str
        Traceback of a failure, an error, or what blocked the check; empty otherwise.
    seconds : float
        How long it took.
    example : str
        For a property, the smallest value found that breaks it, as Python source.
    tries : int
        How often it was run; more than once only where a baseline calls it flaky.
    step : str
        For a blocked check, what the subject was to do.
    exception : str
        Type and message of what the subject raised, if that made the check fail or blocked it.
    origin : Origin or None
        The innermost line of the subject that the exception came through; where there is none, the
        definition of what lacks something, or of the method or class that the check is about.
    follows : str
        The check whose failure made this one fail, where the check knows that.
    changed : tuple of str
        Settings of Keras that the subject changed meanwhile, for the whole process. They are
        restored after the check, whose outcome is about its own clause; HYG-2 is about them.
    """

    id: str
    check: str
    wrapper: str
    case: str
    clauses: tuple[str, ...]
    level: str
    outcome: Outcome
    message: str = ""
    details: Annotated[str, msgspec.Meta(description="A traceback.")] = ""
    seconds: Annotated[float, msgspec.Meta(ge=0, le=1e9)] = 0.0
    example: Annotated[
        str, msgspec.Meta(description="For a property, the smallest value that breaks it.")
    ] = ""
    tries: Annotated[int, msgspec.Meta(ge=1, description="How often it was run.")] = 1
    step: Annotated[
        str, msgspec.Meta(description="For a blocked check, what the subject was to do.")
    ] = ""
    exception: Annotated[
        str, msgspec.Meta(description="What the subject raised: type and message.")
    ] = ""
    origin: Annotated[
        Origin | None,
        msgspec.Meta(
            description="The innermost line of the subject that the exception came through; else "
            "the definition of the method or class that is concerned."
        ),
    ] = None
    follows: Annotated[
        str, msgspec.Meta(description="The check whose failure made this one fail, if known.")
    ] = ""
    changed: Annotated[
        tuple[str, ...],
        msgspec.Meta(
            description="Settings of Keras that the subject changed meanwhile; they are restored "
            "after the check."
        ),
    ] = ()

    @property
    def chapter(self) -> str:
        """The chapter of the contract that the check belongs to."""
        return self.check.partition("-")[0]

    @property
    def breaks_must(self) -> bool:
        """Whether the result is a failure of a binding check."""
        return self.outcome is Outcome.FAILED and self.level == Level.MUST

    @property
    def went_wrong(self) -> bool:
        """Whether the subject failed: in what the check is about, or before it."""
        return self.outcome in {Outcome.FAILED, Outcome.BLOCKED}

    @property
    def is_inconclusive(self) -> bool:
        """Whether nothing is known of the subject: the suite failed, or something was missing."""
        return self.outcome in {Outcome.ERRORED, Outcome.UNAVAILABLE}

    def to_dict(self) -> dict[str, Any]:
        """Return the result as plain data."""
        plain: dict[str, Any] = msgspec.to_builtins(self)
        return plain

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "Result":
        """Return the result that `to_dict` made plain data of."""
        return msgspec.convert(data, cls)

"""Errors that a user of the suite can meet.

::

    ConformanceError
    ├── UsageError              a command, an option or a name is not valid (also ValueError)
    │   └── DeclarationError        what is declared about the subject is not true
    ├── ContractError           the contract or the checks shipped with the suite are damaged
    ├── SubjectError            the implementation under test cannot be judged
    │   ├── SubjectImportError      it cannot be imported
    │   ├── CannotFitError          no wrapper of it can be fitted
    │   └── SubjectIncompleteError  it lacks a wrapper, and does not say so
    ├── DeviceError             the requested device is not available
    ├── UnsupportedEnvironmentError  Keras, its backend or scikit-learn cannot be used
    ├── ReportError             a report cannot be written
    │   └── DamagedReportError      a stored report is cut off, or contradicts itself
    └── BaselineError           a baseline is not valid (also ValueError)

    Nonconformance              the subject broke a promise (also AssertionError)
    Blocked                     the subject failed before the promise could be checked
    NotApplicable               there is nothing to check: scikit-learn has no such check
    Unavailable                 a check cannot be run here: no GPU, no type checker
    TimeUp                      the time of a check is up (a BaseException)

The last four are outcomes of a check rather than errors of the suite, so they stand outside the
tree: an ``except ConformanceError`` never swallows a verdict.
"""

from collections.abc import Sequence
from difflib import get_close_matches

__all__ = [
    "BaselineError",
    "Blocked",
    "CannotFitError",
    "ConformanceError",
    "ContractError",
    "DamagedReportError",
    "DeclarationError",
    "DeviceError",
    "Nonconformance",
    "NotApplicable",
    "ReportError",
    "SubjectError",
    "SubjectImportError",
    "SubjectIncompleteError",
    "TimeUp",
    "Unavailable",
    "UnsupportedEnvironmentError",
    "UsageError",
    "did_you_mean",
]


class ConformanceError(Exception):
    """Base of the errors of the suite."""


class UsageError(ConformanceError, ValueError):
    """A command, an option or a name is not valid."""


class DeclarationError(UsageError):
    """A capability is declared as not offered, and the subject offers it."""


class ContractError(ConformanceError):
    """The contract or the checks shipped with the suite are damaged."""


class SubjectError(ConformanceError):
    """The implementation under test cannot be judged at all."""


class SubjectImportError(SubjectError, ImportError):
    """The implementation under test cannot be imported."""


class CannotFitError(SubjectError):
    """No wrapper of the implementation under test can be constructed, fitted, and predict."""


class SubjectIncompleteError(SubjectError):
    """The implementation under test lacks a wrapper, and does not say so."""


class DeviceError(ConformanceError):
    """Keras does not put its variables on the requested device."""


class UnsupportedEnvironmentError(ConformanceError):
    """Keras, its backend or scikit-learn is missing, too old, or cannot train a model."""


class ReportError(ConformanceError, OSError):
    """A report cannot be written to the requested place."""


class DamagedReportError(ReportError):
    """A stored report is cut off, has another schema, or contradicts itself."""


class BaselineError(ConformanceError, ValueError):
    """A baseline is not valid, or has an entry for a result that does not exist."""


class Nonconformance(AssertionError):  # noqa: N818 - an outcome, named as the standards do
    """The subject broke the promise that the check is about.

    Attributes
    ----------
    example : str
        For a property, the smallest value found that breaks it, as Python source.
    follows : str
        The check whose failure made this one fail, where the check knows that.
    """

    example: str = ""
    follows: str = ""


class Blocked(Exception):  # noqa: N818 - an outcome, named as the standards do
    """The subject failed in a step that a check needs before it can look at its promise.

    Parameters
    ----------
    step : str
        What the subject was to do, for example ``"fit(...)"``.
    problem : str
        What happened instead, in words that continue the step: ``"raised TypeError: ..."``.

    Attributes
    ----------
    follows : str
        The check of the promise that was broken in this step, where that is known.
    """

    follows: str = ""

    def __init__(self, step: str, problem: str) -> None:
        super().__init__(step, problem)
        self.step = step
        self.problem = problem

    def __str__(self) -> str:
        """Return the message of the result."""
        return f"could not be checked: {self.step} {self.problem}"


class NotApplicable(Exception):  # noqa: N818 - an outcome, named as the standards do
    """There is nothing to check, for a reason that the suite's data name."""


class Unavailable(Exception):  # noqa: N818 - an outcome, named as the standards do
    """Something that the check needs is not there; the message says what, and how to get it."""


class TimeUp(BaseException):
    """The time is up; no ``except Exception`` of a subject swallows it."""


def did_you_mean(name: str, known: Sequence[str]) -> str:
    """Return the end of an error message that suggests a known name, whatever its case.

    Parameters
    ----------
    name : str
        A name that is not known.
    known : sequence of str
        The names that are.

    Returns
    -------
    str
        Empty if no known name is similar.

    Examples
    --------
    >>> did_you_mean("clasifier", ["base", "classifier", "regressor"])
    " Did you mean 'classifier'?"
    """
    by_upper = {entry.upper(): entry for entry in known}
    near = get_close_matches(name.upper(), by_upper, n=1)
    return f" Did you mean {by_upper[near[0]]!r}?" if near else ""

"""Errors that a user of the suite can meet.

::

    ConformanceError
    ├── UsageError              the command or an option makes no sense (also ValueError)
    ├── ContractError           the clauses shipped with the suite are damaged
    ├── SubjectError            the implementation under test cannot be judged
    │   ├── SubjectImportError      it cannot be imported
    │   └── SubjectIncompleteError  it does not offer the three wrappers
    ├── DeviceError             the device that was asked for is not there
    ├── ReportError             a report cannot be written
    │   └── DamagedReportError      a stored report is cut off, or contradicts itself
    └── BaselineError           a baseline makes no sense (also ValueError)

    Nonconformance              the subject broke a promise (also AssertionError)
    NotApplicable               a check does not apply to the subject, with the reason
    Unavailable                 a check cannot be made here: no GPU, no type checker
    Inapplicable                there is nothing to check: scikit-learn has no such check

`Nonconformance`, `NotApplicable`, `Unavailable` and `Inapplicable` are outcomes of a check rather
than errors of the suite, so they stand outside the tree: an ``except ConformanceError`` never
swallows a verdict.
"""

__all__ = [
    "BaselineError",
    "ConformanceError",
    "ContractError",
    "DamagedReportError",
    "DeviceError",
    "Inapplicable",
    "Nonconformance",
    "NotApplicable",
    "ReportError",
    "SubjectError",
    "SubjectImportError",
    "SubjectIncompleteError",
    "Unavailable",
    "UsageError",
]


class ConformanceError(Exception):
    """Base of the errors of the suite."""


class UsageError(ConformanceError, ValueError):
    """A command, option or name makes no sense."""


class ContractError(ConformanceError):
    """The clauses shipped with the suite are damaged."""


class SubjectError(ConformanceError):
    """The implementation under test cannot be judged at all."""


class SubjectImportError(SubjectError, ImportError):
    """The implementation under test cannot be imported."""


class SubjectIncompleteError(SubjectError):
    """The implementation under test lacks one of the three wrappers."""


class DeviceError(ConformanceError):
    """The device that was asked for is not where Keras puts its variables."""


class ReportError(ConformanceError, OSError):
    """A report cannot be written where it was asked for."""


class DamagedReportError(ReportError):
    """A stored report is cut off, of another schema, or contradicts itself."""


class BaselineError(ConformanceError, ValueError):
    """A baseline makes no sense, or names what is not there."""


class Nonconformance(AssertionError):  # noqa: N818 - an outcome, named as the standards do
    """The subject broke the promise that the check is about.

    Attributes
    ----------
    example : str
        For a property, the smallest value found that breaks it, as Python source.
    """

    example: str = ""


class NotApplicable(Exception):  # noqa: N818 - an outcome, named as the standards do
    """The check does not apply to the subject; the message is the reason."""


class Inapplicable(Exception):  # noqa: N818 - an outcome, named as the standards do
    """There is nothing to check, as the suite's data say and the check has verified."""


class Unavailable(Exception):  # noqa: N818 - an outcome, named as the standards do
    """Something that the check needs is not there; the message says what, and how to get it."""

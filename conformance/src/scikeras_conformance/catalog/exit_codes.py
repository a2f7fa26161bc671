"""The exit codes of the command line, and of a pytest run with a subject."""

from enum import IntEnum

__all__ = ["ExitCode"]


class ExitCode(IntEnum):
    """How the command line, and a pytest run with a subject, end."""

    CONFORMANT = 0
    NOT_CONFORMANT = 1
    USAGE = 2
    INCOMPLETE = 3
    NO_SUBJECT = 4
    NOTHING_RUN = 5
    BASELINE_NOT_MET = 6
    BLOCKED = 7
    CANNOT_FIT = 8

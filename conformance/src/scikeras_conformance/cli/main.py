"""The command line: its commands, and how they end."""

import argparse
import os
import sys
import traceback
from collections.abc import Sequence
from typing import Any

import scikeras_conformance
from scikeras_conformance.catalog.exit_codes import ExitCode
from scikeras_conformance.cli import baseline, init, listing, reports, run
from scikeras_conformance.cli.usage_errors import CommandParser
from scikeras_conformance.exceptions import ConformanceError, DamagedReportError

__all__ = ["main"]

EPILOG = """\
exit codes:
  0  conformant: every MUST check passed (with --strict, every SHOULD check too)
  1  not conformant
  2  the command, an option or a name is not valid
  3  incomplete: a planned check has no result or cannot be run here (no GPU, no type checker), the
     requested device is not available, or the suite itself failed
  4  there is no subject: it cannot be imported, or lacks a wrapper that it does not declare as not
     offered
  5  nothing was selected
  6  the baseline is not met (with one, 0 means that it is)
  7  blocked: no MUST was seen broken, but one could not be checked, because the subject failed in a
     step that the check needs first
  8  no wrapper of the subject can be constructed, fitted and used to predict
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line.

    Parameters
    ----------
    argv : sequence of str, optional
        The arguments; those of the process by default.

    Returns
    -------
    int
        One of `scikeras_conformance.catalog.verdict.ExitCode`.
    """
    options = _parser().parse_args(argv)
    try:
        return int(options.command(options))
    except ConformanceError as error:
        print(f"scikeras-conformance: {error}", file=sys.stderr)
        damaged = isinstance(error, DamagedReportError)
        return int(ExitCode.INCOMPLETE if damaged else ExitCode.USAGE)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        # The reader of a listing may go away; a run whose output was cut off is not a pass.
        return int(ExitCode.CONFORMANT if hasattr(options, "listing") else ExitCode.INCOMPLETE)
    except Exception:
        # Python itself would end with 1, which says something about the subject.
        traceback.print_exc()
        return int(ExitCode.INCOMPLETE)


def _parser() -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = CommandParser(
        prog="scikeras-conformance",
        description="Checks a scikit-learn wrapper of Keras models against the wrapper contract.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action=_Version, help="show the version and exit")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for family in (listing, reports, baseline):
        family.add_commands(commands)
    run.add_command(commands, EPILOG)
    init.add_command(commands)
    return parser


class _Version(argparse.Action):
    """Prints the version; other commands do not spend the time to look it up."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(nargs=0, **settings)

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        print(f"{parser.prog} {scikeras_conformance.__version__}")
        parser.exit()

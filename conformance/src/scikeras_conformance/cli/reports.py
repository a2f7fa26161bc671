"""``report``, ``diff`` and ``matrix``: what stored runs say, without running anything."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from scikeras_conformance.catalog.exit_codes import ExitCode
from scikeras_conformance.exceptions import UsageError

__all__ = ["add_commands", "put"]


def add_commands(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the three commands to the command line."""
    report = commands.add_parser(
        "report",
        help="show a stored run in another format",
        description="Exits like the run itself did, so that a converted report is never greener.",
    )
    report.add_argument("file", metavar="REPORT", type=Path, help="what run --report wrote")
    report.add_argument(
        "--to",
        required=True,
        metavar="FORMAT",
        help="html, junit, markdown, sarif, github or shields",
    )
    report.add_argument("--output", metavar="FILE", type=Path, help="default: the terminal")
    report.set_defaults(command=_report)

    diff = commands.add_parser(
        "diff",
        help="compare two stored runs",
        description="Exits with 1 if anything is newly failing, fails in another way, is added and "
        "fails, or has been removed; with 3 if one of the runs says nothing about its subject.",
    )
    diff.add_argument("before", metavar="BEFORE", type=Path)
    diff.add_argument("after", metavar="AFTER", type=Path)
    diff.set_defaults(command=_diff)

    matrix = commands.add_parser("matrix", help="put stored runs side by side")
    matrix.add_argument("files", metavar="REPORT", nargs="+", type=Path)
    matrix.add_argument("--to", choices=["markdown", "html"], default="markdown")
    matrix.add_argument("--output", metavar="FILE", type=Path, help="default: the terminal")
    matrix.set_defaults(command=_matrix)


def _report(options: argparse.Namespace) -> int:
    from scikeras_conformance.report.formats import parse_target, render_as
    from scikeras_conformance.report.reading import load_report

    if "=" in options.to:
        raise UsageError("report takes --to FORMAT, and the file as --output FILE.")
    form = parse_target(options.to).form
    _spare([options.file], options.output)
    report = load_report(options.file)
    put(render_as(form, report), options.output)
    return report.footer.exit_code


def _diff(options: argparse.Namespace) -> ExitCode:
    from scikeras_conformance.report.compare import compare, lines
    from scikeras_conformance.report.reading import load_report

    before, after = load_report(options.before), load_report(options.after)
    put("".join(f"{line}\n" for line in lines(before, after)), None)
    if not (before.is_complete and after.is_complete):
        return ExitCode.INCOMPLETE
    regression = compare(before, after).is_regression
    return ExitCode.NOT_CONFORMANT if regression else ExitCode.CONFORMANT


def _matrix(options: argparse.Namespace) -> ExitCode:
    from scikeras_conformance.report.matrix import as_html, as_markdown
    from scikeras_conformance.report.reading import load_report

    _spare(options.files, options.output)
    reports = [load_report(path) for path in options.files]
    put((as_html if options.to == "html" else as_markdown)(reports), options.output)
    return ExitCode.CONFORMANT


def _spare(reports: Sequence[Path], output: Path | None) -> None:
    if output is not None and output.resolve() in {path.resolve() for path in reports}:
        raise UsageError(f"The output {output} is a report that is read; give another file.")


def put(text: str, path: Path | None) -> None:
    """Write a text into a file, or to the terminal."""
    from scikeras_conformance.report.files import check_writable, write_text

    if path is None:
        # A terminal may not know every character that a subject's message holds.
        encoding = sys.stdout.encoding or "utf-8"
        print(text.encode(encoding, "backslashreplace").decode(encoding), end="")
        return
    check_writable(path)
    write_text(text, path)

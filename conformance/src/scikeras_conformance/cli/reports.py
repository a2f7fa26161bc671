"""``report``, ``diff`` and ``matrix``: what stored runs say, without running anything."""

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from scikeras_conformance.catalog.exit_codes import ExitCode
from scikeras_conformance.config.report_files import form_of
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
    _add_targets(report, "html, junit, markdown, sarif, github, shields, text or json", "text")
    report.set_defaults(command=_report)

    diff = commands.add_parser(
        "diff",
        help="compare two stored runs",
        description="Exits with 1 if anything is newly failing, fails in another way, is added and "
        "fails, or has been removed; with 3 if one of the runs says nothing about its subject, or "
        "they have no result in common. What only one of them was about is not compared.",
    )
    diff.add_argument("before", metavar="BEFORE", type=Path)
    diff.add_argument("after", metavar="AFTER", type=Path)
    diff.set_defaults(command=_diff)

    matrix = commands.add_parser("matrix", help="put stored runs side by side")
    matrix.add_argument("files", metavar="REPORT", nargs="+", type=Path)
    _add_targets(matrix, "text, markdown or html", "markdown")
    matrix.set_defaults(command=_matrix)


def _add_targets(parser: argparse.ArgumentParser, formats: str, default: str) -> None:
    parser.add_argument(
        "--to",
        action="append",
        default=[],
        metavar="FORMAT[=FILE]",
        help=f"{formats}, in FILE or in the terminal (may be repeated; default: that of the "
        f"extension of --output, or {default})",
    )
    parser.add_argument(
        "--output",
        metavar="FILE",
        type=Path,
        help="the file of the one format that --to names without a file (default: the terminal)",
    )


def _report(options: argparse.Namespace) -> int:
    from scikeras_conformance.report.formats import FORMATS
    from scikeras_conformance.report.reading import load_report

    targets = _targets(options, FORMATS, "text", [options.file])
    report = load_report(options.file)
    for form, path in targets:
        put(FORMATS[form](report), path)
    return report.footer.exit_code


def _diff(options: argparse.Namespace) -> ExitCode:
    from scikeras_conformance.report.compare import compare, lines
    from scikeras_conformance.report.reading import load_report

    before, after = load_report(options.before), load_report(options.after)
    put("".join(f"{line}\n" for line in lines(before, after)), None)
    found = compare(before, after)
    if not (before.is_complete and after.is_complete and found.compared):
        return ExitCode.INCOMPLETE
    return ExitCode.NOT_CONFORMANT if found.is_regression else ExitCode.CONFORMANT


def _matrix(options: argparse.Namespace) -> ExitCode:
    from scikeras_conformance.report.matrix import RENDERERS
    from scikeras_conformance.report.reading import load_report

    targets = _targets(options, RENDERERS, "markdown", options.files)
    reports = [load_report(path) for path in options.files]
    for form, path in targets:
        put(RENDERERS[form](reports), path)
    return ExitCode.CONFORMANT


def _targets(
    options: argparse.Namespace,
    formats: Mapping[str, Callable[[Any], str]],
    default: str,
    reports: Sequence[Path],
) -> list[tuple[str, Path | None]]:
    """Return each format with its file, None for the terminal, before any report is read."""
    from scikeras_conformance.report.formats import parse_target

    given = [parse_target(export, formats) for export in options.to]
    targets = [(target.form, target.path) for target in given]
    if options.output is not None:
        unnamed = [place for place, (_, path) in enumerate(targets) if path is None]
        if not targets:
            form = form_of(options.output)
            targets.append((form if form in formats else default, options.output))
        elif len(unnamed) == 1:
            place = unnamed[0]
            targets[place] = targets[place][0], options.output
        else:
            raise UsageError("--output is for one format; name the others as --to FORMAT=FILE.")
    targets = targets or [(default, None)]
    _spare(reports, [path for _, path in targets if path is not None])
    return targets


def _spare(reports: Sequence[Path], outputs: Sequence[Path]) -> None:
    from scikeras_conformance.report.files import is_same_file

    for place, output in enumerate(outputs):
        if any(is_same_file(output, report) for report in reports):
            raise UsageError(f"The output {output} is a report that is read; give another file.")
        if any(is_same_file(output, other) for other in outputs[:place]):
            raise UsageError(f"Two outputs go to {output}; give each a file of its own.")


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

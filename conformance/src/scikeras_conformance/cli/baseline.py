"""``baseline write`` and ``baseline update``: known failures out of the report of a run."""

import argparse
import difflib
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from scikeras_conformance.catalog.exit_codes import ExitCode
from scikeras_conformance.config.configuration_file import find_settings
from scikeras_conformance.exceptions import DamagedReportError, UsageError

if TYPE_CHECKING:
    from scikeras_conformance.baseline import Baseline, Renewal

__all__ = ["add_commands"]

DEFAULT_FILE = "conformance-baseline.toml"
DEFAULT_REASON = "Not looked into yet."


def add_commands(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command to the command line."""
    baseline = commands.add_parser("baseline", help="write or renew the file of known failures")
    ways = baseline.add_subparsers(required=True, metavar="WAY")
    write = ways.add_parser("write", help="make a baseline out of a report")
    write.set_defaults(command=_write)
    update = ways.add_parser(
        "update",
        help="show what a report would change in the baseline, and change it with --write",
    )
    update.add_argument("--write", action="store_true", help="change the file")
    update.set_defaults(command=_update)
    for parser in (write, update):
        parser.add_argument("report", metavar="REPORT", type=Path, help="what run --report wrote")
        parser.add_argument(
            "--baseline",
            metavar="FILE",
            type=Path,
            help=f"default: the one of the configuration, or {DEFAULT_FILE}",
        )
        parser.add_argument("--reason", default=DEFAULT_REASON, help="for entries that are new")
        parser.add_argument("--issue", default="", help="link for entries that are new")
        parser.add_argument(
            "--when",
            action="append",
            default=[],
            metavar="CONDITION",
            help="let new entries hold only under this condition of the run: backend, keras (its "
            "minor version), 'scikit-learn<1.8', ... (may be repeated); entries without it stay as "
            "they are",
        )


def _write(options: argparse.Namespace) -> ExitCode:
    path = _path(options)
    if path.exists():
        raise UsageError(
            f"The baseline {path} is there already; renew it with 'baseline update', or give "
            "another name with --baseline."
        )
    from scikeras_conformance.baseline.writing import dump

    after = _renewed(options, None).after
    _put(dump(after), path)
    print(_summary(after, path))
    return ExitCode.CONFORMANT


def _update(options: argparse.Namespace) -> ExitCode:
    path = _path(options)
    from scikeras_conformance.baseline.writing import renewed_text

    renewal = _renewed(options, path)
    summary = _summary(renewal.after, path)
    old = path.read_bytes().decode("utf-8")
    text = renewed_text(old, renewal)
    changes = list(
        difflib.unified_diff(
            old.splitlines(keepends=True), text.splitlines(keepends=True), str(path), "renewed"
        )
    )
    sys.stdout.writelines(changes)
    if not changes:
        print(f"{path} is up to date: {summary}")
    elif options.write:
        _put(text, path)
        print(summary)
    else:
        print(f"{path} is as it was; give --write to change it")
    return ExitCode.CONFORMANT


def _summary(after: "Baseline", path: Path) -> str:
    count = len(after.entries)
    entries = f"{count} {'entry' if count == 1 else 'entries'}"
    return f"{after.size} known failures in {entries} of {path}"


def _path(options: argparse.Namespace) -> Path:
    if options.baseline is not None:
        return Path(options.baseline)
    return Path(find_settings(Path.cwd()).options.get("baseline", DEFAULT_FILE))


def _renewed(options: argparse.Namespace, path: Path | None) -> "Renewal":
    import msgspec

    from scikeras_conformance.baseline import Baseline, load, renew
    from scikeras_conformance.catalog.plan import make_plan
    from scikeras_conformance.catalog.selection import Selection
    from scikeras_conformance.checks import CATALOG
    from scikeras_conformance.report.reading import load_report

    if not options.reason.strip():
        raise UsageError("--reason is empty; every known failure has a reason.")
    report = load_report(options.report)
    if not report.is_complete:
        raise DamagedReportError(
            f"The report {options.report} is of a run without a verdict ({report.footer.verdict}); "
            "what the suite could not judge cannot be accepted."
        )
    spec = report.header.subject.spec
    before = Baseline(spec) if path is None else load(path, unpinned=True)
    if before.subject != spec:
        raise UsageError(
            f"The baseline {path} is about {before.subject!r}, and the report about {spec!r}."
        )
    return renew(
        before,
        report.results,
        msgspec.to_builtins(report.header.environment) or {},
        known=make_plan(CATALOG, Selection()).everything,
        reason=options.reason,
        issue=options.issue,
        when=options.when,
        causes=[cause.results for cause in report.causes],
    )


def _put(text: str, path: Path) -> None:
    from scikeras_conformance.report.files import check_writable, write_text

    check_writable(path)
    write_text(text, path)

"""The command line: ``list``, ``explain``, ``run``."""

import argparse
import os
import sys
import tempfile
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from scikeras_conformance import __version__
from scikeras_conformance.contract import load_contract
from scikeras_conformance.devices import Device
from scikeras_conformance.exceptions import ConformanceError, UsageError
from scikeras_conformance.plan import Selection, make_plan, nearest, unchecked_clauses
from scikeras_conformance.results import ExitCode
from scikeras_conformance.subject import check_spec
from scikeras_conformance.time_limit import DEFAULT_LIMIT

if TYPE_CHECKING:
    import pytest

__all__ = ["main"]

FEW = 40
MOST_WORKERS = 4

EPILOG = """\
exit codes:
  0  conformant: every MUST check passed (with --strict, every SHOULD check too)
  1  not conformant
  2  the command makes no sense
  3  incomplete: a planned check has no result, was skipped, or cannot be made here (no GPU, no
     type checker), the device that was asked for is not there, or the suite itself failed
  4  there is no subject: it cannot be imported, or lacks one of the three wrappers
  5  nothing was selected
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
        One of `scikeras_conformance.results.ExitCode`.
    """
    options = _parser().parse_args(argv)
    try:
        return int(options.command(options))
    except ConformanceError as error:
        print(f"scikeras-conformance: {error}", file=sys.stderr)
        return int(ExitCode.USAGE)
    except BrokenPipeError:
        # The reader of a listing went away; that is no error of either side.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return int(ExitCode.CONFORMANT)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="scikeras-conformance",
        description="Checks a scikit-learn wrapper of Keras models against the wrapper contract.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    listing = commands.add_parser("list", help="list clauses and checks")
    listing.add_argument("chapters", nargs="*", metavar="CHAPTER", help="only these chapters")
    listing.set_defaults(command=_list)

    explain = commands.add_parser("explain", help="explain a clause or a check")
    explain.add_argument("name", metavar="ID", help="a clause (INIT-1) or a check of one")
    explain.set_defaults(command=_explain)

    script = commands.add_parser(
        "script", help="print a check as a script that runs without the suite"
    )
    script.add_argument("subject", metavar="SUBJECT", help="as for run")
    script.add_argument("name", metavar="ID", help="a result, as in a report: CLS-3.x:classifier")
    script.add_argument(
        "--example", default="", metavar="SOURCE", help="for a property: the value to try"
    )
    script.set_defaults(command=_script)

    run = commands.add_parser(
        "run",
        help="judge an implementation",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    run.add_argument(
        "subject",
        metavar="SUBJECT",
        help="module with BaseWrapper, KerasClassifier and KerasRegressor; module:adapter; or "
        "base=module:Name,classifier=module:Name,regressor=module:Name",
    )
    run.add_argument(
        "--profile",
        action="append",
        default=[],
        help="checks of this profile: documented (default), api, sklearn, hygiene, typing, device "
        "or all (may be repeated)",
    )
    run.add_argument("--chapter", action="append", default=[], help="only this chapter")
    run.add_argument(
        "--check", action="append", default=[], help="only this clause or check (or a pattern)"
    )
    run.add_argument("--wrapper", action="append", default=[], help="only this wrapper")
    run.add_argument(
        "--device",
        choices=[str(device) for device in Device],
        help="where the models are to be: gpu ends the run before any check where Keras has no "
        "GPU, cpu hides the GPUs (default: whatever Keras takes)",
    )
    run.add_argument("--strict", action="store_true", help="SHOULD counts like MUST")
    run.add_argument(
        "--time-limit",
        metavar="SECONDS",
        type=float,
        default=DEFAULT_LIMIT,
        help="stop a check, or the import of the subject, after so many seconds (default: "
        "%(default)g; 0: never)",
    )
    run.add_argument("--report", metavar="FILE", help="write a JSON report to FILE")
    run.add_argument(
        "--scripts",
        metavar="FOLDER",
        help="for each failure, write a script that reproduces it without the suite",
    )
    run.add_argument(
        "--workers",
        default="auto",
        metavar="N",
        help="processes to share the checks, at least 1 (default: one for each core, at most 4, "
        "and 1 for a few checks)",
    )
    run.set_defaults(command=_run)
    return parser


def _list(options: argparse.Namespace) -> ExitCode:
    from scikeras_conformance.checks import CATALOGUE

    contract = load_contract()
    plan = make_plan(CATALOGUE, Selection(chapters=tuple(options.chapters)))
    unchecked = unchecked_clauses(CATALOGUE)
    for chapter in contract.chapters:
        if options.chapters and chapter.id not in options.chapters:
            continue
        print(f"{chapter.id}  {chapter.title}")
        for clause in contract.of_chapter(chapter.id):
            gap = "  [no check yet]" if clause.id in unchecked else ""
            gap = "  [not observable in a subject]" if clause.excluded else gap
            print(f"  {clause.id:<9} {clause.level:<7} {clause.statement}{gap}")
            for check in CATALOGUE:
                if clause.id == check.clauses[0]:
                    count = sum(item.check is check for item in plan)
                    print(f"              {check.id} ({count}): {check.shows}")
    print(f"{len(contract.clauses)} clauses, {len(CATALOGUE)} checks, {len(plan)} planned.")
    return ExitCode.CONFORMANT


def _explain(options: argparse.Namespace) -> ExitCode:
    from scikeras_conformance.checks import CATALOGUE

    plan = make_plan(CATALOGUE, Selection())
    clause_id, dot, slug = options.name.partition(".")
    clause_id = clause_id.upper()
    name = f"{clause_id}{dot}{slug}"
    clause = load_contract().clauses.get(clause_id)
    checks = [check for check in CATALOGUE if name == check.id or name in check.clauses]
    if clause is None or (dot and not checks):
        known = [*load_contract().clauses, *(check.id for check in CATALOGUE)]
        raise UsageError(f"There is no clause or check {options.name!r}.{nearest(name, known)}")
    print(f"{clause.id}  {clause.level}, profile {clause.profile}, since contract {clause.since}")
    print(f"  {clause.statement}")
    print(f"  Source: {clause.section}")
    for check in checks:
        mine = [item for item in plan if item.check is check]
        print(f"\n{check.id}  {check.level}, clauses {', '.join(check.clauses)}")
        print(f"  shows: {check.shows}")
        print(f"  costs: {check.costs}")
        print(f"  runs:  {', '.join(item.id.removeprefix(check.id + ':') for item in mine)}")
    if clause.excluded:
        print(f"\n  No check: {clause.excluded}")
    elif not checks:
        print("\n  No check yet.")
    return ExitCode.CONFORMANT


def _script(options: argparse.Namespace) -> ExitCode:
    from scikeras_conformance.checks import CATALOGUE
    from scikeras_conformance.execution import SEED
    from scikeras_conformance.reporting.script import script_for

    check_spec(options.subject)
    plan = {item.id: item for item in make_plan(CATALOGUE, Selection())}
    if options.name not in plan:
        raise UsageError(f"There is no result {options.name!r}.{nearest(options.name, list(plan))}")
    print(script_for(plan[options.name], options.subject, seed=SEED, example=options.example))
    return ExitCode.CONFORMANT


def _run(options: argparse.Namespace) -> int:
    from scikeras_conformance.checks import CATALOGUE

    selection = Selection.asked_for(
        chapters=options.chapter,
        checks=options.check,
        wrappers=options.wrapper,
        profiles=options.profile,
    )
    check_spec(options.subject)
    plan = make_plan(CATALOGUE, selection)
    if not plan:
        print("scikeras-conformance: the selected parts have no check in common", file=sys.stderr)
        return ExitCode.NOTHING_RUN
    if options.report is not None:
        from scikeras_conformance.reporting.json_report import check_writable

        check_writable(Path(options.report))
    return _run_pytest(_pytest_arguments(options, len(plan)))


def _pytest_arguments(options: argparse.Namespace, planned: int) -> list[str]:
    suite = find_spec("scikeras_conformance.suite")
    assert suite is not None
    assert suite.origin is not None
    folder = Path(suite.origin).parent
    arguments = [
        *("-p", "scikeras_conformance.plugin", "-p", "xdist.plugin", "-p", "no:cacheprovider"),
        *("-c", str(folder / "pytest.ini"), "--rootdir", str(folder), "--noconftest"),
        *("-q", "--no-header", "--tb=no", "-rN"),
        *("-n", str(_workers(options.workers, planned))),
        # Each check whose process dies costs a worker.
        *("--max-worker-restart", str(2 * planned)),
        *("--subject", options.subject, "--conformance-time-limit", str(options.time_limit)),
    ]
    for name in ("profile", "chapter", "check", "wrapper"):
        for value in getattr(options, name):
            arguments += [f"--conformance-{name}", value]
    if options.device is not None:
        arguments += ["--conformance-device", options.device]
    if options.strict:
        arguments.append("--conformance-strict")
    if options.report is not None:
        arguments += ["--conformance-report", str(Path(options.report).absolute())]
    if options.scripts is not None:
        arguments += ["--conformance-scripts", str(Path(options.scripts).absolute())]
    return [*arguments, str(folder / "test_contract.py")]


def _workers(wanted: str, planned: int) -> int:
    # Never this process: a subject that ends the one that it runs in would end it without a word.
    if wanted == "auto":
        # Every worker imports a backend; a few checks are done sooner by one.
        return 1 if planned < FEW else min(_cores(), MOST_WORKERS)
    if not wanted.isdecimal() or int(wanted) < 1:
        raise UsageError(f"--workers takes a whole number from 1, or 'auto', not {wanted!r}.")
    return int(wanted)


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _run_pytest(arguments: list[str]) -> int:
    # Neither plugins nor options of the environment may change a verdict.
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    for name in ("PYTEST_ADDOPTS", "PYTEST_PLUGINS"):
        os.environ.pop(name, None)
    # Some checks of scikit-learn need it, and SciPy reads it once, when it is imported.
    os.environ.setdefault("SCIPY_ARRAY_API", "1")
    # Subjects are often developed in the directory that the suite is started from.
    if "" not in sys.path and str(Path.cwd()) not in sys.path:
        sys.path.insert(0, str(Path.cwd()))
    import pytest

    witness = _Witness()
    # Hypothesis keeps notes between runs; they do not belong into the user's directory.
    with tempfile.TemporaryDirectory(prefix="scikeras-conformance-") as notes:
        os.environ.setdefault("HYPOTHESIS_STORAGE_DIRECTORY", notes)
        pytest.main(arguments, plugins=[witness])
    return witness.exit_code


class _Witness:
    """Takes the exit code from the verdict: codes of pytest itself mean other things."""

    def __init__(self) -> None:
        self.exit_code = ExitCode.INCOMPLETE

    def pytest_unconfigure(self, config: "pytest.Config") -> None:
        from scikeras_conformance.session import Controller

        controller = config.pluginmanager.get_plugin(Controller.NAME)
        if controller is not None:
            self.exit_code = controller.exit_code

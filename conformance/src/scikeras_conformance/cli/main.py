"""The command line: ``run``, and the commands of `scikeras_conformance.cli`."""

import argparse
import os
import sys
import tempfile
import traceback
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scikeras_conformance import __version__
from scikeras_conformance.catalog.plan import Selection, make_plan
from scikeras_conformance.catalog.results import ExitCode
from scikeras_conformance.cli import baseline, listing, reports
from scikeras_conformance.config.file import (
    Settings,
    combine,
    find_settings,
    parse_builder,
    parse_seconds,
    read_settings,
)
from scikeras_conformance.config.options import RUN_OPTIONS, RunOption
from scikeras_conformance.exceptions import ConformanceError, DamagedReportError, UsageError
from scikeras_conformance.subject.estimator_factories import places_of
from scikeras_conformance.subject.loading import check_spec

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
  6  the baseline is not met (with one, 0 means that it is)
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
        One of `scikeras_conformance.catalog.results.ExitCode`.
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
        # The reader of a listing may go away; what it has not read of a run is no pass.
        return int(ExitCode.CONFORMANT if hasattr(options, "listing") else ExitCode.INCOMPLETE)
    except Exception:
        # Python itself would end with 1, which says something about the subject.
        traceback.print_exc()
        return int(ExitCode.INCOMPLETE)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="scikeras-conformance",
        description="Checks a scikit-learn wrapper of Keras models against the wrapper contract.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    for family in (listing, reports, baseline):
        family.add_commands(commands)

    run = commands.add_parser(
        "run",
        help="judge an implementation",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    run.add_argument(
        "subject",
        metavar="SUBJECT",
        nargs="?",
        help="module with BaseWrapper, KerasClassifier and KerasRegressor; module:adapter; or "
        "base=module:Name,classifier=module:Name,regressor=module:Name (default: what the "
        "configuration names)",
    )
    run.add_argument(
        "--config",
        metavar="FILE",
        help="read the configuration from FILE (default: scikeras-conformance.toml, or "
        "[tool.scikeras-conformance] of pyproject.toml, in this directory)",
    )
    run.add_argument("--no-config", action="store_true", help="read no configuration")
    parsers: dict[str, Callable[[str], Any]] = {
        "builder": parse_builder,
        "time-limit": parse_seconds,
    }
    for option in RUN_OPTIONS:
        arguments = option.arguments()
        if option.name in parsers:
            arguments["type"] = _worded(parsers[option.name])
        run.add_argument(f"--{option.name}", **arguments)
    run.add_argument(
        "--strict",
        action=argparse.BooleanOptionalAction,
        default=False,
        help="SHOULD counts like MUST",
    )
    run.add_argument(
        "--no-baseline",
        dest="baseline",
        action="store_const",
        const=None,
        help="take no notice of the baseline that the configuration names",
    )
    run.add_argument(
        "--workers",
        default="auto",
        metavar="N",
        help="processes to share the checks, at least 1 (default: one for each core, at most 4, "
        "and 1 for a few checks)",
    )
    run.set_defaults(command=partial(_run, _defaults(run)))
    return parser


def _worded(parse: Callable[[str], Any]) -> Callable[[str], Any]:
    """Let a parser of one option say what is wrong: of a ValueError argparse drops the words."""

    def parse_option(text: str) -> Any:
        try:
            return parse(text)
        except ValueError as error:
            raise argparse.ArgumentTypeError(str(error)) from error

    return parse_option


def _defaults(parser: argparse.ArgumentParser) -> dict[str, Any]:
    """Take the defaults out of a parser, so that it gives what was said and nothing else."""
    defaults = {}
    for action in parser._actions:  # noqa: SLF001 - argparse has no public way to list them
        if action.default is not argparse.SUPPRESS:
            defaults[action.dest] = action.default
            action.default = argparse.SUPPRESS
    return defaults


def _run(defaults: Mapping[str, Any], given: argparse.Namespace) -> int:
    from scikeras_conformance.checks import CATALOG

    settings = _settings(given)
    options = combine(defaults, settings, vars(given))
    if options.subject is None:
        raise UsageError(
            "There is no subject: name it, as in 'scikeras-conformance run your_package.wrappers', "
            "or write it into the configuration."
        )
    selection = Selection.asked_for(
        chapters=options.chapter,
        checks=options.check,
        wrappers=options.wrapper,
        profiles=options.profile,
    )
    check_spec(options.subject)
    places_of(options.builder)
    plan = make_plan(CATALOG, selection)
    if not plan:
        print("scikeras-conformance: the selected parts have no check in common", file=sys.stderr)
        return ExitCode.NOTHING_RUN
    from scikeras_conformance.report.outputs import Outputs

    Outputs(options.report, options.scripts, options.to, baseline=options.baseline)
    if options.baseline is not None:
        from scikeras_conformance.baseline import load_for

        known = (item.id for item in make_plan(CATALOG, Selection()))
        load_for(Path(options.baseline), options.subject, known)
    return _run_pytest(_pytest_arguments(options, settings, len(plan)))


def _settings(given: argparse.Namespace) -> Settings:
    file = getattr(given, "config", None)
    if getattr(given, "no_config", False):
        if file is not None:
            raise UsageError("--config and --no-config exclude each other.")
        return Settings()
    return find_settings(Path.cwd()) if file is None else read_settings(Path(file))


def _pytest_arguments(options: argparse.Namespace, settings: Settings, planned: int) -> list[str]:
    suite = find_spec("scikeras_conformance.pytest_plugin.suite")
    assert suite is not None
    assert suite.origin is not None
    folder = Path(suite.origin).parent
    arguments = [
        *(
            "-p",
            "scikeras_conformance.pytest_plugin.plugin",
            "-p",
            "xdist.plugin",
            "-p",
            "no:cacheprovider",
        ),
        *("-c", str(folder / "pytest.ini"), "--rootdir", str(folder), "--noconftest"),
        *("-q", "--no-header", "--tb=no", "-rN", "-o", "console_output_style=classic"),
        *("--conformance-progress", "live" if sys.stdout.isatty() else "log"),
        # In blocks, so that the processes which checks start for themselves serve their neighbours.
        *("-n", str(_workers(options.workers, planned)), "--dist", "worksteal"),
        # Each check whose process dies costs a worker.
        *("--max-worker-restart", str(2 * planned)),
        *("--conformance-subject", options.subject),
    ]
    for option in RUN_OPTIONS:
        value = getattr(options, option.name.replace("-", "_"))
        given = value if option.repeated else [] if value is None else [value]
        for one in given:
            arguments += [f"--conformance-{option.name}", _absolute(option, str(one))]
    if options.strict:
        arguments.append("--conformance-strict")
    if settings.file is not None:
        arguments += ["--conformance-config-file", str(settings.file)]
    return [*arguments, str(folder / "test_contract.py")]


def _absolute(option: RunOption, value: str) -> str:
    """Give a value as the run understands it, whose folder is another."""
    form, equals, file = value.partition("=") if option.name == "to" else ("", "", value)
    names_place = option.metavar in {"FILE", "FOLDER"} or bool(equals)
    return f"{form}{equals}{Path(file).absolute()}" if names_place else value


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
        ended = pytest.main(arguments, plugins=[witness])
    # Whatever broke after the verdict was known, the run did not come to its end.
    return ExitCode.INCOMPLETE if ended == pytest.ExitCode.INTERNAL_ERROR else witness.exit_code


class _Witness:
    """Takes the exit code from the verdict: codes of pytest itself mean other things."""

    def __init__(self) -> None:
        self.exit_code = ExitCode.INCOMPLETE

    def pytest_unconfigure(self, config: "pytest.Config") -> None:
        from scikeras_conformance.pytest_plugin.session import Controller

        controller = config.pluginmanager.get_plugin(Controller.NAME)
        if controller is not None:
            self.exit_code = controller.exit_code

"""``run``: judges an implementation, by a pytest of its own."""

import argparse
import os
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal

from scikeras_conformance.catalog.exit_codes import ExitCode
from scikeras_conformance.catalog.plan import make_plan
from scikeras_conformance.catalog.printable import printable
from scikeras_conformance.cli.early import refuse_early
from scikeras_conformance.cli.usage_errors import SwitchOnce
from scikeras_conformance.config.combining import combine
from scikeras_conformance.config.configuration_file import Settings, find_settings, read_settings
from scikeras_conformance.config.option_table import OPTIONS
from scikeras_conformance.config.run_options import RunOptions
from scikeras_conformance.config.values import Workers, read_value
from scikeras_conformance.exceptions import UsageError
from scikeras_conformance.pytest_plugin.invocation import Invocation

__all__ = ["add_command"]

MIN_CHECKS_TO_SHARE = 40
MAX_WORKERS = 4


def add_command(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]", epilog: str
) -> None:
    """Add the command to the command line."""
    run = commands.add_parser(
        "run",
        help="judge an implementation",
        epilog=epilog,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        # The result has only what was given: for the rest, the configuration decides.
        argument_default=argparse.SUPPRESS,
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
    for option in OPTIONS:
        run.add_argument(f"--{option.flag}", dest=option.field, **option.arguments())
    run.add_argument("--strict", action=SwitchOnce, help="SHOULD counts like MUST")
    run.add_argument(
        "--no-baseline",
        dest="baseline",
        action="store_const",
        const=None,
        help="ignore the baseline that the configuration names",
    )
    run.add_argument(
        "--workers",
        metavar="N",
        help="processes to share the checks, at least 1 (default: one for each core, at most 4, "
        "and 1 for a few checks)",
    )
    run.set_defaults(command=_run)


def _run(given: argparse.Namespace) -> int:
    from scikeras_conformance.checks import CATALOG

    options = _options(vars(given))
    plan = make_plan(CATALOG, options.selection)
    if not plan:
        print(
            "scikeras-conformance: The selected parts have no check in common; leave one of them "
            "out.",
            file=sys.stderr,
        )
        return ExitCode.NOTHING_RUN
    from scikeras_conformance.report.outputs import Outputs

    Outputs(
        options.report,
        options.scripts,
        options.exports,
        baseline=options.baseline,
        config_file=options.config_file,
    )
    if options.baseline is not None:
        from scikeras_conformance.baseline import load_for

        load_for(options.baseline, options.subject, plan.everything)
    # Subjects are often developed in the directory that the suite is started from.
    if "" not in sys.path and str(Path.cwd()) not in sys.path:
        sys.path.insert(0, str(Path.cwd()))
    refused = refuse_early(options, plan)
    if refused is not None:
        return refused
    mode = "live" if sys.stdout.isatty() else "log"
    return _run_pytest(Invocation(options, plan, mode))


def _options(given: dict[str, Any]) -> RunOptions:
    known = {*RunOptions.__struct_fields__} - {"config_file"}
    values = {name: value for name, value in given.items() if name in known}
    if "workers" in values:
        try:
            values["workers"] = read_value(values["workers"], Workers, is_text=True)
        except ValueError as error:
            raise UsageError(f"--workers {error}") from error
    return combine(_settings(given.get("config"), given.get("no_config", False)), values)


def _settings(file: str | None, no_config: bool) -> Settings:
    if no_config and file is not None:
        raise UsageError("--config and --no-config exclude each other.")
    if no_config:
        return Settings()
    return find_settings(Path.cwd()) if file is None else read_settings(Path(file))


def _pytest_arguments(invocation: Invocation) -> list[str]:
    planned = len(invocation.plan)
    suite = find_spec("scikeras_conformance.pytest_plugin.suite")
    assert suite is not None
    assert suite.origin is not None
    folder = Path(suite.origin).parent
    return [
        *("-p", "scikeras_conformance.pytest_plugin.plugin"),
        *("-p", "xdist.plugin", "-p", "no:cacheprovider"),
        *("-c", str(folder / "pytest.ini"), "--rootdir", str(folder), "--noconftest"),
        *("-q", "--no-header", "--tb=no", "-rN", "-o", "console_output_style=classic"),
        # In blocks, so that the processes which checks start for themselves serve several checks.
        *("-n", str(_workers(invocation.options.workers, planned)), "--dist", "worksteal"),
        # Each check whose process dies uses up a worker.
        *("--max-worker-restart", str(2 * planned)),
        str(folder / "test_contract.py"),
    ]


def _workers(wanted: int | Literal["auto"], planned: int) -> int:
    # Never this process: a subject that ends the one that it runs in would silently end it.
    if wanted == "auto":
        # Every worker imports a backend; a few checks are done sooner by one.
        return 1 if planned < MIN_CHECKS_TO_SHARE else min(_cores(), MAX_WORKERS)
    return wanted


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _run_pytest(invocation: Invocation) -> int:
    # Neither plugins nor options of the environment may change a verdict.
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    for name in ("PYTEST_ADDOPTS", "PYTEST_PLUGINS"):
        os.environ.pop(name, None)
    # Some checks of scikit-learn need it, and SciPy reads it once, when it is imported.
    os.environ.setdefault("SCIPY_ARRAY_API", "1")
    import pytest

    # Hypothesis keeps notes between runs; they do not belong in the user's directory.
    with tempfile.TemporaryDirectory(prefix="scikeras-conformance-") as notes:
        os.environ.setdefault("HYPOTHESIS_STORAGE_DIRECTORY", notes)
        ended = pytest.main(_pytest_arguments(invocation), plugins=[invocation])
    # Whatever broke after the verdict was known, the run did not come to its end.
    # (An incomplete run has the exit code that pytest has for an internal error.)
    broke = ended == pytest.ExitCode.INTERNAL_ERROR
    if not invocation.ending or (broke and invocation.exit_code is not ExitCode.INCOMPLETE):
        print(f"incomplete: pytest itself failed (exit code {int(ExitCode.INCOMPLETE)})")
        return ExitCode.INCOMPLETE
    print(printable(invocation.ending))
    return invocation.exit_code

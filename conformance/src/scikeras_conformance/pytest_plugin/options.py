"""The options of a run under pytest: the one place that reads pytest's options."""

from typing import TYPE_CHECKING, Any

from scikeras_conformance.config.option_table import OPTIONS
from scikeras_conformance.config.run_options import RunOptions
from scikeras_conformance.pytest_plugin.invocation import invocation_of

if TYPE_CHECKING:
    import pytest

__all__ = [
    "add_options",
    "collects_only",
    "expand_short_name",
    "options_of",
    "progress_of",
    "send_options",
]

FULL_NAME = "--conformance-subject"
SHORT_NAME = "--subject"
WORKER_KEY = "conformance_options"


def add_options(group: "pytest.OptionGroup") -> None:
    """Add the options of the suite to a group of pytest's."""
    group.addoption(
        FULL_NAME,
        metavar="SUBJECT",
        help="implementation to judge: module, module:adapter, or "
        "base=module:Name,classifier=module:Name,regressor=module:Name",
    )
    for option in OPTIONS:
        group.addoption(f"--conformance-{option.flag}", **option.arguments())
    group.addoption(
        "--conformance-strict",
        action="store_true",
        help="let failures of SHOULD checks count as failures",
    )
    group.addoption(
        "--conformance-progress",
        metavar="MODE",
        choices=["live", "log", "none"],
        help="show a line of progress instead of a letter for each check",
    )


def expand_short_name(parser: "pytest.Parser", args: list[str]) -> None:
    """Read ``--subject`` as short for ``--conformance-subject``, unless it is taken.

    It is not an option of the plugin's own: that would stop the tests of every project that has one
    of that name.
    """
    if SHORT_NAME not in parser.parse_known_and_unknown_args([SHORT_NAME, "value"])[1]:
        return
    end = args.index("--") if "--" in args else len(args)
    args[:end] = [
        FULL_NAME + argument.removeprefix(SHORT_NAME)
        if argument == SHORT_NAME or argument.startswith(f"{SHORT_NAME}=")
        else argument
        for argument in args[:end]
    ]


def options_of(config: "pytest.Config") -> RunOptions | None:
    """Return the options of the run; None in a pytest run that is not about conformance.

    They come from the command line as an object, from the controller of a worker as plain data, and
    from pytest's own options otherwise.

    Raises
    ------
    ConformanceError
        If an option is not valid.
    """
    invocation = invocation_of(config)
    if invocation is not None:
        return invocation.options
    worker_input: dict[str, Any] | None = getattr(config, "workerinput", None)
    if worker_input is not None:
        plain = worker_input.get(WORKER_KEY)
        return None if plain is None else RunOptions.from_plain(plain)
    subject = config.getoption("conformance_subject")
    if subject is None:
        return None
    given = {option.field: config.getoption(option.dest) for option in OPTIONS}
    return RunOptions.of(
        {
            **{name: value for name, value in given.items() if value is not None},
            "subject": subject,
            "strict": config.getoption("conformance_strict"),
        }
    )


def send_options(options: RunOptions, worker_input: dict[str, Any]) -> None:
    """Put the options where a worker finds them."""
    worker_input[WORKER_KEY] = options.to_plain()


def progress_of(config: "pytest.Config") -> str | None:
    """Return how progress is shown; None for pytest's own letters."""
    invocation = invocation_of(config)
    if invocation is not None:
        return invocation.progress
    mode: str | None = config.getoption("conformance_progress")
    return mode


def collects_only(config: "pytest.Config") -> bool:
    """Return whether pytest collects tests without running them."""
    return bool(config.getoption("collectonly"))

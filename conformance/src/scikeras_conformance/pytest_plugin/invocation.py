"""A pytest that the command line starts: what it is given, and how it ended."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from scikeras_conformance.catalog.exit_codes import ExitCode

if TYPE_CHECKING:
    import pytest

    from scikeras_conformance.catalog.plan import Plan
    from scikeras_conformance.config.run_options import RunOptions

__all__ = ["Invocation", "invocation_of"]


@dataclass(eq=False, slots=True)
class Invocation:
    """A plugin object by which the command line and the suite's plugin know each other.

    Parameters
    ----------
    options : RunOptions
        The options of the run.
    plan : Plan
        What the run will do.
    progress : str
        How progress is shown, see `scikeras_conformance.pytest_plugin.progress`.

    Attributes
    ----------
    exit_code : ExitCode
        How the run ended; incomplete until the session knows better. The exit codes of pytest
        itself mean other things.
    ending : str
        The last line about the run; empty if the session did not come to one.
    """

    options: "RunOptions"
    plan: "Plan"
    progress: str
    exit_code: ExitCode = field(default=ExitCode.INCOMPLETE, init=False)
    ending: str = field(default="", init=False)


def invocation_of(config: "pytest.Config") -> Invocation | None:
    """Return the invocation that a pytest was started with, if the command line started it."""
    for plugin in config.pluginmanager.get_plugins():
        if isinstance(plugin, Invocation):
            return plugin
    return None

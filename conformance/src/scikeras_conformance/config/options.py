"""The options of a run that the command line and pytest both have, in one place."""

from dataclasses import dataclass
from typing import Any

from scikeras_conformance.runner.device import Device
from scikeras_conformance.runner.time_limit import DEFAULT_LIMIT

__all__ = ["RUN_OPTIONS", "RunOption"]


@dataclass(frozen=True, slots=True)
class RunOption:
    """An option, as both parsers take it.

    Parameters
    ----------
    name : str
        The name on the command line, without dashes; pytest's has ``conformance-`` before it.
    help : str
        What ``--help`` says.
    metavar : str
        What ``--help`` calls the value.
    repeated : bool
        Whether it may be given more than once.
    choices : tuple of str
        The values that there are, if they can be listed.
    default : object
        The value of one that is not given and not repeated.
    """

    name: str
    help: str
    metavar: str
    repeated: bool = False
    choices: tuple[str, ...] = ()
    default: Any = None

    def arguments(self) -> dict[str, Any]:
        """Give the arguments of ``add_argument``, and of its like in pytest."""
        arguments: dict[str, Any] = {"help": self.help, "metavar": self.metavar}
        if self.repeated:
            return {**arguments, "action": "append", "default": []}
        if self.choices:
            arguments["choices"] = self.choices
        return {**arguments, "default": self.default}


RUN_OPTIONS = (
    RunOption(
        "profile",
        "checks of this profile: documented (default), api, sklearn, hygiene, typing, device or "
        "all (may be repeated)",
        "PROFILE",
        repeated=True,
    ),
    RunOption("chapter", "only this chapter (may be repeated)", "CHAPTER", repeated=True),
    RunOption(
        "check",
        "only this clause or check; shell patterns are understood (may be repeated)",
        "NAME",
        repeated=True,
    ),
    RunOption(
        "wrapper",
        "only this wrapper: base, classifier or regressor (may be repeated)",
        "WRAPPER",
        repeated=True,
    ),
    RunOption(
        "device",
        "cpu or gpu, where the models are to be: gpu ends the run before any check where Keras has "
        "no GPU, cpu hides the GPUs (default: whatever Keras takes)",
        "DEVICE",
        choices=tuple(map(str, Device)),
    ),
    RunOption(
        "builder",
        "for scikit-learn's checks: module:adapter, or WRAPPER=module:function (may be repeated)",
        "PLACE",
        repeated=True,
    ),
    RunOption(
        "time-limit",
        "stop a check, or the import of the subject, after so many seconds (default: "
        f"{DEFAULT_LIMIT:g}; 0: never)",
        "SECONDS",
        default=DEFAULT_LIMIT,
    ),
    RunOption(
        "baseline", "the failures that are known: fail where the run disagrees with them", "FILE"
    ),
    RunOption("report", "write a JSON report of the run to FILE", "FILE"),
    RunOption(
        "to",
        "show the run as html, junit, markdown, sarif, github or shields, in FILE or in the "
        "terminal (may be repeated)",
        "FORMAT[=FILE]",
        repeated=True,
    ),
    RunOption(
        "scripts",
        "for each failure, write a script that reproduces it without the suite",
        "FOLDER",
    ),
)
"""All but those that differ: the subject, ``--strict``, and those about the configuration."""

"""The options that the command line and pytest share, as both parsers take them."""

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from scikeras_conformance.config.values import Examples, Seconds, read_value
from scikeras_conformance.runner.device import Device
from scikeras_conformance.runner.time_limit import DEFAULT_LIMIT
from scikeras_conformance.subject.builder_protocol import READY_MADE
from scikeras_conformance.subject.estimator_factories import parse_factory

__all__ = ["OPTIONS", "Option"]


@dataclass(frozen=True, slots=True)
class Option:
    """An option of a run.

    Parameters
    ----------
    flag : str
        The name on the command line, without dashes; pytest's has ``conformance-`` before it.
    field : str
        The field of `RunOptions` that it is for.
    help : str
        What ``--help`` says.
    metavar : str
        What ``--help`` calls the value.
    repeated : bool
        Whether it may be given more than once.
    choices : tuple of str
        The values that there are, if they can be listed.
    parse : callable, optional
        Returns the value of a text, or raises a ValueError.
    """

    flag: str
    field: str
    help: str
    metavar: str
    repeated: bool = False
    choices: tuple[str, ...] = ()
    parse: Callable[[str], Any] | None = None

    @property
    def dest(self) -> str:
        """The name under which pytest keeps the value."""
        return f"conformance_{self.flag.replace('-', '_')}"

    def arguments(self) -> dict[str, Any]:
        """Return the arguments of ``add_argument``, and of its like in pytest."""
        arguments: dict[str, Any] = {"help": self.help, "metavar": self.metavar}
        if self.repeated:
            arguments["action"] = "append"
        if self.choices:
            arguments["choices"] = self.choices
        if self.parse is not None:
            arguments["type"] = _with_message(self.parse)
        return arguments


def _with_message(parse: Callable[[str], Any]) -> Callable[[str], Any]:
    """Return a parser whose errors keep their message: argparse drops that of a ValueError."""

    def parse_option(text: str) -> Any:
        try:
            return parse(text)
        except ValueError as error:
            raise argparse.ArgumentTypeError(str(error)) from error

    return parse_option


def _parse_seconds(text: str) -> float:
    seconds: float = read_value(text, Seconds, is_text=True)
    return seconds


def _parse_examples(text: str) -> int:
    examples: int = read_value(text, Examples, is_text=True)
    return examples


OPTIONS = (
    Option(
        "profile",
        "profiles",
        "checks of this profile: documented (default), api, sklearn, hygiene, typing, device, "
        "cpu (all that need no GPU) or all (may be repeated)",
        "PROFILE",
        repeated=True,
    ),
    Option("chapter", "chapters", "only this chapter (may be repeated)", "CHAPTER", repeated=True),
    Option(
        "check",
        "checks",
        "only this clause or check; shell patterns are understood (may be repeated)",
        "NAME",
        repeated=True,
    ),
    Option(
        "wrapper",
        "wrappers",
        "only this wrapper: base, classifier or regressor (may be repeated)",
        "WRAPPER",
        repeated=True,
    ),
    Option(
        "device",
        "device",
        "cpu or gpu, where the models are to be: gpu ends the run before any check where Keras has "
        "no GPU, cpu hides the GPUs (default: whatever Keras takes)",
        "DEVICE",
        choices=tuple(map(str, Device)),
    ),
    Option(
        "estimators",
        "estimators",
        "estimators to run scikit-learn's checks on, if not the suite's own: module:adapter, or "
        "WRAPPER=module:function (may be repeated)",
        "PLACE",
        repeated=True,
        parse=parse_factory,
    ),
    Option(
        "builder-protocol",
        "builder_protocol",
        "how the subject calls builders: keywords (default), data-first for builder(X, y), shapes "
        "for builder(input_shape, output_shape), or none if it takes models only",
        "PROTOCOL",
        choices=tuple(map(str, READY_MADE)),
    ),
    Option(
        "not-offered",
        "not_offered",
        "a capability that the subject does not offer, for example regressor or partial-fit: its "
        "checks are counted apart (may be repeated)",
        "CAPABILITY",
        repeated=True,
    ),
    Option(
        "time-limit",
        "time_limit",
        "stop a check, or the import of the subject, after so many seconds (default: "
        f"{DEFAULT_LIMIT:g}; 0: never)",
        "SECONDS",
        parse=_parse_seconds,
    ),
    Option(
        "examples",
        "examples",
        "random examples for each check that tries many, such as sequences of calls; they are the "
        "same in every run",
        "N",
        parse=_parse_examples,
    ),
    Option(
        "baseline",
        "baseline",
        "the failures that are known: fail where the run disagrees with them",
        "FILE",
    ),
    Option(
        "report",
        "report",
        "write a report of the run to FILE: HTML, Markdown, JUnit XML, SARIF or plain text for "
        ".html, .md, .xml, .sarif or .txt, and JSON for any other (may be repeated)",
        "FILE",
        repeated=True,
    ),
    Option(
        "to",
        "exports",
        "show the run as html, junit, markdown, sarif, github, shields, text or json, in FILE or "
        "in the terminal (may be repeated)",
        "FORMAT[=FILE]",
        repeated=True,
    ),
    Option(
        "scripts",
        "scripts",
        "for each failure, write a script that reproduces it without the suite",
        "FOLDER",
    ),
)
"""All but those that differ: the subject, ``--strict``, and those about the configuration."""

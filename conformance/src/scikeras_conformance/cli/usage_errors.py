"""Mistakes in a command line are answered in one sentence: the parser that does so."""

import argparse
import re
from collections.abc import Iterator, Mapping
from typing import Any, NoReturn

from scikeras_conformance.exceptions import did_you_mean

__all__ = ["CommandParser", "SwitchOnce"]

GIVEN = "_given"
"""Where the namespace has the names of the options that were given."""

UNKNOWN_OPTION = re.compile(r"unrecognized arguments: (?:.*?\s)?(-{1,2}[\w-]+)")
UNKNOWN_CHOICE = re.compile(r"invalid choice: '([^']*)' \(choose from (.*)\)")


class CommandParser(argparse.ArgumentParser):
    """A parser that answers a mistake with one sentence, and the nearest name that is known.

    The usage, which argparse prints first, would push the sentence out of sight. An option that
    takes one value is refused when it is given twice: silently, the last would have won.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.register("action", None, _StoreOnce)
        self.register("action", "store", _StoreOnce)
        self.register("action", "store_const", _StoreConstantOnce)

    def error(self, message: str) -> NoReturn:
        """End the process with exit code 2."""
        sentence = f"{message.rstrip('.')}.{self._hint(message)}"
        self.exit(2, f"{self.prog}: {sentence} See '{self.prog} --help'.\n")

    def option_names(self) -> Iterator[str]:
        """Yield the options of this parser and of its commands."""
        for action in self._actions:
            yield from action.option_strings
            if isinstance(action.choices, Mapping):
                for parser in action.choices.values():
                    yield from parser.option_names()

    def refuse_second(self, namespace: argparse.Namespace, action: argparse.Action) -> None:
        """End the process if an option, or one that contradicts it, was given before."""
        given = vars(namespace).setdefault(GIVEN, set())
        if action.option_strings and action.dest in given:
            self.error(f"argument {'/'.join(action.option_strings)}: it was given already")
        given.add(action.dest)

    def _hint(self, message: str) -> str:
        unknown = UNKNOWN_OPTION.search(message)
        if unknown is not None:
            return did_you_mean(unknown[1], sorted(set(self.option_names())))
        choice = UNKNOWN_CHOICE.search(message)
        if choice is not None:
            return did_you_mean(choice[1], re.findall(r"[\w-]+", choice[2]))
        return ""


class _Once(argparse.Action):
    """An option that may be given once."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: Any,
        option_string: str | None = None,
    ) -> None:
        """Take the value, unless there is one already."""
        if isinstance(parser, CommandParser):
            parser.refuse_second(namespace, self)
        super().__call__(parser, namespace, values, option_string)


class _StoreOnce(_Once, argparse._StoreAction):  # noqa: SLF001 - argparse names none of its actions
    """An option with a value."""


class _StoreConstantOnce(_Once, argparse._StoreConstAction):  # noqa: SLF001
    """An option that stands for a value."""


class SwitchOnce(_Once, argparse.BooleanOptionalAction):
    """An option with an opposite."""

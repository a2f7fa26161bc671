"""The parser of the command line, whose errors are one sentence."""

import argparse
import re
from collections.abc import Iterator, Mapping
from typing import NoReturn

from scikeras_conformance.exceptions import did_you_mean

__all__ = ["CommandParser"]

UNKNOWN_OPTION = re.compile(r"unrecognized arguments: (?:.*?\s)?(-{1,2}[\w-]+)")
UNKNOWN_CHOICE = re.compile(r"invalid choice: '([^']*)' \(choose from (.*)\)")


class CommandParser(argparse.ArgumentParser):
    """A parser that answers a mistake with one sentence, and the nearest name that is known.

    The usage, which argparse prints first, would push the sentence out of sight.
    """

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

    def _hint(self, message: str) -> str:
        unknown = UNKNOWN_OPTION.search(message)
        if unknown is not None:
            return did_you_mean(unknown[1], sorted(set(self.option_names())))
        choice = UNKNOWN_CHOICE.search(message)
        if choice is not None:
            return did_you_mean(choice[1], re.findall(r"[\w-]+", choice[2]))
        return ""

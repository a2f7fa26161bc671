"""``init``: writes a configuration, and where needed an adapter, after looking at the subject."""

import argparse
import io
import os
import sys
import textwrap
from collections.abc import Iterator
from contextlib import redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING

from scikeras_conformance.catalog.exit_codes import ExitCode
from scikeras_conformance.config.configuration_file import FILE, find_settings
from scikeras_conformance.exceptions import UsageError

if TYPE_CHECKING:
    from scikeras_conformance.runner.survey import Survey

__all__ = ["add_command"]

ADAPTER = "conformance_adapter"

SKELETON = '''\
"""How scikeras-conformance makes and uses the wrappers of this project.

See "Adapters" in the documentation of the suite. Delete the methods that you do not need.
"""

{imports}


class Adapter:
{classes}

    # What these wrappers do not offer, of
    # {capabilities}.
    # Once they can be fitted, delete {configuration} and let
    # `scikeras-conformance init {adapter}:adapter` find out.
    not_offered = {not_offered}

    # If your constructor takes a Keras model, or a description that can hold one: construct then
    # gets a model in place of the builder, and wrap_builder is not needed.
    # builder_protocol = "none"

    @staticmethod
    def construct(cls, *args, **params):  # noqa: PLW0211 - the class to construct
        # The suite passes what the contract has: the builder as first argument or as `model`, and
        # parameters by keyword. Return an estimator of `cls`.
        return cls(*args, **params)

    @staticmethod
    def wrap_builder(builder):
        # Return what your constructor takes in place of a builder. builder(**keywords) returns a
        # Keras model; your wrapper may call it with other arguments, which you drop here.
        def adapted(*args, **keywords):
            return builder(**keywords)

        return adapted


adapter = Adapter()
'''


def add_command(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command to the command line."""
    init = commands.add_parser(
        "init",
        help="look at an implementation, and write a configuration for it",
        description=f"Writes {FILE} into this directory, and {ADAPTER}.py if no builder protocol "
        "of the suite suits the implementation. Nothing that is there is overwritten.",
    )
    init.add_argument(
        "subject", metavar="SUBJECT", help="as for run; the classes of a module may have any names"
    )
    init.set_defaults(command=_init)


def _init(options: argparse.Namespace) -> ExitCode:
    from scikeras_conformance.runner.survey import survey
    from scikeras_conformance.runner.time_limit import DEFAULT_LIMIT, TimeUp, time_limit

    directory = Path.cwd()
    settings = find_settings(directory)
    if settings.file is not None:
        raise UsageError(
            f"There is a configuration already, {settings.file}; change that, or start init in "
            "another directory."
        )
    if str(directory) not in sys.path:
        # Like run, which imports subjects from where it is started.
        sys.path.insert(0, str(directory))
    try:
        # What a subject prints while it trains is not part of what init found.
        with redirect_stdout(io.StringIO()), time_limit(DEFAULT_LIMIT):
            found = survey(options.subject)
    except TimeUp as stop:
        raise UsageError(f"Looking at the subject {options.subject!r} {stop}.") from stop
    texts = {FILE: _configuration(found)}
    if found.protocol is None:
        # First, so that a file that is there leaves no configuration without its adapter.
        texts = {f"{ADAPTER}.py": _adapter(found), **texts}
    written = [_write(directory / name, text) for name, text in texts.items()]
    for line in _lines(found, written):
        print(line)
    return ExitCode.CONFORMANT


def _write(path: Path, text: str) -> Path:
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error}.") from error
    return path


def _configuration(found: "Survey") -> str:
    import tomlkit

    def value(of: object) -> str:
        return tomlkit.item(of).as_string()

    spec = f"{ADAPTER}:adapter" if found.protocol is None else found.spec
    lines = [
        "# What scikeras-conformance runs in this directory; its documentation has all keys.",
        f"subject = {value(spec)}",
    ]
    if found.protocol in {"data-first", "shapes", "none"}:
        lines.append(f"builder-protocol = {value(str(found.protocol))}")
    if found.not_offered and found.protocol is not None:
        lines += [
            "# What was not found. Its checks are not run; take out what should be offered.",
            f"not-offered = {value([str(one) for one in found.not_offered])}",
        ]
    return "\n".join(lines) + "\n"


def _adapter(found: "Survey") -> str:
    from scikeras_conformance.catalog.wrappers import CLASS_NAMES
    from scikeras_conformance.contract import Capability

    parts = {wrapper: place.partition(":")[::2] for wrapper, place in found.classes.items()}
    modules = dict.fromkeys(module for module, _ in parts.values())
    wrappers = {str(wrapper) for wrapper in CLASS_NAMES}
    return SKELETON.format(
        adapter=ADAPTER,
        configuration=FILE,
        capabilities="\n    # ".join(
            textwrap.wrap(
                ", ".join(one for one in Capability if one not in wrappers),
                80,
                break_on_hyphens=False,
            )
        ),
        not_offered=[str(one) for one in found.not_offered],
        imports="\n".join(f"import {module}" for module in modules),
        classes="\n".join(
            f"    {CLASS_NAMES[wrapper]} = {module}.{name}"
            for wrapper, (module, name) in parts.items()
        ),
    )


def _lines(found: "Survey", written: list[Path]) -> Iterator[str]:
    from scikeras_conformance.subject.builder_protocol import READY_MADE

    for wrapper, place in found.classes.items():
        yield f"{wrapper}: {place}"
    if found.protocol is None:
        yield found.problem
        tried = ", ".join(one for one in READY_MADE)
        yield f"No builder protocol helps; tried: {tried}. Complete the adapter in {ADAPTER}.py."
    else:
        yield f"builder protocol: {found.protocol}"
    if found.not_offered:
        yield f"not offered: {', '.join(found.not_offered)}"
    yield f"written: {', '.join(os.path.relpath(path) for path in written)}"
    yield "next: scikeras-conformance run"

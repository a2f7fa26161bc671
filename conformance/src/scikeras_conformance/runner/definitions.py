"""Where methods and classes of the subject are defined."""

import inspect
import re
from functools import cache
from types import CodeType
from typing import Any

from scikeras_conformance.catalog.results import Origin
from scikeras_conformance.subject.loading import Subject
from scikeras_conformance.subject.sources import is_own, public_packages, shown_path, source_text

__all__ = ["class_definition", "definition_for", "function_definition"]

MAX_DECORATORS = 20
MAX_LINES = 20


def definition_for(message: str, cls: type, subject: Subject) -> Origin | None:
    """Return the definition of what a broken promise is about.

    Parameters
    ----------
    message : str
        The message of the result; the first method that it names is taken.
    cls : type
        The class that users import.
    subject : Subject
        The implementation under test.

    Returns
    -------
    Origin or None
        The definition of the method, or else of the class; None if it has no source.
    """
    packages = public_packages(subject)
    for word in re.findall(r"\b[a-z]\w*\b", message.partition("\n")[0]):
        found = function_definition(inspect.getattr_static(cls, word, None), packages)
        if found is not None:
            return found
    return class_definition(cls) if is_own(cls.__module__, packages) else None


def function_definition(function: Any, packages: tuple[str, ...]) -> Origin | None:
    """Return the definition of a function, or of the getter of a property, of the subject."""
    if isinstance(function, property):
        function = function.fget
    function = getattr(function, "__func__", function)  # of a static or class method
    code = getattr(function, "__code__", None)
    module = getattr(function, "__module__", None)
    if not isinstance(code, CodeType) or not is_own(module, packages):
        return None
    return _definition(code.co_filename, code.co_firstlineno, code.co_qualname, str(module))


@cache
def class_definition(cls: type) -> Origin | None:
    """Return the definition of a class; None if it has no source."""
    try:
        file = inspect.getsourcefile(cls)
        line = inspect.getsourcelines(cls)[1]
    except (OSError, TypeError):
        return None
    if file is None:
        return None
    return _definition(file, line, cls.__qualname__, cls.__module__)


def _definition(file: str, line: int, name: str, module: str) -> Origin:
    # Decorators stand above the line that says what is defined.
    for number in range(line, line + MAX_DECORATORS):
        text = source_text(file, number)
        if re.match(r"(?:async def|def|class)\b", text):
            text = source_text(file, number, _last_line(file, number))
            return Origin(shown_path(file, module), number, name, text)
    return Origin(shown_path(file, module), line, name, source_text(file, line))


def _last_line(file: str, first: int) -> int:
    """Return the last line of the head of a definition."""
    for number in range(first, first + MAX_LINES):
        if source_text(file, number).partition("  #")[0].endswith(":"):
            return number
    return first

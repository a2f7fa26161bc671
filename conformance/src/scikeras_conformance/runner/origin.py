"""Where in the subject's own source an exception comes from."""

import inspect
import re
import traceback
from collections.abc import Iterator
from types import CodeType
from typing import Any

from scikeras_conformance.catalog.results import Origin
from scikeras_conformance.subject.loading import Subject
from scikeras_conformance.subject.sources import is_own, own_packages, shown_path, source_text

__all__ = ["origin_of"]

# "Classifier.__init__() got an unexpected keyword argument 'loss'": the call never began.
CALL = re.compile(r"^([\w.]+)\(\) (?:got|takes|missing)\b")


def origin_of(error: BaseException, subject: Subject) -> Origin | None:
    """Return the innermost line of the subject that an exception came through.

    Where it came through none, because a method of the subject refused its arguments or the subject
    lacks an attribute, this is the definition of the method or of the class.

    Parameters
    ----------
    error : BaseException
        What was raised.
    subject : Subject
        The implementation under test.

    Returns
    -------
    Origin or None
        None if no line of the subject is known to be involved.
    """
    packages = own_packages(subject)
    frames = list(traceback.walk_tb(error.__traceback__))
    for number, (frame, _) in enumerate(reversed(frames)):
        module = frame.f_globals.get("__name__")
        if is_own(module, packages):
            stack = traceback.StackSummary.extract(
                frames[len(frames) - number - 1 : len(frames) - number], lookup_lines=False
            )
            line, last = stack[0].lineno or 0, stack[0].end_lineno
            file = frame.f_code.co_filename
            return Origin(
                file=shown_path(file, str(module)),
                line=line,
                function=frame.f_code.co_qualname,
                source=source_text(file, line, last),
                raised=number == 0,
            )
    return _refused_call(error, subject, packages) or _lacking_class(error, packages)


def _refused_call(
    error: BaseException, subject: Subject, packages: tuple[str, ...]
) -> Origin | None:
    """Return the definition of the method that refused its arguments."""
    found = CALL.match(_text(error)) if isinstance(error, TypeError) else None
    if found is None:
        return None
    for function in _methods(subject):
        code = getattr(function, "__code__", None)
        if (
            isinstance(code, CodeType)
            and code.co_qualname == found[1]
            and is_own(getattr(function, "__module__", None), packages)
        ):
            file, line = code.co_filename, code.co_firstlineno
            return Origin(
                file=shown_path(file, function.__module__),
                line=line,
                function=code.co_qualname,
                source=_header(file, line),
            )
    return None


def _lacking_class(error: BaseException, packages: tuple[str, ...]) -> Origin | None:
    """Return the definition of the class of the subject that lacks an attribute.

    If several do, because one extends the other, it is the one that the others extend.
    """
    if not isinstance(error, AttributeError):
        return None
    owner = getattr(error, "obj", None)
    cls = owner if isinstance(owner, type) else type(owner)
    for base in reversed(cls.__mro__):
        if is_own(base.__module__, packages):
            try:
                file = inspect.getsourcefile(base)
                line = inspect.getsourcelines(base)[1]
            except (OSError, TypeError):
                continue
            if file is not None:
                return Origin(
                    file=shown_path(file, base.__module__),
                    line=line,
                    function=base.__qualname__,
                    source=_header(file, line),
                )
    return None


def _methods(subject: Subject) -> Iterator[Any]:
    for wrapper, cls in subject.classes.items():
        for base in (*cls.__mro__, *subject.public_class(wrapper).__mro__):
            yield from vars(base).values()


def _header(file: str, line: int) -> str:
    """Return the first line of a definition; decorators stand above it."""
    for number in range(line, line + 20):
        text = source_text(file, number)
        if re.match(r"(?:async def|def|class)\b", text):
            return text
    return source_text(file, line)


def _text(error: BaseException) -> str:
    try:
        return str(error)
    except Exception:
        return ""

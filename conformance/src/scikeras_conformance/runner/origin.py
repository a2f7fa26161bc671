"""Where in the subject's own source an exception comes from."""

import re
from collections.abc import Iterator
from itertools import islice
from types import TracebackType
from typing import Any

from scikeras_conformance.catalog.results import Origin
from scikeras_conformance.runner.definitions import class_definition, function_definition
from scikeras_conformance.subject.loading import Subject
from scikeras_conformance.subject.sources import (
    is_own,
    own_packages,
    public_packages,
    shown_path,
    source_text,
)

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
    public = public_packages(subject)
    return (
        _innermost(error, public)
        or _refused_call(error, subject, public)
        or _lacking_class(error, public)
        # An adapter is a part of the subject that nobody has to mend.
        or _innermost(error, own_packages(subject))
    )


def _innermost(error: BaseException, packages: tuple[str, ...]) -> Origin | None:
    """Return the innermost line of some packages."""
    for number, link in enumerate(reversed(list(_links(error.__traceback__)))):
        module = link.tb_frame.f_globals.get("__name__")
        if is_own(module, packages):
            code = link.tb_frame.f_code
            source = source_text(code.co_filename, link.tb_lineno, _last_line(link))
            return Origin(
                file=shown_path(code.co_filename, str(module)),
                line=link.tb_lineno,
                function=code.co_qualname,
                source=source,
                raised=number == 0 and source.startswith(("raise", "assert")),
            )
    return None


def _links(link: TracebackType | None) -> Iterator[TracebackType]:
    while link is not None:
        yield link
        link = link.tb_next


def _last_line(link: TracebackType) -> int:
    """Return the line on which the expression ends that raised, or that called what did."""
    positions = islice(link.tb_frame.f_code.co_positions(), link.tb_lasti // 2, None)
    _, last, _, _ = next(positions, (None, None, None, None))
    return max(last or 0, link.tb_lineno)


def _refused_call(
    error: BaseException, subject: Subject, packages: tuple[str, ...]
) -> Origin | None:
    """Return the definition of the method that refused its arguments."""
    found = CALL.match(_text(error)) if isinstance(error, TypeError) else None
    if found is None:
        return None
    for function in _methods(subject):
        place = function_definition(function, packages)
        if place is not None and place.function == found[1]:
            return place
    return None


def _lacking_class(error: BaseException, packages: tuple[str, ...]) -> Origin | None:
    """Return the definition of the class of the subject that lacks an attribute.

    If several do, because one extends the other, it is the one that the others extend.
    """
    if not isinstance(error, AttributeError):
        return None
    owner = getattr(error, "obj", None)
    cls = owner if isinstance(owner, type) else type(owner)
    own = (base for base in reversed(cls.__mro__) if is_own(base.__module__, packages))
    return next(filter(None, map(class_definition, own)), None)


def _methods(subject: Subject) -> Iterator[Any]:
    for wrapper, cls in subject.classes.items():
        for base in (*cls.__mro__, *subject.public_class(wrapper).__mro__):
            yield from vars(base).values()


def _text(error: BaseException) -> str:
    try:
        return str(error)
    except Exception:
        return ""

"""What the code of a method reads and does, as far as its bytecode shows."""

import functools
import inspect
from collections import Counter
from types import CodeType
from typing import NamedTuple

from scikeras_reference._shared_steps.bytecode import (
    ATTRIBUTE,
    MAKING_TEXT,
    Reading,
    Step,
    reading_of,
    steps_of,
)
from scikeras_reference._shared_steps.refusal_log import NotSharedError

__all__ = ["RECEIVER", "MethodReading", "method_reading"]

RECEIVER = "<self>"
"""Stands for the object in `Reading.chains`; no variable can be called so."""
_LOADING = frozenset({"LOAD_FAST", "LOAD_FAST_BORROW", "LOAD_FAST_CHECK"})
_NOTHING = Step("NOP", None)
_LOOKED_AHEAD = 10
"""As many steps as it takes to call ``super(Class, self).name`` and to store the result."""


class MethodReading(NamedTuple):
    """What a method reads and changes besides its arguments.

    Parameters
    ----------
    reading : Reading
        What it reads; chains that begin with `RECEIVER` are attributes of the object.
    assigned : frozenset of str
        Attributes of the object that it assigns to.
    inherited : frozenset of str
        Methods that it calls by ``super()``.
    classes : frozenset of str
        Variables that are given to ``super``, which have to be the class of the method.
    """

    reading: Reading
    assigned: frozenset[str]
    inherited: frozenset[str]
    classes: frozenset[str]


@functools.lru_cache(maxsize=256)
def method_reading(code: CodeType, *, makes: bool) -> MethodReading:
    """Return what a method reads and changes, if that is all that it does besides computing.

    Parameters
    ----------
    code : code
        The code of the method. Its first argument is the object.
    makes : bool
        Whether the method makes the object, so that it may build parts of it, name them, and
        explain errors.

    Raises
    ------
    NotSharedError
        If it may do more than a function may, besides assigning to attributes of the object, or if
        it hands on the object itself.

    Examples
    --------
    >>> def call(self, x):
    ...     return self.scale * x
    >>> method_reading(call.__code__, makes=False).reading.chains
    (('<self>', 'scale'),)
    """
    if not code.co_argcount or code.co_varnames[0] in code.co_cellvars:
        raise NotSharedError("a method hands on the object")
    reader = _Reader(code)
    steps = reader.without_object()
    return MethodReading(
        reading_of(code, steps, *(({"build"}, MAKING_TEXT) if makes else ())),
        frozenset(reader.assigned),
        frozenset(reader.inherited),
        frozenset(reader.classes),
    )


class _Reader:
    """Takes out of a method the instructions that only methods have."""

    def __init__(self, code: CodeType) -> None:
        steps, arguments = steps_of(code), _arguments(code)
        self.assigned: set[str] = set()
        self.inherited: set[str] = set()
        self.classes: set[str] = set()
        self._receiver = code.co_varnames[0]
        self._steps = [*steps, *[_NOTHING] * _LOOKED_AHEAD]
        stored = Counter(step.argval for step in steps if step.opname == "STORE_FAST")
        self._stored_once = {name for name, count in stored.items() if count == 1} - arguments
        self._configs: set[str] = set()

    def without_object(self) -> list[Step]:
        """Return the other instructions, and one that does nothing for what is taken out."""
        found: list[Step] = []
        position = 0
        while position < len(self._steps) - _LOOKED_AHEAD:
            step = self._steps[position]
            if length := self._length_of_super(position):
                found.append(_NOTHING)
            elif self._loads_object(step):
                found.append(self._use(self._steps[position + 1]))
                length = 1 if found[-1] is not _NOTHING else 2
            elif length := self._length_of_update(position):
                found.append(_NOTHING)
            elif step.argval == self._receiver and "FAST" in step.opname:
                raise NotSharedError("a method assigns to the variable of its object")
            else:
                found.append(step)
                length = 1
            position += length
        return found

    def _use(self, step: Step) -> Step:
        """Return what stands for loading the object, after which an attribute has to follow."""
        if not step.is_jump_target:
            if step.opname in ATTRIBUTE:
                return Step("LOAD_GLOBAL", RECEIVER)
            if step.opname == "STORE_ATTR":
                self.assigned.add(step.argval)
                return _NOTHING
        raise NotSharedError("a method hands on the object")

    def _length_of_super(self, position: int) -> int:
        """Return how many instructions ``super().name`` takes here; 0 if there is none."""
        first, *others = self._steps[position : position + 3]
        if first.opname != "LOAD_GLOBAL" or first.argval != "super":
            return 0
        length = 1
        if others[0].opname in {"LOAD_GLOBAL", "LOAD_DEREF"} and self._loads_object(others[1]):
            length = 3
            if others[0].argval != "__class__":  # Python itself makes that one
                self.classes.add(others[0].argval)
        following = self._steps[position + length : position + length + 3]
        if following[0].opname == "LOAD_SUPER_ATTR":
            length += 1
        elif [step.opname for step in following[:2]] == ["PRECALL", "CALL"] and (
            following[2].opname in ATTRIBUTE
        ):
            length += 3
        else:
            raise NotSharedError("a method uses super in an unusual way")
        if any(step.is_jump_target for step in self._steps[position + 1 : position + length]):
            raise NotSharedError("a method uses super in an unusual way")
        name = self._steps[position + length - 1].argval
        self.inherited.add(name)
        if name == "get_config":
            self._remember_configuration(position + length)
        return length

    def _remember_configuration(self, position: int) -> None:
        """Remember the variable that holds what ``super().get_config()`` returned, and no more."""
        steps = [s for s in self._steps[position : position + 4] if s.opname != "PRECALL"]
        call, store = steps[:2]
        is_plain = (call.opname, call.argval, store.opname) == ("CALL", 0, "STORE_FAST")
        if is_plain and not store.is_jump_target and store.argval in self._stored_once:
            self._configs.add(store.argval)

    def _loads_object(self, step: Step) -> bool:
        return step.opname in _LOADING and step.argval == self._receiver

    def _length_of_update(self, position: int) -> int:
        """Return how many instructions ``config.update`` or ``config["name"] =`` takes here."""
        step, *following = self._steps[position : position + 3]
        if step.opname not in _LOADING or step.argval not in self._configs:
            return 0
        if following[0].opname in ATTRIBUTE and following[0].argval == "update":
            length = 2
        elif [s.opname for s in following] == ["LOAD_CONST", "STORE_SUBSCR"]:
            length = 3
        else:
            return 0
        return 0 if any(s.is_jump_target for s in following[: length - 1]) else length


def _arguments(code: CodeType) -> frozenset[str]:
    count = code.co_argcount + code.co_kwonlyargcount
    count += bool(code.co_flags & inspect.CO_VARARGS)
    count += bool(code.co_flags & inspect.CO_VARKEYWORDS)
    return frozenset(code.co_varnames[:count])

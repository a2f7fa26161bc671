"""What the code of a Python function reads and does, as far as its bytecode shows."""

import dis
import functools
import itertools
from collections.abc import Collection, Iterable, Iterator
from types import CodeType
from typing import Any, NamedTuple

from scikeras_reference._shared_steps.refusal_log import NotSharedError

__all__ = [
    "ATTRIBUTE",
    "HARMLESS_ATTRIBUTES",
    "MAKING_TEXT",
    "WRITING_ATTRIBUTES",
    "Chain",
    "Reading",
    "Step",
    "is_format",
    "reading",
    "reading_of",
    "steps_of",
]

Chain = tuple[str, ...]
"""A variable of a module or of a function around, and the attributes that are read from it."""

_HARMLESS = frozenset(
    {
        "BINARY_OP", "BINARY_SLICE", "BINARY_SUBSCR", "BUILD_CONST_KEY_MAP", "BUILD_LIST",
        "BUILD_MAP", "BUILD_SLICE", "BUILD_TUPLE", "CALL", "CALL_FUNCTION_EX",
        "CALL_INTRINSIC_1", "CALL_KW", "COMPARE_OP", "CONTAINS_OP", "COPY",
        "COPY_FREE_VARS", "DICT_MERGE", "DICT_UPDATE", "END_FOR", "FOR_ITER",
        "GET_ITER", "IS_OP", "JUMP_BACKWARD", "JUMP_FORWARD",
        "JUMP_IF_FALSE_OR_POP", "JUMP_IF_TRUE_OR_POP", "KW_NAMES", "LIST_APPEND", "LIST_EXTEND",
        "LIST_TO_TUPLE", "LOAD_ASSERTION_ERROR", "LOAD_CLOSURE", "LOAD_COMMON_CONSTANT",
        "LOAD_CONST", "LOAD_FAST", "LOAD_FAST_AND_CLEAR", "LOAD_FAST_BORROW", "LOAD_FAST_CHECK",
        "LOAD_SMALL_INT", "MAKE_CELL", "MAKE_FUNCTION", "MAP_ADD", "NOP", "NOT_TAKEN", "POP_ITER",
        "POP_JUMP_BACKWARD_IF_FALSE", "POP_JUMP_BACKWARD_IF_NONE", "POP_JUMP_BACKWARD_IF_NOT_NONE",
        "POP_JUMP_BACKWARD_IF_TRUE", "POP_JUMP_FORWARD_IF_FALSE", "POP_JUMP_FORWARD_IF_NONE",
        "POP_JUMP_FORWARD_IF_NOT_NONE", "POP_JUMP_FORWARD_IF_TRUE", "POP_JUMP_IF_FALSE",
        "POP_JUMP_IF_NONE", "POP_JUMP_IF_NOT_NONE", "POP_JUMP_IF_TRUE", "POP_TOP", "PRECALL",
        "PUSH_NULL", "RAISE_VARARGS", "RERAISE", "RESUME", "RETURN_CONST", "RETURN_GENERATOR",
        "RETURN_VALUE", "SET_FUNCTION_ATTRIBUTE", "STORE_FAST", "SWAP", "TO_BOOL", "UNARY_INVERT",
        "UNARY_NEGATIVE", "UNARY_NOT", "UNARY_POSITIVE", "UNPACK_EX", "UNPACK_SEQUENCE",
        "YIELD_VALUE",
    }
)  # fmt: skip
"""Instructions of Python 3.11 to 3.14 that change nothing but variables of the function.

They may raise, but never catch an error: if a trace fails, Keras does the work.
None of them makes text of a tensor, which shows its name, and no two models have equal names.
"""
HARMLESS_ATTRIBUTES = frozenset(
    {
        "T", "as_list", "astype", "dtype", "get", "get_shape", "items", "keys", "max", "mean",
        "min", "ndim", "rank", "reshape", "shape", "size", "sum", "values",
    }
)  # fmt: skip
"""Attributes of arrays, shapes and dicts that change nothing."""
WRITING_ATTRIBUTES = frozenset({"max", "mean", "min", "sum"})
"""Those of them that NumPy lets write into an array, given as the argument `out`."""
MAKING_TEXT = frozenset(
    {"BUILD_STRING", "CONVERT_VALUE", "FORMAT_SIMPLE", "FORMAT_VALUE", "FORMAT_WITH_SPEC"}
)
"""Instructions of f-strings."""
ATTRIBUTE = frozenset({"LOAD_ATTR", "LOAD_METHOD"})
"""Instructions that read an attribute of what was loaded last."""
_SINGLE = (bool, type(None))
_FILLING = frozenset({"CACHE", "EXTENDED_ARG"})
_PAIRS = {
    "LOAD_FAST_BORROW_LOAD_FAST_BORROW": ("LOAD_FAST", "LOAD_FAST"),
    "LOAD_FAST_LOAD_FAST": ("LOAD_FAST", "LOAD_FAST"),
    "STORE_FAST_LOAD_FAST": ("STORE_FAST", "LOAD_FAST"),
    "STORE_FAST_STORE_FAST": ("STORE_FAST", "STORE_FAST"),
}
"""Instructions of Python 3.13 and newer that are two at once."""


class Step(NamedTuple):
    """An instruction, as `dis` shows it."""

    opname: str
    argval: Any
    argrepr: str = ""
    is_jump_target: bool = False


class Reading(NamedTuple):
    """What a function reads besides its arguments.

    Parameters
    ----------
    chains : tuple of tuple of str
        What it reads from modules, and from functions around it.
    changes_in_place : bool
        Whether there is an assignment such as ``+=``, or a method of a value that takes `out`:
        either may change an array of NumPy. Attributes in `chains` are left to the caller.
    takes_remainder : bool
        Whether there is a ``%``, which also makes text of what stands behind it.
    has_format : bool
        Whether there is text that can stand before such a ``%``.
    compares : bool
        Whether it asks if values are equal, or makes a dict: either may ask which objects are one.
    makes_text : bool
        Whether it may make text out of other text.
    """

    chains: tuple[Chain, ...]
    changes_in_place: bool
    takes_remainder: bool
    has_format: bool
    compares: bool
    makes_text: bool


@functools.lru_cache(maxsize=256)
def reading(code: CodeType) -> Reading:
    """Return what a function reads, if that is all that it does besides computing.

    Parameters
    ----------
    code : code
        The code of the function.

    Raises
    ------
    NotSharedError
        If it may do more: assign to anything but its own variables, catch an error, import, or read
        an attribute that is not known to be harmless.

    Examples
    --------
    >>> reading((lambda x: keras.ops.mean(x) * x.shape[0]).__code__).chains
    (('keras', 'ops', 'mean'),)
    """
    return reading_of(code, steps_of(code))


def reading_of(
    code: CodeType,
    own_steps: list[Step],
    allowed: Collection[str] = (),
    harmless: Collection[str] = (),
) -> Reading:
    """Return what a function reads, where some of its instructions are known and left out.

    Parameters
    ----------
    code : code
        The code of the function.
    own_steps : list of Step
        Its instructions, without those of functions in it.
    allowed : collection of str, default=()
        Attributes of values that it may read, besides those that change nothing.
    harmless : collection of str, default=()
        Instructions that it may have, besides those of functions.
    """
    free = frozenset(code.co_freevars)
    chains: list[Chain] = []
    steps: list[Step] = []
    in_place = False
    for part in _nested(code):
        if part is not code and free & set(part.co_cellvars):
            raise NotSharedError("functions in it have variables of the same name")
        steps_of_part = own_steps if part is code else steps_of(part)
        found, attributes = _chains(steps_of_part, free, allowed, harmless)
        chains += found
        in_place |= not WRITING_ATTRIBUTES.isdisjoint(attributes)
        _require_known_identities(steps_of_part)
        steps += steps_of_part
    operations = [step.argrepr for step in steps if step.opname == "BINARY_OP"]
    return Reading(
        tuple(dict.fromkeys(chains)),
        changes_in_place=in_place or any(operation.endswith("=") for operation in operations),
        takes_remainder=any(operation.startswith("%") for operation in operations),
        compares=any(map(_compares, steps)),
        makes_text=any(map(_makes_text, steps)),
        has_format=any(is_format(c) for part in _nested(code) for c in part.co_consts),
    )


def steps_of(code: CodeType) -> list[Step]:
    """Return the instructions of a function that do something, each of them alone.

    >>> [step.opname for step in steps_of((lambda x: -x).__code__)][-2:]
    ['UNARY_NEGATIVE', 'RETURN_VALUE']
    """
    found = []
    is_target = False  # of a jump: to what only fills, too
    for step in dis.get_instructions(code):
        is_target |= step.is_jump_target
        if step.opname in _FILLING:
            continue
        if step.opname in _PAIRS:
            first, second = _PAIRS[step.opname]
            found.append(Step(first, step.argval[0], "", is_target))
            found.append(Step(second, step.argval[1]))
        else:
            found.append(Step(step.opname, step.argval, step.argrepr, is_target))
        is_target = False
    return found


def _chains(
    steps: Iterable[Step],
    free: frozenset[str],
    allowed: Collection[str],
    harmless: Collection[str],
) -> tuple[list[Chain], list[str]]:
    """Return what is read, and attributes of other values; check that nothing else is done."""
    chains: list[Chain] = []
    attributes: list[str] = []
    is_chain = False  # whether attributes are read from the last chain
    for step in steps:
        name, value = step.opname, step.argval
        is_chain = is_chain and not step.is_jump_target
        if name in ATTRIBUTE:
            if is_chain:
                chains[-1] += (value,)
            elif value not in HARMLESS_ATTRIBUTES and value not in allowed:
                raise NotSharedError(f"it reads the attribute {value} of a value")
            else:
                attributes.append(value)
            continue
        is_chain = name == "LOAD_GLOBAL" or (name == "LOAD_DEREF" and value in free)
        if is_chain:
            chains.append((value,))
        elif not (
            name in _HARMLESS or name in harmless or _is_of_inner_function(name, value, free)
        ):
            raise NotSharedError(f"its code has an instruction {name}")
    return chains, attributes


def _require_known_identities(steps: Iterable[Step]) -> None:
    """Check that ``is`` stands before None, True or False: which objects are one is not read."""
    for before, step in itertools.pairwise(steps):
        is_single = before.opname == "LOAD_CONST" and isinstance(before.argval, _SINGLE)
        if step.opname == "IS_OP" and (step.is_jump_target or not is_single):
            raise NotSharedError("it asks whether two objects are the same")


def _compares(step: Step) -> bool:
    is_equality = step.opname == "COMPARE_OP" and str(step.argval) in {"==", "!="}
    return is_equality or step.opname in {"CONTAINS_OP", "BUILD_MAP", "MAP_ADD"}


def _makes_text(step: Step) -> bool:
    joins = step.opname == "BINARY_OP" and step.argrepr.startswith(("+", "*", "%"))
    return joins or step.opname in {"BINARY_SLICE", "BUILD_SLICE", *MAKING_TEXT}


def is_format(value: object) -> bool:
    """Return whether ``value % other`` makes text of the other value.

    >>> is_format("%s"), is_format("float32"), is_format(3)
    (True, False, False)
    """
    return (isinstance(value, str) and "%" in value) or (isinstance(value, bytes) and b"%" in value)


def _is_of_inner_function(name: str, value: object, free: frozenset[str]) -> bool:
    """Whether it reads or writes a variable that the function shares with those in it."""
    return name in {"LOAD_DEREF", "STORE_DEREF"} and value not in free


def _nested(code: CodeType) -> Iterator[CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _nested(constant)

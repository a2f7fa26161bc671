"""Which clause an exception belongs to that is raised in a sequence of calls."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

from scikeras_conformance.checks._support.call_sequences.executed import Executed, Raised
from scikeras_conformance.checks._support.contract_model.calls import (
    COPIES,
    FITTING,
    PREDICTING,
    Call,
    Sequence,
)
from scikeras_conformance.checks._support.contract_model.expectations import Expectations
from scikeras_conformance.checks._support.contract_model.tasks import TARGETS

__all__ = ["blamed_clause"]

Execute = Callable[[Sequence], Executed]

SIMPLEST = (Call("fit"), Call("predict"))


def blamed_clause(sequence: Sequence, raised: Raised, execute: Execute) -> str:
    """Return the clause that an exception breaks; empty if that cannot be told.

    If the same calls work without one thing, such as validation, the clause of that thing is
    broken, provided that the thing works with nothing else: that it works at all is the business of
    other checks. If they only work without several of these things, none of them can be blamed. If
    they do not work without any of them, it is the clause of the call that raised.

    Parameters
    ----------
    sequence : Sequence
        The sequence.
    raised : Raised
        The exception.
    execute : callable
        Executes another sequence.
    """
    if raised.position < 0:
        return ""
    if execute(Sequence(sequence.task, SIMPLEST)).raised:
        return ""
    for clause, without in _without_each(sequence):
        if execute(without).is_without(raised.method):
            alone = _alone(sequence, clause)
            if alone is not None and execute(alone).raised:
                return ""
            return "" if _is_left_open(sequence, clause, raised, execute) else clause
    if raised.method in (*FITTING, *PREDICTING):
        bare = _bare(sequence)
        if bare != sequence and execute(bare).is_without(raised.method):
            return ""
    return _clause_of_call(sequence, raised.position)


def _is_left_open(sequence: Sequence, clause: str, raised: Raised, execute: Execute) -> bool:
    """Return whether frames are refused for validation only, which the contract leaves open."""
    if clause != "SKL-5" or sequence.validation in {"", "split"}:
        return False
    return execute(replace(sequence, validation="")).is_without(raised.method)


def _without_each(sequence: Sequence) -> Iterator[tuple[str, Sequence]]:
    """Yield sequences that lack one thing, each with the clause about it."""
    calls = sequence.calls
    unkeyed = tuple(
        replace(call, given=()) if call.method != "set_params" else call for call in calls
    )
    unweighted = tuple(replace(call, weighted=False) for call in calls)
    candidates = {
        # The first: with a frame come series as y and as weights, which those things are not about.
        "SKL-5": replace(sequence, frame=False),
        "API-11": replace(sequence, calls=unkeyed),
        "API-9": replace(sequence, validation=""),
        "API-5": _without_params(sequence, lambda name: name == "class_weight"),
        "API-6": replace(sequence, calls=unweighted),
        "DATA-2": replace(sequence, encoders=False),
        "COMP-3": replace(sequence, uncompiled=False),
        "API-8": _without_params(sequence, lambda name: name == "batch_size"),
        "ROUTE-11": _without_params(sequence, lambda name: "__" in name),
        "API-10": _without_params(sequence, lambda name: name == "callbacks"),
        "COMP-2": _without_params(sequence, lambda name: name == "optimizer"),
        "BUILD-1": _without_params(sequence, lambda name: name == "width"),
        "SER-1": _without_calls(sequence, COPIES[1:]),
        "INIT-4": _without_calls(sequence, COPIES[:1]),
    }
    for clause, candidate in candidates.items():
        if candidate != sequence:
            yield clause, candidate


def _bare(sequence: Sequence) -> Sequence:
    """Return a sequence of the same calls, without any of the things that one can be without."""
    found = sequence
    while (candidate := next(_without_each(found), None)) is not None:
        _, found = candidate
    return found


def _without_params(sequence: Sequence, drops: Callable[[str], bool]) -> Sequence:
    def kept(pairs: tuple[tuple[str, object], ...]) -> tuple[tuple[str, object], ...]:
        return tuple(pair for pair in pairs if not drops(pair[0]))

    calls = tuple(
        replace(call, given=kept(call.given)) if call.method == "set_params" else call
        for call in sequence.calls
    )
    return replace(sequence, params=kept(sequence.params), calls=calls)


def _without_calls(sequence: Sequence, methods: tuple[str, ...]) -> Sequence:
    calls = tuple(call for call in sequence.calls if call.method not in methods)
    return replace(sequence, calls=calls)


def _alone(sequence: Sequence, clause: str) -> Sequence | None:
    """Return the simplest sequence that has what a clause is about, and nothing else."""
    simplest = Sequence(sequence.task, SIMPLEST)
    named = {"API-5": "class_weight", "API-8": "batch_size", "API-10": "callbacks"}
    if clause == "API-9":
        return replace(simplest, validation=sequence.validation)
    if clause in named:
        kept = tuple(pair for pair in sequence.params if pair[0] == named[clause])
        return replace(simplest, params=kept)
    if clause == "DATA-2":
        return replace(simplest, encoders=True)
    if clause == "COMP-3":
        return replace(simplest, uncompiled=True)
    if clause == "SKL-5":
        return replace(simplest, frame=True)
    if clause == "API-6":
        return replace(simplest, calls=(Call("fit", weighted=True), Call("predict")))
    if clause == "SER-1":
        copies = tuple(call for call in sequence.calls if call.method in COPIES[1:])
        return replace(simplest, calls=(Call("fit"), *copies, Call("predict")))
    return None


_OF_METHODS: Mapping[str, str] = {
    "partial_fit": "API-3",
    "initialize": "INIT-8",
    "predict_proba": "TGT-10",
    "score": "SCORE-1",
    "set_params": "INIT-10",
    "clone": "INIT-4",
    "pickle": "SER-1",
    "deepcopy": "SER-1",
    "decision_function": "",
}


def _clause_of_call(sequence: Sequence, position: int) -> str:
    call = sequence.calls[position]
    if call.method in _OF_METHODS:
        return _OF_METHODS[call.method]
    state = Expectations(sequence)
    for earlier in sequence.calls[:position]:
        if state.allows(earlier):
            state.after(earlier)
    if call.method == "predict":
        return TARGETS[sequence.task.target].clause
    if not state.model_for:
        return TARGETS[sequence.task.target].clause
    return "API-4" if state.settings.get("warm_start") else "INIT-11"

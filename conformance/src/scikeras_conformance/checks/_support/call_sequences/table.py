"""A table of sequences in which each pair of values of two dimensions occurs."""

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from typing import Any

from scikeras_conformance.catalog.wrappers import Wrapper
from scikeras_conformance.checks._support.contract_model.calls import (
    BY_LABEL,
    NAMED_RECORDER,
    RANDOM_STATE,
    RECORDER,
    SPLIT,
    VALIDATION,
    Call,
    Sequence,
)
from scikeras_conformance.checks._support.contract_model.tasks import (
    CLASSES,
    FORMS,
    TARGETS,
    Task,
    forms_of,
)
from scikeras_conformance.checks._support.pairwise import pairwise

__all__ = ["DIMENSIONS", "allows_row", "table_for", "table_rows"]

_A, _B = Call("fit"), Call("fit", "B")
_NEW, _MORE = Call("initialize"), Call("partial_fit")
_WARM = Call("set_params", given=(("warm_start", True), ("optimizer", "adam"), ("width", "thin")))
_CHANGES = Call(
    "set_params",
    given=(("epochs", 2), ("batch_size", 4), ("width", "narrow"), ("optimizer", "adam")),
)

ORDERS: Mapping[str, tuple[tuple[Call, ...], tuple[Call, ...]]] = {
    "second fit": ((_A,), (_B, _CHANGES, _A)),
    "warm fit": ((_A,), (_WARM, _B)),
    "fit of other data": ((_A,), (Call("fit", "C"),)),
    "partial_fit": ((_MORE,), (Call("partial_fit", "B"), _A)),
    "initialize": ((_NEW,), (Call("partial_fit", "B"), _NEW)),
}
"""The calls before a copy, and those after it."""

BATCHES: Mapping[str, tuple[tuple[str, Any], ...]] = {
    "default": (),
    "below the rows": (("batch_size", 5),),
    "above the rows": (("batch_size", 40),),
    "all rows": (("batch_size", -1),),
    "routed": (
        ("batch_size", 3),
        ("fit__batch_size", 5),
        ("fit__epochs", 2),
        ("predict__batch_size", 4),
    ),
}

DIMENSIONS: Mapping[str, tuple[str, ...]] = {
    "wrapper": (str(Wrapper.CLASSIFIER), str(Wrapper.REGRESSOR)),
    "target": tuple(TARGETS),
    "loss": FORMS,
    "calls": tuple(ORDERS),
    "weights": ("none", "rows", "by label", "balanced", "rows and by label"),
    "batch": tuple(BATCHES),
    "validation": tuple(kind or "none" for kind in VALIDATION if kind != "weighted-keyword"),
    "data": ("array", "frame", "encoders"),
    "copy": ("none", "clone", "pickle or deepcopy"),
    "compiled by": ("builder", "wrapper"),
}
"""The values of each dimension."""


def allows_row(row: Mapping[str, Any]) -> bool:
    """Whether values go together, as far as they are chosen."""
    target, loss, weights = row.get("target"), row.get("loss"), row.get("weights")
    wrapper, calls = row.get("wrapper"), row.get("calls")
    by_class = weights not in {None, "none", "rows"}
    if target and wrapper and (target in CLASSES) != (wrapper == Wrapper.CLASSIFIER):
        return False
    if target and loss and loss not in forms_of(target):
        return False
    if loss and wrapper and (loss == "linear") != (wrapper == Wrapper.REGRESSOR):
        return False
    if by_class and (wrapper == Wrapper.REGRESSOR or loss == "linear" or target == "multilabel"):
        return False
    if by_class and target and target not in CLASSES:
        return False
    validates = row.get("validation") not in {None, "none", "split"}
    is_bound_to_rows = validates or "label" in (weights or "")
    return not (calls == "fit of other data" and is_bound_to_rows)


@cache
def table_rows() -> tuple[Mapping[str, str], ...]:
    """Return the rows of the table."""
    return tuple(pairwise(DIMENSIONS, allows_row))


@cache
def table_for(wrapper: Wrapper) -> tuple[Sequence, ...]:
    """Return the sequences of a wrapper."""
    rows = [row for row in table_rows() if row["wrapper"] == wrapper]
    return tuple(_sequence(row, number) for number, row in enumerate(rows))


def _sequence(row: Mapping[str, str], number: int) -> Sequence:
    before, after = ORDERS[row["calls"]]
    # A class that is made for a sequence cannot be pickled.
    by_pickle = number % 2 == 0 and row["data"] != "encoders"
    copies = {"none": (), "clone": ("clone",)}
    copied = tuple(map(Call, copies.get(row["copy"], ("pickle" if by_pickle else "deepcopy",))))
    weights, size = row["weights"], 40 if row["batch"] == "default" else 4
    seed = 7 if number % 3 else RANDOM_STATE
    by_class = {"by label": BY_LABEL, "balanced": "balanced", "rows and by label": BY_LABEL}
    params = (
        *(("class_weight", by_class[name]) for name in (weights,) if name in by_class),
        *BATCHES[row["batch"]],
        ("callbacks", RECORDER if number % 2 else NAMED_RECORDER),
        ("width", "wide"),
        *([("random_state", seed)] if row["copy"] == "none" else [("epochs", 2)]),
    )
    rows = after[-1].rows
    splits = (("validation_split", SPLIT),) if row["validation"] == "none" else ()
    # Whatever came before, training goes on in each of the ways in which it can.
    after = (
        *after,
        Call("partial_fit", rows, given=splits),
        *(Call("partial_fit", rows),) * (2 if number % 2 else 0),
        _WARM,
        Call("fit", rows, given=(("epochs", 2),)),
    )
    other = "A" if rows == "C" else "C"
    calls = (
        *before,
        *copied,
        Call("predict"),
        Call("score"),
        *after,
        Call("predict", rows),
        *(
            [Call("predict", "D"), Call("predict_proba", "D")]
            if row["batch"] == "default" and rows != "C"
            else []
        ),
        Call("predict_proba", rows),
        Call("decision_function", rows),
        Call("score", rows),
        Call("predict", other),
        Call("fit", other),
        Call("predict", rows, given=(("batch_size", size),)),
    )
    if weights.startswith("rows"):
        takes = ("fit", "partial_fit", "score")
        calls = tuple(replace(call, weighted=call.method in takes) for call in calls)
        calls = (*calls, Call("score", rows))  # weights of an earlier call do not count
    validation = "" if row["validation"] == "none" else row["validation"]
    if validation == "keyword" and number % 2:
        validation = "weighted-keyword"
    return Sequence(
        Task(row["target"], row["loss"]),
        calls,
        params,
        validation,
        frame=row["data"] == "frame",
        encoders=row["data"] == "encoders",
        uncompiled=row["compiled by"] == "wrapper",
    )

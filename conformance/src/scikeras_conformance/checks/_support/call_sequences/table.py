"""A table of sequences in which each pair of values of two dimensions occurs."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from scikeras_conformance.catalog.wrappers import Wrapper
from scikeras_conformance.checks._support.contract_model.calls import (
    BY_LABEL,
    COPIES,
    RECORDER,
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
_WARM = Call("set_params", given=(("warm_start", True),))
_CHANGES = Call("set_params", given=(("epochs", 2), ("batch_size", 4), ("width", "narrow")))

ORDERS: Mapping[str, tuple[tuple[Call, ...], tuple[Call, ...]]] = {
    "second fit": ((_A,), (_B,)),
    "warm fit": ((_A,), (_WARM, _B, _A)),
    "fit of other data": ((_A,), (Call("fit", "C"),)),
    "fit after set_params": ((_A,), (_CHANGES, _A)),
    "partial_fit": ((Call("partial_fit"),), (Call("partial_fit", "B"),)),
    "partial_fit after fit": ((_A,), (Call("partial_fit", "B"), Call("partial_fit"))),
    "fit after initialize": ((Call("initialize"),), (_A,)),
    "partial_fit after initialize": ((Call("initialize"),), (Call("partial_fit", "B"),)),
}
"""The calls before a copy, and those after it."""

BATCHES: Mapping[str, tuple[tuple[str, Any], ...]] = {
    "default": (),
    "below the rows": (("batch_size", 5),),
    "above the rows": (("batch_size", 40),),
    "all rows": (("batch_size", -1),),
    "routed": (("batch_size", 3), ("fit__batch_size", 5), ("predict__batch_size", 4)),
}

DIMENSIONS: Mapping[str, tuple[str, ...]] = {
    "wrapper": (str(Wrapper.CLASSIFIER), str(Wrapper.REGRESSOR)),
    "target": tuple(TARGETS),
    "loss": FORMS,
    "calls": tuple(ORDERS),
    "weights": ("none", "rows", "by label", "balanced", "rows and by label"),
    "batch": tuple(BATCHES),
    "validation": tuple(kind or "none" for kind in VALIDATION),
    "data": ("array", "frame", "encoders"),
    "copy": ("none", *COPIES),
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
    if calls == "fit of other data" and (
        "label" in (weights or "") or "data" in row.get("validation", "")
    ):
        return False
    return not (row.get("data") == "encoders" and row.get("copy") == "pickle")


@cache
def table_rows() -> tuple[Mapping[str, str], ...]:
    """Return the rows of the table."""
    return tuple(pairwise(DIMENSIONS, allows_row))


@cache
def table_for(wrapper: Wrapper) -> tuple[Sequence, ...]:
    """Return the sequences of a wrapper."""
    return tuple(_sequence(row) for row in table_rows() if row["wrapper"] == wrapper)


def _sequence(row: Mapping[str, str]) -> Sequence:
    before, after = ORDERS[row["calls"]]
    copied = () if row["copy"] == "none" else (Call(row["copy"]),)
    weights, size = row["weights"], 40 if row["batch"] == "default" else 4
    by_class = {"by label": BY_LABEL, "balanced": "balanced", "rows and by label": BY_LABEL}
    params = (
        *(("class_weight", by_class[name]) for name in (weights,) if name in by_class),
        *BATCHES[row["batch"]],
        ("callbacks", RECORDER),
        ("width", "wide"),
        *([("random_state", 7)] if row["copy"] == "none" else [("epochs", 2)]),
    )
    rows = after[-1].rows
    calls = (
        *before,
        *copied,
        *([Call("predict"), Call("score")] if row["copy"] != "clone" else []),
        *after,
        Call("predict", rows),
        *([Call("predict", "D"), Call("predict_proba", "D")] if rows != "C" else []),
        Call("predict_proba", rows),
        Call("decision_function", rows),
        Call("score", rows),
        Call("predict", rows, given=(("batch_size", size),)),
    )
    if weights.startswith("rows"):
        takes = ("fit", "partial_fit", "score")
        calls = tuple(
            Call(call.method, call.rows, call.method in takes, call.given) for call in calls
        )
    validation = "" if row["validation"] == "none" else row["validation"]
    return Sequence(
        Task(row["target"], row["loss"]),
        calls,
        params,
        validation,
        frame=row["data"] == "frame",
        encoders=row["data"] == "encoders",
    )

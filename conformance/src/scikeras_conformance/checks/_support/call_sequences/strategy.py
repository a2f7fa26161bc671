"""Random sequences of calls, as a strategy of Hypothesis."""

from typing import Any

from scikeras_conformance.catalog.wrappers import Wrapper
from scikeras_conformance.checks._support.contract_model.calls import (
    BY_LABEL,
    COPIES,
    RECORDER,
    SPLIT,
    VALIDATION,
    Call,
    Sequence,
)
from scikeras_conformance.checks._support.contract_model.tasks import (
    CLASSES,
    NUMBERS,
    Task,
    forms_of,
)

__all__ = ["call_sequences"]

METHODS = (
    *("fit", "fit", "fit", "partial_fit", "partial_fit", "initialize", "set_params"),
    *("predict", "predict", "predict_proba", "decision_function", "score", *COPIES),
)
"""The calls, with those twice that are worth more."""

CHANGES: dict[str, tuple[Any, ...]] = {
    "epochs": (1, 2, 3),
    "batch_size": (None, 1, 5, 12, 40, -1),
    "warm_start": (True, False),
    "optimizer": ("adam", "sgd"),
    "width": ("wide", 1, 1.0, True, None),
    "class_weight": (None, "balanced", BY_LABEL),
    "fit__batch_size": (2, -1),
    "predict__batch_size": (3, -1),
    "fit__epochs": (1, 3),
}

WEIGHTS = (None, None, "balanced", BY_LABEL)


def call_sequences(wrapper: Wrapper) -> Any:
    """Return a strategy for sequences of calls of a wrapper."""
    from hypothesis import strategies as st

    targets = CLASSES if wrapper is Wrapper.CLASSIFIER else NUMBERS
    tasks = [Task(target, form) for target in targets for form in forms_of(target)]

    @st.composite
    def sequences(draw: Any) -> Sequence:
        task = draw(st.sampled_from(tasks))
        return Sequence(
            task,
            tuple(draw(st.lists(_calls(), min_size=3, max_size=8))),
            tuple(draw(_params(task)).items()),
            draw(st.sampled_from(VALIDATION)),
            frame=draw(st.booleans()),
            encoders=draw(st.integers(0, 3)) == 3,
            uncompiled=draw(st.integers(0, 3)) == 3,
        )

    return sequences()


def _params(task: Task) -> Any:
    """Return a strategy for parameters."""
    from hypothesis import strategies as st

    has_classes = task.target in CLASSES and task.target != "multilabel"
    names = [name for name in CHANGES if name not in {"warm_start", "class_weight"}]

    @st.composite
    def params(draw: Any) -> dict[str, Any]:
        chosen: dict[str, Any] = {}
        for name in draw(st.lists(st.sampled_from(names), unique=True, max_size=3)):
            chosen[name] = draw(st.sampled_from(CHANGES[name]))
        if draw(st.booleans()):
            chosen["warm_start"] = True
        if draw(st.integers(0, 3)) == 3:
            chosen["random_state"] = 7
        weights = draw(st.sampled_from(WEIGHTS)) if has_classes else None
        if weights is not None:
            chosen["class_weight"] = weights
        if draw(st.booleans()):
            chosen["callbacks"] = RECORDER
        return chosen

    return params()


def _calls() -> Any:
    """Return a strategy for one call."""
    from hypothesis import strategies as st

    changes = st.sampled_from(list(CHANGES)).flatmap(
        lambda name: st.tuples(st.just(name), st.sampled_from(CHANGES[name]))
    )
    given = {
        "fit": st.sampled_from(
            [(), (), (("batch_size", 4),), (("epochs", 2),), (("validation_split", SPLIT),)]
        ),
        "partial_fit": st.sampled_from(
            [(), (), (("batch_size", 4),), (("validation_split", SPLIT),)]
        ),
        "predict": st.sampled_from([(), (), (("batch_size", 4),)]),
    }

    @st.composite
    def calls(draw: Any) -> Call:
        method = draw(st.sampled_from(METHODS))
        if method in COPIES:
            return Call(method)
        if method == "set_params":
            return Call(method, given=(draw(changes),))
        rows = draw(st.sampled_from("AABBC"))
        if method.startswith("predict") and draw(st.integers(0, 4)) == 4:
            rows = "D"
        weighted = method in {"fit", "partial_fit", "score"} and draw(st.booleans())
        return Call(method, rows, weighted, draw(given[method]) if method in given else ())

    return calls()

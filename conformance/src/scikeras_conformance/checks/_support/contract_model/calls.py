"""Sequences of calls as data, and as the lines of a script that a reader can follow."""

from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from typing import Any

from scikeras_conformance.catalog.wrappers import CLASS_NAMES
from scikeras_conformance.checks._support.contract_model.tasks import (
    LOSSES,
    Task,
    rows_for,
    weights_by_label,
)

__all__ = [
    "BY_LABEL",
    "COPIES",
    "FITTING",
    "NAMED_RECORDER",
    "OPTIMIZER",
    "PREDICTING",
    "RANDOM_STATE",
    "RECORDER",
    "SPLIT",
    "TRAINING",
    "VALIDATION",
    "Call",
    "Sequence",
    "as_script",
    "simpler",
    "split_parameters",
]

FITTING = ("fit", "partial_fit", "initialize")
TRAINING = ("fit", "partial_fit")
PREDICTING = ("predict", "predict_proba", "decision_function", "score")
COPIES = ("clone", "pickle", "deepcopy")

OPTIMIZER = "sgd"
"""The optimizer of models that the wrapper compiles, if it is given no other one."""

VALIDATION = ("", "split", "data", "weighted-data", "keyword", "weighted-keyword")
"""No validation, and the ways to ask for it: by parameters, and by an argument of each training."""


class Named(str):
    """A value of a parameter that a script shows by a name."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


BY_LABEL = Named("by_label")
"""Stands for class weights: a dict by label."""

RECORDER = Named("[Recorder]")
"""Stands for a list of a class of callbacks."""

NAMED_RECORDER = Named("{'own': Recorder}")
"""Stands for a dict of such a class."""

SPLIT = 0.25
"""The value of ``validation_split``."""

RANDOM_STATE = Named("np.random.RandomState(7)")
"""Stands for a generator of random numbers."""


@dataclass(frozen=True, slots=True)
class Call:
    """A call of a method, or a copy that takes the estimator's place.

    Parameters
    ----------
    method : str
        One of `FITTING`, `PREDICTING`, `COPIES`, or ``"set_params"``.
    rows : str, default="A"
        The rows that it is given.
    weighted : bool, default=False
        Whether it is given weights too.
    given : tuple of (str, object), default=()
        Keyword arguments.
    """

    method: str
    rows: str = "A"
    weighted: bool = False
    given: tuple[tuple[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class Sequence:
    """An estimator and what is done with it.

    Parameters
    ----------
    task : Task
        Target and loss.
    calls : tuple of Call
        The calls, in order.
    params : tuple of (str, object)
        Parameters of the constructor, by name; `BY_LABEL` and `RECORDER` stand for values.
    validation : str
        One of `VALIDATION`.
    frame : bool
        Whether X is a data frame; the rows C never are.
    encoders : bool
        Whether the class has encoders of its own.
    uncompiled : bool
        Whether the builder leaves it to the wrapper to compile the model.
    """

    task: Task
    calls: tuple[Call, ...]
    params: tuple[tuple[str, Any], ...] = ()
    validation: str = ""
    frame: bool = False
    encoders: bool = False
    uncompiled: bool = False

    def is_framed(self, rows: str) -> bool:
        """Whether rows are given as a data frame."""
        return self.frame and rows != "C"


def split_parameters(sequence: Sequence) -> dict[str, float]:
    """Return the parameters that hold rows out; the routed one, if the batch size is routed too."""
    if "fit__batch_size" in dict(sequence.params):
        return {"validation_split": 2 * SPLIT, "fit__validation_split": SPLIT}
    return {"validation_split": SPLIT}


def simpler(sequence: Sequence) -> Iterator[Sequence]:
    """Yield sequences that lack one thing each, the largest steps first."""
    calls = sequence.calls
    for half in (calls[: len(calls) // 2], calls[len(calls) // 2 :]):
        if len(calls) > 3:
            yield replace(sequence, calls=half)
    for position in range(len(calls)):
        yield replace(sequence, calls=calls[:position] + calls[position + 1 :])
    for name, _ in sequence.params:
        rest = tuple(pair for pair in sequence.params if pair[0] != name)
        yield replace(sequence, params=rest)
    plain = Sequence(sequence.task, calls)
    for field in fields(sequence)[3:]:
        if getattr(sequence, field.name) != getattr(plain, field.name):
            yield replace(sequence, **{field.name: getattr(plain, field.name)})
    if sequence.validation.startswith("weighted-"):
        yield replace(sequence, validation=sequence.validation.removeprefix("weighted-"))
    for position, call in enumerate(calls):
        for plainer in _plainer(call):
            yield replace(sequence, calls=(*calls[:position], plainer, *calls[position + 1 :]))


def _plainer(call: Call) -> Iterator[Call]:
    if call.weighted:
        yield replace(call, weighted=False)
    if call.method != "set_params":
        for pair in call.given:
            yield replace(call, given=tuple(other for other in call.given if other is not pair))
    elif len(call.given) > 1:
        for pair in call.given:
            yield replace(call, given=(pair,))
    if call.rows != "A":
        yield replace(call, rows="A")


_SUFFIXES = {"A": "", "B": "2", "C": "3", "D": "_of_one_row"}


def as_script(sequence: Sequence, until: int | None = None) -> str:
    """Return the calls as lines of Python.

    Parameters
    ----------
    sequence : Sequence
        The sequence.
    until : int, optional
        The position of the last call to show; by default all are.
    """
    name = CLASS_NAMES[sequence.task.wrapper]
    settings = dict(sequence.params)
    texts = [f"{key}={_as_text(sequence.task, value)}" for key, value in settings.items()]
    texts += {
        "": [],
        "split": [f"{key}={value}" for key, value in split_parameters(sequence).items()],
        "data": ["fit__validation_data=(X_val, y_val)"],
        "weighted-data": ["fit__validation_data=(X_val, y_val, w_val)"],
        "keyword": [],
        "weighted-keyword": [],
    }[sequence.validation]
    if sequence.uncompiled:
        given = "" if "optimizer" in settings else f"optimizer={OPTIMIZER!r}, "
        texts.append(f"{given}loss={LOSSES[sequence.task.form][1]!r}")
    own = "  # with encoders of its own" if sequence.encoders else ""
    kind = ", X a data frame" if sequence.frame else ""
    shown = sequence.calls if until is None else sequence.calls[: until + 1]
    return "\n".join(
        [
            f"# y: {sequence.task.words}{kind}",
            f"est = {name}({', '.join(['build', *texts])}){own}",
            *(_line(sequence, call) for call in shown),
        ]
    )


def _as_text(task: Task, value: Any) -> str:
    return repr(weights_by_label(rows_for(task, "A")) if value is BY_LABEL else value)


def _line(sequence: Sequence, call: Call) -> str:
    if call.method == "pickle":
        return "est = pickle.loads(pickle.dumps(est))"
    if call.method in COPIES:
        return f"est = {call.method}(est)"
    data = []
    if call.method != "set_params":
        suffix = _SUFFIXES[call.rows]
        data = [f"X{suffix}"]
        if call.method in (*FITTING, "score"):
            data.append(f"y{suffix}")
        if call.weighted:
            data.append(f"sample_weight=w{suffix}")
    given = [f"{name}={_as_text(sequence.task, value)}" for name, value in call.given]
    if sequence.validation.endswith("keyword") and call.method in TRAINING:
        weights = ", w_val" if sequence.validation.startswith("weighted") else ""
        given.append(f"validation_data=(X_val, y_val{weights})")
    return f"est.{call.method}({', '.join([*data, *given])})"

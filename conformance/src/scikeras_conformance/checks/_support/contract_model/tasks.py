"""Tasks: rows whose outputs are known, and the targets and losses that they are for.

The first feature of a row is its number, by which rows are recognized wherever they arrive. The
second is zero. The logits that the model has to return follow.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from functools import cache
from typing import Any

from scikeras_conformance.catalog.wrappers import Wrapper
from scikeras_conformance.checks._support.modules import np

__all__ = [
    "FORMS",
    "HELD_OUT",
    "LOSSES",
    "ROW_SETS",
    "TARGETS",
    "Rows",
    "Task",
    "forms_of",
    "rows_for",
    "weights_by_label",
]

LOSSES: Mapping[str, tuple[str, str]] = {
    "sigmoid": ("sigmoid", "binary_crossentropy"),
    "one-hot": ("softmax", "categorical_crossentropy"),
    "sparse": ("softmax", "sparse_categorical_crossentropy"),
    "linear": ("linear", "mean_squared_error"),
}
"""By the form of the loss: the activation of the model, and the loss."""

FORMS = tuple(LOSSES)

ROW_SETS: Mapping[str, tuple[int, int, int]] = {
    "A": (12, 0, 0),
    "B": (9, 100, 0),
    "C": (10, 200, 3),
    "D": (1, 300, 0),
}
"""For each set of rows: how many, the number of the first, and the features beyond the logits.

A and B are alike; C has other features and other classes or outputs; D is one row to predict."""


HELD_OUT = "V"
"""The name of rows to validate on."""


@dataclass(frozen=True, slots=True)
class Target:
    """A kind of target.

    Parameters
    ----------
    clause : str
        The clause that promises it.
    type : str
        What scikit-learn calls it.
    labels : tuple
        The classes; for other targets as many numbers as there are outputs.
    others : tuple
        Those of the rows C.
    is_column : bool
        Whether the target is a column.
    """

    clause: str
    type: str
    labels: tuple[Any, ...]
    others: tuple[Any, ...]
    is_column: bool = False


LARGE = 2**53 + 1
"""The smallest number that floats cannot hold."""

CLASSES: Mapping[str, Target] = {
    "binary": Target("TGT-1", "binary", (-1, 1), (3, 7)),
    "binary-text": Target("TGT-1", "binary", ("no", "yes"), ("off", "on")),
    "binary-column": Target("TGT-1", "binary", (False, True), (2, 5), True),
    "multiclass-column": Target("TGT-2", "multiclass", (-5, 2, 3, LARGE), (1, 2, 4), True),
    "multiclass-text": Target(
        "TGT-2", "multiclass", ("d", "Bb", "a", "Ccc", "e"), ("v", "Z", "x", "Y", "w")
    ),
    "multilabel": Target("TGT-3", "multilabel-indicator", (0, 1, 2), (0, 1, 2, 3)),
}

NUMBERS: Mapping[str, Target] = {
    "continuous": Target("TGT-4", "continuous", (0,), (0, 1)),
    "continuous-column": Target("TGT-4", "continuous", (0,), (0,), True),
    "continuous-multioutput": Target("TGT-5", "continuous-multioutput", (0, 1, 2), (0,)),
}

TARGETS: Mapping[str, Target] = {**CLASSES, **NUMBERS}


def forms_of(target: str) -> tuple[str, ...]:
    """Return the forms of losses that a target can be trained with."""
    if target in NUMBERS:
        return ("linear",)
    if target == "multilabel":
        return ("sigmoid",)
    return (
        ("sigmoid", "one-hot", "sparse") if target.startswith("binary") else ("one-hot", "sparse")
    )


@dataclass(frozen=True, slots=True)
class Task:
    """A target and the form of its loss."""

    target: str
    form: str

    @property
    def wrapper(self) -> Wrapper:
        """The wrapper that it is for."""
        return Wrapper.REGRESSOR if self.target in NUMBERS else Wrapper.CLASSIFIER

    @property
    def words(self) -> str:
        """The task in a line of a script."""
        what = self.target.replace("-", ", ", 1)
        return what if self.form == "linear" else f"{what}; {LOSSES[self.form][1]}"


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """Rows, and what is known about them.

    Parameters
    ----------
    X, y : ndarray
        What a user fits with.
    weights : ndarray
        Weights of the rows.
    type : str
        The type of the target.
    classes : ndarray or None
        The labels in order.
    encoded : ndarray of shape (n_rows, n_columns)
        The target in the form that the loss wants.
    codes : ndarray
        The number of the class of each row.
    outputs : ndarray
        What the model returns.
    predicted : ndarray of shape (n_rows, n_outputs)
        What `predict` returns.
    probabilities : ndarray or None
        What `predict_proba` returns.
    """

    X: Any
    y: Any
    weights: Any
    type: str
    classes: Any
    encoded: Any
    codes: Any
    outputs: Any
    predicted: Any
    probabilities: Any

    @property
    def ids(self) -> list[int]:
        """The numbers of the rows."""
        return [int(number) for number in self.X[:, 0]]

    @property
    def names(self) -> list[str]:
        """Names of the features, for data frames."""
        return [f"f{number}" for number in range(self.X.shape[1])]

    @property
    def n_outputs(self) -> int:
        """The columns of y."""
        return 1 if self.y.ndim == 1 else int(self.y.shape[1])


def weights_by_label(rows: Rows) -> dict[Any, float]:
    """Return class weights for the labels of rows, each another one."""
    return {label: 0.5 + number for number, label in enumerate(rows.classes.tolist())}


@cache
def rows_for(task: Task, name: str) -> Rows:
    """Return a set of rows of a task; the arrays are read-only, and shared.

    Parameters
    ----------
    task : Task
        The task.
    name : str
        A key of `ROW_SETS`, or `HELD_OUT`: rows like B, to validate on, without the first class.
    """
    if name == HELD_OUT:
        rows = rows_for(task, "B")
        kept = np.arange(len(rows.y)) > 0 if rows.codes is None else rows.codes > 0
        values = {part.name: getattr(rows, part.name) for part in fields(rows)}
        by_row = {part for part in values if part not in {"type", "classes"}}
        return replace(
            rows, **{part: values[part][kept] for part in by_row if values[part] is not None}
        )
    count, first, more = ROW_SETS[name]
    target = TARGETS[task.target]
    labels = target.others if name == "C" else target.labels
    if name == "C" and task.target.startswith("binary") and task.form != "sigmoid":
        labels = (*labels, labels[0] * 3)
    generator = np.random.default_rng(first + 7)
    units = 1 if task.form == "sigmoid" and target.type == "binary" else len(labels)
    logits = generator.normal(size=(count, units)).round(2)
    made: dict[str, Any] = {"classes": None, "probabilities": None, "codes": None}
    y: Any
    if task.form == "linear":
        y = logits + generator.choice([-0.25, 0.25], size=logits.shape)
        made |= {"outputs": logits, "predicted": logits, "encoded": y}
        made["type"] = "continuous-multioutput" if units > 1 else "continuous"
        y = y if units > 1 or target.is_column else y[:, 0]
    elif target.type == "multilabel-indicator":
        logits = np.where(np.abs(logits) < 0.3, 0.7, logits)
        outputs = 1 / (1 + np.exp(-logits))
        y = generator.integers(0, 2, size=logits.shape)
        y[0], y[-1] = 1, 0
        if name == "C":  # one label in each row is an indicator too
            y = np.eye(units, dtype=int)[np.arange(count) % units]
        made |= {"outputs": outputs, "predicted": (outputs > 0.5).astype(int), "encoded": y}
        made |= {"probabilities": outputs, "type": target.type}
    else:
        logits, codes, classes = _classes(logits, labels, made, generator)
        sparse = codes[:, None] if task.form != "one-hot" else np.eye(len(classes))[codes]
        made["encoded"] = sparse
        y = classes[codes][:, None] if target.is_column else classes[codes]
    X = np.zeros((count, 2 + units + more))
    X[:, 0] = np.arange(first, first + count)
    X[:, 2 : 2 + units] = logits
    weights = generator.choice([0.5, 1.0, 2.0, 3.0], size=count)
    rows = Rows(X=X.astype(np.float32), y=y, weights=weights, **made)
    for array in (rows.X, rows.y, rows.weights):
        array.flags.writeable = False
    return rows


def _classes(
    logits: Any, labels: Any, made: dict[str, Any], generator: Any
) -> tuple[Any, Any, Any]:
    """Return logits, the number of the class of each row, and the classes in order."""
    count, units = logits.shape
    classes = np.unique(np.array(labels))
    codes = np.arange(count)[::-1] % len(classes)
    likely = np.where(np.arange(count) % 4 == 2, (codes + 1) % len(classes), codes)
    if units == 1:
        logits = np.where(likely[:, None] == 1, 1, -1) * (0.4 + np.abs(logits))
        high = 1 / (1 + np.exp(-logits))
        outputs, proba = high, np.hstack([1 - high, high])
    else:
        logits[np.arange(count), likely] = logits.max(axis=1) + 0.75
        powers = np.exp(logits)
        outputs = proba = powers / powers.sum(axis=1, keepdims=True)
    order = generator.permutation(count)
    logits, codes, likely = logits[order], codes[order], likely[order]
    made |= {
        "outputs": outputs[order],
        "probabilities": proba[order],
        "predicted": classes[likely][:, None],
        "classes": classes,
        "codes": codes,
        "type": "binary" if len(classes) == 2 else "multiclass",
    }
    return logits, codes, classes

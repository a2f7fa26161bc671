"""Random training tasks: one short record holds all that a user would choose.

A task says what is trained, on what, and how. `bare_keras.run` does it with Keras alone; `estimator`
and `arguments_of_call` say what a user gives to the wrapper for the same training.
"""

from dataclasses import dataclass, fields, replace

import keras
import numpy as np
from random_task_parts import (
    CALLBACKS,
    LAYERS,
    LOSSES,
    OPTIMIZERS,
    SCHEDULES,
    SETS_RATE,
    callback_parts,
    metrics_for,
)

from scikeras_reference import BaseWrapper, KerasClassifier, KerasRegressor

N_FEATURES = 4
TARGETS = tuple(LOSSES)
N_CLASSES = {"binary": 2, "two units": 2, "multiclass": 3, "one-hot": 3}
N_UNITS = {
    **N_CLASSES,
    "binary": 1,
    "multilabel": 3,
    "regression": 1,
    "column": 1,
    "columns": 2,
    "base": 2,
}
LABELS = (["no", "yes", "so"], [-1, 1, 4], [3.0, 7.0, 8.0], [False, True, None])
CALLS = (("fit",), ("fit", "fit"), ("fit", "partial_fit"), ("partial_fit", "partial_fit"))
VALIDATION_SPLIT = 0.3


@dataclass(frozen=True, repr=False)
class Task:
    """Everything about a training that is drawn; the defaults are the plainest task."""

    seed: int = 0
    target: str = "regression"
    layers: tuple[str, ...] = ()
    model: str = "sequential"
    compiled_by: str = "wrapper"
    run_eagerly: bool = False
    optimizer: str = "default"
    loss: str = "name"
    metrics: str | None = None
    weighted_metrics: str | None = None
    sample_weight: str | None = None
    class_weight: str | None = None
    validation: str | None = None
    validation_weights: bool = False
    rows: int = 20
    dtype: str = "float32"
    batch_size: int | None = None
    validation_batch_size: int | None = None
    epochs: int = 1
    shuffle: bool = True
    arguments: str = "parameters"
    callbacks: tuple[str, ...] = ()
    callbacks_as: str = "instances"
    calls: tuple[str, ...] = ("fit",)
    warm_start: bool = False

    def __repr__(self) -> str:
        """Return the fields that are not as in the plainest task; it can be pasted."""
        chosen = {field.name: getattr(self, field.name) for field in fields(self)}
        others = [
            f"{f.name}={chosen[f.name]!r}" for f in fields(self) if chosen[f.name] != f.default
        ]
        return f"Task({', '.join(others)})"

    def simpler(self) -> "list[Task]":
        """Return the tasks in which one field is as in the plainest one."""
        others = [replace(self, **{field.name: field.default}) for field in fields(self)]
        return [other for other in others if other != self]


def built(task, n_features):
    """Return the model of a task; a user's builder does this, with the wrapper or without."""
    last = keras.layers.Dense(
        N_UNITS[task.target], activation=LOSSES[task.target][task.loss].activation
    )
    parts = [*(LAYERS[name]() for name in task.layers), last]
    if task.model == "unbuilt":
        return keras.Sequential(parts)
    if task.model == "sequential":
        return keras.Sequential([keras.layers.Input((n_features,)), *parts])
    x = inputs = keras.layers.Input((n_features,))
    for part in parts:
        x = part(x)
    return keras.Model(inputs, x)


def compilation(task):
    """Return what a user gives to ``Model.compile``."""
    found = {
        "optimizer": OPTIMIZERS[task.optimizer].by_hand(),
        "loss": LOSSES[task.target][task.loss].by_hand(),
        "run_eagerly": task.run_eagerly,
    }
    for name in ("metrics", "weighted_metrics"):
        chosen = getattr(task, name)
        if chosen is not None:
            found[name] = metrics_of(task)[chosen](name).by_hand()
    return found


def metrics_of(task):
    """Return the metrics that make sense for a task, by name."""
    return metrics_for(task.target, LOSSES[task.target][task.loss].form)


@dataclass(frozen=True)
class Data:
    """Rows to train on, with everything that belongs to a row."""

    x: np.ndarray
    y: np.ndarray
    weights: np.ndarray | None


def training_rows(task):
    return _rows(task, task.rows, task.sample_weight, np.random.default_rng(task.seed))


def validation_rows(task):
    weights = "random" if task.validation_weights else None
    return _rows(task, 11, weights, np.random.default_rng([task.seed, 1]))


def labels_of(task):
    """Return the labels of a task, sorted."""
    kinds = LABELS[: 4 if N_CLASSES[task.target] == 2 else 3]
    return np.sort(np.array(kinds[task.seed % len(kinds)][: N_CLASSES[task.target]]))


def _rows(task, n, weighted, rng):
    x = rng.normal(size=(n, N_FEATURES)) * (3 if task.dtype == "int64" else 1)
    if task.target in N_CLASSES:
        k = N_CLASSES[task.target]
        codes = np.where(rng.random(n) < 0.4, 0, np.arange(n) % k)
        codes[: 2 * k] = np.arange(2 * k) % k  # no class is missing
        x[:, 0] += codes
        y = labels_of(task)[codes]
    elif task.target == "multilabel":
        y = (x[:, :3] + rng.normal(size=(n, 3)) > 0).astype(int)
        y[:2] = [[1, 1, 0], [0, 0, 1]]
    else:
        y = x[:, :2] @ rng.normal(size=(2, N_UNITS[task.target])) + 1
        y = y[:, 0] if task.target == "regression" else y
    weights = None if weighted is None else rng.uniform(0.5, 2.0, size=n)
    if weighted == "zeros":
        weights[rng.random(n) < 0.3] = 0
    return Data(x.astype(task.dtype), y, weights)


def class_weights(task):
    """Return class weights as they are given to the wrapper."""
    if task.class_weight != "dict":
        return task.class_weight
    if task.target == "multilabel":
        return [{0: 0.5, 1: 1.5 + column} for column in range(3)]
    return {label: 0.5 + code for code, label in enumerate(labels_of(task).tolist())}


def callbacks_of(task, events):
    made = (callback_parts(name, events) for name in task.callbacks)
    return [cls(**arguments) for cls, arguments in made]


def estimator(task, events):
    """Return the wrapper of a task, unfitted."""
    if task.compiled_by == "compile_kwargs":

        def build(meta, compile_kwargs):
            model = built(task, meta["n_features_in_"])
            model.compile(**compile_kwargs)
            return model

    else:

        def build(meta):
            model = built(task, meta["n_features_in_"])
            if task.compiled_by == "builder":
                model.compile(**compilation(task))
            return model

    given = {"model": build, "verbose": 0, "warm_start": task.warm_start, **_compiled(task)}
    given |= _callbacks_given(task, events)
    if task.validation == "split":
        given["validation_split"] = VALIDATION_SPLIT
    if task.validation == "routed":
        given["fit__validation_data"] = _validation_data(task)
    prefix = "fit__" if task.arguments == "routed" else ""
    given["validation_batch_size"] = task.validation_batch_size
    # Prediction is in batches of the same size.
    given["batch_size"] = task.batch_size
    if task.arguments != "call":
        given |= {f"{prefix}{name}": value for name, value in _of_fit(task).items()}
    classifier = task.target in N_CLASSES or task.target == "multilabel"
    wrapper = KerasClassifier if classifier else KerasRegressor
    return (BaseWrapper if task.target == "base" else wrapper)(**given)


def arguments_of_call(task, method, events):
    """Return the keyword arguments of one call of ``fit`` or ``partial_fit``."""
    given = _of_fit(task) if task.arguments == "call" else {}
    if method == "partial_fit":
        given.pop("epochs", None)
    data = training_rows(task)
    if data.weights is not None:
        given["sample_weight"] = data.weights
    if task.callbacks_as == "call":
        given["callbacks"] = callbacks_of(task, events)
    if task.validation == "data":
        given["validation_data"] = _validation_data(task)
    if task.validation == "X_val" and method == "fit":
        rows = validation_rows(task)
        given |= {"X_val": rows.x, "y_val": rows.y, "sample_weight_val": rows.weights}
    return given


def _of_fit(task):
    found = {"epochs": task.epochs, "shuffle": task.shuffle}
    if task.class_weight is not None:
        found["class_weight"] = class_weights(task)
    return found


def _validation_data(task):
    rows = validation_rows(task)
    return (rows.x, rows.y) if rows.weights is None else (rows.x, rows.y, rows.weights)


def _compiled(task):
    if task.compiled_by == "builder":
        return {"loss": "mae", "optimizer": "adagrad"}  # ignored
    given = {"run_eagerly": task.run_eagerly}
    given |= OPTIMIZERS[task.optimizer].given() | LOSSES[task.target][task.loss].given()
    for name, parameter in (
        ("metrics", "metrics"),
        ("weighted_metrics", "compile__weighted_metrics"),
    ):
        chosen = getattr(task, name)
        given |= {} if chosen is None else metrics_of(task)[chosen](parameter).given()
    return given


def _callbacks_given(task, events):
    if not task.callbacks or task.callbacks_as == "call":
        return {}
    if task.callbacks_as == "instances":
        return {"callbacks": callbacks_of(task, events)}
    made = [callback_parts(name, events) for name in task.callbacks]
    given = {"callbacks": [cls for cls, _ in made]}
    for index, (_, arguments) in enumerate(made):
        given |= {f"callbacks__{index}__{name}": arguments[name] for name in arguments}
    return given


def draw(seed):
    """Return a random task; a series of seeds goes through all targets in turn."""
    rng = np.random.default_rng([seed, 13])

    def one_of(*choices):
        return choices[rng.integers(len(choices))]

    target = TARGETS[seed % len(TARGETS)]
    task = Task(
        seed=seed,
        target=target,
        layers=tuple(one_of(*LAYERS) for _ in range(rng.integers(4))),
        model=one_of("sequential", "functional", "unbuilt"),
        compiled_by=one_of("wrapper", "wrapper", "builder", "compile_kwargs"),
        run_eagerly=one_of(True, False, False),
        optimizer=one_of(*OPTIMIZERS),
        loss=one_of(*LOSSES[target]),
        sample_weight=one_of(None, "random", "zeros"),
        validation=one_of(None, "split", "data", "routed", "X_val"),
        validation_weights=one_of(False, True),
        rows=one_of(17, 20, 32),
        dtype=one_of("float32", "float64", "int64"),
        batch_size=one_of(None, 7, 8, 100, -1),
        validation_batch_size=one_of(None, 5, -1),
        epochs=one_of(1, 2, 3),
        shuffle=one_of(True, True, False),
        arguments=one_of("parameters", "routed", "call"),
        callbacks_as=one_of("instances", "classes", "call"),
        calls=one_of(*CALLS, ("initialize", "fit")),
        warm_start=one_of(True, False),
    )
    chosen = rng.permutation(CALLBACKS)[: rng.integers(4)].tolist()
    if task.optimizer in SCHEDULES:
        chosen = [name for name in chosen if name not in SETS_RATE]
    known = metrics_of(task)
    weights = {"multilabel": ("dict",)} | dict.fromkeys(N_CLASSES, ("dict", "balanced"))
    return replace(
        task,
        callbacks=tuple(chosen),
        metrics=one_of(None, *known),
        weighted_metrics=one_of(None, None, *known),
        class_weight=one_of(None, *weights.get(target, ())),
        validation_weights=task.validation_weights and task.validation not in {None, "split"},
    )

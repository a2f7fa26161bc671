"""What a user of bare Keras writes for a random task: encode the target, build, compile, fit."""

import itertools
import math
import random

import keras
import numpy as np
from random_task_parts import LOSSES
from random_tasks import (
    N_CLASSES,
    N_FEATURES,
    VALIDATION_SPLIT,
    built,
    callbacks_of,
    class_weights,
    compilation,
    labels_of,
    training_rows,
    validation_rows,
)
from sklearn.utils.class_weight import compute_class_weight

FULL_NAMES = {"mse": "mean_squared_error", "mae": "mean_absolute_error", "acc": "accuracy"}


def run(task):
    """Train a task; return the model, its history, the events, and what it predicts."""
    events, history, model, callbacks = [], {}, None, []
    data = training_rows(task)
    batch_size = len(data.x) if task.batch_size == -1 else task.batch_size
    for method in task.calls:
        goes_on = model is not None and (method == "partial_fit" or task.warm_start)
        if not goes_on:
            model = built(task, N_FEATURES)
            model.compile(**as_in_a_new_process(task, compilation(task)))
        if method == "initialize":
            if task.model == "unbuilt":  # `initialize` makes the weights (INIT-8)
                model.build((None, N_FEATURES))
            continue
        if not goes_on or method == "fit" or task.callbacks_as == "call":
            callbacks = callbacks_of(task, events)
        if method == "fit" or not goes_on:
            history = {}
        done = len(history.get("loss", ()))
        epochs = done + (1 if method == "partial_fit" else task.epochs)
        arguments = {
            "x": data.x,
            "y": encoded(task, data.y),
            "batch_size": batch_size,
            "epochs": epochs,
            "initial_epoch": done,
            "shuffle": task.shuffle,
            "callbacks": callbacks,
            "verbose": 0,
        }
        logs = model.fit(**arguments | weights_and_validation(task, data, method)).history
        for name, values in logs.items():
            history.setdefault(full_name(name), []).extend(values)
    outputs = model.predict(
        data.x,
        batch_size=batch_size,
        callbacks=callbacks if task.callbacks_as != "call" else None,
        verbose=0,
    )
    return model, history, events, decoded(task, outputs)


def as_in_a_new_process(task, arguments):
    """Return arguments with metrics numbered from the start: so are the wrapper's in each fit."""
    taken = set()
    for metric in [*(arguments.get("metrics") or ()), *(arguments.get("weighted_metrics") or ())]:
        name = getattr(metric, "name", "")
        base, _, number = name.rpartition("_")
        if number.isdigit() and task.compiled_by != "builder":
            names = itertools.chain([base], (f"{base}_{i}" for i in itertools.count(1)))
            name = metric.name = next(one for one in names if one not in taken)
        taken.add(name)
    return arguments


def full_name(name):
    """Return the full name of a logged quantity: the wrapper's history has no abbreviations."""
    prefix = "val_" if name.startswith("val_") else ""
    short = name.removeprefix(prefix)
    return prefix + FULL_NAMES.get(short, short)


def encoded(task, y):
    """Return the target in the form that the loss wants."""
    if task.target not in N_CLASSES:
        y = y.astype("float32") if y.dtype.kind == "i" else y
        return y.reshape(-1, 1) if y.ndim == 1 else y
    codes = np.searchsorted(labels_of(task), y)
    # Most losses have the same value for class numbers of shape (n, 1) and (n,), but the last bit can
    # differ, because XLA makes another program: these are the shapes that the guide names.
    form = LOSSES[task.target][task.loss].form
    if form == "one-hot":
        return np.eye(N_CLASSES[task.target], dtype="float32")[codes]
    return codes if form == "flat" else codes.reshape(-1, 1).astype("float32")


def decoded(task, outputs):
    """Return predictions in the user's own terms."""
    if task.target in N_CLASSES:
        if task.target == "binary":
            middle = 0.5 if LOSSES[task.target][task.loss].activation == "sigmoid" else 0
            codes = (outputs[:, 0] > middle).astype(int)
        else:
            codes = outputs.argmax(axis=1)
        return labels_of(task)[codes]
    if task.target == "multilabel":
        return (outputs > 0.5).astype(int)
    return outputs[:, 0] if task.target == "regression" else outputs


def weights_and_validation(task, data, method):
    """Return the arguments of ``Model.fit`` for weights and for validation."""
    found = {"sample_weight": data.weights}
    if task.validation_batch_size is not None:
        size = task.validation_batch_size
        found["validation_batch_size"] = len(data.x) if size == -1 else size
    by_class = weights_by_class(task, data.y)
    if task.validation == "split":
        found["validation_split"] = VALIDATION_SPLIT
    elif task.validation in {"data", "routed"} or (task.validation == "X_val" and method == "fit"):
        rows = validation_rows(task)
        xy = (rows.x, encoded(task, rows.y))
        found["validation_data"] = xy if rows.weights is None else (*xy, rows.weights)
    if by_class is None:
        return found
    if isinstance(by_class, dict) and data.weights is None:
        return {**found, "class_weight": by_class}
    return weigh_training_only(task, data, by_class, found)


def weigh_training_only(task, data, by_class, found):
    """Multiply weights of rows and of classes, which Keras does not do; validation has no classes.

    Rows to validate on are cut off as Keras does it.
    """
    if isinstance(by_class, dict):
        codes = np.searchsorted(labels_of(task), data.y)
        by_class = np.array([by_class[code] for code in codes])
    own = np.ones(len(data.x)) if data.weights is None else data.weights
    weights = own * by_class
    if found.pop("validation_split", None) is None:
        return {**found, "sample_weight": weights}
    cut = math.floor(len(data.x) * (1 - VALIDATION_SPLIT))
    held_out = (data.x[cut:], encoded(task, data.y[cut:]))
    if data.weights is not None:
        held_out = (*held_out, data.weights[cut:])
    return {
        **found,
        "x": data.x[:cut],
        "y": encoded(task, data.y[:cut]),
        "sample_weight": weights[:cut],
        "validation_data": held_out,
    }


def weights_by_class(task, y):
    """Return weights by number of the class, for Keras; by row for multilabel; or None."""
    given = class_weights(task)
    if given is None:
        return None
    if task.target == "multilabel":
        columns = [[given[i][value] for value in y[:, i].tolist()] for i in range(y.shape[1])]
        return np.prod(columns, axis=0)
    labels = labels_of(task)
    if given == "balanced":
        return dict(enumerate(compute_class_weight("balanced", classes=labels, y=y)))
    return {code: given[label] for code, label in enumerate(labels.tolist())}


def next_numbers():
    """Return what is drawn next from each generator of random numbers."""
    return [
        random.random(),
        np.random.random(),  # noqa: NPY002 - Keras draws from it
        keras.ops.convert_to_numpy(keras.random.uniform((2,))).tolist(),
    ]

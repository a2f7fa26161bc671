"""The wrapper trains as Keras alone does: random tasks, compared with bare Keras, to the last bit.

A failure prints its task as one line. To run it again:
``SCIKERAS_REFERENCE_TASK="Task(...)" python -m pytest tests/reference/test_against_keras.py``.
"""

import os
import re
import time
import warnings
from dataclasses import replace

import bare_keras
import keras
import numpy as np
import pytest
from random_task_parts import LOSSES
from random_tasks import TARGETS, Task, arguments_of_call, draw, estimator, training_rows

from scikeras_reference.exceptions import OutputRangeWarning
from scikeras_reference.utils import torch_threads

ORDINARY = 14
EXAMPLES = int(os.environ.get("SCIKERAS_REFERENCE_EXAMPLES", ORDINARY))
"""How many random tasks are trained; the nightly job trains more."""
SECONDS_TO_SIMPLIFY = 60
SETTING = "SCIKERAS_REFERENCE_SHARED_STEPS"
ON_JAX = keras.backend.backend() == "jax"
PASTED = os.environ.get("SCIKERAS_REFERENCE_TASK")


def that_keras_repeats(task):
    """Return the task, on JAX with no more than one layer that adds a loss.

    On JAX, Keras tells the losses of layers apart by their addresses in memory, which it remembers
    until the next batch. Where two layers add losses, one of a former batch may have lain where one
    of this batch lies, and then Keras leaves a loss out: bare Keras differs from itself.
    """
    first = task.layers.index("activity") + 1 if "activity" in task.layers else 0
    rest = ("dense" if name == "activity" else name for name in task.layers[first:])
    return replace(task, layers=(*task.layers[:first], *rest)) if ON_JAX else task


TASKS = [eval(PASTED, {"Task": Task})] if PASTED else [draw(seed) for seed in range(EXAMPLES)]
TASKS = [that_keras_repeats(task) for task in TASKS]


def start_anew(seed):
    """Bring the process to where a script would start: no names given out, generators seeded."""
    keras.utils.clear_session(free_memory=False)
    keras.utils.set_random_seed(seed)


def bits(arrays):
    return [(np.shape(array), np.asarray(array).tobytes()) for array in arrays]


def seen(model, history, events, predictions, task):
    """Return all that a user can see of a trained model, by what it is called."""
    drawn = bare_keras.next_numbers()
    rows = training_rows(task)
    # The wrapper hands objects to Model.compile, where a user may have given names.
    compiled = model.get_compile_config() if task.compiled_by == "builder" else None
    if ON_JAX:
        outputs = model.predict(rows.x, verbose=0)
    else:
        # Of the two models alike, and sooner than Keras has traced a function that is called once.
        outputs = keras.ops.convert_to_numpy(model(rows.x, training=False))
        model.run_eagerly, model.test_function = True, None
    return {
        "history": {name: [float(v) for v in values] for name, values in history.items()},
        "order of the history": list(history),
        "events": events,
        "predictions": (np.shape(predictions), np.asarray(predictions).tolist()),
        "weights": bits(v.numpy() for v in model.variables),
        "optimizer": bits(v.numpy() for v in model.optimizer.variables),
        "metrics": bits(v.numpy() for v in model.metrics_variables),
        "outputs": bits([outputs]),
        "random numbers": drawn,
        "names of metrics": model.metrics_names,
        "steps": int(model.optimizer.iterations),
        "configuration": _of_any_size(repr(model.get_config())),
        "compilation": repr(compiled),
        "evaluation": model.evaluate(
            rows.x,
            bare_keras.encoded(task, rows.y),
            sample_weight=rows.weights,
            verbose=0,
            return_dict=True,
        ),
    }


def _of_any_size(configuration):
    """Return it without the number of rows: Keras takes that of the first batch if it has none."""
    return re.sub(r"(shape': )\(\d+, ", r"\1(None, ", configuration)


def by_hand(task):
    start_anew(task.seed)
    model, history, events, predictions = bare_keras.run(task)
    return seen(model, history, events, predictions, task)


def wrapped(task, setting):
    start_anew(task.seed)
    rows, events = training_rows(task), []
    wrapper = estimator(task, events)
    # On PyTorch, equal bits take equal numbers of threads.
    with (
        pytest.MonkeyPatch.context() as patch,
        torch_threads(None),
        warnings.catch_warnings(),
    ):
        # Some tasks measure logits as if they were probabilities, which Keras does without a word.
        warnings.simplefilter("ignore", OutputRangeWarning)
        patch.setenv(SETTING, setting)
        for method in task.calls:
            if method == "initialize":
                wrapper.initialize(rows.x, rows.y)
            else:
                getattr(wrapper, method)(rows.x, rows.y, **arguments_of_call(task, method, events))
        predictions = wrapper.predict(rows.x)
        return seen(wrapper.model_, wrapper.history_, events, predictions, task)


def settings_for(task):
    """Return the settings under which a task is trained.

    In the ordinary run tasks with odd seeds share steps and the others do not; where more tasks
    are asked for, or one was pasted, each is trained both ways.
    """
    both = {"0": "without shared steps", "1": "with shared steps"}
    if PASTED or EXAMPLES > ORDINARY:
        return both
    setting = str(task.seed % 2)
    return {setting: both[setting]}


def difference(task):
    """Return what differs between the wrapper and bare Keras; an empty text if nothing does."""
    expected = by_hand(task)
    for setting, how in settings_for(task).items():
        try:
            found = wrapped(task, setting)
        except Exception as error:  # whatever the wrapper raises, Keras did not
            return f"{how}: {type(error).__name__}: {error}"
        for name, value in expected.items():
            if value != found[name]:
                return f"{how}: {name}\n{side_by_side(value, found[name])}"
    return ""


def side_by_side(expected, found, width=300):
    """Return two values as text, from shortly before the place where they begin to differ."""
    texts = repr(expected), repr(found)
    pairs = enumerate(zip(*texts, strict=False))
    same = next((place for place, (one, other) in pairs if one != other), 0)
    by_keras, by_wrapper = (text[max(same - 100, 0) : same + width] for text in texts)
    return f"Keras:   {by_keras}\nwrapper: {by_wrapper}"


def simplest(task, until):
    """Return the plainest task that still differs, leaving out one thing at a time, until a time."""
    for simpler in task.simpler():
        if time.monotonic() > until:
            break
        try:
            differs = difference(simpler)
        except Exception:  # Keras itself cannot train it
            continue
        if differs:
            return simplest(simpler, until)
    return task


def check(task):
    found = difference(task)
    if found:
        plainest = simplest(task, time.monotonic() + SECONDS_TO_SIMPLIFY)
        pytest.fail(f"{task!r}\n{found}\nIn short: {plainest!r}\n{difference(plainest)}")


@pytest.mark.slow
@pytest.mark.parametrize("task", TASKS, ids=lambda task: f"{task.seed}")
def test_a_random_task_is_trained_as_by_bare_keras(task):
    """Weights, history, events, predictions, random numbers and the model are the same."""
    # On JAX, Keras 3.15 loses the averages of an optimizer, often between two calls of fit.
    if ON_JAX and task.optimizer == "average":
        try:
            by_hand(task)
        except (TypeError, RuntimeError) as error:
            pytest.skip(f"Keras itself cannot train it: {error}")
    check(task)


def test_a_plain_task_is_trained_as_by_bare_keras():
    """What is drawn at random for the slow tests holds for a plain fit, too."""
    check(Task(target="binary", run_eagerly=True))


def test_the_text_of_a_task_makes_the_same_task():
    """A failure can be reproduced from what it prints."""
    tasks = [draw(seed) for seed in range(50)]
    assert tasks == [eval(repr(task), {"Task": Task}) for task in tasks]


def test_random_tasks_have_everything_in_them():
    """The tasks of the nightly job use every target and loss, and every kind of callback."""
    tasks = [draw(seed) for seed in range(200)]
    expected = {(target, loss) for target in TARGETS for loss in LOSSES[target]}
    assert expected == {(task.target, task.loss) for task in tasks}


def test_a_difference_is_found(monkeypatch):
    """The comparison itself sees another learning rate; it would not pass whatever happens."""
    monkeypatch.setattr(bare_keras, "encoded", lambda task, y: 1 - y.reshape(-1, 1))
    assert "weights" in difference(Task(run_eagerly=True)) or "history" in difference(
        Task(run_eagerly=True)
    )

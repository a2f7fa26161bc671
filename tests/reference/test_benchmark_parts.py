"""The parts of a call are told by the stack of the main thread."""

import inspect
import linecache
import re
import signal
from time import perf_counter

import keras
import pytest

from benchmarks import competitors, costs, task
from benchmarks.__main__ import main
from benchmarks.competitors import Absent
from benchmarks.parts import PARTS, part_of, seconds_by_part
from benchmarks.results import Results
from benchmarks.scenarios import SAMPLED
from scikeras_reference import _shared_steps
from scikeras_reference._model import compilation
from scikeras_reference._shared_steps.jax import step as jax_step
from scikeras_reference._shared_steps.tensorflow import step as tensorflow_step

needs_timers = pytest.mark.skipif(
    not hasattr(signal, "setitimer"), reason="Windows has no timers that interrupt a process"
)
TRAINER = "/lib/keras/src/backend/jax/trainer.py"
BUILDER, COMPILE, VARIABLES, SHARED, STEPS, KERAS, WRAPPER, OTHER = PARTS


def called(filename, name, inner, line="inner()"):
    """Return a function that calls another from a file and a function of these names."""
    source = f"def {name}():\n    return {line}\n"
    lines = source.splitlines(keepends=True)
    linecache.cache[filename] = (len(source), None, lines, filename)
    namespace = dict.fromkeys(re.findall(r"\w+(?=\()", line), inner)
    exec(compile(source, filename, "exec"), namespace)
    return namespace[name]


@pytest.mark.parametrize(
    ("part", "frames"),
    [
        (OTHER, []),
        (BUILDER, [("/r/benchmarks/task.py", "layers")]),
        (OTHER, [("/r/benchmarks/task.py", "table")]),
        (COMPILE, [("/lib/keras/src/trainers/trainer.py", "compile")]),
        (COMPILE, [("/r/scikeras_reference/_model/compilation.py", "compiled")]),
        (VARIABLES, [("/lib/keras/src/optimizers/adam.py", "build")]),
        (SHARED, [("/r/scikeras_reference/_shared_steps/jax/step.py", "_resolve")]),
        (KERAS, [(TRAINER, "fit", "callbacks(inner())")]),
        (STEPS, [(TRAINER, "fit", "train_function()")]),
        (KERAS, [(TRAINER, "fit", "make_train_function()")]),
        (STEPS, [(TRAINER.replace("jax", "torch"), "predict", "predict_function()")]),
        (WRAPPER, [("/r/scikeras_reference/_training/fit.py", "fit")]),
        (COMPILE, [("/r/benchmarks/competitors.py", "_compiled")]),
        (OTHER, [("/r/benchmarks/competitors.py", "fit")]),
        (KERAS, [("/lib/keras/src/utils/tracking.py", "clear")]),
        # From within: what Keras does for a builder is the builder's; what is called in a step
        # is the step's, unless the step has to be found first.
        (
            BUILDER,
            [("/lib/keras/src/layers/dense.py", "build"), ("/r/benchmarks/task.py", "layers")],
        ),
        (
            STEPS,
            [
                ("/r/scikeras_reference/_shared_steps/jax/step.py", "__call__"),
                (TRAINER, "fit", "train_function()"),
                ("/r/scikeras_reference/_training/fit.py", "fit"),
            ],
        ),
        (
            SHARED,
            [
                ("/r/scikeras_reference/_shared_steps/jax/step.py", "_resolve"),
                (TRAINER, "fit", "train_function()"),
            ],
        ),
        (
            VARIABLES,
            [
                ("/lib/keras/src/optimizers/base_optimizer.py", "build"),
                ("/r/scikeras_reference/_shared_steps/tensorflow/step.py", "_resolve"),
            ],
        ),
    ],
)
def test_a_stack_belongs_to_the_part_that_is_told_first(part, frames):
    def work(*_):
        return part_of(inspect.currentframe())

    for frame in frames:
        work = called(frame[0], frame[1], work, *frame[2:])
    assert part == work()


@pytest.mark.parametrize(
    ("place", "name"),
    [
        (task, "layers"),
        (competitors, "_compiled"),
        (compilation, "compile_model"),
        (_shared_steps, "_shared_functions"),
        (tensorflow_step.SharedGraph, "_resolve"),
        (jax_step.SharedProgram, "_resolve"),
        (keras.Model, "compile"),
        (keras.optimizers.Optimizer, "build"),
        *((keras.Model, name) for name in ("fit", "evaluate", "predict", "predict_on_batch")),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_the_functions_that_tell_a_part_exist(place, name):
    """If one is renamed, its time would go to the part around it."""
    function = inspect.unwrap(getattr(place, name))
    code = function.__code__
    assert name == code.co_name
    assert part_of(Frame(code)) not in {WRAPPER, OTHER}


class Frame:
    """A frame outside of all others, at the first line of its function."""

    f_back = None

    def __init__(self, code):
        self.f_code, self.f_lineno = code, code.co_firstlineno


@needs_timers
def test_samples_add_up_to_the_whole_call_and_put_the_signal_back():
    layers = called("/r/benchmarks/task.py", "layers", lambda: sum(range(200_000)))
    before = signal.getsignal(signal.SIGALRM)
    found = seconds_by_part(lambda _: layers(), 0.3)
    assert before is signal.getsignal(signal.SIGALRM)
    assert found[BUILDER] > sum(found.values()) / 2 > 0
    assert (0.0, 0.0) == signal.getitimer(signal.ITIMER_REAL)


@needs_timers
def test_a_call_of_compiled_code_counts_with_all_its_time():
    """It cannot be interrupted, so it has one sample; the loop has many."""
    numbers = [0.1] * 2_000_000
    layers = called("/r/benchmarks/task.py", "layers", lambda: sum(numbers))

    def loop():
        start = perf_counter()
        layers()
        took = perf_counter() - start
        while perf_counter() - start < 2 * took:
            pass

    found = seconds_by_part(lambda _: loop(), 0.3)
    share = found[BUILDER] / sum(found.values())
    assert 0.25 < share < 0.75


@needs_timers
def test_the_signal_is_put_back_after_an_error():
    before = signal.getsignal(signal.SIGALRM)

    def work(_):
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        seconds_by_part(work, 0.1)
    assert before is signal.getsignal(signal.SIGALRM)
    assert (0.0, 0.0) == signal.getitimer(signal.ITIMER_REAL)


def test_a_system_without_such_timers_takes_no_samples(monkeypatch):
    monkeypatch.delattr(signal, "setitimer", raising=False)
    with pytest.raises(Absent, match="timer"):
        seconds_by_part(lambda _: None, 0.1)


def test_a_table_has_the_parts_that_occur_and_their_sum():
    record = {"parts": {"seconds": {"reference": {BUILDER: 0.25, STEPS: 0.5}, "keras": {STEPS: 1}}}}
    table = costs.parts_table(record)
    assert ["part", "reference", "bare Keras"] == cells(table, 0)
    assert [BUILDER, "250 ms", "\N{EN DASH}"] == cells(table, 2)
    assert ["**one call**", "750 ms", "1 s"] == cells(table, -1)
    assert COMPILE not in table


def cells(table, row):
    return [cell.strip() for cell in table.splitlines()[row].strip("|").split("|")]


def test_parts_are_sampled_of_what_was_measured_on_this_backend(tmp_path, capsys):
    file = tmp_path / "results.json"
    with pytest.raises(SystemExit):
        main(["--parts", "--output", str(file)])
    assert "measure first" in capsys.readouterr().err
    record = {"samples": {}, "absent": {}, "failed": {}, "rounds": 1}
    results = Results(file)
    results.add("first-fit", record, {"backend": "none"})
    with pytest.raises(SystemExit):
        main(["--parts", "--output", str(file)])
    assert "not measured" in capsys.readouterr().err
    for name in SAMPLED:
        results.add(name, record, {"backend": "none"})
    with pytest.raises(SystemExit):
        main(["--parts", "--output", str(file)])
    assert "is of none" in capsys.readouterr().err

"""Functions of the user's own that may do more than compute, and are left to Keras."""

import functools
import types

import keras
import numpy as np
import pytest
from keras import ops
from shared_step_models import (
    ROWS,
    empty_cache,
    model_with,
    only_where_shared,
    trained,
)

from scikeras_reference._shared_steps.bytecode import reading
from scikeras_reference._shared_steps.fingerprint import fingerprint
from scikeras_reference._shared_steps.own_functions import description
from scikeras_reference._shared_steps.refusal_log import NotSharedError

pytestmark = only_where_shared
__all__ = ["empty_cache"]  # the fixture

TARGET = np.eye(3)[np.arange(21) % 3]
SCALE = 2.5
WEIGHTS_OF_COLUMNS = np.array([1.0, 2.0, 0.5])
OPTIONS = {"power": 2}
EVENTS = []


def squared(values):
    """Serve other functions."""
    return ops.square(values)


def appends(y_true, y_pred):
    EVENTS.append(1)
    return y_pred


def appends_by_another_name(y_true, y_pred):
    events = EVENTS
    events.append(1)
    return y_pred


def counts(y_true, y_pred):
    global SCALE  # noqa: PLW0603
    SCALE = 3
    return y_pred


def imports(y_true, y_pred):
    import random

    return y_pred * random.random()


def draws(y_true, y_pred):
    return y_pred * np.random.rand()  # noqa: NPY002


def draws_with_keras(y_true, y_pred):
    return y_pred * keras.random.uniform((1,))


def changes_a_setting(y_true, y_pred):
    keras.config.set_epsilon(1e-3)
    return y_pred


def changes_an_array(y_true, y_pred):
    weights = WEIGHTS_OF_COLUMNS
    weights += 1
    return y_pred * weights


def changes_an_array_elsewhere(y_true, y_pred):
    def more(array):
        array *= 2
        return array

    return y_pred * more(WEIGHTS_OF_COLUMNS)


def writes_into_an_array(y_true, y_pred):
    return y_pred * np.add(WEIGHTS_OF_COLUMNS, 1, WEIGHTS_OF_COLUMNS)


def sets_an_item(y_true, y_pred):
    OPTIONS["power"] = 3
    return y_pred


def sets_an_attribute(y_true, y_pred):
    squared.calls = 1
    return y_pred


def passes_a_module_on(y_true, y_pred):
    library = keras
    return library.ops.mean(y_pred)


def passes_one_of_two_on(y_true, y_pred):
    return (keras if SCALE else ops).mean(y_pred)


def reads_a_variable_of_keras(y_true, y_pred):
    return y_pred * VARIABLE


def makes_an_object(y_true, y_pred):
    return keras.losses.MeanSquaredError()(y_true, y_pred)


def looks_deeper(y_true, y_pred):
    return y_pred.__class__(y_pred)


def gives_up(y_true, y_pred):
    raise RuntimeError


def handles_an_error(y_true, y_pred):
    try:
        return y_pred / 0
    finally:
        len(y_pred)


def adds_up_into_an_array(y_true, y_pred):
    return y_pred * WEIGHTS_OF_COLUMNS.sum(out=WEIGHTS_OF_COLUMNS[:1])


def shows_a_name(y_true, y_pred):
    return y_pred * len(f"{y_pred}")


def shows_a_name_in_a_format(y_true, y_pred):
    return y_pred * len(FORMAT % y_pred)


def shows_a_name_in_another_format(y_true, y_pred):
    return y_pred * len("%s" % y_pred)  # noqa: UP031


def shows_a_name_with_numpy(y_true, y_pred):
    return y_pred * len(np.str_(y_pred))


def compares_objects(y_true, y_pred):
    return y_pred if OPTIONS is WEIGHTS_OF_COLUMNS else y_true


def reads_an_attribute_of_a_function(y_true, y_pred):
    return y_pred * WITH_SIZE.size


def reads_it_by_another_name(y_true, y_pred):
    function = WITH_SIZE
    return y_pred * function.size


def multiplies_by_a_number_of_its_own(y_true, y_pred):
    return y_pred * NUMBER


def makes_a_number_of_its_own(y_true, y_pred):
    return y_pred * Number(1.0)


def calls_what_is_named_like_a_dtype(y_true, y_pred):
    return DTYPE(y_pred)


def calls_what_is_named_like_an_option(y_true, y_pred):
    return y_pred * epsilon()


def calls_what_is_named_like_an_operation(y_true, y_pred):
    return y_pred * square(WEIGHTS_OF_COLUMNS)


def reads_from_a_module_that_answers(y_true, y_pred):
    return y_pred * ANSWERING.size


def reads_from_a_module_of_a_class(y_true, y_pred):
    return y_pred * OF_A_CLASS.size


def hands_a_function_over(y_true, y_pred):
    return ops.cond(True, lambda: y_pred, lambda: y_true)


def by_other_builtins():
    space = {"__builtins__": {"len": abs}, "__name__": __name__}
    exec("def loss(y_true, y_pred): return y_pred * len(y_pred.shape)", space)
    return space["loss"]


def with_many_names():
    """Jump to an instruction that does not fit into a byte, so that another one stands before."""
    space = {f"NAME{i}": 1.0 for i in range(300)} | {"__name__": __name__}
    space |= {"EVENTS": EVENTS, "MODULE": types.ModuleType("module"), "FLAG": True}
    space["MODULE"].append = squared
    names = "\n".join(f"    x = NAME{i}" for i in range(300))
    exec(f"def loss(y, p):\n{names}\n    (EVENTS if FLAG else MODULE).append(1)", space)
    return space["loss"]


class Number(np.float64):
    """Does more than a number when it is multiplied."""


def with_size(values):
    return values


@functools.wraps(keras.config.epsilon)
def epsilon():
    return EVENTS.append(1) or 1e-3


@functools.wraps(ops.square)
def square(values):
    values += 1
    return values


def answer(name):
    if name != "size":
        raise AttributeError(name)
    pytest.fail("code of the user's was called")


FORMAT = "%r"
NUMBER = Number(1.0)
DTYPE = type("dtype", (), {"__repr__": lambda _: "dtype('float32')"})()
WITH_SIZE = with_size
WITH_SIZE.size = 3
ANSWERING = types.ModuleType("answering")
ANSWERING.__getattr__ = answer
OF_A_CLASS = type("Module", (types.ModuleType,), {"size": property(lambda _: answer("size"))})(
    "of_a_class"
)


def shows(y_true, y_pred):
    print(y_pred)
    return y_pred


def calls_an_object(y_true, y_pred):
    return OBJECT(y_true, y_pred)


def reads_nothing_there(y_true, y_pred):
    return y_pred * NOWHERE  # noqa: F821


VARIABLE = keras.Variable(1.0)
OBJECT = keras.losses.MeanSquaredError()


def counting():
    calls = 0

    def loss(y_true, y_pred):
        nonlocal calls
        calls = calls + 1
        return y_pred

    return loss


@pytest.mark.parametrize(
    ("function", "why"),
    [
        (appends, "EVENTS.append"),
        (appends_by_another_name, "attribute append"),
        (counts, "STORE_GLOBAL"),
        (counting(), "STORE_DEREF"),
        (imports, "IMPORT_NAME"),
        (draws, "class method"),
        (draws_with_keras, "it calls keras.src.random.random.uniform"),
        (changes_a_setting, "set_epsilon"),
        (changes_an_array, "in place"),
        (changes_an_array_elsewhere, "in place"),
        (writes_into_an_array, "in place"),
        (sets_an_item, "STORE_SUBSCR"),
        (sets_an_attribute, "STORE_ATTR"),
        (passes_a_module_on, "attribute ops of a value"),
        (passes_one_of_two_on, "module keras as a value|no keras.mean"),
        (reads_a_variable_of_keras, "class .*Variable"),
        (makes_an_object, "class type"),
        (looks_deeper, "attribute __class__"),
        (gives_up, "it reads RuntimeError"),
        (handles_an_error, "PUSH_EXC_INFO"),
        (adds_up_into_an_array, "in place"),
        (shows_a_name, "FORMAT_"),
        (shows_a_name_in_a_format, "text of a tensor"),
        (shows_a_name_in_another_format, "text of a tensor"),
        (shows_a_name_with_numpy, "class type"),
        (compares_objects, "are the same"),
        (reads_an_attribute_of_a_function, "attribute of a function"),
        (reads_it_by_another_name, "with_size has attributes"),
        (multiplies_by_a_number_of_its_own, "class .*Number"),
        (makes_a_number_of_its_own, "class type"),
        (calls_what_is_named_like_a_dtype, "class .*dtype"),
        (calls_what_is_named_like_an_option, "calls keras.*epsilon"),
        (calls_what_is_named_like_an_operation, "calls keras.*square"),
        (reads_from_a_module_that_answers, "no ANSWERING.size"),
        (reads_from_a_module_of_a_class, "usual class of modules"),
        (hands_a_function_over, "calls keras.*cond"),
        (by_other_builtins(), "its builtins"),
        (with_many_names(), "attribute append"),
        (shows, "it reads print"),
        (calls_an_object, "class .*MeanSquaredError"),
        (reads_nothing_there, "it reads NOWHERE"),
        (lambda y_true, y_pred: y_pred, "a lambda has no name"),
    ],
)
def test_what_may_do_more_than_compute_is_not_shared(function, why):
    """Tracing it once for many models could be noticed, or give another graph."""
    with pytest.raises(NotSharedError, match=f"is not Keras's own: .*{why}"):
        description(function)
    with pytest.raises(NotSharedError, match=why):
        fingerprint(model_with(function), training=True)


def test_what_a_function_raises_is_all_that_a_user_sees():
    """Not that sharing was refused before."""
    with pytest.raises(RuntimeError) as caught:
        trained(lambda: model_with(gives_up), ROWS, TARGET, epochs=1)
    assert caught.value.__cause__ is None
    assert not isinstance(caught.value.__context__, NotSharedError)


def test_the_code_shows_what_is_read():
    """Attributes belong to the variable before them, but not where it is one of two."""

    def both(x):
        return keras.ops.mean(x) + keras.ops.mean(WEIGHTS_OF_COLUMNS.max()) + len(x)

    assert (
        ("keras", "ops", "mean"),
        ("WEIGHTS_OF_COLUMNS", "max"),
        ("len",),
    ) == reading(both.__code__).chains
    # Python 3.11 reads the attribute once, of what it cannot tell; later ones in each branch.
    found = reading(passes_one_of_two_on.__code__).chains
    assert found in {
        (("SCALE",), ("keras",), ("ops",)),
        (("SCALE",), ("keras", "mean"), ("ops", "mean")),
    }

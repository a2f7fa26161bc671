"""Show on known outputs which form of target a loss or a metric computes the right value for.

Class labels can be encoded in several forms, and Keras's rules of broadcasting let a loss compute
*some* number for most of them: class numbers spread over the units, or over the rows of a batch.
So the function is tried on outputs that are right for each class, and on outputs that are wrong.
"""

import warnings
import weakref
from collections.abc import Callable, Sequence
from enum import IntEnum
from typing import Any

import keras
import numpy as np

from scikeras_reference._backends.random_generators import preserved_generators
from scikeras_reference._data.loss_targets import (
    FormOfLoss,
    TargetForm,
    encode_classes,
    first_loss,
)

__all__ = [
    "Evidence",
    "differs_on_logits",
    "probe_loss",
    "probe_metric",
    "probed_form",
    "sees_extremes",
    "takes_scores",
]

Value = Callable[[Any, Any], Any]
"""Takes targets and outputs as arrays; returns a number, or an array of numbers."""


class Evidence(IntEnum):
    """What trying one form of target showed; more is better."""

    RAISES = 0
    CONSTANT = 1  # the value does not depend on which class is predicted
    WRONG = 2  # for some class, right outputs are no better than wrong ones
    RIGHT_BY_BATCH = 3  # right outputs are better for every class, in values of whole batches only
    SPREAD = 4  # better row by row; a batch does not depend on which row is predicted to be which
    RIGHT_BY_ROW = 5  # they are better row by row, but a batch is not what its rows are
    RIGHT = 6  # they are better row by row, and a batch is the mean or the sum of its rows


# What was tried, for as long as there is the loss.
_tried: "weakref.WeakKeyDictionary[Any, dict[tuple[int, int], FormOfLoss]]" = (
    weakref.WeakKeyDictionary()
)


def probed_form(loss: Any, n_units: int, n_classes: int) -> FormOfLoss:
    """Return which form of target `loss` wants, found out by trying each of them.

    Parameters
    ----------
    loss : str, keras.losses.Loss, callable, or list or dict of them
        A loss that `form_of_loss` does not know.
    n_units, n_classes : int
        As for `form_of_loss`.

    Examples
    --------
    >>> probed_form(lambda y, p: keras.losses.mean_squared_error(y, p), 3, 3).form.value
    'one-hot rows'
    """
    loss = first_loss(loss)
    if isinstance(loss, str):  # of the user's own, registered with Keras
        loss = keras.losses.get(loss)
    try:
        tried = _tried.setdefault(loss, {})
    except TypeError:  # neither hashed nor referred to weakly
        tried = {}
    key = (n_units, n_classes)
    if key not in tried:
        with preserved_generators(), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            called = _as_keras_calls(loss, n_units)
            found = {form: probe_loss(called, form, n_units, n_classes) for form in TargetForm}
        best = max(TargetForm, key=lambda form: found[form])  # the first of equals
        tried[key] = FormOfLoss(
            best if found[best] >= Evidence.RIGHT_BY_BATCH else TargetForm.NUMBERS,
            is_shown=found[best] >= Evidence.RIGHT_BY_BATCH and found[best] is not Evidence.SPREAD,
            takes_one_hot=found[TargetForm.ONE_HOT] is not Evidence.RAISES,
            spreads=Evidence.SPREAD in found.values(),
        )
    return tried[key]


def probe_loss(loss: Value, form: TargetForm, n_units: int, n_classes: int) -> Evidence:
    """Try one form of target with a loss.

    A form that is spread over the units cannot tell right outputs from wrong ones for each class. A
    form that is spread over the rows gives several rows another loss than the mean, or the sum, of
    their own.

    Parameters
    ----------
    loss : callable
        Takes targets and outputs.
    form : TargetForm
        The form to try.
    n_units, n_classes : int
        Width of the outputs, and number of classes, at least two.

    Examples
    --------
    >>> probe_loss(keras.losses.MeanSquaredError(), TargetForm.NUMBERS, 3, 3).name
    'WRONG'
    >>> probe_loss(keras.losses.MeanSquaredError(), TargetForm.ONE_HOT, 3, 3).name
    'RIGHT'
    """
    classes = _some_classes(n_classes)
    wrong = [*classes[1:], classes[0]]
    # The last class comes more often than the others, so that no mean over all pairs of rows is
    # right by chance.
    codes = [*classes, *classes, classes[-1], classes[-1]]
    predicted = [*classes, *wrong, classes[-1], classes[-1]]
    if len(codes) == n_units:  # a square batch would hide what is spread along the wrong axis
        codes, predicted = [*codes, codes[-1]], [*predicted, predicted[-1]]
    try:
        targets = encode_classes(np.asarray(codes), form, n_units)
        outputs = _outputs(predicted, n_units)
        rows = [slice(row, row + 1) for row in range(len(codes))]
        singles = np.array([_number(loss, targets[row], outputs[row]) for row in rows])
        together = _number(loss, targets, outputs)
        exchanged = _number(loss, targets, np.roll(outputs, 1, axis=0))
        n = len(classes)
        if _compare(singles[:n], singles[n : 2 * n]) is not Evidence.RIGHT:
            batches, _ = probe_metric(loss, form, n_units, n_classes)
            return Evidence.RIGHT_BY_BATCH if batches is Evidence.RIGHT else batches
    except Exception:  # a loss of the user's own may raise anything
        return Evidence.RAISES
    if np.isclose(together, exchanged, rtol=1e-5, atol=1e-9):
        return Evidence.SPREAD
    by_rows = np.array([singles.mean(), singles.sum()])
    adds_up = np.isclose(together, by_rows, rtol=1e-3, atol=1e-6).any()
    return Evidence.RIGHT if adds_up else Evidence.RIGHT_BY_ROW


def _as_keras_calls(loss: Value, n_units: int) -> Value:
    """Return a loss with what Keras does to its arguments; it adds a dimension for functions."""
    if n_units != 1 or isinstance(loss, keras.losses.Loss):
        return loss

    def call(targets: Any, outputs: Any) -> Any:
        is_flat = len(targets.shape) == 1
        return loss(keras.ops.expand_dims(targets, -1) if is_flat else targets, outputs)

    return call


def probe_metric(
    metric: Value, form: TargetForm, n_units: int, n_classes: int, *, logits: bool = False
) -> tuple[Evidence, Any]:
    """Try one form of target with a metric.

    Parameters
    ----------
    metric : callable
        Takes targets and outputs of several rows, and returns the result for them alone.
    form, n_units, n_classes
        As for `probe_loss`.
    logits : bool, default=False
        Whether to try it on logits in place of probabilities.

    Returns
    -------
    evidence : Evidence
        `Evidence.RIGHT` stands for values of whole batches here.
    values : ndarray or Exception
        What the metric was for a fixed series of outputs, or what it raised.
    """
    classes = _some_classes(n_classes)
    codes = [*classes, *classes[::-1], *classes, classes[-1]]
    if len(codes) == n_units:
        codes.append(codes[0])
    batches = [codes]
    for position, cls in enumerate(classes):
        other = classes[(position + 1) % len(classes)]
        batches.append([other if code == cls else code for code in codes])
    try:
        targets = encode_classes(np.asarray(codes), form, n_units)
        tried = [_outputs(predicted, n_units) for predicted in batches]
        tried.append(_uneven_outputs(len(codes), n_units))
        values = [_number(metric, targets, _logit(it) if logits else it) for it in tried]
    except Exception as error:
        return Evidence.RAISES, error
    found = np.array(values)
    if np.allclose(found, found[0], rtol=0, atol=1e-7):
        return Evidence.CONSTANT, found
    evidence = _compare(np.full(len(classes), found[0]), found[1:-1])
    return max(evidence, Evidence.WRONG), found


def sees_extremes(metric: Value, form: TargetForm) -> bool:
    """Return whether a metric of one unit tells outputs far on the right side from wrong ones.

    One with a threshold near zero or one, or at a large logit, may see no difference in the outputs
    of `probe_metric`.

    Examples
    --------
    >>> sees_extremes(keras.metrics.BinaryAccuracy(threshold=0.99), TargetForm.NUMBERS)
    True
    """
    codes = np.array([0, 1] + [0] * 40)  # some metrics are constant if a class is not rare
    targets = encode_classes(codes, form, 1)
    try:
        for low, high in ((1e-4, 1 - 1e-4), (-20.0, 20.0)):
            sides = [np.where(codes == cls, high, low).reshape(-1, 1) for cls in (1, 0)]
            right, wrong = (
                _number(metric, targets, side.astype(keras.config.floatx())) for side in sides
            )
            if not np.isclose(right, wrong, rtol=0, atol=1e-7):
                return True
    except Exception:
        return False
    return False


def differs_on_logits(
    metric: Value, form: TargetForm, n_units: int, n_classes: int, *, are_independent: bool
) -> bool:
    """Return whether a metric of probabilities is another number for the logits of them.

    Parameters
    ----------
    metric, form, n_units, n_classes
        As for `probe_metric`.
    are_independent : bool
        Whether each unit is a label by itself, so that its logit is the logarithm of the odds.

    Examples
    --------
    >>> metric = keras.metrics.binary_accuracy
    >>> differs_on_logits(metric, TargetForm.NUMBERS, 1, 2, are_independent=True)
    True
    """
    count = 48
    numbers = np.arange(1, count * n_units + 1) * 0.618034 % 1  # evenly spread
    outputs = (0.05 + 0.9 * numbers.reshape(count, n_units)).astype(keras.config.floatx())
    if not are_independent:
        outputs /= outputs.sum(axis=1, keepdims=True)
    logits = _logit(outputs) if are_independent else np.log(outputs)
    targets = encode_classes(np.arange(count) // 2 % n_classes, form, n_units)
    try:
        one, other = (_number(metric, targets, it) for it in (outputs, logits))
    except Exception:
        return False
    return not np.isclose(one, other, rtol=1e-3, atol=1e-6)


def takes_scores(loss: Any, form: TargetForm, n_units: int) -> bool:
    """Return whether a loss of the user's own takes any number for an output, as of logits.

    Then labels are told apart at zero. It is shown if the loss never rises with an output on its
    right side, goes on rising without an end on the wrong side, and is never negative. Losses of
    probabilities are clipped there, or no numbers, and differences of numbers rise on both sides.

    Parameters
    ----------
    loss, n_units
        As for `probed_form`.
    form : TargetForm
        That of the target.

    Examples
    --------
    >>> def of_logits(y, p):
    ...     return keras.losses.binary_crossentropy(y, p, from_logits=True)
    >>> takes_scores(of_logits, TargetForm.NUMBERS, 1)
    True
    >>> takes_scores(keras.losses.binary_crossentropy, TargetForm.NUMBERS, 1)
    False
    """
    called = _as_keras_calls(first_loss(loss), n_units)
    unit = n_units - 1
    scores = np.array([-9.0, -6.0, -3.0, -0.5, 0.5, 3.0, 6.0, 9.0])

    def values(cls: int) -> Any:
        targets = encode_classes(np.array([cls]), form, n_units)
        rows = np.zeros((len(scores), 1, n_units), dtype=keras.config.floatx())
        rows[:, 0, unit] = scores
        return np.array([_number(called, targets, row) for row in rows])

    try:
        with preserved_generators(), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            right, wrong = values(1 if n_units == 1 else unit), values(0)[::-1]
    except Exception:  # a loss of the user's own may raise anything
        return False
    return all(
        np.isfinite(found).all()
        and (found >= 0).all()
        and (np.diff(found) <= 1e-6).all()
        and (np.diff(found[:3]) < -1e-3).all()
        for found in (right, wrong)
    )


def _some_classes(n_classes: int) -> list[int]:
    """Return a few classes, the first and the last among them."""
    return sorted({0, 1, n_classes // 2, n_classes - 1} & set(range(n_classes)))


def _outputs(predicted: Sequence[int], n_units: int) -> Any:
    """Return probabilities in favor of the predicted classes, no two units alike."""
    codes = np.asarray(predicted)
    if n_units == 1:
        return np.where(codes == 1, 0.8, 0.3).reshape(-1, 1).astype(keras.config.floatx())
    rows = np.full((len(codes), n_units), 0.3 / (n_units - 1))
    rows[np.arange(len(codes)), codes] = 0.7
    rows *= 1 + 0.02 * np.cos(np.arange(n_units))
    return (rows / rows.sum(axis=1, keepdims=True)).astype(keras.config.floatx())


def _logit(probabilities: Any) -> Any:
    """Return the logarithm of the odds of probabilities."""
    clipped = np.clip(probabilities, 1e-6, 1 - 1e-6)
    return np.log(clipped / (1 - clipped))


def _uneven_outputs(n_rows: int, n_units: int) -> Any:
    """Return outputs that differ in every row and unit, above and below one half."""
    numbers = np.sin(1.7 * np.arange(1, n_rows * n_units + 1)) / 2 + 0.5
    return numbers.reshape(n_rows, n_units).astype(keras.config.floatx())


def _number(function: Value, targets: Any, outputs: Any) -> float:
    result = function(keras.ops.convert_to_tensor(targets), keras.ops.convert_to_tensor(outputs))
    parts = [keras.ops.convert_to_numpy(part) for part in keras.tree.flatten(result)]
    return float(np.mean([np.mean(part) for part in parts]))


def _compare(right: Any, wrong: Any) -> Evidence:
    """Compare values for right outputs with those for wrong outputs, class by class."""
    gaps = wrong - right
    if not np.isfinite(gaps).all():
        return Evidence.WRONG
    least = 1e-5 * np.maximum(np.abs(right), np.abs(wrong)) + 1e-12
    if (gaps > least).all() or (gaps < -least).all():
        return Evidence.RIGHT
    return Evidence.CONSTANT if (np.abs(gaps) <= least).all() else Evidence.WRONG

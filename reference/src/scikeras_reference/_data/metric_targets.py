"""Refuses metrics that would compute a wrong number from the form of target that the loss wants.

Warns of those that would compute one from logits.

Keras hands the same target to the loss and to every metric. Class numbers, as sparse losses want
them, are broadcast against the units by metrics that compare unit by unit, and the result looks
like a metric (clause TGT-12).
"""

import functools
import warnings
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import keras
import numpy as np

from scikeras_reference._backends.random_generators import preserved_generators
from scikeras_reference._data.loss_and_metric_names import is_deferred_metric
from scikeras_reference._data.loss_targets import TargetForm
from scikeras_reference._data.target_probe import (
    Evidence,
    differs_on_logits,
    probe_metric,
    sees_extremes,
)
from scikeras_reference._serialization.copying import copy_object
from scikeras_reference.exceptions import CompilationError, OutputRangeWarning

__all__ = ["check_metrics"]

_Probe = tuple[Evidence, Any]
_ONE_HOT_LOSS = "Give loss='categorical_crossentropy' (labels are one-hot encoded then),"
_OTHER_LOSS = {
    TargetForm.FLAT_NUMBERS: _ONE_HOT_LOSS,
    TargetForm.NUMBERS: _ONE_HOT_LOSS,
    TargetForm.ONE_HOT: "Give loss='sparse_categorical_crossentropy',",
}
_OF_SCORES = (
    keras.metrics.Hinge,
    keras.metrics.SquaredHinge,
    keras.metrics.CategoricalHinge,
)
_THRESHOLDS = {"threshold", "thresholds", "num_thresholds"}
_known: dict[Any, Any] = {}
_MAX_KNOWN = 512


def check_metrics(
    metrics: Iterable[Any],
    loss: str,
    form: TargetForm,
    n_units: int,
    n_classes: int,
    *,
    are_independent: bool = False,
    takes_logits: bool = False,
) -> None:
    """Refuse metrics that cannot read the target; warn of those that cannot read logits.

    Parameters
    ----------
    metrics : list of str, keras.metrics.Metric or callable
        What the model was compiled with.
    loss : str
        What the loss is called, for errors.
    form : TargetForm
        What the model is trained on.
    n_units, n_classes : int
        Width of the output, and number of classes.
    are_independent : bool, default=False
        Whether each unit, or the only one, is a label by itself.
    takes_logits : bool, default=False
        Whether the loss takes the outputs for logits.

    Raises
    ------
    CompilationError
        A ``ValueError`` that names the metric, the loss and what to do.
    """
    facts = (form, n_units, n_classes)
    for metric in map(_made, metrics):
        name = metric if isinstance(metric, str) else _name(metric)
        # Keras resolves some names by the form of the target.
        is_deferred = is_deferred_metric(metric)
        what = "" if is_deferred else _remembered(_verdict, metric, *facts)
        if what:
            raise _refusal(what, name, loss, *facts)
        # Of several units, Keras compares the largest ones for 'accuracy', also of logits.
        if takes_logits and (n_units == 1 or not is_deferred):
            computed = keras.metrics.BinaryAccuracy() if is_deferred else metric
            if _remembered(_misreads_logits, computed, *facts, are_independent):
                _warn_of_logits(name, loss)


def _made(metric: Any) -> Any:
    """Return a metric; one that a builder has compiled in as a class is made as Keras makes it."""
    is_class = isinstance(metric, type) and issubclass(metric, keras.metrics.Metric)
    return keras.metrics.get(metric) if is_class else metric


def _refusal(
    what: str, name: str, loss: str, form: TargetForm, n_units: int, n_classes: int
) -> CompilationError:
    if what == "units":
        return CompilationError(
            f"The metric {name} compares targets and outputs unit by unit, but the loss"
            f" {loss} makes the target {form.value}: Keras would compute a wrong number. Give"
            " loss='categorical_crossentropy' (labels are one-hot encoded then), or a metric"
            " for class numbers such as 'accuracy' or 'sparse_categorical_accuracy'."
        )
    if what == "numbers":
        return CompilationError(
            f"The metric {name} takes class numbers, but the loss {loss} makes the target"
            f" {form.value}: Keras would compute a wrong number. Give the metric for one-hot"
            " rows ('accuracy' fits either), or loss='sparse_categorical_crossentropy'."
        )
    if what == "cannot":
        return CompilationError(
            f"The metric {name} cannot be computed from a target that is {form.value} and an"
            f" output of {n_units} units, as the loss {loss} has it. "
            + _OTHER_LOSS[form]
            + " or another metric ('accuracy' fits either)."
        )
    if what == "constant":
        return CompilationError(
            f"The metric {name} has the same value whatever a model with one unit predicts."
            " Give a metric for one unit ('accuracy', 'binary_accuracy', 'AUC';"
            " keras.metrics.F1Score with a threshold), or give the last layer"
            f" {n_classes} units with a softmax."
        )
    if what == "labels":
        return CompilationError(
            f"The metric {name} takes outputs for class numbers, and cuts probabilities to zero: it"
            " is the same whatever the model predicts. Give keras.metrics.BinaryIoU for units that"
            " are labels by themselves; for the largest of several units give the metric"
            " sparse_y_pred=False, or OneHotIoU or OneHotMeanIoU where the target is one-hot rows."
        )
    if what == "zero":
        return CompilationError(
            f"The metric {name} is zero whatever the model predicts: it compares the target with"
            " outputs as if they were labels. Give the name 'accuracy', for which Keras chooses the"
            " metric by the form of the target."
        )
    return CompilationError(
        f"The metric {name} cannot be computed from targets and outputs ({what}). Give another one."
    )


def _warn_of_logits(name: str, loss: str) -> None:
    warnings.warn(
        f"The metric {name} takes the outputs for probabilities, but they are logits, for which the"
        f" loss {loss} takes them. Its values are not those of the predictions. Give a metric"
        " for logits (keras.metrics.BinaryAccuracy(threshold=0.0), AUC(from_logits=True)), or"
        " the last layer an activation and the loss from_logits=False.",
        OutputRangeWarning,
        stacklevel=2,
    )


def _remembered(find: Callable[..., Any], metric: Any, *facts: Any) -> Any:
    """Return what `find` finds about a metric; what it found about one of Keras is remembered."""
    key = _key(metric)
    if key is None:
        return find(metric, *facts)
    if (find, key, *facts) not in _known:
        if len(_known) >= _MAX_KNOWN:
            _known.clear()
        _known[find, key, *facts] = find(metric, *facts)
    return _known[find, key, *facts]


def _verdict(metric: Any, form: TargetForm, n_units: int, n_classes: int) -> str:
    """Return what is wrong with a metric, in one word; an empty text if nothing is."""
    if _takes_numbers_for_outputs(metric):
        return "labels"
    try:
        compute = _computing(metric)
    except Exception:  # Keras says what is wrong with it when it compiles the metric
        return ""

    def tried(form: TargetForm) -> _Probe:
        found = probe_metric(compute, form, n_units, n_classes)
        if found[0] is Evidence.CONSTANT:  # it may have a threshold for logits
            other = probe_metric(compute, form, n_units, n_classes, logits=True)
            return other if other[0] is Evidence.RIGHT else found
        return found

    others = [other for other in TargetForm if other is not form]
    with preserved_generators(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        given = tried(form)
        if n_units == 1:
            if given[0] is Evidence.RAISES and _is_from_keras(metric):
                return f"{type(given[1]).__name__}: {given[1]}"
            constant = given[0] is Evidence.CONSTANT and _is_from_keras(metric)
            if constant and _has_threshold(metric):
                constant = not sees_extremes(compute, form)
            return "constant" if constant else ""
        found = {other: tried(other) for other in others}
    is_constant = given[0] is Evidence.CONSTANT
    if is_constant and isinstance(metric, keras.metrics.Accuracy) and not given[1].any():
        return "zero"
    return (_judge if _is_from_keras(metric) else _judge_own)(form, given, found)


def _judge_own(form: TargetForm, given: _Probe, others: Mapping[TargetForm, _Probe]) -> str:
    """Judge a metric of the user's own, which may be anything."""
    if given[0] is Evidence.RIGHT:
        return ""
    if form is TargetForm.ONE_HOT:
        better = any(other is Evidence.RIGHT for other, _ in others.values())
        return "numbers" if better else ""
    return "units" if others[TargetForm.ONE_HOT][0] is Evidence.RIGHT else ""


def _judge(form: TargetForm, given: _Probe, others: Mapping[TargetForm, _Probe]) -> str:
    """Judge a metric of Keras: what it computes from one-hot rows is right, if it takes them."""
    evidence, values = given
    if evidence is Evidence.RAISES:
        readable = any(other > Evidence.RAISES for other, _ in others.values())
        return "cannot" if readable else f"{type(values).__name__}: {values}"
    if form is not TargetForm.ONE_HOT:
        by_unit, unit_values = others[TargetForm.ONE_HOT]
        is_for_numbers = evidence is Evidence.RIGHT and by_unit is not Evidence.RIGHT
        # By chance it may look right.
        if by_unit is not Evidence.RAISES and not is_for_numbers:
            same = np.allclose(values, unit_values, rtol=1e-3, atol=1e-6)
            return "" if same else "units"
        return ""
    return _judge_own(form, given, others) if values.any() else ""


def _misreads_logits(
    metric: Any, form: TargetForm, n_units: int, n_classes: int, are_independent: bool
) -> bool:
    """Return whether a metric of Keras takes probabilities, and is another number for logits."""
    if not _is_from_keras(metric) or _has_logits(metric):
        return False
    with preserved_generators(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            compute = _computing(metric)
        except Exception:
            return False
        evidence, _ = probe_metric(compute, form, n_units, n_classes)
        takes_probabilities = evidence is Evidence.RIGHT  # and not thresholds of logits
        return takes_probabilities and differs_on_logits(
            compute, form, n_units, n_classes, are_independent=are_independent
        )


def _computing(metric: Any) -> Callable[[Any, Any], Any]:
    """Return a function of targets and outputs that computes the metric of them alone."""
    if isinstance(metric, str):
        metric = keras.metrics.get(metric)
    if not isinstance(metric, keras.metrics.Metric):
        return metric  # type: ignore[no-any-return]  # a function
    try:
        copy: Any = type(metric).from_config(metric.get_config())
    except (TypeError, ValueError):  # it needs a function of the user's own
        copy = copy_object(metric)

    def compute(targets: Any, outputs: Any) -> Any:
        copy.reset_state()
        copy.update_state(targets, outputs, sample_weight=None)  # as Keras does
        return copy.result()

    return compute


def _key(metric: Any) -> Any:
    """Return what tells metrics apart that compute different things; None if nothing does."""
    if isinstance(metric, str):
        return metric
    if isinstance(metric, keras.metrics.Metric):
        if not _is_from_keras(metric):
            return None
        config = {name: value for name, value in metric.get_config().items() if name != "name"}
        return type(metric), repr(sorted(config.items()))
    return metric if _is_from_keras(metric) else None


def _has_logits(metric: Any) -> bool:
    """Return whether a metric of Keras was told that it gets logits, or takes any scores."""
    if isinstance(metric, str):
        return False
    if isinstance(metric, _OF_SCORES):
        return True
    if isinstance(metric, keras.metrics.Metric):
        return bool(metric.get_config().get("from_logits"))
    return bool(getattr(metric, "keywords", {}).get("from_logits"))


def _takes_numbers_for_outputs(metric: Any) -> bool:
    """Return whether a metric of Keras reads a class number from each output, as IoU does."""
    is_one = isinstance(metric, keras.metrics.IoU) and not _has_threshold(metric)
    return is_one and _is_from_keras(metric) and bool(metric.sparse_y_pred)


def _has_threshold(metric: Any) -> bool:
    """Return whether a metric of Keras compares outputs with thresholds."""
    is_object = isinstance(metric, keras.metrics.Metric)
    return is_object and not _THRESHOLDS.isdisjoint(metric.get_config())


def _is_from_keras(metric: Any) -> bool:
    """Return whether Keras wrote the metric, and the function in it if there is one."""
    if isinstance(metric, str):
        return True
    if isinstance(metric, functools.partial):
        return _is_from_keras(metric.func)
    if isinstance(metric, keras.metrics.Metric):
        function = metric.get_config().get("fn")
        owner: Any = type(metric)
        own = isinstance(function, Mapping) and function.get("module") == "builtins"
        return owner.__module__.partition(".")[0] == "keras" and not (
            own and function.get("registered_name") not in vars(keras.metrics)
        )
    return str(getattr(metric, "__module__", "")).partition(".")[0] == "keras"


def _name(metric: Any) -> str:
    if isinstance(metric, functools.partial):
        return _name(metric.func)
    return str(getattr(metric, "__name__", type(metric).__name__))

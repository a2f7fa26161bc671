"""Refuses metrics that would compute a wrong number from the form of target that the loss wants.

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
from scikeras_reference._data.form_probe import Evidence, probe_metric
from scikeras_reference._data.target_forms import TargetForm
from scikeras_reference.exceptions import CompilationError

__all__ = ["check_metrics"]

_Probe = tuple[Evidence, Any]
_ONE_HOT_LOSS = "Give loss='categorical_crossentropy' (labels are one-hot encoded then),"
_OTHER_LOSS = {
    TargetForm.FLAT_NUMBERS: _ONE_HOT_LOSS,
    TargetForm.NUMBERS: _ONE_HOT_LOSS,
    TargetForm.ONE_HOT: "Give loss='sparse_categorical_crossentropy',",
}
_known: dict[Any, str] = {}
_MAX_KNOWN = 512


def check_metrics(
    metrics: Iterable[Any], loss: str, form: TargetForm, n_units: int, n_classes: int
) -> None:
    """Refuse metrics that cannot read the target.

    Parameters
    ----------
    metrics : list of str, keras.metrics.Metric or callable
        What the model was compiled with, except names that Keras resolves by the form of target.
    loss : str
        What the loss is called, for errors.
    form : TargetForm
        What the model is trained on.
    n_units, n_classes : int
        Width of the output, and number of classes.

    Raises
    ------
    CompilationError
        A ``ValueError`` that names the metric, the loss and what to do.
    """
    for metric in metrics:
        name = metric if isinstance(metric, str) else _name(metric)
        what = _verdict(metric, form, n_units, n_classes)
        if what == "units":
            raise CompilationError(
                f"The metric {name} compares targets and outputs unit by unit, but the loss"
                f" {loss} makes the target {form.value}: Keras would compute a wrong number. Give"
                " loss='categorical_crossentropy' (labels are one-hot encoded then), or a metric"
                " for class numbers such as 'accuracy' or 'sparse_categorical_accuracy'."
            )
        if what == "numbers":
            raise CompilationError(
                f"The metric {name} takes class numbers, but the loss {loss} makes the target"
                f" {form.value}: Keras would compute a wrong number. Give the metric for one-hot"
                " rows ('accuracy' fits either), or loss='sparse_categorical_crossentropy'."
            )
        if what == "cannot":
            raise CompilationError(
                f"The metric {name} cannot be computed from a target that is {form.value} and an"
                f" output of {n_units} units, as the loss {loss} has it. "
                + _OTHER_LOSS[form]
                + " or another metric ('accuracy' fits either)."
            )
        if what == "constant":
            raise CompilationError(
                f"The metric {name} has the same value whatever a model with one unit predicts."
                " Give a metric for one unit ('accuracy', 'binary_accuracy', 'AUC';"
                " keras.metrics.F1Score with a threshold), or give the last layer"
                f" {n_classes} units with a softmax."
            )


def _verdict(metric: Any, form: TargetForm, n_units: int, n_classes: int) -> str:
    """Return what is wrong with a metric, in one word; an empty text if nothing is."""
    key = (_key(metric), form, n_units, n_classes)
    if key[0] is None or key not in _known:
        found = _find(metric, form, n_units, n_classes)
        if key[0] is None:
            return found
        if len(_known) >= _MAX_KNOWN:
            _known.clear()
        _known[key] = found
    return _known[key]


def _find(metric: Any, form: TargetForm, n_units: int, n_classes: int) -> str:
    try:
        compute = _computing(metric)
    except Exception:  # Keras says what is wrong with it when it compiles the metric
        return ""
    others = [other for other in TargetForm if other is not form]
    with preserved_generators(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        evidence, values = probe_metric(compute, form, n_units, n_classes)
        if n_units == 1:
            constant = evidence is Evidence.CONSTANT and _is_from_keras(metric)
            return "constant" if constant else ""
        found = {other: probe_metric(compute, other, n_units, n_classes) for other in others}
    return _judge(metric, form, (evidence, values), found)


def _judge(
    metric: Any, form: TargetForm, given: _Probe, others: Mapping[TargetForm, _Probe]
) -> str:
    evidence, values = given
    if evidence is Evidence.RAISES and _is_from_keras(metric):
        readable = any(other > Evidence.RAISES for other, _ in others.values())
        return "cannot" if readable else ""
    if form is TargetForm.ONE_HOT:
        better = any(other is Evidence.RIGHT for other, _ in others.values())
        return "numbers" if evidence is not Evidence.RIGHT and better else ""
    by_unit, unit_values = others[TargetForm.ONE_HOT]
    if by_unit is not Evidence.RIGHT:
        return ""
    if evidence is not Evidence.RIGHT:
        return "units"
    # By chance it may look right. What Keras's own metrics compute from one-hot rows is right.
    same = np.allclose(values, unit_values, rtol=1e-3, atol=1e-6)
    return "units" if _is_from_keras(metric) and not same else ""


def _computing(metric: Any) -> Callable[[Any, Any], Any]:
    """Return a function of targets and outputs that computes the metric of them alone."""
    if isinstance(metric, str):
        metric = keras.metrics.get(metric)
    if not isinstance(metric, keras.metrics.Metric):
        return metric  # type: ignore[no-any-return]  # a function
    copy = type(metric).from_config(metric.get_config())

    def compute(targets: Any, outputs: Any) -> Any:
        copy.reset_state()
        copy.update_state(targets, outputs)
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

"""Checks the model that a builder returned: against X, against an encoded y, and for training."""

from collections.abc import Mapping, Sequence
from typing import Any

import keras
import scipy.sparse

from scikeras_reference._backends.execution import compiled_metrics
from scikeras_reference._data.loss_targets import needs_equal_shapes
from scikeras_reference._data.rows import Rows
from scikeras_reference._model import built_model_errors
from scikeras_reference._model.builder_call import name_of
from scikeras_reference._serialization.custom_objects import custom_objects
from scikeras_reference.exceptions import (
    BuilderError,
    ModelInputError,
    ModelOutputError,
)

__all__ = [
    "check_built",
    "check_target",
    "check_trainable",
    "fits",
    "inform_encoder",
    "is_inherited",
    "is_missing",
    "knows_its_inputs",
    "last_activation",
    "output_shapes",
    "require_part",
]

Shape = tuple[int | None, ...]


def check_built(model: Any, builder: Any, features: Any) -> None:
    """Check that a builder returned a model, and that it takes rows of the shape that it will get.

    Parameters
    ----------
    model : object
        What the builder returned.
    builder : callable or keras.Model
        For its name in errors.
    features : array, or list, tuple or dict of arrays
        What the model will be trained on.

    Raises
    ------
    BuilderError
        A ``TypeError`` that says what was returned instead of a model (clause CLS-9).
    ModelInputError
        A ``ValueError`` with the shapes of the input and of the rows.
    """
    if not isinstance(model, keras.Model):
        raise BuilderError(
            f"The builder {name_of(builder)} returned {model!r} ({type(model).__name__}); it has to"
            " return a keras.Model." + (" Is a return statement missing?" if model is None else "")
        )
    _check_input(model, features)


def knows_its_inputs(model: Any) -> bool:
    """Return whether a model is functional or sequential, and converts what it is called with."""
    try:
        inputs = keras.tree.flatten(getattr(model, "inputs", None) or [])
    except (AttributeError, ValueError):
        return False
    return bool(inputs) and _calls_as_keras(model)


def _check_input(model: Any, features: Any) -> None:
    """Check the rows, if the model knows its inputs, as functional and sequential models do."""
    # Models that do something of their own with what they get are not judged.
    if not knows_its_inputs(model):
        return
    inputs = keras.tree.flatten(model.inputs)
    if isinstance(features, Mapping):
        given = getattr(model, "input", None)
        names = list(given) if isinstance(given, Mapping) else [tensor.name for tensor in inputs]
        if not set(names) <= set(features):
            raise ModelInputError(
                f"The model has the inputs {', '.join(names)}, and X has {', '.join(features)}."
                " Give each keras.Input the name of its part of X."
            )
        return
    given = list(features) if isinstance(features, (list, tuple)) else [features]
    if len(given) != len(inputs):
        raise ModelInputError(
            f"The model has {len(inputs)} inputs, but is given {len(given)}. Override"
            " feature_encoder in a subclass with a transformer that returns a list of arrays, one"
            " for each input, or change the builder."
        )
    for tensor, array in zip(inputs, given, strict=True):
        wanted, actual = tuple(tensor.shape)[1:], tuple(getattr(array, "shape", ()))[1:]
        if not fits(wanted, actual):
            raise ModelInputError(
                f"The model takes rows of shape {wanted}, but X has rows of shape {actual}. The"
                " width of the input is probably fixed in the builder; take it from the data:"
                " keras.Input((meta['n_features_in_'],)), or meta['X_shape_'][1:] for rows of"
                " several dimensions, where the builder has an argument meta."
            )


def output_shapes(model: Any, features: Any, expected: int | None = None) -> list[Shape]:
    """Return the shape of each output; call the model once if it does not know them yet.

    Parameters
    ----------
    model : keras.Model
        Its weights are made now, if they were not, so that they are made under the seed.
    features : array, or list or dict of arrays
        What the model will be trained on; one row of it is used.
    expected : int or None
        How many outputs the target encoder expects; None for any number.

    Raises
    ------
    ModelOutputError
        A ``ValueError`` with both numbers of outputs (clause DATA-6).
    """
    if not getattr(model, "outputs", None) and _takes_any_batch(model, features):
        # A call would make the number of rows a part of the model.
        model.build((None, *features.shape[1:]))
    outputs = getattr(model, "outputs", None)
    if not outputs:
        try:
            outputs = keras.tree.flatten(model(first_row(features), training=False))
        except NotImplementedError:  # a model that trains and predicts without a call
            return []
    if expected is not None and len(outputs) != expected:
        raise ModelOutputError(
            f"The model has {len(outputs)} outputs, but the target encoder expects {expected}"
            " (n_outputs_expected_). Change the builder, or override target_encoder."
        )
    return [tuple(output.shape) for output in outputs]


def inform_encoder(encoder: Any, model: Any, shapes: Sequence[tuple[int | None, ...]]) -> None:
    """Let a target encoder see what the model is compiled with, as far as it has methods for it.

    Parameters
    ----------
    encoder : transformer
        Its ``set_model_output`` takes the loss and the shapes of the outputs, its
        ``check_metrics`` a list of the metrics, its ``check_activation`` the activation of the last
        layer.
    model : keras.Model
        Compiled, or not yet.
    shapes : sequence of tuple
        One for each output.
    """
    if hasattr(encoder, "set_model_output"):
        encoder.set_model_output(getattr(model, "loss", None), shapes)
    if model.compiled and hasattr(encoder, "check_activation"):
        encoder.check_activation(last_activation(model), model.loss)
    if model.compiled and hasattr(encoder, "check_metrics") and _may_have_metrics(model):
        encoder.check_metrics(compiled_metrics(model))


def _may_have_metrics(model: Any) -> bool:
    """Return whether a compiled model may have metrics; Keras lists the loss alone without them.

    What a model of the user's own lists need not be what it was compiled with.
    """
    is_own = not (is_inherited(model, "metrics") and is_inherited(model, "metrics_names"))
    return is_own or model.metrics_names != ["loss"]


def check_trainable(model: Any, features: Any) -> None:
    """Check that a compiled model has a loss and an optimizer.

    A model can do without a loss if its layers add some, or if it has its own ``train_step`` or
    ``compute_loss``. Keras trains others on nothing (on JAX), or stops at the first batch.

    Parameters
    ----------
    model : keras.Model
        Compiled.
    features : array, or list, tuple or dict of arrays
        What it will be trained on; one row of it is used, if there is no loss.

    Raises
    ------
    CompilationError
        A ``ValueError`` (clause COMP-7).
    """
    if not all(is_inherited(model, method) for method in ("train_step", "compute_loss")):
        return
    problem = "The builder compiled the model without"
    require_part("optimizer", model.optimizer, problem)
    loss = getattr(model, "loss", None)
    if is_missing(loss) and not _adds_losses(model, features):
        require_part("loss", None, problem)


def require_part(name: str, value: Any, problem: str) -> None:
    """Raise an error with the remedy if the loss or the optimizer is missing.

    Raises
    ------
    CompilationError
        A ``ValueError`` that says what is missing, and how to give it (clause COMP-7).
    """
    if is_missing(value):
        raise built_model_errors.missing_part(name, problem)


def is_missing(value: Any) -> bool:
    """Return whether there is nothing, or nothing but None, in a loss or an optimizer."""
    if isinstance(value, dict):
        value = list(value.values())
    return value is None or (isinstance(value, (list, tuple)) and all(map(is_missing, value)))


def is_inherited(model: Any, name: str) -> bool:
    """Return whether a method or a property of a model is that of `keras.Model`."""
    inherited = getattr(type(model), name) is getattr(keras.Model, name)
    return inherited and name not in vars(model)


def first_row(features: Any) -> Any:
    """Return the first row of arrays as tensors, with a batch dimension."""

    def of(array: Any) -> Any:
        row = array[:1]
        if isinstance(row, Rows):
            return keras.tree.map_structure(of, row.read())
        return keras.ops.convert_to_tensor(row.toarray() if scipy.sparse.issparse(row) else row)

    return keras.tree.map_structure(of, features)


def _takes_any_batch(model: Any, features: Any) -> bool:
    """Return whether a sequential model can be built for any number of rows.

    Layers of the user's own may need a number, and so do recurrent layers that keep their state.
    """
    return (
        isinstance(model, keras.Sequential)
        and hasattr(features, "shape")
        and not any(getattr(layer, "stateful", False) for layer in model.layers)
        and not custom_objects(model.layers)
    )


def _calls_as_keras(model: Any) -> bool:
    """Return whether the method ``call`` is that of one of Keras's own classes."""
    module = str(getattr(type(model).call, "__module__", ""))
    return "call" not in vars(model) and module.partition(".")[0] == keras.__name__


def fits(wanted: Shape, actual: Shape) -> bool:
    """Return whether shapes without the batch dimension are equal, up to a last dimension of 1."""
    if len(wanted) == len(actual) + 1 and wanted[-1] == 1:
        wanted = wanted[:-1]
    elif len(actual) == len(wanted) + 1 and actual[-1] == 1:
        actual = actual[:-1]
    return len(wanted) == len(actual) and all(
        None in (a, b) or a == b for a, b in zip(wanted, actual, strict=True)
    )


def _adds_losses(model: Any, features: Any) -> bool:
    try:
        model(first_row(features), training=False)
    except NotImplementedError:
        return True
    return bool(model.losses)


def last_activation(model: Any) -> Any:
    """Return the activation of the layer that makes the only output; None if it is not known."""
    try:
        (output,) = model.outputs
        layer = model.layers[-1]
        if layer.output is not output:
            return None
        while isinstance(layer, keras.Model):
            (output,), layer = layer.outputs, layer.layers[-1]
            if layer.output is not output:
                return None
    except (AttributeError, ValueError, TypeError, IndexError):
        return None
    return layer if isinstance(layer, keras.layers.Softmax) else getattr(layer, "activation", None)


def check_target(model: Any, target: Any, shapes: Sequence[Shape]) -> None:
    """Check that Keras need not spread a target over the outputs of a model.

    Only Keras's own losses are judged that compare a target with an output number by number. A
    loss, a ``train_step`` or a ``compute_loss`` of the user's own may take any target.

    Parameters
    ----------
    model : keras.Model
        Compiled.
    target : array, or list, tuple or dict of arrays, or None
        The encoded y.
    shapes : sequence of tuple
        The shape of each output.

    Raises
    ------
    ModelOutputError
        A ``ValueError`` with both shapes.
    InputError
        A ``ValueError``, for a target that holds no numbers, or where there is none for a loss.
    """
    if not all(is_inherited(model, m) for m in ("train_step", "compute_loss")):
        return
    _require_numbers(target)
    losses, targets = getattr(model, "loss", None), target
    if target is None:
        if not is_missing(losses):
            raise built_model_errors.missing_target(losses)
        return
    if isinstance(losses, (Mapping, list, tuple)) and len(shapes) == 1:
        _check_one_loss(model, losses)
    if isinstance(losses, Mapping) or isinstance(targets, Mapping):
        names = list(getattr(model, "output_names", []))
        losses = [losses.get(n) for n in names] if isinstance(losses, Mapping) else losses
        targets = [targets.get(n) for n in names] if isinstance(targets, Mapping) else targets
    losses = list(losses) if isinstance(losses, (list, tuple)) else [losses]
    targets = list(targets) if isinstance(targets, (list, tuple)) else [targets]
    if not len(losses) == len(targets) == len(shapes):
        return
    for loss, array, shape in zip(losses, targets, shapes, strict=True):
        actual = getattr(array, "shape", None)
        if loss is None or not actual or not needs_equal_shapes(loss):
            continue
        wanted = tuple(shape)[1:]
        if not fits(wanted, tuple(actual)[1:]):
            raise built_model_errors.spread_target(wanted, tuple(actual)[1:], loss)


def _require_numbers(target: Any) -> None:
    for array in keras.tree.flatten(target):
        if getattr(getattr(array, "dtype", None), "kind", "f") in tuple("USOTmM"):
            raise built_model_errors.target_of_other_values(array)


def _check_one_loss(model: Any, losses: Any) -> None:
    """Check that a list or a dict of losses for a single output has one entry, with its name."""
    names = list(getattr(model, "output_names", None) or [])
    is_right = True  # a class of the user's own may return a dict
    if not isinstance(losses, Mapping):
        is_right = len(losses) == 1 or is_missing(losses)
    elif isinstance(model, keras.Sequential) or knows_its_inputs(model):
        is_right = isinstance(getattr(model, "output", None), Mapping) or set(losses) <= set(names)
    if not is_right:
        raise built_model_errors.unfit_losses(losses, names)

"""What Keras and TensorFlow keep to themselves, as far as shared steps need it.

What JAX keeps to itself is in `_jax_internals`.

Every name here was checked with the versions of Keras in `CHECKED`. With any other version nothing
is shared, so a name that moves costs speed and never a result.
`tests/reference/test_keras_internals.py` fails when one of them moves.
"""
# ruff: noqa: SLF001 - this module is the one that looks behind the public names

import importlib
import math
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import keras

from scikeras_reference._shared_steps import jax_internals as _jax_internals

__all__ = [
    "CALLED",
    "CHECKED",
    "IGNORED",
    "IGNORED_FOR_PREDICTIONS",
    "PROVEN_MODULES",
    "UNPROVEN_MODULES",
    "UNSHARED",
    "adapter",
    "attributes",
    "bound",
    "build_state",
    "compilation",
    "has_identity",
    "is_checked",
    "model_classes",
    "names_matter",
    "plain_adapter",
    "runs_plainly",
    "seeded_order",
    "state",
    "surroundings",
    "traces_plainly",
    "trainable_changed_since_compile",
]

CHECKED = ("3.15.",)
# Versions that are supported and keep these things elsewhere: everything goes Keras's way there.
UNSHARED = ("3.12.", "3.13.", "3.14.")

PROVEN_MODULES = (
    "keras.src.activations.",
    "keras.src.backend",
    "keras.src.constraints.",
    "keras.src.dtype_policies.dtype_policy",
    "keras.src.layers.",
    "keras.src.losses.",
    "keras.src.metrics.",
    "keras.src.models.functional",
    "keras.src.models.sequential",
    "keras.src.ops.",
    *(
        f"keras.src.optimizers.{name}"
        for name in (
            "adadelta",
            "adafactor",
            "adagrad",
            "adam",
            "base_optimizer",
            "ftrl",
            "lamb",
            "lion",
            "nadam",
            "optimizer",
            "rmsprop",
            "schedules.",
            "sgd",
        )
    ),  # not those that tell variables apart by their paths, or assign to them in build
    "keras.src.random.seed_generator",
    "keras.src.regularizers.",
    "keras.src.trainers.compile_utils",
)
"""Modules whose classes and functions depend on their arguments and attributes alone."""

UNPROVEN_MODULES = (
    "keras.src.layers.core.lambda_layer",
    "keras.src.layers.preprocessing",
)

# A prototype has weights of its own while a step is traced; for a large model they might not fit.
_MOST_WEIGHTS = 1 << 22

CALLED = ("call", "update_state", "result", "update_step")
"""Methods that are called while a step is traced, and that somebody might replace."""

_BOOKKEEPING = frozenset(
    {
        "_auto_config", "_build_shapes_dict", "_call_signature", "_called", "_compile_config",
        "_compiled_trainable_state", "_distribute_strategy", "_distribution_strategy",
        "_eval_epoch_iterator", "_exclude_from_weight_decay_cache", "_inbound_nodes",
        "_initial_epoch", "_jax_state", "_jax_state_synced", "_lock", "_loss_ids", "_losses",
        "_losses_override", "_nodes", "_outbound_nodes",
        "_parent_path", "_path", "_saved_model_arg_spec", "_saved_model_inputs_spec", "_tracked",
        "_tracker", "_trainable_variables_indices", "build", "call_signature_parameters",
        "history", "loss", "predict_function", "quantize", "stop_evaluating", "stop_predicting",
        "stop_training", "test_function", "train_function",
    }
)  # fmt: skip
_SEEDS = frozenset({"seed", "_seed", "_initial_seed", "_init_seed"})
IGNORED = _BOOKKEEPING | _SEEDS
"""Attributes that no traced step can see, whatever has them."""
IGNORED_FOR_PREDICTIONS = IGNORED | {
    "_compile_loss", "_compile_metrics", "_compute_loss_has_training_arg", "_loss_tracker",
    "_metrics", "compiled", "optimizer", "_trainable",
}  # fmt: skip
"""Attributes that a step which only predicts cannot see either."""


def is_checked() -> bool:
    """Whether the names below mean what they are taken for."""
    checked = str(keras.__version__).startswith(CHECKED)
    return checked and (not _on_jax() or _jax_internals.is_checked())


def _on_jax() -> bool:
    return bool(keras.backend.backend() == "jax")


def model_classes() -> tuple[type, ...]:
    """Give Keras's own classes of models that are described by their layers."""
    return (keras.Sequential, _module("keras.src.models.functional").Functional)


_METHODS = (
    "__call__", "call", "compute_loss", "compute_metrics", "evaluate", "fit", "get_metrics_result",
    "make_predict_function", "make_test_function", "make_train_function", "predict_step",
    "reset_metrics", "test_step", "train_step",
    *((
        "_get_jax_state", "_make_function", "_symbolic_build", "_update_metrics_variables",
        "compute_loss_and_updates", "jax_state_sync", "stateless_call", "stateless_compute_loss",
    ) if _on_jax() else ()),
)  # fmt: skip
_as_imported: dict[tuple[type, str], Any] = {}


def runs_plainly(model: Any, *, training: bool) -> bool:
    """Whether Keras would trace a step of the model in its usual way, here and now.

    Not with methods that somebody replaced, nor on several devices, nor with functions that are
    there already, nor with more than one step in a function, nor compiled by XLA on TensorFlow, nor
    not compiled on JAX.
    """
    if type(model) not in model_classes() or not model.built or not traces_plainly():
        return False
    cls = type(model)
    if any(getattr(cls, name) is not _as_imported[cls, name] for name in _METHODS):
        return False
    if (
        model.run_eagerly
        or bool(model.jit_compile) is not _on_jax()
        or model.steps_per_execution != 1
        or _is_distributed(model)
    ):
        return False
    if sum(math.prod(variable.shape) for variable in model.variables) > _MOST_WEIGHTS:
        return False
    if not training:
        return model.predict_function is None
    limits = (getattr(keras.config, name, None) for name in ("max_epochs", "max_steps_per_epoch"))
    return (
        model.compiled
        and model.optimizer is not None
        and model._compile_loss is not None
        and model.train_function is None
        and model.test_function is None
        and bool(model.trainable_variables)
        and not any(limit() for limit in limits if limit is not None)
    )


def _is_distributed(model: Any) -> bool:
    if keras.distribution.distribution() is not None:
        return True
    if _on_jax():
        return False
    strategy = sys.modules["tensorflow"].distribute.has_strategy()
    return bool(strategy or model._distribute_strategy is not None)


def surroundings() -> Any:
    """Give what a step depends on besides the model and the public settings of Keras."""
    if not _on_jax():
        return None
    attention = keras.config.is_flash_attention_enabled()
    return repr((attention, sorted(_jax_internals.settings().items())))


# -- reading ------------------------------------------------------------------------------------


def has_identity(value: Any) -> bool:
    """Whether it matters that two attributes hold the very same object, not just equal ones."""
    return isinstance(
        value,
        (
            keras.Variable,
            keras.KerasTensor,
            keras.Operation,
            keras.metrics.Metric,
            keras.optimizers.Optimizer,
            keras.random.SeedGenerator,
        ),
    )


def attributes(value: Any, *, names: bool) -> Mapping[str, Any] | None:
    """Give the attributes of a Keras object that a traced step can see, and some that it cannot.

    None stands for an object that cannot be compared with another one.
    """
    if isinstance(value, keras.Variable):
        return _of_variable(value)
    if isinstance(value, keras.random.SeedGenerator):
        return {"state": value.state}
    if isinstance(value, keras.KerasTensor):
        return {"shape": value.shape, "dtype": value.dtype, "sparse": value.sparse}
    if isinstance(value, _module("keras.src.ops.node").Node):
        arguments = value.arguments
        return {
            "operation": value.operation,
            "args": arguments.args,
            "kwargs": arguments.kwargs,
            "outputs": value.outputs,
        }
    found = {name: item for name, item in vars(value).items() if item is not None}
    if _goes_by_names(found):
        return None
    if isinstance(value, (keras.optimizers.Optimizer, keras.Operation)):
        found.pop("name", None)
    for name in found.keys() & {"_nodes_by_depth", "_operations_by_depth"}:
        found[name] = dict(sorted(found[name].items()))
    return found if names else _nameless(found)


def _nameless(found: dict[str, Any]) -> dict[str, Any]:
    if "_flat_losses" in found:
        found["_flat_losses"] = [tuple(loss)[1:3] for loss in found["_flat_losses"]]
    of_outputs = {"output_names", "_resolved_output_names", "output_name"}
    return {name: item for name, item in found.items() if name not in of_outputs}


def _goes_by_names(found: Mapping[str, Any]) -> bool:
    """Whether an optimizer tells variables apart by name, or a layer is computed twice."""
    return bool(
        found.get("_exclude_from_weight_decay")
        or "_exclude_from_weight_decay_pattern" in found
        or "_remat_mode" in found
    )


def _of_variable(variable: Any) -> Mapping[str, Any] | None:
    hidden = vars(variable)
    # On JAX, Keras takes the values out of a model while it is trained.
    if (hidden["_value"] is None and not _on_jax()) or hidden["_layout"] is not None:
        return None
    return {
        name: hidden[name]
        for name in (
            "_shape",
            "_dtype",
            "_trainable",
            "_autocast",
            "_aggregation",
            "_regularizer",
            "_constraint",
            "_overwrite_with_gradient",
        )
    }


def names_matter(model: Any) -> bool:
    """Whether outputs are told apart by their names, in losses, metrics or logs."""
    compiled = (getattr(model, name, None) for name in ("_compile_loss", "_compile_metrics"))
    given = [
        getattr(part, name, None)
        for part in compiled
        if part is not None
        for name in ("_user_loss", "_user_loss_weights", "_user_metrics", "_user_weighted_metrics")
    ]
    return len(model.outputs) != 1 or _is_nest(_outputs(model)) or any(map(_is_dict, given))


def _is_dict(value: Any) -> bool:
    return isinstance(value, dict)


def _is_nest(value: Any) -> bool:
    return isinstance(value, (list, tuple, dict))


def compilation(model: Any) -> Any:
    """Give an object that each ``compile`` makes anew."""
    return model._loss_tracker


def trainable_changed_since_compile(model: Any) -> bool:
    """Whether layers were frozen or thawed after ``compile``, which Keras heeds in part."""
    return any(layer.trainable != flag for layer, flag in model._compiled_trainable_state.items())


# -- the state of a model -----------------------------------------------------------------------


def _outputs(model: Any) -> Any:
    functional = getattr(model, "_functional", None) or model
    return functional._outputs_struct


def build_state(model: Any, y: Any) -> bool:
    """Make the variables that Keras would make while it traces the first step.

    Parameters
    ----------
    model : keras.Model
        A compiled model.
    y : nest of keras.KerasTensor
        What the targets of a batch look like.

    Returns
    -------
    bool
        Whether it could be done; if not, nothing was changed.
    """
    outputs = _outputs(model)
    if _is_nest(y) != _is_nest(outputs):
        return False
    if _is_nest(y):
        if _is_dict(y) or _is_dict(outputs):
            if not (_is_dict(y) and _is_dict(outputs) and list(y) == list(outputs)):
                return False
        elif len(y) != len(outputs):
            return False
        else:
            y = type(outputs)(y)
    if not model.optimizer.built:
        with keras.name_scope(model.optimizer.name, caller=model.optimizer):
            model.optimizer.build(model.trainable_variables)
    if model._compile_loss is not None and not model._compile_loss.built:
        model._compile_loss.build(y, outputs)
    if model._compile_metrics is not None and not model._compile_metrics.built:
        model._compile_metrics.build(y, outputs)
    return True


def state(model: Any, *, training: bool) -> list[Any]:
    """Give every variable that a step of the model reads or writes, each one once."""
    variables = list(model.variables)
    if training:
        variables += [*model.optimizer.variables, *model.metrics_variables]
    return list({id(variable): variable for variable in variables}.values())


@contextmanager
def bound(variables: Sequence[Any], values: Sequence[Any]) -> Iterator[None]:
    """Let each of Keras's variables stand for another variable of TensorFlow, within the block.

    Optimizers find their variables by the identifier of TensorFlow's, so that goes with it.
    """
    before = [variable._value for variable in variables]
    for variable, value in zip(variables, values, strict=True):
        value._unique_id = variable._value._unique_id
        variable._value = value
    try:
        yield
    finally:
        for variable, value in zip(variables, before, strict=True):
            variable._value = value


# -- batches ------------------------------------------------------------------------------------


def adapter(dataset: Any, batches: int, batch_size: int, rows: int) -> Any:
    """Give what ``Model.fit`` takes in place of arrays: `dataset`, once for each epoch."""
    base = _module("keras.src.trainers.data_adapters.data_adapter").DataAdapter

    # An adapter is told apart by its class, and has properties for what it is asked.
    values = {
        "num_batches": batches,
        "batch_size": batch_size,
        "has_partial_batch": rows % batch_size > 0,
        "partial_batch_size": rows % batch_size or None,
        "get_tf_dataset": lambda _: dataset,
    }
    return type("InMemoryAdapter", (base,), values)()


def plain_adapter(x: Any, y: Any, weights: Any, batch_size: int, *, shuffle: bool) -> Any:
    """Give the one that ``Model.fit`` would have made of the arrays."""
    cls = _module("keras.src.trainers.data_adapters.array_data_adapter").ArrayDataAdapter
    return cls(x, y, sample_weight=weights, batch_size=batch_size, shuffle=shuffle)


def seeded_order(rows: int) -> Any:
    """Give the order in which ``Model.fit`` would shuffle the rows in every epoch.

    None if TensorFlow was not seeded, so that each epoch has an order of its own.
    """
    if _eager_context()._seed is None:
        return None
    tensorflow = sys.modules["tensorflow"]

    def order() -> Any:
        return tensorflow.random.shuffle(tensorflow.range(rows, dtype=tensorflow.int64))

    # The seed of an operation depends on the function that it is in, so the function has to be new.
    return tensorflow.function(order, autograph=False)().numpy()


def traces_plainly() -> bool:
    """Whether the backend would trace a function here as it does everywhere else."""
    if _on_jax():
        nnx = _module("keras.src.backend.config").is_nnx_enabled()
        return not nnx and _jax_internals.compiles_plainly()
    tensorflow, eager = sys.modules["tensorflow"], _eager_context()
    return bool(
        tensorflow.executing_eagerly()
        and not tensorflow.config.functions_run_eagerly()
        and not eager.device_name
        and not eager.op_callbacks
        and not _module("tensorflow.python.framework.config").is_op_determinism_enabled()
    )


def _eager_context() -> Any:
    return _module("tensorflow.python.eager.context").context()


def _module(name: str) -> Any:
    return sys.modules.get(name) or importlib.import_module(name)


# Keras's own methods, as they are now: whoever replaces one of them later wants it to be called.
_as_imported.update(
    {(cls, name): getattr(cls, name, None) for cls in model_classes() for name in _METHODS}
)

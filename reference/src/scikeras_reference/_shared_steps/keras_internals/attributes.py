"""The attributes of Keras objects, as far as a traced step can see them."""

from collections.abc import Mapping
from typing import Any

import keras

from scikeras_reference._shared_steps.private_names import module

__all__ = ["IGNORED", "IGNORED_FOR_PREDICTIONS", "attributes", "has_identity"]

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
_GIVEN_STATISTICS = frozenset({"input_mean", "input_variance"})
_SEEDS = frozenset({"seed", "_seed", "_initial_seed", "_init_seed"})
IGNORED = _BOOKKEEPING | _SEEDS
"""Attributes that no traced step can see, whatever has them."""
IGNORED_FOR_PREDICTIONS = IGNORED | {
    "_compile_loss", "_compile_metrics", "_compute_loss_has_training_arg", "_loss_tracker",
    "_metrics", "compiled", "optimizer", "_trainable",
}  # fmt: skip
"""Attributes that a step which only predicts cannot see either."""


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
    """Return the attributes of a Keras object that a traced step can see, and some that it cannot.

    None stands for an object that cannot be compared with another one.
    """
    if isinstance(value, keras.Variable):
        return _of_variable(value)
    if isinstance(value, keras.random.SeedGenerator):
        return {"state": value.state}
    if isinstance(value, keras.KerasTensor):
        return {"shape": value.shape, "dtype": value.dtype, "sparse": value.sparse}
    if isinstance(value, module("keras.src.ops.node").Node):
        arguments = value.arguments
        return {
            "operation": value.operation,
            "args": arguments.args,
            "kwargs": arguments.kwargs,
            "outputs": value.outputs,
        }
    found = {name: item for name, item in vars(value).items() if item is not None}
    if type(value) is keras.layers.Normalization and "mean" in found:
        # Called with its own tensors, which were made of these numbers when it was built.
        found = {name: item for name, item in found.items() if name not in _GIVEN_STATISTICS}
    if _goes_by_names(found):
        return None
    if isinstance(value, (keras.optimizers.Optimizer, keras.Operation)) or (
        isinstance(value, keras.Loss) and not names
    ):
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
    if (hidden["_value"] is None and keras.backend.backend() != "jax") or hidden[
        "_layout"
    ] is not None:
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

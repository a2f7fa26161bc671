"""How a model runs on each backend, and what it was compiled with."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import keras

__all__ = [
    "Undecayed",
    "compiled_metrics",
    "config_of_optimizer",
    "exclude_from_decay",
    "has_gpu",
    "keeping_weights",
    "limit_of",
    "prepare_to_predict",
    "runs_undistributed",
    "undecayed",
]

Undecayed = tuple[str | None, tuple[int, ...]]
"""What an optimizer excludes from weight decay: a pattern of names, and positions of variables."""


def prepare_to_predict(model: Any) -> None:
    """Do to a model what ``Model.predict`` does to it and ``Model.predict_on_batch`` does not."""
    model.stop_predicting = False
    if keras.backend.backend() == "torch":
        model.eval()  # PyTorch's own modules know by this that they are not being trained


@contextmanager
def keeping_weights(model: Any) -> Iterator[None]:
    """Put the weights of a model back if the block fails, or is interrupted.

    On some backends, ``Model.predict`` takes them off the model while it runs, and puts them back
    only at its end: without them, the model could never be used again.
    """
    put_back = getattr(model, "jax_state_sync", None)  # the method of those backends
    if put_back is None:
        yield
        return
    variables = [*model.trainable_variables, *model.non_trainable_variables]
    values = [variable.value for variable in variables]
    try:
        yield
    except BaseException:
        put_back()
        for variable, value in zip(variables, values, strict=True):
            if _is_lost(variable):  # no step was done that Keras could take it from
                variable.assign(value)
        raise


def _is_lost(variable: Any) -> bool:
    try:
        return variable.value is None
    except TypeError:  # it has no value, and nothing to make one from
        return True


def has_gpu() -> bool:
    """Whether TensorFlow may compute on a GPU."""
    tensorflow = sys.modules["tensorflow"]
    return bool(tensorflow.config.list_physical_devices("GPU"))


def limit_of(name: str) -> int | None:
    """Return a limit that Keras was set to, ``max_epochs`` or ``max_steps_per_epoch``, or None."""
    limit = getattr(keras.config, name, None)  # older versions have none
    return None if limit is None else limit()


def runs_undistributed(model: Any) -> bool:
    """Whether the model runs in one place, without a strategy that spreads its batches."""
    if keras.backend.backend() == "tensorflow":
        distribute = sys.modules["tensorflow"].distribute
        spread = distribute.has_strategy()
        return not spread and model.distribute_strategy is distribute.get_strategy()
    return keras.distribution.distribution() is None


def compiled_metrics(model: Any) -> list[Any]:
    """Return each metric and weighted metric that a model was compiled with, as it was given.

    Keras has no public way to read them. Where it keeps them elsewhere, there are none.
    """
    compiled = getattr(model, "_compile_metrics", None)
    given = [getattr(compiled, name, None) for name in ("_user_metrics", "_user_weighted_metrics")]
    return [metric for metric in keras.tree.flatten(given) if metric is not None]


def undecayed(optimizer: Any, variables: Sequence[Any] = ()) -> Undecayed | None:
    """Return what `exclude_from_weight_decay` was told; None if it was not called.

    The configuration of an optimizer does not hold it, so that a copy would decay all weights.

    Parameters
    ----------
    optimizer : keras.optimizers.Optimizer or None
        Any optimizer.
    variables : sequence of keras.Variable, default=()
        Those of its model, in which excluded ones are looked for.
    """
    optimizer = getattr(optimizer, "inner_optimizer", optimizer)
    pattern = getattr(optimizer, "_exclude_from_weight_decay_pattern", None)
    keys = getattr(optimizer, "_exclude_from_weight_decay", None) or ()
    if pattern is None and not keys:
        return None
    key_of = getattr(optimizer, "_var_key", id)
    found = [position for position, one in enumerate(variables) if key_of(one) in keys]
    return getattr(pattern, "pattern", None), tuple(found)


def exclude_from_decay(optimizer: Any, what: Undecayed, variables: Sequence[Any] = ()) -> None:
    """Exclude in a copy of an optimizer what the first one excludes from weight decay."""
    pattern, positions = what
    optimizer = getattr(optimizer, "inner_optimizer", optimizer)
    optimizer.exclude_from_weight_decay(
        var_list=[variables[position] for position in positions],
        var_names=None if pattern is None else [pattern],
    )


def config_of_optimizer(optimizer: Any) -> dict[str, Any]:
    """Return the configuration of an optimizer, with its learning rate as it was given.

    Keras describes a function as learning rate by its code, and refuses to read that again; and a
    schedule has to describe itself, although only a file needs that.
    """
    rate = getattr(optimizer, "_learning_rate", None)
    is_schedule = isinstance(rate, keras.optimizers.schedules.LearningRateSchedule)
    if not callable(rate) or isinstance(rate, keras.Variable):
        return optimizer.get_config()  # type: ignore[no-any-return]
    inherited = keras.optimizers.schedules.LearningRateSchedule.get_config
    if is_schedule and type(rate).get_config is not inherited:
        return optimizer.get_config()  # type: ignore[no-any-return]
    plain = object.__new__(type(optimizer))
    vars(plain).update({**vars(optimizer), "_learning_rate": 0.0})
    return {**plain.get_config(), "learning_rate": rate}

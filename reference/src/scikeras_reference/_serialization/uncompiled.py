"""Models as they are without what they are compiled with."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

__all__ = ["uncompiled"]


@contextmanager
def uncompiled(models: Iterable[Any]) -> Iterator[None]:
    """Let Keras save models without their compilation, within the block.

    Keras writes the state of an optimizer with the weights, even if the model is not compiled. Here
    that is stored beside them, and would be stored twice.

    Parameters
    ----------
    models : iterable of keras.Model
        Those that are compiled are compiled again afterwards, with the same objects.
    """
    optimizers = [(model, model.optimizer) for model in models if model.compiled]
    for model, _ in optimizers:
        _set(model, compiled=False, optimizer=None)
    try:
        yield
    finally:
        for model, optimizer in optimizers:
            _set(model, compiled=True, optimizer=optimizer)


def _set(model: Any, **attributes: Any) -> None:
    """Set attributes without the notes that Keras and TensorFlow take of them."""
    vars(model).update(attributes)

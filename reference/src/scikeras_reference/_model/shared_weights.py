"""Notices when a builder returns weights that an earlier model has already (clause BUILD-10).

Two models that share weights train each other: estimators change their predictions, and the folds
of a cross-validation know each other's rows.
"""

import functools
import threading
import warnings
import weakref
from typing import Any

from scikeras_reference.exceptions import SharedWeightsWarning

__all__ = ["warn_of_shared_weights"]

_lock = threading.RLock()  # a weak reference can be cleared while the lock is held
_known: "dict[int, weakref.ref[Any]]" = {}
"""Every trainable variable of a model that a builder returned, for as long as it lives."""


def warn_of_shared_weights(model: Any, builder: str) -> None:
    """Warn if a new model has trainable weights of an earlier one; remember those that it has.

    Weights that this model does not train, such as a frozen base in transfer learning, may be
    shared.

    Parameters
    ----------
    model : keras.Model
        Built, so that its weights exist.
    builder : str
        Name of the builder, for the warning.
    """
    shared = []
    with _lock:
        variables: list[Any] = model.trainable_variables
        for variable in variables:
            key = id(variable)
            reference = _known.get(key)
            if reference is not None and reference() is variable:
                shared.append(str(getattr(variable, "path", variable)))
            else:
                _known[key] = weakref.ref(variable, functools.partial(_forget, key))
    if shared:
        more = f" and {len(shared) - 3} more" if len(shared) > 3 else ""
        warnings.warn(
            f"The builder {builder} returned a model with trainable weights of an earlier model"
            f" ({', '.join(shared[:3])}{more}). This fit goes on from them, and changes the"
            " earlier model too; folds of a cross-validation share what they learn. Create the"
            " model and its layers inside the builder, or pass the keras.Model itself as"
            " ``model``, which is copied for each fit. Layers that are meant to be shared as they"
            " are: set layer.trainable = False.",
            SharedWeightsWarning,
            stacklevel=2,
        )


def _forget(key: int, dead: "weakref.ref[Any]") -> None:
    with _lock:
        if _known.get(key) is dead:
            del _known[key]

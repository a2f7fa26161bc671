"""What stands for a train, test or predict function of a model, on every backend.

Like the function that Keras would have made in its place, it stays until the model is compiled
again: what was traced once is run again, whatever becomes of the model in the meantime.
"""

from typing import Any

import keras

from scikeras_reference._shared_steps import refusal_log

__all__ = ["Capture", "SharedFunction", "made_by_keras"]


class SharedFunction:
    """Stands for ``train_function``, ``test_function`` or ``predict_function`` of one model.

    Parameters
    ----------
    model : keras.Model
        The model.
    kind : str
        ``"train"``, ``"test"`` or ``"predict"``.
    """

    def __init__(self, model: Any, kind: str) -> None:
        self._model = model
        self._kind = kind
        self._captured: Any = None
        self._own: Any = None
        self._is_refused = False

    def __call__(self, *args: Any) -> Any:
        """Run one step on what Keras passes."""
        raise NotImplementedError

    @property
    def own(self) -> Any:
        """The function that Keras makes for this model alone."""
        if self._own is None:
            self.capture()
            self._own = self._captured
        return self._own

    def capture(self) -> None:
        """Make that function from the model as it is now; it is traced if it is used."""
        if self._captured is None:
            self._captured = made_by_keras(self._model, self._kind)

    def reset_data(self) -> None:
        """Drop what is kept of one training besides its steps, if there is anything."""

    def accept(self) -> None:
        """Forget why steps were not shared, unless this function was refused itself."""
        if not self._is_refused:
            refusal_log.accept(self._model, self._kind)

    def refuse(self, error: BaseException) -> None:
        """Log and remember why the function of Keras is used instead."""
        self._is_refused = True
        refusal_log.refuse(self._model, self._kind, error)


class Capture(keras.callbacks.Callback):  # type: ignore[misc]
    """Makes Keras's test function when Keras would: before other callbacks know of a validation.

    Parameters
    ----------
    function : SharedFunction
        What stands for the test function.
    """

    def __init__(self, function: SharedFunction) -> None:
        super().__init__()
        self._function = function

    def on_test_begin(self, logs: object = None) -> None:
        """Make the function from the model as it is now."""
        del logs
        self._function.capture()


def made_by_keras(model: Any, kind: str) -> Any:
    """Return the function that Keras makes for this model alone; leave the model as it is."""
    name = f"{kind}_function"
    before = getattr(model, name)
    setattr(model, name, None)
    getattr(model, f"make_{name}")()
    function = getattr(model, name)
    setattr(model, name, before)
    return function

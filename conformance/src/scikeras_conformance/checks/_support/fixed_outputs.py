"""A classifier's model whose outputs are known, irregular, and never change.

No row is like another, and the units differ, so that a target of the wrong form, which is spread
over rows or units, cannot have the right value by chance.
"""

from typing import Any

from scikeras_conformance.checks._support.helper_models import loss_of_classes
from scikeras_conformance.checks._support.modules import doubles, keras, np
from scikeras_conformance.checks._support.preparation import try_once
from scikeras_conformance.checks._support.training import outputs_of, read_history
from scikeras_conformance.runner.context import CheckContext

__all__ = ["FixedOutputs", "recorded_value", "require_outputs_can_be_fitted"]


class FixedOutputs:
    """Data, and builders of a model with fixed outputs for them.

    Parameters
    ----------
    n_units : int
        One for two classes and a sigmoid unit, or the number of classes.
    """

    def __init__(self, n_units: int) -> None:
        generator = np.random.default_rng(17)
        n_classes = max(n_units, 2)
        self.n_units = n_units
        # Uneven classes, in an order that is not sorted, and a number of rows unlike any other.
        self.codes = np.array([1, 0, 2, 2, 1, 0, 2, 2, 1, 2, 1]) % n_classes
        self.labels = np.array(["blue", "green", "red"])[self.codes]
        self.X = generator.normal(size=(len(self.codes), 4)).astype(np.float32)
        self._kernel = generator.normal(size=(4, n_units)).astype(np.float32)
        self._bias = np.linspace(-0.5, 0.25, n_units).astype(np.float32)

    def build(self) -> Any:
        """Return a model that the wrapper has to compile."""
        activation = "sigmoid" if self.n_units == 1 else "softmax"
        data = doubles.Dataset(self.X, self.labels, self._kernel, self._bias)
        return doubles.make_model(data, activation)

    def compiled(self, loss: Any, metrics: Any = None, weighted_metrics: Any = None) -> Any:
        """Return a compiled model that does not learn."""
        model = self.build()
        model.compile(
            doubles.zero_learning_rate(), loss, metrics=metrics, weighted_metrics=weighted_metrics
        )
        return model

    def values(self) -> Any:
        """Return the outputs of the model."""
        return outputs_of(self.build(), self.X)


def require_outputs_can_be_fitted(context: CheckContext, outputs: FixedOutputs) -> None:
    """Block the check unless a model with these outputs can be fitted with a usual loss."""
    loss = "binary_crossentropy" if outputs.n_units == 1 else loss_of_classes(context)

    def attempt() -> None:
        estimator = context.make(lambda: outputs.compiled(loss))
        context.fit(estimator, outputs.X, outputs.labels)

    try_once(context, attempt, "outputs", str(outputs.n_units))


def recorded_value(context: CheckContext, estimator: Any, name: str) -> float:
    """Return a quantity that was logged for the only epoch of training.

    It is what the model of the builder logged. A wrapper with a training loop of its own leaves it
    in ``history_`` alone.
    """
    history = context.recording_model(estimator).log.history
    if not history:
        with context.preparing("reading history_, because Model.fit was not called"):
            history = read_history(context, estimator)
        if name not in history:
            context.stop("history_", f"has no {name}, and Model.fit was not called")
    found = history.get(name, [])
    context.require(
        len(found) == 1, f"the history of one epoch should have one value of {name}: {history}"
    )
    with context.preparing(f"reading {name} in the history"):
        return float(np.asarray(keras.ops.convert_to_numpy(found[0])).mean())

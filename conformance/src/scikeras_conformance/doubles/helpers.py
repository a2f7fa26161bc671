"""Helper models: several that predict the same data, because no wrapper can train them all.

A check whose clause is not about a model in particular takes the first one that its subject can
train, see `scikeras_conformance.runner.basic_use`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import keras

from scikeras_conformance.catalog.wrappers import Wrapper
from scikeras_conformance.doubles.data import Dataset, classes_dataset, continuous_dataset
from scikeras_conformance.doubles.models import make_model
from scikeras_conformance.doubles.recorders import sgd

__all__ = ["HELPERS", "HelperModel"]


@dataclass(frozen=True, slots=True)
class HelperModel:
    """A model of one dense layer that predicts the default data of a wrapper.

    Parameters
    ----------
    words : str
        The model, for messages.
    activation : str
        Of its layer.
    loss : str
        The name of the loss that goes with it.
    data : Dataset
        Samples, target, and the weights of the layer. The samples and the target are those of
        `scikeras_conformance.doubles.data.dataset`, whichever helper it is.
    """

    words: str
    activation: str
    loss: str
    data: Dataset

    def uncompiled(self, *, off: float = 0.0) -> keras.Model:
        """Make the model, without compiling it.

        Parameters
        ----------
        off : float, default=0
            If not zero, the value of all weights, which are then wrong and can be trained.
        """
        return make_model(self.data, self.activation, value=off or None)

    def compiled(self, *, off: float = 0.0, rate: float = 0.0) -> keras.Model:
        """Make the model and compile it.

        Parameters
        ----------
        off : float, default=0
            If not zero, the value of all weights.
        rate : float, default=0
            Learning rate; with zero the weights stay as they are.
        """
        model = self.uncompiled(off=off)
        model.compile(optimizer=sgd(rate), loss=self.loss)
        return model

    def builder(self, *, off: float = 0.0, rate: float = 0.0) -> Callable[[], keras.Model]:
        """Return a builder without arguments of the compiled model."""

        def build() -> keras.Model:
            return self.compiled(off=off, rate=rate)

        return build


def _of_classes() -> tuple[HelperModel, ...]:
    one_unit, two_units = (classes_dataset([0, 1], sigmoid=sigmoid) for sigmoid in (True, False))
    return (
        HelperModel("one sigmoid unit", "sigmoid", "binary_crossentropy", one_unit),
        HelperModel(
            "two softmax units and a categorical loss",
            "softmax",
            "categorical_crossentropy",
            two_units,
        ),
        HelperModel(
            "two softmax units and a sparse loss",
            "softmax",
            "sparse_categorical_crossentropy",
            two_units,
        ),
    )


_LINEAR = HelperModel("one linear unit", "linear", "mean_squared_error", continuous_dataset())

HELPERS: Mapping[Wrapper, tuple[HelperModel, ...]] = MappingProxyType(
    {
        Wrapper.BASE: (_LINEAR,),
        Wrapper.CLASSIFIER: _of_classes(),
        Wrapper.REGRESSOR: (_LINEAR,),
    }
)
"""The helper models for each wrapper, the simplest first."""

"""The models of checks whose clauses are not about the model: the first that the subject can train.

They are made for the default data set of a wrapper, which they predict without training. There is
one linear unit for numbers. Two classes can be told apart by one sigmoid unit, or by two softmax
units with a categorical or with a sparse loss: it is the same to a user, but some wrappers train
only one of them. So checks take the first that works, unless their clause is about one of them. If
none works, they take the first of all, and are blocked by the steps that prepare for their clause.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from scikeras_conformance.checks._support.modules import doubles, keras, np
from scikeras_conformance.runner.basic_use import helper_number
from scikeras_conformance.runner.context import CheckContext

if TYPE_CHECKING:
    from scikeras_conformance.doubles import HelperModel

__all__ = [
    "ONE_HOT",
    "SPARSE",
    "compiled_helper",
    "helper_builder",
    "helper_layer",
    "helper_loss",
    "helper_loss_class",
    "helper_metric",
    "helper_model",
    "helper_target",
    "importable_builder",
    "loss_of_classes",
    "plain_helper",
    "uncompiled_helper",
]

ONE_HOT = "categorical_crossentropy"
SPARSE = "sparse_categorical_crossentropy"


def helper_model(context: CheckContext) -> "HelperModel":
    """Return the helper model for a check whose clause is not about a model in particular.

    Parameters
    ----------
    context : CheckContext
        The context. The first time, its subject is tried with the helper models in turn.

    Returns
    -------
    HelperModel
        It predicts the default data of the wrapper: ``X, y, *_ = helper.data``.
    """
    number = helper_number(context.subject, context.wrapper)
    helper: HelperModel = doubles.HELPERS[context.wrapper][number]
    return helper


def uncompiled_helper(context: CheckContext, *, off: float = 0.0) -> Any:
    """Make an uncompiled model, whose weights all equal `off` if that is not zero."""
    return helper_model(context).uncompiled(off=off)


def compiled_helper(
    context: CheckContext,
    *,
    off: float = 0.0,
    rate: float = 0.0,
    momentum: float = 0.0,
    metrics: Sequence[Any] = (),
) -> Any:
    """Make a compiled model.

    Parameters
    ----------
    context : CheckContext
        The context.
    off : float, default=0
        If not zero, the value of all weights, which are then wrong and can be trained.
    rate : float, default=0
        Learning rate; with zero the weights stay as they are.
    momentum : float, default=0
        Momentum of the optimizer, which gives it a state.
    metrics : sequence, default=()
        Metrics to compile the model with.
    """
    helper = helper_model(context)
    model = helper.uncompiled(off=off)
    optimizer = doubles.sgd(rate, momentum=momentum)
    model.compile(optimizer=optimizer, loss=helper.loss, metrics=list(metrics))
    return model


def helper_builder(context: CheckContext, **settings: Any) -> Callable[[], Any]:
    """Return a builder without arguments of a compiled model.

    Parameters
    ----------
    context : CheckContext
        The context.
    **settings
        See `compiled_helper`.
    """

    def build() -> Any:
        return compiled_helper(context, **settings)

    return build


def plain_helper(context: CheckContext, *, compiled: bool = True) -> Any:
    """Make a `keras.Sequential`, which Keras runs in its usual way."""
    helper = helper_model(context)
    data = helper.data
    layer = keras.layers.Dense(len(data.bias), activation=helper.activation)
    model = keras.Sequential([keras.Input((data.n_features,)), layer])
    layer.set_weights([data.kernel, data.bias])
    if compiled:
        model.compile(optimizer=doubles.zero_learning_rate(), loss=helper.loss)
    return model


def helper_layer(context: CheckContext) -> Any:
    """Return a new last layer, for a model that is larger than the helper model."""
    helper = helper_model(context)
    return keras.layers.Dense(len(helper.data.bias), activation=helper.activation)


def importable_builder(
    context: CheckContext, builders: Mapping[Any, Callable[..., Any]]
) -> Callable[..., Any]:
    """Return a builder that other processes can import, of a model like the helper model.

    Parameters
    ----------
    context : CheckContext
        The context.
    builders : mapping
        Functions by wrapper, for example `scikeras_conformance.doubles.ORACLES`.
    """
    number = helper_number(context.subject, context.wrapper)
    build = builders[context.wrapper]
    return partial(build, helper=number) if number else build


def helper_loss(context: CheckContext) -> str:
    """Return the name of the loss of the helper model."""
    return helper_model(context).loss


def helper_metric(context: CheckContext, name: str) -> Any:
    """Return a metric instance for the helper model that has settings besides its name."""
    if not context.is_classifier:
        return keras.metrics.CosineSimilarity(name=name, axis=0)
    if helper_model(context).activation == "sigmoid":
        return keras.metrics.BinaryAccuracy(name=name, threshold=0.75)
    return keras.metrics.MeanAbsoluteError(name=name)


def helper_loss_class(context: CheckContext) -> Any:
    """Return the class of the loss of the helper model."""
    return getattr(keras.losses, helper_loss(context).title().replace("_", ""))


def helper_target(context: CheckContext, y: Any) -> Any:
    """Return a target of zeros and ones, or of numbers, in the form that the model trains on."""
    column = np.asarray(y).reshape(len(y), -1).astype(np.float32)
    if helper_loss(context) == ONE_HOT:
        return np.hstack([1 - column, column])
    return column


def loss_of_classes(context: CheckContext) -> str:
    """Return a loss for softmax units, one for each class: one-hot if the helper has that."""
    if not context.is_classifier:
        return helper_loss(context)
    return ONE_HOT if helper_loss(context) == ONE_HOT else SPARSE

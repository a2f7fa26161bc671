"""The models of checks whose clauses are not about the model: the first that the subject can train.

They are made for the default data set of a wrapper, which they predict without training. There is
one linear unit for numbers. Two classes can be told apart by one sigmoid unit, or by two softmax
units with a categorical or with a sparse loss: it is the same to a user, but some wrappers train
only one of them. So checks take the first that works, unless their clause is about one of them. If
none works, they take the first of all, and are blocked by the steps that prepare for their clause.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

from scikeras_conformance.checks._support.modules import doubles, keras, np
from scikeras_conformance.runner.context import CheckContext
from scikeras_conformance.runner.seeding import seed_everything

__all__ = [
    "Form",
    "helper_builder",
    "helper_data",
    "helper_form",
    "helper_loss",
    "helper_loss_class",
    "helper_model",
    "helper_target",
    "loss_of_classes",
    "plain_helper",
    "stub_helper",
    "uncompiled_helper",
]


@dataclass(frozen=True, slots=True)
class Form:
    """A form of model for the default data set of a wrapper.

    Parameters
    ----------
    activation, loss : str
        Of the one dense layer.
    n_units : int
        The units of that layer.
    loss_of_classes : str
        The loss of the same kind for a softmax unit for each class.
    """

    activation: str
    n_units: int
    loss: str
    loss_of_classes: str


LINEAR = Form("linear", 1, "mean_squared_error", "mean_squared_error")

CLASSIFYING = (
    Form("sigmoid", 1, "binary_crossentropy", "sparse_categorical_crossentropy"),
    Form("softmax", 2, "categorical_crossentropy", "categorical_crossentropy"),
    Form("softmax", 2, "sparse_categorical_crossentropy", "sparse_categorical_crossentropy"),
)

_chosen: WeakKeyDictionary[type, Form] = WeakKeyDictionary()


def helper_form(context: CheckContext) -> Form:
    """Return the form of the helper models for the class under test."""
    if not context.is_classifier:
        return LINEAR
    cls = context.cls
    if cls not in _chosen:
        _chosen[cls] = next(
            (form for form in CLASSIFYING if _can_train(context, form)), CLASSIFYING[0]
        )
        # The check goes on as if nothing had drawn random numbers.
        seed_everything()
    return _chosen[cls]


def _can_train(context: CheckContext, form: Form) -> bool:
    X, y, *_ = doubles.dataset(context.wrapper)
    try:
        estimator = context.subject.construct(context.cls, lambda: _compiled(context, form))
        estimator.fit(X, y)
        estimator.predict(X)
    except (Exception, SystemExit):
        return False
    return True


def _layer_data(context: CheckContext, form: Form) -> Any:
    if form.n_units == 1:
        return doubles.dataset(context.wrapper)
    return doubles.classes_dataset([0, 1])


def _uncompiled(context: CheckContext, form: Form, off: float, cls: Any = None) -> Any:
    data = _layer_data(context, form)
    model = doubles.make_model(data, form.activation, cls=cls or doubles.RecordingModel)
    if off:
        model.set_weights([weights * 0.0 + np.float32(off) for weights in model.get_weights()])
    return model


def _compiled(
    context: CheckContext,
    form: Form,
    *,
    off: float = 0.0,
    rate: float = 0.0,
    momentum: float = 0.0,
    metrics: Sequence[Any] = (),
) -> Any:
    model = _uncompiled(context, form, off)
    optimizer = keras.optimizers.SGD(rate, momentum=momentum)
    model.compile(optimizer=optimizer, loss=form.loss, metrics=list(metrics))
    return model


def helper_data(context: CheckContext) -> Any:
    """Return the default data set of a wrapper, with the layer of the helper models."""
    return _layer_data(context, helper_form(context))


def helper_model(context: CheckContext, **settings: Any) -> Any:
    """Make a compiled model.

    Parameters
    ----------
    context : CheckContext
        The context.
    **settings
        ``off``: if not zero, the value of all weights, which are then wrong and can be trained.
        ``rate``: the learning rate; with zero, the default, the weights stay as they are.
        ``momentum``: the momentum of the optimizer, which gives it a state. ``metrics``: a list.
    """
    return _compiled(context, helper_form(context), **settings)


def uncompiled_helper(context: CheckContext, *, off: float = 0.0) -> Any:
    """Make an uncompiled model, whose weights all equal `off` if that is not zero."""
    return _uncompiled(context, helper_form(context), off)


def stub_helper(context: CheckContext) -> Any:
    """Make a compiled model whose training does nothing."""
    form = helper_form(context)
    model = _uncompiled(context, form, 0.0, doubles.StubModel)
    model.compile(optimizer=doubles.zero_learning_rate(), loss=form.loss)
    return model


def plain_helper(context: CheckContext) -> Any:
    """Make a compiled `keras.Sequential`, which Keras runs in its usual way."""
    form = helper_form(context)
    data = _layer_data(context, form)
    layer = keras.layers.Dense(form.n_units, activation=form.activation)
    model = keras.Sequential([keras.Input((data.n_features,)), layer])
    layer.set_weights([data.kernel, data.bias])
    model.compile(optimizer=doubles.zero_learning_rate(), loss=form.loss)
    return model


def helper_builder(context: CheckContext, **settings: Any) -> Callable[[], Any]:
    """Return a builder without arguments of a compiled model.

    Parameters
    ----------
    context : CheckContext
        The context.
    **settings
        See `helper_model`.
    """
    form = helper_form(context)

    def build() -> Any:
        return _compiled(context, form, **settings)

    return build


def helper_loss(context: CheckContext) -> str:
    """Return the name of the loss of the helper models."""
    return helper_form(context).loss


def helper_loss_class(context: CheckContext) -> Any:
    """Return the class of the loss of the helper models."""
    return getattr(keras.losses, helper_loss(context).title().replace("_", ""))


def helper_target(context: CheckContext, y: Any) -> Any:
    """Return a target of zeros and ones, or of numbers, in the form that the models train on."""
    column = np.asarray(y).reshape(len(y), -1).astype(np.float32)
    if helper_loss(context) == "categorical_crossentropy":
        return np.hstack([1 - column, column])
    return column


def loss_of_classes(context: CheckContext) -> str:
    """Return the name of a loss for models with a softmax unit for each of several classes."""
    return helper_form(context).loss_of_classes

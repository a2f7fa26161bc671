"""Models whose predictions are right without training, and the losses they are compiled with."""

from collections.abc import Callable
from typing import Any

from scikeras_conformance.checks._support.helper_models import ONE_HOT, SPARSE
from scikeras_conformance.checks._support.modules import doubles, np
from scikeras_conformance.checks._support.predictions import require_predictions, same
from scikeras_conformance.checks._support.preparation import require_it_works
from scikeras_conformance.runner.context import CheckContext, show

__all__ = [
    "BINARY",
    "ONE_HOT",
    "SPARSE",
    "SQUARED",
    "as_column_if",
    "fitted_oracle",
    "loss_in_words",
    "oracle_builder",
    "require_oracle_predictions",
    "require_target_type",
    "require_uncertain_predictions",
    "two_column_target",
    "uncompiled_oracle_builder",
]

BINARY = "binary_crossentropy"
SQUARED = "mean_squared_error"


def oracle_builder(
    data: Any, activation: str, loss: Any, *, trains: bool = True
) -> Callable[[], Any]:
    """Return a builder of a compiled model that predicts `data` and does not learn.

    Parameters
    ----------
    data : Dataset
        The data.
    activation : str
        Of its layer.
    loss : object
        What it is compiled with.
    trains : bool, default=True
        Whether Keras trains it at all, though its weights stay.
    """

    def build() -> Any:
        cls = doubles.RecordingModel if trains else doubles.StubModel
        model = doubles.make_model(data, activation, cls=cls)
        model.compile(optimizer=doubles.zero_learning_rate(), loss=loss)
        return model

    return build


def uncompiled_oracle_builder(data: Any, activation: str) -> Callable[[], Any]:
    """Return a builder of a model that the wrapper has to compile."""

    def build() -> Any:
        return doubles.make_model(data, activation)

    return build


def fitted_oracle(
    context: CheckContext, data: Any, activation: str, loss: Any, *, compiled: bool = True
) -> Any:
    """Fit a model that predicts correctly without training, and check its training target.

    Such a model has a loss of nearly zero on the right target, and a large one on any other.
    A wrapper with its own training loop leaves no history of Model.fit, and is judged by its
    predictions alone.
    """
    require_it_works(context)
    if compiled:
        estimator = context.make(oracle_builder(data, activation, loss))
    else:
        estimator = context.make(
            uncompiled_oracle_builder(data, activation),
            loss=loss,
            optimizer=doubles.zero_learning_rate(),
        )
    units, name = len(data.bias), loss_in_words(loss)
    with context.doing(f"fit with {name}, units: {units} {activation}, y of shape {data.y.shape}"):
        context.fit(estimator, data.X, data.y)
    with context.preparing("reading model_"):
        log = getattr(getattr(estimator, "model_", None), "log", None)
    losses = [] if log is None else log.history.get("loss", [])
    context.require(
        all(loss < 1e-3 for loss in losses),
        f"a model that predicts correctly should have a loss of zero; it is {losses}: it was "
        f"trained on a wrong target for {name}",
    )
    return estimator


def loss_in_words(loss: Any) -> str:
    """Return the name of a loss, whatever the form in which it is given."""
    if isinstance(loss, str):
        return loss
    named = getattr(loss, "func", loss)
    return getattr(named, "__name__", type(named).__name__)


def require_oracle_predictions(context: CheckContext, estimator: Any, data: Any) -> None:
    """Require right values and shapes for all rows, one row, and rows in another order."""
    reverse = np.arange(len(data.X))[::-1]
    for rows, what in ((slice(None), "all rows"), ([1], "one row"), (reverse, "reversed rows")):
        predicted = context.observe.predict(estimator, data.X[rows])
        require_predictions(context, predicted, data.y[rows], f"{what}: predict")


def require_target_type(context: CheckContext, estimator: Any, data: Any) -> None:
    """Require that ``target_type_`` is the type that scikit-learn finds."""
    from sklearn.utils.multiclass import type_of_target

    expected = type_of_target(data.y)
    found = context.observe.attribute(estimator, "target_type_")
    context.require(
        same(found, expected), f"target_type_ should be {expected!r}; it is {show(found)}"
    )


def as_column_if(data: Any, layout: str) -> Any:
    """Return the data with the target as a column if `layout` is ``"column"``."""
    return data._replace(y=data.y.reshape(-1, 1)) if layout == "column" else data


def require_uncertain_predictions(
    context: CheckContext, data: Any, activation: str, loss: str
) -> None:
    """Require right predictions of a model whose probabilities are close to one half."""
    data = data.softened()
    estimator = context.make(oracle_builder(data, activation, loss))
    context.fit(estimator, data.X, data.y)
    require_predictions(context, context.observe.predict(estimator, data.X), data.y)


def two_column_target() -> tuple[Any, Any]:
    """Return X and a target with two columns of classes, which are equal to X."""
    y = np.array([[1, 1], [3, 2], [2, 3], [1, 2]] * 4)
    return y.astype(np.float32), y

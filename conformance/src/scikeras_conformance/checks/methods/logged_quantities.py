"""API-1 and API-2: quantities that models and callbacks log of their own."""

from typing import Any

from scikeras_conformance.catalog.check import ESTIMATORS, check
from scikeras_conformance.checks._support.helper_models import helper_loss, helper_model
from scikeras_conformance.checks._support.modules import doubles, keras, np
from scikeras_conformance.checks._support.preparation import accepted
from scikeras_conformance.checks._support.training import (
    learner,
    read_history,
    require_current_epoch,
)
from scikeras_conformance.runner.context import CheckContext, show


@check(
    "API-1.of-callbacks",
    verifies="history_ of a fit is the history of Keras, also for quantities that callbacks log",
    impact="a plot of the learning rate does not match that of the loss",
    wrappers=ESTIMATORS,
    cases=["fit", "partial_fit"],
)
def of_callbacks(context: CheckContext) -> None:
    class Logging(keras.callbacks.Callback):  # type: ignore[misc]
        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            logs["learning_rate"], logs["own"] = 0.5 / (epoch + 1), float(epoch)
            # As the loss becomes late in a training.
            logs["small"] = 1.25e-7 / (epoch + 1)

    X, y, *_ = doubles.dataset(context.wrapper)
    given = accepted(context, epochs=3)
    estimator = context.make(learner(context), **given)
    method, epochs = context.case, 3 if given and context.case == "fit" else 1
    context.call(estimator, method, X, y, callbacks=[Logging()])
    found = read_history(context, estimator)
    keras_has = context.recording_model(estimator).log.history
    for name, logged in keras_has.items():
        values = found.get(name, [])
        context.require(
            len(values) == epochs,
            f"history_ has {len(values)} values of {name} after {epochs} epochs: {show(found)}",
        )
        with context.doing(f"comparing the values of {name} in history_"):
            right = np.allclose(values, logged, rtol=1e-5, atol=0.0)
        context.require(right, f"history_ has {show(values)} for {name}; Keras logged {logged}")


def _rename(epoch: int, logs: Any) -> None:
    """Log the loss under another name."""
    del epoch
    logs["error"] = logs.pop("loss", 0.5)


@check(
    "API-2.without-loss",
    verifies="current_epoch counts epochs of a model that logs no quantity called loss",
    impact="a model with a training step of its own seems never to have been trained",
    wrappers=ESTIMATORS,
)
def without_loss(context: CheckContext) -> None:
    X, y, *_ = doubles.dataset(context.wrapper)

    class SilentModel(doubles.StubModel):
        def fit(self, *args: Any, **kwargs: Any) -> Any:
            renaming = keras.callbacks.LambdaCallback(on_epoch_end=_rename)
            given = kwargs.get("callbacks") or []
            callbacks = given if isinstance(given, (list, tuple)) else [given]
            return super().fit(*args, **{**kwargs, "callbacks": [renaming, *callbacks]})

    def build() -> Any:
        helper = helper_model(context)
        model = doubles.make_model(helper.data, helper.activation, cls=SilentModel)
        model.compile(doubles.zero_learning_rate(), loss=helper_loss(context))
        return model

    given = accepted(context, epochs=3)
    epochs = 3 if given else 1
    estimator = context.make(build, **given)
    context.fit(estimator, X, y)
    require_current_epoch(context, estimator, epochs)
    if hasattr(context.cls, "partial_fit"):
        context.call(estimator, "partial_fit", X, y)
        require_current_epoch(context, estimator, epochs + 1)

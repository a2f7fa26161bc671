"""Ways to copy an estimator, and whether the copy predicts and trains the same."""

import copy
import pickle
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from scikeras_conformance.checks._support.helper_models import helper_target
from scikeras_conformance.checks._support.modules import np
from scikeras_conformance.checks._support.predictions import as_array
from scikeras_conformance.checks._support.training import require_weights, train
from scikeras_conformance.runner.context import CheckContext, show


def pickle_round_trip(value: Any) -> Any:
    """Return a copy made by pickling and unpickling."""
    return pickle.loads(pickle.dumps(value))  # noqa: S301 - just made


COPY_METHODS: Mapping[str, Callable[[Any], Any]] = {
    "pickle": pickle_round_trip,
    "deepcopy": copy.deepcopy,
}


def require_same_bits(context: CheckContext, found: Any, expected: Any, what: str) -> None:
    """Require predictions that are the same to the last bit."""
    found, expected = as_array(context, found, what), as_array(context, expected, "predict")
    with context.doing(f"comparing the results of {what}"):
        equal = bool(
            found.shape == expected.shape
            and found.dtype == expected.dtype
            and found.tolist() == expected.tolist()
        )
    context.require(equal, f"{what} returned {show(found)}, not {show(expected)}")


def copy_of(context: CheckContext, estimator: Any, way: str) -> Any:
    """Return a copy of an estimator."""
    with context.doing(f"copying with {way}"):
        return COPY_METHODS[way](estimator)


def train_models(context: CheckContext, estimators: Sequence[Any], X: Any, y: Any) -> None:
    """Train the models of an estimator and of its copies for one epoch more, by Keras alone.

    A wrapper need not have a method to train further; the state of the optimizer is in the model.
    """
    for estimator in estimators:
        with context.doing("training model_ further by Model.train_on_batch"):
            train(context.model(estimator), X, helper_target(context, y))


def require_weights_of_copy(context: CheckContext, copied: Any, expected: Any, what: str) -> None:
    """Require the weights of a copy; that it has a model is promised too."""
    with context.doing("reading the weights of the copy"):
        require_weights(context, copied, expected, what)


def pickle_of(context: CheckContext, estimator: Any) -> bytes:
    """Return the pickle of a fitted estimator."""
    with context.doing("pickling a fitted wrapper"):
        return pickle.dumps(estimator)


def load_and_predict(data: bytes, X: Any, *methods: str) -> list[Any]:
    """Unpickle an estimator and return its predictions; runs in a worker process."""
    estimator = pickle.loads(data)  # noqa: S301 - from the process that asks
    return [np.asarray(getattr(estimator, method)(X)) for method in methods]

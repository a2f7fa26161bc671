"""What is read of an estimator, and of the calls that reached its model."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from scikeras_conformance.catalog.printable import describe
from scikeras_conformance.checks._support.contract_model.facts import UNSEEN
from scikeras_conformance.checks._support.modules import doubles, np
from scikeras_conformance.checks._support.predictions import same
from scikeras_conformance.checks._support.state import own_names
from scikeras_conformance.runner.interruption import is_from_outside

__all__ = ["Look", "attempt", "epochs_of", "look_at", "predictions_seen", "training_seen"]


def attempt(read: Callable[[], Any], *, promised: bool = False) -> Any:
    """Return what is read; where the subject raises, what it raised, or that it was not seen.

    Parameters
    ----------
    read : callable
        Reads something.
    promised : bool, default=False
        Whether the contract promises that it can be read.
    """
    try:
        return read()
    except BaseException as error:
        if is_from_outside(error):
            raise
        return f"an error: {describe(error)}" if promised else UNSEEN


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """An estimator between two calls.

    Parameters
    ----------
    params : dict
        Its parameters.
    snapshot : dict
        The facts that describe them.
    names : set of str
        Its public attributes.
    model : keras.Model or None
        Its model.
    trained : tuple of (int, int) or object
        The epochs of the model, and the steps of its optimizer, if they can be told.
    history : dict or object
        The number of entries of ``history_`` by quantity.
    epoch : object
        ``current_epoch``.
    """

    params: dict[str, Any]
    snapshot: dict[str, object]
    names: set[str]
    model: Any
    trained: Any
    history: Any
    epoch: Any

    def changed(self, before: "Look") -> list[str]:
        """Return the paths of the parameters that are not as they were."""
        paths: list[str] = doubles.changed_paths(before.snapshot, self.snapshot)
        return paths

    def unequal(self, before: "Look") -> list[str]:
        """Return the names of the parameters that do not equal what they were."""
        names = {*before.params, *self.params}
        missing = object()
        return sorted(
            name
            for name in names
            if not same(
                _without_frames(before.params.get(name, missing)),
                _without_frames(self.params.get(name, missing)),
            )
        )


def _without_frames(value: Any) -> Any:
    """Return a value with arrays in place of data frames, which have no single truth value."""
    if isinstance(value, tuple):
        return tuple(map(_without_frames, value))
    return value.to_numpy() if hasattr(value, "to_numpy") else value


def look_at(estimator: Any) -> Look:
    """Look at an estimator.

    Parameters
    ----------
    estimator : estimator
        One of the subject.
    """
    params = dict(estimator.get_params(deep=False))
    model = attempt(lambda: estimator.model_)
    return Look(
        params=params,
        snapshot=doubles.snapshot(params),
        names=own_names(estimator),
        model=None if model is UNSEEN else model,
        trained=attempt(lambda: doubles.trained_epochs(model)),
        history=attempt(
            lambda: {str(name): len(list(them)) for name, them in estimator.history_.items()},
            promised=True,
        ),
        epoch=attempt(lambda: int(estimator.current_epoch), promised=True),
    )


def _numbers(X: Any, scale: int) -> tuple[Any, Any]:
    """Return the numbers of rows, and the rows, which may be in a dict or a list of one input."""
    if isinstance(X, Mapping):
        X = X["in"]
    elif isinstance(X, (list, tuple)) and len(X) == 1 and np.ndim(X[0]) > 1:
        (X,) = X
    X = np.asarray(X)
    return X[:, 0] / scale, X


def _weights(given: Any, n_rows: int) -> Any:
    if given is None:
        return np.ones((n_rows, 1))
    return np.asarray(given, dtype=float).reshape(n_rows, 1)


def epochs_of(given: Mapping[str, Any]) -> int:
    """Return the number of epochs that a call of ``Model.fit`` was to train for."""
    epochs: int = given.get("epochs", 1) - (given.get("initial_epoch") or 0)
    return epochs


def training_seen(calls: list[dict[str, Any]], all_ids: list[int], *, scale: int) -> dict[str, Any]:
    """Return facts of what reached ``Model.fit``, if it was called once; else only its epochs.

    Parameters
    ----------
    calls : list of dict
        The arguments of its calls.
    all_ids : list of int
        The numbers of the rows that the estimator was given.
    scale : int
        What the features were multiplied by.
    """
    seen: dict[str, Any] = {}
    if calls:
        seen["epochs"] = sum(map(epochs_of, calls))
    if len(calls) == 1:
        given = calls[0]
        found = attempt(lambda: _data_seen(given, all_ids, scale))
        seen |= {} if found is UNSEEN else found
    return seen


def _data_seen(given: Mapping[str, Any], all_ids: list[int], scale: int) -> dict[str, Any]:
    ids, X = _numbers(given["x"], scale)
    n_rows = len(X)
    y = np.asarray(given["y"]).reshape(n_rows, -1)
    weights, more = _weights(given.get("sample_weight"), n_rows), given.get("class_weight")
    data, split = given.get("validation_data"), given.get("validation_split")
    seen: dict[str, Any] = {"validation": data is not None or bool(split)}
    held_out: Any = None
    if data is not None:
        others, X_val = _numbers(data[0], scale)
        held_out = (others, X_val, np.asarray(data[1]).reshape(len(X_val), -1))
        held_out = (*held_out, _weights(data[2] if len(data) > 2 else None, len(X_val)))
    elif split:
        cut = int(n_rows * (1 - split))  # as Keras cuts
        held_out = tuple(part[cut:] for part in (ids, X, y, weights))
        ids, X, y, weights = (part[:cut] for part in (ids, X, y, weights))
    if more:
        codes = y.argmax(axis=1) if y.shape[1] > 1 else y[:, 0].astype(int)
        weights = weights * np.array([[more[code]] for code in codes])
    seen["batch_size of Model.fit"] = given.get("batch_size"), len(X)
    seen["features for training"] = ids, X
    seen["targets for training"] = ids, y
    seen["weights for training"] = ids, weights
    trained = {*ids.tolist()}
    if held_out is not None:
        seen["features for validation"] = held_out[0], held_out[1]
        seen["targets for validation"] = held_out[0], held_out[2]
        seen["weights for validation"] = held_out[0], held_out[3]
        seen["rows for validation"] = sorted(held_out[0].tolist())
        both = [number for number in held_out[0].tolist() if number in trained]
        seen["rows in training and in validation"] = both
        seen["number of rows held out"] = len(held_out[0])
        trained |= {*held_out[0].tolist()}
    lost = [number for number in all_ids if number not in trained]
    seen["rows in no training and no validation"] = [all_ids.index(number) for number in lost]
    return seen


def predictions_seen(calls: list[dict[str, Any]], *, scale: int) -> dict[str, Any]:
    """Return facts of what reached ``Model.predict``; nothing if it was not called once.

    Parameters
    ----------
    calls : list of dict
        The arguments of its calls.
    scale : int
        What the features were multiplied by.
    """
    if len(calls) != 1:
        return {}
    found = attempt(lambda: _numbers(calls[0]["x"], scale))
    if found is UNSEEN:
        return {}
    return {
        "features for prediction": found,
        "batch_size of Model.predict": (calls[0].get("batch_size"), len(found[1])),
    }

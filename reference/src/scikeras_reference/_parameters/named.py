"""The named parameters of every wrapper."""

from typing import Any, ClassVar

from scikeras_reference._parameters.routing import SEPARATOR
from scikeras_reference._parameters.storage import ParameterStorage
from scikeras_reference.exceptions import ParameterError

__all__ = ["NamedParameters", "check_flag"]


class NamedParameters(ParameterStorage):
    """Stores the parameters, which `scikeras_reference.BaseWrapper` describes.

    Comes before scikit-learn's ``BaseEstimator`` among the bases of a class.
    """

    prefixes_: ClassVar[frozenset[str]] = frozenset(
        f"{destination}{SEPARATOR}"
        for destination in (
            "model",
            "fit",
            "predict",
            "callbacks",
            "optimizer",
            "loss",
            "metrics",
            "score",
            "compile",
        )
    )

    results_: ClassVar[frozenset[str]] = frozenset({"history_", "model_"})

    _for_keras = (
        "optimizer",
        "loss",
        "metrics",
        "run_eagerly",
        "batch_size",
        "validation_batch_size",
        "verbose",
        "callbacks",
        "validation_split",
        "shuffle",
        "epochs",
    )

    def __init__(
        self,
        model: Any = None,
        *,
        build_fn: Any = None,
        warm_start: bool = False,
        random_state: Any = None,
        optimizer: Any = "rmsprop",
        loss: Any = None,
        metrics: Any = None,
        batch_size: int | None = None,
        validation_batch_size: int | None = None,
        verbose: int | str = 1,
        callbacks: Any = None,
        validation_split: float = 0.0,
        shuffle: bool = True,
        run_eagerly: bool = False,
        epochs: int = 1,
        input_columns: Any = None,
        **kwargs: Any,
    ) -> None:
        self.model = model
        self.build_fn = build_fn
        self.warm_start = warm_start
        self.random_state = random_state
        self.optimizer = optimizer
        self.loss = loss
        self.metrics = metrics
        self.batch_size = batch_size
        self.validation_batch_size = validation_batch_size
        self.verbose = verbose
        self.callbacks = callbacks
        self.validation_split = validation_split
        self.shuffle = shuffle
        self.run_eagerly = run_eagerly
        self.epochs = epochs
        self.input_columns = input_columns
        self._store_free(kwargs)


def check_flag(name: str, value: Any, *others: str) -> None:
    """Refuse text where a flag is needed: Python takes any text for true, even "False".

    Raises
    ------
    ParameterError
        A ``ValueError`` with the name of the parameter.
    """
    if isinstance(value, str) and value not in others:
        also = "".join(f", or {other!r}" for other in others)
        raise ParameterError(f"{name} is {value!r}; it has to be True or False{also}.")

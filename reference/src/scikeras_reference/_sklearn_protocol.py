"""What scikit-learn expects of an estimator besides fit and predict: copies, pickles, a score."""

import copy as copying
from typing import Any, ClassVar, Self

from sklearn.base import BaseEstimator, clone

from scikeras_reference._data.batch_sources import is_batches
from scikeras_reference._data.input_checks import check_weights
from scikeras_reference._parameters.named import NamedParameters
from scikeras_reference._representation import Representation
from scikeras_reference._serialization.copying import copy_nested
from scikeras_reference._serialization.pickling import (
    generator_states,
    pack,
    restore_generators,
    unpack,
)
from scikeras_reference.exceptions import NotInitializedError

__all__ = ["SklearnProtocol"]

_GENERATORS = "states of generators"
"""Where a pickle holds the states of the random generators of ``model_``."""


class SklearnProtocol(NamedParameters, Representation, BaseEstimator):  # type: ignore[misc]
    """An estimator that can be cloned, pickled and scored."""

    # What a router may pass to fit besides the arguments that its signature names.
    # Groups are for the splitter of a search, unless a fit is said to want them too.
    __metadata_request__fit: ClassVar[dict[str, Any]] = {
        **dict.fromkeys(("batch_size", "callbacks", "epochs", "initial_epoch", "verbose")),
        "groups": False,
    }

    def __sklearn_is_fitted__(self) -> bool:
        return "model_" in vars(self)

    def __sklearn_clone__(self) -> Self:
        params = self.get_params(deep=False)
        copy = self._with_parameters({name: copy_nested(value) for name, value in params.items()})
        if "_metadata_request" in vars(self):
            copy.__dict__["_metadata_request"] = clone(self._metadata_request, safe=False)
        if "_skl_callbacks" in vars(self):  # one instance serves all clones, as in scikit-learn
            copy.__dict__["_skl_callbacks"] = self._skl_callbacks
        if "_sklearn_output_config" in vars(self):  # of set_output
            config = copying.deepcopy(self._sklearn_output_config)
            copy.__dict__["_sklearn_output_config"] = config
        return copy

    def __getstate__(self) -> dict[str, Any]:
        state = {name: pack(value) for name, value in super().__getstate__().items()}
        if "model_" in vars(self) and (states := generator_states(vars(self)["model_"])):
            state[_GENERATORS] = states
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        state = {name: unpack(value) for name, value in state.items()}
        states = state.pop(_GENERATORS, None)
        super().__setstate__(state)
        if states:
            restore_generators(vars(self)["model_"], states)

    @staticmethod
    def scorer(y_true: Any, y_pred: Any, **kwargs: Any) -> float:
        """Score predictions; a subclass overrides it (SCORE-2).

        Parameters
        ----------
        y_true, y_pred : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Targets and predictions, in the user's own labels.
        **kwargs : object
            Parameters routed with ``score__``, and ``sample_weight``, if there is one.

        Raises
        ------
        NotImplementedError
            Always (SCORE-4).
        """
        raise NotImplementedError(
            "BaseWrapper has no score of its own. Override the static method scorer(y_true,"
            " y_pred, **kwargs), or use KerasClassifier or KerasRegressor."
        )

    def score(self, X: Any, y: Any = None, sample_weight: Any = None) -> float:
        """Score the predictions for X with ``scorer`` (chapter SCORE).

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features, ...)
            As for ``predict``. Batches hold y and weights.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            True targets. The scorer gets them as an array, in the user's own labels.
        sample_weight : array-like of shape (n_samples,), default=None
            Passed on to the scorer if given.

        Returns
        -------
        float
            Higher is better.

        Raises
        ------
        NotInitializedError
            A ``NotFittedError``, before ``fit`` (INIT-9).
        """
        self._require_model("score")
        arguments = self._routed("score")
        if is_batches(X):
            y, predictions, weights = self._predicted_batches(X, y, sample_weight)
        else:
            weights = check_weights(sample_weight, X, are_scored=True)
            y = self._validate_target(X, y)
            predictions = self.predict(X)
        if weights is not None:
            arguments["sample_weight"] = weights
        try:
            return self.scorer(y, predictions, **arguments)
        except Exception as error:
            if arguments:
                routed = ", ".join(f"score__{name}" for name in arguments)
                error.add_note(f"The scorer was called with {routed}.")
            raise

    def _require_model(self, method: str) -> None:
        if not self.__sklearn_is_fitted__():
            raise NotInitializedError(
                f"Estimator needs to be fit before `{method}` can be called: this"
                f" {type(self).__name__} has no model yet. Call fit or initialize first."
            )

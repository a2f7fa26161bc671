"""What a fit led to, to compare two estimators that should not differ.

An outcome holds what a user sees and what Keras received. Two estimators of the same class make it
unnecessary to know what is right: a later fit has to lead to what a first one leads to.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from math import isclose
from typing import Any

from scikeras_conformance.checks._support.compilation import config_of
from scikeras_conformance.checks._support.destinations import stub_helper
from scikeras_conformance.checks._support.helper_models import helper_loss
from scikeras_conformance.checks._support.modules import doubles, keras, np
from scikeras_conformance.checks._support.predictions import same
from scikeras_conformance.contract import Capability
from scikeras_conformance.runner.context import CheckContext, show

__all__ = ["ObservedBuilder", "require_alike", "stub_builder", "stub_model"]

ATTRIBUTES = (
    *("X_dtype_", "X_shape_", "classes_", "feature_names_in_", "n_classes_", "n_features_in_"),
    *("n_outputs_", "n_outputs_expected_", "target_type_", "y_dtype_", "y_ndim_"),
)
"""The attributes that the contract names."""

UNSEEN = ("callbacks", "verbose")
"""Arguments of ``Model.fit`` that do not tell what a model is trained on."""


def stub_model(context: CheckContext) -> Any:
    """Make a compiled model that predicts the default data, and does not train."""
    model = stub_helper(context)
    model.compile(doubles.zero_learning_rate(), loss=helper_loss(context))
    return model


def stub_builder(context: CheckContext) -> Callable[[], Any]:
    """Return a builder without arguments of a compiled model that does not train."""

    def build() -> Any:
        return stub_model(context)

    return build


@dataclass(slots=True)
class ObservedBuilder:
    """A builder that keeps what it was called with, and the models that it made.

    Parameters
    ----------
    context : CheckContext
        The context.
    make : callable
        Makes a model that records its calls; it may be replaced between two fits.
    """

    context: CheckContext
    make: Callable[[], Any]
    builds: list[dict[str, Any]] = field(default_factory=list)
    models: list[Any] = field(default_factory=list)

    @property
    def builder(self) -> Callable[..., Any]:
        """A builder that names ``meta``, if the subject offers that, and one argument more."""

        def build(units: Any = None) -> Any:
            return self._made({"units": units})

        def build_with_meta(meta: Any = None, units: Any = None) -> Any:
            known = {name: meta[name] for name in ATTRIBUTES if name in (meta or ())}
            return self._made({"units": units, "meta": known})

        offers = Capability.BUILDER_ARGUMENTS not in self.context.subject.not_offered
        return build_with_meta if offers else build

    def _made(self, arguments: dict[str, Any]) -> Any:
        self.builds.append(arguments)
        self.models.append(self.make())
        return self.models[-1]

    def outcome(self, estimator: Any, X: Any, *, fitted: bool = True) -> dict[str, Any]:
        """Return what the last call led to, by what it is.

        Parameters
        ----------
        estimator : estimator
            An estimator with the this builder, and no other one since.
        X : array-like
            Samples to predict.
        fitted : bool, default=True
            Whether the last call was one that trains.
        """
        context = self.context
        found: dict[str, Any] = {
            name: getattr(estimator, name) for name in ATTRIBUTES if hasattr(estimator, name)
        }
        model = context.model(estimator)
        found["weights of model_"] = model.get_weights()
        found |= _compiled_with(model)
        if self.builds:
            for name, value in self.builds[-1].items():
                found[f"argument {name} of the builder"] = value
        fits = self.models[-1].log.fits if self.models else []
        for name, value in (fits[-1] if fits and fitted else {}).items():
            if name not in UNSEEN:
                found[f"{name} of Model.fit"] = value
        if fitted:
            history = getattr(estimator, "history_", None)
            if isinstance(history, Mapping):
                found["history_"] = {str(name): len(values) for name, values in history.items()}
            found["current_epoch"] = getattr(estimator, "current_epoch", None)
        found["predict"] = context.predict(estimator, X)
        if hasattr(context.cls, "predict_proba"):
            found["predict_proba"] = context.call(estimator, "predict_proba", X)
        return {name: _plain(value) for name, value in found.items()}


def _compiled_with(model: Any) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name in ("optimizer", "loss"):
        value = getattr(model, name, None)
        has_config = hasattr(value, "get_config") and not isinstance(value, type)
        found[f"{name} of model_"] = config_of(value) if has_config else value
    # Keras makes those that it was compiled with when it trains, which a stub does not.
    calls = getattr(getattr(model, "log", None), "compiles", None) or [{}]
    found["metrics of Model.compile"] = [
        metric if isinstance(metric, str) else getattr(metric, "name", type(metric).__name__)
        for metric in doubles.leaves(calls[-1].get("metrics"))
    ]
    found["metrics of model_"] = [
        metric.name
        for holder in model.metrics
        for metric in getattr(holder, "metrics", None) or [holder]
    ]
    return found


def _plain(value: Any) -> Any:
    """Return a value as something that can be compared."""
    if isinstance(value, Mapping):
        return {str(name): _plain(item) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(map(_plain, value)) if type(value) in {list, tuple} else list(value)
    if isinstance(value, np.dtype):
        return str(value)
    if value is None or isinstance(value, (str, bytes, int, float, bool, type)):
        return value
    if hasattr(value, "toarray"):
        return np.asarray(value.toarray())  # Keras takes sparse matrices itself
    if isinstance(value, np.ndarray) or keras.ops.is_tensor(value) or hasattr(value, "to_numpy"):
        return np.asarray(value)
    return type(value).__name__


def require_alike(
    context: CheckContext,
    what: str,
    found: Mapping[str, Any],
    expected: Mapping[str, Any],
    again: Mapping[str, Any] | None = None,
    *,
    follows: str = "",
) -> None:
    """Require that an estimator is like another one, in everything that is not left to chance.

    Parameters
    ----------
    context : CheckContext
        The context.
    what : str
        What the estimator is, for the message.
    found : dict
        Its outcome.
    expected : dict
        The outcome of an estimator that it should not differ from.
    again : dict, optional
        The outcome of one more of those, made before `found`, which may have changed the process:
        what differs between the two, by chance, does not count.
    follows : str, default=""
        The check whose failure explains a difference, if there is one.
    """
    missing = object()
    other = expected if again is None else again
    for name in (*expected, *(name for name in found if name not in expected)):
        wanted, seen = expected.get(name, missing), found.get(name, missing)
        if not _alike(wanted, seen) and _alike(wanted, other.get(name, missing)):
            texts = ["absent" if one is missing else show(one) for one in (wanted, seen)]
            words = f"{what}: {name} should be {texts[0]}; it is {texts[1]}"
            context.fail(words, follows=follows)


def _alike(one: Any, other: Any) -> bool:
    """Return whether two values are the same; scores are computed from numbers of 32 bits."""
    are_numbers = isinstance(one, float) and isinstance(other, float)
    return same(one, other) or (are_numbers and isclose(one, other, rel_tol=1e-6))

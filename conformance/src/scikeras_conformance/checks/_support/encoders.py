"""Encoders that follow a plan and record what they are given."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from scikeras_conformance.checks._support.helper_models import (
    helper_builder,
    helper_model,
    helper_target,
)
from scikeras_conformance.checks._support.modules import doubles, keras, np
from scikeras_conformance.checks._support.preparation import try_once
from scikeras_conformance.runner.context import CheckContext

__all__ = [
    "OWN_METADATA",
    "Calls",
    "Plan",
    "dense_layer",
    "dense_model",
    "inverse_to_known_values",
    "require_encoders_are_used",
    "subclass",
    "subclass_with_own_metadata",
    "target_metadata",
]


@dataclass(slots=True)
class Calls:
    """What the encoders of one class were given."""

    fits: list[Any] = field(default_factory=list)
    transforms: list[Any] = field(default_factory=list)
    outputs: list[Any] = field(default_factory=list)


@dataclass(slots=True)
class Plan:
    """What an encoder does.

    Parameters
    ----------
    transform, inverse : callable
        Functions of one argument.
    metadata : dict, optional
        What ``get_metadata`` returns; without it the encoder has no such method.
    calls : Calls
        What it was given.
    fit_transform : callable, optional
        What the method of this name returns, if that is not what ``transform`` does.
    """

    transform: Callable[[Any], Any] = lambda data: data
    inverse: Callable[[Any], Any] = lambda outputs: outputs
    metadata: dict[str, Any] | None = None
    calls: Calls = field(default_factory=Calls)
    fit_transform: Callable[[Any], Any] | None = None


def _encoder_class(plan: Plan) -> type:
    """Return a transformer class that follows a plan."""
    from sklearn.base import BaseEstimator, TransformerMixin
    from sklearn.exceptions import NotFittedError

    class Encoder(TransformerMixin, BaseEstimator):  # type: ignore[misc]
        def fit(self, X: Any, y: Any = None) -> Any:
            del y
            plan.calls.fits.append(X)
            self.fitted_ = True
            self.fitted_to_ = X
            return self

        def partial_fit(self, X: Any, y: Any = None) -> Any:
            # As scalers of scikit-learn have it; what it learns is no less of a fit.
            return self.fit(X, y)

        def transform(self, X: Any) -> Any:
            if not hasattr(self, "fitted_"):
                msg = "the encoder was used before it was fitted"
                raise NotFittedError(msg)
            plan.calls.transforms.append(X)
            return plan.transform(np.asarray(X))

        def inverse_transform(self, X: Any, **kwargs: Any) -> Any:
            del kwargs  # a wrapper may pass return_proba, for example
            plan.calls.outputs.append(X)
            return plan.inverse(X)

    if plan.fit_transform is not None:

        def fit_transform(self: Any, X: Any, y: Any = None) -> Any:
            self.fit(X, y)
            return plan.fit_transform(np.asarray(X))  # type: ignore[misc]

        Encoder.fit_transform = fit_transform
    if plan.metadata is not None:
        Encoder.get_metadata = lambda self: {
            **(plan.metadata or {}),
            "was_fitted_": hasattr(self, "fitted_"),
        }
    return Encoder


def subclass(context: CheckContext, **plans: Plan) -> tuple[Any, dict[str, type]]:
    """Return a subclass of the wrapper with its own encoders, and the classes of these.

    Parameters
    ----------
    context : CheckContext
        The context.
    **plans : Plan
        What the encoders do, by ``feature`` and ``target``.
    """
    classes = {name: _encoder_class(plan) for name, plan in plans.items()}

    def overriding(made: type) -> property:
        return property(lambda _: made())

    properties = {f"{name}_encoder": overriding(made) for name, made in classes.items()}
    with context.preparing("subclassing the wrapper"):
        return type("WithEncoders", (context.cls,), properties), classes


def require_encoders_are_used(context: CheckContext, *names: str) -> None:
    """Block the check unless encoders of a subclass are used at all, which DATA-1 is about.

    Parameters
    ----------
    context : CheckContext
        The context.
    *names : str
        ``feature`` and ``target``.
    """
    for name in names:
        try_once(context, partial(_use_encoder, context, name), "encoder", name)


def _use_encoder(context: CheckContext, name: str) -> None:
    X, y, *_ = doubles.dataset(context.wrapper)
    plan = Plan()
    if name == "target":
        plan.transform = lambda y: helper_target(context, y)
        plan.metadata = target_metadata(context)
    cls, _ = subclass(context, **{name: plan})
    context.fit(context.make_of(cls, helper_builder(context)), X, y)
    if not plan.calls.fits:
        context.stop(
            f"using the {name}_encoder of a subclass",
            "did not happen",
            follows="DATA-1.own-encoders",
        )


def target_metadata(context: CheckContext, n_outputs: int = 1) -> dict[str, Any]:
    """Return the metadata that a target encoder reports."""
    metadata: dict[str, Any] = {"n_outputs_": n_outputs, "n_outputs_expected_": n_outputs}
    if context.is_classifier:
        metadata |= {"classes_": np.array([0, 1]), "n_classes_": 2}
    return metadata


OWN_METADATA = {"n_words_": 7, "n_levels_": 3}
"""What encoders of `subclass_with_own_metadata` report: that of features, that of the target."""


def subclass_with_own_metadata(context: CheckContext) -> Any:
    """Return a subclass of the wrapper whose two encoders report one entry of their own each."""
    of_features, of_target = ({name: value} for name, value in OWN_METADATA.items())
    target = Plan(lambda y: helper_target(context, y))
    target.metadata = {**target_metadata(context), **of_target}
    cls, _ = subclass(context, feature=Plan(metadata=of_features), target=target)
    return cls


def inverse_to_known_values(context: CheckContext) -> Callable[[Any], Any]:
    """Return an inverse transform whose predictions cannot be obtained in any other way."""

    def inverse(outputs: Any) -> Any:
        rows = np.arange(len(keras.tree.flatten(outputs)[0]))
        return rows % 2 if context.is_classifier else rows + 0.5

    return inverse


def dense_layer(context: CheckContext, name: str | None = None) -> Any:
    """Make an output layer in the form of the helper models, with ones as weights."""
    helper = helper_model(context)
    return keras.layers.Dense(
        len(helper.data.bias), helper.activation, name=name, kernel_initializer="ones"
    )


def dense_model(context: CheckContext, inputs: Any, features: Any, n_outputs: int = 1) -> Any:
    """Make a compiled model with dense outputs on flat features."""
    outputs = [dense_layer(context, f"out{i}")(features) for i in range(n_outputs)]
    model = doubles.RecordingModel(inputs, outputs if n_outputs > 1 else outputs[0])
    losses = [helper_model(context).loss] * n_outputs
    model.compile(doubles.sgd(0.1), loss=losses)
    return model

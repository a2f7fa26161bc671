"""A model with two outputs, a target of two columns for it, and what Keras makes of both."""

from collections.abc import Mapping
from typing import Any

from scikeras_conformance.checks._support.destinations import subclass
from scikeras_conformance.checks._support.modules import doubles, keras, np
from scikeras_conformance.checks._support.plain_use import provided
from scikeras_conformance.checks._support.recorded_training import recorded_history
from scikeras_conformance.checks._support.training import require_weights
from scikeras_conformance.runner.context import CheckContext, Observation, show

__all__ = ["ABSOLUTE", "SQUARED", "halves", "require_as_in_the_builder", "require_as_keras"]

SQUARED, ABSOLUTE = "mean_squared_error", "mean_absolute_error"


def halves() -> Any:
    """Return a transformer that splits a target of two columns into a list, and back."""
    from sklearn.base import BaseEstimator, TransformerMixin

    class Halves(TransformerMixin, BaseEstimator):  # type: ignore[misc]
        def fit(self, X: Any, y: Any = None) -> Any:
            del X, y
            return self

        def transform(self, X: Any) -> Any:
            return [np.asarray(X)[:, [0]], np.asarray(X)[:, [1]]]

        def inverse_transform(self, X: Any) -> Any:
            return np.hstack(list(X))

        def get_metadata(self) -> dict[str, Any]:
            return {"n_outputs_": 2, "n_outputs_expected_": 2}

    return Halves()


def _build() -> Any:
    """Make a model with two outputs, which are not in the order of their names."""
    inputs = keras.Input((3,))
    outputs = [
        keras.layers.Dense(1, kernel_initializer="ones", bias_initializer=start, name=name)(inputs)
        for name, start in (("right", "zeros"), ("left", "ones"))
    ]
    return doubles.RecordingModel(inputs, outputs)


def _made(structure: Any) -> Any:
    """Return a structure with new objects in place of classes, for Keras."""
    if isinstance(structure, Mapping):
        return {name: _made(item) for name, item in structure.items()}
    if isinstance(structure, list):
        return [_made(item) for item in structure]
    return structure() if isinstance(structure, type) else structure


def _wrapper_and_parameters(
    context: CheckContext, arguments: Mapping[str, Any], prefix: str
) -> tuple[Any, dict[str, Any]]:
    """Return a wrapper for a target of two columns, and arguments of ``compile`` as parameters."""
    cls = subclass(context, target_encoder=property(lambda _: halves()))
    rest = {f"{prefix}{name}": value for name, value in arguments.items() if name != "loss"}
    return cls, {"loss": arguments["loss"], **rest}


def require_as_keras(context: CheckContext, arguments: dict[str, Any], prefix: str = "") -> None:
    """Require the weights and the history of a model that Keras compiles with the same.

    Parameters
    ----------
    context : CheckContext
        The context, of the regressor.
    arguments : dict
        Arguments of ``Model.compile``.
    prefix : str, default=""
        What stands before the names of all but the loss, where they are parameters of the wrapper.
    """
    data = doubles.continuous_dataset(2)
    arguments = {"loss": [SQUARED, SQUARED], **arguments}
    expected = _build()
    expected.compile(keras.optimizers.SGD(0.05), **_made(arguments))
    expected.fit(data.X, [data.y[:, [0]], data.y[:, [1]]])
    cls, given = _wrapper_and_parameters(context, arguments, prefix)

    def plain() -> None:
        other = context.make_of(cls, _build, optimizer=keras.optimizers.SGD(0.05), loss=SQUARED)
        context.fit(other, data.X, data.y)

    with provided(plain):
        estimator = context.observe.make_of(
            cls, _build, optimizer=keras.optimizers.SGD(0.05), **given
        )
        context.observe.fit(estimator, data.X, data.y)
    require_weights(context, estimator, expected, f"those of Keras itself with {show(arguments)}")
    _require_history(context, estimator, expected.log.history, arguments)


def require_as_in_the_builder(
    context: CheckContext, arguments: dict[str, Any], prefix: str = ""
) -> None:
    """Require what a builder gets that compiles the same model with ``compile_kwargs``.

    Parameters
    ----------
    context : CheckContext
        The context, of the regressor.
    arguments : dict
        Arguments of ``Model.compile``.
    prefix : str, default=""
        What stands before the names of all but the loss, where they are parameters of the wrapper.
    """
    data = doubles.continuous_dataset(2)
    arguments = {"loss": [SQUARED, SQUARED], **arguments}
    cls, given = _wrapper_and_parameters(context, arguments, prefix)

    def compiling(compile_kwargs: Any) -> Any:
        model = _build()
        model.compile(**compile_kwargs)
        return model

    def fitted(steps: CheckContext | Observation, build: Any) -> Any:
        estimator = steps.make_of(cls, build, optimizer=keras.optimizers.SGD(0.05), **given)
        steps.fit(estimator, data.X, data.y)
        return estimator

    by_builder = fitted(context, compiling)
    expected, wanted = context.model(by_builder), recorded_history(context, by_builder)
    by_wrapper = fitted(context.observe, _build)
    what = f"those of a builder that compiles with compile_kwargs, with {show(arguments)}"
    require_weights(context, by_wrapper, expected, what)
    _require_history(context, by_wrapper, wanted, arguments)


def _require_history(
    context: CheckContext, estimator: Any, wanted: Mapping[str, Any], arguments: Mapping[str, Any]
) -> None:
    """Require the quantities, and their values, that Keras recorded for the same model."""
    found = recorded_history(context, estimator)
    context.require(
        set(found) == set(wanted),
        f"with {show(arguments)} the history has {sorted(found)}, not {sorted(wanted)}",
    )
    for name, values in wanted.items():
        close = all(
            abs(one - two) <= 1e-4 * max(1.0, abs(two))
            for one, two in zip(found[name], values, strict=True)
        )
        context.require(
            close, f"with {show(arguments)}, {name} should be {values}; it is {found[name]}"
        )

"""Every error that the wrappers raise themselves.

Each one is also the built-in (or scikit-learn) error that the contract names for its case, so code
that catches those keeps working::

    WrapperError
    ├── ParameterError (ValueError)       an unknown name, or one that the wrapper cannot store
    ├── RoutingError (TypeError)          a routed parameter, or a keyword, that nothing takes
    ├── ConstructionError (TypeError)     a parameter that holds the wrong kind of object
    ├── UnknownNameError (ValueError)     a name that Keras cannot resolve
    ├── BuilderError (TypeError)          `model` is not a builder, or the builder cannot be used
    │   └── BuilderCountError (ValueError)  there is no builder, or there are two
    ├── CompilationError (ValueError)     loss or optimizer is missing
    ├── InputError (ValueError)           X, y, or sample weights that cannot be used
    │   └── TargetTypeError               a kind of target that is not supported
    ├── ModelOutputError (ValueError)     the outputs of the model do not fit the target
    ├── SerializationError (TypeError)    an object that Keras cannot save or rebuild
    └── NotInitializedError (NotFittedError)  a prediction or a score without a model

    DeprecatedParameterWarning (FutureWarning, UserWarning)
    WrapperWarning (UserWarning)          what is about to be trained is probably not what was meant
    └── TargetFormWarning                 the form of target that a loss wants could not be shown
"""

from sklearn.exceptions import NotFittedError

__all__ = [
    "BuilderCountError",
    "BuilderError",
    "CompilationError",
    "ConstructionError",
    "DeprecatedParameterWarning",
    "InputError",
    "ModelOutputError",
    "NotInitializedError",
    "ParameterError",
    "RoutingError",
    "SerializationError",
    "TargetFormWarning",
    "TargetTypeError",
    "UnknownNameError",
    "WrapperError",
    "WrapperWarning",
]


class WrapperError(Exception):
    """Root of the tree."""


class ParameterError(WrapperError, ValueError):
    """A parameter's name is unknown, or is one that the wrapper cannot store."""


class RoutingError(WrapperError, TypeError):
    """A routed parameter, or a keyword of a call, that nothing takes."""


class ConstructionError(WrapperError, TypeError):
    """A parameter holds an object of the wrong kind."""


class UnknownNameError(WrapperError, ValueError):
    """Keras knows no optimizer, loss or metric of this name."""


class BuilderError(WrapperError, TypeError):
    """The builder does not take its arguments, or did not return a model."""


class BuilderCountError(BuilderError, ValueError):
    """There is no builder, or there are two; both a ``TypeError`` and a ``ValueError``."""


class CompilationError(WrapperError, ValueError):
    """A model cannot be compiled because its loss or its optimizer is missing."""


class InputError(WrapperError, ValueError):
    """X, y or the sample weights cannot be used."""


class TargetTypeError(InputError):
    """The target is of a type that the estimator does not support."""


class ModelOutputError(WrapperError, ValueError):
    """The number or the width of the model's outputs does not fit the target."""


class SerializationError(WrapperError, TypeError):
    """A Keras object cannot be rebuilt from its configuration."""


class NotInitializedError(WrapperError, NotFittedError):  # type: ignore[misc]
    """The estimator has no model yet."""


class DeprecatedParameterWarning(FutureWarning, UserWarning):
    """A parameter has been renamed."""


class WrapperWarning(UserWarning):
    """What is about to be trained is probably not what was meant."""


class TargetFormWarning(WrapperWarning):
    """It could not be shown which form of target a loss wants."""

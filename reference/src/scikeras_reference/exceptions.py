"""Every error that the wrappers raise on their own account.

Each one is also the built-in (or scikit-learn) error that the contract names for its case, so code
that catches those keeps working::

    WrapperError
    ├── ParameterError (ValueError)       a name that the wrapper does not know, or cannot take
    ├── RoutingError (TypeError)          a routed parameter, or a keyword, that nothing takes
    ├── ConstructionError (TypeError)     a parameter that holds the wrong kind of object
    ├── UnknownNameError (ValueError)     a name that Keras cannot resolve
    ├── BuilderError (TypeError)          `model` is no builder, or the builder did not do its part
    │   └── BuilderCountError (ValueError)  there is no builder, or there are two
    ├── CompilationError (ValueError)     loss or optimizer is missing
    ├── InputError (ValueError)           X, y, or sample weights that cannot be used
    │   └── TargetTypeError               a kind of target that is not supported
    ├── ModelOutputError (ValueError)     the outputs of the model do not fit the target
    ├── SerializationError (TypeError)    an object that Keras cannot save or rebuild
    └── NotInitializedError (NotFittedError)  a question to an estimator without a model

    DeprecatedParameterWarning (FutureWarning, UserWarning)
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
    "TargetTypeError",
    "UnknownNameError",
    "WrapperError",
]


class WrapperError(Exception):
    """Root of the tree."""


class ParameterError(WrapperError, ValueError):
    """A parameter's name is unknown, or is one that the wrapper cannot store."""


class RoutingError(WrapperError, TypeError):
    """A routed parameter, or a keyword of a call, leads to nothing that takes it."""


class ConstructionError(WrapperError, TypeError):
    """A parameter holds an object of a kind that cannot serve there."""


class UnknownNameError(WrapperError, ValueError):
    """Keras knows no optimizer, loss or metric of this name."""


class BuilderError(WrapperError, TypeError):
    """The builder cannot be called as asked, or returned something that is no model."""


class BuilderCountError(BuilderError, ValueError):
    """There is no builder, or one too many: a type and a value that cannot be used."""


class CompilationError(WrapperError, ValueError):
    """A model cannot be compiled because its loss or its optimizer is missing."""


class InputError(WrapperError, ValueError):
    """X, y or the sample weights cannot be used."""


class TargetTypeError(InputError):
    """The target is of a type that the estimator does not support."""


class ModelOutputError(WrapperError, ValueError):
    """The number or the width of the model's outputs does not fit the target."""


class SerializationError(WrapperError, TypeError):
    """A Keras object cannot be rebuilt from what it says about itself."""


class NotInitializedError(WrapperError, NotFittedError):  # type: ignore[misc]
    """The estimator has no model yet."""


class DeprecatedParameterWarning(FutureWarning, UserWarning):
    """A parameter goes by another name now."""

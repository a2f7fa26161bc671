"""Every error that the wrappers raise themselves.

Each one is also the built-in (or scikit-learn) error that the contract names for its case, so code
that catches those keeps working::

    WrapperError
    ├── ParameterError (ValueError)       an unknown name, or one that the wrapper cannot store
    ├── RoutingError (TypeError)          a routed parameter, or a keyword, that nothing takes
    │   └── UnknownArgumentError (ValueError)  a class has no argument of this name
    ├── ConstructionError (TypeError)     a parameter that holds the wrong kind of object
    ├── UnknownNameError (ValueError)     a name that Keras cannot resolve
    ├── BuilderError (TypeError)          `model` is not a builder, or the builder cannot be used
    │   └── BuilderCountError (ValueError)  there is no builder, or there are two
    ├── CompilationError (ValueError)     loss or optimizer is missing
    ├── InputError (ValueError)           X, y, or sample weights that cannot be used
    │   └── TargetTypeError               a kind of target that is not supported
    ├── MetaKeyError (KeyError)           a builder looked up what ``meta`` does not have
    ├── ModelInputError (ValueError)      the inputs of the model do not fit X
    ├── ModelOutputError (ValueError)     the outputs of the model do not fit the target
    ├── SerializationError (TypeError)    an object that Keras cannot save or rebuild
    ├── ArchiveError (ValueError)         a file that is no saved estimator, or unsafe
    └── NotInitializedError (NotFittedError)  a prediction or a score without a model

    DeprecatedParameterWarning (FutureWarning, UserWarning)
    WrapperWarning (UserWarning)          what is about to be trained is probably not what was meant
    ├── ExclusiveLabelsWarning            whether each row has one label, or may have several
    ├── OutputRangeWarning                outputs that are no probabilities
    ├── SharedCallbackWarning             a callback that could not be copied
    ├── SharedWeightsWarning              a builder that returned weights of an earlier model
    ├── SwallowedParameterWarning         a misspelt parameter that the builder took
    ├── TargetFormWarning                 the form of target that a loss wants could not be shown
    └── ValidationSplitWarning            validation takes every row of a class
"""

from sklearn.exceptions import NotFittedError

__all__ = [
    "ArchiveError",
    "BuilderCountError",
    "BuilderError",
    "CompilationError",
    "ConstructionError",
    "DeprecatedParameterWarning",
    "ExclusiveLabelsWarning",
    "InputError",
    "MetaKeyError",
    "ModelInputError",
    "ModelOutputError",
    "NotInitializedError",
    "OutputRangeWarning",
    "ParameterError",
    "RoutingError",
    "SerializationError",
    "SharedCallbackWarning",
    "SharedWeightsWarning",
    "SwallowedParameterWarning",
    "TargetFormWarning",
    "TargetTypeError",
    "UnknownArgumentError",
    "UnknownNameError",
    "ValidationSplitWarning",
    "WrapperError",
    "WrapperWarning",
]


class WrapperError(Exception):
    """Root of the tree."""


class ParameterError(WrapperError, ValueError):
    """A parameter's name is unknown, or is one that the wrapper cannot store."""


class RoutingError(WrapperError, TypeError):
    """A routed parameter, or a keyword of a call, that nothing takes."""


class UnknownArgumentError(RoutingError, ValueError):
    """A class has no argument of this name; both a ``TypeError`` and a ``ValueError``."""


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


class MetaKeyError(WrapperError, KeyError):
    """A builder looked up what ``meta`` does not have."""

    def __str__(self) -> str:
        return Exception.__str__(self)  # KeyError shows the message in quotes


class ModelInputError(WrapperError, ValueError):
    """The number or the shape of the model's inputs does not fit X."""


class ModelOutputError(WrapperError, ValueError):
    """The number or the width of the model's outputs does not fit the target."""


class SerializationError(WrapperError, TypeError):
    """A Keras object cannot be rebuilt from its configuration."""


class ArchiveError(WrapperError, ValueError):
    """A file is no saved estimator, is damaged, or needs what the caller does not allow."""


class NotInitializedError(WrapperError, NotFittedError):  # type: ignore[misc]
    """The estimator has no model yet."""


class DeprecatedParameterWarning(FutureWarning, UserWarning):
    """A parameter has been renamed."""


class WrapperWarning(UserWarning):
    """What is about to be trained is probably not what was meant."""


class TargetFormWarning(WrapperWarning):
    """It could not be shown which form of target a loss wants."""


class ExclusiveLabelsWarning(WrapperWarning):
    """Every row has exactly one label, and the loss treats labels as independent."""


class OutputRangeWarning(WrapperWarning):
    """Outputs of the model are no probabilities."""


class SharedCallbackWarning(WrapperWarning):
    """A callback could not be copied, so that fits share it or a part of it."""


class SharedWeightsWarning(WrapperWarning):
    """A builder returned trainable weights of an earlier model."""


class SwallowedParameterWarning(WrapperWarning):
    """The builder takes any keyword, and took what looks like a misspelt parameter."""


class ValidationSplitWarning(WrapperWarning):
    """``validation_split`` takes every row of a class."""

"""Finds the builder, calls it, and notices weights that it returned before (chapter BUILD)."""

import difflib
import functools
import inspect
import threading
import warnings
import weakref
from collections.abc import Callable, Collection, Mapping
from typing import Any

import keras

from scikeras_reference._model import built_model_errors
from scikeras_reference._parameters.storage import suggestion
from scikeras_reference._serialization.copying import copy_object
from scikeras_reference.exceptions import (
    BuilderCountError,
    BuilderError,
    DeprecatedParameterWarning,
    SwallowedParameterWarning,
)

__all__ = [
    "build",
    "find_builder",
    "name_of",
    "unregister_untrained",
    "warn_of_shared_weights",
]

_known_lock = threading.RLock()  # a weak reference can be cleared while the lock is held
_known: "dict[int, weakref.ref[Any]]" = {}
"""Every trainable variable and optimizer of a model that a builder returned, while it lives."""


def find_builder(model: object, build_fn: object, method: Callable[..., Any] | None) -> Any:
    """Return the callable, or the ready-made model, that makes the model.

    Parameters
    ----------
    model, build_fn : object
        The parameter ``model``, and the one of its former name.
    method : callable or None
        The method ``_keras_build_fn`` of a subclass that has its own builder.

    Raises
    ------
    BuilderCountError
        A ``TypeError`` and a ``ValueError``: neither is given, or both are.
    BuilderError
        A ``TypeError``: `model` cannot be called (clause CLS-8).
    """
    if model is None and build_fn is not None:
        warnings.warn(
            "The parameter ``build_fn`` will be renamed to ``model``: give the builder as"
            " ``model``.",
            DeprecatedParameterWarning,
            stacklevel=2,
        )
        model = build_fn
    elif build_fn is not None and build_fn is not model:
        raise BuilderCountError(
            "``model`` and ``build_fn``, its former name, are two builders for one model: leave"
            " one of them out."
        )
    if model is None:
        if method is None:
            raise BuilderCountError(
                "There is no model: give a builder or a keras.Model as ``model``; without it, you"
                " must implement ``_keras_build_fn`` in a subclass. A small network of dense"
                " layers is scikeras_reference.models.mlp, with loss='auto'."
            )
        return method
    if method is not None:
        raise BuilderCountError(
            "``model`` was given to a class that implements ``_keras_build_fn``: two builders for"
            " one model. A class that is given ``model`` cannot implement ``_keras_build_fn`` too:"
            " leave one of them out."
        )
    if isinstance(model, keras.Model) or callable(model):
        return model
    raise BuilderError(
        f"``model`` must be a callable that returns a keras.Model, or a keras.Model; it is"
        f" {model!r} ({type(model).__name__})."
    )


def build(
    builder: Any,
    keywords: Mapping[str, Any],
    special: Mapping[str, Callable[[], Any]],
    known: tuple[str, ...] = (),
    addressed: Collection[str] = (),
) -> Any:
    """Call the builder once, and return what it returns.

    Parameters
    ----------
    builder : callable or keras.Model
        A ready-made model is copied, weights and compile state included.
    keywords : mapping of str to object
        Free keyword arguments, and those routed with ``model__``.
    special : mapping of str to callable
        Functions that return the three special arguments, called only for those that the builder
        takes (clause BUILD-3).
    known : tuple of str
        Names of parameters and prefixes, for suggestions in errors.
    addressed : collection of str
        Those of `keywords` that were routed to the builder, and so are meant for it.

    Raises
    ------
    BuilderError
        A ``TypeError``: a keyword that the builder does not take (clause BUILD-8), or one that it
        needs and nobody gave.
    """
    if isinstance(builder, keras.Model):
        if keywords:
            raise BuilderError(
                f"``model`` is a ready-made keras.Model, which takes no {', '.join(keywords)}."
                f" Give a builder instead.{_hint(keywords, known)}"
            )
        return copy_object(builder)
    accepted, takes_any = _accepted(builder)
    if not takes_any:
        unknown = [name for name in keywords if name not in accepted]
        if unknown:
            raise BuilderError(
                f"The builder {name_of(builder)} does not accept {', '.join(unknown)}."
                f"{_hint(unknown, (*accepted, *known))} It accepts"
                f" {', '.join(accepted) or 'no keyword'}."
            )
    else:
        _warn_of_swallowed(builder, set(keywords) - {*accepted, *addressed}, known)
    # A class of models passes unknown keywords on to Keras, which refuses them: it gets the
    # special arguments only if it names them.
    gets_all = takes_any and not (inspect.isclass(builder) and issubclass(builder, keras.Model))
    wanted = {
        name: make()
        for name, make in special.items()
        if name not in keywords and (name in accepted or gets_all)
    }
    _require_arguments(builder, {*keywords, *wanted}, special, known)
    return _untraced(builder(**keywords, **wanted))


def _untraced(model: Any) -> Any:
    """Return a model that a builder trained, without the functions that were traced for its data.

    On TensorFlow they take no target of another number of dimensions.
    """
    for kind in ("train", "test"):
        if getattr(model, f"{kind}_function", None) is not None:
            getattr(model, f"make_{kind}_function")(force=True)
    return model


def _accepted(builder: Callable[..., Any]) -> tuple[list[str], bool]:
    """Return the names that can be given as keywords, and whether any name can."""
    try:
        parameters = inspect.signature(builder).parameters.values()
    except (TypeError, ValueError):  # some callables that are written in C have no signature
        return [], True
    names = [
        parameter.name
        for parameter in parameters
        if parameter.kind in {parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY}
    ]
    return names, any(parameter.kind == parameter.VAR_KEYWORD for parameter in parameters)


def _require_arguments(
    builder: Any, given: Collection[str], special: Collection[str], known: Collection[str]
) -> None:
    """Refuse to call a builder that needs arguments which nobody gave."""
    try:
        parameters = inspect.signature(builder).parameters.values()
    except (TypeError, ValueError):
        return
    needed = [
        parameter
        for parameter in parameters
        if parameter.default is parameter.empty
        and parameter.kind not in {parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD}
        and (parameter.name not in given or parameter.kind is parameter.POSITIONAL_ONLY)
    ]
    if not needed:
        return
    names = [parameter.name for parameter in needed]
    if any(parameter.kind is parameter.POSITIONAL_ONLY for parameter in needed):
        remedy = "Arguments are given by keyword: remove the / from its signature."
    elif any(name in known for name in names):
        own = next(name for name in names if name in known)
        remedy = (
            f"{own} is a parameter of the wrapper, which the builder does not get: give it"
            f" model__{own}=... too, or an argument params, a dict of all parameters, and take"
            f" params[{own!r}]."
        )
    elif {name.lower() for name in names} & _DATA or any(name[-1] == "_" for name in names):
        remedy = (
            "A builder does not get the data. Write an argument meta instead: a dict of what is"
            " known about X and y, such as meta['n_features_in_'], meta['X_shape_'] and"
            " meta['n_classes_'] or meta['n_outputs_']."
        )
    else:
        remedy = (
            f"Give {', '.join(f'{name}=...' for name in names)} to the constructor of the wrapper"
            f" (or {', '.join(f'model__{name}=...' for name in names)}), or defaults to the"
            " builder. What is known about the data is in an argument named meta."
            f"{suggestion(names[0], special)}"
        )
    raise BuilderError(
        f"The builder {name_of(builder)} needs {', '.join(names)}, which nobody gave. {remedy}"
    )


_DATA = frozenset({"x", "y", "x_train", "y_train", "input_shape", "n_features", "n_classes"})


def _warn_of_swallowed(builder: Any, names: Collection[str], known: Collection[str]) -> None:
    """Warn of keywords that look like misspelt parameters of the wrapper."""
    for name in sorted(names):
        head, separator, rest = name.partition("__")
        candidates = [
            candidate.removesuffix("__")
            for candidate in known
            if not separator or candidate.endswith("__")
        ]
        nearest = difflib.get_close_matches(head, candidates, n=1, cutoff=0.8)
        if nearest:
            warnings.warn(
                f"{name} is no parameter of the wrapper, so the builder {name_of(builder)} gets"
                f" it, which takes any keyword. Did you mean {nearest[0]}{separator}{rest}? If it"
                f" is meant for the builder, give it as model__{name}.",
                SwallowedParameterWarning,
                stacklevel=3,
            )


_OF_OPTIMIZERS = ("lr", "learning_rate")


def _hint(names: Any, candidates: tuple[str, ...]) -> str:
    for name in names:
        head, separator, rest = name.partition("__")
        if name in _OF_OPTIMIZERS:
            return " Did you mean optimizer__learning_rate?"
        if separator:
            prefixes = [known for known in candidates if known.endswith("__")]
            hint = suggestion(head + separator, prefixes)
            if hint:
                return hint.replace("?", f"{rest}?")
        elif hint := suggestion(name, [known for known in candidates if "__" not in known]):
            return hint
    return ""


def name_of(builder: object) -> str:
    """Return the name of a builder, for messages."""
    return str(getattr(builder, "__qualname__", None) or repr(builder))


def warn_of_shared_weights(model: Any, builder: object) -> None:
    """Warn if a new model has trainable weights of an earlier one; remember those that it has.

    Two models that share weights train each other: estimators change their predictions, and the
    folds of a cross-validation know each other's rows (clause BUILD-10). Weights that this model
    does not train, such as a frozen base in transfer learning, may be shared.

    Parameters
    ----------
    model : keras.Model
        Built, so that its weights exist.
    builder : callable or keras.Model
        For its name in the warning.

    Raises
    ------
    CompilationError
        A ``ValueError``, if the optimizer was built for the weights of an earlier model.
    """
    with _known_lock:
        variables: list[Any] = model.trainable_variables
        shared = [str(getattr(v, "path", v)) for v in variables if _is_known(v)]
        # An optimizer that was built belongs to the weights that it was built for.
        optimizer: Any = getattr(model, "optimizer", None)
        is_used = isinstance(optimizer, keras.optimizers.Optimizer) and _is_known(optimizer)
    if shared:
        built_model_errors.warn_of_shared_weights(name_of(builder), shared)
    elif is_used and optimizer.built:
        raise built_model_errors.used_optimizer(name_of(builder), optimizer)


def _is_known(thing: Any) -> bool:
    """Return whether an earlier model has this variable or optimizer; remember it."""
    key = id(thing)
    reference = _known.get(key)
    if reference is not None and reference() is thing:
        return True
    _known[key] = weakref.ref(thing, functools.partial(_forget, key))
    return False


def unregister_untrained(model: Any) -> None:
    """Let a builder return a model again that ``initialize`` had from it, and nobody trained."""
    optimizer = getattr(model, "optimizer", None)
    if optimizer is None or not int(optimizer.iterations):
        with _known_lock:
            for variable in model.trainable_variables:
                _known.pop(id(variable), None)


def _forget(key: int, dead: "weakref.ref[Any]") -> None:
    with _known_lock:
        if _known.get(key) is dead:
            del _known[key]

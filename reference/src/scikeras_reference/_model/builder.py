"""Finds the builder and calls it with the arguments that it asks for (chapter BUILD)."""

import inspect
from collections.abc import Callable, Mapping
from typing import Any

import keras
import scipy.sparse

from scikeras_reference._parameters.storage import suggestion
from scikeras_reference._serialization.packing import copy_object
from scikeras_reference.exceptions import BuilderCountError, BuilderError

__all__ = ["SPECIAL", "build", "find_builder", "first_row", "output_shapes"]

SPECIAL = ("meta", "compile_kwargs", "params")


def find_builder(model: object, method: Callable[..., Any] | None) -> Any:
    """Give the callable, or the ready-made model, that stands for the model.

    Parameters
    ----------
    model : object
        The parameter ``model``.
    method : callable or None
        The method ``_keras_build_fn`` of a subclass that brings its own builder.

    Raises
    ------
    BuilderCountError
        A ``TypeError`` and a ``ValueError``: neither is given, or both are.
    BuilderError
        A ``TypeError``: `model` cannot be called (clause CLS-8).
    """
    if model is None:
        if method is None:
            raise BuilderCountError(
                "There is no model: give a builder or a keras.Model as ``model``; without it, you"
                " must implement ``_keras_build_fn`` in a subclass."
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
) -> Any:
    """Call the builder once and see that a model comes back.

    Parameters
    ----------
    builder : callable or keras.Model
        A ready-made model is copied, weights and compile state included.
    keywords : mapping of str to object
        Free keyword arguments, and those routed with ``model__``.
    special : mapping of str to callable
        Makers of the three special arguments, called only for those that the builder takes
        (clause BUILD-3).
    known : tuple of str
        Names of parameters and prefixes, for suggestions in errors.

    Raises
    ------
    BuilderError
        A ``TypeError``: a keyword that the builder does not take (clause BUILD-8), or a result
        that is not a model (clause CLS-9).
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
                f"The builder {_name(builder)} does not accept {', '.join(unknown)}."
                f"{_hint(unknown, (*accepted, *known))} It accepts"
                f" {', '.join(accepted) or 'no keyword'}."
            )
    # A class of models passes unknown keywords on to Keras, which refuses them: it gets the
    # special arguments only if it names them.
    generous = takes_any and not (inspect.isclass(builder) and issubclass(builder, keras.Model))
    wanted = {
        name: make()
        for name, make in special.items()
        if name not in keywords and (name in accepted or generous)
    }
    model = builder(**keywords, **wanted)
    if not isinstance(model, keras.Model):
        raise BuilderError(
            f"The builder {_name(builder)} returned {model!r} ({type(model).__name__}); it has to"
            " return a keras.Model." + (" Is a return statement missing?" if model is None else "")
        )
    return model


def output_shapes(model: Any, features: Any) -> list[tuple[int | None, ...]]:
    """Give the shape of each output; a model that does not know yet is built to find out.

    Parameters
    ----------
    model : keras.Model
        Its weights are made now, if they were not, so that they are made under the seed.
    features : array, or list or dict of arrays
        What the model will be trained on; one row of it is used.
    """
    outputs = getattr(model, "outputs", None)
    if not outputs:
        try:
            outputs = keras.tree.flatten(model(first_row(features), training=False))
        except NotImplementedError:  # a model that trains and predicts without a call
            return []
    return [tuple(output.shape) for output in outputs]


def first_row(features: Any) -> Any:
    """Give the first row of each array as a dense tensor."""

    def of(array: Any) -> Any:
        row = array[:1]
        return keras.ops.convert_to_tensor(row.toarray() if scipy.sparse.issparse(row) else row)

    return keras.tree.map_structure(of, features)


def _accepted(builder: Callable[..., Any]) -> tuple[list[str], bool]:
    """Names that can be given as keywords, and whether any name can."""
    try:
        parameters = inspect.signature(builder).parameters.values()
    except (TypeError, ValueError):  # some callables that are written in C do not tell
        return [], True
    names = [
        parameter.name
        for parameter in parameters
        if parameter.kind in {parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY}
    ]
    return names, any(parameter.kind == parameter.VAR_KEYWORD for parameter in parameters)


def _hint(names: Any, candidates: tuple[str, ...]) -> str:
    for name in names:
        head, separator, rest = name.partition("__")
        if separator:
            prefixes = [known for known in candidates if known.endswith("__")]
            hint = suggestion(head + separator, prefixes)
            if hint:
                return hint.replace("?", f"{rest}?")
        elif hint := suggestion(name, [known for known in candidates if "__" not in known]):
            return hint
    return ""


def _name(builder: object) -> str:
    return str(getattr(builder, "__qualname__", None) or repr(builder))

"""``save`` and ``load``: estimators in files that run no code when they are read."""

import os
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NoReturn, Self

import keras
import sklearn
from sklearn.preprocessing import FunctionTransformer

from scikeras_reference._backends.execution import exclude_from_decay, undecayed
from scikeras_reference._data.classifier_encoder import ClassifierLabelEncoder
from scikeras_reference._data.loss_targets import TargetForm
from scikeras_reference._data.regressor_encoder import RegressorTargetEncoder
from scikeras_reference._data.target_reshaper import TargetReshaper
from scikeras_reference._serialization.archive import Archive, write_archive
from scikeras_reference._serialization.json_values import Reader, Writer
from scikeras_reference._serialization.keras_configs import as_json, from_config, to_config
from scikeras_reference._serialization.pickling import generator_states, restore_generators
from scikeras_reference._serialization.uncompiled import uncompiled
from scikeras_reference._sklearn_protocol import SklearnProtocol
from scikeras_reference._training.fitted_attributes import FitState
from scikeras_reference.exceptions import (
    ArchiveError,
    BuilderError,
    ParameterError,
    SerializationError,
)

__all__ = ["Saving"]

_CLASSES: dict[str, type] = {
    cls.__name__: cls
    for cls in (
        ClassifierLabelEncoder,
        FunctionTransformer,
        RegressorTargetEncoder,
        TargetForm,
        TargetReshaper,
    )
}
_REQUESTS = {
    "fit": "set_fit_request",
    "partial_fit": "set_partial_fit_request",
    "score": "set_score_request",
}
_BUILDERS = ("model", "build_fn")
# Kept as parameters, made again, or meant for this process only.
_NOT_STORED = frozenset(
    {"_free_parameters", "_fit_state", "_metadata_request", "_parts", "_skl_callbacks", "model_"}
)


class _Missing:
    """Stands for a builder that was not passed to ``load``, or that needs what was not passed.

    Parameters
    ----------
    name : str
        What has to be passed.
    record : object
        The builder as the file has it, so that it can be saved again.
    """

    def __init__(self, name: str, record: Any) -> None:
        self.name = name
        self.record = record

    def __call__(self, **keywords: Any) -> NoReturn:
        del keywords
        raise BuilderError(
            f"The builder {self.name!r} was not passed when this estimator was loaded, so it can"
            f" predict but not be fitted anew: load(path, custom_objects={{{self.name!r}: ...}})."
        )


class Saving(SklearnProtocol):
    """The part of a wrapper that writes and reads files."""

    _fit_state: FitState

    def save(self, path: str | os.PathLike[str], *, drop: Iterable[str] = ()) -> None:
        """Save the estimator, fitted or not, without pickle.

        Parameters
        ----------
        path : str or path-like
            An existing file is replaced.
        drop : iterable of str, default=()
            Parameters to leave out; ``load`` sets them to their default.

        Raises
        ------
        SerializationError
            A ``TypeError`` that names what can be stored with pickle only.
        ParameterError
            A ``ValueError``, for a name in `drop` that is no parameter.
        OSError
            If the file cannot be written.

        Notes
        -----
        The file is a zip of JSON, arrays and Keras's own ``.keras`` archive. Functions and classes
        of your own are stored by name; pass them to ``load``.

        Examples
        --------
        >>> import tempfile, numpy as np
        >>> from scikeras_reference import KerasRegressor
        >>> from scikeras_reference.models import mlp
        >>> X, y = np.eye(3), np.array([0.5, 1.5, 2.5])
        >>> regressor = KerasRegressor(mlp, loss="mse", verbose=0).fit(X, y)
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     regressor.save(f"{folder}/regressor.zip")
        ...     loaded = KerasRegressor.load(f"{folder}/regressor.zip")
        >>> bool((loaded.predict(X) == regressor.predict(X)).all())
        True
        """
        params = self.get_params(deep=False)
        if isinstance(drop, str):
            raise ParameterError(f"drop is {drop!r}; it has to be a list of names, as [{drop!r}].")
        drop = set(drop)
        if unknown := drop - set(params):
            raise ParameterError(
                f"drop has {', '.join(sorted(unknown))}, which are no parameters of this"
                f" {type(self).__name__}. It has {', '.join(sorted(params))}."
            )
        writer = Writer(_CLASSES)
        content: dict[str, Any] = {
            "class": type(self).__qualname__,
            "parameters": {
                name: _encoded(value, name, writer)
                for name, value in params.items()
                if name not in drop
            },
            "requests": self._requests(),
            "attributes": writer.encode(
                {k: v for k, v in vars(self).items() if k not in params and k not in _NOT_STORED},
                "attributes",
            ),
        }
        content["compiled"] = {
            name: _compilation(value, writer)
            for name, value in params.items()
            if name in _BUILDERS and name not in drop and _is_compiled(value)
        }
        if "model_" in vars(self):
            content["fitted"] = self._fitted_part(writer)
        with uncompiled(writer.models):
            write_archive(path, content, writer.arrays, writer.models)

    @classmethod
    def load(
        cls,
        path: str | os.PathLike[str],
        *,
        custom_objects: Mapping[str, Any] | None = None,
        safe_mode: bool = True,
    ) -> Self:
        """Return the estimator that ``save`` wrote.

        Nothing that the file names is imported or called, except for classes and functions of Keras
        that make models, and what `custom_objects` holds.

        Parameters
        ----------
        path : str or path-like
            The file.
        custom_objects : mapping of str to object, default=None
            Classes and functions of your own, by their name. Without its builder a fitted
            estimator can predict, but not be fitted anew.
        safe_mode : bool, default=True
            Whether Keras refuses what runs code of the file, such as ``Lambda`` layers.

        Returns
        -------
        estimator
            Of the class that the method is called on, which has to be the one that was saved.

        Raises
        ------
        ArchiveError
            A ``ValueError``, for a file that ``save`` did not write, that is damaged, or that needs
            what is not allowed.
        FileNotFoundError
            If there is no file.
        """
        allowed = dict(custom_objects or {})
        with Archive(path) as archive:
            content = archive.content
            if content.get("class") != cls.__qualname__:
                raise ArchiveError(
                    f"The archive has a {content.get('class')!r:.80}, and was to be loaded as"
                    f" {cls.__qualname__}. Call load of the class that was saved."
                )
            reader = Reader(
                _CLASSES,
                allowed,
                safe_mode,
                archive.array,
                lambda number: archive.model(number, allowed, safe_mode),
            )
            try:
                return cls._made_of(content, reader, allowed, safe_mode)
            except ArchiveError:
                raise
            except Exception as error:  # whatever a file can make go wrong
                raise ArchiveError(
                    f"The archive is damaged, or does not fit the class or custom_objects:"
                    f" {error!r}."
                ) from error

    @classmethod
    def _made_of(
        cls, content: Mapping[str, Any], reader: Reader, allowed: Mapping[str, Any], safe_mode: bool
    ) -> Self:
        params = {
            name: _decoded_builder(value, reader) if name in _BUILDERS else reader.decode(value)
            for name, value in content["parameters"].items()
        }
        for name, stored in content.get("compiled", {}).items():
            _compile(params[name], stored, reader, allowed, safe_mode)
        estimator = cls.__new__(cls)._with_parameters(params)  # noqa: SLF001 - of this class
        attributes = reader.decode(content["attributes"])
        if shadowing := [name for name in attributes if hasattr(cls, name)]:
            raise ArchiveError(f"The archive replaces {', '.join(shadowing)} of {cls.__name__}.")
        estimator.__dict__.update(attributes)
        with sklearn.config_context(enable_metadata_routing=True):  # as it was when they were set
            for method, requests in content["requests"].items():
                getattr(estimator, _REQUESTS[method])(**requests)
        fitted = content.get("fitted")
        if fitted is not None:
            estimator.__dict__["_fit_state"] = FitState(*reader.decode(fitted["state"]))
            model = reader.decode(fitted["model"])
            if fitted["compilation"] is not None:
                _compile(model, fitted["compilation"], reader, allowed, safe_mode)
            restore_generators(model, reader.decode(fitted["generators"]))
            estimator.__dict__["model_"] = model
        return estimator

    def _fitted_part(self, writer: Writer) -> dict[str, Any]:
        model = vars(self)["model_"]
        return {
            "state": writer.encode(self._fit_state.__reduce__()[1], "the state of the fit"),
            "model": writer.encode(model, "model_"),
            "compilation": _compilation(model, writer) if model.compiled else None,
            "generators": writer.encode(generator_states(model), "the generators of model_"),
        }

    def _requests(self) -> dict[str, dict[str, Any]]:
        """Return what ``set_fit_request`` and its like have set."""
        if "_metadata_request" not in vars(self):
            return {}
        routing = self.get_metadata_routing()
        return {
            method: requests
            for method in _REQUESTS
            if (requests := _set_requests(getattr(routing, method)))
        }


def _set_requests(request: Any) -> dict[str, Any]:
    return {name: value for name, value in request.requests.items() if value is not None}


def _encoded(value: Any, name: str, writer: Writer) -> Any:
    if not isinstance(value, _Missing):
        return writer.encode(value, name)
    if any("number" in record for record in _records(value.record)):
        raise SerializationError(  # numbers of arrays and models in the first file
            f"{name} needs {value.name!r}, which was not passed when this estimator was loaded, so"
            f" that it cannot be saved again. Load it with custom_objects={{{value.name!r}: ...}},"
            f" or leave it out: save(path, drop=[{name!r}])."
        )
    return value.record


def _decoded_builder(record: Any, reader: Reader) -> Any:
    """Return a builder, or what stands for one that cannot be made of what was passed."""
    try:
        return reader.decode(record)
    except ArchiveError:
        for part in _records(record):
            name = part.get("class" if part.get("~") == "object" else "name")
            if part.get("~") in {"name", "object"} and not reader.knows(str(name)):
                return _Missing(str(name), record)
        raise


def _records(record: Any) -> Iterator[Mapping[str, Any]]:
    """Yield the tagged values of JSON within a value, itself included."""
    if isinstance(record, dict):
        yield record
    items = record.values() if isinstance(record, dict) else record
    for item in items if isinstance(record, (dict, list)) else ():
        yield from _records(item)


def _is_compiled(value: Any) -> bool:
    return isinstance(value, keras.Model) and value.compiled


def _compilation(model: Any, writer: Writer) -> dict[str, Any]:
    config = model.get_compile_config()
    for loss in keras.tree.flatten(getattr(model, "loss", None)):
        if isinstance(loss, keras.losses.Loss):
            to_config(loss, "the loss of model_")  # refuses one that would lose something
    optimizer = model.optimizer
    built = optimizer is not None and optimizer.built
    variables = [keras.ops.convert_to_numpy(v) for v in optimizer.variables] if built else []
    return {
        "config": as_json(config),
        "optimizer": writer.encode(variables, "the optimizer of model_"),
        "undecayed": undecayed(optimizer, model.trainable_variables),
    }


def _compile(
    model: Any,
    stored: Mapping[str, Any],
    reader: Reader,
    allowed: Mapping[str, Any],
    safe_mode: bool,
) -> None:
    model.compile(**from_config(stored["config"], allowed, safe_mode))
    if (excluded := stored.get("undecayed")) is not None:
        exclude_from_decay(model.optimizer, excluded, model.trainable_variables)
    values = reader.decode(stored["optimizer"])
    if values:
        model.optimizer.build(model.trainable_variables)
        for variable, value in zip(model.optimizer.variables, values, strict=True):
            variable.assign(value)

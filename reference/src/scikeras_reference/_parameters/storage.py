"""Storage of constructor arguments: named, free and routed (chapter INIT).

Named parameters are plain attributes. Free keyword arguments, and routed ones, live in one private
dict, because they are not part of the constructor's signature: nothing else distinguishes them
from attributes that were set later. They read and write like attributes all the same.
"""

import difflib
import functools
import inspect
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, ClassVar, Self

from scikeras_reference._parameters.routing import SEPARATOR, is_routed, route
from scikeras_reference.exceptions import ParameterError

__all__ = ["ParameterStorage", "suggestion"]


def suggestion(name: str, candidates: Iterable[str]) -> str:
    """Return the end of an error message: the candidate nearest to `name`, if there is one.

    Candidates that have all words of `name`, or whose words begin with its letters, come first.

    >>> suggestion("optimzer", ["loss", "optimizer"]), suggestion("lr", ["name", "learning_rate"])
    (' Did you mean optimizer?', ' Did you mean learning_rate?')
    """
    candidates = list(candidates)
    words = _words(name)
    better = [
        candidate
        for candidate in candidates
        if (len(words) > 1 and set(words) < set(_words(candidate)))
        or (len(name) > 1 and name.lower() == "".join(word[0] for word in _words(candidate)))
    ]
    nearest = difflib.get_close_matches(name, better, n=1, cutoff=0.0) or difflib.get_close_matches(
        name, candidates, n=1
    )
    return f" Did you mean {nearest[0]}?" if nearest else ""


def _words(name: str) -> list[str]:
    """Return the words of a name in snake case or camel case."""
    return [word.lower() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+", name)]


@functools.lru_cache(maxsize=256)
def _parameters_of(init: Callable[..., None]) -> tuple[inspect.Parameter, ...]:
    """Return the parameters of a constructor, without ``self``.

    Inspecting the signature takes most of the time of ``get_params``, which searches call often.
    """
    return tuple(inspect.signature(init).parameters.values())[1:]


@functools.lru_cache(maxsize=256)
def _declared_by(inits: tuple[Callable[..., None], ...]) -> tuple[list[str], bool]:
    """Return the sorted names of the parameters of constructors that pass ``**kwargs`` on.

    Also, whether the last of them takes any. Each construction, clone and ``get_params`` calls it.
    """
    names: set[str] = set()
    for init in inits:
        parameters = _parameters_of(init)
        names.update(
            parameter.name
            for parameter in parameters
            if parameter.kind not in {parameter.VAR_KEYWORD, parameter.VAR_POSITIONAL}
        )
        if not any(parameter.kind == parameter.VAR_KEYWORD for parameter in parameters):
            return sorted(names), False
    return sorted(names), True


def _no_parameters(self: object) -> None:
    """Stand for the constructor of a class that has none of its own."""
    del self


class ParameterStorage:
    """Keeps what the constructor was given, by identity.

    Mixed into the wrappers; it comes before scikit-learn's ``BaseEstimator``.
    """

    prefixes_: ClassVar[Collection[str]] = frozenset()
    results_: ClassVar[Collection[str]] = frozenset()
    """Attributes that a fit creates, as far as their names are known before."""
    _for_keras: ClassVar[tuple[str, ...]] = ()
    """Named parameters for ``Model.compile``, ``Model.fit`` and ``Model.predict``."""

    def __getattr__(self, name: str) -> Any:
        # Reached only when the ordinary look-up failed. A property that raised AttributeError
        # lands here too; looking it up again shows its own error instead of a misleading one.
        if isinstance(getattr(type(self), name, None), property):
            return object.__getattribute__(self, name)
        try:
            return self.__dict__["_free_parameters"][name]
        except KeyError:
            fitted = f"{name}_"
            hint = ""
            if fitted in self.__dict__ or fitted in self.results_:
                hint = f". Did you mean {fitted!r}? Results of fit end in an underscore"
            elif name[0] != "_" and hasattr(type(self.__dict__.get("model_")), name):
                hint = f". The Keras model has it: model_.{name}"
            elif name in self._get_param_names():
                hint = f". The constructor takes it and has to store it: self.{name} = {name}"
            raise AttributeError(
                f"{type(self).__name__!r} object has no attribute {name!r}{hint}",
                name=name,
                obj=self,
            ) from None

    def __setattr__(self, name: str, value: Any) -> None:
        # Attributes without the separator are not routed; fits set many of them.
        free = self.__dict__.get("_free_parameters")
        if (free and name in free) or (SEPARATOR in name and is_routed(name, self.prefixes_)):
            self._store(name, value)
        else:
            object.__setattr__(self, name, value)

    def __delattr__(self, name: str) -> None:
        if name in self._free():
            del self._free()[name]
        else:
            object.__delattr__(self, name)

    def __dir__(self) -> list[str]:
        return sorted({*object.__dir__(self), *self._free()})

    @classmethod
    def _get_param_names(cls) -> list[str]:
        """Names in the signatures of the constructor and of those that get its ``**kwargs``."""
        return list(cls._declared_parameters()[0])

    @classmethod
    def _declared_parameters(cls) -> tuple[list[str], bool]:
        """Sorted names of the declared parameters, and whether free ones are taken besides."""
        spaces = (vars(klass) for klass in cls.__mro__[:-1])
        return _declared_by(tuple(s["__init__"] for s in spaces if "__init__" in s))

    @classmethod
    def _default_values(cls) -> dict[str, Any]:
        """Values of the declared parameters that were not given, as far as there are any."""
        values: dict[str, Any] = {}
        for klass in cls.__mro__[:-1]:
            for parameter in _parameters_of(vars(klass).get("__init__", _no_parameters)):
                if parameter.default is not parameter.empty:
                    values.setdefault(parameter.name, parameter.default)
        return values

    @classmethod
    def _own_parameters(cls) -> list[str]:
        """Names in the signature of the constructor itself."""
        return [
            parameter.name
            for parameter in _parameters_of(cls.__init__)
            if parameter.kind not in {parameter.VAR_KEYWORD, parameter.VAR_POSITIONAL}
        ]

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return all parameters by name, the very objects that the constructor was given.

        Parameters
        ----------
        deep : bool, default=True
            Whether to list the parameters of estimators among the parameters too, as
            ``name__parameter``.

        Returns
        -------
        dict of str to object
            Named parameters first, then free and routed ones. Clauses INIT-1 and INIT-10.
        """
        params = {name: getattr(self, name) for name in self._get_param_names()}
        params.update(self._listed_free())
        if deep:
            for name, value in list(params.items()):
                if hasattr(type(value), "get_params"):
                    nested = value.get_params()
                    params.update({f"{name}{SEPARATOR}{k}": v for k, v in nested.items()})
        return params

    def set_params(self, **params: Any) -> Self:
        """Set parameters by name.

        Any listed parameter can be set, and any name that starts with one of ``prefixes_``, also
        when it was not given at construction. Either all names are known and all are set, or
        nothing changes.

        Parameters
        ----------
        **params : object
            New values; stored unmodified.

        Returns
        -------
        self
            The estimator.

        Raises
        ------
        ParameterError
            If a name is unknown (a ``ValueError``; clause INIT-10).
        """
        listed = self.get_params(deep=False)
        nested: dict[str, dict[str, Any]] = {}
        own: dict[str, Any] = {}
        for name, value in params.items():
            head, separator, rest = name.partition(SEPARATOR)
            if name in listed or is_routed(name, self.prefixes_):
                own[name] = value
            elif (
                separator
                and head in listed
                and hasattr(params.get(head, listed[head]), "set_params")
            ):
                nested.setdefault(head, {})[rest] = value
            else:
                raise self._unknown(name, listed)
        for head, values in nested.items():
            target = own.get(head, listed[head])
            for rest in values:
                if rest not in target.get_params():
                    raise self._unknown(f"{head}{SEPARATOR}{rest}", listed)
        late = tuple(name for name in own if name not in listed)
        if late:
            self.__dict__["_late_parameters"] = (*self.__dict__.get("_late_parameters", ()), *late)
        for name, value in own.items():
            setattr(self, name, value)
        for head, values in nested.items():
            getattr(self, head).set_params(**values)
        return self

    def _with_parameters(self, params: Mapping[str, Any]) -> Self:
        """Return a new estimator of this class with these parameters."""
        params = dict(params)
        # The constructor of a subclass may take fewer than `get_params` lists; the others are set.
        own = {name: params.pop(name) for name in self._own_parameters() if name in params}
        copy = type(self)(**own)
        declared = self._get_param_names()
        for name, value in params.items():
            if name in declared:
                setattr(copy, name, value)
            else:
                copy._store(name, value)  # noqa: SLF001 - another one of this class
        if late := self.__dict__.get("_late_parameters"):
            copy.__dict__["_late_parameters"] = late
        return copy

    def _set_attributes(self, values: Mapping[str, Any], source: str) -> None:
        """Set attributes that are not parameters."""
        declared = self._get_param_names()
        for name, value in values.items():
            if name in declared or name in self._free():
                raise ParameterError(
                    f"{source} gives {name}, which is a parameter of this {type(self).__name__}."
                    " Choose another name; one that ends in an underscore is never a parameter."
                )
            setattr(self, name, value)

    @contextmanager
    def _rollback(self, on: type[BaseException] = BaseException) -> Iterator[None]:
        """Restore what an earlier fit created, if the block raises one of these errors."""
        before = dict(vars(self))
        try:
            yield
        except on:
            vars(self).clear()
            vars(self).update(before)
            raise

    def _unknown(self, name: str, listed: Mapping[str, Any]) -> ParameterError:
        known = [*listed, *(prefix + name.partition(SEPARATOR)[2] for prefix in self.prefixes_)]
        return ParameterError(
            f"Invalid parameter {name} for estimator {type(self).__name__}."
            f"{suggestion(name, known)} A keyword of the builder has to be given to the constructor"
            f" before it can be set; {', '.join(sorted(self.prefixes_))} route a parameter."
        )

    def _named(self) -> dict[str, Any]:
        """Named parameters for Keras, by name."""
        return {name: getattr(self, name) for name in self._for_keras}

    def _free(self) -> dict[str, Any]:
        """Free keyword arguments and routed parameters, by name."""
        free: dict[str, Any] = self.__dict__.get("_free_parameters", {})
        return free

    def _routed(self, destination: str) -> dict[str, Any]:
        """Parameters of one destination, with the destination cut off their names."""
        free = self._free()
        return route(free, destination) if free else {}

    def _builder_keywords(self) -> dict[str, Any]:
        """Keyword arguments of the builder: free ones, and those routed with ``model__``."""
        free = {
            name: value
            for name, value in self._free().items()
            if not is_routed(name, self.prefixes_)
        }
        return {**free, **self._routed("model")}

    def _listed_free(self) -> dict[str, Any]:
        """Free parameters that `get_params` lists besides the declared ones."""
        if self._declared_parameters()[1]:
            return self._free()
        # A closed signature lists all parameters that callers know; values that a subclass
        # hard-codes are not among them. Only what was set later is listed, or clones would lose it.
        late = self.__dict__.get("_late_parameters", ())
        return {name: value for name, value in self._free().items() if name in late}

    def _store(self, name: str, value: Any) -> None:
        self.__dict__.setdefault("_free_parameters", {})[name] = value

    def _store_free(self, params: Mapping[str, Any]) -> None:
        """Store the keyword arguments that are not parameters of the constructor."""
        declared = self._get_param_names()
        for name in params:
            if name in declared:
                # A subclass passes a parameter of its own on, so that the builder gets it.
                self.__dict__.pop(name, None)
                continue
            shadows = name in self.__dict__ or hasattr(type(self), name)
            private = name.startswith("_") or name.endswith("_")
            if shadows or (private and not is_routed(name, self.prefixes_)):
                why = (
                    "names an attribute of the estimator"
                    if shadows
                    else "starts or ends with an underscore, as attributes of estimators do"
                )
                raise ParameterError(
                    f"{name} cannot be a keyword argument of {type(self).__name__}: it {why}. Give"
                    f" it as model__{name} to pass it to the builder as {name}."
                )
        self.__dict__.setdefault("_free_parameters", {}).update(params)

"""Finds the implementation under test.

The adapter of a spec (`scikeras_conformance.subject.spec`) is an object with the attributes
``BaseWrapper``, ``KerasClassifier`` and ``KerasRegressor``, for implementations whose classes have
other names. It may have more:

``construct(cls, *args, **params)``
    Makes an estimator out of what the contract would pass to ``cls``, where the constructors differ
    from those of the contract.
``sklearn_estimator(kind, check)``
    Makes an unfitted estimator for a check of scikit-learn, where the models of the suite do not
    suit the implementation.
``public_classes``
    A mapping from the names of wrappers to the classes that users import, where those are not the
    adapter's.
``builder_protocol``
    How the implementation calls builders, see `scikeras_conformance.subject.builder_protocol`.
``wrap_builder(builder)``
    Returns what to give the constructor in place of a builder of the suite, where none of the
    ready-made protocols is right.
``not_offered``
    The names of capabilities that the implementation does not offer, see
    `scikeras_conformance.contract.capabilities`.
"""

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

from scikeras_conformance.catalog.printable import describe, show
from scikeras_conformance.catalog.wrappers import CLASS_NAMES, ESTIMATORS, Wrapper
from scikeras_conformance.contract import Capability, parse_capabilities
from scikeras_conformance.exceptions import (
    DeclarationError,
    SubjectImportError,
    SubjectIncompleteError,
    TimeUp,
    UsageError,
)
from scikeras_conformance.subject.builder_protocol import (
    BuilderAdapter,
    BuilderProtocol,
    adapter_for,
    as_it_is,
    constructor_for,
    parse_protocol,
)
from scikeras_conformance.subject.estimator_factories import (
    METHOD,
    EstimatorFactory,
    load_factories,
)
from scikeras_conformance.subject.identity import Identity, identify
from scikeras_conformance.subject.places import import_module_of, import_place
from scikeras_conformance.subject.spec import SubjectSpec, parse_spec

__all__ = ["Subject", "call_class", "load_subject"]


def call_class(cls: type, *args: Any, **params: Any) -> Any:
    """Construct an estimator of a class, as the contract has it."""
    return cls(*args, **params)


@dataclass(frozen=True, slots=True)
class Subject:
    """An implementation under test.

    Parameters
    ----------
    spec : str
        The way it was named.
    classes : mapping of Wrapper to type
        The three wrappers, or those of them that are offered.
    construct : callable
        ``construct(cls, *args, **params)`` makes an estimator of `cls`, which is one of the
        wrappers or a subclass of one, with a builder that is wrapped to the subject.
    estimator_factories : mapping of Wrapper to callable, optional
        ``estimator_factories[wrapper](kind, check)`` makes an estimator for a check of
        scikit-learn; `kind` is ``"classifier"``, ``"multilabel"`` or ``"regressor"``, `check` the
        name of the check.
    public_classes : mapping of Wrapper to type, optional
        The classes that users import, where an adapter has classes of its own in their place.
    not_offered : frozenset of Capability, optional
        What the subject declares that it does not offer.
    builder_protocol : BuilderProtocol, optional
        How the subject calls builders.
    as_given : callable, optional
        ``as_given(builder)`` returns what the constructor is given in place of a builder: the same
        object for the same builder.
    construct_as_given : callable, optional
        Constructs an estimator like `construct`, with the builder as it is.
    basic_use : dict, optional
        What each wrapper was found to fit, kept by `scikeras_conformance.runner.basic_use`.
    """

    spec: str
    classes: Mapping[Wrapper, type]
    construct: Callable[..., Any] = call_class
    estimator_factories: Mapping[Wrapper, EstimatorFactory] = field(default_factory=dict)
    public_classes: Mapping[Wrapper, type] = field(default_factory=dict)
    not_offered: frozenset[Capability] = frozenset()
    builder_protocol: BuilderProtocol = BuilderProtocol.KEYWORDS
    as_given: BuilderAdapter = as_it_is
    construct_as_given: Callable[..., Any] = call_class
    basic_use: dict[str, Any] = field(default_factory=dict, compare=False)

    @property
    def packages(self) -> frozenset[str]:
        """The packages that define its classes."""
        found = set()
        for cls in [*self.classes.values(), *self.public_classes.values()]:
            with suppress(Exception):  # a subject may raise wherever its classes are looked at
                found.add(str(cls.__module__).partition(".")[0])
        return frozenset(found)

    def public_class(self, wrapper: Wrapper) -> type:
        """Return the class that users import."""
        return self.public_classes.get(wrapper, self.classes[wrapper])

    def with_protocol(
        self, protocol: BuilderProtocol, wrap_builder: BuilderAdapter | None = None
    ) -> "Subject":
        """Return the subject as one that calls builders in another way.

        Parameters
        ----------
        protocol : BuilderProtocol
            How it calls builders.
        wrap_builder : callable, optional
            The method of an adapter.
        """
        wrap = adapter_for(protocol, wrap_builder)
        absent = self.not_offered
        if protocol is BuilderProtocol.NONE:
            absent |= {Capability.BUILDERS}
        return replace(
            self,
            construct=constructor_for(self.construct_as_given, protocol, wrap),
            builder_protocol=protocol,
            not_offered=absent,
            as_given=wrap,
            basic_use={},
        )

    @property
    def identity(self) -> Identity:
        """Distribution, version and class names, as far as the environment tells them."""
        return identify(
            self.spec, {wrapper: self.public_class(wrapper) for wrapper in self.classes}
        )


def load_subject(
    spec: str,
    estimators: Iterable[str] = (),
    *,
    not_offered: Iterable[str] = (),
    builder_protocol: str | None = None,
) -> Subject:
    """Import the implementation that a spec names.

    Parameters
    ----------
    spec : str
        See `scikeras_conformance.subject.spec`.
    estimators : iterable of str, default=()
        Estimator factories, see `scikeras_conformance.subject.estimator_factories`; an adapter's
        method makes what these do not.
    not_offered : iterable of str, default=()
        Names of capabilities that the subject does not offer, beside those that its adapter names.
    builder_protocol : str, optional
        How the subject calls builders; by default what its adapter says, or by keywords.

    Raises
    ------
    UsageError
        If the spec has none of the three forms, an estimator factory is not valid, there is no
        capability or builder protocol of a name, or both an adapter's method and a protocol are
        given.
    DeclarationError
        If a wrapper is declared as not offered, and is there.
    SubjectImportError
        If a module of it cannot be imported.
    SubjectIncompleteError
        If one of the three wrappers is missing or not a class, and is not declared as not offered.
    """
    parsed = parse_spec(spec)
    holder = None if parsed.holder is None else _load(parsed.holder)
    absent = parse_capabilities(not_offered)
    absent |= parse_capabilities(_attribute(spec, holder, "not_offered", ()))
    classes = _classes_of(parsed, holder)
    own = _attribute(spec, holder, METHOD, None)
    factories = dict.fromkeys(ESTIMATORS, own) if own is not None else {}
    public_classes = {
        Wrapper(name): cls for name, cls in _attribute(spec, holder, "public_classes", {}).items()
    }
    subject = Subject(
        spec,
        _complete(spec, classes, absent),
        estimator_factories={**factories, **load_factories(estimators)},
        public_classes=(
            _complete(spec, {**classes, **public_classes}, absent) if public_classes else {}
        ),
        not_offered=absent,
        construct_as_given=_attribute(spec, holder, "construct", call_class),
    )
    return subject.with_protocol(*_protocol_of(spec, holder, builder_protocol))


def _classes_of(parsed: SubjectSpec, holder: Any) -> dict[Wrapper, Any]:
    if holder is not None:
        return {
            wrapper: _attribute(parsed.text, holder, name, None)
            for wrapper, name in CLASS_NAMES.items()
        }
    found: dict[Wrapper, Any] = dict.fromkeys(Wrapper)
    return found | {wrapper: _load(place) for wrapper, place in parsed.places.items()}


def _protocol_of(
    spec: str, holder: Any, declared: str | None
) -> tuple[BuilderProtocol, BuilderAdapter | None]:
    """Return how a subject calls builders, and the method of its adapter that adapts them."""
    own = _attribute(spec, holder, "wrap_builder", None)
    name = declared or _attribute(spec, holder, "builder_protocol", None)
    if own is not None and name is not None:
        raise UsageError(
            f"The adapter has a method wrap_builder, and {str(name)!r} is given as builder "
            "protocol; keep one."
        )
    if own is not None:
        return BuilderProtocol.ADAPTER, own
    return parse_protocol(BuilderProtocol.KEYWORDS if name is None else name), None


def _load(place: str) -> Any:
    try:
        import_module_of(place)
    except TimeUp:
        raise
    # A module may do anything while it is imported: exit, or interrupt.
    except BaseException as error:
        raise SubjectImportError(
            f"The subject {place!r} cannot be imported: {describe(error)}. Install it into this "
            "environment, or start the suite where it can be imported from."
        ) from error
    try:
        return import_place(place)
    except TimeUp:
        raise
    except AttributeError as error:
        raise SubjectIncompleteError(
            f"The subject {place!r} is incomplete: {describe(error)}."
        ) from error
    except BaseException as error:
        raise SubjectIncompleteError(
            f"The subject {place!r} cannot be read: {describe(error)}."
        ) from error


def _attribute(spec: str, holder: Any, name: str, default: Any) -> Any:
    """Return an attribute of a module or an adapter, whatever its own ``__getattr__`` does."""
    try:
        return getattr(holder, name, default)
    except TimeUp:
        raise
    except BaseException as error:
        raise SubjectIncompleteError(
            f"The subject {spec!r} cannot be read: asking it for {name} raised {describe(error)}. "
            "A module or an adapter raises AttributeError for a name that it does not have."
        ) from error


def _complete(
    spec: str, classes: Mapping[Wrapper, Any], absent: frozenset[Capability]
) -> Mapping[Wrapper, type]:
    """Return the wrappers that are offered, which have to be all but those declared absent."""
    offered = {
        wrapper: found for wrapper, found in classes.items() if Capability(wrapper) not in absent
    }
    for wrapper in classes.keys() - offered.keys():
        if classes[wrapper] is not None:
            raise DeclarationError(
                f"The subject {spec!r} is declared not to offer {Capability(wrapper).words}, and "
                f"has one: {show(classes[wrapper])}. Take {str(wrapper)!r} out of what is not "
                "offered."
            )
    missing = [
        f"{CLASS_NAMES[wrapper]} "
        f"({'missing' if found is None else f'{show(found)} is not a class'})"
        for wrapper, found in offered.items()
        # Not by `isinstance`, which believes what an object says of itself.
        if not issubclass(type(found), type)
    ]
    if missing or not offered:
        without = [f"--not-offered {wrapper}" for wrapper, found in offered.items() if not found]
        hint = f" If it offers no such wrapper, say so: {' '.join(without)}." if without else ""
        raise SubjectIncompleteError(
            f"The subject {spec!r} is incomplete: {', '.join(missing) or 'no wrapper'}. A subject "
            "offers the classes BaseWrapper, KerasClassifier and KerasRegressor; where they have "
            "other names, give base=module:Name,classifier=module:Name,regressor=module:Name, or "
            f"an adapter object as module:adapter.{hint}"
        )
    return MappingProxyType(offered)

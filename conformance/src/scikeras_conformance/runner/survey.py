"""Looks at an implementation that nobody has described yet: classes, protocol, capabilities."""

import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from scikeras_conformance.catalog.wrappers import CLASS_NAMES, Wrapper
from scikeras_conformance.contract import Capability
from scikeras_conformance.exceptions import CannotFitError, SubjectIncompleteError
from scikeras_conformance.runner.absence import find_wrapper, look_for
from scikeras_conformance.runner.basic_use import (
    require_basic_use,
    what_happened,
    working_protocols,
)
from scikeras_conformance.subject.builder_protocol import BuilderProtocol
from scikeras_conformance.subject.loading import Subject, load_subject
from scikeras_conformance.subject.spec import parse_spec

__all__ = ["Survey", "survey"]


@dataclass(frozen=True, slots=True)
class Survey:
    """What was found out about an implementation.

    Parameters
    ----------
    spec : str
        The way to name it.
    classes : mapping of Wrapper to str
        The place of each wrapper that was found, as ``module:Name``.
    protocol : BuilderProtocol or None
        The builder protocol with which it can be fitted; None if there is none.
    not_offered : tuple of Capability
        The capabilities that were not found.
    problem : str
        Why it cannot be fitted; empty if it can.
    """

    spec: str
    classes: Mapping[Wrapper, str]
    protocol: BuilderProtocol | None
    not_offered: tuple[Capability, ...]
    problem: str = ""


def survey(spec: str) -> Survey:
    """Look at an implementation.

    Parameters
    ----------
    spec : str
        As for a run; the classes of a module may have any names.

    Raises
    ------
    UsageError
        If the spec has none of the three forms.
    SubjectError
        If it cannot be imported, or no wrapper is found.
    """
    places = _places(spec)
    if not places:
        raise SubjectIncompleteError(
            f"The subject {spec!r} has no class that looks like a wrapper: none is called "
            f"{', '.join(CLASS_NAMES.values())}, and none is a classifier or a regressor of "
            "scikit-learn. Name them: classifier=module:Name,regressor=module:Name."
        )
    if _needs_places(spec, places):
        spec = _spec_of(places)
    subject = load_subject(spec, not_offered=_lacking(places))
    beside = {
        wrapper: ":".join(found)
        for wrapper in Wrapper
        if wrapper not in places and (found := find_wrapper(wrapper, subject))
    }
    # An adapter says itself what it has; of anything else a run would refuse to call absent what
    # stands beside the others.
    if beside and ":" not in (parse_spec(spec).holder or ""):
        places = {**beside, **places}
        spec = _spec_of(places)
        subject = load_subject(spec, not_offered=_lacking(places))
    problem = ""
    try:
        require_basic_use(subject, next(iter(subject.classes)))
        protocol: BuilderProtocol | None = subject.builder_protocol
    except CannotFitError:
        working = working_protocols(subject)
        protocol = working[0] if working else None
        problem = "" if working else "\n".join(what_happened(subject))
    return Survey(spec, places, protocol, tuple(_absent(subject, protocol)), problem)


def _absent(subject: Subject, protocol: BuilderProtocol | None) -> Iterator[Capability]:
    """Yield what is not offered; what takes a fit cannot be told of what cannot be fitted."""
    yield from sorted(subject.not_offered)
    if protocol is None:
        return
    if protocol is not subject.builder_protocol:
        subject = subject.with_protocol(protocol)
    wrappers = {Capability(wrapper) for wrapper in Wrapper}
    for capability in Capability:
        if capability not in wrappers and not look_for(capability, subject):
            yield capability


def _places(spec: str) -> dict[Wrapper, str]:
    """Return the place of each wrapper that a spec stands for."""
    parsed = parse_spec(spec)
    if parsed.holder is None:
        return dict(parsed.places)
    if ":" in spec:
        subject = load_subject(spec)
        return {wrapper: _place_of(cls) for wrapper, cls in subject.classes.items()}
    with suppress(SubjectIncompleteError):
        load_subject(spec)
    module = vars(sys.modules[spec])
    known = {
        wrapper: f"{spec}:{name}"
        for wrapper, name in CLASS_NAMES.items()
        if isinstance(module.get(name), type)
    }
    return known or _guessed(spec, module)


def _guessed(spec: str, module: Mapping[str, Any]) -> dict[Wrapper, str]:
    """Return the first classifier and regressor that a module offers, and their common base."""
    from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin

    found: dict[Wrapper, type] = {}
    own = spec.partition(".")[0]
    for name, cls in module.items():
        if not isinstance(cls, type) or name.startswith("_"):
            continue
        if cls.__module__.partition(".")[0] != own or not issubclass(cls, BaseEstimator):
            continue
        for wrapper, mixin in (
            (Wrapper.CLASSIFIER, ClassifierMixin),
            (Wrapper.REGRESSOR, RegressorMixin),
        ):
            if issubclass(cls, mixin):
                found.setdefault(wrapper, cls)
    names = {cls: name for name, cls in module.items() if isinstance(cls, type)}
    places = {wrapper: f"{spec}:{names[cls]}" for wrapper, cls in found.items()}
    if len(found) == len(Wrapper) - 1:
        first, second = found.values()
        for base in first.__mro__[1:]:
            if issubclass(second, base) and base in names and _is_offered(base, names[base]):
                return {Wrapper.BASE: f"{spec}:{names[base]}", **places}
    return places


def _is_offered(base: type, name: str) -> bool:
    """Return whether a common base is a wrapper of its own, not only what two have in common."""
    from sklearn.base import BaseEstimator

    can_be_used = all(callable(getattr(base, method, None)) for method in ("fit", "predict"))
    return issubclass(base, BaseEstimator) and can_be_used and not name.startswith("_")


def _needs_places(spec: str, places: Mapping[Wrapper, str]) -> bool:
    """Whether a module does not have the names of the contract."""
    if ":" in spec or "=" in spec:
        return False
    return any(place != f"{spec}:{CLASS_NAMES[wrapper]}" for wrapper, place in places.items())


def _spec_of(places: Mapping[Wrapper, str]) -> str:
    return ",".join(f"{wrapper}={place}" for wrapper, place in places.items())


def _lacking(places: Mapping[Wrapper, str]) -> list[str]:
    return [str(wrapper) for wrapper in Wrapper if wrapper not in places]


def _place_of(cls: type) -> str:
    return f"{cls.__module__}:{cls.__qualname__}"

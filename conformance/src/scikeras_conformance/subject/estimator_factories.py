"""Estimator factories: what makes the estimators of scikit-learn's checks, if not the suite's own.

A factory is named in one of two ways: ``module:adapter``, an object with a method
``sklearn_estimator(kind, check)``, or ``wrapper=module:function`` for the classifier or the
regressor alone, a function with the same arguments. Both return an unfitted estimator.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from scikeras_conformance.catalog.wrappers import ESTIMATORS, Wrapper
from scikeras_conformance.exceptions import UsageError, did_you_mean
from scikeras_conformance.subject.places import import_place

__all__ = ["METHOD", "EstimatorFactory", "load_factories", "parse_factory", "places_of"]

EstimatorFactory = Callable[[str, str], Any]
"""Takes a kind and the name of a check, and returns an unfitted estimator."""

METHOD = "sklearn_estimator"
"""The method of an adapter."""

PLACE = re.compile(r"\w+(\.\w+)*:\w+(\.\w+)*")


def parse_factory(text: str) -> str:
    """Check the form of a factory's name.

    Parameters
    ----------
    text : str
        ``module:adapter``, or ``wrapper=module:function`` for one wrapper.

    Returns
    -------
    str
        The text.

    Raises
    ------
    UsageError
        If it has neither form, or names no wrapper.
    """
    wrapper, equals, place = text.rpartition("=")
    wrappers = [str(one) for one in Wrapper]
    if equals and wrapper not in wrappers:
        raise UsageError(
            f"The estimators {text!r} are for no wrapper.{did_you_mean(wrapper, wrappers)} Known: "
            f"{', '.join(wrappers)}."
        )
    if not PLACE.fullmatch(place):
        raise UsageError(
            f"The estimators {text!r} are not understood. Give module:adapter, or "
            "WRAPPER=module:function for a wrapper."
        )
    return text


def places_of(factories: Iterable[str]) -> dict[Wrapper, str]:
    """Return the place of the factory of each wrapper, without importing it.

    Parameters
    ----------
    factories : iterable of str
        Each in one of the two forms.

    Raises
    ------
    UsageError
        If two are for one wrapper, or one is for the base wrapper.
    """
    places: dict[Wrapper, str] = {}
    for factory in factories:
        name, equals, place = factory.rpartition("=")
        if name == Wrapper.BASE:
            raise UsageError(
                f"The estimators {factory!r} are for the base wrapper, about which scikit-learn "
                "has no checks. Give some for the classifier or the regressor."
            )
        for wrapper in [Wrapper(name)] if equals else ESTIMATORS:
            if wrapper in places:
                raise UsageError(
                    f"Two estimators are for the {wrapper}: {places[wrapper]} and {place}. Keep "
                    "one."
                )
            places[wrapper] = place if equals else f"{place}.{METHOD}"
    return places


def load_factories(factories: Iterable[str]) -> Mapping[Wrapper, EstimatorFactory]:
    """Import estimator factories.

    Parameters
    ----------
    factories : iterable of str
        Each in one of the two forms.

    Raises
    ------
    UsageError
        If one is not valid, cannot be imported, or cannot be called.
    """
    return {wrapper: _load(place) for wrapper, place in places_of(factories).items()}


def _load(place: str) -> EstimatorFactory:
    try:
        found = import_place(place)
    # A module may do anything while it is imported, and even exit.
    except (Exception, SystemExit) as error:
        raise UsageError(
            f"The estimators {place!r} cannot be imported: {type(error).__name__}: {error}. Give "
            f"module:adapter, whose adapter has a method {METHOD}(kind, check), or "
            "WRAPPER=module:function."
        ) from error
    if not callable(found):
        raise UsageError(
            f"The estimators {place!r} are {found!r:.60}, which has to be a function of kind and "
            "check."
        )
    factory: EstimatorFactory = found
    return factory

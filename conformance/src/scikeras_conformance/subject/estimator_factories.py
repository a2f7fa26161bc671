"""Whose estimators scikit-learn's checks are made on, where they are not the suite's own.

A builder is named in one of two ways: ``module:adapter``, an object with a method
``sklearn_estimator(kind, check)``, or ``wrapper=module:function`` for the classifier or the
regressor alone, a function that is called in the same way. Both give an unfitted estimator.
"""

import importlib
import warnings
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from scikeras_conformance.catalog.check import ESTIMATORS, Wrapper
from scikeras_conformance.exceptions import UsageError

__all__ = ["METHOD", "load_builders", "places_of"]

METHOD = "sklearn_estimator"
"""The method of an adapter."""


def places_of(builders: Iterable[str]) -> dict[Wrapper, str]:
    """Give the place of what makes the estimators of each wrapper, without importing it.

    Parameters
    ----------
    builders : iterable of str
        Each in one of the two forms.

    Raises
    ------
    UsageError
        If two are for one wrapper, or one is for the base wrapper.
    """
    places: dict[Wrapper, str] = {}
    for builder in builders:
        name, equals, place = builder.rpartition("=")
        if name == Wrapper.BASE:
            raise UsageError(
                f"The builder {builder!r} is for the base wrapper, about which scikit-learn has no "
                "checks. Give one for the classifier or the regressor."
            )
        for wrapper in [Wrapper(name)] if equals else ESTIMATORS:
            if wrapper in places:
                raise UsageError(
                    f"Two builders are for the {wrapper}: {places[wrapper]} and {place}. Keep one."
                )
            places[wrapper] = place if equals else f"{place}.{METHOD}"
    return places


def load_builders(builders: Iterable[str]) -> Mapping[Wrapper, Callable[[str, str], Any]]:
    """Import what makes the estimators.

    Parameters
    ----------
    builders : iterable of str
        Each in one of the two forms.

    Raises
    ------
    UsageError
        If one makes no sense, cannot be imported, or cannot be called.
    """
    return {wrapper: _load(place) for wrapper, place in places_of(builders).items()}


def _load(place: str) -> Callable[[str, str], Any]:
    module_name, _, attributes = place.partition(":")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found: Any = importlib.import_module(module_name)
        for attribute in attributes.split("."):
            found = getattr(found, attribute)
    # A module may do anything while it is imported, and even exit.
    except (Exception, SystemExit) as error:
        raise UsageError(
            f"The builder {place!r} cannot be imported: {type(error).__name__}: {error}. Give "
            f"module:adapter, whose adapter has a method {METHOD}(kind, check), or "
            "WRAPPER=module:function."
        ) from error
    if not callable(found):
        raise UsageError(
            f"The builder {place!r} is {found!r:.60}, and has to be a function of kind and check."
        )
    made: Callable[[str, str], Any] = found
    return made

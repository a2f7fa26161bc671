"""Property-based checks, with Hypothesis."""

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from string import ascii_lowercase, digits
from typing import Any

from scikeras_conformance.exceptions import Nonconformance

__all__ = ["examples_of", "require_for_all_examples"]


def require_for_all_examples(
    promise: Callable[[Any], None],
    values: Callable[[], Any] | None = None,
    *,
    examples: int,
) -> None:
    """Require a promise for all examples of a Hypothesis strategy.

    The examples are the same in every run. On a failure the smallest one found is attached to
    the exception, as a note of Hypothesis and as Python source in ``example``.

    Parameters
    ----------
    promise : callable
        Takes a value and raises where the promise is broken.
    values : callable, optional
        Returns the strategy for the values; by default they are sets of constructor arguments,
        free and routed.
    examples : int
        The number of examples.
    """
    from hypothesis import HealthCheck, Phase, given, settings

    @settings(
        max_examples=examples,
        derandomize=True,
        database=None,
        deadline=None,
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
        phases=(Phase.generate, Phase.shrink),
    )
    @given((values or _constructor_arguments)())
    def property_holds(arguments: Any) -> None:
        try:
            promise(arguments)
        except Nonconformance as failure:
            failure.example = repr(arguments)
            raise

    with _with_a_frozen_collector():
        property_holds()


def _constructor_arguments() -> Any:
    from hypothesis import strategies as st

    # All but surrogates. A codec would say the same, and take seconds to try every character.
    characters = st.characters(exclude_categories=["Cs"])
    values = st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(characters, max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3) | st.dictionaries(st.text(characters, max_size=3), inner)
        ),
        max_leaves=5,
    )
    more = st.text(ascii_lowercase + digits, max_size=5)
    word = st.builds("{}{}".format, st.sampled_from(ascii_lowercase), more)
    # The first letter avoids names of the subject's parameters and methods.
    free = word.map("q{}".format)
    prefix = st.sampled_from(
        ["model", "fit", "predict", "callbacks", "optimizer", "loss", "metrics", "score"]
    )
    routed = st.tuples(prefix, st.lists(word, min_size=1, max_size=2)).map(
        lambda parts: "__".join([parts[0], *parts[1]])
    )
    return st.dictionaries(free | routed, values, max_size=5)


@contextmanager
def _with_a_frozen_collector() -> Iterator[None]:
    """Ignore that older versions do not see who holds their generator, after ``gc.freeze``."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "It looks like `register_random`")
        yield


def examples_of(values: Callable[[], Any], count: int) -> list[Any]:
    """Return examples of a Hypothesis strategy, the same in every run.

    Parameters
    ----------
    values : callable
        Returns the strategy.
    count : int
        The number of examples.
    """
    from hypothesis import HealthCheck, Phase, given, settings

    found: list[Any] = []

    @settings(
        max_examples=count,
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        phases=(Phase.generate,),
    )
    @given(values())
    def collect(value: Any) -> None:
        found.append(value)

    with _with_a_frozen_collector():
        collect()
    return found

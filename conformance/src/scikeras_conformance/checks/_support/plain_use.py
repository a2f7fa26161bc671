"""Whether the same call works without what a clause is about."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from scikeras_conformance.checks._support.modules import doubles
from scikeras_conformance.checks._support.training import learner
from scikeras_conformance.exceptions import Nonconformance
from scikeras_conformance.runner.context import CheckContext

__all__ = ["plain_use", "provided"]


@contextmanager
def provided(works: Callable[[], object]) -> Iterator[None]:
    """Let a failure in the block count only if the same works without what the clause is about.

    Parameters
    ----------
    works : callable
        Prepares, and so blocks the check if the subject raises. It is called after a failure
        only: a check that passes needs no proof that less works too.
    """
    try:
        yield
    except Nonconformance:
        works()
        raise


def plain_use(context: CheckContext, *methods: str, **params: Any) -> Callable[[], None]:
    """Return a function that calls methods of an estimator on the default data.

    Parameters
    ----------
    context : CheckContext
        The context.
    *methods : str
        The methods, in order; by default ``fit``.
    **params : object
        Parameters of the estimator.
    """

    def works() -> None:
        X, y, *_ = doubles.dataset(context.wrapper)
        estimator = context.make(learner(context), **params)
        for method in methods or ("fit",):
            data = (X,) if method.startswith("predict") else (X, y)
            context.call(estimator, method, *data)

    return works

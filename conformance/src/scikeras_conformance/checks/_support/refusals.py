"""Several calls in a row of which one has to refuse what it is given."""

from collections.abc import Callable, Sequence

from scikeras_conformance.runner.context import OUTCOMES, CheckContext

__all__ = ["Call", "require_one_refuses"]

Call = tuple[str, Callable[[], object]]
"""What is called, in words that make a sentence with "raised ...", and a function that does it."""


def require_one_refuses(
    context: CheckContext,
    calls: Sequence[Call],
    *expected: type[BaseException],
    naming: str | tuple[str, ...] = (),
) -> None:
    """Require one of several calls to refuse what it is given; the others must not raise.

    What a call raises is said of that call, and of no other one.

    Parameters
    ----------
    context : CheckContext
        The context.
    calls : sequence of (str, callable)
        The calls, in their order; none is made after one that raises.
    *expected : type
        The exceptions that are right.
    naming : str or tuple of str
        See `CheckContext.refusing`.
    """
    made: list[str] = []
    for what, call in calls:
        made.append(what)
        try:
            call()
        except OUTCOMES:
            raise
        except BaseException as error:
            _judge(context, what, error, *expected, naming=naming)
            return
    with context.refusing(" and then ".join(made), *expected):
        pass  # none of them has refused it


def _judge(
    context: CheckContext,
    what: str,
    error: BaseException,
    *expected: type[BaseException],
    naming: str | tuple[str, ...],
) -> None:
    with context.refusing(what, *expected, naming=naming):
        raise error

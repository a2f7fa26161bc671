"""Books settings that changed during any check on the clause that is about them.

A subject may leave a setting of Keras changed in a check of another clause, which it keeps. So that
check keeps its outcome, and the one of HYG-2 fails in its place, whichever process had run which.
"""

from collections.abc import Iterable

from msgspec.structs import replace

from scikeras_conformance.catalog.results import Outcome, Result

__all__ = ["CHECK", "booked"]

CHECK = "HYG-2.settings-anywhere"
"""The check that fails if a setting changed during another one."""

SHOWN = 3


def booked(results: Iterable[Result]) -> tuple[Result, ...]:
    """Return the results of a run, with what changed during each on the check that is about it.

    Parameters
    ----------
    results : iterable of Result
        The results so far.
    """
    results = tuple(results)
    changing = [result for result in results if result.changed and result.check != CHECK]
    return tuple(_with_changes(result, changing) for result in results)


def _with_changes(result: Result, changing: Iterable[Result]) -> Result:
    if result.check != CHECK or result.outcome is not Outcome.PASSED:
        return result
    found = [other for other in changing if other.wrapper == result.wrapper]
    if not found:
        return result
    shown = "; ".join(f"{other.id} changed {', '.join(other.changed)}" for other in found[:SHOWN])
    more = f"; so did {len(found) - SHOWN} more checks" if len(found) > SHOWN else ""
    message = (
        f"settings of Keras were changed while other checks ran, and restored after them: {shown}"
        f"{more}; run both checks to see it again"
    )
    return replace(result, outcome=Outcome.FAILED, message=message)

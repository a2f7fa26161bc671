"""The order of planned checks, for workers that share them in blocks."""

from collections.abc import Iterable

from scikeras_conformance.catalog.check import Shares
from scikeras_conformance.catalog.plan import PlannedCheck

__all__ = ["in_order_of_workers"]


def in_order_of_workers(
    planned_checks: Iterable[PlannedCheck], workers: int = 1
) -> list[PlannedCheck]:
    """Return planned checks in the order in which the workers of a run share them.

    Each worker begins with a block of them, and a worker that has no more takes some from the end
    of another's block. So what several checks share is at the beginning of one block: those that
    work with processes in the first, and all others in the last. It is then made in one worker
    only, and early, because it takes long.

    Parameters
    ----------
    planned_checks : iterable of PlannedCheck
        In the order of the catalog, which checks that share nothing keep.
    workers : int, default=1
        How many workers there are.
    """
    groups: dict[Shares | None, list[PlannedCheck]] = {kind: [] for kind in (*Shares, None)}
    for planned in planned_checks:
        groups[planned.check.shares].append(planned)
    first, rest = groups.pop(Shares.PROCESSES), groups.pop(None)
    others = [planned for group in groups.values() for planned in group]
    start = _start_of_last_block(len(first) + len(others) + len(rest), workers)
    cut = max(0, start - len(first))
    return [*first, *rest[:cut], *others, *rest[cut:]]


def _start_of_last_block(count: int, workers: int) -> int:
    """Return where xdist makes the last of its blocks begin."""
    left = count
    for number in range(workers, 1, -1):
        left -= left // number
    return count - left

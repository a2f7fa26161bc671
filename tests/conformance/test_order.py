"""The order in which the workers of a run share planned checks."""

import pytest

from scikeras_conformance.catalog.check import Shares
from scikeras_conformance.catalog.order import in_order_of_workers
from scikeras_conformance.catalog.plan import make_plan
from scikeras_conformance.catalog.selection import Selection
from scikeras_conformance.checks import CATALOG

PLAN = list(make_plan(CATALOG, Selection()))


def sharing(kind):
    return [planned for planned in PLAN if planned.check.shares is kind]


def blocks(workers):
    """Return the blocks into which xdist divides the checks, as its scheduler computes them."""
    rest, found = in_order_of_workers(PLAN, workers), []
    for left in range(workers, 0, -1):
        count = len(rest) // left
        found.append(rest[:count])
        rest = rest[count:]
    return found


@pytest.mark.parametrize("workers", [2, 3, 4])
def test_what_is_shared_is_at_the_beginning_of_a_block(workers):
    """One worker takes all checks that share something, before anything else."""
    first, *_, last = blocks(workers)
    processes = sharing(Shares.PROCESSES)
    others = [*sharing(Shares.CALLS), *sharing(Shares.USES), *sharing(Shares.EXAMPLES)]
    assert processes == first[: len(processes)]
    assert others == last[: len(others)]


def test_the_order_of_all_others_stays():
    """Nothing is lost, and checks that share nothing are in the order of the catalog."""
    ordered = in_order_of_workers(PLAN, 2)
    assert len(PLAN) == len(ordered)
    assert sharing(None) == [planned for planned in ordered if planned.check.shares is None]


@pytest.mark.parametrize("count", [0, 1, 5])
@pytest.mark.parametrize("workers", [1, 4])
def test_few_checks(count, workers):
    """There may be fewer checks than workers, or fewer than those that share something."""
    part = PLAN[-count:] if count else []
    ordered = in_order_of_workers(part, workers)
    assert sorted(one.id for one in part) == sorted(one.id for one in ordered)


def test_checks_that_work_with_processes():
    """Those that are known to start a process are in the group."""
    found = sorted({planned.check.id for planned in sharing(Shares.PROCESSES)})
    expected = ["HYG-3.import", "HYG-3.import-process", "HYG-4.nothing-kept"]
    expected += ["SER-1.workers", "SER-2.epoch", "SER-2.optimizer", "SER-2.same-bits"]
    expected += ["SER-3.parallel", "SER-4.fresh-process"]
    expected += ["TYP-2.user-program", "TYP-3.seen-by-mypy"]
    assert expected == found


def test_checks_after_any_calls_share_their_calls():
    """Each of them looks at the same sequences of calls."""
    assert {one.check.id for one in PLAN if one.check.id.endswith(".after-any-calls")} == {
        planned.check.id for planned in sharing(Shares.CALLS)
    }


def test_checks_that_work_with_examples():
    """Those that call Hypothesis are in the group, so that one process prepares it."""
    calls_it = {
        planned.check.id
        for planned in PLAN
        if "require_for_all_examples" in planned.check.function.__code__.co_names
    }
    assert calls_it == {planned.check.id for planned in sharing(Shares.EXAMPLES)}

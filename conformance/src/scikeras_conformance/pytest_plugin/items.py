"""The pytest items of planned checks, and what their reports carry."""

import os
from typing import TYPE_CHECKING, Any

import pytest

from scikeras_conformance.catalog.printable import MAX_MESSAGE, bounded, printable
from scikeras_conformance.catalog.results import Result
from scikeras_conformance.catalog.verdict import Verdict
from scikeras_conformance.exceptions import (
    BaselineError,
    CannotFitError,
    ConformanceError,
    DeclarationError,
    SubjectError,
)
from scikeras_conformance.pytest_plugin.outcomes import Ending, ItemPolicy, ending_of
from scikeras_conformance.pytest_plugin.run import Run, run_of
from scikeras_conformance.runner.basic_use import require_basic_use
from scikeras_conformance.runner.context import describe
from scikeras_conformance.runner.execute import execute

if TYPE_CHECKING:
    from collections.abc import Iterable

    from scikeras_conformance.catalog.plan import PlannedCheck
    from scikeras_conformance.subject.loading import Subject

__all__ = ["complete_report", "id_of_planned", "parameters", "run_item"]

MAX_OUTPUT = 10_000

RESULT = pytest.StashKey[Result]()
ENDING = pytest.StashKey[Ending]()
HAS_SENT_FACTS = pytest.StashKey[bool]()


def parameters(planned_checks: "Iterable[PlannedCheck]") -> list[Any]:
    """Return one parameter set for each planned check, with its id and its marker."""
    return [
        pytest.param(
            planned,
            id=planned.id,
            marks=pytest.mark.conformance(
                chapter=planned.check.chapter,
                clause=planned.check.clauses[0],
                level=str(planned.check.level),
                profile=str(planned.check.profile),
                wrapper=str(planned.wrapper),
            ),
        )
        for planned in planned_checks
    ]


def id_of_planned(nodeid: str) -> str:
    """Return the id of a planned check from that of its pytest item."""
    return nodeid.partition("[")[2].removesuffix("]")


def run_item(item: pytest.Item, planned: "PlannedCheck", subject: "Subject") -> None:
    """Execute a planned check as a pytest item of the collected suite."""
    run = run_of(item.config)
    assert run is not None
    limit = run.options.time_limit
    # The process of a user's own test run is not ours to end.
    kill = run.owns_process
    if run.starts_with_smoke:
        require_basic_use(subject, planned.wrapper, limit=limit, kill=kill)
    policy = _policy(run)
    result = execute(
        planned,
        subject,
        limit=limit,
        kill=kill,
        tries=policy.tries(planned.id),
        examples=run.options.examples,
    )
    ending = ending_of(result, policy)
    item.stash[RESULT] = result
    item.stash[ENDING] = ending
    ending.end()


def _policy(run: Run) -> ItemPolicy:
    try:
        return run.policy
    except BaselineError:  # the controller meets it too, and ends the run with it
        return ItemPolicy(run.options.strict, {})


def complete_report(item: pytest.Item, call: pytest.CallInfo[None], report: Any, run: Run) -> None:
    """Attach to pytest's report what travels with it from a worker to the controller."""
    # What a subject prints is kept to a length that can be read and sent.
    report.sections = [(name, _shortened(text)) for name, text in report.sections]
    if call.when == "call" and RESULT in item.stash:
        report.conformance_result = item.stash[RESULT].to_dict()
        report.conformance_status = item.stash[ENDING].status
        if HAS_SENT_FACTS not in item.config.stash:
            # The first result of a process brings along who was judged, and where.
            item.config.stash[HAS_SENT_FACTS] = True
            report.conformance_facts = run.facts
    elif call.excinfo is not None and (
        call.when == "setup" or isinstance(call.excinfo.value, ConformanceError)
    ):
        error = call.excinfo.value
        if run.owns_process and _is_spoiled(item, error):
            # The check is run in a new process, as if this one had crashed.
            os._exit(1)
        report.conformance_refusal = _refusal(error)
        # A worker has more items in its queue, of which each would say the same.
        item.session.shouldstop = "the subject cannot be judged"


def _is_spoiled(item: pytest.Item, error: BaseException) -> bool:
    """Return whether a process that has run checks can run no other one.

    A check has closed the streams of pytest, for instance.
    """
    return HAS_SENT_FACTS in item.config.stash and not isinstance(error, ConformanceError)


def _refusal(error: BaseException) -> tuple[str, str]:
    """Return why nothing can be judged in this process, and the verdict that follows."""
    if isinstance(error, ConformanceError):
        return bounded(str(error), MAX_MESSAGE), str(_verdict_of(error))
    why = f"The suite failed before the first check: {describe(error)}"
    return printable(why), str(Verdict.INCOMPLETE)


def _verdict_of(error: ConformanceError) -> Verdict:
    """Return the verdict of a run that an error ends before its checks."""
    if isinstance(error, CannotFitError):
        return Verdict.CANNOT_FIT
    if isinstance(error, SubjectError):
        return Verdict.NO_SUBJECT
    return Verdict.USAGE if isinstance(error, DeclarationError) else Verdict.INCOMPLETE


def _shortened(text: str) -> str:
    if len(text) > MAX_OUTPUT:
        text = f"... ({len(text) - MAX_OUTPUT} characters left out)\n{text[-MAX_OUTPUT:]}"
    return printable(text)

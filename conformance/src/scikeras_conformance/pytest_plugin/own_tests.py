"""Two lines that make the contract a part of a project's own tests.

::

    from scikeras_conformance.pytest_plugin.own_tests import conformance_tests

    test_contract = conformance_tests("your_package.wrappers")

Each check, for each wrapper and case, is one pytest item with the marker ``conformance``.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from scikeras_conformance.pytest_plugin.plugin import SuiteError, mark_of
from scikeras_conformance.runner.time_limit import DEFAULT_LIMIT

if TYPE_CHECKING:
    from scikeras_conformance.baseline import Entry
    from scikeras_conformance.catalog.plan import PlannedCheck
    from scikeras_conformance.catalog.results import Result
    from scikeras_conformance.subject.loading import Subject

__all__ = ["conformance_tests"]


def conformance_tests(
    subject: str,
    *,
    profiles: Iterable[str] = (),
    chapters: Iterable[str] = (),
    checks: Iterable[str] = (),
    wrappers: Iterable[str] = (),
    builders: Iterable[str] = (),
    strict: bool = False,
    time_limit: float = DEFAULT_LIMIT,
    baseline: str | Path | None = None,
) -> Callable[..., None]:
    """Make a test function that holds the contract against a subject, one item for each check.

    A broken MUST fails its item; a broken SHOULD is an expected failure unless `strict`. A MUST
    that was skipped, and an error of the suite, fail too. With a baseline a known failure is an
    expected one, and an entry that is stale, expired or of another kind fails.

    Parameters
    ----------
    subject : str
        The implementation, named as on the command line: ``"your_package.wrappers"``.
    profiles, chapters, checks, wrappers : iterable of str
        The part of the contract, as the options of the command line; by default the documented
        profile.
    builders : iterable of str
        What makes the estimators for scikit-learn's checks: ``"module:adapter"``, or
        ``"classifier=module:function"``.
    strict : bool, default=False
        Whether SHOULD counts like MUST.
    time_limit : float, default=120
        Seconds that a check may take; zero means without end.
    baseline : str or Path, optional
        The file of known failures, seen from where pytest is started unless it is absolute.

    Raises
    ------
    ConformanceError
        If a name makes no sense, with the nearest that does, or nothing is selected.

    Examples
    --------
    >>> from scikeras_conformance.pytest_plugin.own_tests import conformance_tests
    >>> test_contract = conformance_tests("your_package.wrappers", chapters=["INIT"])
    """
    from scikeras_conformance.baseline import load_for
    from scikeras_conformance.catalog.plan import Selection, make_plan
    from scikeras_conformance.checks import CATALOG
    from scikeras_conformance.config.file import parse_builder
    from scikeras_conformance.exceptions import UsageError
    from scikeras_conformance.subject.estimator_factories import places_of
    from scikeras_conformance.subject.loading import check_spec

    check_spec(subject)
    makers = tuple(map(parse_builder, builders))
    places_of(makers)
    selection = Selection.asked_for(
        chapters=chapters, checks=checks, wrappers=wrappers, profiles=profiles
    )
    plan = make_plan(CATALOG, selection)
    if not plan:
        raise UsageError("conformance_tests: the selected parts have no check in common.")
    everything = (item.id for item in make_plan(CATALOG, Selection()))
    known = None if baseline is None else load_for(Path(baseline), subject, everything)

    @pytest.mark.parametrize(
        "contract_check", [pytest.param(item, id=item.id, marks=mark_of(item)) for item in plan]
    )
    def test(contract_check: "PlannedCheck") -> None:
        from scikeras_conformance.runner.execute import execute

        entry = None if known is None else known.active(_environment()).get(contract_check.id)
        result = execute(
            contract_check,
            _load(subject, makers),
            limit=time_limit,
            tries=entry.tries if entry is not None and entry.flaky else 1,
        )
        _conclude(result, entry, strict=strict, held=known is not None)

    test.__doc__ = f"Hold one promise of the contract against {subject}."
    return test


@cache
def _load(spec: str, builders: tuple[str, ...]) -> "Subject":
    from scikeras_conformance.subject.loading import load_subject

    return load_subject(spec, builders)


@cache
def _environment() -> Mapping[str, Any]:
    from scikeras_conformance.runner.environment import describe_environment

    return describe_environment()


def _conclude(result: "Result", entry: "Entry | None", *, strict: bool, held: bool) -> None:
    """Turn a result into what pytest knows."""
    from scikeras_conformance.baseline import concern_about
    from scikeras_conformance.catalog.results import Outcome
    from scikeras_conformance.contract import Level

    binding = strict or result.level == Level.MUST
    text = f"{result.id}: {result.message}"
    if result.outcome is Outcome.NOT_APPLICABLE:
        pytest.skip(result.message)
    if result.says_nothing:
        raise SuiteError(f"{text}\n\n{result.details}")
    if held:
        finding = concern_about(result, entry, datetime.now(UTC).date())
        if finding is not None:
            pytest.fail(
                f"{finding.concern}: {finding.id}: {finding.message}\n\n{result.details}",
                pytrace=False,
            )
        if result.outcome is Outcome.FAILED and entry is not None:
            pytest.xfail(f"known: {entry.reason} {entry.issue}".strip())
    if result.outcome is Outcome.FAILED:
        if not binding:
            pytest.xfail(f"{result.level}: {result.message}")
        pytest.fail(f"{text}\n\n{result.details}", pytrace=False)
    if result.outcome is not Outcome.PASSED:
        if binding:
            pytest.fail(f"{text} (a MUST that was not judged is not kept)", pytrace=False)
        pytest.skip(result.message)

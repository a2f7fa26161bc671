"""The contract as a part of a project's own tests.

::

    from scikeras_conformance import conformance_tests

    test_contract = conformance_tests("your_package.wrappers")

Each check, for each wrapper and case, is one pytest item with the marker ``conformance``.
"""

from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from scikeras_conformance.catalog.booking import CHECK, booked
from scikeras_conformance.catalog.plan import PlannedCheck
from scikeras_conformance.catalog.results import Outcome, Result
from scikeras_conformance.config.run_options import RunOptions
from scikeras_conformance.exceptions import UsageError
from scikeras_conformance.pytest_plugin.items import parameters
from scikeras_conformance.pytest_plugin.outcomes import ending_of
from scikeras_conformance.pytest_plugin.run import Run
from scikeras_conformance.runner.basic_use import require_basic_use
from scikeras_conformance.runner.execute import execute
from scikeras_conformance.runner.time_limit import DEFAULT_LIMIT

__all__ = ["conformance_tests"]


def conformance_tests(
    subject: str,
    *,
    profiles: Iterable[str] = (),
    chapters: Iterable[str] = (),
    checks: Iterable[str] = (),
    wrappers: Iterable[str] = (),
    estimators: Iterable[str] = (),
    not_offered: Iterable[str] = (),
    builder_protocol: str | None = None,
    strict: bool = False,
    time_limit: float = DEFAULT_LIMIT,
    baseline: str | Path | None = None,
) -> Callable[..., None]:
    """Return a test function that checks the contract for a subject, one item for each check.

    A broken MUST fails its item; a broken SHOULD is an expected failure unless `strict`. An error
    of the suite, and a check that cannot be run here, fail too, and so does each item where all of
    them are about what is not offered. With a baseline a known failure is an expected one, and an
    entry that is stale, expired or of another kind fails.

    Parameters
    ----------
    subject : str
        The implementation, named as on the command line: ``"your_package.wrappers"``.
    profiles, chapters, checks, wrappers : iterable of str
        The part of the contract, as the options of the command line; by default the documented
        profile.
    estimators : iterable of str
        Estimators to run scikit-learn's checks on, if not the suite's own: ``"module:adapter"``, or
        ``"classifier=module:function"``.
    not_offered : iterable of str
        Capabilities that the implementation does not offer: ``["regressor", "partial-fit"]``.
    builder_protocol : str, optional
        How the implementation calls builders: ``"keywords"``, ``"data-first"``, ``"shapes"`` or
        ``"none"``; by default what its adapter says, or by keywords.
    strict : bool, default=False
        Whether SHOULD counts like MUST.
    time_limit : float, default=120
        Seconds that a check may take; zero for no limit.
    baseline : str or Path, optional
        The file of known failures, relative to where pytest is started.

    Returns
    -------
    callable
        A test function for pytest, with one parameter set for each planned check.

    Raises
    ------
    ConformanceError
        If a name is not known, with the nearest that is, or nothing is selected.

    Examples
    --------
    >>> from scikeras_conformance import conformance_tests
    >>> test_contract = conformance_tests("your_package.wrappers", chapters=["INIT"])
    """
    options = RunOptions.of(
        {
            "subject": subject,
            "profiles": _several("profiles", profiles),
            "chapters": _several("chapters", chapters),
            "checks": _several("checks", checks),
            "wrappers": _several("wrappers", wrappers),
            "estimators": _several("estimators", estimators),
            "not_offered": _several("not_offered", not_offered),
            "builder_protocol": builder_protocol,
            "strict": strict,
            "time_limit": time_limit,
            "baseline": baseline,
        }
    )
    run = Run(options)
    if not run.plan:
        raise UsageError("conformance_tests: the selected parts have no check in common.")
    changing: list[Result] = []

    @pytest.mark.parametrize("contract_check", parameters(run.plan))
    def test(contract_check: PlannedCheck) -> None:
        if run.starts_with_smoke:
            require_basic_use(run.subject, contract_check.wrapper, limit=options.time_limit)
        result = execute(
            contract_check,
            run.subject,
            limit=options.time_limit,
            tries=run.policy.tries(contract_check.id),
        )
        if result.changed:
            changing.append(result)
        *_, result = booked([*changing, result])
        _require_kept_settings(result, run)
        if result.outcome is Outcome.NOT_OFFERED:
            _require_something_offered(run)
        ending_of(result, run.policy).end()

    test.__doc__ = f"Check one promise of the contract for {subject}."
    return test


def _require_kept_settings(result: Result, run: Run) -> None:
    """Fail the item of a check during which settings of Keras were changed.

    A run of the command line fails the check of HYG-2 for that, at its end. Here that item may have
    ended, or be in another process.
    """
    about = f"{CHECK}:{result.wrapper}"
    if not result.changed or result.check == CHECK or about in (run.policy.known or {}):
        return
    if any(planned.id == about for planned in run.plan):
        settings = run.plan.everything[about]
        if settings.needs & run.subject.not_offered:
            return
        kept = Result(
            id=about,
            check=CHECK,
            wrapper=result.wrapper,
            case=settings.case,
            clauses=settings.check.clauses,
            level=settings.check.level,
            outcome=Outcome.PASSED,
        )
        *_, broken = booked([result, kept])
        pytest.fail(f"{about}: {broken.message}\n\n{result.message}".strip(), pytrace=False)


def _require_something_offered(run: Run) -> None:
    """Fail an item that would be skipped as all others are: such a run has judged nothing.

    The command line has an exit code for it.
    """
    absent = run.subject.not_offered
    if all(planned.needs & absent for planned in run.plan):
        pytest.fail(
            "No selected check is about what the subject offers, so nothing was judged. Select "
            "others, or leave this test out.",
            pytrace=False,
        )


def _several(name: str, values: Iterable[str]) -> tuple[str, ...]:
    if isinstance(values, str):
        raise UsageError(f"conformance_tests: {name} takes a list, such as [{values!r}].")
    return tuple(values)

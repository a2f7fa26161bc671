"""One check at a time, for a REPL or a notebook."""

import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NoReturn

from scikeras_conformance.catalog.check import Check
from scikeras_conformance.catalog.plan import PlannedCheck
from scikeras_conformance.catalog.results import Outcome, Result
from scikeras_conformance.catalog.selection import matching_checks
from scikeras_conformance.catalog.wrappers import Wrapper
from scikeras_conformance.checks import CATALOG
from scikeras_conformance.contract import parse_capabilities
from scikeras_conformance.exceptions import Unavailable, UsageError, did_you_mean
from scikeras_conformance.runner.absence import require_absent
from scikeras_conformance.runner.execute import execute
from scikeras_conformance.runner.time_limit import DEFAULT_LIMIT
from scikeras_conformance.subject.builder_protocol import parse_protocol
from scikeras_conformance.subject.loading import Subject, load_subject

__all__ = ["CheckResults", "run_check"]


class CheckResults(tuple[Result, ...]):
    """The results of one check, as a tuple with a readable ``repr``.

    Attributes
    ----------
    passed : bool
        Whether every result is a pass.
    """

    __slots__ = ()

    @property
    def passed(self) -> bool:
        """Whether every result is a pass."""
        return all(result.outcome is Outcome.PASSED for result in self)

    def __bool__(self) -> NoReturn:
        """Refuse to be a truth value: a failure must not read as a pass."""
        raise TypeError("Results are neither true nor false; use .passed, or look at each outcome.")

    def __repr__(self) -> str:
        """Return a line for each result, with its message."""
        return "\n".join(_lines(self))


def _lines(results: Iterable[Result]) -> Iterator[str]:
    for result in results:
        yield f"{result.outcome.words} {result.level} {result.id}"
        yield from (f"    {line}" for line in result.message.splitlines())
        for change in result.changed:
            yield f"    changed for the whole process, and restored after the check: {change}"


def run_check(
    check: str,
    subject: "type | str",
    *,
    wrapper: str | None = None,
    case: str | None = None,
    base: type | None = None,
    classifier: type | None = None,
    regressor: type | None = None,
    not_offered: Iterable[str] = (),
    builder_protocol: str | None = None,
    time_limit: float = DEFAULT_LIMIT,
) -> CheckResults:
    """Run one check, with all its cases.

    Parameters
    ----------
    check : str
        The id of a check, or a clause or shell pattern that stands for exactly one.
    subject : type or str
        A wrapper class, or the name of an implementation as on the command line, which is checked
        with each wrapper that the check is for.
    wrapper : {"base", "classifier", "regressor"}, optional
        Which wrapper `subject` is. By default scikit-learn tells a classifier and a regressor, and
        any other class is the base wrapper. For a name, the only wrapper to check.
    case : str, optional
        The only case to run.
    base, classifier, regressor : type, optional
        The other wrappers, for the checks that compare them.
    not_offered : iterable of str, default=()
        Capabilities that the subject does not offer.
    builder_protocol : {"keywords", "data-first", "shapes", "none"}, optional
        How the subject calls builders.
    time_limit : float, default=120
        Seconds that a case may take; zero for no limit.

    Returns
    -------
    CheckResults
        A tuple of results, one for each wrapper and case.

    Raises
    ------
    UsageError
        If a name is not known, with the nearest that is, or the check is not for the wrapper.
    SubjectError
        If `subject` is a name of what cannot be judged.

    Examples
    --------
    >>> from scikeras_conformance import run_check
    >>> from scikeras_reference import KerasClassifier
    >>> results = run_check("CLS-3.model-comes-first", KerasClassifier)
    >>> results
    passed MUST CLS-3.model-comes-first:classifier
    >>> results.passed
    True
    """
    record = _the_check(check)
    _require_seconds(time_limit)
    wrappers = None if wrapper is None else (_the_wrapper(wrapper),)
    if isinstance(subject, str):
        if base or classifier or regressor:
            raise UsageError("A subject that is named brings its own wrappers; give no other.")
        judged = load_subject(subject, not_offered=not_offered, builder_protocol=builder_protocol)
    else:
        kind = _kind_of(subject) if wrappers is None else wrappers[0]
        wrappers = (kind,)
        given: dict[Wrapper, type | None] = {
            Wrapper.BASE: base,
            Wrapper.CLASSIFIER: classifier,
            Wrapper.REGRESSOR: regressor,
            kind: subject,
        }
        for role, cls in given.items():
            if cls is not None and not isinstance(cls, type):
                raise UsageError(f"The {role} wrapper is {_short(cls)}; give a class.")
        judged = Subject(
            f"{subject.__module__}.{subject.__qualname__}",
            _Given(given),
            not_offered=parse_capabilities(not_offered),
        )
        if builder_protocol is not None:
            judged = judged.with_protocol(parse_protocol(builder_protocol))
    require_absent(judged)
    planned = _planned(record, wrappers or record.wrappers, case)
    return CheckResults(execute(item, judged, limit=time_limit) for item in planned)


class _Given(dict[Wrapper, type]):
    """The classes that were given; a check that needs another one cannot be run."""

    def __init__(self, classes: Mapping[Wrapper, type | None]) -> None:
        super().__init__((wrapper, cls) for wrapper, cls in classes.items() if cls is not None)

    def __missing__(self, wrapper: Wrapper) -> NoReturn:
        raise Unavailable(f"the check needs the {wrapper} wrapper too; give it as {wrapper}=...")


def _the_check(name: str) -> Check:
    if not isinstance(name, str):
        raise UsageError(
            f"The check is {_short(name)}; give its id, such as 'CLS-3.model-comes-first'."
        )
    found = matching_checks(CATALOG, name)
    if len(found) > 1:
        raise UsageError(
            f"{name!r} stands for {len(found)} checks; give one of: "
            f"{', '.join(check.id for check in found)}."
        )
    return found[0]


def _require_seconds(limit: Any) -> None:
    if isinstance(limit, bool) or not isinstance(limit, (int, float)) or not limit >= 0:
        raise UsageError(f"time_limit is {_short(limit)}; give seconds, or 0 for no limit.")


def _the_wrapper(name: str) -> Wrapper:
    wrappers = [str(wrapper) for wrapper in Wrapper]
    if name not in wrappers:
        raise UsageError(
            f"There is no wrapper {name!r}.{did_you_mean(name, wrappers)} Known: "
            f"{', '.join(wrappers)}."
        )
    return Wrapper(name)


def _kind_of(cls: Any) -> Wrapper:
    from sklearn.base import is_classifier, is_regressor

    if not isinstance(cls, type):
        raise UsageError(
            f"The subject is {_short(cls)}; give a class, or the name of a module as a text."
        )
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            estimator = cls()
            if is_classifier(estimator):
                return Wrapper.CLASSIFIER
            return Wrapper.REGRESSOR if is_regressor(estimator) else Wrapper.BASE
    # Whether its constructor works is for a check to find out.
    except Exception as error:
        raise UsageError(
            f"scikit-learn cannot tell what {cls.__name__} is ({type(error).__name__}: {error}); "
            "give wrapper='base', 'classifier' or 'regressor'."
        ) from error


def _short(value: object) -> str:
    return " ".join(f"{value!r:.60}".split())


def _planned(check: Check, wrappers: Sequence[Wrapper], case: str | None) -> list[PlannedCheck]:
    others = [str(wrapper) for wrapper in wrappers if wrapper not in check.wrappers]
    if others:
        raise UsageError(
            f"{check.id} is not for the {others[0]} wrapper, but for: {', '.join(check.wrappers)}."
        )
    if case is not None and case not in check.cases:
        known = ", ".join(filter(None, check.cases)) or "none"
        raise UsageError(
            f"{check.id} has no case {case!r}.{did_you_mean(case, check.cases)} Known: {known}."
        )
    cases = check.cases if case is None else (case,)
    return [PlannedCheck(check, wrapper, one) for wrapper in wrappers for one in cases]

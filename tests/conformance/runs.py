"""Runs made by hand, for the tests of everything that reads one."""

from dataclasses import replace

from scikeras_conformance.baseline import Concern, Finding, Gate, Known
from scikeras_conformance.catalog.results import Counts, Outcome, Result, Verdict, decide
from scikeras_conformance.checks import CATALOG
from scikeras_conformance.contract import load_contract
from scikeras_conformance.report.record import CheckNote, ClauseNote, RunRecord

ENVIRONMENT = {
    "suite": "0.1",
    "python": "3.12.1",
    "implementation": "cpython",
    "platform": "Linux-6.1-x86_64",
    "machine": "x86_64",
    "backend": "jax",
    "backend_version": "0.10.2",
    "device": "gpu:0, cpu:0",
    "floatx": "float32",
    "packages": {"keras": "3.15.1", "scikit-learn": "1.9.1", "numpy": "2.4.6", "scipy": None},
}

TRACEBACK = """\
Traceback (most recent call last):
  File "/suite/context.py", line 77, in doing
    yield
  File "/code/repo/src/toy/wrappers.py", line 41, in fit
    return self._fit(X, y)
  File "/code/repo/src/toy/deep, er.py", line 7, in _fit
    raise ValueError
  File "/site/keras/model.py", line 9, in fit
    raise ValueError
"""

SUBJECT = {
    "spec": "toy",
    "distribution": "toy-dist",
    "version": "2.0",
    "wrappers": {"base": "toy.wrappers.BaseWrapper"},
    "sources": {
        "roots": ["/code/repo/src/toy"],
        "definitions": {"base": {"file": "/code/repo/src/toy/wrappers.py", "line": 12}},
    },
}

MUST, SHOULD = "CLS-1.extends-base", "CLS-9.not-a-model"


def result(outcome="passed", check=MUST, wrapper="base", case="", message="", **more):
    """Return a result of a check that the suite has."""
    found = next(one for one in CATALOG if one.id == check)
    return Result(
        id=":".join(filter(None, (check, wrapper, case))),
        check=check,
        wrapper=wrapper,
        case=case,
        clauses=found.clauses,
        level=str(found.level),
        outcome=Outcome(outcome),
        message=message,
        **more,
    )


def run(*results, missing=(), refusal=None, strict=False, gate=None, whole=True, **more):
    """Return a run with these results, and the verdict that follows from them."""
    planned = len(results) + len(missing)
    counts = Counts.of(planned, results)
    checks = {one.id: one for one in CATALOG if one.id in {r.check for r in results}}
    clauses = load_contract().clauses
    record = RunRecord(
        contract="1.0",
        subject=SUBJECT,
        environment=ENVIRONMENT,
        profiles=("documented",),
        catalog_size=planned if whole else planned + 5,
        counts=counts,
        verdict=decide(counts, results, strict=strict),
        strict=strict,
        refusal=refusal,
        missing=tuple(missing),
        unchecked=("HYG-2",),
        results=results,
        scripts={r.id: "print('broken')" for r in results if r.outcome is Outcome.FAILED},
        started="2026-11-25T10:00:00+00:00",
        root="/code/repo",
        configuration={"file": None, "time_limit": 120.0, "builders": []},
        clauses={
            name: ClauseNote(clauses[name].statement, str(clauses[name].level), "A section")
            for one in checks.values()
            for name in one.clauses
        },
        checks={
            name: CheckNote(one.verifies, one.impact, str(one.level), str(one.profile), one.clauses)
            for name, one in checks.items()
        },
        gate=gate,
    )
    if refusal is not None:
        record = replace(record, verdict=Verdict.NO_SUBJECT)
    return replace(record, **more)


def failed(**more):
    """Return a failed result with a traceback through the subject."""
    return result(
        "failed", **{"message": "fit(...) raised ValueError: no", "details": TRACEBACK, **more}
    )


def known_gate(*results, findings=()):
    """Return a gate that knows these failures."""
    known = {one.id: Known("It is old.", "https://example.org/1") for one in results}
    return Gate("known.toml", known=known, findings=tuple(findings))


def every_outcome():
    """Return a run with each outcome that a check can have, and a planned check without a result."""
    return run(
        result(),
        failed(wrapper="classifier"),
        failed(check=SHOULD),
        result("errored", wrapper="regressor", message="the suite failed", details="why"),
        result("skipped", check=SHOULD, wrapper="regressor", message="does not apply"),
        result("inapplicable", check=SHOULD, message="no such check", case="old"),
        result("unavailable", check=SHOULD, wrapper="classifier", message="there is no GPU"),
        missing=("CLS-2.fit-and-predict:base",),
    )


HOSTILE = "<script>alert(1)</script> & \"'`]]>\x1b[31m\x00 | *x* @you ::error::\r\n%0A \ud800"


MISSING = ("CLS-2.fit-and-predict:base",)
MIXED = run(
    result(),
    failed(wrapper="classifier"),
    failed(check=SHOULD),
    result("errored", wrapper="regressor", message="the suite failed", details="why"),
    result("skipped", check=SHOULD, wrapper="regressor", message="does not apply"),
    missing=MISSING,
)
REFUSED = replace(run(refusal="it is gone"), environment={}, subject={"spec": "toy"})
KNOWN = run(failed(), gate=known_gate(failed()))
NOT_MET = run(failed(), gate=known_gate(findings=[Finding(Concern.NEW, failed().id, "a step")]))
BAD = run(
    failed(message=HOSTILE, details=HOSTILE),
    subject={**SUBJECT, "version": HOSTILE, "distribution": HOSTILE},
    gate=known_gate(findings=[Finding(Concern.NEW, failed().id, HOSTILE)]),
)

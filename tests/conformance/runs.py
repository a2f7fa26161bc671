"""Reports made by hand, for the tests of everything that reads one."""

import msgspec
from msgspec.structs import replace

from scikeras_conformance.baseline import Concern, Finding, Gate, Known
from scikeras_conformance.catalog.results import Outcome, Result
from scikeras_conformance.catalog.verdict import Verdict
from scikeras_conformance.checks import CATALOG
from scikeras_conformance.report.building import build_report, catalog_of
from scikeras_conformance.report.structure import Configuration, Report

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


def run(*results, missing=(), whole=True, **more):
    """Return the report of a run with these results."""
    planned = len(results) + len(missing)
    names = {one.check for one in results}
    given = {
        "subject": SUBJECT,
        "environment": ENVIRONMENT,
        "profiles": ["documented"],
        "unchecked": ["HYG-2"],
        "started": "2026-11-25T10:00:00+00:00",
        "root": "/code/repo",
        "configuration": Configuration(time_limit=120.0),
    }
    return build_report(
        results=results,
        missing=missing,
        catalog=catalog_of(one for one in CATALOG if one.id in names),
        catalog_size=planned if whole else planned + 5,
        **{**given, **more},
    )


def changed(report, **fields):
    """Return a report that is another in some fields of its header or its footer."""
    header = {
        name: value for name, value in fields.items() if name in report.header.__struct_fields__
    }
    footer = {
        name: value for name, value in fields.items() if name in report.footer.__struct_fields__
    }
    assert header.keys() | footer.keys() == fields.keys()
    parts = {"header": replace(report.header, **header), "footer": replace(report.footer, **footer)}
    return msgspec.convert(msgspec.to_builtins(replace(report, **parts)), Report)


def failed(**more):
    """Return a failed result with a traceback through the subject."""
    return result(
        "failed", **{"message": "fit(...) raised ValueError: no", "details": TRACEBACK, **more}
    )


def blocked(**more):
    """Return a blocked result with a traceback through the subject."""
    given = {
        "message": "could not be checked: fit(...) raised ValueError: no",
        "details": TRACEBACK,
        "step": "fit(...)",
        "exception": "ValueError: no",
    }
    return result("blocked", **{**given, **more})


def known_gate(*results, findings=()):
    """Return a gate that knows these failures."""
    known = {one.id: Known("It is old.", "https://example.org/1") for one in results}
    return Gate("known.toml", met=not findings, known=known, findings=tuple(findings))


def every_outcome():
    """Return a run with each outcome that a check can have, and a planned check without a result."""
    return run(
        result(),
        failed(wrapper="classifier"),
        failed(check=SHOULD),
        blocked(check=SHOULD, wrapper="regressor"),
        result("errored", wrapper="regressor", message="the suite failed", details="why"),
        result("not_applicable", check=SHOULD, message="no such check", case="old"),
        result("not_offered", check=SHOULD, message="the subject does not offer it", case="new"),
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
    result("not_applicable", check=SHOULD, wrapper="regressor", message="does not apply"),
    missing=MISSING,
)
BLOCKED = run(result(), blocked(wrapper="classifier"))
PARTLY_OFFERED = run(result(), result("not_offered", check=SHOULD, message="no builders of a kind"))
REFUSED = run(refusal="it is gone", environment=None, subject={"spec": "toy"})
KNOWN = run(failed(), gate=known_gate(failed()))
NOT_MET = run(failed(), gate=known_gate(findings=[Finding(Concern.NEW, failed().id, "a step")]))
BAD = run(
    failed(message=HOSTILE, details=HOSTILE),
    subject={**SUBJECT, "version": HOSTILE, "distribution": HOSTILE},
    gate=known_gate(findings=[Finding(Concern.NEW, failed().id, HOSTILE)]),
)

RUNS = {
    "passed": run(result()),
    "failed": run(result(), failed(check=SHOULD), failed(wrapper="classifier")),
    "part": run(result(), whole=False),
    "strict": run(failed(check=SHOULD), strict=True),
    "known": run(failed(), gate=known_gate(failed())),
    "not-met": run(failed(), gate=known_gate(findings=[Finding(Concern.NEW, failed().id, "m")])),
    "blocked": run(result(), blocked(wrapper="classifier")),
    "blocked should": run(result(), blocked(check=SHOULD)),
    "failed and blocked": run(failed(), blocked(wrapper="classifier")),
    "known block": run(blocked(), gate=known_gate(blocked())),
    "not offered": run(result(), result("not_offered", check=SHOULD, message="m")),
    "errored": run(result("errored", message="m"), gate=known_gate()),
    "every outcome": every_outcome(),
    "missing": run(result(), missing=("CLS-2.fit-and-predict:base",)),
    "refused": run(refusal="it is gone", environment=None, subject={"spec": "toy"}),
    "no device": run(
        refusal="no GPU", missing=("CLS-2.fit-and-predict:base",), refused=Verdict.INCOMPLETE
    ),
    "hostile": run(failed(message=HOSTILE, details=HOSTILE, case=HOSTILE)),
}
"""Runs of every kind, by name."""

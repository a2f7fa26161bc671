"""JUnit XML: one test case for each planned check, with real failures."""

import re
from xml.etree import ElementTree as ET

from scikeras_conformance.catalog.printable import printable
from scikeras_conformance.catalog.results import Outcome, Result
from scikeras_conformance.catalog.verdict import Verdict
from scikeras_conformance.report.structure import Report
from scikeras_conformance.report.wording import headline

__all__ = ["junit"]

# XML 1.0 cannot contain these, not even escaped; `printable` leaves them in.
FORBIDDEN = re.compile("[\ufffe\uffff]")


def junit(report: Report) -> str:
    """Return a run as JUnit XML.

    A failure is a failure whatever its level, and also if a baseline knows it: the file says what
    happened, the exit code says whether that was acceptable. A blocked check, a planned check
    without a result, and a subject that was refused, are errors.
    """
    root = ET.Element("testsuites", name="scikeras-conformance")
    chapters: dict[str, list[ET.Element]] = {}
    for result in report.results:
        chapters.setdefault(result.chapter, []).append(_case(report, result))
    for name in report.footer.missing:
        case = _bare(name, name.partition(":")[0])
        _add(case, "error", "no result", "The planned check has no result: the run is incomplete.")
        chapters.setdefault(name.partition("-")[0], []).append(case)
    if report.footer.refusal is not None:
        name = "subject" if report.footer.verdict is Verdict.NO_SUBJECT else "run"
        case = _bare(name, name)
        _add(case, "error", str(report.footer.verdict), report.footer.refusal)
        chapters[name] = [case]
    for chapter, cases in chapters.items():
        suite = ET.SubElement(root, "testsuite", {"name": chapter, **_totals(cases)})
        if report.header.started:
            suite.set("timestamp", _clean(report.header.started))
        suite.extend(cases)
    every = [case for cases in chapters.values() for case in cases]
    root.attrib.update(_totals(every))
    properties = {"verdict": headline(report), "contract": report.header.contract}
    root.insert(
        0, ET.Comment(f" {re.sub('-(?=-)', '- ', _clean('; '.join(properties.values())))} ")
    )
    ET.indent(root)
    return ET.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _bare(name: str, check: str) -> ET.Element:
    return ET.Element("testcase", name=_clean(name), classname=_clean(f"conformance.{check}"))


def _case(report: Report, result: Result) -> ET.Element:
    case = _bare(result.id, result.check)
    case.set("time", f"{result.seconds:.4f}")
    if result.outcome is Outcome.FAILED:
        accepted = ", known" if report.known(result) is not None else ""
        _add(case, "failure", f"{result.level}{accepted}", result.message, result.details)
    elif result.outcome is Outcome.BLOCKED:
        accepted = ", known" if report.known(result) is not None else ""
        _add(case, "error", f"blocked{accepted}", result.message, result.details)
    elif result.is_inconclusive:
        _add(case, "error", "error of the suite", result.message, result.details)
    elif result.outcome is not Outcome.PASSED:
        _add(case, "skipped", result.outcome.words, result.message)
    return case


def _add(case: ET.Element, tag: str, kind: str, message: str, details: str = "") -> None:
    element = ET.SubElement(case, tag, type=kind, message=_clean(message))
    element.text = _clean(details)


def _totals(cases: list[ET.Element]) -> dict[str, str]:
    counts = {
        name: sum(case.find(tag) is not None for case in cases)
        for name, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped"))
    }
    time = sum(float(case.get("time", 0)) for case in cases)
    return {
        "tests": str(len(cases)),
        **{name: str(n) for name, n in counts.items()},
        "time": f"{time:.4f}",
    }


def _clean(text: str) -> str:
    return FORBIDDEN.sub("\N{REPLACEMENT CHARACTER}", printable(text))

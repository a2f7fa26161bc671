"""Writes the pages that the browser looks at: ``pages.py FOLDER``."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "conformance"))

from runs import HOSTILE, SHOULD, failed, known_gate, result, run
from scikeras_conformance.baseline import Concern, Finding
from scikeras_conformance.catalog.results import Origin
from scikeras_conformance.report.files import write_text
from scikeras_conformance.report.formats.html import html
from scikeras_conformance.report.matrix import as_html


def five_hundred():
    """Return a run of 500 results of all kinds: passes, failures of both levels, known ones, ..."""
    from scikeras_conformance.checks import CATALOG

    checks = [check.id for check in CATALOG]
    results = []
    for number in range(500):
        check = checks[number * len(checks) // 500]
        case = f"case-{number}"
        if number % 7 == 0:
            place = Origin("toy/wrappers.py", 41, f"Wrapper.step_{number % 12}", "step(X)")
            error = "ValueError: no"
            results.append(failed(check=check, case=case, origin=place, exception=error))
        elif number == 100:
            results.append(failed(check=check, case=case, message=HOSTILE))
        elif number == 101:
            results.append(result("errored", check=check, case=case, message="the suite failed"))
        elif number == 102:
            results.append(
                result("not_applicable", check=check, case=case, message="does not apply")
            )
        else:
            results.append(result(check=check, case=case))
    failures = [one for one in results if one.outcome == "failed"]
    finding = Finding(Concern.NEW, failures[-1].id, HOSTILE)
    return run(*results, gate=known_gate(*failures[:-1], findings=[finding]))


def main(folder):
    """Write the pages."""
    everything = five_hundred()
    pages = {
        "run": html(everything),
        "no-subject": html(run(refusal=HOSTILE, environment=None)),
        "conformant": html(run(result(), result(check=SHOULD))),
        "not-met": html(
            run(failed(), gate=known_gate(findings=[Finding(Concern.NEW, failed().id, HOSTILE)]))
        ),
        "matrix": as_html([everything, run(result()), run(failed(message=HOSTILE))]),
    }
    for name, text in pages.items():
        write_text(text, folder / f"{name}.html")


if __name__ == "__main__":
    main(Path(sys.argv[1]))

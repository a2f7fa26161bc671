"""Several runs side by side: implementations, or environments."""

from collections.abc import Sequence

from scikeras_conformance.catalog.results import Outcome
from scikeras_conformance.report.formats.markdown import plain
from scikeras_conformance.report.formats.page import escape, page, tag
from scikeras_conformance.report.formats.summary import environment_line, headline, subject_line
from scikeras_conformance.report.record import RunRecord

__all__ = ["as_html", "as_markdown"]

# From the worst to the best: a cell says the worst that happened.
ORDER = (Outcome.ERRORED, Outcome.UNAVAILABLE, Outcome.FAILED)


def as_markdown(records: Sequence[RunRecord]) -> str:
    """Give the comparison as Markdown."""
    out = ["# Wrapper contract, side by side", "", "| | subject | environment | verdict |"]
    out.append("|---|---|---|---|")
    for number, record in enumerate(records, 1):
        cells = [subject_line(record), environment_line(record), headline(record)]
        out.append(f"| {number} | " + " | ".join(plain(cell) for cell in cells) + " |")
    numbers = [str(number) for number in range(1, len(records) + 1)]
    out += [
        "",
        "| check | level | " + " | ".join(numbers) + " |",
        "|---" * (len(records) + 2) + "|",
    ]
    for check in _checks(records):
        cells = [plain(_cell(record, check)[1]) for record in records]
        out.append(
            f"| {plain(check)} | {plain(_level(records, check))} | " + " | ".join(cells) + " |"
        )
    return "\n".join(out) + "\n"


def as_html(records: Sequence[RunRecord]) -> str:
    """Give the comparison as one page."""
    runs = "".join(
        f'<tr><th scope="row">{number}</th><td>{escape(subject_line(record))}</td>'
        f"<td>{escape(environment_line(record))}</td><td>{escape(headline(record))}</td></tr>"
        for number, record in enumerate(records, 1)
    )
    heads = "".join(
        f'<th scope="col">{number} {escape(str(record.subject["spec"]))}</th>'
        for number, record in enumerate(records, 1)
    )
    rows = "".join(
        f'<tr><th scope="row"><span class="name">{escape(check)}</span></th>'
        f"<td>{escape(_level(records, check))}</td>"
        + "".join(f"<td>{tag(*_cell(record, check))}</td>" for record in records)
        + "</tr>"
        for check in _checks(records)
    )
    body = (
        "<h1>Wrapper contract, side by side</h1>"
        '<div class="wide" tabindex="0" role="group" aria-label="The runs"><table><thead><tr>'
        '<th scope="col">run</th><th scope="col">subject</th><th scope="col">environment</th>'
        f'<th scope="col">verdict</th></tr></thead><tbody>{runs}</tbody></table></div>'
        '<h2>Checks</h2><div class="wide" tabindex="0" role="group" aria-label="The checks"><table>'
        f'<thead><tr><th scope="col">check</th><th scope="col">level</th>{heads}</tr></thead>'
        f"<tbody>{rows}</tbody></table></div>"
    )
    return page("Wrapper contract, side by side", body)


def _checks(records: Sequence[RunRecord]) -> list[str]:
    return list(dict.fromkeys(name for record in records for name in record.checks))


def _level(records: Sequence[RunRecord], check: str) -> str:
    return next(record.checks[check].level for record in records if check in record.checks)


def _cell(record: RunRecord, check: str) -> tuple[str, str]:
    """Give the worst outcome of a check, and the words for it."""
    outcomes = [result.outcome for result in record.results if result.check == check]
    missing = sum(name.partition(":")[0] == check for name in record.missing)
    if missing:
        return "missing", f"no result for {missing}"
    if not outcomes:
        return "absent", "not run"
    for outcome in ORDER:
        count = outcomes.count(outcome)
        if count:
            return str(outcome), f"{outcome} {count}/{len(outcomes)}"
    if all(outcome is Outcome.PASSED for outcome in outcomes):
        return "passed", f"passed {len(outcomes)}"
    other = next(outcome for outcome in outcomes if outcome is not Outcome.PASSED)
    return str(other), f"{other} {outcomes.count(other)}/{len(outcomes)}"

"""The command ``scripts/bench``."""

import argparse
import fnmatch
import math
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter

from benchmarks import costs, demands, history, report
from benchmarks.processes import ROOT, Process
from benchmarks.results import Results, environment
from benchmarks.running import Run
from benchmarks.scenarios import ON_EVERY_BACKEND, SAMPLED, SCENARIOS, Scenario

__all__ = ["main"]

DOCS = ROOT / "docs" / "reference"
STORED = ROOT / "reference" / "benchmarks"
_LATEST = "benchmark-results.json"
_QUICK_FITS = 60
_SECONDS_OF_SAMPLES = 5.0


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmarks or write the page, and return the exit code.

    0: all demands on the measured scenarios are met; 1: one is missed, or something failed; 2:
    usage error.
    """
    parser = _parser()
    options = parser.parse_args(arguments)
    if options.list:
        print("\n".join(f"{name:24}{it.title}" for name, it in SCENARIOS.items()))
        return 0
    if options.write is not None:
        return _write(options.write, parser)
    if options.rounds is not None and options.rounds < 1:
        parser.error("--rounds must be at least 1")
    if options.parts and (options.only or options.rounds is not None or options.quick):
        parser.error("--parts takes none of --only, --rounds and --quick")
    if options.parts:
        return _measure_parts(options.output, parser)
    chosen = _chosen(options.only, parser)
    results = Results.read(options.output) if options.only and options.output.exists() else None
    results = results or Results(options.output)
    return _measure(chosen, results, rounds=options.rounds, quick=options.quick)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("scripts/bench", description=__doc__)
    parser.add_argument(
        "--only", action="append", metavar="NAME",
        help="measure only these scenarios and update them in the file of results (repeatable; "
        "'predict-*' is a pattern); without it, start a new file",
    )  # fmt: skip
    parser.add_argument("--rounds", type=int, help="number of rounds of each scenario")
    parser.add_argument("--quick", action="store_true", help="run a third of the rounds")
    parser.add_argument(
        "--parts", action="store_true",
        help="add to the file of results where a fit and a prediction spend their time",
    )  # fmt: skip
    parser.add_argument("--output", type=Path, default=Path(_LATEST), metavar="FILE")
    parser.add_argument("--list", action="store_true", help="list the scenarios")
    parser.add_argument(
        "--write", nargs="?", type=Path, const=Path(_LATEST), metavar="FILE",
        help="measure nothing; store a file of results and update the page and the plot from it",
    )  # fmt: skip
    return parser


def _chosen(patterns: Sequence[str] | None, parser: argparse.ArgumentParser) -> list[Scenario]:
    chosen: dict[str, Scenario] = {}
    if not patterns:
        chosen = {name: SCENARIOS[name] for name in _needed(_backend())}
    for pattern in patterns or ():
        names = fnmatch.filter(SCENARIOS, pattern)
        if not names:
            parser.error(f"--only {pattern}: no such scenario; --list shows all")
        chosen.update((name, SCENARIOS[name]) for name in names)
    return list(chosen.values())


def _measure(
    chosen: Sequence[Scenario], results: Results, *, rounds: int | None, quick: bool
) -> int:
    changes = {"fits": _QUICK_FITS} if quick else {}
    facts = environment(_backend())
    run = Run(lambda: Process(changes), tell)
    try:
        for scenario in chosen:
            start = perf_counter()
            tell(f"{scenario.name}: {scenario.title}")
            count = rounds or (math.ceil(scenario.rounds / 3) if quick else scenario.rounds)
            record = run.measure(scenario, count)
            took = round(perf_counter() - start)
            results.add(scenario.name, {**record, **changes, "took": took}, facts)
            tell(report.ratio_table({scenario.name: record}).splitlines()[-1])
            tell(f"  {took} s")
    finally:
        run.close()
    measured = {scenario.name: results.scenarios[scenario.name] for scenario in chosen}
    findings = [it for it in demands.judge(measured) if it.demand.scenario in measured]
    print(f"\n{report.ratio_table(measured)}\n\n{report.demands_table(findings)}")
    failed = any(record["failed"] for record in measured.values())
    return 1 if failed or any(it.fails for it in findings) else 0


def _measure_parts(path: Path, parser: argparse.ArgumentParser) -> int:
    """Sample what is called in some scenarios that were measured."""
    if not path.exists():
        parser.error(f"--parts: there is no file {path}; measure first")
    results = Results.read(path)
    missing = [name for name in SAMPLED if name not in results.scenarios]
    if missing:
        parser.error(f"--parts: not measured in {path}: {', '.join(missing)}")
    if results.backend != _backend():
        parser.error(f"--parts: {path} is of {results.backend}, and Keras runs on {_backend()}")
    facts = environment(_backend())
    run = Run(lambda: Process({}), tell)
    for name in SAMPLED:
        found = run.parts(SCENARIOS[name], _SECONDS_OF_SAMPLES)
        results.add_parts(name, found, facts)
        tell(costs.parts_table(results.scenarios[name]))
    return 0


def tell(line: str) -> None:
    """Print progress to standard error."""
    print(line, file=sys.stderr, flush=True)


def _backend() -> str:
    import keras

    return str(keras.backend.backend())


def _needed(backend: str) -> Sequence[str]:
    """Return the names of the scenarios that are measured with a backend."""
    return tuple(SCENARIOS) if backend == report.MAIN else ON_EVERY_BACKEND


def _write(path: Path, parser: argparse.ArgumentParser) -> int:
    from benchmarks.plot import draw, draw_history

    if not path.exists():
        parser.error(f"--write {path}: no such file; measure first")
    results = Results.read(path)
    missing = [name for name in _needed(results.backend) if name not in results.scenarios]
    if missing:
        parser.error(f"--write {path}: not measured: {', '.join(missing)}")
    measured = [name for name in SCENARIOS if name in results.scenarios]
    failed = [name for name in measured if results.scenarios[name]["failed"]]
    if failed:
        parser.error(f"--write {path}: competitors failed in: {', '.join(failed)}")
    if unsampled := costs.missing(results):
        parser.error(f"--write {path}: run --parts first; not sampled: {', '.join(unsampled)}")
    results.scenarios = {name: results.scenarios[name] for name in measured}
    pages = {
        DOCS / name: report.inserted(
            (DOCS / name).read_text(encoding="utf-8"), results.backend, content
        )
        for name, content in (
            ("benchmarks.md", report.page(results)),
            ("costs.md", costs.page(results)),
        )
    }
    results.write(STORED / f"results-{results.backend}.json")
    for page, text in pages.items():
        page.write_text(text, encoding="utf-8")
    draw(results, DOCS / f"benchmarks-{results.backend}.svg")
    if results.backend == report.MAIN:
        day = datetime.fromtimestamp(path.stat().st_mtime, tz=UTC).date().isoformat()
        kept = STORED / "history.json"
        entries = history.extended(history.read(kept), history.entry(results.scenarios, day))
        history.write(entries, kept)
        draw_history(entries, DOCS / "benchmarks-history.svg")
    return 0


if __name__ == "__main__":
    sys.exit(main())

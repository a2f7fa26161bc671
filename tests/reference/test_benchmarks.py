"""The benchmarks still run: tiny, without looking at any time."""

import re
from pathlib import Path

import pytest

from benchmarks import costs, demands, history, report
from benchmarks.__main__ import main
from benchmarks.competitors import COMPETITORS, Absent
from benchmarks.results import Results, Spread, ratios, spread
from benchmarks.running import Run
from benchmarks.scenarios import ON_EVERY_BACKEND, SCENARIOS, Scenario
from benchmarks.task import TINY, data
from benchmarks.worker import Service

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "reference" / "benchmarks.md"
STORED = sorted((ROOT / "reference" / "benchmarks").glob("results-*.json"))
# One scenario of each kind of work: cold ones, where there are both, since they do it once.
KINDS = {
    scenario.prepare.__qualname__: scenario.name
    for scenario in sorted(SCENARIOS.values(), key=lambda scenario: not scenario.warm)
}
ORDINARY = {"second-fit", "clone", "pickle-size"}
"""What the ordinary run measures; the others have the same form."""
NO_COUNTERPART = {"construct", "clone", "get-params", "set-params"}


@pytest.fixture(scope="module")
def service():
    """Return one service for all tests, as all scenarios share a process."""
    return Service(TINY)


@pytest.mark.slow
@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=[] if name in ORDINARY else pytest.mark.exhaustive)
        for name in KINDS.values()
    ],
)
def test_each_kind_of_work_measures_the_reference_and_bare_keras(service, name):
    """What a scenario prepares can be done, and gives a number."""
    for competitor in ("reference", "keras"):
        asked = {"scenario": name, "competitor": competitor}
        prepared = service.answer({"do": "prepare", **asked})
        if competitor == "keras" and name in NO_COUNTERPART:
            assert {"absent": "has no estimator"} == prepared
            continue
        assert {"calls"} == prepared.keys(), prepared
        measured = service.answer({"do": "measure", "turn": 0, **asked})
        assert {"value"} == measured.keys(), measured
        assert isinstance(measured["value"], float)
        if SCENARIOS[name].unit == "s":
            assert measured["value"] > 0
    service.answer({"do": "release", "scenario": name})


class Clock:
    """A worker whose competitors take known times, and that notes who was asked."""

    times = {"reference": 1.0, "keras": 2.0}  # noqa: RUF012

    def __init__(self, log):
        self.log, self.closed = log, False

    def answer(self, message):
        if message["do"] == "prepare":
            if message["competitor"] == "skorch":
                return {"absent": "torch is not installed"}
            return {"calls": 1}
        if message["do"] == "parts":
            self.log.append((message["scenario"], message["competitor"]))
            return {"parts": {"steps": message["seconds"]}}
        if message["do"] == "measure":
            self.log.append((message["turn"], message["competitor"]))
            if message["competitor"] == "scikeras" and message["turn"] == 1:
                return {"failed": "ValueError: no"}
            return {"value": self.times.get(message["competitor"], 4.0) * (1 + message["turn"])}
        return {}

    def close(self):
        self.closed = True


def test_parts_are_sampled_in_processes_of_their_own():
    log, workers = [], []

    def start():
        workers.append(Clock(log))
        return workers[-1]

    scenario = Scenario("any", "any", None, rounds=1)
    found = Run(start, print).parts(scenario, 2.0)
    assert {"reference": {"steps": 2.0}, "keras": {"steps": 2.0}} == found
    assert [("any", "reference"), ("any", "keras")] == log
    assert [True, True] == [worker.closed for worker in workers]


@pytest.mark.parametrize("action", ["prepare", "parts"])
def test_parts_of_a_competitor_that_fails_are_an_error(action):
    class Broken(Clock):
        def answer(self, message):
            return {"failed": "no"} if message["do"] == action else super().answer(message)

    worker = Broken([])
    with pytest.raises(RuntimeError, match="any of reference: failed: no"):
        Run(lambda: worker, print).parts(Scenario("any", "any", None, rounds=1), 2.0)
    assert worker.closed


@pytest.mark.parametrize("process", ["shared", "own", "fresh"])
def test_competitors_take_turns_in_rounds(process):
    """Each round has one sample of each, in an order that changes; nobody is lost unseen."""
    log, workers, told = [], [], []

    def start():
        workers.append(Clock(log))
        return workers[-1]

    run = Run(start, told.append)
    scenario = Scenario("any", "any", None, rounds=4, process=process)
    record = run.measure(scenario, 4)
    run.close()

    rounds = [[name for turn, name in log if turn == number] for number in range(4)]
    assert [0] * len(rounds[0]) == [turn for turn, _ in log][: len(rounds[0])]
    assert {"reference", "keras", "keras.wrappers", "scikeras", "mlp"} == set(rounds[0])
    assert {"reference", "keras", "keras.wrappers", "mlp"} == set(rounds[3])
    assert len({tuple(name for name in names if name != "scikeras") for names in rounds}) > 1
    assert {"skorch": "torch is not installed"} == record["absent"]
    assert {"scikeras"} == record["failed"].keys()
    assert {"reference", "keras", "keras.wrappers", "mlp"} == record["samples"].keys()
    assert [0.5] * 4 == ratios(record, "keras")
    assert [] == ratios(record, "scikeras")
    assert any("scikeras: failed: ValueError: no" in line for line in told)
    assert workers
    assert all(worker.closed for worker in workers)


def test_a_demand_is_met_only_by_a_measurement():
    """What was not measured, or has nothing to be divided by, meets no demand."""

    def verdicts(samples):
        record = {"rounds": 3, "samples": samples, "absent": {}, "failed": {}}
        findings = demands.judge({"long-fit": record})
        return {it.verdict for it in findings if it.demand.scenario == "long-fit"}

    assert {"met"} == verdicts({"reference": [1.0, 1.0, 9.0], "keras": [1.0, 1.0, 1.0]})
    assert {"**not met**"} == verdicts({"reference": [1.0, 1.1, 1.1], "keras": [1.0, 1.0, 1.0]})
    assert {"not decided: rounds differ by more"} == verdicts(
        {"reference": [0.9, 1.02, 1.1], "keras": [1.0, 1.0, 1.0]}
    )
    assert {"not measured"} == verdicts({"reference": [1.0, 1.0, 1.0]})
    assert {"not measured"} == verdicts({"reference": [1.0] * 3, "keras": [1.0, 0.0, 1.0]})
    assert {"not measured"} == {it.verdict for it in demands.judge({})}


@pytest.mark.parametrize(
    ("median", "low", "high", "fails"),
    [(1.0, 0.9, 1.1, False), (1.1, 0.9, 1.2, False), (1.1, 1.05, 1.2, True)],
)
def test_a_run_fails_where_most_rounds_are_above_a_limit(median, low, high, fails):
    """Where the limit is within what rounds differ by, more rounds are needed to tell."""
    demand = demands.Demand("long-fit", "keras", 1.01)
    assert fails == demands.Finding(demand, Spread(median, low, high)).fails
    stretch = demands.Demand("long-fit", "keras", 1.01, stretch=True)
    assert not demands.Finding(stretch, Spread(median, low, high)).fails
    assert demands.Finding(demand, None).fails


def test_every_demand_names_what_there_is():
    """A demand on a scenario or a competitor that nobody measures would be noticed too late."""
    for demand in demands.DEMANDS:
        assert demand.scenario in SCENARIOS
        assert {demand.of, demand.competitor} <= set(SCENARIOS[demand.scenario].competitors)


def test_a_step_that_is_compiled_is_compared_with_one():
    """Who compiles Keras's step by hand may compile the reference's; each ratio is its own."""
    samples = {"reference": [3.0] * 3, "reference-xla": [1.0] * 3, "keras-xla": [1.0] * 3}
    record = {"rounds": 3, "samples": samples, "absent": {}, "failed": {}}
    found = {
        finding.demand.of: finding.verdict
        for finding in demands.judge({"images-predict": record})
        if finding.demand.name.startswith("images-predict / keras-xla")
    }
    assert {"reference-xla": "met", "reference": "not met (stretch)"} == found


def test_spread_is_median_and_quartiles():
    """One sample is its own spread."""
    assert Spread(median=3, low=2, high=4) == spread([5, 1, 2, 4, 3])
    assert Spread(median=7, low=7, high=7) == spread([7])


def test_results_are_kept_scenario_by_scenario(tmp_path):
    """What was measured is in the file at once; measuring again takes its place."""
    file = tmp_path / "results.json"
    record = {"samples": {"reference": [1 / 3]}, "absent": {}, "failed": {}, "rounds": 1}
    Results(file).add("clone", record, {"python": "3.11"})
    Results.read(file).add("clone", record | {"rounds": 2}, {"python": "3.12"})

    kept = Results.read(file)
    assert {
        "clone": record | {"rounds": 2, "environment": 1, "samples": {"reference": [0.3333]}}
    } == (kept.scenarios)
    assert [file] == list(tmp_path.iterdir())

    kept.add_parts("clone", {"reference": {"steps": 1.0}}, {"python": "3.11"})
    parts = Results.read(file).scenarios["clone"]["parts"]
    assert {"seconds": {"reference": {"steps": 1.0}}, "environment": 0} == parts
    assert "first-fit" in costs.missing(kept)
    kept.add("clone", record, {"python": "3.12"})  # another measurement has no parts yet
    assert "parts" not in Results.read(file).scenarios["clone"]

    file.write_text("{}", encoding="utf-8")
    with pytest.raises(ValueError, match="not a file of benchmark results"):
        Results.read(file)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--only", "predict-2"], "no such scenario"),
        (["--rounds", "0"], "at least 1"),
        (["--parts", "--only", "clone"], "--parts takes none"),
        (["--parts", "--quick"], "--parts takes none"),
        (["--write", "nowhere.json"], "no such file"),
    ],
)
def test_the_command_refuses_what_it_cannot_do(capsys, arguments, words):
    """A typo is a usage error, not an empty run."""
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert 2 == ended.value.code
    assert words in capsys.readouterr().err


def test_results_with_gaps_are_not_written_to_the_page(tmp_path, capsys):
    """The page shows all scenarios, and nobody who failed, or is left alone."""
    file = tmp_path / "results.json"
    record = {"samples": {}, "absent": {}, "failed": {}, "rounds": 1}
    results = Results(file)
    results.add("import", record, {"backend": "tensorflow"})
    with pytest.raises(SystemExit):
        main(["--write", str(file)])
    assert "not measured: construct, clone" in capsys.readouterr().err

    for name in SCENARIOS:
        results.add(
            name,
            record | {"failed": {"keras": "no"} if name == "clone" else {}},
            {"backend": "tensorflow"},
        )
    with pytest.raises(SystemExit):
        main(["--write", str(file)])
    assert "competitors failed in: clone" in capsys.readouterr().err


@pytest.mark.parametrize("file", STORED, ids=[file.stem for file in STORED])
def test_the_page_shows_the_stored_results(file):
    """The tables of the page are those of the stored file, and no needed scenario is missing."""
    stored = Results.read(file)
    assert f"results-{stored.backend}" == file.stem
    needed = SCENARIOS if stored.backend == report.MAIN else ON_EVERY_BACKEND
    assert set(needed) <= set(stored.scenarios)
    assert [name for name in SCENARIOS if name in stored.scenarios] == list(stored.scenarios)
    text = PAGE.read_text(encoding="utf-8")
    assert report.inserted(text, stored.backend, report.page(stored)) == text
    assert (PAGE.parent / f"benchmarks-{stored.backend}.svg").exists()


@pytest.mark.parametrize("file", STORED, ids=[file.stem for file in STORED])
def test_the_page_of_costs_shows_the_stored_results(file):
    stored = Results.read(file)
    assert [] == costs.missing(stored)
    text = (PAGE.parent / "costs.md").read_text(encoding="utf-8")
    assert report.inserted(text, stored.backend, costs.page(stored)) == text


def test_every_ratio_above_a_limit_is_explained():
    """By the name of the scenario and the figure of the tables, so that no reason is of old ones."""
    text = PAGE.read_text(encoding="utf-8")
    section = text.partition("## Above a limit, and why")[2].partition("\n## ")[0]
    above = set()
    for file in STORED:
        stored = Results.read(file)
        for finding in demands.judge(stored.scenarios):
            if finding.measured is not None and not finding.met:
                above.add((finding.demand.scenario, finding.measured.median))
        for name, record in stored.scenarios.items():
            found = ratios(record, "keras") if stored.backend != report.MAIN else []
            if found and record["unit"] == "s" and spread(found).median > 1.02:
                above.add((name, spread(found).median))
    reasons = section.split("\n- ")

    def is_explained(name, median):
        figure = re.compile(rf"(?<![\d.]){re.escape(f'{median:.3g}')}(?!\.?\d)")
        return any(f"`{name}`" in reason and figure.search(reason) for reason in reasons)

    assert above
    assert [] == [f"`{it[0]}` {it[1]:.3g}" for it in sorted(above) if not is_explained(*it)]


def test_the_history_ends_with_the_stored_results():
    """The plot shows what was stored last, and only ratios that a demand limits."""
    entries = history.read(ROOT / "reference" / "benchmarks" / "history.json")
    stored = Results.read(ROOT / "reference" / "benchmarks" / "results-tensorflow.json")
    last = entries[-1]
    assert last == history.entry(stored.scenarios, last["day"])
    days = [one["day"] for one in entries]
    assert sorted(days) == days
    assert (PAGE.parent / "benchmarks-history.svg").exists()


def test_a_run_is_in_the_history_once():
    """To store the same results twice adds nothing; what was not measured is left out."""
    record = {"rounds": 3, "samples": {"reference": [1.0, 1.2, 9.0], "keras": [2.0] * 3}}
    found = history.entry({"long-fit": record, "memory": record | {"samples": {}}}, "2026-11-30")
    assert {"day": "2026-11-30", "ratios": {"long-fit / keras": 0.6}} == found
    once = history.extended([], found)
    assert [found] == once
    assert once == history.extended(once, found)
    assert [found, found | {"day": "2026-12-01"}] == history.extended(
        once, found | {"day": "2026-12-01"}
    )


def test_results_of_two_backends_are_not_stored_as_one(tmp_path):
    """Which table they belong to could not be told."""
    results = Results(tmp_path / "results.json")
    record = {"samples": {}, "absent": {}, "failed": {}, "rounds": 1}
    results.add("clone", record, {"backend": "jax"})
    assert "jax" == results.backend
    results.add("import", record, {"backend": "tensorflow"})
    with pytest.raises(ValueError, match="measure on one backend"):
        results.backend  # noqa: B018


@pytest.mark.parametrize("grid", [{}, {"hidden": [2, 3]}])
def test_the_network_of_scikit_learn_does_the_same_task(grid):
    """Searches, fits and predictions end without a warning, though training was cut short."""
    competitor, (X, y) = COMPETITORS["mlp"], data(70)
    settings = TINY.settings
    found = competitor.search(X, y, {"learning_rate": [0.01], **grid}, settings, 2, 1)
    assert settings.epochs == found.n_iter_
    fitted = competitor.fit(competitor.construct(settings), X, y)
    competitor.change(fitted, TINY.model(hidden=3))
    assert (3,) == fitted.hidden_layer_sizes
    assert (70,) == competitor.predictor(fitted, 32)(X).shape


def test_a_competitor_without_a_counterpart_says_so():
    """What cannot be compared is absent with a reason, never a zero."""
    with pytest.raises(Absent, match="batches of 32 rows"):
        COMPETITORS["keras.wrappers"].predictor(None, 1000)

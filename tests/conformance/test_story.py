"""A maintainer's story, told from outside by the commands that one would type in the sample fork."""

import os
import shutil
from pathlib import Path

import pytest

from commands import conformance
from scikeras_conformance.baseline import fingerprint, load
from scikeras_conformance.catalog.plan import make_plan
from scikeras_conformance.catalog.results import Outcome
from scikeras_conformance.catalog.selection import Selection
from scikeras_conformance.checks import CATALOG
from scikeras_conformance.config.configuration_file import read_settings
from scikeras_conformance.report.reading import load_report
from scikeras_conformance.runner.execute import execute
from scikeras_conformance.subject.loading import load_subject

FORK = Path(__file__).parents[2] / "fixtures" / "sample_fork"

# What a hasty hand did: R-squared is not symmetric in its arguments.
RIGHT_ORDER = "self.scorer(y, self.predict(X), "
WRONG_ORDER = "self.scorer(self.predict(X), y, "

DEFECT = """\
        return self.scorer(y, self.predict(X), **self._routed("score"))
"""
MENDED = """\
        weights = {} if sample_weight is None else {"sample_weight": sample_weight}
        return self.scorer(y, self.predict(X), **weights, **self._routed("score"))
"""


class Fork:
    """A checkout of the sample fork, with two clauses of the contract, to be quick."""

    def __init__(self, folder, monkeypatch):
        self.folder = folder / "sample_fork"
        shutil.copytree(FORK, self.folder, ignore=shutil.ignore_patterns("*.egg-info", "build"))
        self.edit(
            "scikeras-conformance.toml",
            'chapters = ["CLS", "SCORE"]',
            'checks = ["SCORE-1.*", "SCORE-3.*"]',
        )
        self.baseline = self.folder / "conformance-baseline.toml"
        self.baseline.unlink()
        # Models are trained, which Keras does not do on NumPy.
        monkeypatch.setenv("KERAS_BACKEND", "jax")
        monkeypatch.setenv("PYTHONPATH", str(self.folder / "src"), prepend=os.pathsep)

    def edit(self, file, old, new):
        path = self.folder / file
        text = path.read_text(encoding="utf-8")
        assert 1 == text.count(old), f"{old!r} in {file}"
        path.write_text(text.replace(old, new), encoding="utf-8")

    def wrappers(self, old, new):
        self.edit("src/sample_fork/wrappers.py", old, new)

    def command(self, *arguments):
        return conformance(*arguments, cwd=self.folder)

    def run(self, *arguments):
        return self.command("run", "--workers", "1", "--report", "report.json", *arguments)

    def findings(self):
        return [
            (f.concern, f.id) for f in load_report(self.folder / "report.json").footer.gate.findings
        ]


@pytest.mark.slow
@pytest.mark.process
@pytest.mark.exhaustive
def test_adopt_regress_mend_renew(tmp_path, monkeypatch, light_processes):
    """The gate goes up, stays shut before a step back and a stale excuse, and opens again."""
    fork = Fork(tmp_path, monkeypatch)

    # Adopt: where do we stand? The failures are real ones, and the clauses are about more than them.
    done = fork.run("--no-baseline")
    assert 1 == done.returncode, done.stdout + done.stderr
    assert "impact: a weighted score is silently computed without weights" in " ".join(
        done.stdout.split()
    )
    broken = [one.id for one in load_report(fork.folder / "report.json").failures]
    assert 17 == len(broken)
    assert {"sample-weight", "weighted-default", "everything-at-once"} == {
        name.partition(":")[0].removeprefix("SCORE-3.") for name in broken
    }

    # Accept what is known: from here on the same run is green, and still says what it is.
    done = fork.command("baseline", "write", "report.json", "--reason", "see issue 3")
    assert (0, "17 known failures") == (done.returncode, done.stdout[:17]), done.stderr
    entries = load(fork.baseline).entries
    assert len(entries) < len(broken), "there is one entry for a cause"
    assert set(broken) == {name for entry in entries for name in entry.pinned}
    done = fork.run()
    assert 0 == done.returncode, done.stdout + done.stderr
    assert "verdict: NOT CONFORMANT" in done.stdout
    assert "baseline: MET  (17 known failures)" in done.stdout

    # A step back: the gate is red, and names the check.
    fork.wrappers(RIGHT_ORDER, WRONG_ORDER)
    done = fork.run()
    assert 6 == done.returncode, done.stdout + done.stderr
    assert "NEW FAILURE SCORE-1.r-squared:regressor:one" in done.stdout
    assert {"new failure", "changed failure"} >= {concern for concern, _ in fork.findings()}
    assert {f"SCORE-1.r-squared:regressor:{case}" for case in ("one", "column", "several")} <= {
        name for concern, name in fork.findings() if concern == "new failure"
    }

    # It is undone and the old defect is mended: now each excuse is a stale one, and nothing else.
    fork.wrappers(WRONG_ORDER, RIGHT_ORDER)
    fork.wrappers(DEFECT, MENDED)
    done = fork.run()
    assert 6 == done.returncode, done.stdout + done.stderr
    assert [("does not fail any more", name) for name in broken] == fork.findings()
    assert "verdict: CONFORMANT IN WHAT WAS SELECTED" in done.stdout

    # The baseline is renewed: first a look at what would change, then the change.
    before = fork.baseline.read_text(encoding="utf-8")
    done = fork.command("baseline", "update", "report.json")
    assert 0 == done.returncode, done.stderr
    assert f'-"{broken[0]}" = ' in done.stdout
    assert before == fork.baseline.read_text(encoding="utf-8")
    done = fork.command("baseline", "update", "report.json", "--write")
    assert 0 == done.returncode, done.stderr
    assert () == load(fork.baseline).entries

    done = fork.run()
    assert 0 == done.returncode, done.stdout + done.stderr
    assert "baseline: MET  (0 known failures)" in done.stdout


def test_the_fork_as_it_is_committed():
    """Its configuration is read, and its baseline has reasons and links that a person wrote."""
    settings = read_settings(FORK / "scikeras-conformance.toml").options
    assert ("sample_fork", ("CLS", "SCORE")) == (settings["subject"], settings["chapters"])
    baseline = load(Path(settings["baseline"]))
    assert 23 == baseline.size
    clauses = {name.partition(".")[0] for entry in baseline.entries for name in entry.pinned}
    assert {"CLS-7", "SCORE-3"} == clauses
    assert len(baseline.entries) < 4
    without = [e.name for e in baseline.entries if not e.issue or "Not looked" in e.reason]
    assert [] == without


@pytest.mark.slow
def test_the_baseline_of_the_fork_is_that_of_todays_checks(monkeypatch):
    """Each known failure is there, with these words, and its checks have no other one."""
    monkeypatch.syspath_prepend(FORK / "src")
    known = {
        name: print_
        for entry in load(FORK / "conformance-baseline.toml").entries
        for name, print_ in entry.pinned.items()
    }
    checks = {name.partition(":")[0] for name in known}
    subject = load_subject("sample_fork")
    results = [execute(one, subject) for one in make_plan(CATALOG, Selection(checks=checks))]
    failed = [one for one in results if one.outcome is Outcome.FAILED]
    assert known == {one.id: fingerprint(one.message) for one in failed}


@pytest.mark.parametrize("text", [RIGHT_ORDER, DEFECT])
def test_the_story_is_about_what_the_fork_does(text):
    """What the story edits stands in the fork once."""
    wrappers = (FORK / "src" / "sample_fork" / "wrappers.py").read_text(encoding="utf-8")
    assert 1 == wrappers.count(text)

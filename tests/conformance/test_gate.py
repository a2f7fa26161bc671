"""The gate from outside: exit codes, baselines and stored runs, as a maintainer's CI uses them."""

import json
import subprocess
import sys
import tomllib

import pytest

from commands import on_one_line
from runs import failed, known_gate, result, run
from scikeras_conformance.baseline import Baseline, Entry, fingerprint, load
from scikeras_conformance.baseline.writing import dump
from scikeras_conformance.catalog.exit_codes import ExitCode
from scikeras_conformance.cli.main import main
from scikeras_conformance.report.reading import load_report
from scikeras_conformance.report.writing import write_report
from test_cli import HEAVY

pytestmark = pytest.mark.usefixtures("toy_on_path")


def command(folder, *arguments):
    """Run the command in a process of its own."""
    line = [sys.executable, "-m", "scikeras_conformance", *arguments]
    return subprocess.run(line, capture_output=True, text=True, check=False, cwd=folder)


def judge(folder, *arguments):
    return command(folder, "run", "toy_subject", "--workers", "1", *arguments)


NO_FIT = "fit(...) raised AttributeError: fit"


def baseline(folder, *ids, message=NO_FIT, **more):
    path = folder / "known.toml"
    entries = [Entry(name, fingerprint(message), message, "It is old.", **more) for name in ids]
    path.write_text(dump(Baseline("toy_subject", tuple(entries))))
    return str(path)


FITS = [f"CLS-2.fit-and-predict:{name}" for name in ("base", "classifier", "regressor")]


# -- exit codes, one by one -----------------------------------------------------------------------

# The ordinary run of the tests sees some of them in tests of what such a run leaves behind: 0 and 1
# in test_cli, 3 and 8 in test_hostile_subjects, 4 in both.


@pytest.mark.process
@pytest.mark.exhaustive
def test_exit_code_0_conformant(tmp_path):
    """All MUST checks passed."""
    assert 0 == judge(tmp_path, "--check", "CLS-1").returncode


@pytest.mark.process
@pytest.mark.exhaustive
def test_exit_code_1_not_conformant(tmp_path):
    """A MUST is broken."""
    assert 1 == judge(tmp_path, "--check", "CLS-2").returncode


@pytest.mark.process
def test_exit_code_2_usage(tmp_path):
    """The command makes no sense."""
    assert 2 == judge(tmp_path, "--check", "CLS-222").returncode
    assert 2 == judge(tmp_path, "--no-such-option").returncode
    assert 2 == judge(tmp_path, "--to", "htm=x").returncode
    assert 2 == judge(tmp_path, "--baseline", "none.toml").returncode


@pytest.mark.process
@pytest.mark.exhaustive
def test_exit_code_3_incomplete(tmp_path):
    """The suite could not do its own part: here, the subject takes the report's folder away."""
    (tmp_path / "out").mkdir()
    (tmp_path / "thief.py").write_text(
        "import pathlib, shutil\nfrom toy_subject import *\n"
        f"shutil.rmtree({str(tmp_path / 'out')!r}, ignore_errors=True)\n"
    )
    arguments = ["--check", "CLS-1", "--workers", "1", "--report", "out/r.json"]
    done = command(tmp_path, "run", "thief", *arguments)
    assert 3 == done.returncode, done.stdout
    assert "cannot be written" in done.stdout


@pytest.mark.process
@pytest.mark.exhaustive
def test_exit_code_4_no_subject(tmp_path):
    """There is nothing to judge."""
    assert 4 == command(tmp_path, "run", "json", "--workers", "1").returncode


@pytest.mark.process
def test_exit_code_5_nothing_to_run(tmp_path):
    """The selected parts have no check in common."""
    assert 5 == judge(tmp_path, "--check", "CLS-1", "--chapter", "TGT").returncode


@pytest.mark.process
def test_exit_code_6_baseline_not_met(tmp_path):
    """A failure that the baseline does not know, and an entry that passes now."""
    file = baseline(tmp_path, *FITS[:2], "CLS-1.extends-base:classifier")
    report = tmp_path / "r.json"
    done = judge(
        tmp_path, "--check", "CLS-[12]*", "--baseline", file, "--report", str(report)
    )  # fmt: skip
    assert 6 == done.returncode, done.stdout
    assert "NEW FAILURE CLS-2.fit-and-predict:regressor" in done.stdout
    assert "DOES NOT FAIL ANY MORE CLS-1.extends-base:classifier" in done.stdout
    assert "baseline: NOT MET, 2 findings  (2 known failures)" in done.stdout
    assert 6 == json.loads(report.read_text())["footer"]["exit_code"]
    assert 6 == command(tmp_path, "report", str(report), "--to", "shields").returncode


@pytest.mark.process
def test_exit_code_7_blocked(tmp_path):
    """No promise is seen broken, and none can be checked: a fit is needed first."""
    done = judge(tmp_path, "--check", "API-7.same-seed", "--report", "r.json")
    assert 7 == done.returncode, done.stdout
    assert "AttributeError: fit blocks API-7 (MUST)" in on_one_line(done.stdout)
    assert 7 == command(tmp_path, "report", "r.json", "--to", "shields").returncode


@pytest.mark.process
@pytest.mark.exhaustive
def test_exit_code_8_cannot_be_fitted(tmp_path):
    """A run of a whole profile ends before its first check, with what would help."""
    done = judge(tmp_path)
    assert 8 == done.returncode, done.stdout
    shown = on_one_line(done.stdout)
    assert "KerasClassifier(builder).fit(X, y), with a model of one sigmoid unit" in shown
    assert "scikeras-conformance init toy_subject" in shown


def test_every_exit_code_has_its_test():
    """A code that is new is produced from outside too, by a test of its own, here."""
    tested = {int(name.split("_")[3]) for name in globals() if name.startswith("test_exit_code_")}
    assert {int(code) for code in ExitCode} == tested


# -- a maintainer's way ---------------------------------------------------------------------------


@pytest.mark.process
@pytest.mark.exhaustive
def test_from_the_first_run_to_a_gate_that_holds(tmp_path):
    """One configuration, one run, one baseline; from then on the run is green until it changes."""
    (tmp_path / "pyproject.toml").write_text(
        "[tool.scikeras-conformance]\nsubject = 'toy_subject'\nchecks = ['CLS-2']\nworkers = 1\n"
        "baseline = 'known.toml'\n"
    )
    done = command(tmp_path, "run", "--no-baseline", "--report", "r.json", "--to", "html=r.html")
    assert 1 == done.returncode, done.stdout + done.stderr
    assert "\nsettings" in done.stdout
    assert (
        str(tmp_path / "pyproject.toml")
        == load_report(tmp_path / "r.json").header.configuration.file
    )
    assert "Conformance of toy_subject" in (tmp_path / "r.html").read_text()
    done = command(tmp_path, "baseline", "write", "r.json", "--reason", "since ever")
    assert 0 == done.returncode, done.stderr
    (entry,) = load(tmp_path / "known.toml").entries
    assert FITS == list(entry.pinned)
    done = command(tmp_path, "run", "--to", "github")
    assert 0 == done.returncode, done.stdout
    assert "verdict: NOT CONFORMANT" in done.stdout
    assert "baseline: MET  (3 known failures)" in done.stdout
    assert "\n::notice title=CLS-2.fit-and-predict%3Abase::fit" in done.stdout


@pytest.mark.exhaustive
@pytest.mark.process
def test_flaky_failures_are_tried_until_they_fail(tmp_path):
    """One that fails at its third try is known; one that never fails is a stale excuse."""
    (tmp_path / "flaky.py").write_text(
        "import toy_subject\nfrom toy_subject import *\n"
        "class BaseWrapper(toy_subject.BaseWrapper):\n    pass\n"
        "class KerasClassifier(BaseWrapper):\n    count = 0\n"
        "    def __init__(self, *args, **params):\n"
        "        super().__init__(*args, **params)\n"
        "        type(self).count += 1\n"
        "        if self.count == 5: raise ValueError('now and then')\n"
        "class KerasRegressor(BaseWrapper):\n    pass\n"
    )
    step = "constructing KerasClassifier(model)"
    message = f"could not be checked: {step} raised ValueError: now and then"
    names = ["CLS-3.model-comes-first:classifier", "CLS-3.model-comes-first:regressor"]
    entries = [Entry(n, fingerprint(message), "", "Race.", flaky=True, tries=4) for n in names]
    (tmp_path / "b.toml").write_text(dump(Baseline("flaky", tuple(entries))))
    arguments = ["--check", "CLS-3", "--workers", "1", "--baseline", "b.toml", "--report", "r.json"]
    done = command(tmp_path, "run", "flaky", *arguments)
    record = load_report(tmp_path / "r.json")
    assert [names[0]] == list(record.footer.gate.known), done.stdout
    assert [("flaky, but never failed", names[1])] == [
        (one.concern, one.id) for one in record.footer.gate.findings
    ]
    assert {names[0]: 3, names[1]: 4} == {r.id: r.tries for r in record.results if r.tries > 1}
    assert 6 == done.returncode


@pytest.mark.process
@pytest.mark.exhaustive
def test_two_entries_that_turn_out_to_hold_at_once(tmp_path):
    """Only the run can tell, and then it has no verdict."""
    entries = [
        Entry(FITS[0], fingerprint(NO_FIT), "", "r", when={"python": ">=3"}),
        Entry(FITS[0], fingerprint(NO_FIT), "", "r", when={"keras": ">=3"}),
    ]
    (tmp_path / "b.toml").write_text(dump(Baseline("toy_subject", tuple(entries))))
    done = judge(tmp_path, "--check", "CLS-2", "--baseline", "b.toml", "--report", "r.json")
    assert 3 == done.returncode
    assert "two entries" in done.stdout
    assert 3 == main(["report", str(tmp_path / "r.json"), "--to", "shields"])


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (
            dump(Baseline("toy_subject", (Entry("CLS-2.fit-and-predct:base", "f", "", "r"),))),
            "Did you mean",
        ),
        (dump(Baseline("other", ())), "is about 'other'"),
    ],
)
def test_baselines_that_make_no_sense_here(tmp_path, text, complaint, capfd):
    """They end the command before anything has run."""
    path = tmp_path / "b.toml"
    path.write_text(text)
    assert 2 == main(["run", "toy_subject", "--check", "CLS-1", "--baseline", str(path)])
    assert complaint in capfd.readouterr().err


# -- stored runs, without running anything --------------------------------------------------------


@pytest.fixture
def stored(tmp_path, monkeypatch):
    """Three reports, in the current directory."""
    monkeypatch.chdir(tmp_path)
    write_report(run(result()), tmp_path / "good.json")
    write_report(run(failed()), tmp_path / "bad.json")
    write_report(run(result("errored")), tmp_path / "error.json")
    return tmp_path


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["report", "good.json", "--to", "shields"], 0, "conformant 1."),
        (["report", "bad.json", "--to", "markdown"], 1, "not conformant"),
        (["report", "error.json", "--to", "github"], 3, "::error"),
        (["diff", "good.json", "good.json"], 0, "newly failing: 0"),
        (["diff", "bad.json", "good.json"], 0, "fixed: 1"),
        (["diff", "good.json", "bad.json"], 1, "newly failing: 1"),
        (["diff", "good.json", "error.json"], 3, "newly failing: 1"),
        (["matrix", "good.json", "bad.json"], 0, "| passed 1 | failed 1"),
    ],
)
def test_stored_runs(stored, arguments, code, words, capsys):
    """Each command shows the run, and ends as the run did or as the comparison says."""
    import html

    assert code == main(arguments)
    assert words in html.unescape(capsys.readouterr().out)


@pytest.mark.parametrize(
    ("arguments", "code", "complaint"),
    [
        (["report", "none.json", "--to", "html"], 2, "cannot be read"),
        (["report", "good.json", "--to", "htm"], 2, "Did you mean 'html'"),
        (["report", "good.json", "--to", "html=x.html", "--output", "y"], 2, "for one format"),
        (["report", "good.json", "--to", "html", "--output", "no/x.html"], 2, "no directory"),
        (["report", "cut.json", "--to", "html", "--output", "x.html"], 3, "cut off"),
        (["diff", "good.json", "cut.json"], 3, "cut off"),
        (["matrix", "good.json", "cut.json"], 3, "cut off"),
        (["baseline", "write", "cut.json"], 3, "cut off"),
        (["baseline", "write", "error.json"], 3, "without a verdict"),
        (["baseline", "write", "bad.json", "--baseline", "good.json"], 2, "is there already"),
        (["baseline", "write", "bad.json", "--reason", " "], 2, "--reason is empty"),
        (["baseline", "update", "bad.json"], 2, "baseline write"),
    ],
)
def test_stored_runs_that_cannot_be_shown(stored, arguments, code, complaint, capsys):
    """What is damaged is 3, what was mistyped 2, and no page comes of either."""
    (stored / "cut.json").write_text((stored / "good.json").read_text()[:-200])
    assert code == main(arguments)
    assert complaint in capsys.readouterr().err
    assert not (stored / "x.html").exists()


def test_files_of_commands(stored):
    """--output writes a file, in one step."""
    assert 1 == main(["report", "bad.json", "--to", "html", "--output", "x.html"])
    assert 0 == main(["matrix", "bad.json", "--to", "html", "--output", "m.html"])
    assert "<!DOCTYPE html>" == (stored / "x.html").read_text()[:15]
    assert "side by side" in (stored / "m.html").read_text()


def test_renewing_a_baseline(stored, capsys):
    """The difference is shown; the file changes with --write only, and keeps what a person wrote."""
    path = stored / "conformance-baseline.toml"
    assert 0 == main(["baseline", "write", "bad.json", "--issue", "https://example.org/1"])
    capsys.readouterr()
    assert 0 == main(["baseline", "update", "bad.json", "--reason", "another"])
    assert "is up to date: 1 known" in capsys.readouterr().out
    write_report(run(failed(message="in another way")), stored / "other.json")
    before = path.read_text()
    assert 0 == main(["baseline", "update", "other.json"])
    out = capsys.readouterr().out
    assert '+message = "in another way"' in out
    assert "give --write" in out
    assert before == path.read_text()
    assert 0 == main(["baseline", "update", "other.json", "--write"])
    (entry,) = tomllib.loads(path.read_text())["known"]
    assert ("Not looked into yet.", "https://example.org/1", "in another way") == (
        entry["reason"], entry["issue"], entry["message"],
    )  # fmt: skip
    assert 0 == main(["baseline", "update", "good.json", "--write"])
    assert () == load(path).entries


def test_a_baseline_of_another_subject_is_not_renewed(stored, capsys):
    """A report is about one subject, and so is a baseline."""
    (stored / "b.toml").write_text(dump(Baseline("other")))
    assert 2 == main(["baseline", "update", "bad.json", "--baseline", "b.toml"])
    assert "is about 'other'" in capsys.readouterr().err


def test_the_baseline_of_the_configuration(stored, capsys):
    """The commands write where the run will read."""
    (stored / "scikeras-conformance.toml").write_text("baseline = 'mine.toml'")
    assert 0 == main(["baseline", "write", "bad.json", "--when", "backend"])
    assert {"backend": "jax"} == load(stored / "mine.toml").entries[0].when


@pytest.mark.process
@pytest.mark.parametrize(
    "arguments",
    [
        ["report", "bad.json", "--to", "html"],
        ["report", "bad.json", "--to", "sarif"],
        ["diff", "bad.json", "bad.json"],
        ["matrix", "bad.json", "bad.json"],
        ["baseline", "write", "bad.json"],
        ["baseline", "update", "--help"],
    ],
)
def test_stored_runs_take_nothing_heavy(stored, arguments):
    """A report can be read where neither Keras nor pytest is imported."""
    write_report(run(failed(), gate=known_gate(failed())), stored / "bad.json")
    code = (
        "import sys\nfrom scikeras_conformance.cli.main import main\n"
        f"try:\n    main({arguments!r})\nexcept SystemExit:\n    pass\n"
        f"found = {HEAVY}\nassert not found, found"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert 0 == done.returncode, done.stderr


@pytest.mark.process
def test_a_run_that_is_killed_leaves_no_report_to_believe(tmp_path):
    """The command itself is killed in the middle: what it leaves has results, and no footer."""
    (tmp_path / "killer.py").write_text(
        "import os, signal, toy_subject\nfrom toy_subject import *\n"
        "class BaseWrapper(toy_subject.BaseWrapper):\n    pass\n"
        "class KerasClassifier(BaseWrapper):\n    pass\n"
        "class KerasRegressor(BaseWrapper):\n"
        "    def __init__(self, *args, **params):\n"
        "        os.kill(os.getppid(), signal.SIGKILL)\n"
    )
    write_report(run(result()), tmp_path / "r.json")
    arguments = ["--check", "CLS-[13]*", "--workers", "1", "--report", "r.json"]
    done = command(tmp_path, "run", "killer", *arguments)
    assert -9 == done.returncode
    done = command(tmp_path, "report", "r.json", "--to", "shields")
    assert 3 == done.returncode
    assert "has no footer" in done.stderr
    assert "holds 0 results" not in done.stderr
    assert "" == done.stdout

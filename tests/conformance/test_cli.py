"""The command line, as a user meets it."""

import json
import os
import subprocess
import sys

import pytest

from commands import conformance
from scikeras_conformance import __version__
from scikeras_conformance.catalog.exit_codes import ExitCode
from scikeras_conformance.cli import listing, reports
from scikeras_conformance.cli.main import main

pytestmark = pytest.mark.usefixtures("toy_on_path")


HEAVY = "{'keras', 'numpy', 'sklearn', 'pytest', 'hypothesis', 'tensorflow'} & set(sys.modules)"


@pytest.mark.process
@pytest.mark.parametrize("arguments", [["list"], ["explain", "INIT-5"], ["--help"]])
def test_light_commands_import_nothing_heavy(arguments):
    """Reading the contract takes no backend, no scientific stack and no pytest."""
    code = (
        "import sys\nfrom scikeras_conformance.cli.main import main\n"
        f"try:\n    main({arguments!r})\nexcept SystemExit:\n    pass\n"
        f"found = {HEAVY}\nassert not found, found"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert 0 == done.returncode, done.stderr


@pytest.mark.process
def test_the_plugin_module_imports_nothing_heavy():
    """Every pytest run of an environment loads the plugin, so it has to be light."""
    code = f"import sys\nimport scikeras_conformance.pytest_plugin.plugin\nfound = {HEAVY} - {{'pytest'}}\nassert not found, found"
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.process
def test_the_package_imports_nothing_heavy():
    """What is public is imported when it is used, and its names are known before."""
    code = (
        "import sys\nimport scikeras_conformance as suite\n"
        f"assert {{'conformance_tests', 'load_report', 'run_check'}} < set(dir(suite))\n"
        f"found = {HEAVY}\nassert not found, found"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_version(capsys):
    """The version is that of the package."""
    with pytest.raises(SystemExit) as exit_:
        main(["--version"])
    assert 0 == exit_.value.code
    assert __version__ in capsys.readouterr().out


def test_list_shows_clauses_and_checks(capsys):
    """Each clause stands with its checks, or with the note that it cannot have any."""
    assert 0 == main(["list"])
    out = capsys.readouterr().out
    assert "INIT-1.free-parameters (27)" in out
    assert "no silent fallback to the CPU.  [not observable in a subject]" in out


def test_list_of_a_chapter(capsys):
    """A chapter can be listed alone."""
    assert 0 == main(["list", "TGT"])
    out = capsys.readouterr().out
    assert "TGT-1" in out
    assert "INIT-1" not in out


@pytest.mark.parametrize("name", ["INIT-5", "INIT-5b.callbacks-untouched", "DEV-4"])
def test_explain(name, capsys):
    """A clause is explained with its checks, a check with its clause."""
    assert 0 == main(["explain", name])
    out = capsys.readouterr().out
    assert name in out
    assert ("impact:" in out) == (name != "DEV-4")
    assert ("No check: This is a requirement for the suite" in out) == (name == "DEV-4")


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["explain", "INIT-99"], "INIT-99"),
        (["explain", "INIT-1.free-param"], "Did you mean 'INIT-1.free-parameters'"),
        (["list", "INITT"], "Did you mean 'INIT'"),
        (["run", "toy_subject", "--chapter", "NOPE"], "no chapter 'NOPE'"),
        (["run", "toy_subject", "--profile", "hygeine"], "Did you mean 'hygiene'"),
        (["run", "toy_subject", "--check", "INIT-1.named"], "No check matches"),
        (["run", "toy_subject", "--check", "INIT"], "which is a chapter: select it as one"),
        (["run", "toy_subject", "--workers", "many"], "--workers"),
        (["run", "toy_subject", "--workers", "0"], "--workers"),
        (["run", "toy_subject", "--check", "DEV-4"], "DEV-4 has no check: This is a requirement"),
        (["run", "wrappers.py"], "not its file"),
        (["run", "base=json"], "not understood"),
        (["run"], "There is no subject: name it"),
        (["run", "toy_subject", "--config", "no.toml"], "cannot be read"),
        (["run", "toy_subject", "--config", "no.toml", "--no-config"], "exclude each other"),
        (["run", "toy_subject", "--report", "no/such/folder/r.json"], "there is no directory"),
        (["run", "toy_subject", "--scripts", __file__], "is not a directory"),
        (["run", "toy_subject", "--scripts", ""], "--scripts takes a path"),
        (["run", "toy_subject", "--scripts", "/proc/no/scripts"], "cannot be written"),
        (["run", "toy_subject", "--report", ""], "--report takes the name of a file"),
        (["run", "toy_subject", "--report", "a", "--report", "./a"], "Two outputs"),
        (["run", "toy_subject", "--no-config", "--report", "pyproject.toml"], "configuration file"),
        (["report", "r.json", "--output", "scikeras-conformance.toml"], "cannot be read"),
        (["report", "r.json", "--to", "html", "--to", "text", "--output", "x"], "for one format"),
        (["matrix", "r.json", "--to", "junit"], "There is no format 'junit'"),
        (["run", "toy_subject", "--check", "INIT-1,INIT-2"], "repeat the option for more"),
        (["explain", "INIT-5b.callback"], "Did you mean 'INIT-5b.callbacks-untouched'"),
        (["script", "toy_subject", "CLS-1"], "A result is a check, a wrapper and a case"),
    ],
)
def test_commands_that_make_no_sense(arguments, complaint, capsys):
    """A slip of the keyboard is a usage error that says which one, before anything runs."""
    assert 2 == main(arguments)
    assert complaint in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ([], "arguments are required: COMMAND"),
        (["runn", "x"], "Did you mean 'run'?"),
        (["run", "toy_subject", "--chaper", "CLS"], "Did you mean '--chapter'?"),
        (["baseline", "write", "r.json", "--resaon=x"], "Did you mean '--reason'?"),
        (["run", "toy_subject", "--device", "gppu"], "Did you mean 'gpu'?"),
        (["run", "toy_subject", "--time-limit", "-1"], "not '-1'."),
        (["run", "toy_subject", "--time-limit", "1", "--time-limit", "2"], "given already"),
        (["run", "toy_subject", "--device", "cpu", "--device", "gpu"], "--device: it was given"),
        (["run", "toy_subject", "--baseline", "b", "--no-baseline"], "it was given already"),
        (["run", "toy_subject", "--strict", "--no-strict"], "it was given already"),
        (["report", "r.json", "--output", "a", "--output", "b"], "--output: it was given"),
    ],
)
def test_what_the_parser_refuses(arguments, complaint, capsys):
    """A mistyped command or option is answered with one line, not with the usage."""
    with pytest.raises(SystemExit) as exit_:
        main(arguments)
    err = capsys.readouterr().err
    assert 2 == exit_.value.code
    assert complaint in err
    assert 1 == err.count("\n")


def test_slips_in_the_configuration_are_usage_errors(tmp_path, monkeypatch, capsys):
    """The file of the directory is read, and what it says is checked like an option."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "scikeras-conformance.toml").write_text(
        "subject = 'toy_subject'\nchecks = ['INIT-1.free-param']"
    )
    assert 2 == main(["run"])
    assert "Did you mean 'INIT-1.free-parameters'" in capsys.readouterr().err
    assert 5 == main(["run", "--no-config", "toy_subject", "--check", "INIT-1", "--chapter", "TGT"])


def test_selections_without_anything_in_common(capsys):
    """Nothing to run is never a pass."""
    assert 5 == main(["run", "toy_subject", "--chapter", "TGT", "--check", "INIT-1"])
    assert "no check in common" in capsys.readouterr().err


@pytest.mark.exhaustive
@pytest.mark.process
def test_a_subject_that_cannot_be_judged(tmp_path):
    """Two workers meet the same reason; it is shown once, and the report has it too."""
    done = conformance("run", "json", "--workers", "2", "--report", "report.json", cwd=tmp_path)
    assert 4 == done.returncode, done.stdout + done.stderr
    assert 1 == done.stdout.count("is incomplete")
    assert "passed" not in done.stdout
    footer = json.loads((tmp_path / "report.json").read_text())["footer"]
    assert "no subject" == footer["verdict"]
    assert "is incomplete" in footer["refusal"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Make a directory with a subject, and with a configuration of pytest that is broken."""
    folder = tmp_path_factory.mktemp("run")
    (folder / "mine.py").write_text("from toy_subject import *")
    (folder / "pytest.ini").write_text("[pytest]\naddopts = --no-such-option\n")
    (folder / "conftest.py").write_text("raise RuntimeError('not for the suite')")
    return folder


@pytest.fixture(scope="module")
def done(folder, toy_for_module):
    """Run the suite once, with two workers, for the tests that look at what it leaves."""
    return conformance(
        "run", "mine", "--check", "CLS-[123]*", "--workers", "2",
        "--report", str(folder / "report.json"), cwd=folder,
    )  # fmt: skip


@pytest.mark.process
def test_failures_are_failures_of_the_subject(done):
    """The exit code, the verdict and the impact of a failure."""
    assert 1 == done.returncode, done.stdout + done.stderr
    assert "verdict: NOT CONFORMANT" in done.stdout
    assert "impact: the first example of the documentation does not run" in done.stdout


@pytest.mark.process
def test_the_report_has_every_result(done, folder):
    """The counts are complete, in the order of the plan, of a subject in the current directory."""
    data = json.loads((folder / "report.json").read_text())
    counts = data["footer"]["counts"]
    assert counts["complete"]
    assert (8, 5, 3, 0) == tuple(counts[key] for key in ("planned", "passed", "failed", "errored"))
    assert data["header"]["partial"]
    assert "mine" == data["header"]["subject"]["spec"]
    assert {"keras", "scikit-learn", "numpy"} <= set(data["header"]["environment"]["packages"])
    ids = [result["id"] for result in data["results"]]
    assert "CLS-1.extends-base:classifier" == ids[0]
    assert "verdict: NOT CONFORMANT" in done.stdout
    assert "impact: the first example of the documentation does not run" in done.stdout


@pytest.mark.process
def test_nothing_is_left_behind(done, folder):
    """No cache and no notes in the directory of the user."""
    assert [] == [path for path in folder.iterdir() if path.name.startswith(".")]


@pytest.mark.process
def test_a_log_has_no_letters_and_no_control_characters(done):
    """What CI keeps is what a person reads."""
    before = done.stdout.partition("= conformance =")[0]
    assert "\x1b" not in done.stdout
    assert [] == [
        line
        for line in before.splitlines()
        if set(line.strip()) & set(".F") == set(line.strip()) != set()
    ]


@pytest.mark.parametrize("name", ["init-5", "init-5.parameters-untouched"])
def test_explain_takes_either_case(name, capsys):
    """A clause is found whatever its case."""
    assert 0 == main(["explain", name])
    assert "INIT-5  MUST" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("module", "name", "command", "error", "code"),
    [
        (reports, "_diff", ["diff", "a", "b"], RecursionError, 3),
        (reports, "_diff", ["diff", "a", "b"], BrokenPipeError, 3),
        (listing, "_list", ["list"], BrokenPipeError, 0),
    ],
)
def test_what_breaks_says_nothing_about_a_subject(module, name, command, error, code, monkeypatch):
    """Neither a slip of the suite nor a reader that goes away ends with a verdict: 1 would be one."""

    def breaks(options):
        raise error

    monkeypatch.setattr(module, name, breaks)
    monkeypatch.setattr(os, "dup2", lambda *_: None)
    assert code == main(command)


def test_what_breaks_after_the_verdict_leaves_a_run_incomplete(monkeypatch, capsys):
    """An internal error of pytest is no pass, whatever the verdict was before it."""

    def broken(arguments, plugins):
        plugins[0].exit_code = ExitCode.CONFORMANT
        plugins[0].ending = "conformant (exit code 0)"
        return pytest.ExitCode.INTERNAL_ERROR

    # What a run sets for its own process is not for the tests that come after it.
    monkeypatch.setattr(os, "environ", dict(os.environ))
    monkeypatch.setattr(pytest, "main", broken)
    assert 3 == main(["run", "toy_subject", "--chapter", "SCORE", "--no-config"])
    assert "(exit code 3)" in capsys.readouterr().out.splitlines()[-1]

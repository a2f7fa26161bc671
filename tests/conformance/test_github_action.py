"""What the steps of the action run: the same scripts, with the files of a runner in a folder here."""

import html
import json
import os
import re
import stat
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree as ET

import pytest

from runs import failed, known_gate, result, run
from scikeras_conformance.baseline import Concern, Finding
from scikeras_conformance.report.reading import load_report
from scikeras_conformance.report.writing import write_report

ROOT = Path(__file__).parents[2]
ACTION = ROOT / ".github" / "actions" / "conformance"
pytestmark = pytest.mark.skipif(
    sys.platform == "win32", reason="the python that these tests put on the path is a shell script"
)
EVIL = "$(touch pwned)`touch pwned`\"'; touch pwned #"


class Done(NamedTuple):
    """What a step left behind."""

    code: int
    out: str
    summary: str
    outputs: dict[str, str]
    calls: list[list[str]]


class Runner:
    """A runner's files, and a python that notes how it is called."""

    def __init__(self, folder):
        self.folder = folder
        self.temp = folder / "temp"
        for name in ("bin", "temp", "work"):
            (folder / name).mkdir()

    def python(self, text):
        """Put another python first on the path; it notes its arguments, then does this."""
        path = self.folder / "bin" / "python"
        path.write_text(
            "#!/bin/sh\n"
            f'for word in "$@"; do printf "%s\\n" "$word"; done >>"{self.folder}/calls"\n'
            f'echo "----" >>"{self.folder}/calls"\n{text}\n'
        )
        path.chmod(path.stat().st_mode | stat.S_IXUSR)

    def step(self, script, **env):
        summary, outputs = self.folder / "summary", self.folder / "outputs"
        for file in (summary, outputs, self.folder / "calls"):
            file.write_text("")
        done = subprocess.run(
            ["bash", str(ACTION / script)],
            capture_output=True, text=True, check=False, cwd=self.folder / "work",
            env={
                "PATH": os.pathsep.join(
                    [str(self.folder / "bin"), str(Path(sys.executable).parent), os.defpath]
                ),
                "PYTHONPATH": os.environ.get("PYTHONPATH", ""),
                "HOME": str(self.folder),
                "RUNNER_TEMP": str(self.temp),
                "GITHUB_STEP_SUMMARY": str(summary),
                "GITHUB_OUTPUT": str(outputs),
                **env,
            },
        )  # fmt: skip
        assert not list(self.folder.rglob("pwned")), "an input was run as a command"
        return Done(
            done.returncode,
            done.stdout + done.stderr,
            summary.read_text(encoding="utf-8"),
            dict(line.split("=", 1) for line in outputs.read_text().splitlines()),
            [
                call.splitlines()
                for call in (self.folder / "calls").read_text().split("----\n")[:-1]
            ],
        )

    def report(self, name):
        return self.temp / "conformance" / name


@pytest.fixture
def runner(tmp_path):
    return Runner(tmp_path)


# -- install.sh -----------------------------------------------------------------------------------

SUITE = str(ROOT / "conformance")
PIP = ["-m", "pip", "install"]


@pytest.mark.parametrize(
    ("missing", "env", "expected"),
    [
        (0, {"PACKAGE": "--editable=.", "BACKEND": "jax"}, [[*PIP, SUITE, "--editable=."]]),
        (
            1,
            {"PACKAGE": "  ./a b[x]\t\n\n pandas\n", "BACKEND": "jax", "SCIKIT_LEARN": "1.7.*"},
            [[*PIP, SUITE, "./a b[x]", "pandas", "scikit-learn==1.7.*"], [*PIP, "jax"]],
        ),
        (
            1,
            {"PACKAGE": ".", "BACKEND": "tensorflow", "DEVICE": "cpu"},
            [[*PIP, SUITE, "."], [*PIP, "tensorflow-cpu"]],
        ),
        (
            1,
            {"PACKAGE": ".", "BACKEND": "tensorflow", "DEVICE": "gpu"},
            [[*PIP, SUITE, "."], [*PIP, "tensorflow[and-cuda]"]],
        ),
        (
            1,
            {"PACKAGE": ".", "BACKEND": "jax", "DEVICE": "gpu"},
            [[*PIP, SUITE, "."], [*PIP, "jax[cuda12]"]],
        ),
        (
            1,
            {"PACKAGE": ".", "BACKEND": "torch", "DEVICE": "gpu"},
            [[*PIP, SUITE, "."], [*PIP, "torch"]],
        ),
        (
            0,
            {"PACKAGE": EVIL, "BACKEND": "jax", "SCIKIT_LEARN": EVIL},
            [[*PIP, SUITE, EVIL, f"scikit-learn=={EVIL}"]],
        ),
    ],
)
def test_what_is_installed(runner, missing, env, expected):
    """Package, suite and scikit-learn in one step; a backend only where the package brought none."""
    runner.python(f'[ "$1" != -c ] || exit {missing}')
    done = runner.step("install.sh", **env)
    assert 0 == done.code, done.out
    assert expected == [call for call in done.calls if call[0] == "-m"]
    assert [env["BACKEND"]] == [call[-1] for call in done.calls if call[0] == "-c"]


@pytest.mark.parametrize(
    ("env", "complaint"),
    [
        ({"PACKAGE": ".", "BACKEND": "tensorflw"}, "The input backend must be"),
        ({"PACKAGE": ".", "BACKEND": ""}, "The input backend must be"),
        ({"PACKAGE": ".", "BACKEND": "jax", "DEVICE": "gup"}, "The input device must be"),
        ({"PACKAGE": " \n ", "BACKEND": "jax"}, "The input package is empty"),
    ],
)
def test_slips_in_the_inputs_install_nothing(runner, env, complaint):
    """They end the step with an annotation that names the input."""
    runner.python("exit 0")
    done = runner.step("install.sh", **env)
    assert 2 == done.code
    assert f"::error title=conformance::{complaint}" in done.out
    assert [] == done.calls


def test_an_installation_that_fails_ends_the_step(runner):
    """Nothing is judged that is not there."""
    runner.python('[ "$2" != pip ] || exit 7')
    assert 7 == runner.step("install.sh", PACKAGE=".", BACKEND="jax").code


# -- gate.sh --------------------------------------------------------------------------------------

FILES = ["badge.json", "junit.xml", "report.html", "report.json", "report.sarif"]
FINDING = Finding(Concern.NEW, failed().id, "a step back")


def feign(runner, record, code):
    """Let ``run`` be as good as done: it leaves this report, or this text, and ends with this code."""
    stored = runner.folder / "stored.json"
    if isinstance(record, str):
        stored.write_text(record)
    elif record is not None:
        write_report(record, stored)
    copy = f'cp "{stored}" "{runner.report("report.json")}"' if record is not None else ":"
    runner.python(f'if [ "$3" = run ]; then {copy}; exit {code}; fi\nexec {sys.executable} "$@"')


@pytest.mark.process
@pytest.mark.parametrize(
    ("record", "code", "summary", "annotation"),
    [
        (run(result()), 0, "Conformance: conformant", "::notice title=conformance::conformant"),
        (run(failed()), 1, "not conformant", "::error title=conformance::not conformant"),
        (run(result("errored", message="m")), 3, "incomplete", "::error title=conformance::incom"),
        (run(refusal="it is gone"), 4, "it is gone", "::error title=no subject::it is gone"),
        (run(failed(), gate=known_gate(failed())), 0, "1 known failures", "::notice file=src/toy"),
        (
            run(failed(), gate=known_gate(findings=[FINDING])),
            6,
            "a step back",
            "::error file=known.toml,line=1,title=new failure",
        ),
    ],
)
def test_what_a_run_leaves_in_a_workflow(runner, record, code, summary, annotation):
    """Summary, annotations, outputs and files, whatever came of the run; the code is the run's."""
    feign(runner, record, code)
    done = runner.step("gate.sh")
    assert code == done.code, done.out
    assert {"folder": str(runner.temp / "conformance"), "exit-code": str(code)} == done.outputs
    assert summary in html.unescape(done.summary)
    assert f"\n{annotation}" in done.out
    assert FILES == sorted(path.name for path in runner.report("report.json").parent.iterdir())
    assert record == load_report(runner.report("report.json"))
    ET.parse(runner.report("junit.xml"))
    assert "2.1.0" == json.loads(runner.report("report.sarif").read_text())["version"]
    assert 1 == json.loads(runner.report("badge.json").read_text())["schemaVersion"]
    assert runner.report("report.html").read_text().startswith("<!DOCTYPE html>")


@pytest.mark.process
@pytest.mark.parametrize(
    ("record", "code", "expected"),
    [
        (None, 2, 2),
        (None, 5, 5),
        (None, 0, 3),
        (run(failed()), 0, 3),
        (run(result()), 137, 137),
        ('{"schema": "scikeras-conformance/report/2", "results": [', 137, 137),
        ('{"schema": "scikeras-conformance/report/2", "results": [', 0, 3),
    ],
)
def test_a_run_without_a_whole_report_is_never_green(runner, record, code, expected):
    """Not where nothing ran, not where it was killed, and not where code and report disagree."""
    feign(runner, record, code)
    done = runner.step("gate.sh")
    assert expected == done.code, done.out
    assert str(expected) == done.outputs["exit-code"]
    assert "## Conformance: no verdict" in done.summary
    assert f"::error title=conformance::The run ended with exit code {expected}" in done.out


@pytest.mark.process
def test_a_report_of_an_earlier_step_is_not_taken_for_that_of_the_run(runner):
    """What lies there from before is gone before anything runs."""
    runner.report("report.json").parent.mkdir()
    write_report(run(result()), runner.report("report.json"))
    feign(runner, None, 0)
    assert 3 == runner.step("gate.sh").code


@pytest.mark.process
def test_no_module_of_the_directory_makes_the_token(runner):
    """A fork may have a secrets.py of its own: it could tell the token, or have none."""
    (runner.folder / "work" / "secrets.py").write_text("token_hex = lambda n: 'known'")
    runner.python(f'[ "$1" != -m ] || exit 5; exec {sys.executable} "$@"')
    done = runner.step("gate.sh")
    assert re.search(r"^::stop-commands::[0-9a-f]{32}$", done.out, re.MULTILINE)
    assert 5 == done.code


@pytest.mark.process
def test_inputs_become_options(runner):
    """Each in one word, whatever stands in it; an empty one leaves it to the configuration."""
    feign(runner, run(result()), 0)
    folder = runner.temp / "conformance"
    fixed = ["-m", "scikeras_conformance", "run", "--report", f"{folder}/report.json"]
    fixed += ["--scripts", f"{folder}/scripts"]
    assert fixed in runner.step("gate.sh").calls
    given = {
        "SUBJECT": EVIL,
        "PROFILES": "api  typing\nsklearn\n",
        "BASELINE": EVIL,
        "DEVICE": "cpu",
    }
    options = [
        "--profile=api",
        "--profile=typing",
        "--profile=sklearn",
        f"--baseline={EVIL}",
        "--device=cpu",
    ]
    assert [*fixed, *options, "--", EVIL] in runner.step("gate.sh", **given).calls


@pytest.mark.exhaustive
@pytest.mark.process
@pytest.mark.usefixtures("toy_on_path")
def test_a_real_run_of_a_subject_that_talks_to_the_runner(runner, tmp_path):
    """From the configuration to the summary; what the subject prints and raises gives no commands."""
    (runner.folder / "work" / "loud.py").write_text(
        "import toy_subject\nfrom toy_subject import *\n"
        "print('::error::forged by the import')\n"
        "def fit(self, X, y):\n    raise ValueError('no\\n::error::forged by a message')\n"
        "toy_subject.BaseWrapper.fit = fit\n"
    )
    (runner.folder / "work" / "scikeras-conformance.toml").write_text(
        "subject = 'loud'\nchecks = ['CLS-1', 'CLS-2']\nworkers = 1\n"
    )
    done = runner.step("gate.sh", BACKEND="jax", DEVICE="cpu")
    assert 1 == done.code, done.out
    record = load_report(runner.report("report.json"))
    assert (2, 3) == (record.footer.counts.passed, record.footer.counts.failed)
    assert ("jax", "cpu") == (
        record.header.environment.backend,
        record.header.environment.requested_device,
    )
    token = re.search(r"^::stop-commands::([0-9a-f]{32})$", done.out, re.MULTILINE)[1]
    before, _, after = done.out.partition(f"\n::{token}::\n")
    assert "verdict: NOT CONFORMANT" in before
    lines = [line for line in after.splitlines() if line.strip().startswith("::")]
    # One cause for three results, and the verdict.
    assert 2 == len(lines)
    assert all(line.startswith("::error ") for line in lines)
    assert not any(line.strip().startswith("::error::forged") for line in lines)
    assert "CLS-2.fit-and-predict" in html.unescape(done.summary)
    assert 3 == len(list(runner.report("scripts").iterdir()))


@pytest.mark.process
@pytest.mark.parametrize("script", ["install.sh", "gate.sh"])
def test_the_subject_is_not_told_of_the_files_of_commands(runner, script):
    """What it would write there, such as a PATH, would hold for later steps of the job."""
    runner.python(f'case "$3" in install|run) env >"{runner.folder}/told" ;; esac; exit 0')
    files = {name: str(runner.folder / name) for name in ("GITHUB_ENV", "GITHUB_PATH")}
    done = runner.step(script, PACKAGE=".", BACKEND="jax", GITHUB_SHA="1", **files)
    told = (runner.folder / "told").read_text(encoding="utf-8")
    assert ["GITHUB_SHA=1"] == re.findall("^GITHUB_.*", told, re.MULTILINE)
    assert ("exit-code" in done.outputs) == (script == "gate.sh")


# -- conclude.sh ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("device", "cpu", "gpu", "code"),
    [
        ("cpu", "success", "skipped", 0),
        ("gpu", "skipped", "success", 0),
        ("cpu gpu", "success", "success", 0),
        ("cpu gpu", "success", "skipped", 1),
        ("cpu\ngpu", "success", "skipped", 1),
        ("cpu", "failure", "skipped", 1),
        ("cpu", "cancelled", "skipped", 1),
        ("cpu", "", "skipped", 1),
        ("gpu", "success", "skipped", 1),
        ("gup", "skipped", "skipped", 1),
        ("", "skipped", "skipped", 1),
        ("cpu tpu", "success", "success", 1),
        (EVIL, "success", "success", 1),
    ],
)
def test_what_was_asked_for_was_judged(runner, device, cpu, gpu, code):
    """A job that was skipped, or a device that there is not, is no pass."""
    done = runner.step("conclude.sh", DEVICE=device, CPU=cpu, GPU=gpu)
    assert code == done.code, done.out
    assert ("::error title=conformance::" in done.out) == bool(code)

"""The outputs of a run: which there are, what they may replace, and that they agree with its end."""

import os
from pathlib import Path

import pytest
from msgspec.structs import replace

from runs import RUNS
from scikeras_conformance.cli.main import main
from scikeras_conformance.config import configuration_file
from scikeras_conformance.config.report_files import form_of, split_reports
from scikeras_conformance.config.run_options import RunOptions
from scikeras_conformance.exceptions import ReportError, UsageError
from scikeras_conformance.report.files import CONFIGURATION_FILES, check_writable, write_text
from scikeras_conformance.report.formats import render_as
from scikeras_conformance.report.outputs import Outputs, write_scripts
from scikeras_conformance.report.reading import load_report
from scikeras_conformance.report.wording import ending
from scikeras_conformance.report.writing import write_report


def test_outputs_without_a_report(tmp_path):
    """Formats can be asked for alone, in a file or in the terminal; nothing is streamed then."""
    outputs = Outputs(None, str(tmp_path / "scripts"), [f"shields={tmp_path / 's.json'}", "github"])
    outputs.open()
    outputs.stream(lambda: RUNS["failed"], RUNS["failed"].results)
    assert not outputs.streams
    outputs.write(RUNS["failed"], lambda one: f"# {one.id}")
    assert "0/" not in (tmp_path / "s.json").read_text()
    expected = {f"# {one.id}" for one in RUNS["failed"].failures}
    assert expected == {file.read_text() for file in (tmp_path / "scripts").iterdir()}
    (text,) = outputs.to_terminal(RUNS["failed"])
    assert text.startswith("::")


def no_script(result):
    raise AssertionError("nobody asked for scripts")


def test_outputs_grow_with_the_run(tmp_path):
    """Each result is written once, as soon as it is there."""
    path = tmp_path / "r.json"
    outputs = Outputs(str(path), None, [])
    outputs.open()
    whole = RUNS["failed"]
    for count in (1, 3, 3):
        outputs.stream(lambda: replace(whole, results=()), whole.results[:count])
    assert 3 == path.read_text().count('{"id": ')
    outputs.write(whole, script_of=no_script)
    assert whole == load_report(path)


def test_scripts_that_cannot_be_written(tmp_path):
    """A file where the folder should be is an error of the report."""
    (tmp_path / "scripts").write_text("")
    with pytest.raises(ReportError, match="scripts cannot be written"):
        write_scripts(RUNS["failed"], tmp_path / "scripts", str)


@pytest.mark.parametrize(
    ("report", "exports"),
    [("r", ["html=r"]), (None, ["html=r", "junit=./r"]), ("r", ["html=link"])],
)
def test_two_outputs_in_one_file_are_a_slip(tmp_path, monkeypatch, report, exports):
    """The second would replace the first silently."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "link").symlink_to("r")
    with pytest.raises(UsageError, match="Two outputs of the run go to"):
        Outputs(report, None, exports)


def test_no_output_replaces_what_is_read(tmp_path, capsys):
    """Neither the baseline of a run nor a stored report is gone after a slip in a name."""
    with pytest.raises(UsageError, match="is the baseline"):
        Outputs(None, None, [f"html={tmp_path}/b.toml"], baseline=f"{tmp_path}/./b.toml")
    with pytest.raises(UsageError, match="is the configuration of the run"):
        Outputs(f"{tmp_path}/c.toml", None, [], config_file=f"{tmp_path}/./c.toml")
    path = tmp_path / "r.json"
    write_report(RUNS["passed"], path)
    for command in (["report", str(path)], ["matrix", str(path)]):
        assert 2 == main([*command, "--to", "html", "--output", str(path)])
        assert "a report that is read" in capsys.readouterr().err
    assert RUNS["passed"] == load_report(path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="Windows has no pipes in a file system")
def test_a_pipe_is_written_to_and_not_replaced(tmp_path):
    """Whoever writes to /dev/stdout or /dev/null, as root in a container, keeps the device."""
    path = tmp_path / "pipe"
    os.mkfifo(path)
    reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    try:
        check_writable(path)
        write_text("text", path)
        assert b"text" == os.read(reader, 10)
    finally:
        os.close(reader)
    assert path.is_fifo()


def test_a_full_disk_is_an_error_of_the_report():
    """It is said, as for a file that cannot be opened."""
    with pytest.raises(ReportError, match="cannot be written"):
        write_text("text", Path("/dev/full"))


def test_a_link_is_followed_and_not_replaced(tmp_path):
    """A report or a baseline may be a link to where it is kept."""
    (tmp_path / "link").symlink_to("kept")
    write_text("text", tmp_path / "link")
    assert "text" == (tmp_path / "kept").read_text()
    assert (tmp_path / "link").is_symlink()


@pytest.mark.parametrize("name", ["a" * 254, "a" * 5000, "a\0b"])
def test_names_that_no_file_can_have(tmp_path, name):
    """They are errors of the report, whether they are found before the run or after it."""
    with pytest.raises(ReportError, match="cannot be written"):
        check_writable(tmp_path / name)
        write_text("text", tmp_path / name)


@pytest.mark.parametrize("name", ["scikeras-conformance.toml", "pyproject.toml"])
def test_no_output_replaces_a_configuration(tmp_path, name):
    """Whether the run reads it or not, by its own name or by a link."""
    (tmp_path / name).write_text("")
    (tmp_path / "link").symlink_to(name)
    for path in (tmp_path / name, tmp_path / "link"):
        with pytest.raises(UsageError, match="configuration file"):
            Outputs(path, None, [])


def test_a_hard_link_to_what_is_read(tmp_path):
    """Another name of the baseline is the baseline."""
    (tmp_path / "b.toml").write_text("")
    os.link(tmp_path / "b.toml", tmp_path / "r.json")
    with pytest.raises(UsageError, match="is the baseline"):
        Outputs(tmp_path / "r.json", None, [], baseline=tmp_path / "b.toml")


def test_the_names_of_configuration_files_are_those_that_are_read():
    """The two lists cannot drift apart."""
    assert {configuration_file.FILE, configuration_file.SHARED_FILE} == CONFIGURATION_FILES


@pytest.mark.parametrize(
    ("name", "form"),
    [("r.html", "html"), ("R.HTM", "html"), ("r.md", "markdown"), ("r.xml", "junit"),
     ("r.sarif", "sarif"), ("r.txt", "text"), ("r.json", "json"), ("r", "json"), ("r.log", "json")],
)  # fmt: skip
def test_the_extension_of_a_report_is_its_format(name, form):
    """What is no extension of a format is a JSON report, as ever."""
    assert form == form_of(name)
    report, exports = split_reports([name])
    expected = Path(name).absolute()
    wanted = (expected, ()) if form == "json" else (None, (f"{form}={expected}",))
    assert wanted == (report, exports)


def test_two_json_reports():
    """The first grows during the run; the second is written at its end."""
    first, second = Path("a.json").absolute(), Path("b.json").absolute()
    assert (first, (f"json={second}",)) == split_reports(["a.json", "b.json"])
    options = RunOptions.of({"subject": "toy", "report": ["a.json", "c.html"], "exports": ["text"]})
    assert first == options.report
    assert ("text", f"html={Path('c.html').absolute()}") == options.exports


def test_report_and_run_take_formats_alike(tmp_path, capsys):
    """Several formats at once, each with a file or for the terminal."""
    path = tmp_path / "r.json"
    write_report(RUNS["failed"], path)
    page, text = tmp_path / "page", tmp_path / "out.txt"
    assert 1 == main(["report", str(path), "--to", f"html={page}", "--to", "text"])
    assert page.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    shown = capsys.readouterr().out
    assert "(exit code 1)" in shown.splitlines()[-1]
    assert 1 == main(["report", str(path), "--output", str(text)])
    assert shown == text.read_text(encoding="utf-8")
    assert 1 == main(["report", str(path)])
    assert shown == capsys.readouterr().out
    assert 1 == main(["report", str(path), "--to", "json", "--output", str(tmp_path / "c")])
    assert RUNS["failed"] == load_report(tmp_path / "c")


@pytest.mark.parametrize("name", RUNS)
def test_the_last_line_and_the_exit_code_agree(name):
    """The words about a run and its code come from one place."""
    report = RUNS[name]
    line = ending(report)
    assert line == render_as("text", report).splitlines()[-1]
    assert line.endswith(f"(exit code {int(report.footer.exit_code)})")
    if report.footer.exit_code != 0:
        assert not line.startswith("conformant (")


def test_the_last_line_about_a_report_that_could_not_be_written():
    """It does not call the run what its results would have been."""
    line = ending(RUNS["passed"], "The report r.json cannot be written: no space.")
    assert "incomplete: The report r.json cannot be written: no space (exit code 3)" == line


def test_what_can_be_written_is_written(tmp_path):
    """One file that cannot be written does not take the others along."""
    (tmp_path / "gone").mkdir()
    exports = [f"html={tmp_path}/gone/r.html", f"text={tmp_path}/r.txt"]
    outputs = Outputs(tmp_path / "gone" / "r.json", None, exports)
    (tmp_path / "gone").rmdir()
    with pytest.raises(ReportError, match="r.json"):
        outputs.write(RUNS["passed"], no_script)
    assert "conformant" in (tmp_path / "r.txt").read_text(encoding="utf-8")

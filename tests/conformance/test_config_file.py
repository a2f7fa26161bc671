"""The configuration of a run."""

from pathlib import Path

import pytest

from scikeras_conformance.cli.main import _parser
from scikeras_conformance.config.combining import combine
from scikeras_conformance.config.configuration_file import (
    Keys,
    Settings,
    find_settings,
    read_settings,
)
from scikeras_conformance.config.option_table import OPTIONS
from scikeras_conformance.config.run_options import RunOptions
from scikeras_conformance.exceptions import UsageError
from scikeras_conformance.runner.device import Device
from scikeras_conformance.subject.estimator_factories import parse_factory

EVERYTHING = """
subject = "pkg.wrappers"
profiles = ["documented", "hygiene"]
chapters = ["INIT"]
checks = ["INIT-5"]
wrappers = ["base"]
device = "cpu"
time-limit = 30
strict = true
workers = 2
baseline = "known/baseline.toml"
estimators = { classifier = "pkg.tests:classifier", regressor = "pkg.tests:regressor" }
"""


def write(folder, text, name="scikeras-conformance.toml"):
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_every_key_becomes_an_option(tmp_path):
    """Each key has the value that the option of the command line would have."""
    path = write(tmp_path, EVERYTHING)
    expected = {
        "subject": "pkg.wrappers",
        "profiles": ("documented", "hygiene"),
        "chapters": ("INIT",),
        "checks": ("INIT-5",),
        "wrappers": ("base",),
        "device": "cpu",
        "time_limit": 30.0,
        "strict": True,
        "workers": 2,
        "baseline": str(tmp_path / "known" / "baseline.toml"),
        "estimators": ("classifier=pkg.tests:classifier", "regressor=pkg.tests:regressor"),
    }
    assert Settings(path, expected) == read_settings(path)


def test_where_the_configuration_is_found(tmp_path):
    """In a file of its own, or in pyproject.toml; never in both, and not having one is fine."""
    assert Settings() == find_settings(tmp_path)
    shared = write(tmp_path, "[tool.other]\nx = 1", "pyproject.toml")
    assert Settings() == find_settings(tmp_path)
    write(tmp_path, "tool = 1", "pyproject.toml")
    assert Settings() == find_settings(tmp_path)
    write(tmp_path, "[tool.scikeras-conformance]\nsubject = 'a'", "pyproject.toml")
    assert Settings(shared, {"subject": "a"}) == find_settings(tmp_path)
    own = write(tmp_path, "subject = 'b'")
    with pytest.raises(UsageError, match="keep one"):
        find_settings(tmp_path)
    shared.unlink()
    assert Settings(own, {"subject": "b"}) == find_settings(tmp_path)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("subjct = 'a'", "unknown key 'subjct'. Did you mean 'subject'"),
        ("time_limit = 3", "Did you mean 'time-limit'"),
        ("subject = 1", "subject takes a text"),
        ("subject = ''", "subject takes a text"),
        ("profiles = 'documented'", "profiles takes a list"),
        ("profiles = [1]", "profiles takes a list"),
        ("strict = 'yes'", "strict takes true or false, not 'yes'"),
        ("time-limit = -1", "time-limit takes a number of seconds"),
        ("time-limit = nan", "time-limit takes a number of seconds"),
        ("time-limit = true", "time-limit takes a number of seconds"),
        ("time-limit = '3'", "time-limit takes a number of seconds"),
        ("workers = 0", "workers takes a whole number"),
        ("workers = true", "workers takes a whole number"),
        ("workers = 'many'", "workers takes a whole number"),
        ("device = 'gup'", "device takes 'cpu' or 'gpu', not 'gup'. Did you mean 'gpu'"),
        ("device = 'tpu'", "device takes 'cpu' or 'gpu', not 'tpu'"),
        ("device = 1", "device takes 'cpu' or 'gpu', not 1"),
        ("device = ''", "device takes 'cpu' or 'gpu', not ''"),
        ("estimators = 1", "estimators takes a text"),
        ("estimators = 'nonsense'", "'nonsense' are not understood"),
        ("estimators = { clasifier = 'a:b' }", "Did you mean 'classifier'"),
        ("estimators = { classifier = 1 }", "estimators takes a text"),
        ("subject = ", "is not TOML"),
        ("subject = 'a\\0'".replace("'", '"').replace("\\0", "\\u0000"), "subject takes a text"),
        ("time-limit = inf", "time-limit takes a number of seconds"),
        ("time-limit = 1" + "0" * 400, "time-limit takes a number of seconds"),
        ("time-limit = 1" + "0" * 5000, "is not TOML"),
        ("subject = " + "[" * 20_000, "is not TOML"),
    ],
)
def test_slips_are_errors_that_name_the_file(tmp_path, text, complaint):
    """A key or a value that is not understood is never passed over."""
    path = write(tmp_path, text)
    with pytest.raises(UsageError, match="configuration .*scikeras-conformance.toml") as error:
        read_settings(path)
    assert complaint in str(error.value)


def test_files_that_are_no_configuration(tmp_path):
    """A named file has to be there, to be text, and to be about the suite."""
    with pytest.raises(UsageError, match="cannot be read"):
        read_settings(tmp_path / "none.toml")
    (tmp_path / "odd.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(UsageError, match="cannot be read"):
        read_settings(tmp_path / "odd.toml")
    with pytest.raises(UsageError, match="has no table"):
        read_settings(write(tmp_path, "", "pyproject.toml"))
    with pytest.raises(UsageError, match="is not a table"):
        read_settings(write(tmp_path, "[tool]\nscikeras-conformance = 1", "pyproject.toml"))


@pytest.mark.parametrize("name", ["scikeras_conformance", "scikeras-conformace"])
def test_a_table_that_is_mistyped_is_not_passed_over(tmp_path, name):
    """A run without it would have neither its baseline nor its selection."""
    write(tmp_path, f"[tool.{name}]\nsubject = 'a'", "pyproject.toml")
    with pytest.raises(UsageError, match=r"Did you mean \[tool.scikeras-conformance\]"):
        find_settings(tmp_path)


@pytest.mark.parametrize("name", ["scikeras", "conformance", "ruff"])
def test_tables_of_other_tools_are_left_alone(tmp_path, name):
    """A file that is not about the suite is none of its business."""
    write(tmp_path, f"[tool.{name}]\nsubject = 'a'", "pyproject.toml")
    assert Settings() == find_settings(tmp_path)


@pytest.mark.parametrize("is_link", [True, False])
def test_a_configuration_that_is_no_file_is_not_passed_over(tmp_path, is_link):
    """A link to nowhere, or a folder, would leave a run without its baseline and its selection."""
    path = tmp_path / "scikeras-conformance.toml"
    path.symlink_to("nowhere") if is_link else path.mkdir()
    with pytest.raises(UsageError, match="cannot be read"):
        find_settings(tmp_path)


@pytest.mark.parametrize(
    ("option", "value", "complaint"),
    [
        ("--time-limit", "nan", "a number of seconds"),
        ("--time-limit", "inf", "a number of seconds"),
        ("--time-limit", "-5", "a number of seconds"),
        ("--time-limit", "soon", "a number of seconds"),
        ("--estimators", "clasifier=a:b", "Did you mean 'classifier'"),
    ],
)
def test_values_on_the_command_line_are_refused_with_the_reason(option, value, complaint, capsys):
    """A time that is none would be no limit; and a slip is told the nearest name here too."""
    with pytest.raises(SystemExit) as error:
        _parser().parse_args(["run", "toy", option, value])
    assert 2 == error.value.code
    assert complaint in capsys.readouterr().err


def test_the_command_line_wins():
    """What is said twice is taken from the command line, the rest from the file or the default."""
    settings = Settings(Path("f.toml"), {"subject": "file", "strict": True})
    options = combine(settings, {"subject": "line"})
    expected = RunOptions(subject="line", strict=True, config_file=Path("f.toml"))
    assert expected == options


def test_a_selection_of_the_command_line_sets_that_of_the_file_aside():
    """A check that is named is meant, whatever profiles the file is about."""
    file = {"subject": "a", "profiles": ("api",), "checks": ("INIT",), "wrappers": ("base",)}
    options = combine(Settings(None, file), {"chapters": ["TGT"]})
    assert RunOptions(subject="a", chapters=("TGT",), wrappers=("base",)) == options


def test_the_baseline_of_the_file_can_be_set_aside():
    """--no-baseline says that there is none, which is more than saying nothing."""
    settings = Settings(None, {"subject": "a", "baseline": "b.toml"})
    assert Path("b.toml").absolute() == combine(settings, {}).baseline
    assert None is combine(settings, {"baseline": None}).baseline


def test_a_run_without_a_subject_is_refused():
    """Neither the file nor the command line names one."""
    with pytest.raises(UsageError, match="There is no subject"):
        combine(Settings(), {"strict": True})


def test_every_key_is_an_option_of_a_run():
    """What the file can say a run can follow: no key is left over."""
    assert set() == set(Keys.__struct_fields__) - set(RunOptions.__struct_fields__)


def test_every_option_of_the_parsers_is_an_option_of_a_run():
    """What a parser takes arrives somewhere."""
    assert set() == {option.field for option in OPTIONS} - set(RunOptions.__struct_fields__)


def test_the_device_of_the_command_line_wins():
    """What the file wants to be run on a GPU can be run without one."""
    settings = Settings(None, {"subject": "a", "device": Device.GPU})
    assert Device.GPU is combine(settings, {}).device
    assert Device.CPU is combine(settings, {"device": "cpu"}).device


def test_options_reach_a_worker_as_they_are():
    """Plain data and back gives the same options, with paths, device and number of workers."""
    options = RunOptions.of(
        {
            "subject": "a",
            "checks": ["INIT-5"],
            "estimators": ["pkg:adapter"],
            "device": "cpu",
            "workers": 3,
            "baseline": "b.toml",
            "exports": ["html=h.html", "badge"],
            "config_file": Path("c.toml"),
        }
    )
    plain = options.to_plain()
    assert {str, int, float, bool, list, tuple, type(None)} >= {
        type(value) for value in plain.values()
    }
    assert options == RunOptions.from_plain(plain)
    assert (f"html={Path('h.html').absolute()}", "badge") == options.exports


@pytest.mark.parametrize(
    ("values", "complaint"),
    [
        ({"subject": "a.py"}, "not its file"),
        ({"subject": "a", "estimators": ["nonsense"]}, "are not understood"),
        ({"subject": "a", "estimators": ["x:y", "x:z"]}, "Two estimators are for the classifier"),
    ],
)
def test_options_that_are_not_valid(values, complaint):
    """They are refused where they are made, before anything is imported."""
    with pytest.raises(UsageError, match=complaint):
        RunOptions.of(values)


@pytest.mark.parametrize("text", ["pkg.mod:adapter", "classifier=pkg:make.one"])
def test_forms_of_estimator_factories(text):
    """An adapter for all wrappers, or a function for one."""
    assert text == parse_factory(text)

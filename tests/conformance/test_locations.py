"""Where a subject is, and the line of it that a failure is about."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from runs import failed, run
from scikeras_conformance.report import locations
from scikeras_conformance.report.formats import FORMATS, render_as
from scikeras_conformance.report.locations import Location, location_of, root_of
from scikeras_conformance.subject.loading import load_subject
from scikeras_conformance.subject.sources import sources_of


def test_where_a_subject_comes_from(toy_on_path):
    """Its file, and the line of each class."""
    sources = sources_of(load_subject("toy_subject"))
    (root,) = sources["roots"]
    assert "toy_subject.py" == Path(root).name
    line = sources["definitions"]["classifier"]["line"]
    assert "class KerasClassifier" in Path(root).read_text().splitlines()[line - 1]


def test_the_sources_of_a_package_and_of_nothing():
    """A package is its folder; a class without a file has no line."""
    import email.message

    made = type("Made", (), {"__module__": "none"})
    classes = {"base": email.message.Message, "classifier": made}
    subject = SimpleNamespace(classes=classes, public_class=classes.get)
    sources = sources_of(subject)
    assert str(Path(email.__file__).parent) in sources["roots"]
    assert ["base"] == list(sources["definitions"])


def test_the_root_is_the_checkout(tmp_path):
    """Paths are shown from where the repository begins, or from where the run was started."""
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    assert inner == root_of(inner)
    (tmp_path / ".git").mkdir()
    assert tmp_path == root_of(inner)


def test_files_on_another_drive(monkeypatch):
    """There is no path from one drive to another."""

    def relpath(*_):
        raise ValueError

    monkeypatch.setattr(locations.os.path, "relpath", relpath)
    assert None is Location("/a", 1, exact=True).under("/b")


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("frame", [("x.py", "9" * 5000), (chr(0xD800), "3"), (chr(0xDCFF), "3")])
def test_frames_that_a_subject_makes_up_break_no_format(form, frame):
    """A traceback may name a line that is no number to Python, and a file that is no text."""
    details = '  File "/code/repo/src/toy/{}", line {}, in fit'.format(*frame)
    record = run(failed(details=details))
    assert render_as(form, record)
    assert location_of(record, record.results[0]) is not None


def test_frames_of_others_are_not_the_subjects():
    """A folder whose name begins like the subject's is not the subject."""
    details = 'x\n  File "/code/repo/src/toybox/a.py", line 3, in f\n'
    record = run(failed(details=details))
    assert not location_of(record, record.results[0]).exact

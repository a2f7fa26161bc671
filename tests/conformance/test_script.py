"""Scripts that reproduce a check without the suite."""

import subprocess
import sys

import pytest

from scikeras_conformance.catalog.plan import make_plan
from scikeras_conformance.catalog.selection import Selection
from scikeras_conformance.checks import CATALOG
from scikeras_conformance.report.reproduction.script import script_for

PLAN = make_plan(CATALOG, Selection())
ONE_OF_EACH = list({planned.check.id: planned for planned in PLAN}.values())

RUNNER = """
import pathlib, re, sys, types
sys.modules["scikeras_conformance"] = None  # not installed, as far as the scripts can tell
sys.modules["tensorflow"] = None  # which Keras would import on every backend
sys.path[:0] = {path!r}
for file in sorted(pathlib.Path(sys.argv[1]).iterdir()):
    module = types.ModuleType("__script__")
    sys.modules[module.__name__] = module
    text = file.read_text()
    try:
        exec(compile(text, file.name, "exec"), vars(module))
        subject = module.subject()
        for name in sorted(set(re.findall(r"\\bsubject\\.(\\w+)", text))):
            getattr(subject, name)
    except Exception as error:
        print("fault", text.split(":")[0].strip('"'), repr(error))
    else:
        if file.stem.startswith("run"):
            print("outcome", module.main())
"""


def is_wrong(planned):
    """Return whether a script does not compile, imports the suite, or does not say what it is of."""
    text = script_for(planned, "some.package:adapter", seed=1)
    compile(text, planned.id, "exec")
    return (
        "import scikeras_conformance" in text
        or "from scikeras_conformance" in text
        or not text.startswith(f'"""{planned.id}: {planned.check.verifies}')
    )


def test_some_checks_can_be_written_as_scripts():
    """A script compiles, imports nothing of the suite, and says what it is about."""
    assert [] == [planned.check.id for planned in ONE_OF_EACH[::40] if is_wrong(planned)]


def test_a_value_made_of_a_class_comes_after_it():
    """Also where methods of the class use the value."""
    (planned,) = (one for one in ONE_OF_EACH if one.check.id == "API-12.after-any-calls")
    text = script_for(planned, "some.package:adapter", seed=1)
    assert 0 < text.index("class Capability") < text.index("_WORDS: Mapping[Capability")
    assert 1 == text.count("_WORDS: Mapping[Capability")


@pytest.mark.slow
@pytest.mark.exhaustive
def test_every_check_can_be_written_as_a_script():
    """What holds for some scripts holds for all."""
    assert [] == [planned.check.id for planned in ONE_OF_EACH if is_wrong(planned)]


def run_scripts(folder, spec, names, loaded=()):
    """Return the outcomes of scripts, once none of them nor of those loaded has a fault."""
    for kind, plans in {"run": [item for item in PLAN if item.id in names], "load": loaded}.items():
        for number, planned in enumerate(plans):
            (folder / f"{kind}{number:03}.py").write_text(script_for(planned, spec, seed=1))
    done = subprocess.run(
        [sys.executable, "-c", RUNNER.format(path=sys.path), str(folder)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert 0 == done.returncode, done.stderr[-2000:]
    lines = done.stdout.splitlines()
    assert [] == [line for line in lines if line.startswith("fault")]
    return [line.split()[-1] for line in lines if line.startswith("outcome")]


SOME = [
    "CLS-2",
    "INIT-5b.callbacks",
    "COMP-5.loss",
    "TGT-1.b",
]

LOADED = [
    "INIT-10.set-between-fits",  # a table of what an enumeration says, which uses the table
    "HYG-2.settings-anywhere",  # asks the subject for its packages
    "API-3.after-any-calls",
]


@pytest.mark.process
def test_scripts_come_to_the_same_result(tmp_path, light_processes):
    """Without the suite, what is kept is kept; others load, and the subject has what they ask for."""
    names = [next(item.id for item in PLAN if item.id.startswith(start)) for start in SOME]
    loaded = [planned for planned in ONE_OF_EACH if planned.check.id in LOADED]
    assert len(LOADED) == len(loaded)
    assert ["0"] * len(SOME) == run_scripts(tmp_path, "scikeras_reference", names, loaded)


@pytest.mark.exhaustive
@pytest.mark.process
def test_every_script_loads(tmp_path, light_processes):
    """Nothing is used before it is defined, and the subject has what any script asks it for."""
    assert [] == run_scripts(tmp_path, "scikeras_reference", [], ONE_OF_EACH)


@pytest.mark.exhaustive
@pytest.mark.process
def test_a_script_of_a_broken_wrapper(tmp_path, light_processes):
    """A mutant fails its script."""
    from mutants import MUTANTS

    mutant = MUTANTS["compiled_models_are_compiled_again"]
    names = [f"{mutant.kills[0]}:classifier:fit"]
    assert ["1"] == run_scripts(tmp_path, f"mutants:{mutant.name}", names)


@pytest.mark.exhaustive
@pytest.mark.process
@pytest.mark.parametrize("start", ["SER-1.workers", "SER-3.parallel", "SER-4.fresh-process"])
def test_a_script_that_starts_other_processes(tmp_path, light_processes, start):
    """What is sent to them can be read there, under the names that a run gives to scripts."""
    planned = next(item for item in PLAN if item.id.startswith(start))
    file = tmp_path / f"{planned.id.replace(':', '_')}.py"
    file.write_text(script_for(planned, "scikeras_reference", seed=1))
    done = subprocess.run([sys.executable, str(file)], capture_output=True, text=True, check=False)
    assert (0, "kept") == (done.returncode, done.stdout.split()[-1]), done.stderr[-2000:]


@pytest.mark.process
def test_a_property_comes_with_its_smallest_example(tmp_path, light_processes):
    """The script tries that one value, and needs no Hypothesis."""
    planned = next(item for item in PLAN if item.check.id.startswith("INIT-1.any"))
    text = script_for(planned, "empty", seed=1, example="{'q': [nan]}")
    assert "promise({'q': [nan]})" in text
    assert "1" == run_script_without(tmp_path, "hypothesis", text)


def run_script_without(folder, module, text):
    """Run a script on a subject that keeps nothing, where a module is missing."""
    (folder / "empty.py").write_text(
        "class BaseWrapper:\n"
        "    def __init__(self, model=None, **params): pass\n"
        "    def get_params(self, deep=True): return {}\n"
        "KerasClassifier = KerasRegressor = BaseWrapper\n"
    )
    (folder / "script.py").write_text(text)
    code = f"import sys; sys.modules[{module!r}] = None; import script; print(script.main())"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=folder
    )
    assert 0 == done.returncode, done.stderr[-2000:]
    return done.stdout.split()[-1]

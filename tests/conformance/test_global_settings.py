"""Settings of Keras are restored after every check, and a change is booked where it belongs."""

import keras
import numpy as np
import pytest

from commands import conformance, on_one_line
from scikeras_conformance import load_report
from scikeras_conformance.catalog.booking import CHECK, booked
from scikeras_conformance.catalog.check import NO_CASE, check
from scikeras_conformance.catalog.plan import PlannedCheck
from scikeras_conformance.catalog.results import Outcome, Result
from scikeras_conformance.catalog.wrappers import Wrapper
from scikeras_conformance.checks import CATALOG
from scikeras_conformance.runner.execute import execute
from scikeras_conformance.runner.global_settings import at_start, current, put, restored_settings
from scikeras_conformance.subject.loading import load_subject


def outcome_of(function):
    """Return the result of a check with this function."""
    made = check("TGT-1.trial", verifies="nothing", impact="none")(function)
    return execute(PlannedCheck(made, Wrapper.BASE, NO_CASE), load_subject("toy_subject"))


def test_a_change_is_written_down_and_restored():
    """The check keeps its outcome, its result names the change, and the next one starts anew."""
    before = current()
    result = outcome_of(lambda context: keras.config.set_floatx("float16"))
    assert (Outcome.PASSED, ("floatx ('float32' -> 'float16')",)) == (
        result.outcome,
        result.changed,
    )
    assert before == current()
    assert () == outcome_of(lambda context: None).changed


def test_whether_code_is_loaded_is_a_setting():
    """Keras has no function that tells, and none that switches it off again."""
    result = outcome_of(lambda context: keras.config.enable_unsafe_deserialization())
    assert ("unsafe deserialization (False -> True)",) == result.changed
    assert () == outcome_of(lambda context: None).changed


def test_a_change_in_a_check_that_fails_is_restored_too():
    """What the check found stays what it is about."""

    def failing(context):
        keras.config.set_epsilon(0.5)
        context.fail("something else")

    result = outcome_of(failing)
    assert (Outcome.FAILED, "something else") == (result.outcome, result.message)
    assert 1 == len(result.changed)
    assert 0.5 != keras.config.epsilon()


@pytest.mark.parametrize(
    ("name", "item", "changes"),
    [
        ("own_loss", np.mean, 1),
        ("scikeras_conformance>Anything", np.mean, 0),
        ("toys>Layer", type("Layer", (), {"__module__": "toys.layers"}), 0),
    ],
)
def test_who_registers_an_object(name, item, changes):
    """A user's object that is registered counts; classes of the suite and the subject do not."""
    with restored_settings(["toys"]) as found:
        keras.saving.get_custom_objects()[name] = item
    assert changes == len(found)
    assert (changes == 0) == (name in keras.saving.get_custom_objects())
    keras.saving.get_custom_objects().pop(name, None)


def test_classes_of_the_suite_stay_registered():
    """Their modules are imported late and once, and Keras finds them by their names when it copies."""
    name, objects = "scikeras_conformance>Late", keras.saving.get_custom_objects()
    with restored_settings():
        before = current()
        objects[name] = objects["other>Late"] = keras.layers.Dense
        put(before)
        assert name in objects
        assert "other>Late" not in objects
    del objects[name]


def test_the_settings_at_the_start_are_kept():
    """They are read once."""
    assert at_start() is at_start()


def result(name, wrapper="classifier", outcome=Outcome.PASSED, changed=()):
    """Return a result."""
    return Result(f"{name}:{wrapper}", name, wrapper, "", (name,), "MUST", outcome, changed=changed)


def test_a_change_is_booked_on_the_clause_about_settings():
    """HYG-2 fails for the wrapper concerned, and names the check; that one keeps its outcome."""
    changing = result("TGT-1.binary", changed=("floatx (1 -> 2)",))
    found = booked([changing, result(CHECK), result(CHECK, "regressor")])
    assert [Outcome.PASSED, Outcome.FAILED, Outcome.PASSED] == [one.outcome for one in found]
    assert "TGT-1.binary:classifier changed floatx (1 -> 2)" in found[1].message
    assert "restored after" in found[1].message


@pytest.mark.parametrize("outcome", [Outcome.FAILED, Outcome.NOT_OFFERED, Outcome.ERRORED])
def test_only_a_pass_is_changed(outcome):
    """What the check found itself says more, and what is not offered stays so."""
    results = [result("TGT-1.binary", changed=("x",)), result(CHECK, outcome=outcome)]
    assert tuple(results) == booked(results)


def test_many_changes_are_counted():
    """A wrapper that changes a setting in each fit does not fill the message."""
    results = [result(f"TGT-{n}.x", changed=("x",)) for n in range(9)]
    assert "so did 6 more checks" in booked([*results, result(CHECK)])[-1].message


def test_the_check_is_in_the_catalog():
    """A change is booked on a check that there is."""
    assert 1 == sum(one.id == CHECK for one in CATALOG)


LEAKY = """
import keras, numpy as np
from scikeras_reference import wrappers


class BaseWrapper(wrappers.BaseWrapper):
    def fit(self, X, y, **arguments):
        if np.ndim(y) == 2:
            keras.config.set_epsilon(1e-9)
        return super().fit(X, y, **arguments)


class KerasClassifier(BaseWrapper, wrappers.KerasClassifier):
    pass


class KerasRegressor(BaseWrapper, wrappers.KerasRegressor):
    pass
"""
"""A wrapper that changes a setting for a target that HYG-2 does not try."""


@pytest.mark.exhaustive
@pytest.mark.process
@pytest.mark.slow
def test_a_run_fails_by_what_another_check_saw(tmp_path, light_processes):
    """The check of TGT-5 passes, HYG-2 fails and names it, and the run is not conformant."""
    (tmp_path / "leaky.py").write_text(LEAKY, encoding="utf-8")
    checks = ["TGT-5.continuous-multioutput", CHECK]
    options = [option for name in checks for option in ("--check", name)]
    report = tmp_path / "report.json"
    done = conformance(
        "run", "leaky", "--wrapper", "regressor", *options, "--report", str(report), cwd=tmp_path
    )
    assert 1 == done.returncode, done.stdout + done.stderr
    outcomes = {one.check: one.outcome for one in load_report(report).results}
    assert {checks[0]: Outcome.PASSED, CHECK: Outcome.FAILED} == outcomes
    assert "TGT-5.continuous-multioutput:regressor:two-float32 changed epsilon" in on_one_line(
        done.stdout
    )

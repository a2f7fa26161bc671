"""Capabilities: declared as not offered, proven absent, and shown."""

import json

import pytest

from scikeras_conformance import run_check
from scikeras_conformance.catalog.plan import make_plan
from scikeras_conformance.catalog.results import Outcome
from scikeras_conformance.catalog.selection import Selection
from scikeras_conformance.catalog.wrappers import Wrapper
from scikeras_conformance.checks import CATALOG
from scikeras_conformance.cli.main import main
from scikeras_conformance.contract import Capability, load_contract
from scikeras_conformance.contract.capabilities import NEEDED_BY, parse_capabilities
from scikeras_conformance.exceptions import DeclarationError, SubjectIncompleteError, UsageError
from scikeras_conformance.runner.absence import DETECTORS, require_absent
from scikeras_conformance.runner.execute import execute
from scikeras_conformance.subject.loading import load_subject

pytest_plugins = ["pytester"]
pytestmark = pytest.mark.usefixtures("toy_on_path")

ALONE = "classifier=classifier_alone:Classifier"
REST = ["base", "regressor"]
PLAN = make_plan(CATALOG, Selection()).everything
RUN = ["--pyargs", "scikeras_conformance", "-p", "no:cacheprovider", "--tb=no", "-rN"]


def test_capabilities_belong_to_clauses_of_the_contract():
    """A clause of a capability exists, and each capability has clauses or is a wrapper."""
    assert set() == NEEDED_BY.keys() - load_contract().clauses.keys()
    of_clauses = set().union(*NEEDED_BY.values())
    assert set(Capability) == of_clauses | {Capability(wrapper) for wrapper in Wrapper}
    assert set(Capability) == DETECTORS.keys()


def test_a_capability_that_does_not_exist():
    """The nearest name is suggested, wherever it was written."""
    with pytest.raises(UsageError, match="no capability 'partial_fit'. Did you mean 'partial-fit'"):
        parse_capabilities(["partial_fit"])
    with pytest.raises(UsageError, match="Did you mean 'regressor'"):
        load_subject("classifier_alone:Mistyped")
    with pytest.raises(UsageError, match=r"take a list, such as \['base'\]"):
        parse_capabilities("base")


def test_a_check_needs_the_capabilities_of_its_clause_and_its_wrapper():
    """What a check needs can be told without running it."""
    planned = next(one for one in PLAN.values() if one.check.clauses[0] == "ROUTE-5")
    assert {"routed-parameters", "callback-classes", str(planned.wrapper)} == planned.needs
    assert {"base"} == PLAN["CLS-3.model-comes-first:base"].needs
    assert {"base"} == PLAN["API-10.events:base:instance"].needs
    assert {"base", "callback-classes"} == PLAN["API-10.events:base:class"].needs


def test_explain_names_the_capabilities_of_a_check(capsys):
    """Who declares one as not offered can see what that leaves out."""
    assert 0 == main(["explain", "ROUTE-5"])
    assert "needs:    callback-classes, routed-parameters" in capsys.readouterr().out


def test_a_subject_with_one_wrapper():
    """It is complete if it says that it does not offer the others."""
    subject = load_subject(ALONE, not_offered=REST)
    assert [Wrapper.CLASSIFIER] == list(subject.classes)
    assert {"classifier": "classifier_alone.Classifier"} == subject.identity.wrappers
    require_absent(subject)
    with pytest.raises(SubjectIncompleteError, match="--not-offered base --not-offered regressor"):
        load_subject(ALONE)
    with pytest.raises(SubjectIncompleteError, match="no wrapper"):
        load_subject("classifier_alone", not_offered=map(str, Wrapper))


def test_an_adapter_says_what_it_does_not_offer():
    """What is declared elsewhere comes on top."""
    subject = load_subject("classifier_alone:Adapter", not_offered=["encoders"])
    assert {"base", "regressor", "routed-parameters", "encoders"} == subject.not_offered


@pytest.mark.parametrize(
    ("spec", "absent", "complaint"),
    [
        ("toy_subject", ["regressor"], "is declared not to offer a regressor, and has one"),
        (
            "classifier=toy_subject:KerasClassifier",
            ["base", "regressor"],
            "a base wrapper, but there is toy_subject.BaseWrapper. Take 'base' out",
        ),
        ("scikeras_reference", ["builders"], "fit.X, y. calls the builder"),
        ("scikeras_reference", ["initialize"], "KerasClassifier|BaseWrapper has the attribute"),
        ("scikeras_reference", ["partial-fit"], "has the attribute partial_fit"),
        ("scikeras_reference", ["encoders"], "has the attribute feature_encoder"),
        ("scikeras_reference", ["random-state"], "has the parameter random_state"),
        ("scikeras_reference", ["compilation-parameters"], "compiles an uncompiled model"),
        ("scikeras_reference", ["builder-arguments"], "passes meta and compile_kwargs and params"),
        ("scikeras_reference", ["routed-parameters"], "passes width=3 to the builder"),
        ("scikeras_reference", ["callback-classes"], "makes a callback of the class"),
    ],
)
def test_what_is_there_cannot_be_declared_absent(spec, absent, complaint):
    """The error says what was found, and what to do."""
    with pytest.raises(DeclarationError, match=complaint):
        require_absent(load_subject(spec, not_offered=absent))


def test_a_subject_that_takes_models_offers_no_builders():
    """The suite calls its builders itself, so nothing can be said about how they are called."""
    subject = load_subject(
        "classifier=builder_subjects:TakesModels", not_offered=REST, builder_protocol="none"
    )
    assert {*REST, "builders"} == subject.not_offered
    require_absent(subject)
    for name in (
        "BUILD-2.named-parameters-stay:classifier:same-names",
        "INIT-11.new-model:classifier",
    ):
        assert Outcome.NOT_OFFERED == execute(PLAN[name], subject).outcome


def test_settings_of_another_sense_are_no_builder_arguments():
    """An argument compile_kwargs without an optimizer is not the one of the contract."""
    absent = [*REST, "builder-arguments"]
    spec = "classifier=builder_subjects:SettingsForMetrics"
    require_absent(load_subject(spec, not_offered=absent))


def test_what_is_not_there_can_be_declared_absent():
    """Each capability beside the one wrapper."""
    absent = [str(one) for one in Capability if one != "classifier"]
    require_absent(load_subject(ALONE, not_offered=absent))


def test_checks_of_what_is_not_offered_are_not_executed():
    """Their result says what is not offered."""
    subject = load_subject("classifier_alone:Adapter")
    planned = next(one for one in PLAN.values() if one.check.clauses[0] == "ROUTE-1")
    result = execute(planned, subject)
    assert Outcome.NOT_OFFERED == result.outcome
    assert "routed parameters (routed-parameters)" in result.message
    assert Outcome.PASSED == execute(PLAN["CLS-3.model-comes-first:classifier"], subject).outcome


def test_one_check_of_what_is_not_offered():
    """`run_check` says so too; it is no pass."""
    results = run_check("ROUTE-1", "classifier_alone:Adapter", wrapper="classifier")
    assert [Outcome.NOT_OFFERED] == [result.outcome for result in results]
    assert not results.passed
    absent = [*REST, "routed-parameters"]
    (result,) = run_check("ROUTE-1", ALONE, wrapper="classifier", not_offered=absent)
    assert Outcome.NOT_OFFERED == result.outcome


@pytest.fixture
def pytester(pytester, loaded_suite):
    """Run pytest in this process."""
    return pytester


def run(pytester, spec, *names, absent=REST):
    flags = [part for name in absent for part in ("--conformance-not-offered", name)]
    checks = [part for name in names for part in ("--conformance-check", name)]
    done = pytester.runpytest_inprocess(
        *RUN, "--conformance-subject", spec, *flags, *checks, "--conformance-report", "r.json"
    )
    return done, json.loads((pytester.path / "r.json").read_text())


def test_a_run_of_a_subject_with_one_wrapper(pytester):
    """It can be conformant in what it offers, and says how much that is."""
    done, report = run(pytester, ALONE, "CLS-1", "CLS-3", "INIT-3")
    assert 0 == done.ret
    done.stdout.fnmatch_lines(["*CONFORMANT IN WHAT IT OFFERS (2 OF 3 CLAUSES)*"])
    counts = report["footer"]["counts"]
    assert (8, 2, 6) == (counts["planned"], counts["passed"], counts["not_offered"])
    assert REST == report["header"]["subject"]["not_offered"]


def test_a_run_of_what_is_not_offered_alone(pytester):
    """It is no pass."""
    done, report = run(pytester, ALONE, "SCORE-4")
    assert (5, "nothing run") == (done.ret, report["footer"]["verdict"])


def test_a_run_of_a_false_declaration(pytester):
    """It is a usage error, with what was found."""
    done, report = run(pytester, "classifier=toy_subject:KerasClassifier", "CLS-3")
    assert (2, "usage error") == (done.ret, report["footer"]["verdict"])
    assert "there is toy_subject.BaseWrapper" in report["footer"]["refusal"]


def test_an_unknown_capability_of_an_option(pytester):
    """Nothing is run."""
    done = pytester.runpytest_inprocess(
        *RUN, "--conformance-subject", ALONE, "--conformance-not-offered", "regresor"
    )
    assert 0 != done.ret
    done.stderr.fnmatch_lines(["*There is no capability 'regresor'. Did you mean 'regressor'?*"])


def test_a_case_named_after_a_method_needs_the_method():
    """A check of fit and initialize is judged by its case of fit where there is no initialize."""
    plan = make_plan(CATALOG, Selection(checks=["INIT-7.model-is-a-keras-model"]))
    needs = {planned.case: planned.needs for planned in plan if planned.wrapper == "base"}
    assert {Capability.BASE} == needs["fit"]
    assert {Capability.BASE, Capability.INITIALIZE} == needs["initialize"]

"""Builder protocols, helper models, and the smoke stage before a run."""

import copy
import functools
import inspect
import json
import pickle
import random

import pytest

from scikeras_conformance import conformance_tests
from scikeras_conformance.catalog.plan import make_plan
from scikeras_conformance.catalog.selection import Selection
from scikeras_conformance.catalog.wrappers import Wrapper
from scikeras_conformance.checks import CATALOG
from scikeras_conformance.checks._support.helper_models import helper_model
from scikeras_conformance.exceptions import CannotFitError, UsageError
from scikeras_conformance.runner.basic_use import (
    basic_use_of,
    helper_number,
    require_basic_use,
    working_protocols,
)
from scikeras_conformance.runner.context import CheckContext
from scikeras_conformance.runner.execute import execute
from scikeras_conformance.runner.seeding import seed_everything
from scikeras_conformance.subject.builder_protocol import BuilderProtocol, adapter_for
from scikeras_conformance.subject.loading import load_subject

pytest_plugins = ["pytester"]
pytestmark = pytest.mark.usefixtures("toy_on_path")

REST = ["base", "regressor"]


def subject_of(name, protocol=None):
    return load_subject(
        f"classifier=builder_subjects:{name}", not_offered=REST, builder_protocol=protocol
    )


def context_of(subject):
    return CheckContext(subject, Wrapper.CLASSIFIER)


# -- protocols ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "protocol"),
    [
        ("Keywords", "keywords"),
        ("DataFirst", "data-first"),
        ("DataByName", "data-first"),
        ("Shapes", "shapes"),
        ("TakesModels", "none"),
    ],
)
def test_a_subject_is_fitted_with_its_protocol(name, protocol):
    """With the one that is declared it works, and its name is found where it is not."""
    subject = subject_of(name, protocol)
    require_basic_use(subject, Wrapper.CLASSIFIER)
    assert protocol == subject.builder_protocol
    if protocol != "keywords":
        with pytest.raises(CannotFitError, match=f"--builder-protocol {protocol}"):
            require_basic_use(subject_of(name), Wrapper.CLASSIFIER)


def test_an_adapter_adapts_builders_by_hand():
    """Any protocol can be met by a method."""
    subject = load_subject("builder_subjects:Adapter")
    assert BuilderProtocol.ADAPTER is subject.builder_protocol
    assert 0 == basic_use_of(subject, Wrapper.CLASSIFIER).helper
    with pytest.raises(UsageError, match="keep one"):
        load_subject("builder_subjects:Adapter", builder_protocol="shapes")


def test_a_protocol_that_does_not_exist():
    """The nearest name is suggested."""
    with pytest.raises(UsageError, match="Did you mean 'data-first'"):
        subject_of("Keywords", "data_first")


def build(units=1, *, y=None, **more):
    return units, y, more


def test_an_adapted_builder_passes_on_what_the_builder_names():
    """Data by position or by name, and all other keywords as they are."""
    wrapped = adapter_for(BuilderProtocol.DATA_FIRST)(build)
    assert (3, "y", {"a": 1}) == wrapped("X", "y", units=3, a=1)
    assert (1, "y", {}) == wrapped(X="X", y="y")
    assert ["X", "y", "units", "more"] == list(inspect.signature(wrapped).parameters)
    shapes = adapter_for(BuilderProtocol.SHAPES)(build)
    assert (2, None, {}) == shapes((3,), (), units=2)


def test_an_adapted_builder_is_one_object():
    """It can be compared with, cloned, copied and pickled like the builder itself."""
    wrap = adapter_for(BuilderProtocol.DATA_FIRST)
    wrapped = wrap(build)
    assert wrapped is wrap(build)
    assert wrapped is copy.deepcopy(wrapped)
    assert wrapped is copy.copy(wrapped)
    assert (3, "y", {}) == pickle.loads(pickle.dumps(wrapped))("X", "y", units=3)
    partial = functools.partial(build, units=2)
    assert (2, "y", {}) == copy.deepcopy(wrap(partial))("X", "y")


def test_checks_compare_with_what_was_given():
    """The context says what the constructor was given in place of a builder."""
    context = context_of(subject_of("DataFirst", "data-first"))
    estimator = context.make(build, units=2)
    assert context.as_given(build) is context.params(estimator)["model"]
    assert build is context_of(subject_of("Keywords")).as_given(build)


def test_what_is_no_builder_is_given_as_it_is():
    """A protocol is about builders alone."""
    for protocol in ("data-first", "none"):
        context = context_of(subject_of("DataFirst", protocol))
        for value in (None, "dense", helper_model(context).compiled()):
            assert value is context.params(context.make(model=value))["model"]


def test_a_subject_without_builders_is_given_the_arguments_that_remain():
    """The suite builds the model with the arguments that the builder names."""
    context = context_of(subject_of("TakesModels", "none"))
    params = context.params(context.make(lambda units: ("model", units), units=3, epochs=2))
    assert {"model": ("model", 3), "epochs": 2} == params


@pytest.mark.parametrize(
    ("name", "case", "outcome"),
    [
        ("SeedsTraining", "fit", "passed"),
        ("SeedsTraining", "numpy", "passed"),
        ("SeedsTraining", "second-fit", "not_applicable"),
        ("TakesModels", "fit", "failed"),
    ],
)
def test_a_seed_counts_where_the_model_was_built_before(name, case, outcome):
    """The models that are given are equal, and the order of the rows is drawn in fit."""
    plan = make_plan(CATALOG, Selection(checks=["API-7.same-seed"]))
    (planned,) = (one for one in plan if one.wrapper is Wrapper.CLASSIFIER and one.case == case)
    assert outcome == execute(planned, subject_of(name, "none")).outcome


# -- helper models --------------------------------------------------------------------------------


def test_the_first_helper_model_that_can_be_trained():
    """A wrapper that trains one unit for each class is checked with such a model."""
    first = helper_model(context_of(subject_of("Keywords")))
    other = helper_model(context_of(subject_of("OneHot")))
    assert ("binary_crossentropy", "categorical_crossentropy") == (first.loss, other.loss)
    assert first.data.y.tolist() == other.data.y.tolist()
    assert first.data.X.tolist() == other.data.X.tolist()


def test_helper_models_are_tried_once():
    """What was found is kept with the subject."""
    subject = subject_of("Keywords")
    assert basic_use_of(subject, Wrapper.CLASSIFIER) is basic_use_of(subject, Wrapper.CLASSIFIER)


def test_a_builder_that_is_not_called_is_no_basic_use():
    """A subject that trains something else cannot be judged."""
    (problem, *_) = basic_use_of(subject_of("IgnoresBuilders"), Wrapper.CLASSIFIER).problems
    assert "fit(X, y), with a model of one sigmoid unit, did not call the builder" in str(problem)


def test_generators_are_seeded_by_the_first_question_only():
    """Whoever asks first goes on like one who asks later, and builders ask in the middle of fits."""
    subject = subject_of("Keywords")
    drawn = []
    for _ in range(2):
        seed_everything()
        helper_number(subject, Wrapper.CLASSIFIER)
        first = random.random()
        helper_number(subject, Wrapper.CLASSIFIER)
        drawn.append((first, random.random()))
    assert drawn[0] == drawn[1]
    assert drawn[0][0] != drawn[0][1]


# -- the smoke stage ------------------------------------------------------------------------------


def test_a_subject_that_never_fits():
    """What was called and raised is named, and what would help."""
    subject = subject_of("NeverFits")
    with pytest.raises(CannotFitError) as caught:
        require_basic_use(subject, Wrapper.CLASSIFIER)
    text = str(caught.value)
    assert "classifier: NeverFits(builder).fit(X, y)" in text
    assert "raised RuntimeError: out of order" in text
    assert "wrap_builder(builder)" in text
    assert [] == working_protocols(subject)


def test_a_fit_that_does_not_end():
    """The time limit of the run ends it, and says so."""
    with pytest.raises(CannotFitError, match="fit.X, y. was stopped after 0.2 s"):
        require_basic_use(subject_of("Hangs"), Wrapper.CLASSIFIER, limit=0.2)


RUN = ["--pyargs", "scikeras_conformance", "-p", "no:cacheprovider", "--tb=no", "-rN"]


@pytest.fixture
def pytester(pytester, loaded_suite):
    """Run pytest in this process."""
    return pytester


def run(pytester, name, *arguments):
    absent = [part for one in REST for part in ("--conformance-not-offered", one)]
    done = pytester.runpytest_inprocess(
        *RUN, "--conformance-subject", f"classifier=builder_subjects:{name}", *absent,
        "--conformance-report", "r.json", *arguments,
    )  # fmt: skip
    return done, json.loads((pytester.path / "r.json").read_text())


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        pytest.param("NeverFits", "init classifier=", marks=pytest.mark.slow),
        ("DataFirst", "--builder-protocol data"),
    ],
)
def test_a_run_of_what_cannot_be_fitted_ends_at_once(pytester, name, hint):
    """It has an exit code of its own, and no results that all say the same."""
    done, report = run(pytester, name)
    footer = report["footer"]
    assert (8, "cannot be fitted") == (done.ret, footer["verdict"])
    assert hint in footer["refusal"]
    assert hint in " ".join(done.stdout.str().split())
    assert [] == report["results"]


def test_who_names_a_check_sees_its_result(pytester):
    """A run that was narrowed by hand has no smoke stage."""
    done, report = run(pytester, "NeverFits", "--conformance-check", "CLS-3")
    assert (0, 1) == (done.ret, report["footer"]["counts"]["passed"])


def test_a_run_with_the_protocol(pytester):
    """It is shown in the report, and in the command that runs a check again."""
    arguments = ["--conformance-builder-protocol", "data-first", "--conformance-check", "CLS-2"]
    done, report = run(pytester, "DataFirst", *arguments)
    assert "data-first" == report["header"]["subject"]["builder_protocol"]
    assert 0 == done.ret


def test_conformance_tests_begin_with_the_smoke_stage():
    """Each item fails with the reason."""
    test = conformance_tests("classifier=builder_subjects:NeverFits", not_offered=REST)
    (mark,) = test.pytestmark
    with pytest.raises(CannotFitError, match="out of order"):
        test(mark.args[1][0].values[0])

"""Sequences of calls: the model of the contract, scripts, shorter sequences, blame."""

import subprocess
import sys

import numpy as np
import pytest
from sklearn.utils.multiclass import type_of_target

import scikeras_reference
from scikeras_conformance.catalog.wrappers import Wrapper
from scikeras_conformance.checks._support.call_sequences import family
from scikeras_conformance.checks._support.call_sequences.blame import blamed_clause
from scikeras_conformance.checks._support.call_sequences.driving import execute_sequence
from scikeras_conformance.checks._support.call_sequences.executed import (
    Difference,
    Executed,
    Raised,
)
from scikeras_conformance.checks._support.call_sequences.strategy import call_sequences
from scikeras_conformance.checks._support.call_sequences.table import table_for
from scikeras_conformance.checks._support.contract_model.calls import (
    BY_LABEL,
    Call,
    Sequence,
    as_script,
    simpler,
)
from scikeras_conformance.checks._support.contract_model.expectations import Expectations, Fact
from scikeras_conformance.checks._support.contract_model.facts import (
    UNSEEN,
    Batches,
    ByRow,
    difference,
)
from scikeras_conformance.checks._support.contract_model.tasks import (
    ROW_SETS,
    TARGETS,
    Task,
    forms_of,
    rows_for,
)
from scikeras_conformance.checks._support.properties import examples_of
from scikeras_conformance.runner.context import CheckContext
from scikeras_conformance.subject.loading import Subject

CLASSES = Task("multiclass-text", "one-hot")


@pytest.mark.parametrize("name", ROW_SETS)
@pytest.mark.parametrize(
    "task", [Task(target, form) for target in TARGETS for form in forms_of(target)]
)
def test_rows_are_what_they_are_said_to_be(task, name):
    """The type and the classes are those that scikit-learn finds, and a model has their outputs."""
    rows = rows_for(task, name)
    if name != "D":
        assert type_of_target(rows.y) == rows.type
    if rows.classes is not None:
        assert rows.probabilities.shape == (len(rows.y), len(rows.classes))
        assert rows.classes[rows.codes].tolist() == rows.y.ravel().tolist()
        assert name == "D" or np.unique(rows.y).tolist() == rows.classes.tolist()
    assert rows.outputs.shape[1] + 2 <= rows.X.shape[1]
    assert (rows.X[:, 1] == 0).all()


def facts_after(*calls, **settings):
    """Return the facts after the last call, by name."""
    state = Expectations(Sequence(CLASSES, calls, **settings))
    for call in calls[:-1]:
        state.after(call)
    return state.after(calls[-1])


def test_a_second_fit_starts_anew_and_a_warm_one_does_not():
    """What a fit leaves of the model before depends on warm_start."""
    fit = Call("fit")
    cold = facts_after(fit, fit)
    warm = facts_after(fit, fit, params=(("warm_start", True), ("epochs", 3)))
    assert ("INIT-11", "new") == cold["model_"]
    assert ("API-4", "the same as before") == warm["model_"]
    assert {"loss": 3} == warm["entries of history_"].value


def test_partial_fit_adds_an_epoch_also_of_validation():
    """The parameter epochs is for fit; validation is for every training."""
    facts = facts_after(
        Call("fit"), Call("partial_fit", "B"), params=(("epochs", 3),), validation="split"
    )
    assert ("API-1", {"loss": 1, "val_loss": 1}) == facts["entries added to history_"]
    assert ("API-3", 1) == facts["epochs"]


def test_the_weights_of_a_row_are_those_of_the_call_and_of_its_class():
    """They are multiplied, by label and not by position."""
    facts = facts_after(Call("fit", weighted=True), params=(("class_weight", BY_LABEL),))
    rows = rows_for(CLASSES, "A")
    clause, weights = facts["weights for training"]
    assert "API-5" == clause
    assert ["Bb", "Ccc", "a", "d", "e"] == rows.classes.tolist()
    expected = rows.weights * (0.5 + np.searchsorted(rows.classes, rows.y))
    assert expected.tolist() == weights.values[:, 0].tolist()


def test_a_clone_has_no_model():
    """Predicting with it raises, whatever the original was fitted with."""
    facts = facts_after(Call("fit"), Call("clone"), Call("predict"))
    assert ("INIT-9", "NotFittedError") == facts["what it raised"]


def test_after_initialize_there_are_no_epochs_and_fit_may_take_the_model():
    """A new model has no epochs; whether fit builds another one, no MUST says."""
    assert ("API-2", 0) == facts_after(Call("fit"), Call("initialize"))["current_epoch"]
    afterwards = facts_after(Call("initialize"), Call("fit"), uncompiled=True)
    assert afterwards.keys().isdisjoint({"model_", "compilations by the wrapper"})
    assert ("API-1", {"loss": 1}) == afterwards["entries of history_"]


def test_routed_and_given_values_come_before_plain_ones():
    """Each is the business of the clause that gives it precedence."""
    params = (("batch_size", 3), ("fit__batch_size", 5))
    routed = facts_after(Call("fit"), params=params)["batch_size of Model.fit"]
    given = facts_after(Call("fit", given=(("batch_size", 7),)), params=params)
    assert ("ROUTE-11", Batches(5)) == routed
    assert ("API-11", Batches(7)) == given["batch_size of Model.fit"]


@pytest.mark.parametrize(
    ("expected", "seen"),
    [
        (1, UNSEEN),
        (Batches(-1), (12, 12)),
        (Batches(None), (40, 12)),
        (ByRow([4, 5], np.eye(2)), ([5], [[0.0, 1.0]])),
        (np.array([["a"], ["b"]]), np.array(["a", "b"])),
        (["a"], np.array(["a"])),
        ({"a": 1, "b": 2}, {"a": 1, "b": UNSEEN}),
    ],
)
def test_what_comes_to_the_same_does_not_differ(expected, seen):
    """Rows may come in any order, columns flat, and batches with any number that makes them."""
    assert "" == difference(expected, seen)


@pytest.mark.parametrize(
    ("expected", "seen", "words"),
    [
        (Batches(5), (None, 12), "should make batches of 5 of 12 rows, and was None"),
        (ByRow([4, 5], np.eye(2)), ([5], [[1.0, 0.0]]), "should be [0.0, 1.0] for row 1"),
        (ByRow([4], np.eye(1)), ([9.0], [[1.0]]), "have a row that was not given"),
        (np.array([["a"], ["b"]]), np.array(["a", "c"]), "should be ['b'] in row 1; it is ['c']"),
        ({"a": 1, "b": 2}, {"a": 3, "b": UNSEEN}, "should be {'a': 1}; it is {'a': 3}"),
    ],
)
def test_a_difference_says_what_should_be(expected, seen, words):
    """It says what is instead, and where."""
    assert words in difference(expected, seen)


def test_random_sequences_are_the_same_each_time():
    """So a run can be repeated, and compared with another one."""
    first, second = (examples_of(lambda: call_sequences(Wrapper.CLASSIFIER), 20) for _ in range(2))
    assert first == second
    assert len(set(map(as_script, first))) > 10


@pytest.mark.process
def test_examples_after_the_collector_is_frozen():
    """Runs freeze it; older versions of Hypothesis then warn of their own generator, once."""
    code = (
        "import gc; from hypothesis import strategies as st\n"
        "from scikeras_conformance.checks._support.properties import examples_of\n"
        "gc.collect(); gc.freeze()\n"
        "assert 5 == len(examples_of(st.integers, 5))\n"
    )
    command = [sys.executable, "-W", "error:It looks like", "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert 0 == done.returncode, done.stderr


def test_shorter_sequences_lack_one_thing_each():
    """None of them is the sequence itself, so shortening comes to an end."""
    for sequence in table_for(Wrapper.CLASSIFIER)[:10]:
        candidates = list(simpler(sequence))
        assert candidates
        assert sequence not in candidates


def test_a_script_shows_what_was_called():
    """It can be read without knowing the suite."""
    sequence = Sequence(
        Task("binary", "sigmoid"),
        (Call("fit", weighted=True), Call("pickle"), Call("predict", "B")),
        (("class_weight", BY_LABEL), ("epochs", 2)),
        validation="split",
    )
    assert [
        "# y: binary; binary_crossentropy",
        (
            "est = KerasClassifier(build, class_weight={-1: 0.5, 1: 1.5}, epochs=2, "
            "validation_split=0.25)"
        ),
        "est.fit(X, y, sample_weight=w)",
        "est = pickle.loads(pickle.dumps(est))",
    ] == as_script(sequence, 1).splitlines()


def raising(where):
    """Return a function that executes a sequence and raises where `where` says so."""

    def execute(sequence):
        method = sequence.calls[1].method
        return Executed(raised=[Raised(1, method, ValueError("no"))] if where(sequence) else [])

    return execute


TWICE = Sequence(CLASSES, (Call("fit"), Call("partial_fit")), validation="split")


@pytest.mark.parametrize(
    ("where", "clause"),
    [
        (lambda sequence: sequence.validation and len(sequence.calls) > 1
         and sequence.calls[1].method == "partial_fit", "API-9"),
        (lambda sequence: sequence.calls[1].method == "partial_fit", "API-3"),
        (lambda sequence: bool(sequence.validation), ""),
        (lambda sequence: True, ""),
    ],
)  # fmt: skip
def test_an_exception_belongs_to_the_clause_without_which_there_is_none(where, clause):
    """What does not work even alone is the business of other checks."""
    execute = raising(where)
    assert clause == blamed_clause(TWICE, execute(TWICE).raised[0], execute)


@pytest.mark.parametrize(
    ("raises", "validation", "clause"),
    [
        (lambda one: one.frame and one.calls[0].weighted, "", "SKL-5"),
        (lambda one: one.calls[0].weighted and len(one.calls) > 2, "", "API-6"),
        (lambda one: one.frame, "", ""),
        (lambda one: one.frame and one.validation == "data", "data", ""),
    ],
)
def test_what_a_series_leads_to_is_not_the_business_of_weights(raises, validation, clause):
    """Frames that are refused for validation are left open, and any frame is another check's."""
    calls = (Call("fit", weighted=True), Call("predict"), Call("score"))
    sequence = Sequence(CLASSES, calls, validation=validation, frame=True)

    def execute(one):
        return Executed(raised=[Raised(0, "fit", ValueError("no"))] if raises(one) else [])

    assert clause == blamed_clause(sequence, execute(sequence).raised[0], execute)


@pytest.mark.parametrize(
    ("raises", "clause"),
    [
        (lambda one: one.frame or one.calls[1].weighted, ""),
        (lambda one: True, "INIT-11"),
    ],
)
def test_what_two_things_lead_to_is_blamed_on_neither_the_call_nor_the_target(raises, clause):
    """Only a call that raises without any of them is broken itself."""
    again = (Call("fit"), Call("fit", weighted=True))
    sequence = Sequence(CLASSES, (*again, Call("predict")), frame=True)

    def execute(one):
        if one.calls == (Call("fit"), Call("predict")):
            return Executed()
        return Executed(raised=[Raised(1, "fit", ValueError("no"))] if raises(one) else [])

    assert clause == blamed_clause(sequence, execute(sequence).raised[0], execute)


def test_numbers_that_only_a_frame_leads_to_belong_to_the_clause_about_containers(monkeypatch):
    """What differs with arrays too stays where it is, and so does what is about the frame."""
    sequence = Sequence(CLASSES, (Call("fit", weighted=True),), frame=True)

    def execute(context, calls):
        assert not calls.frame
        return Executed([Difference("TGT-11", 0, "targets")])

    monkeypatch.setattr(family, "execute_sequence", execute)
    seen = [("TGT-11", "targets"), ("API-6", "weights"), ("SKL-3", "names")]
    found = family._differences(
        None, sequence, Executed([Difference(clause, 0, words) for clause, words in seen])
    )
    assert {"TGT-11": "targets", "SKL-5": "weights", "SKL-3": "names"} == {
        clause: one.words for clause, one in found.items()
    }


class WithoutScore(scikeras_reference.KerasClassifier):
    """A classifier that refuses to score, and keeps one epoch in each history."""

    def score(self, X, y, sample_weight=None):
        raise NotImplementedError

    def partial_fit(self, X, y, **kwargs):
        super().partial_fit(X, y, **kwargs)
        self.history_ = {name: them[:1] for name, them in self.history_.items()}
        return self


def test_a_refused_score_hides_no_later_call():
    """What is called next is judged, and the exception is known by its method."""
    context = CheckContext(Subject("x", dict.fromkeys(Wrapper, WithoutScore)), Wrapper.CLASSIFIER)
    calls = (Call("fit"), Call("score"), Call("partial_fit"), Call("score"), Call("predict"))
    executed = execute_sequence(context, Sequence(CLASSES, calls))
    assert [(1, "score")] == [(one.position, one.method) for one in executed.raised]
    assert ("API-1", 2) in {(one.clause, one.position) for one in executed.differences}
    assert executed.is_without("predict")
    assert not executed.is_without("score")


class StartsAnew(scikeras_reference.KerasClassifier):
    """A classifier that knows no warm start."""

    def fit(self, X, y, **kwargs):
        given, self.warm_start = self.warm_start, False
        super().fit(X, y, **kwargs)
        self.warm_start = given
        return self


def test_what_should_have_been_refused_is_not_booked_on_a_later_call():
    """Where a warm fit takes other features, an error of score says nothing of what score is."""
    context = CheckContext(Subject("x", dict.fromkeys(Wrapper, StartsAnew)), Wrapper.CLASSIFIER)
    calls = (Call("fit", "A"), Call("fit", "C"), Call("score", "A"))
    sequence = Sequence(CLASSES, calls, params=(("warm_start", True),))
    executed = execute_sequence(context, sequence)
    assert ["API-4"] == [one.clause for one in executed.differences if one.position == 1]
    assert [] == executed.raised


def test_an_encoder_of_the_users_own_need_not_count_outputs():
    """The number of outputs is metadata of the default encoder."""
    task = Task("continuous", "linear")
    for encoders in (False, True):
        sequence = Sequence(task, (), encoders=encoders)
        meta = Expectations(sequence).after(Call("fit", "A"))["meta"].value
        assert ("n_outputs_" in meta) is not encoders


def test_one_defect_is_not_booked_on_another_clause():
    """Rows that are not recognized, and targets of another form, say nothing of what follows."""
    expected = {
        name: Fact(clause, "right")
        for name, clause in {
            "features for training": "DATA-2",
            "targets for training": "TGT-11",
            "features for validation": "DATA-2",
            "targets for validation": "DATA-3",
            "weights for validation": "API-9",
        }.items()
    }
    right = dict.fromkeys(expected, "right")
    for wrong, clauses in {
        "targets for training": {"TGT-11"},
        "features for validation": {"DATA-2"},
        "targets for validation": {"DATA-3"},
    }.items():
        executed = Executed()
        seen = {**right, wrong: "wrong", "targets for validation": "wrong"}
        assert executed.compare(expected, seen)
        assert clauses == {one.clause for one in executed.differences}


FLAT, OLD = "predictions are flat", "predictions are old"


@pytest.mark.parametrize(
    ("words", "expected"),
    [([FLAT], {}), ([OLD], {"SER-1": OLD}), ([FLAT, OLD], {"SER-1": OLD})],
)
def test_what_differs_without_the_copy_too_is_no_defect_of_it(monkeypatch, words, expected):
    """The same calls are made without the copy; a difference that they show hides no later one."""
    sequence = Sequence(CLASSES, (Call("fit", "A"), Call("deepcopy"), Call("predict", "A")))
    made = []

    def execute(context, calls):
        made.append([call.method for call in calls.calls])
        return Executed([Difference("TGT-2", 1, FLAT)])

    monkeypatch.setattr(family, "execute_sequence", execute)
    seen = Executed([Difference("SER-1", 2, one) for one in words])
    found = family._differences(None, sequence, seen)
    assert expected == {clause: one.words for clause, one in found.items()}
    assert [["fit", "predict"]] == made

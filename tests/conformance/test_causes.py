"""Causes: which results belong together, and what is said of them."""

import json
import time

import pytest
from msgspec.structs import replace

from runs import SHOULD, blocked, failed, result, run
from scikeras_conformance.catalog.results import Origin, Result
from scikeras_conformance.exceptions import DamagedReportError
from scikeras_conformance.report.causes import causes_of
from scikeras_conformance.report.message_patterns import pattern_of, words_of
from scikeras_conformance.report.reading import from_dict
from scikeras_conformance.report.wording import clauses_phrase, size_phrase
from scikeras_conformance.report.writing import to_dict

LINE = Origin("toy/wrappers.py", 7, "Wrapper.fit", "self.model_.fit(X, y)")
OTHER = replace(LINE, source="self.model_.predict(X)", function="Wrapper.predict")
SHAPE = "ValueError: the shapes ({}, 2) and ({}, 3) differ"


def at(origin, exception, outcome="failed", **more):
    """Return a result that an exception from a line of the subject brought about."""
    return result(
        outcome, message=f"fit(...) raised {exception}", exception=exception, origin=origin, **more
    )


def named(name, check="X-1.a", *, clause="", **more):
    """Return a failed result of any check, which the suite need not have."""
    clause = clause or check.partition(".")[0]
    given = {"message": "", "exception": "", "outcome": "failed", "wrapper": "base", **more}
    return Result.from_dict(
        {
            "id": f"{check}:{name}",
            "check": check,
            "case": name,
            "clauses": [clause],
            "level": "MUST",
        }
        | given
    )


def groups(*results):
    """Return the ids of each cause, without order."""
    return {frozenset(cause.results) for cause in causes_of(results, ["Classifier", "Regressor"])}


def joined(*results):
    return groups(*results) == {frozenset(one.id for one in results)}


def apart(*results):
    return groups(*results) == {frozenset([one.id]) for one in results}


# -- what belongs together -------------------------------------------------------------------------


def test_one_statement_and_one_exception_are_one_cause_across_clauses():
    """Numbers and line numbers make no difference, whether a check failed or was blocked."""
    assert joined(
        at(LINE, SHAPE.format(8, 8)),
        at(replace(LINE, line=9), SHAPE.format(9, 9), check=SHOULD),
        at(LINE, SHAPE.format(1, 2), "blocked", case="z"),
    )


def test_another_exception_or_statement_is_another_cause():
    """What is mended in one place stays broken in the other."""
    first, second = named("a", origin=LINE, exception="ValueError: a bad shape"), "Y-1.b"
    assert apart(first, named("b", second, origin=LINE, exception="ValueError: no such loss"))
    assert apart(first, named("b", second, origin=LINE, exception="TypeError: a bad shape"))
    assert apart(first, named("b", second, origin=OTHER, exception="ValueError: a bad shape"))


def test_one_statement_that_breaks_a_common_promise_is_one_cause():
    """The form of a target is wrong for two losses: the same clause, in other words of Keras."""
    first = "ValueError: target and output must have the same shape"
    second = "ValueError: output has another rank"
    one = [
        named("a", origin=LINE, exception=first),
        named("b", "Y-1.b", origin=LINE, exception=first),
    ]
    other = [
        named("c", "Y-1.b", origin=LINE, exception=second),
        named("d", "Z-1.d", origin=LINE, exception=second),
    ]
    assert joined(*one, *other)
    stranger = named("e", "W-1.e", origin=LINE, exception="ValueError: no such batch size")
    ids = {frozenset(result.id for result in [*one, *other]), frozenset([stranger.id])}
    assert ids == groups(*one, *other, stranger)


def test_one_function_that_breaks_one_promise_in_two_ways_is_one_cause():
    """A statement of it raises, or one further on: for a promise that both break."""
    own = replace(LINE, source="raise ValueError(name)", raised=True)
    refused = [
        named("a", origin=own, exception="ValueError: no such name"),
        named("b", "Y-1.b", origin=own, exception="ValueError: no such name"),
    ]
    lacking = named("c", "Y-1.b", origin=LINE, exception="TypeError: unexpected 'alpha'")
    assert joined(*refused, lacking)
    elsewhere = named("c", "Y-1.b", origin=OTHER, exception="TypeError: unexpected 'alpha'")
    assert {frozenset(one.id for one in refused), frozenset([elsewhere.id])} == groups(
        *refused, elsewhere
    )
    unrelated = named("d", "Z-1.d", origin=LINE, exception="TypeError: unexpected 'alpha'")
    assert {frozenset(one.id for one in refused), frozenset([unrelated.id])} == groups(
        *refused, unrelated
    )


def test_what_a_statement_raises_itself_is_one_cause_whatever_it_says():
    """The message is the subject's own, and names what was given."""
    own = replace(LINE, source="raise ValueError(f'{name}')", raised=True)
    one = named("a", origin=own, exception="ValueError: hinge is no loss")
    assert joined(one, named("b", "Y-1.b", origin=own, exception="ValueError: wrong unit"))


def test_a_missing_attribute_is_one_cause_whatever_lacks_it():
    """It is the name of the attribute that says what to mend."""
    text = "AttributeError: '{}' object has no attribute '{}'"
    one = named("a", exception=text.format("Classifier", "initialize"))
    assert joined(one, named("b", "Y-1.b", exception=text.format("Sub", "initialize")))
    assert apart(one, named("b", "Y-1.b", exception=text.format("Classifier", "score")))


def test_broken_promises_are_grouped_by_their_clause():
    """Where nothing was raised, the clause is what is known."""
    assert joined(named("a", message="is 1"), named("b", "X-1.other", message="has no such name"))
    assert apart(
        named("a", message="the order is wrong"), named("b", "Y-1.b", message="no name is kept")
    )


def test_a_promise_that_is_binding_in_part_is_one_promise():
    """What SHOULD be has a clause of its own, beside that of what MUST be."""
    must, should = named("a", "X-5.a", message="is 1"), named("b", "X-5b.b", message="has no name")
    assert joined(must, should)
    assert apart(must, named("b", "X-50.b", message="has no name"))


def test_another_exception_than_the_right_one_is_a_broken_promise():
    """What is not refused fails further on, and what is to be mended stands before that."""
    late = named(
        "a",
        message="fit with no targets raised TypeError: oh; expected ValueError",
        exception="TypeError: oh",
        origin=LINE,
    )
    assert joined(late, named("b", message="fit with no rows raised nothing; expected ValueError"))
    lacking = named(
        "c",
        message="score raised AttributeError: no 'score'; expected NotImplementedError",
        exception="AttributeError: 'Base' object has no attribute 'score'",
        origin=replace(LINE, source="class Base:", function="Base"),
    )
    stopped = named(
        "d",
        "Y-1.b",
        outcome="blocked",
        exception="AttributeError: 'Sub' object has no attribute 'score'",
        origin=replace(LINE, source="class Base:", function="Base"),
    )
    assert joined(lacking, stopped), "it is missing for both"


def test_a_consequence_of_a_consequence_joins_what_both_follow_from():
    """A check that follows another one may itself be followed."""
    root = named("r", "X-1.type", message="it is no classifier")
    between = named("s", "Y-1.b", message="the loss is wrong", follows="X-1.type")
    assert joined(root, between, named("t", "Z-1.c", message="no instance", follows="Y-1.b"))


def test_promises_that_are_broken_with_the_same_words_are_one_cause():
    """Values and names of wrappers apart, two clauses say the same."""
    one = named("a", message="metrics should be made with {'a': 1}; it was made with {}")
    other = named("b", "Y-1.b", message="loss should be made with {'b': [2]}; it was made with {3}")
    assert joined(one, other)


def test_what_is_blocked_joins_the_broken_promise_of_its_clause():
    """It cannot be seen before the promise is kept; of another clause, or broken, it stays apart."""
    broken = named("a", message="the values were lost")
    given = {"exception": "TypeError: no such seed", "origin": LINE, "check": "X-1.b"}
    assert joined(broken, named("b", outcome="blocked", **given))
    assert apart(broken, named("b", **given))
    assert apart(broken, named("b", outcome="blocked", **{**given, "check": "Y-1.b"}))


def test_what_is_blocked_without_an_exception_joins_what_breaks_its_clause():
    """Each result for itself, because the step is the same for clauses that have nothing in common."""
    first = named("a", exception="TypeError: no such keyword", origin=LINE)
    second = named("a", check="Y-1.a", exception="ValueError: no such shape", origin=OTHER)
    same = {"outcome": "blocked", "message": "could not be checked: nothing was seen"}
    steps = [named("b", check=f"{chapter}-1.b", **same) for chapter in "XYZ"]
    expected = {
        frozenset([first.id, steps[0].id]),
        frozenset([second.id, steps[1].id]),
        frozenset([steps[2].id]),
    }
    assert expected == groups(first, second, *steps)


def test_an_exception_of_one_case_alone_joins_the_other_cases_of_its_check():
    """One from below the subject, that is; two cases that have it are a cause of their own."""
    others = [named(name, exception=SHAPE.format(1, 2), origin=LINE) for name in "efg"]
    alone = {"exception": "KeyError: 'loss'", "origin": OTHER}
    assert joined(*others, named("c", **alone))
    two = [named(name, **alone) for name in "cd"]
    assert {frozenset(one.id for one in pair) for pair in (others, two)} == groups(*others, *two)
    raised = {**alone, "origin": replace(OTHER, raised=True)}
    assert 2 == len(groups(*others, named("c", **raised)))
    assert 2 == len(groups(*others, named("c", check="X-1.b", **alone)))


def test_an_exception_in_another_process_is_that_of_this_one():
    """The message quotes it, and its clause is the same."""
    words = "TypeError: could not locate the class in question, make sure that it is imported"
    here = {"exception": words, "origin": LINE}
    elsewhere = named("a", message=f"predicting in a new process raised {words}")
    assert joined(elsewhere, named("b", **here))
    assert apart(elsewhere, named("b", **{**here, "exception": "TypeError: something else"}))
    assert apart(elsewhere, named("b", check="Y-1.b", **here))


def test_an_argument_that_a_function_does_not_take_is_no_defect_of_its_body():
    """The signature is one statement to change, and what `fit` does another."""
    signature = replace(LINE, source="def fit(self, X, y):")
    weights = "TypeError: fit() got an unexpected keyword argument 'sample_weight'"
    first = named("a", origin=signature, exception=weights)
    second = named("b", "Y-1.b", origin=signature, exception=weights)
    inside = named("c", origin=LINE, exception="ValueError: a bad shape", outcome="blocked")
    assert {frozenset([first.id, second.id]), frozenset([inside.id])} == groups(
        first, second, inside
    )


def test_a_step_that_stops_a_check_joins_no_failure_that_only_follows():
    """What follows from another promise breaks this clause for that reason alone."""
    root = named("a", "X-1.a", message="the type is unknown")
    follower = named("a", "X-2.b", message="left out", follows="X-1.a")
    stopped = named("b", "X-2.c", message="could not be checked: no model", outcome="blocked")
    raising = named("b", "X-2.c", message="no", outcome="blocked", exception="TypeError: no")
    for one in (stopped, raising):
        assert frozenset([one.id]) in groups(root, follower, one)
    own = named("c", "X-2.d", message="broken", exception="TypeError: no", origin=LINE)
    assert frozenset([stopped.id, own.id]) in groups(root, follower, stopped, own)


def test_no_result_is_lost_where_causes_are_joined():
    """What joins one cause is not there any more for a result that looks for its own."""
    words = "ValueError: the target has another shape than the output"
    given = {"exception": words, "message": f"fit raised {words}"}
    several = [named(name, **given) for name in "abc"]
    hindered = named("d", outcome="blocked", **given)
    elsewhere = named("e", "X-1.b", message=f"in a new process, fit raised {words}")
    alone = named("f", exception="TypeError: cannot add", origin=LINE)
    assert joined(*several, hindered, elsewhere, alone)


def test_an_assertion_of_scikit_learn_is_a_broken_promise():
    """Its estimator checks assert; where, says nothing about the subject."""
    texts = ("AssertionError: not equal", "AssertionError: Estimator is in the wrong order")
    assert joined(*(named(text, message=text, exception=text) for text in texts))


def test_a_consequence_joins_what_it_follows_from():
    """A check may know that another one failed for the same reason."""
    root = named("r", "X-1.type", message="it is no classifier")
    follower = named("f", "Y-1.b", message="did not run", follows="X-1.type")
    cause, *_ = causes_of([follower, root])
    assert {root.id, follower.id} == set(cause.results)
    assert root.id == cause.example
    other = named("r", "X-1.type", wrapper="regressor", message="it is none")
    assert joined(follower, other), "the check is not for the wrapper of the follower"
    passed = named("p", "X-1.type", outcome="passed")
    assert groups(follower, other, passed) == {frozenset([follower.id]), frozenset([other.id])}


def test_passes_and_errors_of_the_suite_have_no_cause():
    """Nothing of the subject is to be mended for them."""
    assert () == causes_of([result(), result("errored", message="e"), result("unavailable")])


# -- what is said of them --------------------------------------------------------------------------


def test_what_a_cause_tells():
    """The most frequent first, with the clauses in the order of the contract and an example."""
    many = [at(LINE, SHAPE.format(n, n), case=str(n)) for n in range(3)]
    first, second = causes_of([named("a", message="m"), *many, blocked(wrapper="regressor")])[:2]
    assert (3, 0, LINE, ("CLS-1",)) == (first.failed, first.blocked, first.origin, first.clauses)
    assert first.example in first.results
    assert first.what.startswith("ValueError: the shapes")
    assert first.id != second.id


def test_a_cause_has_the_same_id_in_another_run():
    """Other results and other line numbers do not change it."""
    (one,) = causes_of([at(LINE, SHAPE.format(1, 1))])
    moved = at(replace(LINE, line=99), SHAPE.format(5, 5), case="z")
    (other,) = causes_of([moved, at(LINE, SHAPE.format(1, 1))])
    assert one.id == other.id


def test_the_example_is_a_failure_rather_than_a_blocked_check():
    """It has an impact, and was seen broken."""
    stopped = at(LINE, SHAPE.format(1, 1), "blocked", case="a")
    (cause,) = causes_of([stopped, at(LINE, SHAPE.format(2, 2), case="b")])
    assert cause.example.endswith(":b")


def test_the_words_for_the_size_of_a_cause():
    """They say how many results it has, and which clauses are concerned."""
    failure, stopped = (
        at(LINE, SHAPE.format(1, 1)),
        at(LINE, SHAPE.format(1, 1), "blocked", case="b"),
    )
    phrases = [
        size_phrase(causes_of(results)[0])
        for results in (
            [failure],
            [failure, failed(origin=LINE, exception="x")][:1],
            [failure, stopped],
        )
    ]
    assert "cause of 1 failed result" == phrases[0]
    assert "cause of 2 results: 1 failed, 1 blocked" == phrases[2]
    record = run(stopped)
    assert "blocks CLS-1 (MUST)" == clauses_phrase(record, record.causes[0])
    both = run(at(LINE, SHAPE.format(1, 1), check=SHOULD), stopped)
    assert "breaks CLS-9 (SHOULD); blocks CLS-1 (MUST)" == clauses_phrase(both, both.causes[0])


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ValueError: x=(1, 2) of 'a'", 'ValueError: x=(3,) of "b"'),
        ("TypeError: a.b.<locals>.build() missing 'x'", "TypeError: build() missing 'y'"),
        ("TypeError: <f at 0x1> is odd", "TypeError: <g at 0x2 (<h>)> is odd"),
        ("ValueError: Classifier is off by 0.1", "ValueError: Regressor is off by 1e-3"),
        ("a {'x': [1, (2, 3)]} b", "a {} b"),
    ],
)
def test_values_are_no_part_of_a_pattern(one, other):
    """Two messages that differ in values alone have one pattern."""
    assert pattern_of(one, ["Classifier", "Regressor"]) == pattern_of(other, ["Regressor"])


@pytest.mark.parametrize("part", ["a", "a.", "(", "()", "<", "<a>", "'", "`", "[{", "1.", "# "])
def test_a_long_message_takes_no_long_time(part):
    """No message of a subject stops the report."""
    start = time.process_time()
    pattern_of(part * 100_000)
    assert time.process_time() - start < 1


def test_the_words_of_a_message_are_those_of_its_first_line():
    """A counter-example below it is a value."""
    assert words_of("a loss is lost\nFailing test case: x") == words_of("a loss is lost")
    assert frozenset() == words_of("")


# -- in a stored report ----------------------------------------------------------------------------

RUN = run(result(), failed(wrapper="classifier"), failed(check=SHOULD))


@pytest.mark.parametrize(
    "change",
    [
        {"results": ["CLS-1.extends-base:regressor"]},
        {"failed": 0},
        {"blocked": 1},
        {"example": "CLS-1.extends-base:regressor"},
    ],
)
def test_causes_that_are_not_those_of_the_results(change):
    """A report cannot lead with something that it does not hold."""
    data = json.loads(json.dumps(to_dict(RUN)))
    data["causes"][0] |= change
    with pytest.raises(DamagedReportError, match="the causes are not those"):
        from_dict(data)
    with pytest.raises(DamagedReportError, match="the causes are not those"):
        from_dict({**data, "causes": []})


def test_a_result_lacks_what_has_its_default():
    """Most results are passes, of which there is little to say; what is left out reads as empty."""
    data = json.loads(json.dumps(to_dict(RUN)))
    assert not any("example" in one for one in data["results"])
    spelled_out = [{"example": "", **one} for one in data["results"]]
    assert RUN == from_dict({**data, "results": spelled_out})

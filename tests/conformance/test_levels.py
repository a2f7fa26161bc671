"""Whether the level of a clause is that of its checks, so that a broken MUST is never advisory."""

from scikeras_conformance.checks import CATALOG
from scikeras_conformance.contract import Level, load_contract

LESS_BINDING = {
    "API-1.same-names": "names that Keras itself numbers in a process",
    "API-1.two-forms": "a list for each form of one metric; the clause is about each quantity",
    "API-10.instance-kept-clean": "INIT-5b, which is a SHOULD, is about given callbacks",
    "API-11.callback-of-a-call": "the clause leaves open whether a copy gets the events",
    "API-13.column-after-flat": "whoever flattens a column trains on the right targets",
    "API-2.seen-by-callbacks": "the clause is about the attribute, not about what callbacks receive",
    "API-3.classes-again": "the clause is about the first call with classes",
    "COMP-5.optimizer-as-given": "what Keras's own copies of an optimizer lose",
    "HYG-3.import-process": "the clause is about Keras and scikit-learn, not about the process",
    "HYG-5.earlier-fit": "the clause is about when the error is raised, not about what is left",
    "INIT-10.closed-subclass": "a routed parameter that the constructor does not take; that such a "
    "subclass can be cloned is INIT-4.own-constructor",
    "INIT-10.nested": "parameters of other estimators, which get_params does not have to list",
    "ROUTE-12.both-named": "the words of an error; that it is raised is ROUTE-12.no-class",
    "ROUTE-8.types": "the type of what a constructor receives, where Keras would convert it",
    "SER-1.initialized": "the clause is about estimators that are fitted or not",
    "SER-3.groups": "metadata routing, where scikit-learn may ask for a request",
    "TGT-1.flat-output": "an output without the axis of its one unit",
    "TGT-1.one-hot-loss": "the clause is about two units, and TGT-2 about one-hot losses",
    "TGT-11.own-loss": "the clause is about the losses of keras.losses",
    "TGT-3.one-value": "an indicator in which no label varies",
    "TGT-4.all-digits": "digits that float32 does not hold",
    "TGT-4.column-target": "the trailing shape of predictions, as in CLS-4b",
    "TGT-4.flat-output": "an output without the axis of its one unit",
    "TGT-5.other-width": "a model with another number of units than the target has columns",
}
"""Checks that are less binding than their clause, and why: they go beyond its words."""


def test_every_must_clause_has_a_must_check():
    """What a clause demands is demanded by a check of its own, in the profile of the clause.

    So a run of the default profile sees each broken MUST of the document.
    """
    own = {(check.clauses[0], check.profile) for check in CATALOG if check.level is Level.MUST}
    missing = [
        clause.id
        for clause in load_contract().clauses.values()
        if clause.level is Level.MUST
        and not clause.excluded
        and (clause.id, clause.profile) not in own
    ]
    assert [] == missing


def test_checks_that_are_less_binding_than_their_clause_say_why():
    """No part of a MUST becomes advisory unnoticed, and no reason outlives its check."""
    clauses = load_contract().clauses
    found = {check.id for check in CATALOG if check.level is not clauses[check.clauses[0]].level}
    assert set(LESS_BINDING) == found

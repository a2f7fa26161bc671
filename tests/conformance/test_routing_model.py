"""The suite's model of routed parameters follows the contract."""

import pytest

from scikeras_conformance.checks._support.routing_model import places, predicted


class A:
    pass


class B:
    pass


class C:
    pass


def test_the_example_of_the_document():
    """The example of the source document gives the result stated there."""
    routed = {
        "loss__from_logits": True,
        "loss__label_smoothing": 0.1,
        "loss__1__label_smoothing": 0.5,
    }
    expected = {
        A: {"from_logits": True, "label_smoothing": 0.1},
        B: {"from_logits": True, "label_smoothing": 0.5},
    }
    assert expected == predicted([A, B], routed, "loss")


@pytest.mark.parametrize(
    ("structure", "routed", "expected"),
    [
        (A, {"loss__a": 1, "loss__b": 2}, {A: {"a": 1, "b": 2}}),
        ({"x": A, "y": B}, {"loss__y__a": 1}, {A: {}, B: {"a": 1}}),
        (
            [[A, B], [C]],
            {"loss__0__a": 1, "loss__1__0__a": 2},
            {A: {"a": 1}, B: {"a": 1}, C: {"a": 2}},
        ),
        (
            {"x": [A, B]},
            {"loss__a": 1, "loss__x__a": 2, "loss__x__1__a": 3},
            {A: {"a": 2}, B: {"a": 3}},
        ),
        ([A], {"metrics__a": 1, "loss": 2, "losses__a": 3, "a": 4}, {A: {}}),
        ({"loss": A, "x": B}, {"loss__loss__a": 1}, {A: {"a": 1}, B: {}}),
        ([A, B], {"loss__2__a": 1}, {A: {}, B: {}}),
    ],
    ids=["class", "key", "nested", "deepest-wins", "others", "key-like-prefix", "nowhere"],
)
def test_who_receives_what(structure, routed, expected):
    """A parameter reaches exactly the classes whose place starts with its path."""
    assert expected == predicted(structure, routed, "loss")


def test_the_order_of_parameters_does_not_matter():
    """The longest path wins, whatever the order."""
    routed = {"loss__0__a": 2, "loss__a": 1}
    backwards = dict(reversed(routed.items()))
    assert predicted([A], routed, "loss") == predicted([A], backwards, "loss") == {A: {"a": 2}}


def test_places_in_a_nested_structure():
    """Each class has a place, of indices and keys."""
    expected = [(("metrics", "x", "0"), A), (("metrics", "x", "1"), B), (("metrics", "y"), C)]
    assert expected == list(places({"x": [A, B], "y": C}, ("metrics",)))

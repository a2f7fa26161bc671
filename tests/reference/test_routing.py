"""The rules of routed parameters, by themselves."""

import ast
import inspect

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scikeras_reference._parameters import routing as _routing
from scikeras_reference._parameters.routing import assemble, is_routed, plain, route
from scikeras_reference.exceptions import RoutingError


class A:
    pass


class B:
    pass


def make(cls, args, kwargs, path):
    return (path, cls.__name__, args, kwargs)


def test_imports_neither_keras_nor_scikit_learn():
    """The module of the rules depends on the standard library and on the errors alone."""
    tree = ast.parse(inspect.getsource(_routing))
    modules = {n.module for n in ast.walk(tree) if isinstance(n, ast.ImportFrom)}

    assert {"collections.abc", "typing", "scikeras_reference.exceptions"} == modules
    assert not [n for n in ast.walk(tree) if isinstance(n, ast.Import)]


def test_route_cuts_the_destination_off():
    """Only names of that destination are given, and only one level is cut off."""
    params = {"loss__a": 1, "loss__0__b": 2, "loss": 3, "losses__a": 4, "loss__": 5}

    assert {"a": 1, "0__b": 2} == route(params, "loss")
    assert {"a": 1} == plain(route(params, "loss"))


def test_a_prefix_alone_is_not_a_route():
    """A name has to go on after its prefix."""
    assert not is_routed("loss__", {"loss__"})
    assert is_routed("loss__x", {"loss__"})


def test_shared_and_addressed_parameters():
    """An addressed parameter wins over a shared one, for its item only (ROUTE-10)."""
    params = {"a": 1, "1__a": 2, "1__b": 3}

    assert [("loss__0", "A", (), {"a": 1}), ("loss__1", "B", (), {"a": 2, "b": 3})] == assemble(
        [A, B], params, make, "loss"
    )


def test_shared_parameters_reach_nested_lists():
    """A shared parameter goes to every class below, however deep."""
    made = assemble({"x": [A, (B,)]}, {"p": 1, "x__1__p": 2}, make, "metrics")

    assert {
        "x": [("metrics__x__0", "A", (), {"p": 1}), (("metrics__x__1__0", "B", (), {"p": 2}),)]
    } == made


def test_the_longest_key_is_addressed():
    """Keys of a dict may hold the separator themselves."""
    made = assemble({"a": A, "a__b": B}, {"a__b__c": 1}, make, "loss")

    assert ({}, {"c": 1}) == (made["a"][3], made["a__b"][3])


def test_digits_are_positional_arguments():
    """Positional arguments come in the order of their numbers (ROUTE-14)."""
    assert ("cb", "A", ("x", "y"), {"z": 1}) == assemble(
        A, {"1": "y", "0": "x", "z": 1}, make, "cb"
    )


def test_positions_have_no_gaps():
    """A forgotten position is an error, not a shift of the others."""
    with pytest.raises(RoutingError, match="cb__0 was not given"):
        assemble(A, {"1": "y"}, make, "cb")


def test_a_class_given_as_argument_is_built():
    """A class among the arguments is built from what is routed to it (ROUTE-14)."""
    assert ("cb", "A", (("cb__0", "B", (), {"x": 1}),), {}) == assemble(
        A, {"0": B, "0__x": 1}, make, "cb"
    )


def test_a_class_that_is_a_value_stays_one():
    """A class that is not to be built is passed on as it is."""
    made = assemble(A, {"dtype": float}, make, "loss", builds=lambda cls: cls is not float)

    assert {"dtype": float} == made[3]


@pytest.mark.parametrize("item", [len, object(), "accuracy"])
@pytest.mark.parametrize("nest", [lambda i: i, lambda i: [i], lambda i: {"k": [i]}])
def test_what_is_no_class_takes_no_parameters(item, nest):
    """The error names the parameter and what it led to (ROUTE-12)."""
    with pytest.raises(RoutingError, match="loss.*does not accept parameters.*__x") as caught:
        assemble(nest(item), {"x": 1}, make, "loss")

    assert isinstance(caught.value, TypeError)


def test_none_in_a_list_takes_no_part():
    """None stands for an output without a loss: shared parameters pass it by."""
    assert [None, ("loss__1", "A", (), {"x": 1})] == assemble([None, A], {"x": 1}, make, "loss")


@pytest.mark.parametrize(
    ("item", "params", "match"),
    [
        ([A], {"3__x": 1}, "item 3 of loss"),
        ([], {"0__x": 1}, r"\(none\)"),
        ([None], {"0__x": 1}, "loss__0 is None"),
        (None, {"x": 1}, "loss is None"),
        (A, {"y__x": 1}, "Give loss__y too"),
        ({"k": A}, {"j__x": 1}, "Give loss__k__j too"),
    ],
)
def test_what_leads_nowhere_is_an_error(item, params, match):
    """Nothing is silently dropped."""
    with pytest.raises(RoutingError, match=match):
        assemble(item, params, make, "loss")


NAMES = st.sampled_from(["p", "q", "r"])
NESTS = st.recursive(
    st.sampled_from([A, B]),
    lambda inner: (
        st.lists(inner, min_size=1, max_size=3)
        | st.dictionaries(st.sampled_from(["k", "l"]), inner, min_size=1)
    ),
    max_leaves=6,
)


def leaves(nest, path=()):
    if isinstance(nest, dict):
        for key, value in nest.items():
            yield from leaves(value, (*path, key))
    elif isinstance(nest, list):
        for index, value in enumerate(nest):
            yield from leaves(value, (*path, str(index)))
    else:
        yield path


@pytest.mark.slow
@settings(max_examples=150, deadline=None)
@given(st.data())
def test_agrees_with_an_independent_model(data):
    """For random nests, each constructor gets what the deepest address that covers it says."""
    nest = data.draw(NESTS)
    paths = list(leaves(nest))
    addresses = sorted({path[:depth] for path in paths for depth in range(len(path) + 1)})
    routed = data.draw(
        st.dictionaries(st.tuples(st.sampled_from(addresses), NAMES), st.integers(), max_size=8)
    )

    received = {}

    def record(cls, args, kwargs, path):
        assert not args
        received[tuple(path.split("__")[1:])] = kwargs

    assemble(nest, {"__".join((*a, n)): v for (a, n), v in routed.items()}, record, "root")

    expected = {path: {} for path in paths}
    for path, kwargs in expected.items():
        for depth in range(len(path) + 1):
            for (address, name), value in routed.items():
                if address == path[:depth]:
                    kwargs[name] = value
    assert expected == received

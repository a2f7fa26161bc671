"""ROUTE-15: arguments reach the right class in any nested structure."""

from collections.abc import Mapping
from typing import Any

from scikeras_conformance.catalog.check import check
from scikeras_conformance.checks._support.destinations import (
    instances_made,
    require_made,
)
from scikeras_conformance.checks._support.modules import doubles
from scikeras_conformance.checks._support.predictions import same
from scikeras_conformance.checks._support.properties import require_for_all_examples
from scikeras_conformance.checks._support.routing_model import predicted
from scikeras_conformance.runner.context import CheckContext, show

CLASS = "class"


KEYS = ("first", "fit")


ARGUMENTS = ("alpha", "beta", "loss")


def _cases() -> Any:
    """Give a strategy of shapes of nests by destination, and parameters routed into them."""
    from hypothesis import strategies as st

    leaf = st.just(CLASS)
    inner = leaf | st.lists(leaf, min_size=1, max_size=2)

    def nests(item: Any) -> Any:
        keyed = st.dictionaries(st.sampled_from(KEYS), item, min_size=1)
        return leaf | st.lists(item, min_size=1, max_size=3) | keyed

    shapes = st.fixed_dictionaries(
        {
            "model": leaf,
            "optimizer": leaf,
            "loss": nests(leaf),
            "metrics": nests(inner),
            "callbacks": nests(inner),
        }
    )

    @st.composite
    def cases(draw: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        shape = draw(shapes)
        ways = [way for kind, nest in shape.items() for way in _ways(nest, kind)]
        names = st.tuples(st.sampled_from(ways), st.sampled_from(ARGUMENTS)).map("__".join)
        chosen = draw(st.lists(names, unique=True, max_size=8))
        return shape, {name: 1001 + number for number, name in enumerate(chosen)}

    return cases()


def _ways(nest: Any, start: str) -> list[str]:
    """Give the ways to a nest and to all that is inside."""
    if nest == CLASS:
        return [start]
    items = nest.items() if isinstance(nest, Mapping) else enumerate(nest)
    return [start, *(way for key, item in items for way in _ways(item, f"{start}__{key}"))]


def _with_classes(shape: Any, kind: str) -> Any:
    if shape == CLASS:
        return doubles.class_accepting_anything(kind)
    if isinstance(shape, Mapping):
        return {key: _with_classes(item, kind) for key, item in shape.items()}
    return [_with_classes(item, kind) for item in shape]


@check(
    "ROUTE-15.any-nest",
    verifies="in any nested structure of classes, each constructor and the builder receive "
    "exactly their own routed parameters",
    impact="in some combinations a setting reaches another object, or is lost",
    also=["ROUTE-10"],
)
def any_nest(context: CheckContext) -> None:
    def holds(case: tuple[dict[str, Any], dict[str, Any]]) -> None:
        shape, params = case
        nests = {kind: _with_classes(item, kind) for kind, item in shape.items() if kind != "model"}
        made = instances_made(context, nests, params)
        for kind, nest in nests.items():
            require_made(context, made.get(kind), predicted(nest, params, kind), kind)
        expected = predicted(object, params, "model")[object]
        context.require(
            same(made["model"], expected),
            f"the builder should receive {expected}; it received {show(made['model'])}",
        )

    require_for_all_examples(holds, _cases, examples=25)

"""ROUTE-15: arguments reach the right class in any nested structure."""

from collections.abc import Mapping
from typing import Any

from scikeras_conformance.catalog.check import Shares, check
from scikeras_conformance.checks._support.destinations import (
    instances_made,
    require_made,
)
from scikeras_conformance.checks._support.modules import doubles
from scikeras_conformance.checks._support.predictions import same
from scikeras_conformance.checks._support.properties import require_for_all_examples
from scikeras_conformance.checks._support.routing_model import predicted
from scikeras_conformance.contract import Capability
from scikeras_conformance.runner.context import CheckContext, show

CLASS = "class"
KEYS = ("first", "fit")
ARGUMENTS = ("alpha", "beta", "loss")


def _cases() -> Any:
    """Return a strategy for nested structures by destination, and parameters routed into them."""
    from hypothesis import strategies as st

    leaf = st.just(CLASS)
    inner = leaf | st.lists(leaf, min_size=1, max_size=2)

    def structures(item: Any) -> Any:
        keyed = st.dictionaries(st.sampled_from(KEYS), item, min_size=1)
        return leaf | st.lists(item, min_size=1, max_size=3) | keyed

    shapes = st.fixed_dictionaries(
        {
            "model": leaf,
            "optimizer": leaf,
            "loss": structures(leaf),
            "metrics": structures(inner),
            "callbacks": structures(inner),
        }
    )

    @st.composite
    def cases(draw: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        shape = draw(shapes)
        paths = [path for kind, structure in shape.items() for path in _paths(structure, kind)]
        names = st.tuples(st.sampled_from(paths), st.sampled_from(ARGUMENTS)).map("__".join)
        chosen = draw(st.lists(names, unique=True, max_size=8))
        return shape, {name: 1001 + number for number, name in enumerate(chosen)}

    return cases()


def _paths(structure: Any, start: str) -> list[str]:
    """Return the paths to a nested structure and to everything inside it."""
    if structure == CLASS:
        return [start]
    items = structure.items() if isinstance(structure, Mapping) else enumerate(structure)
    return [start, *(path for key, item in items for path in _paths(item, f"{start}__{key}"))]


def _with_classes(shape: Any, kind: str) -> Any:
    if shape == CLASS:
        # ROUTE-10 has classes that accept anything; a wrapper may go by the names in a signature.
        return doubles.class_accepting_anything(kind, *ARGUMENTS)
    if isinstance(shape, Mapping):
        return {key: _with_classes(item, kind) for key, item in shape.items()}
    return [_with_classes(item, kind) for item in shape]


@check(
    "ROUTE-15.any-nested-structure",
    verifies="in any nested structure of classes, each constructor and the builder receive "
    "exactly their own routed parameters",
    impact="in some combinations a setting reaches another object, or is lost",
    also=["ROUTE-10"],
    needs=[Capability.COMPILATION_PARAMETERS],
    shares=Shares.EXAMPLES,
)
def any_nested_structure(context: CheckContext) -> None:
    def holds(case: tuple[dict[str, Any], dict[str, Any]]) -> None:
        shape, params = case
        structures = {
            kind: _with_classes(item, kind) for kind, item in shape.items() if kind != "model"
        }
        made = instances_made(context, structures, params)
        for kind, structure in structures.items():
            require_made(context, made.get(kind), predicted(structure, params, kind), kind)
        expected = predicted(object, params, "model")[object]
        context.require(
            same(made["model"], expected),
            f"the builder should receive {expected}; it received {show(made['model'])}",
        )

    require_for_all_examples(holds, _cases, examples=context.examples or 25)

"""ROUTE-8 and ROUTE-14: positional arguments and strings in nested structures."""

from typing import Any

from scikeras_conformance.catalog.check import ESTIMATORS, check
from scikeras_conformance.checks._support.destinations import instances_made, nested_classes
from scikeras_conformance.checks._support.modules import doubles, np
from scikeras_conformance.checks._support.predictions import same
from scikeras_conformance.contract import Level
from scikeras_conformance.runner.context import CheckContext, show


def _positional() -> dict[str, tuple[str, dict[str, Any], dict[str, Any]]]:
    """Return by case: the nested structure, the routed parameters, the expected arguments.

    The arguments that a class was instantiated with stand for the instance.
    """
    inner = doubles.class_accepting_anything("argument")
    many = {str(i): 1000 + i for i in range(12)}
    return {
        "value": ("single", {"0": 1001}, {"0": 1001}),
        "value-and-keyword": ("single", {"alpha": 1, "0": 2}, {"alpha": 1, "0": 2}),
        "in-order": ("single", {"1": 2, "0": 1}, {"1": 2, "0": 1}),
        "more-than-ten": ("single", many, many),
        "in-list": ("list", {"1__0": 1001}, {"0": 1001}),
        "in-dict": ("dict", {"second__0": 1001}, {"0": 1001}),
        "class": ("single", {"0": inner, "0__alpha": 5}, {"0": {"alpha": 5}}),
        "class-alone": ("single", {"0": inner}, {"0": {}}),
        "dtype": ("single", {"alpha": np.float32}, {"alpha": np.float32}),
        "class-second": ("single", {"0": 4, "1": inner, "1__a": 5}, {"0": 4, "1": {"a": 5}}),
        "class-with-position": ("single", {"0": inner, "0__0": 5}, {"0": {"0": 5}}),
        "class-in-list": ("list", {"1__0": inner, "1__0__alpha": 5}, {"0": {"alpha": 5}}),
        "class-alone-in-list": ("list", {"1__0": inner}, {"0": {}}),
        "class-alone-in-dict": ("dict", {"second__0": inner}, {"0": {}}),
    }


POSITIONS = (
    "value",
    "value-and-keyword",
    "in-order",
    "more-than-ten",
    "in-list",
    "in-dict",
    "class",
    "class-alone",
    "class-second",
    "class-with-position",
    "class-in-list",
    "class-alone-in-list",
    "class-alone-in-dict",
)


@check(
    "ROUTE-14.positions",
    verifies="a digit as name is a positional argument of a callback, and a class given there "
    "is instantiated with its routed parameters",
    impact="callbacks with positional constructor arguments cannot be tuned",
    cases=POSITIONS,
)
def positions(context: CheckContext) -> None:
    _require_positions(context, "callbacks", context.case)


@check(
    "ROUTE-14.other-destinations",
    verifies="optimizers, losses and metrics also accept positional arguments by a digit as name",
    impact="a learning rate schedule with its own settings cannot be given as a class",
    cases=[
        f"{kind}-{case}"
        for kind in ("optimizer", "loss", "metrics")
        for case in ("in-order", "class")
    ],
)
def positions_in_other_destinations(context: CheckContext) -> None:
    kind, _, case = context.case.partition("-")
    _require_positions(context, kind, case)


@check(
    "ROUTE-8.types",
    verifies="a NumPy type that is routed to a constructor is passed as that type",
    impact="metrics__dtype=np.float64 becomes the number 0.0",
    wrappers=ESTIMATORS,
    cases=["optimizer", "loss", "metrics", "callbacks"],
    also=["ROUTE-5", "ROUTE-6", "ROUTE-7"],
    level=Level.SHOULD,
)
def types(context: CheckContext) -> None:
    _require_positions(context, context.case, "dtype")


def _require_positions(context: CheckContext, kind: str, case: str) -> None:
    shape, routed, expected = _positional()[case]
    structure = nested_classes(kind, shape)
    params = {f"{kind}__{name}": value for name, value in routed.items()}
    made = list(doubles.leaves(instances_made(context, {kind: structure}, params).get(kind)))
    target = list(doubles.leaves(structure))[-1]
    mine = [one for one in made if isinstance(one, target)]
    context.require(len(mine) == 1, f"there should be one instance of the class: {show(made)}")
    # An instantiated argument is represented by its own arguments.
    found = {
        name: getattr(value, "given", value) if not isinstance(value, type) else value
        for name, value in dict(getattr(mine[0], "given", {})).items()
    }
    context.require(
        same(found, expected), f"{kind} should be made with {expected}; it was made with {found}"
    )

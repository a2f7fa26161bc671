"""BUILD-1: arguments of the builder whose names are alike."""

from typing import Any

from scikeras_conformance.catalog.check import check
from scikeras_conformance.checks._support.preparation import require_it_works
from scikeras_conformance.checks._support.recording_builder import (
    fit_with_builder,
    recording_builder,
)
from scikeras_conformance.contract import Capability
from scikeras_conformance.runner.context import CheckContext

NAMES = (
    *("units", "Units", "UNITS", "units2", "units_2", "unit", "n_units", "modelunits"),
    *("model_units", "fit_units", "predict_units", "optimizer_units", "loss_units", "score_units"),
)


@check(
    "BUILD-1.similar-names",
    verifies="arguments whose names differ in case, digits or underscores reach the builder as "
    "different ones",
    impact="one of two layers gets the size of the other",
    cases=["plain", "routed", "both"],
    case_needs={"routed": Capability.ROUTED_PARAMETERS, "both": Capability.ROUTED_PARAMETERS},
)
def similar_names(context: CheckContext) -> None:
    require_it_works(context)
    values: dict[str, Any] = {name: 1001 + number for number, name in enumerate(NAMES)}
    prefixes = {"plain": ("", ""), "routed": ("model__", "model__"), "both": ("", "model__")}
    for order in (values, dict(reversed(values.items()))):
        build, calls = recording_builder(context, *NAMES)
        given = {
            f"{prefixes[context.case][number % 2]}{name}": value
            for number, (name, value) in enumerate(order.items())
        }
        with context.doing("fit with arguments for the builder whose names are alike"):
            _, received = fit_with_builder(context, build, calls, **given)
        wrong = [
            f"{name}={received.get(name)}" for name in NAMES if received.get(name) != values[name]
        ]
        context.require(not wrong, f"of {given} the builder received {', '.join(wrong)}")

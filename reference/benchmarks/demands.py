"""Performance demands on the reference, as ratios to other competitors in the same run."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from benchmarks.results import Spread, ratios, spread

__all__ = ["DEMANDS", "Demand", "Finding", "judge"]


@dataclass(frozen=True)
class Demand:
    """An upper limit for the median of reference ÷ competitor in a scenario.

    A missed stretch goal is shown, but does not make the run fail. `of` is the reference as it is
    used by those who set what the competitor sets.
    """

    scenario: str
    competitor: str
    at_most: float
    stretch: bool = False
    of: str = "reference"

    @property
    def name(self) -> str:
        """The scenario and the competitor, as they are called in the history."""
        of = "" if self.of == "reference" else f" ({self.of})"
        return f"{self.scenario} / {self.competitor}{of}"


DEMANDS = (
    Demand("predict-1", "scikeras", 1 / 20),
    Demand("predict-1", "predict_on_batch", 2.0),
    Demand("predict-1000", "keras", 1.0),
    Demand("predict-100000-by-32", "keras", 1.02),
    Demand("predict-100000-by-1000", "keras", 1.02),
    Demand("predict-100000", "keras", 1.02),
    Demand("search-warm", "scikeras", 1 / 8),
    Demand("search-cold", "scikeras", 1 / 4),
    Demand("search-warm", "skorch", 2.0, stretch=True),
    Demand("search-cold", "skorch", 2.0, stretch=True),
    Demand("search-warm", "mlp", 3.0, stretch=True),
    Demand("first-fit", "keras", 1.03),
    Demand("long-fit", "keras", 1.01),
    Demand("large-fit", "keras", 1.02),
    # Nothing is shared there, and looking at the data takes a tenth of such a fit.
    Demand("large-fit-steps", "keras", 1.02, stretch=True),
    Demand("large-predict", "keras", 1.02),
    Demand("images-fit", "keras", 1.02),
    Demand("images-predict", "keras", 1.02),
    Demand("float32-fit", "keras", 1.02),
    Demand("float32-predict", "keras", 1.02),
    Demand("texts-fit", "keras", 1.02),
    Demand("texts-predict", "keras", 1.02),
    *(
        demand
        for data in ("large", "float32", "images", "texts")
        for what in ("fit", "predict")
        for demand in (
            Demand(f"{data}-{what}", "keras-pipeline", 1.02),
            Demand(f"{data}-{what}", "keras-xla", 1.02, of="reference-xla"),
            # A compiled step rounds differently, so that it is nobody's default.
            Demand(f"{data}-{what}", "keras-xla", 1.02, stretch=True),
        )
    ),
    Demand("import", "keras", 1.02, stretch=True),
    Demand("construct", "skorch", 1.5),
    Demand("clone", "skorch", 1.5),
    Demand("get-params", "skorch", 1.5),
    Demand("pickle-size", "keras", 1.0),
    Demand("memory", "keras", 1.0),
    Demand("peak-sparse", "keras", 1.5),
    Demand("peak-batches", "keras", 1.5),
    Demand("peak-table", "keras", 1.1),
    Demand("peak-float32", "keras", 1.1),
    Demand("peak-texts", "keras", 1.1),
    Demand("peak-images", "keras", 1.1),
)


@dataclass(frozen=True)
class Finding:
    """A demand and the measured ratio, which is None if either competitor is missing."""

    demand: Demand
    measured: Spread | None

    @property
    def met(self) -> bool:
        """Whether the demand was measured and is met."""
        return self.measured is not None and self.measured.median <= self.demand.at_most

    @property
    def decided(self) -> bool:
        """Whether the middle half of the ratios is on one side of the limit."""
        return self.measured is not None and not (
            self.measured.low <= self.demand.at_most < self.measured.high
        )

    @property
    def fails(self) -> bool:
        """Whether the run fails: the demand is missed, and not by less than rounds differ."""
        return not self.demand.stretch and not self.met and (self.measured is None or self.decided)

    @property
    def verdict(self) -> str:
        """Return the verdict for the table."""
        if self.measured is None:
            return "not measured"
        if self.met:
            return "met"
        if not self.decided:
            return "not decided: rounds differ by more"
        return "not met (stretch)" if self.demand.stretch else "**not met**"


def judge(scenarios: Mapping[str, Mapping[str, Any]]) -> list[Finding]:
    """Compare every demand with the records of scenarios, by name."""
    findings = []
    for demand in DEMANDS:
        record = scenarios.get(demand.scenario)
        found = ratios(record, demand.competitor, demand.of) if record is not None else []
        known = bool(found) and all(math.isfinite(ratio) for ratio in found)
        findings.append(Finding(demand, spread(found) if known else None))
    return findings

"""The file of results: samples by scenario, and the environments they were measured in."""

import json
import os
import platform
import statistics
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any, Self

__all__ = ["Results", "Spread", "environment", "ratios", "spread"]

_FORMAT = 1
_PACKAGES = (
    *("keras", "tensorflow", "tensorflow-cpu", "jax", "torch", "scikit-learn", "numpy", "joblib"),
    *("scikeras", "skorch"),
)
Record = Mapping[str, Any]


@dataclass(frozen=True)
class Spread:
    """Median and quartiles."""

    median: float
    low: float
    high: float


def spread(samples: Iterable[float]) -> Spread:
    """Return median and quartiles of samples."""
    values = sorted(samples)
    if len(values) == 1:
        return Spread(values[0], values[0], values[0])
    low, median, high = statistics.quantiles(values, n=4, method="inclusive")
    return Spread(median, low, high)


def ratios(record: Record, competitor: str, of: str = "reference") -> list[float]:
    """Return reference ÷ competitor for each round, or an empty list if samples are missing."""
    samples = record["samples"]
    if of not in samples or competitor not in samples:
        return []
    pairs = zip(samples[of], samples[competitor], strict=True)
    found = [(own, other) for own, other in pairs if other > 0]
    return [own / other for own, other in found] if len(found) == record["rounds"] else []


class Results:
    """The content of a file of results; every change is written immediately.

    Parameters
    ----------
    path : pathlib.Path
        The file.
    content : mapping
        Its current content.
    """

    def __init__(self, path: Path, content: Mapping[str, Any] | None = None) -> None:
        self._path = path
        content = {"environments": [], "scenarios": {}} if content is None else content
        self.environments: list[dict[str, Any]] = list(content["environments"])
        self.scenarios: dict[str, dict[str, Any]] = dict(content["scenarios"])

    @classmethod
    def read(cls, path: Path) -> Self:
        """Return the results in a file."""
        content = json.loads(path.read_text(encoding="utf-8"))
        if content.get("format") != _FORMAT:
            raise ValueError(f"{path.name} is not a file of benchmark results; measure again")
        return cls(path, content)

    @property
    def backend(self) -> str:
        """The backend of Keras in these results.

        Raises
        ------
        ValueError
            If there is none, or if they are of several backends.
        """
        found = {
            self.environments[one["environment"]]["backend"] for one in self.scenarios.values()
        }
        if len(found) != 1:
            raise ValueError(f"these are results on {sorted(found)}; measure on one backend")
        (backend,) = found
        return str(backend)

    def add(self, name: str, record: Record, environment: dict[str, Any]) -> None:
        """Add or replace a record, and write the file."""
        self.scenarios.pop(name, None)
        self.scenarios[name] = {**record, "environment": self._number(environment)}
        self.write(self._path)

    def add_parts(self, name: str, found: Mapping[str, Any], environment: dict[str, Any]) -> None:
        """Add to a record where its calls spend their time, and write the file."""
        parts = {"seconds": found, "environment": self._number(environment)}
        self.scenarios[name]["parts"] = parts
        self.write(self._path)

    def _number(self, environment: dict[str, Any]) -> int:
        if environment not in self.environments:
            self.environments.append(environment)
        return self.environments.index(environment)

    def write(self, path: Path) -> None:
        """Write the results atomically to a file."""
        content = {
            "format": _FORMAT,
            "environments": self.environments,
            "scenarios": _rounded(self.scenarios),
        }
        beside = path.with_suffix(".partial")
        beside.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
        beside.replace(path)


def environment(backend: str) -> dict[str, Any]:
    """Return versions and properties of the machine, but no names and no folders."""
    packages = {}
    for name in _PACKAGES:
        try:
            packages[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return {
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "processor": _processor(),
        "cores": os.cpu_count(),
        "backend": backend,
        "packages": packages,
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or "unknown"
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else "unknown"


def _rounded(value: Any) -> Any:
    """Round numbers to four digits, which is more than the precision of the measurement."""
    if isinstance(value, Mapping):
        return {key: _rounded(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_rounded(item) for item in value]
    return float(f"{value:.4g}") if isinstance(value, float) else value

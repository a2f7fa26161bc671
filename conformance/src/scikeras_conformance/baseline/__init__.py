"""Known failures: the file, the conditions of its entries, and the comparison with a run."""

from scikeras_conformance.baseline.entries import Baseline, Entry
from scikeras_conformance.baseline.fingerprint import fingerprint, normalize
from scikeras_conformance.baseline.gate import Concern, Finding, Gate, Known, concern_about, judge
from scikeras_conformance.baseline.reading import load, load_for
from scikeras_conformance.baseline.renewal import Renewal, renew

__all__ = [
    "Baseline",
    "Concern",
    "Entry",
    "Finding",
    "Gate",
    "Known",
    "Renewal",
    "concern_about",
    "fingerprint",
    "judge",
    "load",
    "load_for",
    "normalize",
    "renew",
]

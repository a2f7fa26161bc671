"""What is known to be broken: the file, the conditions of its entries, and the gate over a run."""

from scikeras_conformance.baseline.entries import Baseline, Entry, dump, load, load_for
from scikeras_conformance.baseline.fingerprint import fingerprint, normalise
from scikeras_conformance.baseline.gate import Concern, Finding, Gate, Known, concern_about, judge
from scikeras_conformance.baseline.renewal import renew

__all__ = [
    "Baseline",
    "Concern",
    "Entry",
    "Finding",
    "Gate",
    "Known",
    "concern_about",
    "dump",
    "fingerprint",
    "judge",
    "load",
    "load_for",
    "normalise",
    "renew",
]

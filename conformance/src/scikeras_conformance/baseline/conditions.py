"""Conditions of an entry: in which environments the failure is expected."""

from collections.abc import Mapping
from typing import Any

from packaging.specifiers import InvalidSpecifier, SpecifierSet

from scikeras_conformance.exceptions import BaselineError, did_you_mean

__all__ = ["check_conditions", "facts_of", "is_met"]

BACKENDS = ("tensorflow", "jax", "torch", "openvino")
DEVICES = ("cpu", "gpu", "tpu")
PACKAGES = ("keras", "scikit-learn", "numpy", "scipy")
NAMES = ("backend", "device", "platform", "machine")
VERSIONS = ("python", *PACKAGES, *BACKENDS)


def check_conditions(conditions: Mapping[str, Any], where: str) -> dict[str, str]:
    """Check that conditions can be compared with an environment.

    Parameters
    ----------
    conditions : mapping
        ``backend``, ``device``, ``platform`` or ``machine`` with a name; ``python``, a package or a
        backend with a version specifier such as ``">=3.12"``.
    where : str
        The entry, for the message.

    Raises
    ------
    BaselineError
        With the nearest name that is known.
    """
    known = [*NAMES, *VERSIONS]
    checked: dict[str, str] = {}
    for name, value in conditions.items():
        if name not in known:
            raise BaselineError(
                f"{where}: there is no condition {name!r}.{did_you_mean(name, known)} "
                f"Known: {', '.join(known)}."
            )
        if not isinstance(value, str) or not value:
            raise BaselineError(f"{where}: when.{name} takes a text, not {value!r}.")
        if name == "backend" and value not in BACKENDS:
            raise BaselineError(
                f"{where}: there is no backend {value!r}.{did_you_mean(value, BACKENDS)}"
            )
        if name == "device" and value.lower() not in DEVICES:
            raise BaselineError(
                f"{where}: there is no device {value!r}.{did_you_mean(value, DEVICES)}"
            )
        if name in VERSIONS:
            _specifier(name, value, where)
        checked[name] = value
    return checked


def is_met(conditions: Mapping[str, str], environment: Mapping[str, Any]) -> bool:
    """Whether an environment, as a report describes it, meets all conditions."""
    facts = facts_of(environment)
    return all(_one_is_met(name, value, facts) for name, value in conditions.items())


def facts_of(environment: Mapping[str, Any]) -> dict[str, str]:
    """Return the value of everything that a condition can name, as far as it is known."""
    packages = environment.get("packages", {})
    facts = {
        "backend": environment.get("backend"),
        # Where variables are: a machine with a GPU lists its CPU too.
        "device": environment.get("default_device") or environment.get("device"),
        "platform": str(environment.get("platform", "")).partition("-")[0],
        "machine": environment.get("machine"),
        "python": environment.get("python"),
        **{name: packages.get(name) for name in PACKAGES},
    }
    if facts["backend"]:
        facts[str(facts["backend"])] = environment.get("backend_version")
    return {name: str(value) for name, value in facts.items() if value}


def _one_is_met(name: str, value: str, facts: Mapping[str, str]) -> bool:
    actual = facts.get(name)
    if actual is None:
        return False
    if name in VERSIONS:
        return _specifier(name, value, "").contains(actual, prereleases=True)
    if name == "device":
        # "gpu:0, cpu:0" is a machine with a GPU, in a report that does not say more.
        return value.lower() in {
            part.strip().partition(":")[0].lower() for part in actual.split(",")
        }
    return actual.lower() == value.lower()


def _specifier(name: str, value: str, where: str) -> SpecifierSet:
    try:
        return SpecifierSet(value)
    except InvalidSpecifier as error:
        raise BaselineError(
            f"{where}: when.{name} takes a version specifier such as '>=3.12', not {value!r}."
        ) from error

"""Conditions of an entry: in which environments the failure is expected."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import Version

from scikeras_conformance.exceptions import BaselineError, did_you_mean

__all__ = ["check_conditions", "conditions_of", "facts_of", "is_met"]

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


def conditions_of(texts: Iterable[str], environment: Mapping[str, Any]) -> dict[str, str]:
    """Return the conditions that somebody asks for, with the values that hold in an environment.

    Parameters
    ----------
    texts : iterable of str
        A name alone, such as ``"keras"``, stands for the minor version, or the name, that the
        environment has; ``"scikit-learn<1.8"`` and ``"backend=jax"`` say more.
    environment : mapping
        As a report describes it.

    Raises
    ------
    BaselineError
        If a condition is not known, or does not hold in the environment.

    Examples
    --------
    >>> from scikeras_conformance.baseline.conditions import conditions_of
    >>> conditions_of(["keras", "python<4"], {"python": "3.12.1", "packages": {"keras": "3.15.1"}})
    {'keras': '>=3.15,<3.16', 'python': '<4'}
    """
    facts = facts_of(environment)
    conditions: dict[str, str] = {}
    for text in texts:
        name, value = _split(text)
        example = ">=0" if name in VERSIONS else {"backend": "jax", "device": "cpu"}.get(name, "x")
        conditions |= check_conditions({name: value or example}, "--when")
        if name not in facts:
            raise BaselineError(f"--when {name}: the report of the run does not have it.")
        if not value:
            conditions[name] = _series(facts[name]) if name in VERSIONS else _first(facts[name])
        elif not _one_is_met(name, value, facts):
            raise BaselineError(f"--when {text}: the run had {name} {facts[name]}.")
    return conditions


def _split(text: str) -> tuple[str, str]:
    """Split a condition into its name and its value, which may be missing."""
    found = re.fullmatch(r"([\w-]+)\s*(?:([<>=!~].*))?", text.strip())
    if found is None:
        raise BaselineError(f"--when takes a name, or a name and a range, not {text!r}.")
    name, value = found[1], (found[2] or "").strip()
    return name, value if name in VERSIONS else value.lstrip("= ")


def _series(version: str) -> str:
    """Return the range of the versions with the same first two numbers."""
    major, minor = Version(version).release[:2]
    return f">={major}.{minor},<{major}.{minor + 1}"


def _first(value: str) -> str:
    """Return the kind of the first device of several; another name as it is."""
    return value.partition(":")[0]


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

"""A check as a script that runs without the suite, to reproduce a failure and to work on it.

The script is extracted from the suite's own source: the function of the check, and everything that
it uses. So it does exactly what the check does, and cannot drift apart from it.
"""

import ast
from collections.abc import Iterable
from typing import Any

from scikeras_conformance.catalog.check import Shares
from scikeras_conformance.catalog.plan import PlannedCheck
from scikeras_conformance.contract import load_contract
from scikeras_conformance.report.reproduction.source_bundle import SourceBundle
from scikeras_conformance.subject.estimator_factories import places_of

__all__ = ["script_for"]

HEAD = '''\
"""{id}: {verifies}.

{clauses}

Impact: {impact}.
Run it where {spec} can be imported; it needs neither the suite nor pytest. Exit code 1: broken;
7: blocked, for the subject failed before; 3: the check cannot be made here.
"""
'''

MAIN = """
def main():
    keras.utils.set_random_seed({seed})
    context = CheckContext(subject(), Wrapper.{wrapper}, {case!r})
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            {function}(context)
    except Nonconformance as failure:
        print("broken:", failure)
        return 1
    except Blocked as block:
        print(block)
        return 7
    except (NotApplicable, Unavailable) as reason:
        print("cannot be judged here:", reason)
        return 3
    print("kept")
    return 0
"""

START = """
if __name__ == "__main__":
    sys.exit(main())
"""

START_WITH_WORKERS = """
if __name__ == "__main__":
    # Processes that are sent something import it by name, which cannot be the main module.
    if "__file__" not in globals():
        print("cannot be judged here: write this script to a file, and run that")
        sys.exit(3)
    with TemporaryDirectory() as folder:
        Path(folder, "reproduced_check.py").write_bytes(Path(__file__).read_bytes())
        sys.path.insert(0, folder)
        code = import_module("reproduced_check").main()
    sys.exit(code)
"""

PROPERTY = """
def require_for_all_examples(promise, *_, **__):
    promise({example})
""".strip()

HELPER = """
def helper_number(subject, wrapper):
    if wrapper in subject.basic_use:
        return subject.basic_use[wrapper]
    for number, helper in enumerate(HELPERS[wrapper]):
        X, y, *_ = helper.data
        with suppress(Exception):
            fitted = subject.construct(subject.classes[wrapper], helper.builder())
            fitted.fit(X, y)
            if np.allclose(np.reshape(fitted.predict(X), y.shape), y, atol=1e-3):
                break
    else:
        number = 0
    keras.utils.set_random_seed({seed})
    subject.basic_use[wrapper] = number
    return number
""".strip()

SUBJECT = """
def subject():
    classes = {{}}
    for name, place in {places!r}.items():
        with suppress(AttributeError):  # a wrapper that the subject does not offer
            classes[Wrapper(name)] = resolve_name(place)
    adapter = resolve_name({adapter!r}) if {adapter!r} else None
    construct = getattr(adapter, "construct", lambda cls, *args, **params: cls(*args, **params))
    own = getattr(adapter, "sklearn_estimator", None)
    factories = {{wrapper: own for wrapper in Wrapper if own and wrapper != "base"}}
    named = {factories!r}.items()
    factories.update({{Wrapper(name): resolve_name(place) for name, place in named}})
    public = getattr(adapter, "public_classes", {{}})
    own = getattr(adapter, "wrap_builder", None)
    named = {protocol!r} or getattr(adapter, "builder_protocol", "keywords")
    protocol = BuilderProtocol("adapter" if own else named)
    wrap = adapter_for(protocol, own)
    return SimpleNamespace(
        spec={spec!r}, classes=classes, estimator_factories=factories, as_given=wrap,
        builder_protocol=protocol, basic_use={{}},
        not_offered=frozenset([*{not_offered!r}, *getattr(adapter, "not_offered", ())]),
        construct=constructor_for(construct, protocol, wrap),
        public_class=lambda wrapper: public.get(wrapper, classes[wrapper]),
        packages={{
            str(cls.__module__).partition(".")[0] for cls in [*classes.values(), *public.values()]
        }},
    )
"""

IMPORTS = (
    "import keras",
    "import numpy as np",
    "import sys",
    "import warnings",
    "from contextlib import suppress",
    "from pkgutil import resolve_name",
    "from types import SimpleNamespace",
)

IMPORTS_WITH_WORKERS = (
    "from importlib import import_module",
    "from pathlib import Path",
    "from tempfile import TemporaryDirectory",
)


def script_for(
    planned: PlannedCheck,
    spec: str,
    *,
    seed: int,
    example: str = "",
    estimators: Iterable[str] = (),
    not_offered: Iterable[str] = (),
    builder_protocol: str | None = None,
) -> str:
    """Return the script of a planned check.

    Parameters
    ----------
    planned : PlannedCheck
        The check, the wrapper and the case.
    spec : str
        The subject, named in one of the ways of `scikeras_conformance.subject.loading`.
    seed : int
        Seed of the global generators, as in the run.
    example : str, default=""
        For a property, the value to try, as Python source; without it the property is tried on
        many values, which takes Hypothesis.
    estimators : iterable of str, default=()
        Estimator factories for scikit-learn's checks.
    not_offered : iterable of str, default=()
        Capabilities that the subject does not offer, beside those that its adapter names.
    builder_protocol : str, optional
        How the subject calls builders; by default what its adapter says, or by keywords.

    Returns
    -------
    str
        The source of a Python script.
    """
    bundle = SourceBundle()
    bundle.reserve("inf", "nan", "subject", "main")
    works_with_others = planned.check.shares is Shares.PROCESSES
    bundle.add_imports(*IMPORTS, *(IMPORTS_WITH_WORKERS if works_with_others else ()))
    function: Any = planned.check.function
    bundle.add("scikeras_conformance.runner.context", "CheckContext")
    for outcome in ("Nonconformance", "Blocked", "NotApplicable", "Unavailable"):
        bundle.add("scikeras_conformance.exceptions", outcome)
    for name in ("BuilderProtocol", "adapter_for", "constructor_for"):
        bundle.add("scikeras_conformance.subject.builder_protocol", name)
    bundle.define(
        "scikeras_conformance.runner.basic_use", "helper_number", HELPER.format(seed=seed)
    )
    bundle.add(function.__module__, function.__name__)
    if example:
        bundle.add_used_by(function.__module__, ast.parse(example))
        bundle.replace("require_for_all_examples", PROPERTY.format(example=example))
    head = HEAD.format(
        id=planned.id,
        verifies=planned.check.verifies,
        clauses=_clauses(planned),
        impact=planned.check.impact,
        spec=spec,
    )
    main = MAIN.format(
        seed=seed, wrapper=planned.wrapper.name, case=planned.case, function=function.__name__
    )
    places, adapter = _places(spec)
    factories = {str(wrapper): place for wrapper, place in places_of(estimators).items()}
    parts = [
        head,
        "from __future__ import annotations",
        bundle.imports(),
        "inf, nan = float('inf'), float('nan')",
        *bundle.definitions(),
        SUBJECT.format(
            spec=spec,
            places=places,
            adapter=adapter,
            factories=factories,
            protocol=builder_protocol,
            not_offered=list(not_offered),
        ).strip(),
        main.strip("\n"),
        (START_WITH_WORKERS if works_with_others else START).strip("\n"),
    ]
    return "\n\n\n".join(parts) + "\n"


def _clauses(planned: PlannedCheck) -> str:
    clauses = load_contract().clauses
    return "\n".join(f"{name} {clauses[name].statement}" for name in planned.check.clauses)


def _places(spec: str) -> tuple[dict[str, str], str]:
    """Return the place of each wrapper, and that of the adapter or module that offers them."""
    if "=" in spec:
        return dict(part.strip().partition("=")[::2] for part in spec.split(",")), ""
    names = {"base": "BaseWrapper", "classifier": "KerasClassifier", "regressor": "KerasRegressor"}
    joint = "." if ":" in spec else ":"
    return {wrapper: f"{spec}{joint}{name}" for wrapper, name in names.items()}, spec

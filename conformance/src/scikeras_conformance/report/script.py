"""A check as a script that runs without the suite, to reproduce a failure and to work on it.

The script is cut out of the suite's own source: the function of the check, and what it uses, down
to the last helper. So it shows exactly what the check did, and cannot drift apart from it.
"""

import ast
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

from scikeras_conformance.catalog.plan import PlannedCheck
from scikeras_conformance.subject.estimator_factories import places_of

__all__ = ["script_for"]

SUITE = "scikeras_conformance"
ROOT = Path(__file__).parents[1]

HEAD = '''\
"""{id}: {verifies}.

{clauses}

The bug costs: {impact}.
Run it where {spec} can be imported; it needs neither the suite nor pytest. Exit code 1: broken;
3: it cannot be judged here.
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
    except (NotApplicable, Unavailable) as reason:
        print("cannot be judged here:", reason)
        return 3
    print("kept")
    return 0


if __name__ == "__main__":
    sys.exit(main())
"""

PROPERTY = """
def require_for_all_examples(promise, *_, **__):
    promise({example})
""".strip()

SUBJECT = """
def subject():
    holders = {{name: load(place) for name, place in {places!r}.items()}}
    classes = {{wrapper: holders[wrapper.value] for wrapper in Wrapper}}
    construct = getattr(load({holder!r}), "construct", None) if {holder!r} else None
    construct = construct or (lambda c, *a, **k: c(*a, **k))
    own = getattr(load({holder!r}), "sklearn_estimator", None) if {holder!r} else None
    makers = {{w: own for w in Wrapper if own and w != "base"}}
    makers.update({{Wrapper(name): load(place) for name, place in {makers!r}.items()}})
    given = getattr(load({holder!r}), "public_classes", {{}}) if {holder!r} else {{}}
    return SimpleNamespace(
        spec={spec!r}, classes=classes, construct=construct, makers=makers,
        original=lambda wrapper: given.get(wrapper, classes[wrapper]),
    )


def load(place):
    module, _, attributes = place.partition(":")
    found = importlib.import_module(module)
    for attribute in attributes.split("."):
        found = getattr(found, attribute) if attribute else found
    return found
"""


def script_for(
    planned: PlannedCheck, spec: str, *, seed: int, example: str = "", builders: Iterable[str] = ()
) -> str:
    """Write the script of a planned check.

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
    builders : iterable of str, default=()
        What makes the estimators for scikit-learn's checks.

    Returns
    -------
    str
        The source of a Python script.
    """
    bundle = _Bundle()
    function: Any = planned.check.function
    bundle.need("scikeras_conformance.runner.context", "CheckContext")
    bundle.need(function.__module__, function.__name__)
    if example:
        bundle.use(function.__module__, ast.parse(example))
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
    places, holder = _places(spec)
    makers = {str(wrapper): place for wrapper, place in places_of(builders).items()}
    parts = [
        head,
        "from __future__ import annotations",
        bundle.imports(),
        "inf, nan = float('inf'), float('nan')",
        *bundle.definitions(),
        SUBJECT.format(spec=spec, places=places, holder=holder, makers=makers).strip("\n"),
        main.strip("\n"),
    ]
    return "\n\n\n".join(parts) + "\n"


def _clauses(planned: PlannedCheck) -> str:
    from scikeras_conformance.contract import load_contract

    clauses = load_contract().clauses
    return "\n".join(f"{name} {clauses[name].statement}" for name in planned.check.clauses)


def _places(spec: str) -> tuple[dict[str, str], str]:
    """Give the place of each wrapper, and of what may have a ``construct`` of its own."""
    if "=" in spec:
        return dict(part.strip().partition("=")[::2] for part in spec.split(",")), ""
    names = {"base": "BaseWrapper", "classifier": "KerasClassifier", "regressor": "KerasRegressor"}
    joint = "." if ":" in spec else ":"
    return {wrapper: f"{spec}{joint}{name}" for wrapper, name in names.items()}, spec


class _Bundle:
    """Definitions out of the modules of the suite, in an order in which they can be executed."""

    def __init__(self) -> None:
        self._texts: dict[str, str] = {}
        self._origins: dict[str, str] = {}
        self._imports = {"import importlib", "import keras", "import sys", "import warnings"}
        self._imports.add("from types import SimpleNamespace")
        self._namespaces: dict[str, set[str]] = {}

    def need(self, module: str, name: str) -> None:
        """Take over what `name` stands for in `module`, and what that uses."""
        node = _names(module).get(name)
        if node is None:  # a builtin, or a name of the function's own
            return
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            self._need_imported(node, name)
            return
        if name in self._origins:
            if self._origins[name] != module:
                raise ValueError(f"{name} is defined in {self._origins[name]} and in {module}")
            return
        self._origins[name] = module
        self.use(module, node)
        self._texts[name] = _text(module, node)

    def use(self, module: str, node: ast.AST) -> None:
        """Take over what the code of `node` uses."""
        for used, attribute in _used(node):
            target = _module_behind(module, used)
            if target is None:
                self.need(module, used)
            elif attribute:
                self._namespaces.setdefault(used, set()).add(attribute)
                self.need(target, attribute)

    def replace(self, name: str, text: str) -> None:
        """Give another definition of a name."""
        if name in self._texts:
            self._texts[name] = text

    def _need_imported(self, node: "ast.Import | ast.ImportFrom", name: str) -> None:
        alias = next(a for a in node.names if (a.asname or a.name.partition(".")[0]) == name)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(SUITE):
            self.need(node.module or "", alias.name)
            if alias.asname and alias.asname != alias.name:
                self._texts[name] = f"{name} = {alias.name}"
            return
        self._imports.add(
            ast.unparse(
                ast.ImportFrom(node.module, [alias], 0)
                if isinstance(node, ast.ImportFrom)
                else ast.Import([alias])
            )
        )

    def imports(self) -> str:
        """Give the lines that import what is not the suite's own."""
        return "\n".join(sorted(self._imports, key=lambda line: (line.startswith("from"), line)))

    def definitions(self) -> list[str]:
        """Give the definitions."""
        spaces = [
            f"{space} = SimpleNamespace({', '.join(f'{name}={name}' for name in sorted(names))})"
            for space, names in self._namespaces.items()
        ]
        return [*self._texts.values(), *spaces]


@cache
def _tree(module: str) -> tuple[ast.Module, str]:
    source = _file(module).read_text(encoding="utf-8")
    return ast.parse(source), source


def _file(module: str) -> Path:
    """Give the file of a module of the suite, without importing it: some import a backend."""
    path = ROOT.joinpath(*module.split(".")[1:])
    package = path / "__init__.py"
    return package if package.exists() else path.with_suffix(".py")


@cache
def _names(module: str) -> dict[str, ast.stmt]:
    """Give what each name of a module stands for: its definition, or its import."""
    found: dict[str, ast.stmt] = {}
    for node in _tree(module)[0].body:
        body = [node]
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            # Modules that are imported lazily are imported here for the type checker.
            body = list(node.body)
        for statement in body:
            for name in _defined(statement):
                found.setdefault(name, statement)
    return found


def _defined(node: ast.stmt) -> Iterator[str]:
    if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
        yield node.name
    elif isinstance(node, (ast.Import, ast.ImportFrom)):
        yield from (alias.asname or alias.name.partition(".")[0] for alias in node.names)
    elif isinstance(node, (ast.Assign, ast.AnnAssign)):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        yield from (
            one.id for target in targets for one in ast.walk(target) if isinstance(one, ast.Name)
        )


def _module_behind(module: str, name: str) -> str | None:
    """Give the module of the suite that a name stands for, if it stands for one."""
    node = _names(module).get(name)
    while isinstance(node, ast.ImportFrom) and (node.module or "").startswith(SUITE):
        candidate = f"{node.module}.{name}"
        if _file(candidate).exists():
            return candidate
        node = _names(node.module or "").get(name)
    return None


def _text(module: str, node: ast.stmt) -> str:
    """Give the source of a definition; helpers without their docstrings, checks as they stand."""
    is_check = isinstance(node, ast.FunctionDef) and any(
        ast.unparse(decorator).startswith("check(") for decorator in node.decorator_list
    )
    if is_check:
        return ast.get_source_segment(_tree(module)[1], node) or ast.unparse(node)
    bare = ast.parse(ast.unparse(node)).body[0]
    for inner in ast.walk(bare):
        if isinstance(inner, (ast.FunctionDef, ast.ClassDef)) and ast.get_docstring(inner):
            inner.body = inner.body[1:] or [ast.Pass()]
    return ast.unparse(bare)


def _used(node: ast.AST) -> Iterator[tuple[str, str]]:
    """Yield each name that is used, and the attribute that is asked of it; not in annotations."""
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        yield node.value.id, node.attr
        return
    if isinstance(node, ast.Name):
        yield node.id, ""
    skipped = {"annotation", "returns"}
    if isinstance(node, ast.FunctionDef) and any(
        ast.unparse(decorator).startswith("check(") for decorator in node.decorator_list
    ):
        skipped.add("decorator_list")
    for name, value in ast.iter_fields(node):
        if name in skipped:
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST):
                yield from _used(child)

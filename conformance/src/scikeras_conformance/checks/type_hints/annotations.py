"""TYP-3: the signatures of public methods are annotated."""

import ast
import importlib.util
from collections.abc import Collection, Iterator
from pathlib import Path
from types import FunctionType

from scikeras_conformance.catalog.check import check
from scikeras_conformance.runner.context import CheckContext

Function = ast.FunctionDef | ast.AsyncFunctionDef

GENERIC = {
    *("list", "dict", "set", "frozenset", "tuple", "type", "List", "Dict", "Set", "FrozenSet"),
    *("Tuple", "Type", "Callable", "Sequence", "Iterable", "Iterator", "Mapping"),
    *("MutableMapping", "Collection", "Generator", "Awaitable"),
}
"""Generic types; without parameters they stand for Any."""


SHOWN = 5
"""Methods that a message names."""


def own_classes(cls: type) -> list[type]:
    """Return a class and those of its bases that are from the same package."""
    top = cls.__module__.partition(".")[0]
    return [one for one in cls.__mro__ if one.__module__.partition(".")[0] == top]


def public_methods(cls: type) -> dict[str, list[Function]]:
    """Return the public methods that the source of a class defines, with all overloads.

    Raises
    ------
    LookupError
        If there is no source, or it does not define the class by its name.
    """
    found: dict[str, list[Function]] = {}
    for node in _statements(_definition(cls).body):
        if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            continue
        if node.name == "__init__" or not node.name.startswith("_"):
            found.setdefault(node.name, []).append(node)
    return found


def _definition(cls: type) -> ast.ClassDef:
    path = _source(cls.__module__)
    body: list[ast.stmt] = ast.parse(path.read_text(encoding="utf-8")).body
    definition = None
    for name in cls.__qualname__.split("."):
        definition = next((node for node in _classes(body) if node.name == name), None)
        if definition is None:
            raise LookupError(f"{cls.__qualname__} is not defined as a class in {path.name}")
        body = definition.body
    assert definition is not None
    return definition


def _classes(body: list[ast.stmt]) -> Iterator[ast.ClassDef]:
    yield from (node for node in _statements(body) if isinstance(node, ast.ClassDef))


def _statements(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """Yield statements, also those under a condition."""
    for node in body:
        if isinstance(node, (ast.If, ast.Try)):
            yield from _statements(node.body + node.orelse)
        else:
            yield node


def undefined_methods(cls: type, known: Collection[str]) -> list[str]:
    """Return the public methods and properties of a class that its source does not define as such.

    They are assigned, and have no signature that could be read.

    Parameters
    ----------
    cls : type
        The class.
    known : collection of str
        The names of those that are defined, there or in another class; one of them may have a
        second name.
    """
    found = []
    for name, value in vars(cls).items():
        function = getattr(value, "fget", None) or getattr(value, "__func__", value)
        if name.startswith("_") or name in known or not isinstance(function, FunctionType):
            continue
        if function.__name__ not in known:
            found.append(name)
    return found


def _source(module: str) -> Path:
    """Return the stub file of a module, which a type checker prefers, or its source."""
    spec = importlib.util.find_spec(module)
    if spec is None or spec.origin is None or not spec.origin.endswith(".py"):
        raise LookupError(f"the module {module} has no source file")
    stub = Path(spec.origin).with_suffix(".pyi")
    return stub if stub.exists() else Path(spec.origin)


def missing_annotations(method: Function) -> list[str]:
    """Return what lacks a type in the signature of a method."""
    is_static = any(ast.unparse(one) == "staticmethod" for one in method.decorator_list)
    arguments = [*method.args.posonlyargs, *method.args.args][0 if is_static else 1 :]
    arguments += method.args.kwonlyargs
    arguments += [one for one in (method.args.vararg, method.args.kwarg) if one is not None]
    missing = [one.arg for one in arguments if one.annotation is None]
    if method.returns is None and (method.name != "__init__" or not arguments):
        missing.append("the return type")
    annotations = [one.annotation for one in arguments] + [method.returns]
    bare = {name for one in annotations if one is not None for name in _bare(one)}
    return missing + [f"the parameters of {name}" for name in sorted(bare)]


def _bare(annotation: ast.expr) -> Iterator[str]:
    """Yield the generic types without parameters."""
    if isinstance(annotation, ast.Constant) and isinstance(annotation.value, str):
        yield from _bare(ast.parse(annotation.value, mode="eval").body)
    elif isinstance(annotation, ast.Name):
        if annotation.id in GENERIC:
            yield annotation.id
    elif isinstance(annotation, ast.Attribute):
        if annotation.attr in GENERIC:
            yield annotation.attr
    elif isinstance(annotation, ast.Subscript):
        if ast.unparse(annotation.value).rpartition(".")[2] != "Literal":
            yield from _bare(annotation.slice)
    else:
        for child in ast.iter_child_nodes(annotation):
            if isinstance(child, ast.expr):
                yield from _bare(child)


@check(
    "TYP-3.signatures",
    verifies="public methods annotate all their parameters and return types",
    impact="mistakes in a call are found only when it runs, hours into a job",
    presupposes="TYP-1.marker",
)
def signatures(context: CheckContext) -> None:
    gaps = []
    known: set[str] = set()
    for cls in own_classes(context.public_class):
        with context.doing(f"reading the source of {cls.__qualname__}"):
            methods = public_methods(cls)
        known |= methods.keys()
        gaps += [
            f"{cls.__qualname__}.{name} ({', '.join(missing_annotations(node))})"
            for name, nodes in methods.items()
            for node in nodes
            if missing_annotations(node)
        ]
    for cls in own_classes(context.public_class):
        gaps += [
            f"{cls.__qualname__}.{name} (its definition)" for name in undefined_methods(cls, known)
        ]
    more = f" and {len(gaps) - SHOWN} more" if len(gaps) > SHOWN else ""
    context.require(not gaps, f"types are missing in {'; '.join(gaps[:SHOWN])}{more}")

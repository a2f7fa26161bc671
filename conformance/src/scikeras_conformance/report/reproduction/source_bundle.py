"""Extracts definitions from the suite's own source, with everything that they use."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from scikeras_conformance.report.reproduction.load_order import in_load_order

__all__ = ["SourceBundle"]

SUITE = "scikeras_conformance"
ROOT = Path(__file__).parents[2]


class SourceBundle:
    """Definitions of the suite with everything that they use, in an order that can be executed.

    Nothing is imported: the sources are read and parsed.
    """

    def __init__(self) -> None:
        self._texts: dict[str, str] = {}
        self._given: dict[tuple[str, str], str] = {}
        self._origins: dict[str, str] = {}
        self._imports: set[str] = set()
        self._namespaces: dict[str, set[str]] = {}

    def add_imports(self, *lines: str) -> None:
        """Add imports of other packages, as source."""
        for line in lines:
            node = ast.parse(line).body[0]
            # Modules of one package, such as concurrent.futures, share the name of the package.
            shared = isinstance(node, ast.Import) and not node.names[0].asname
            for name in _defined(node):
                self._claim(name, f"import {name}" if shared else line)
            self._imports.add(line)

    def add(self, module: str, name: str) -> None:
        """Add the definition of `name` in `module`, and everything that it uses."""
        node = _names(module).get(name)
        if node is None:  # a builtin, or a name of the function's own
            return
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            self._add_imported(node, name)
            return
        if not self._claim(name, _lazy_import(node, name) or module):
            return
        if (module, name) in self._given:
            self._texts[name] = self._given[module, name]
            return
        self.add_used_by(module, node)
        self._texts[name] = _text(module, node)

    def add_used_by(self, module: str, node: ast.AST) -> None:
        """Add everything that the code of `node` uses."""
        for used, attribute in _uses(node):
            target = _module_behind(module, used)
            if target is None:
                self.add(module, used)
            elif attribute:
                self._claim(used, f"{target} as a namespace")
                self._namespaces.setdefault(used, set()).add(attribute)
                self.add(target, attribute)

    def reserve(self, *names: str) -> None:
        """Keep names for what the script itself defines."""
        for name in names:
            self._claim(name, "the script")

    def define(self, module: str, name: str, text: str) -> None:
        """Define a name of a module by a text instead of its source, if it is used at all."""
        self._given[module, name] = text

    def replace(self, name: str, text: str) -> None:
        """Replace a definition by another one."""
        if name in self._texts:
            self._texts[name] = text

    def _add_imported(self, node: "ast.Import | ast.ImportFrom", name: str) -> None:
        alias = _alias(node, name)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(SUITE):
            self.add(node.module or "", alias.name)
            if name != alias.name and self._claim(name, f"{node.module} as {alias.name}"):
                self._texts[name] = f"{name} = {alias.name}"
            return
        self.add_imports(_import_of(node, name))

    def _claim(self, name: str, origin: str) -> bool:
        """Return whether a name is new; refuse one that has another origin already."""
        if name not in self._origins:
            self._origins[name] = origin
            return True
        if self._origins[name] != origin:
            raise ValueError(f"{name} is defined in {self._origins[name]} and in {origin}")
        return False

    def imports(self) -> str:
        """Return the imports of other packages."""
        return "\n".join(sorted(self._imports, key=lambda line: (line.startswith("from"), line)))

    def definitions(self) -> list[str]:
        """Return the definitions."""
        spaces = {
            space: f"{space} = SimpleNamespace({', '.join(f'{one}={one}' for one in sorted(used))})"
            for space, used in self._namespaces.items()
        }
        return in_load_order(self._texts | spaces)


@cache
def _tree(module: str) -> tuple[ast.Module, str]:
    source = _file(module).read_text(encoding="utf-8")
    return ast.parse(source), source


def _file(module: str) -> Path:
    """Return the file of a module of the suite without importing it: some import a backend."""
    path = ROOT.joinpath(*module.split(".")[1:])
    package = path / "__init__.py"
    return package if package.exists() else path.with_suffix(".py")


@cache
def _names(module: str) -> dict[str, ast.stmt]:
    """Return the definition or the import of each name of a module."""
    found: dict[str, ast.stmt] = {}
    for node in _tree(module)[0].body:
        body = [node]
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            # For modules that are imported lazily, the type checker reads these imports.
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


def _alias(node: ast.Import | ast.ImportFrom, name: str) -> ast.alias:
    """Return the part of an import that defines a name."""
    return next(one for one in node.names if (one.asname or one.name.partition(".")[0]) == name)


def _import_of(node: ast.Import | ast.ImportFrom, name: str) -> str:
    """Return the import of one name, as source."""
    alias = _alias(node, name)
    if isinstance(node, ast.ImportFrom):
        return ast.unparse(ast.ImportFrom(node.module, [alias], 0))
    return ast.unparse(ast.Import([alias]))


def _lazy_import(node: ast.stmt, name: str) -> str:
    """Return the import that a name stands for which is a `LazyModule`, or nothing."""
    match getattr(node, "value", None):
        case ast.Call(func=ast.Name("LazyModule"), args=[ast.Constant(str(module))]):
            return ast.unparse(ast.Import([ast.alias(module, None if module == name else name)]))
    return ""


def _module_behind(module: str, name: str) -> str | None:
    """Return the module of the suite that a name refers to, if it refers to one."""
    node = _names(module).get(name)
    while isinstance(node, ast.ImportFrom) and (node.module or "").startswith(SUITE):
        candidate = f"{node.module}.{name}"
        if _file(candidate).exists():
            return candidate
        node = _names(node.module or "").get(name)
    return None


@cache
def _text(module: str, node: ast.stmt) -> str:
    """Return the source of a definition; helpers without docstrings, checks as they are."""
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


@cache
def _uses(node: ast.AST) -> tuple[tuple[str, str], ...]:
    """Return each name that is used, with the attribute that is read, once."""
    return tuple(dict.fromkeys(_used(node)))


def _used(node: ast.AST) -> Iterator[tuple[str, str]]:
    """Yield each name that is used, with the attribute that is read; not in annotations."""
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

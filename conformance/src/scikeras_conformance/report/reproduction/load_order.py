"""The order in which definitions can be executed.

What a definition uses only when it is called may stand after it. What it evaluates when it is
executed must stand before it: decorators, defaults, base classes, the body of a class, the value of
a table; and what a function uses that is called for one of these. Annotations are not evaluated:
scripts postpone them.
"""

import ast
from collections.abc import Iterator, Mapping
from functools import cache

__all__ = ["in_load_order"]

CONSTRUCTORS = {"__new__", "__init__", "__post_init__"}


def in_load_order(definitions: Mapping[str, str]) -> list[str]:
    """Return definitions so that each stands after those that it needs when it is executed.

    Those that need no other place keep the order in which they are given.

    Parameters
    ----------
    definitions : mapping of str to str
        The source of each name.

    Examples
    --------
    >>> from scikeras_conformance.report.reproduction.load_order import in_load_order
    >>> in_load_order({"TABLE": "TABLE = {one: 1}", "one": "def one(): return TABLE"})
    ['def one(): return TABLE', 'TABLE = {one: 1}']
    """
    ordered: list[str] = []
    begun: set[str] = set()

    def place(name: str) -> None:
        text = definitions[name]
        if text not in begun:  # one statement may define several names
            begun.add(text)
            for needed in _needed(name, definitions):
                place(needed)
            ordered.append(text)

    for name in definitions:
        place(name)
    return ordered


def _needed(name: str, definitions: Mapping[str, str]) -> Iterator[str]:
    """Yield the definitions that are evaluated when one is executed."""
    names = _at_load(definitions[name])
    yield from (other for other in names if other in definitions)
    # Whatever is evaluated may be called: a decorator, a function that is handed on.
    pending, seen = list(names), set()
    while pending:
        function = pending.pop()
        if function in seen or function not in definitions:
            continue
        seen.add(function)
        names, called = _when_called(definitions[function])
        yield from (other for other in names if other in definitions)
        pending += called


@cache
def _at_load(text: str) -> tuple[str, ...]:
    """Return the names that are evaluated when a definition is executed."""
    return _evaluated(*ast.parse(text).body)[0]


@cache
def _when_called(text: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the names that are evaluated when what a text defines is called, and those called."""
    names: list[str] = []
    called: list[str] = []
    for node in ast.parse(text).body:
        if isinstance(node, ast.FunctionDef):
            more = _evaluated(*_with_inner_functions(node))
        elif isinstance(node, ast.ClassDef):
            made = [one for one in node.body if getattr(one, "name", "") in CONSTRUCTORS]
            more = _evaluated(*(line for one in made for line in getattr(one, "body", ())))
            called += [base.id for base in node.bases if isinstance(base, ast.Name)]
        else:  # such as a partial: whatever it is made of may be called
            more = _evaluated(node)
            called += more[0]
        names += more[0]
        called += more[1]
    return tuple(dict.fromkeys(names)), tuple(dict.fromkeys(called))


def _with_inner_functions(function: ast.FunctionDef) -> Iterator[ast.AST]:
    """Yield the statements of a function, and those of functions in it, which it may return."""
    for node in ast.walk(function):
        if isinstance(node, ast.FunctionDef):
            yield from node.body
        elif isinstance(node, ast.Lambda):
            yield node.body


def _evaluated(*nodes: ast.AST) -> tuple[tuple[str, ...], tuple[str, ...]]:
    visitor = _Evaluation()
    for node in nodes:
        visitor.visit(node)
    return tuple(visitor.names), tuple(visitor.called)


class _Evaluation(ast.NodeVisitor):
    """Collects the names that statements evaluate, and those that they call, in their order."""

    def __init__(self) -> None:
        self.names: dict[str, None] = {}
        self.called: dict[str, None] = {}

    def visit_Name(self, node: ast.Name) -> None:
        if isinstance(node.ctx, ast.Load):
            self.names[node.id] = None

    def visit_Call(self, node: ast.Call) -> None:
        self._call(node.func)
        self.generic_visit(node)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        if node.value is not None:
            self.visit(node.value)

    def visit_Lambda(self, node: ast.Lambda) -> None:
        self._defaults(node.args)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        self._decorators(node)
        self._defaults(node.args)

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        self._decorators(node)
        for child in [*node.bases, *node.keywords, *node.body]:
            self.visit(child)

    def _decorators(self, node: ast.FunctionDef | ast.ClassDef) -> None:
        for decorator in node.decorator_list:
            self._call(decorator)
            self.visit(decorator)

    def _defaults(self, arguments: ast.arguments) -> None:
        for default in [*arguments.defaults, *arguments.kw_defaults]:
            if default is not None:
                self.visit(default)

    def _call(self, function: ast.expr) -> None:
        if isinstance(function, ast.Name):
            self.called[function.id] = None

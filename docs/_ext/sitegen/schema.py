"""The reference of the JSON report, made from its schema."""

from collections.abc import Iterator, Mapping
from typing import Any

from sitegen.markup import code, code_block, table, text

__all__ = ["schema_page"]


def schema_page(source: str, schema: Mapping[str, Any]) -> str:
    """Return the page.

    Parameters
    ----------
    source : str
        The schema as it is in the package.
    schema : mapping
        The same, parsed.
    """
    parts = [
        "# JSON Schema of the report",
        (
            f"{text(schema['title'])}. {text(schema['description'])} "
            "[Reports](../reports.md#the-json-report) explains its parts. The schema is "
            "generated from the types of the report, and part of the package "
            "(`scikeras_conformance/report/report.schema.json`)."
        ),
    ]
    parts += ["## The file", *_part(schema)]
    for name, part in sorted(schema["$defs"].items()):
        parts += [f"## {code(name)}", text(part.get("description", "")), *_part(part)]
    parts += ["## The schema itself", code_block(source, "json")]
    return "\n\n".join(parts) + "\n"


def _part(part: Mapping[str, Any]) -> Iterator[str]:
    rows = list(_rows("", part))
    if rows:
        yield table(["key", "type", "required", "what it is"], rows)
    else:
        yield f"{_type(part)}"


def _rows(path: str, part: Mapping[str, Any]) -> Iterator[list[str]]:
    """Yield a row for each key, and for those within it, with the way to it."""
    required = set(part.get("required", ()))
    for name, inner in part.get("properties", {}).items():
        here = f"{path}{name}"
        yield [
            code(here),
            _type(inner),
            "yes" if name in required else "no",
            text(inner.get("description", "")),
        ]
        yield from _rows(f"{here}.", inner)
    further = part.get("additionalProperties")
    if isinstance(further, Mapping) and "properties" in further:
        yield from _rows(f"{path}*.", further)
    items = part.get("items")
    if isinstance(items, Mapping) and "properties" in items:
        yield from _rows(f"{path.removesuffix('.')}[].", items)


def _type(part: Mapping[str, Any]) -> str:
    if "$ref" in part:
        return code(str(part["$ref"]).rpartition("/")[2])
    if "const" in part:
        return code(repr(part["const"]).replace("'", '"'))
    if "enum" in part:
        return "one of " + ", ".join(code(str(value)) for value in part["enum"])
    choices = part.get("oneOf") or part.get("anyOf")
    if choices:
        return " or ".join(_type(choice) for choice in choices)
    kinds = part.get("type", "anything")
    kinds = [kinds] if isinstance(kinds, str) else kinds
    words = " or ".join(kinds)
    if "items" in part:
        words += f" of {_type(part['items'])}"
    elif isinstance(part.get("additionalProperties"), Mapping):
        words += f" of {_type(part['additionalProperties'])}"
    return words

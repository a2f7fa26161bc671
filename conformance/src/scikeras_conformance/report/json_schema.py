"""The JSON schema of the report, generated from its types.

``python -m scikeras_conformance.report.json_schema`` writes ``report.schema.json`` beside it.
"""

import json
from pathlib import Path
from typing import Any

import msgspec

from scikeras_conformance.report.structure import SCHEMA, Report, ReportedResult

__all__ = ["FILE", "report_schema", "schema_text"]

FILE = Path(__file__).with_name("report.schema.json")


def report_schema() -> dict[str, Any]:
    """Return the schema, in the dialect 2020-12 of JSON Schema."""
    generated = msgspec.json.schema(Report)
    definitions = {
        name: _plain(part, omits_defaults=name == ReportedResult.__name__)
        for name, part in generated["$defs"].items()
    }
    root = definitions.pop("Report")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:" + SCHEMA.replace("/", ":"),
        **root,
        "title": "Report of a run of scikeras-conformance, version 2",
        "description": "A file without a footer is of a run that did not come to its end.",
        "$defs": definitions,
    }


def schema_text() -> str:
    """Return the schema as the text of its file."""
    return json.dumps(report_schema(), indent=2) + "\n"


def _plain(part: Any, *, omits_defaults: bool) -> dict[str, Any]:
    """Return a type as readers of the schema need it."""
    plain = dict(part)
    if "properties" in plain and not omits_defaults:
        # Defaults are for those who make a report; a file has every key.
        plain["required"] = list(plain["properties"])
        plain["properties"] = {
            name: {key: value for key, value in one.items() if key != "default"}
            for name, one in plain["properties"].items()
        }
    if "description" in plain:
        # The rest of a docstring is for readers of the code.
        plain["description"] = plain["description"].partition("\n")[0]
    return plain


if __name__ == "__main__":
    FILE.write_text(schema_text(), encoding="utf-8")

"""The reference of the REST API, made of its OpenAPI document."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from modelop_jupyter.server.rest.openapi import openapi_document
from modelop_jupyter.server.routes import resources

_PREFIX = "/modelop-jupyter"


def reference() -> str:
    """Return a section for every method of every path, and one for the schemas."""
    document = openapi_document(resources(_PREFIX), base_path=_PREFIX)
    lines: list[str] = []
    for path, item in document["paths"].items():
        shared = item.get("parameters", [])
        for method, operation in item.items():
            if method != "parameters":
                lines += _operation(f"{method.upper()} {path}", operation, shared)
    lines.append("## Schemas\n")
    for name, schema in document["components"]["schemas"].items():
        lines += _schema(name, schema)
    return "\n".join(lines)


def _operation(
    title: str, operation: Mapping[str, Any], shared: list[Mapping[str, Any]]
) -> Iterator[str]:
    yield f"## {title}\n\n{operation['summary']}\n"
    parameters = [*shared, *operation.get("parameters", [])]
    rows = [
        (f"`{each['name']}`", each["in"], _type(each["schema"]), _about(each))
        for each in parameters
    ]
    yield from _table(("parameter", "in", "type", "meaning"), rows)
    body = operation.get("requestBody", {}).get("content", {}).get("application/json")
    if body:
        yield "The body is a JSON object:\n"
        yield from _properties(body["schema"])
    for status, response in operation["responses"].items():
        content = response.get("content", {})
        if status.startswith("2"):
            kinds = [_type(media.get("schema", {})) for media in content.values()]
            yield f"Returns `{status}`{': ' + ', '.join(kinds) if kinds else ''}.\n"


def _schema(name: str, schema: Mapping[str, Any]) -> Iterator[str]:
    yield f"### {name}\n"
    if schema.get("description"):
        yield f"{schema['description']}\n"
    yield from _properties(schema)


def _properties(schema: Mapping[str, Any]) -> Iterator[str]:
    if "$ref" in schema:
        yield f"{_type(schema)}\n"
    required = schema.get("required", [])
    rows = [
        (f"`{name}`" + ("" if name in required else " (optional)"), _type(value), _about(value))
        for name, value in schema.get("properties", {}).items()
    ]
    yield from _table(("property", "type", "meaning"), rows)


def _table(headers: tuple[str, ...], rows: list[tuple[str, ...]]) -> Iterator[str]:
    if rows:
        yield f"| {' | '.join(headers)} |\n|{'---|' * len(headers)}"
        for row in rows:
            yield f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |"
        yield ""


def _about(value: Mapping[str, Any]) -> str:
    text = value.get("description") or value.get("schema", {}).get("description") or ""
    return " ".join(text.split())


def _type(schema: Mapping[str, Any]) -> str:
    """Return a type in one cell; a schema of the document is a link to its section."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return f"[{name}](#{name.lower()})"
    for key in ("anyOf", "oneOf"):
        if key in schema:
            return " or ".join(dict.fromkeys(map(_type, schema[key])))
    if "enum" in schema:
        return ", ".join(f"`{json.dumps(value)}`" for value in schema["enum"])
    kind = schema.get("type", "any")
    if kind == "array":
        return f"list of {_type(schema.get('items', {}))}"
    return " or ".join(kind) if isinstance(kind, list) else str(kind)

"""The schemas that several resources share: names, paths, records."""

from __future__ import annotations

from typing import Any

from modelop_jupyter.domain.roles import AssetRole
from modelop_jupyter.server.declarations import Schema

MODEL: Schema = {
    "type": "string",
    "pattern": "^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$",
    "description": "A model's name.",
    "examples": ["churn"],
}
REF: Schema = {
    "type": "string",
    "pattern": "^[A-Za-z0-9][A-Za-z0-9._-]{0,127}(@[1-9][0-9]{0,8})?$",
    "description": "A model's name, or one of its snapshots as NAME@N.",
    "examples": ["churn"],
}
JOB: Schema = {
    "type": "string",
    "pattern": "^[0-9a-fA-F-]{4,36}$",
    "description": "A job's id, or its first four digits or more.",
    "examples": ["3f2a1c00"],
}
PATH: Schema = {
    "type": "string",
    "minLength": 1,
    "maxLength": 4096,
    "description": "A path below the server's root folder, as the file browser shows it.",
}
ASSET: Schema = {
    "type": "string",
    "minLength": 1,
    "maxLength": 1024,
    "description": "An asset's path below the model's folder, or its name alone.",
    "examples": ["requirements.txt"],
}
ROLE: Schema = {
    "enum": [*(role.value for role in AssetRole), *(role.label for role in AssetRole)],
    "description": "An asset role in ModelOp's spelling, or its label.",
}
FUNCTION: Schema = {"type": "string", "pattern": "^[^\\W0-9]\\w{0,127}$"}
WORD: Schema = {"type": "string", "minLength": 1, "maxLength": 256}
TEXT: Schema = {"type": "string", "maxLength": 10_000}
FLAG: Schema = {"type": "boolean"}


def record(required: tuple[str, ...] = (), **properties: Any) -> dict[str, Any]:
    """Return the schema of an object with these fields and no others."""
    return {
        "type": "object",
        "properties": properties,
        "required": list(required),
        "additionalProperties": False,
    }


def answer(**properties: Any) -> dict[str, Any]:
    """Return the schema of an object that always has all of these fields."""
    return record(tuple(properties), **properties)


def listing(kind: Any, *, limit: int | None = None) -> dict[str, Any]:
    """Return the schema of a list."""
    bound = {} if limit is None else {"maxItems": limit}
    return {"type": "array", "items": kind, **bound}


def or_none(schema: Schema) -> dict[str, Any]:
    """Return the schema of a value that may be null."""
    return {"anyOf": [schema, {"type": "null"}]}

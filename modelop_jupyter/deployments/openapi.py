"""The OpenAPI document of a deployment, made of its model's schemas."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any

from modelop_jupyter.deployments.json_schema import Document, json_schema_of
from modelop_jupyter.deployments.mlflow_records import FORMS
from modelop_jupyter.deployments.served_model import ServedModel

_SCORING_STATUSES = (400, 401, 403, 404, 413, 422, 500, 503, 504)
_REFUSALS = (401, 403)
_LINES = "application/jsonlines"
_TEXT = {"type": "string"}
_JSON_TEXT: Document = {"application/json": {}}
_PLAIN_TEXT: Document = {"text/plain": {"schema": _TEXT}}
_ERROR: Document = {
    "type": "object",
    "properties": {
        "code": {**_TEXT, "description": "Says to programs what it is; it stays the same."},
        "message": {**_TEXT, "description": "One sentence for people."},
        "hint": {"type": ["string", "null"], "description": "What to do."},
        "stage": {**_TEXT, "description": "Where a record was rejected or failed."},
        "exception": {"type": ["string", "null"]},
        "traceback": {"type": ["string", "null"], "description": "The model's own frames."},
        "errors": {"type": "array", "description": "Of an array, the records with an error."},
        "outputs": {"type": "array", "description": "Of an array, the outputs of the others."},
    },
    "required": ["code", "message"],
}


def openapi_document(served: ServedModel, *, has_token: bool = False) -> Document:
    """Return the document; its paths are relative to where it was found."""
    model = served.description
    schemas: dict[str, Document] = {"Error": _ERROR}
    record = json_schema_of(model.input_schema, "Input", schemas)
    output = json_schema_of(model.output_schema, "Output", schemas)
    example = _example(model.example)
    score = _scoring_operation(
        "score",
        "Score a record, an array of records, or JSON lines.",
        {
            "application/json": {"schema": _one_or_many(record), **example},
            _LINES: {"schema": {**_TEXT, "description": "A record in each line."}},
        },
        {
            "application/json": {"schema": _one_or_many(output)},
            _LINES: {"schema": {**_TEXT, "description": "A line for each record."}},
        },
    )
    timeout = {
        "name": "timeout",
        "in": "query",
        "description": f"Milliseconds for each record; {served.limits.seconds * 1000:g} unless given.",
        "schema": {
            "type": "integer",
            "minimum": 1,
            "maximum": int(served.limits.most_seconds * 1000),
        },
    }
    slots = [_slot("input", served.inputs), _slot("output", served.outputs)]
    roundtrip = {**score, "operationId": "roundtrip", "parameters": [*slots, timeout]}
    invocations = _scoring_operation(
        "invocations",
        "Score the rows that an MLflow client sends.",
        {"application/json": {"schema": _invocation(record)}, "text/csv": {"schema": _TEXT}},
        {"application/json": {"schema": _object(predictions={"type": "array", "items": output})}},
    )
    _answer(invocations, 415)
    document: Document = {
        "openapi": "3.1.0",
        "info": {
            "title": model.name,
            "version": model.ref,
            "description": model.text or f"{model.ref} answers requests.",
        },
        "servers": [{"url": "."}],
        "paths": {
            "/score": {"post": {**score, "parameters": [timeout]}},
            "/api/roundtrip/{input}/{output}": {"post": roundtrip},
            "/invocations": {"post": {**invocations, "parameters": [timeout]}},
            "/1/health": {"get": _health()},
            "/ping": {"get": _reading("ping", "Say that the model is there.", _JSON_TEXT, ())},
            "/metrics": {
                "get": _reading("metrics", "Show figures in Prometheus' form.", _PLAIN_TEXT)
            },
        },
        "components": {"schemas": schemas, "responses": {"Error": _content_of_error()}},
    }
    if model.example is not None:
        document["x-example"] = model.example  # as it stands, for the page
    if has_token:
        document["components"]["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
        document["security"] = [{"token": []}]
        for path in ("/1/health", "/ping"):
            document["paths"][path]["get"]["security"] = []
    return document


def _example(text: str | None) -> Document:
    """Return the example of a body; none for a record with numbers that not every reader knows."""
    if text is None:
        return {}
    try:
        value = json.loads(text)
        json.dumps(value, allow_nan=False)
    except (ValueError, RecursionError):
        return {}
    return {"example": value}


def _one_or_many(schema: Document) -> Document:
    return {"anyOf": [schema, {"type": "array", "items": schema}]} if schema else {}


def _object(**properties: Document) -> Document:
    return {"type": "object", "properties": properties, "required": [*properties]}


def _invocation(record: Document) -> Document:
    rows = {"type": "array", "items": record}
    split = {
        "type": "object",
        "properties": {
            "columns": {"type": "array", "items": _TEXT},
            "data": {"type": "array", "items": {"type": "array"}},
        },
        "required": ["data"],
    }
    forms = dict(zip(FORMS, (split, rows, rows, rows), strict=True))
    return {"oneOf": [_object(**{form: schema}) for form, schema in forms.items()]}


def _slot(name: str, slots: Iterable[int]) -> Document:
    return {
        "name": name,
        "in": "path",
        "required": True,
        "description": f"The number of an {name} slot.",
        "schema": {"type": "integer", "enum": sorted(slots)},
    }


def _scoring_operation(
    name: str, summary: str, content: Mapping[str, Any], answer: Mapping[str, Any]
) -> Document:
    operation = {
        "operationId": name,
        "summary": summary,
        "requestBody": {"required": True, "content": content},
        "responses": {"200": {"description": "What the model has yielded.", "content": answer}},
    }
    _answer(operation, *_SCORING_STATUSES)
    return operation


def _answer(operation: Document, *statuses: int) -> None:
    reference = {"$ref": "#/components/responses/Error"}
    operation["responses"].update({str(status): reference for status in statuses})


def _content_of_error() -> Document:
    content = {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}
    return {"description": "There is no answer of the model.", "content": content}


def _reading(
    name: str, summary: str, content: Mapping[str, Any], statuses: Iterable[int] = _REFUSALS
) -> Document:
    answer = {"description": HTTPStatus.OK.phrase, "content": content}
    operation = {"operationId": name, "summary": summary, "responses": {"200": answer}}
    _answer(operation, *statuses)
    return operation


def _health() -> Document:
    schema = _object(status=_TEXT, model=_TEXT, replicas={"type": "integer"})
    content = {"application/json": {"schema": schema}}
    return _reading("health", "Say which model answers, and with how many processes.", content, ())

"""The OpenAPI 3.1 document, made of what the resources declare."""

from __future__ import annotations

from collections.abc import Iterable
from http import HTTPStatus
from importlib.metadata import version
from typing import Any

from modelop_jupyter.server.declarations import Operation, Resource, Schema
from modelop_jupyter.server.problems import STATUS, Refusal
from modelop_jupyter.server.shapes import Components, resolved


def document(resources: Iterable[Resource], *, base_path: str) -> dict[str, Any]:
    """Return the document; ``base_path`` is where the server has put the resources."""
    components = Components()
    paths = {each.path: _path(each, components) for each in resources}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "modelop-jupyter",
            "version": version("modelop-jupyter"),
            "description": "Models, environments and jobs of one home folder, for JupyterLab's sidebar."
            " Every path that answers GET answers HEAD, too: with the same status and headers, and no"
            " body. A GET with the Etag of an answer as If-None-Match gets 304 while it is the same.",
        },
        "servers": [{"url": base_path}],
        "security": [{"token": []}],
        "paths": paths,
        "components": {
            "schemas": components,
            "responses": {"Refusal": _content(components.reference(Refusal), "Refused.")},
            "securitySchemes": {
                "token": {"type": "apiKey", "in": "header", "name": "Authorization"}
            },
        },
    }


def _path(resource: Resource, components: Components) -> dict[str, Any]:
    parameters = [_parameter(name, schema, "path") for name, schema in resource.parameters.items()]
    operations = {
        method: _operation(resource, operation, components)
        for method, operation in resource.operations.items()
    }
    return {"parameters": parameters, **operations} if parameters else operations


def _operation(resource: Resource, operation: Operation, components: Components) -> dict[str, Any]:
    found: dict[str, Any] = {
        "operationId": operation.run.__name__,
        "summary": operation.summary,
        "tags": [resource.path.split("/")[1]],
        "parameters": [
            _parameter(name, schema, "query") for name, schema in operation.query.items()
        ],
        "responses": {
            str(operation.status): _answer(operation, components),
            **{
                str(int(status)): {"$ref": "#/components/responses/Refusal"}
                for status in sorted({HTTPStatus.FORBIDDEN, *STATUS.values()})
            },
        },
    }
    if operation.body is not None:
        schema = resolved(operation.body, components)
        found["requestBody"] = {
            "required": True,
            "content": {"application/json": {"schema": schema}},
        }
    return found


def _answer(operation: Operation, components: Components) -> dict[str, Any]:
    if operation.answer is None:
        binary = {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}
        return {"description": "The file.", "content": binary}
    return _content(resolved(operation.answer, components), operation.summary)


def _content(schema: Schema, description: str) -> dict[str, Any]:
    return {"description": description, "content": {"application/json": {"schema": schema}}}


def _parameter(name: str, schema: Schema, place: str) -> dict[str, Any]:
    plain = {key: value for key, value in schema.items() if key not in ("required", "description")}
    found: dict[str, Any] = {
        "name": name,
        "in": place,
        "required": place == "path" or bool(schema.get("required")),
        "schema": plain,
    }
    if "description" in schema:
        found["description"] = schema["description"]
    return found

"""Generate the OpenAPI 3.1 document from the declared resources, and serve it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from http import HTTPStatus
from importlib.metadata import version
from typing import Any

from modelop_jupyter.server.errors import STATUS, ErrorBody
from modelop_jupyter.server.rest.json_schema import Schema, SchemaComponents, resolve_types
from modelop_jupyter.server.rest.resource import Operation, Request, Resource

_ERROR_STATUSES = sorted({HTTPStatus.FORBIDDEN, *STATUS.values()})


def openapi_resource(resources: Sequence[Resource], base_path: str) -> Resource:
    """Return the resource ``/openapi.json``, whose document describes ``resources`` and itself."""

    @cache
    def document() -> dict[str, Any]:
        return openapi_document([*resources, resource], base_path=base_path)

    def show_openapi(request: Request) -> dict[str, Any]:  # noqa: ARG001 - an endpoint's signature
        return document()

    resource = Resource(
        path="/openapi.json",
        get=Operation(show_openapi, "Describe this API as OpenAPI 3.1.", {"type": "object"}),
    )
    return resource


def openapi_document(resources: Iterable[Resource], *, base_path: str) -> dict[str, Any]:
    """Return the document; ``base_path`` is the extension's URL path on the server."""
    components = SchemaComponents()
    paths = {resource.path: _path_item(resource, components) for resource in resources}
    error = _content(components.reference(ErrorBody), "Refused.")
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
            "responses": {ErrorBody.SCHEMA_NAME: error},
            "securitySchemes": {
                "token": {"type": "apiKey", "in": "header", "name": "Authorization"}
            },
        },
    }


def _path_item(resource: Resource, components: SchemaComponents) -> dict[str, Any]:
    parameters = [_parameter(name, schema, "path") for name, schema in resource.parameters.items()]
    operations = {
        method: _operation(resource, operation, components)
        for method, operation in resource.operations.items()
    }
    return {"parameters": parameters, **operations} if parameters else operations


def _operation(
    resource: Resource, operation: Operation, components: SchemaComponents
) -> dict[str, Any]:
    error = {"$ref": f"#/components/responses/{ErrorBody.SCHEMA_NAME}"}
    description: dict[str, Any] = {
        "operationId": operation.endpoint.__name__,
        "summary": operation.summary,
        "tags": [resource.path.split("/")[1]],
        "parameters": [
            _parameter(name, schema, "query") for name, schema in operation.query.items()
        ],
        "responses": {
            str(operation.status): _response(operation, components),
            **{str(int(status)): error for status in _ERROR_STATUSES},
        },
    }
    if operation.body is not None:
        schema = resolve_types(operation.body, components)
        description["requestBody"] = {
            "required": True,
            "content": {"application/json": {"schema": schema}},
        }
    if operation.upload is not None:
        file = {operation.upload: {"schema": {"type": "string", "format": "binary"}}}
        description["requestBody"] = {"required": True, "content": file}
    return description


def _response(operation: Operation, components: SchemaComponents) -> dict[str, Any]:
    if operation.response is None:
        binary = {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}
        return {"description": "The file.", "content": binary}
    return _content(resolve_types(operation.response, components), operation.summary)


def _content(schema: Schema, description: str) -> dict[str, Any]:
    return {"description": description, "content": {"application/json": {"schema": schema}}}


def _parameter(name: str, schema: Schema, location: str) -> dict[str, Any]:
    parameter: dict[str, Any] = {
        "name": name,
        "in": location,
        "required": location == "path",
        "schema": {key: value for key, value in schema.items() if key != "description"},
    }
    if "description" in schema:
        parameter["description"] = schema["description"]
    return parameter

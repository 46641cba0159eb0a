"""``/models/NAME/tags`` and ``/models/NAME/metadata``: what users say of a model."""

from __future__ import annotations

from modelop_jupyter.domain.metadata import ModelMetadata, ModelTags
from modelop_jupyter.server.resources.fields import MODEL_NAME, SHORT_TEXT
from modelop_jupyter.server.rest.json_schema import array_schema, object_schema
from modelop_jupyter.server.rest.resource import Operation, Request, Resource

_ENTRIES = {"type": "object", "additionalProperties": True}
_NAMES = array_schema(SHORT_TEXT, limit=100)


def change_tags(request: Request) -> ModelTags:
    body = request.body
    return request.context.workspace.tag(
        request.path["name"], body.get("add", []), body.get("remove", [])
    )


def change_metadata(request: Request) -> ModelMetadata:
    body = request.body
    return request.context.workspace.meta(
        request.path["name"], body.get("set", {}), body.get("remove", [])
    )


TAGS = Resource(
    path="/models/{name}/tags",
    parameters={"name": MODEL_NAME},
    patch=Operation(
        change_tags,
        "Add tags to a model and remove others.",
        ModelTags,
        body={
            **object_schema(add=_NAMES, remove=_NAMES),
            "examples": [{"add": ["fraud"], "remove": ["draft"]}],
        },
    ),
)

METADATA = Resource(
    path="/models/{name}/metadata",
    parameters={"name": MODEL_NAME},
    patch=Operation(
        change_metadata,
        "Set entries of a model's metadata, any JSON by their keys, and remove others.",
        ModelMetadata,
        body={
            **object_schema(set=_ENTRIES, remove=_NAMES),
            "examples": [{"set": {"owner": "ada"}}],
        },
    ),
)

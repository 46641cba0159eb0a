"""``/examples``: notebooks to start from, and a copy of one in a folder of the server."""

from __future__ import annotations

from dataclasses import replace

from modelop_jupyter.domain.examples import ExampleCopy, ExampleList
from modelop_jupyter.server.resources.fields import SHORT_TEXT
from modelop_jupyter.server.rest.json_schema import object_schema
from modelop_jupyter.server.rest.resource import Operation, Request, Resource


def list_examples(request: Request) -> ExampleList:
    return request.context.workspace.examples()


def copy_example(request: Request) -> ExampleCopy:
    root = request.context.root
    folder = root.resolve_existing(request.body.get("folder", ""))
    copied = request.context.workspace.examples.copy(request.body["name"], folder)
    return replace(copied, path=root.to_api_path(copied.path) or copied.path)


EXAMPLES = Resource(
    path="/examples",
    get=Operation(list_examples, "List the example notebooks.", ExampleList),
    post=Operation(
        copy_example,
        "Write an example into a new folder, unless its copy is there with the same cells.",
        ExampleCopy,
        body=object_schema(
            ("name",),
            name=SHORT_TEXT,
            folder={
                "type": "string",
                "maxLength": 4096,
                "description": "A folder below the server's root folder; empty for the root itself.",
            },
        ),
        status=201,
    ),
)

"""``/models/NAME/sample``: what a first run of a model takes, and ``/kernel-code``: what a kernel is asked."""

from __future__ import annotations

import json
from dataclasses import dataclass
from importlib import resources

from modelop_jupyter.domain.samples import SAMPLE_RECORDS, Sample, Table
from modelop_jupyter.server.resources.fields import MODEL_REF, SHORT_TEXT
from modelop_jupyter.server.rest.json_schema import array_schema, object_schema
from modelop_jupyter.server.rest.resource import Operation, Request, Resource

RECORD = {"type": "object", "maxProperties": 1000}
_TABLE = object_schema(
    ("name", "records"), name=SHORT_TEXT, records=array_schema(RECORD, limit=SAMPLE_RECORDS)
)


@dataclass(frozen=True, slots=True)
class KernelCode:
    """Python expressions to evaluate in a notebook's kernel; their values have a JSON form.

    ``python`` gives the ``kernel`` of a registration, ``tables`` those of a sample. They read only:
    no name is set, and the kernel needs no package.
    """

    python: str
    tables: str


def model_sample(request: Request) -> Sample:
    tables = [
        Table(table["name"], tuple(table["records"])) for table in request.body.get("tables", ())
    ]
    return request.context.workspace.models.sample(request.path["name"], tables)


def kernel_code(request: Request) -> KernelCode:  # noqa: ARG001 - the signature of all endpoints
    return KernelCode(_expression("python()"), _expression("tables(namespace)"))


def _expression(call: str) -> str:
    """Return an expression that calls a function of ``capture/kernel_facts.py`` in a scope of its own."""
    facts = resources.files("modelop_jupyter.capture") / "kernel_facts.py"
    text = json.dumps(f"{facts.read_text('utf-8')}\nanswer = Answer({call})\n")
    scope = "{'__name__': 'modelop_kernel_facts', 'namespace': globals()}"
    return f"(lambda scope: (exec({text}, scope), scope['answer'])[1])({scope})"


MODEL_SAMPLE = Resource(
    path="/models/{name}/sample",
    parameters={"name": MODEL_REF},
    post=Operation(
        model_sample,
        "Return the test data of a model, and the form in which records for a first run are typed.",
        Sample,
        body={
            **object_schema(
                tables={
                    **array_schema(_TABLE, limit=5),
                    "description": "The first records of a kernel's data frames, the last one first.",
                }
            ),
            "examples": [{}],
        },
    ),
)

KERNEL_CODE = Resource(
    path="/kernel-code",
    get=Operation(
        kernel_code, "Return what to ask a kernel for its Python and its data frames.", KernelCode
    ),
)

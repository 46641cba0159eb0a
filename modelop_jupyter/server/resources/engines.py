"""``/engines`` and ``/engines/look``: where jobs can run, and what there is."""

from __future__ import annotations

from modelop_jupyter.domain.engines import EngineChoices, EngineState
from modelop_jupyter.server.resources.fields import ENGINE
from modelop_jupyter.server.rest.json_schema import object_schema
from modelop_jupyter.server.rest.resource import Operation, Request, Resource


def list_engines(request: Request) -> EngineChoices:
    return request.context.workspace.engines()


def look_at_engine(request: Request) -> EngineState:
    return request.context.workspace.engines.look(request.body["engine"])


ENGINES = Resource(
    path="/engines",
    get=Operation(
        list_engines,
        "List the engines, the default one, and the addresses that recent jobs used.",
        EngineChoices,
    ),
)

# Not a GET: it connects to an address, and another site must not be able to have that done.
ENGINE_LOOK = Resource(
    path="/engines/look",
    post=Operation(
        look_at_engine,
        "Connect to an engine, and show the state of its cluster.",
        EngineState,
        body={
            **object_schema(("engine",), engine=ENGINE),
            "examples": [{"engine": "dask://scheduler:8786"}],
        },
        is_slow=True,
    ),
)

"""The fixtures that pytest and jest share have the shapes that the server's document promises."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from modelop_jupyter.server.rest.openapi import openapi_document
from modelop_jupyter.server.routes import resources

WIRE = Path(__file__).parents[1] / "wire"
DOCUMENT: dict[str, Any] = openapi_document(resources(""), base_path="")
# Each is what a real server answered, with its folders given other names.
FIXTURES = {
    "assets": ("get", "/models/{name}/assets"),
    "changes": ("get", "/changes"),
    "check": ("get", "/models/{name}/check"),
    "content": ("get", "/models/{name}/content/{path}"),
    "diff": ("get", "/models/{name}/diff"),
    "engine": ("post", "/engines/look"),
    "engines": ("get", "/engines"),
    "environment": ("get", "/models/{name}/environment"),
    "environment-building": ("get", "/models/{name}/environment"),
    "environment-failed": ("get", "/models/{name}/environment"),
    "environments": ("get", "/environments"),
    "environments-gc": ("post", "/environments/gc"),
    "error-groups": ("get", "/jobs/{job}/errors/groups"),
    "errors": ("get", "/jobs/{job}/errors"),
    "examples": ("get", "/examples"),
    "history": ("get", "/models/{name}/history"),
    "job": ("get", "/jobs/{job}"),
    "job-document": ("get", "/jobs/{job}/document"),
    "job-submitted": ("post", "/jobs"),
    "jobs": ("get", "/jobs"),
    "jobs-gc": ("post", "/jobs/gc"),
    "jobs-running": ("get", "/jobs"),
    "jobs-usage": ("get", "/jobs/usage"),
    "kernel": ("post", "/models/{name}/kernel"),
    "kernels": ("get", "/kernels"),
    "line": ("post", "/lines"),
    "lineage": ("get", "/models/{name}/lineage"),
    "log": ("get", "/jobs/{job}/log"),
    "metrics": ("get", "/jobs/{job}/metrics"),
    "model": ("get", "/models/{name}"),
    "models": ("get", "/models"),
    "overview": ("get", "/overview"),
    "preview": ("post", "/previews"),
    "proof": ("post", "/models/{name}/environment/proof"),
    "records": ("get", "/jobs/{job}/records"),
    "registration": ("post", "/models"),
    "requirements": ("get", "/models/{name}/requirements"),
    "requirements-inferred": ("post", "/models/{name}/requirements"),
    "roles": ("get", "/roles"),
    "snapshots": ("get", "/models/{name}/snapshots"),
    "views": ("get", "/jobs/{job}/views"),
}


def schema_of(method: str, path: str) -> dict[str, Any]:
    answers = DOCUMENT["paths"][path][method]["responses"]
    good = next(answers[status] for status in answers if status.startswith("2"))
    schema = good["content"]["application/json"]["schema"]
    return {**schema, "components": DOCUMENT["components"]}


@pytest.mark.parametrize("name", FIXTURES)
def test_a_fixture_has_the_shape_of_the_answer(name: str) -> None:
    """Wire shapes are fixtures, read by pytest and jest alike (architecture, decision 11)."""
    answer = json.loads((WIRE / f"{name}.json").read_text())

    Draft202012Validator(schema_of(*FIXTURES[name])).validate(answer)


def test_an_error_has_the_shape_of_a_problem() -> None:
    """Every refusal has a code, a message and perhaps a hint."""
    answer = json.loads((WIRE / "problem.json").read_text())

    shape = {"$ref": "#/components/schemas/Refusal", "components": DOCUMENT["components"]}
    Draft202012Validator(shape).validate(answer)


def test_every_fixture_is_held_to_a_shape() -> None:
    """None is left behind when a resource changes."""
    names = {path.stem for path in WIRE.glob("*.json")}

    assert names - {"problem", "openapi"} == set(FIXTURES)


def test_the_document_that_the_sidebar_was_written_for_is_the_servers() -> None:
    """The types of labextension/src/api/schema.d.ts come from it; ``tools/openapi.py`` writes it anew."""
    kept = json.loads((WIRE / "openapi.json").read_text())
    prefix = "/modelop-jupyter"

    assert kept == json.loads(json.dumps(openapi_document(resources(prefix), base_path=prefix)))

"""A model whose records are checked with JSON Schema: batch, drift, form and documents agree."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from modelop_jupyter import Workspace
from modelop_jupyter.errors import InvalidError

from .jobs import register

INPUT = {
    "$schema": "http://json-schema.org/draft-07/schema#",
    "properties": {"x": {"type": "integer", "minimum": 0}, "zip": {"type": "string"}},
    "required": ["x"],
}


@pytest.fixture
def model(workspace: Workspace) -> str:
    """A model with the JSON Schema of its input, and a sample of records of which two are bad."""
    name = register(workspace, "yield r")
    Path("input_schema.json").write_text(json.dumps(INPUT))
    Path("in.json").write_text('{"x": 1}\n{"x": -1}\n{"x": 2}\n{"zip": "7"}\n')
    workspace.asset_add(name, "input_schema.json", role="MODEL_SCHEMA")
    return name


@pytest.mark.slow
def test_records_are_rejected_by_path_and_rule(workspace: Workspace, model: str) -> None:
    """Without their values, and counted as those that Avro rejects."""
    job = workspace.batch(model, "in.json", schemas="in").wait(300)

    assert [record["x"] for record in job.records()] == [1, 2]
    assert [(error.index, error.stage, error.message) for error in job.errors()] == [
        (1, "input schema", "At least 0 expected (minimum), not ********** in 'x'"),
        (3, "input schema", "Field 'x' missing (required)"),
    ]
    assert "Record rejected by schema: At least 0 expected (minimum), not **********" in job.log()


@pytest.mark.slow
def test_cells_of_csv_are_what_the_schema_says(workspace: Workspace, model: str) -> None:
    """As with Avro: a text of digits stays a text."""
    Path("in.csv").write_text("x,zip\n1,0123\n2,99\n")
    job = workspace.batch(model, "in.csv", schemas="in").wait(300)

    assert list(job.records()) == [{"x": 1, "zip": "0123"}, {"x": 2, "zip": "99"}]


def test_what_the_schema_says_is_shown_everywhere(workspace: Workspace, model: str) -> None:
    """``schema show``, ``schema infer --against``, and the form of a first run."""
    drift = workspace.schemas.drift(model, "in.json")
    sample = workspace.models.sample(model)

    assert workspace.schema_show(model)["0"] == INPUT
    assert (drift.records, drift.rejected) == (4, 2)
    assert [(one.field, one.problem) for one in drift.fields] == [
        ("x", "At least 0 expected (minimum)"),
        ("x", "is missing"),
    ]
    assert [(field.name, field.kind) for field in sample.form.fields] == [
        ("x", "integer"),
        ("zip", "text"),
    ]


def test_avro_counts_where_both_are_there(workspace: Workspace, model: str) -> None:
    """It is what ModelOp Center looks at."""
    Path("input_schema.avsc").write_text('"string"')
    workspace.asset_add(model, "input_schema.avsc")

    assert workspace.schema_show(model)["0"] == "string"


def test_a_schema_that_is_not_valid_is_refused_before_a_job_starts(
    workspace: Workspace, model: str
) -> None:
    """With its place in the file."""
    Path("input_schema.json").write_text('{"properties": {"x": {"type": "float"}}}')
    workspace.asset_add(model, "input_schema.json", role="MODEL_SCHEMA")

    with pytest.raises(InvalidError, match=r"input_schema\.json cannot be used: at properties/x"):
        workspace.batch(model, "in.json", schemas="in")

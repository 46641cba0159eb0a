"""A record to try a deployed model with."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from modelop_jupyter import Workspace
from modelop_jupyter.workspace.example_record import example_record

_SCORE = "# modelop.score\ndef score(record):\n    yield record\n"
_SCHEMA = {"type": "record", "name": "In", "fields": [{"name": "x", "type": "double"}]}


def _example(workspace: Workspace) -> str | None:
    state = workspace.registry.get_model("churn").state
    return example_record("churn", state, workspace._home)


def test_a_model_of_which_nothing_is_known_has_none(workspace: Workspace) -> None:
    Path("model.py").write_text(_SCORE)
    workspace.register("churn", "model.py")

    assert _example(workspace) is None


def test_a_schema_gives_one_with_its_fields(workspace: Workspace) -> None:
    Path("model.py").write_text("# modelop.schema.0: in.avsc\n" + _SCORE)
    Path("in.avsc").write_text(json.dumps(_SCHEMA))
    workspace.register("churn", "model.py", assets=[Path("in.avsc")])

    assert set(json.loads(_example(workspace) or "null")) == {"x"}


def test_test_data_has_one(workspace: Workspace) -> None:
    Path("model.py").write_text(_SCORE)
    Path("test.csv").write_text("x,name\n1.5,a\n2,b\n")
    workspace.register("churn", "model.py", assets=[Path("test.csv")])

    assert json.loads(_example(workspace) or "null") == {"x": 1.5, "name": "a"}


@pytest.mark.slow
def test_the_last_batch_has_one(workspace: Workspace) -> None:
    """Rather than the test data; while its input is there."""
    Path("model.py").write_text(_SCORE)
    Path("test.csv").write_text("x\n1.5\n")
    Path("live.json").write_text('{"x": 7, "name": "é"}\n{"x": 8}\n')
    workspace.register("churn", "model.py", assets=[Path("test.csv")])
    workspace.batch("churn", ["live.json"]).wait()

    assert _example(workspace) == '{"x": 7, "name": "é"}'
    Path("live.json").unlink()
    assert _example(workspace) == '{"x": 1.5}'

"""Requirements that a model does without."""

from __future__ import annotations

from pathlib import Path

import pytest

from modelop_jupyter import Workspace
from modelop_jupyter.domain.requirements.changes import SpareLine
from modelop_jupyter.errors import InvalidError
from modelop_jupyter.requirements.trim import without_spare_lines

SOURCE = """
import importlib

lazy = importlib.import_module("iniconfig")

# modelop.score
def score(record):
    yield 1
"""
REQUIREMENTS = "# ours\niniconfig==2.0.0\npyparsing==3.1.4\n"


@pytest.fixture
def model(workspace: Workspace) -> str:
    """A model that imports one package under no name that its source says, and another not at all."""
    Path("model.py").write_text(SOURCE)
    Path("requirements.txt").write_text(REQUIREMENTS)
    Path("test.json").write_text("{}\n")
    workspace.register("model", "model.py", assets=["requirements.txt", "test.json"])
    return "model"


@pytest.mark.slow
def test_what_is_neither_imported_nor_loaded_can_go(workspace: Workspace, model: str) -> None:
    """Nothing is changed unasked."""
    found = workspace.trim_requirements(model)

    assert [(line.text, line.packages) for line in found.lines] == [
        ("pyparsing==3.1.4", ("pyparsing",))
    ]
    assert "iniconfig" in found.loaded
    assert found.size == found.lines[0].size > 100_000
    assert found.report is None
    assert len(workspace.requirements(model).rows) == 2


@pytest.mark.slow
def test_lines_are_removed_on_request_and_the_model_is_checked(
    workspace: Workspace, model: str
) -> None:
    """All other lines stay as they are."""
    found = workspace.trim_requirements(model, write=True)

    assert found.report is not None
    assert found.report.is_passed
    assert [row.text for row in workspace.requirements(model).rows] == ["iniconfig==2.0.0"]
    assert workspace.trim_requirements(model).lines == ()


def test_a_snapshot_is_never_changed(workspace: Workspace, model: str) -> None:
    workspace.snapshot(model)

    with pytest.raises(InvalidError, match="which never changes"):
        workspace.trim_requirements(f"{model}@1", write=True)


def test_the_hashes_of_a_line_go_with_it() -> None:
    """They stand in lines of their own."""
    text = "a==1 \\\n    --hash=sha256:00 \\\n    --hash=sha256:01\nb==2\n"

    assert without_spare_lines(text, [SpareLine("r.txt", 1, "a==1", (), 0)]) == "b==2\n"

"""What a registration would come to, before it is done; and lists page by page."""

from __future__ import annotations

from pathlib import Path

import pytest

from modelop_jupyter import Workspace
from modelop_jupyter.capture import Cell, capture
from modelop_jupyter.domain.models import EntryPoints
from modelop_jupyter.domain.roles import AssetRole
from modelop_jupyter.errors import ModelNotFoundError

CELL = """\
import json
import six
import colorama

# modelop.init
def begin():
    global weights
    weights = json.load(open("binaries/weights.json"))


# modelop.score
def score(record):
    yield {"y": six.text_type(record["x"] * weights["factor"]) + colorama.Fore.RED}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder of a notebook, with what a model may need."""
    folder = tmp_path / "notebooks"
    (folder / "binaries").mkdir(parents=True)
    (folder / "binaries" / "weights.json").write_text('{"factor": 2}')
    (folder / "requirements.txt").write_text("six\n???\n")
    (folder / "notes.txt").write_text("mine")
    (folder / ".hidden.avsc").write_text("{}")
    return folder


def test_a_preview_shows_what_register_would_take(workspace: Workspace, folder: Path) -> None:
    """Source, functions, roles and missing requirements are seen before anything is recorded (issue 6)."""
    captured = capture([Cell(1, CELL)])
    preview = workspace.preview(
        "churn", captured=captured, assets=["requirements.txt"], folder=folder
    )

    assert preview.created
    assert preview.entry_points == EntryPoints(init="begin", score="score")
    assert preview.functions == ("begin", "score")
    assert preview.primary_source == "churn.py"
    assert {asset.path: asset.role for asset in preview.assets} == {
        "churn.py": AssetRole.MODEL_SOURCE,
        "requirements.txt": AssetRole.REQUIRED_LIBRARIES,
    }
    assert [problem.text for problem in preview.problems] == ["???"]
    with pytest.raises(ModelNotFoundError):
        workspace.show("churn")


def test_files_that_the_source_names_are_proposed(workspace: Workspace, folder: Path) -> None:
    """A model that opens a file needs it as an asset, under the path it opens."""
    preview = workspace.preview("churn", captured=capture([Cell(1, CELL)]), folder=folder)

    assert [(p.path, p.role, p.reason, p.is_missing) for p in preview.proposals] == [
        ("binaries/weights.json", AssetRole.TEST_DATA, "named in the source", True),
        ("requirements.txt", AssetRole.REQUIRED_LIBRARIES, "its name", False),
    ]


def test_imports_that_nothing_provides_are_named(workspace: Workspace, folder: Path) -> None:
    """The offer to infer requirements needs to know what is missing."""
    preview = workspace.preview(
        "churn", captured=capture([Cell(1, CELL)]), assets=["requirements.txt"], folder=folder
    )

    assert [found.module for found in preview.missing] == ["colorama"]


def test_a_preview_of_a_model_that_is_there_tells_the_changes(
    workspace: Workspace, model: str
) -> None:
    """Registering again changes a model, and a user sees how."""
    Path("double.py").write_text(Path("double.py").read_text() + "\n")
    preview = workspace.preview(model, "double.py")

    assert not preview.created
    assert preview.changes == ("source double.py changed",)
    assert workspace.preview(model, "double.py", python="3.11").python == "3.11"


def test_assets_of_another_folder_keep_their_paths(workspace: Workspace, folder: Path) -> None:
    """A server registers a notebook of any folder, and its own is another."""
    registration = workspace.register(
        "churn",
        captured=capture([Cell(1, CELL)]),
        assets=["binaries/weights.json", str(folder / "notes.txt")],
        folder=folder,
    )

    assert [asset.path for asset in registration.model.state.assets] == [
        "binaries/weights.json",
        "churn.py",
        "notes.txt",
    ]


def test_models_come_page_by_page(workspace: Workspace, model: str) -> None:
    """A thousand models are not sent at once."""
    workspace.snapshot(model)
    workspace.register("other", "double.py")
    page = workspace.model_page(limit=1)

    assert (page.offset, page.total) == (0, 2)
    assert [(row.name, row.snapshot, row.assets) for row in page.rows] == [("double", 1, 1)]
    assert [row.name for row in workspace.models()] == ["double", "other"]

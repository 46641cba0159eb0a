"""The format ``git``: a folder that `register` takes for the same model."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from modelop_jupyter import Workspace
from modelop_jupyter.domain.models import EntryPoints
from modelop_jupyter.domain.roles import AssetRole

UNTAGGED = "def prepare():\n    pass\n\n\ndef rate(record):\n    yield record\n"


def roles(workspace: Workspace, name: str) -> dict[str, AssetRole]:
    return {each.path: each.role for each in workspace.asset_list(name)}


def make(path: str, content: str | bytes = "x\n") -> str:
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).write_bytes(content.encode() if isinstance(content, str) else content)
    return path


@pytest.fixture
def rich(workspace: Workspace) -> str:
    """A model told by hand what no name or tag says."""
    make("rate.py", UNTAGGED)
    files = [
        make("requirements.txt", "six\n"),
        make("input_schema.avsc", '{"type": "int"}'),
        make("data/base.csv"),
        make("weights.bin", b"\0\1"),
        make("required_assets.json", '[{"usage": "INPUT_ASSET", "assetRole": "BASELINE_DATA"}]'),
    ]
    workspace.register(
        "rich",
        "rate.py",
        assets=files,
        chosen=EntryPoints(init="prepare", score="rate"),
        description="rates",
        tags=["x", "y"],
    )
    workspace.asset_role("rich", "data/base.csv", "baseline data")
    workspace.asset_role("rich", "weights.bin", "weights file")
    return "rich"


def test_a_registration_of_it_is_the_same_model(workspace: Workspace, rich: str) -> None:
    """Functions, assets, roles, description and tags, in a home that knows nothing of it."""
    found = workspace.export(rich, "repo", format="git")
    back = workspace.register("back", "repo").model

    assert back.state.entry_points == EntryPoints(init="prepare", score="rate")
    assert (back.description, back.tags) == ("rates", ("x", "y"))
    assert roles(workspace, "back") == {
        **roles(workspace, rich),
        "metadata.json": AssetRole.MODEL_METADATA,
        "external_assets.json": AssetRole.EXTERNAL_ASSETS,
    }
    assert (found.warnings, found.lock) == ((), None)
    assert found.notes == (
        "written for the import: external_assets.json, metadata.json, rate.py",
        "ModelOp Center gives roles by the names of files; these have to be given there by hand:"
        " data/base.csv Baseline data, weights.bin Weights file",
    )


def test_functions_get_their_tags(workspace: Workspace, rich: str) -> None:
    """Only where the source does not say it itself."""
    workspace.export(rich, "repo", format="git")

    assert Path("repo/rate.py").read_text() == UNTAGGED.replace(
        "def prepare", "# modelop.init\ndef prepare"
    ).replace("def rate", "# modelop.score\ndef rate")


def test_what_says_all_itself_is_left_as_it_is(workspace: Workspace, model: str) -> None:
    """A repository that was registered comes out as it went in, and its export is its own."""
    make("repo/metadata.json", '{"tags": ["a"], "description": "d", "name": "Doubling"}')
    make("repo/double.py", Path("double.py").read_bytes())
    make("repo/external_assets.json", '[{"filename": "b.csv", "assetRole": "BASELINE_DATA"}]')
    make("repo/b.csv")
    workspace.register("doubling", "repo")
    found = workspace.export("doubling", "repo", format="git")

    assert found.was_there
    assert found.warnings == found.notes[:-1] == ()


def test_metadata_follows_what_was_changed_since(workspace: Workspace, model: str) -> None:
    """Description and tags are the model's; what else the file says stays."""
    make("metadata.json", '{"tags": ["a"], "modelMethodology": "Regression"}')
    workspace.register(model, assets=["metadata.json"], description="new", tags=["b"])
    workspace.export(model, "repo", format="git")

    assert json.loads(Path("repo/metadata.json").read_text()) == {
        "tags": ["b"],
        "modelMethodology": "Regression",
        "description": "new",
    }


def test_what_a_repository_cannot_hold_is_said(workspace: Workspace, model: str) -> None:
    """The Python that was chosen, a hidden file, and a second source with tags."""
    make(".env")
    make("more.py", Path("double.py").read_bytes())
    workspace.register(model, assets=[".env", "more.py"], python="3.11")
    found = workspace.export(model, "repo", format="git")

    assert found.warnings == (
        "'register NAME FOLDER' says of it: several files hold smart tags: double.py, more.py."
        " Name the primary source, such as --source double.py. Here, that is double.py",
        "a registration of it has this otherwise: asset .env removed",
        "a registration of it has this otherwise: python: 3.11 -> the notebook's own",
    )


def test_what_git_would_run_is_left_out(workspace: Workspace, model: str) -> None:
    """A hook among the assets of a model that came from somewhere."""
    make(".git/hooks/post-commit", "#!/bin/sh\n")
    workspace.asset_add(model, ".git/hooks/post-commit")
    found = workspace.export(model, "repo", format="git")

    assert not Path("repo/.git").exists()
    assert found.warnings == (
        "a registration of it has this otherwise: asset .git/hooks/post-commit removed",
    )


def test_a_source_that_is_no_text_stays(workspace: Workspace) -> None:
    """Tags cannot be put into it, and that is said."""
    make("odd.py", UNTAGGED.encode() + b"# \xff\n")
    workspace.register("odd", "odd.py", chosen=EntryPoints(score="rate"))
    found = workspace.export("odd", "repo", format="git")

    assert found.warnings == (
        "a registration of it has this otherwise: score function: rate -> none",
    )

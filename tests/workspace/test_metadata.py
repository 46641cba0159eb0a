"""What users say of a model, from the verb to an export and back."""

from __future__ import annotations

import json
from pathlib import Path

from modelop_jupyter import Workspace


def test_tags_and_metadata_are_in_modelops_document(workspace: Workspace, model: str) -> None:
    """StoredModel and DeployableModel have them where ModelOp Center has (spec 8.1, 8.2)."""
    workspace.snapshot(model)
    workspace.tag(model, ["fraud"])
    workspace.meta(model, {"owner": "ada", "review.year": 2026})

    stored = workspace.stored_model(model)["modelMetaData"]
    snapshot = workspace.stored_model(f"{model}@1")["metaData"]

    expected = (["fraud"], {"owner": "ada", "review": {"year": 2026}})
    assert (stored["tags"], stored["custom"]) == expected
    assert (snapshot["tags"], snapshot["custom"]) == expected


def test_an_export_and_an_import_keep_them(workspace: Workspace, model: str) -> None:
    workspace.tag(model, ["fraud"])
    workspace.meta(model, {"owner": "ada"})
    workspace.export(model, "out.zip")
    workspace.tag(model, ["new"], ["fraud"])
    workspace.meta(model, {"owner": "bob"})

    registered = workspace.import_("out.zip").registration

    assert (registered.model.tags, dict(registered.model.meta)) == (("fraud",), {"owner": "ada"})
    assert "metadata: owner" in registered.changes


def test_a_repository_has_them_as_modelop_center_reads_them(
    workspace: Workspace, model: str
) -> None:
    """As ``custom`` of metadata.json, from which a registration takes them."""
    workspace.meta(model, {"owner": "ada"})
    workspace.export(model, "repo", format="git")
    back = workspace.register("again", "repo").model

    assert json.loads(Path("repo/metadata.json").read_text())["custom"] == {"owner": "ada"}
    assert back.meta == {"owner": "ada"}


def test_an_mlflow_model_has_them_in_its_metadata(workspace: Workspace, model: str) -> None:
    workspace.tag(model, ["fraud"])
    workspace.meta(model, {"owner": "ada"})
    workspace.export(model, "out", format="mlflow")

    assert '  modelop_tags: ["fraud"]\n  modelop_metadata: {"owner": "ada"}\n' in (
        Path("out/MLmodel").read_text()
    )

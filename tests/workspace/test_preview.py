"""What a registration would come to, before it is done; and lists page by page."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

from modelop_jupyter import Workspace
from modelop_jupyter.capture import Cell, ModelCells, capture
from modelop_jupyter.domain.models import EntryPoints
from modelop_jupyter.domain.previews import Preview
from modelop_jupyter.domain.requirements.changes import VersionChange
from modelop_jupyter.domain.roles import AssetRole
from modelop_jupyter.domain.source_code.function_options import FunctionOption
from modelop_jupyter.errors import ModelNotFoundError
from modelop_jupyter.workspace import RegistrationRequest

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


def test_a_preview_knows_the_wheels_among_the_assets(workspace: Workspace) -> None:
    """As ``register`` does: a line that names one is no problem."""
    Path("m.py").write_text("# modelop.score\ndef score(record):\n    yield record\n")
    Path("requirements.txt").write_text("./wheels/demo-1.0-py3-none-any.whl\n")
    Path("wheels").mkdir()
    Path("wheels/demo-1.0-py3-none-any.whl").write_bytes(b"PK")
    files = ["requirements.txt", "wheels/demo-1.0-py3-none-any.whl"]

    assert workspace.preview("m", "m.py", assets=files).problems == ()


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


def previewed(workspace: Workspace, folder: Path, source: str, **given: Any) -> Preview:
    """Preview a notebook of one cell in a folder."""
    cells = ModelCells((Cell(1, source),), notebook=folder / "churn.ipynb")
    request = RegistrationRequest("churn", cells=cells, folder=folder, **given)
    return workspace.models.preview_request(request)


def test_what_is_refused_is_shown_beside_the_rest(workspace: Workspace, folder: Path) -> None:
    """No tag is no end: functions to choose and files are there (issue 15)."""
    preview = previewed(
        workspace, folder, "import six\ndef predict(r):\n    return six.ensure_str(r)"
    )

    assert preview.refusal is not None
    assert "predict (cell 1) may be meant" in preview.refusal
    assert preview.options == (
        FunctionOption("score", "predict", "cell 1", is_tagged=False, is_suggested=True),
    )
    assert [it.path for it in preview.proposals] == ["requirements.txt"]


def test_a_chosen_function_is_registered_with_its_tag(workspace: Workspace, folder: Path) -> None:
    """The refusal is gone, and the source has the tag that the cell does not have yet."""
    chosen = EntryPoints(score="predict")
    preview = previewed(workspace, folder, "def predict(r):\n    return r", entry_points=chosen)

    assert preview.refusal is None
    assert "# modelop.score\ndef predict(r):" in (preview.source or "")


def test_two_tagged_functions_are_a_choice(workspace: Workspace, folder: Path) -> None:
    """The refusal names both, and so do the options."""
    source = "# modelop.score\ndef a(r):\n    return 1\n\n# modelop.score\ndef b(r):\n    return 1"
    preview = previewed(workspace, folder, source)

    assert preview.refusal is not None
    assert "two functions" in preview.refusal
    assert [(it.name, it.is_tagged) for it in preview.options] == [("a", True), ("b", True)]


def test_a_missing_file_stays_in_the_list(workspace: Workspace, folder: Path) -> None:
    """It can be unticked there, and all other files are where they were."""
    preview = previewed(workspace, folder, CELL, assets=[("gone.pkl", "Weights file")])

    assert preview.refusal is not None
    assert [(it.path, it.problem) for it in preview.proposals] == [
        ("binaries/weights.json", None),
        ("requirements.txt", None),
        ("gone.pkl", "there is no such file"),
    ]


def test_files_in_sub_folders_are_suggested(workspace: Workspace, folder: Path) -> None:
    """By their role, or by a base name that the source joins to a folder; another project's are not."""
    for name in ("schemas/in.avsc", "binaries/net.pkl", "binaries/sales.csv", "other/test.csv"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text("{}")
    (folder / "other" / "other.ipynb").write_text("{}")
    source = "# modelop.score\ndef f(r):\n    return open(folder / 'weights.json')"
    preview = previewed(workspace, folder, f"import pathlib\nfolder = pathlib.Path('b')\n{source}")

    assert [(it.path, it.reason) for it in preview.proposals if it.is_suggested] == [
        ("binaries/weights.json", "named in the source"),
        ("requirements.txt", "its name"),
        ("binaries/net.pkl", "its name"),
        ("schemas/in.avsc", "its name"),
    ]


def test_beside_other_notebooks_only_what_is_named_is_suggested(
    workspace: Workspace, folder: Path
) -> None:
    """Weights may be the other notebook's; requirements are those of the folder."""
    for name in ("a.ipynb", "b.ipynb", "other.pkl"):
        (folder / name).write_text("{}")
    preview = previewed(workspace, folder, CELL)

    assert {it.path: it.is_suggested for it in preview.proposals} == {
        "binaries/weights.json": True,
        "requirements.txt": True,
        "other.pkl": False,
    }


def test_requirements_are_shown_before_they_are_written(workspace: Workspace, folder: Path) -> None:
    """With the versions of this Python, and the path of the file; those of pickles, too."""
    import packaging.version

    (folder / "requirements.txt").unlink()
    (folder / "model.pkl").write_bytes(pickle.dumps(packaging.version.Version("1.0")))
    source = "import pytest\n# modelop.score\ndef f(r):\n    return pytest, open('model.pkl')"
    preview = previewed(workspace, folder, source, assets=["model.pkl"])
    plan = preview.requirements

    assert plan is not None
    assert plan.is_suggested
    assert plan.file == str((folder / "requirements.txt").resolve())
    assert [(line.text, line.where) for line in plan.inferred.lines] == [
        (f"pytest=={version('pytest')}", "churn.py, line 3"),
        (f"packaging=={version('packaging')}", "model.pkl"),
    ]
    assert not (folder / "requirements.txt").exists()


def test_what_a_requirement_brings_along_is_not_suggested(
    workspace: Workspace, folder: Path
) -> None:
    """A line for each dependency of a dependency is nobody's wish."""
    (folder / "requirements.txt").write_text("pytest\n")
    source = "import pluggy\n# modelop.score\ndef f(r):\n    return pluggy"
    preview = previewed(workspace, folder, source, assets=["requirements.txt"])

    assert preview.requirements is not None
    assert not preview.requirements.is_suggested


def test_a_mistyped_name_of_a_model_is_noticed(
    workspace: Workspace, model: str, folder: Path
) -> None:
    """Before a second model is made of it."""
    cells = ModelCells((Cell(1, CELL),), notebook=folder / "churn.ipynb")
    preview = workspace.models.preview_request(RegistrationRequest("doubel", cells=cells))

    assert preview.similar == model


def test_a_preview_of_a_model_that_is_there_shows_what_differs(
    workspace: Workspace, model: str
) -> None:
    """Source, assets and description beside what is registered; nothing is saved (row 2 of the peers)."""
    old = Path("double.py").read_text()
    Path("double.py").write_text(new := old.replace("factor = 2", "factor = 3"))
    Path("notes.txt").write_text("mine")
    stored, before = set(workspace.blobs.root.rglob("*")), workspace.show(model).model
    found = workspace.preview(model, "double.py", assets=["notes.txt"], description="better").diff

    assert found is not None
    assert found.sentence == (
        "double as registered and double as it would be differ in source, assets and description;"
        " everything else is the same."
    )
    assert (found.assets[0].before_text, found.assets[0].after_text) == (old, new)
    assert "description changed" in found.changes
    assert set(workspace.blobs.root.rglob("*")) == stored
    assert workspace.show(model).model == before


@pytest.mark.slow
def test_a_preview_resolves_the_packages_where_that_is_asked(
    workspace: Workspace, model: str, release: Callable[..., None]
) -> None:
    """Both versions are shown before anything is saved."""
    release("1.0")
    release("2.0")
    Path("requirements.txt").write_text("demo==1.0\n")
    workspace.asset_add(model, "requirements.txt")
    workspace.env_build(model)
    shown = []
    for text in ("demo==2.0\n", "demo==3.0\n"):
        Path("requirements.txt").write_text(text)
        for resolves in (False, True):
            shown.append(workspace.preview(model, assets=["requirements.txt"], resolves=resolves))
    waiting, resolved, _, refused = shown

    assert waiting.unresolved == "The packages are not resolved yet."
    assert resolved.unresolved is None
    assert resolved.diff is not None
    assert resolved.diff.packages == (VersionChange("demo", "1.0", "2.0"),)
    assert [(it.name, it.version) for it in resolved.packages] == [("demo", "2.0")]
    assert (refused.unresolved or "").startswith(
        "The packages cannot be resolved: requirements.txt, line 1: demo==3.0: "
    )

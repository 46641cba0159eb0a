"""Registering from a file, a notebook or a folder, and what changes when it is done again."""

from __future__ import annotations

import json
import platform
import subprocess
from pathlib import Path

import nbformat
import pytest

from modelop_jupyter import Workspace, display
from modelop_jupyter.domain.models import EntryPoints
from modelop_jupyter.domain.origins import CapturedFunction
from modelop_jupyter.domain.roles import AssetRole
from modelop_jupyter.errors import (
    AssetFileError,
    AssetNotFoundError,
    ConflictError,
    InvalidError,
    InvalidNameError,
    ModelNotFoundError,
    TagError,
)

COMMIT = ["-c", "user.name=a", "-c", "user.email=a@b", "commit", "--quiet", "--message=one"]
SOURCE = "# modelop.score\ndef score(r):\n    return r\n"


def roles(workspace: Workspace, name: str) -> dict[str, str]:
    return {asset.path: asset.role.value for asset in workspace.asset_list(name)}


def test_a_file_becomes_a_model(workspace: Workspace) -> None:
    """The file is the primary source, its tagged functions are found."""
    Path("code.py").write_text(SOURCE)

    made = workspace.register("m", "code.py")

    assert made.created
    assert made.model.state.primary_source == "code.py"
    assert made.model.state.entry_points == EntryPoints(score="score")
    assert made.source == SOURCE


def test_assets_keep_their_folders_and_get_their_roles(workspace: Workspace) -> None:
    """Also a requirements.txt in a folder; a role given by hand wins (spec 5.1, 13.16)."""
    Path("code.py").write_text(SOURCE)
    for name in ("model.pkl", "utils/requirements.txt", "more.txt", "baseline.csv"):
        Path(name).parent.mkdir(exist_ok=True)
        Path(name).write_text(name)

    workspace.register(
        "m",
        "code.py",
        assets=[
            ("model.pkl", None),
            ("utils/requirements.txt", None),
            ("more.txt", AssetRole.REQUIRED_LIBRARIES),
            (Path("baseline.csv").absolute(), None),
        ],
    )

    assert roles(workspace, "m") == {
        "baseline.csv": "BASELINE_DATA",
        "code.py": "MODEL_SOURCE",
        "model.pkl": "WEIGHTS_FILE",
        "more.txt": "REQUIRED_LIBRARIES",
        "utils/requirements.txt": "REQUIRED_LIBRARIES",
    }


def test_the_same_content_again_changes_nothing(workspace: Workspace, model: str) -> None:
    """Registering is idempotent, and so is the snapshot."""
    before = workspace.snapshot(model)

    again = workspace.register(model, "double.py")

    assert (again.created, again.changes) == (False, ())
    assert workspace.snapshot(model) == before


def test_other_content_updates_the_model_and_says_what_changed(
    workspace: Workspace, model: str
) -> None:
    """Old snapshots stay as they were (spec 8.2)."""
    first = workspace.snapshot(model)
    Path("double.py").write_text(SOURCE)
    Path("a.csv").write_text("x")

    again = workspace.register(model, "double.py", assets=[("a.csv", None)])

    assert any("double.py" in change for change in again.changes)
    assert any("a.csv" in change for change in again.changes)
    assert workspace.snapshot(model).number == 2
    assert workspace.show("double@1").assets == first.state.assets


def test_a_role_chosen_by_hand_survives_registering_again(workspace: Workspace, model: str) -> None:
    """The user may give any asset the role, and keeps it (spec 5.2)."""
    Path("libs.txt").write_text("six\n")
    workspace.asset_add(model, "libs.txt")
    workspace.asset_role(model, "libs.txt", AssetRole.REQUIRED_LIBRARIES)

    workspace.register(model, "double.py", assets=[("libs.txt", None)])

    assert roles(workspace, model)["libs.txt"] == "REQUIRED_LIBRARIES"


def test_a_folder_is_imported_whole(workspace: Workspace) -> None:
    """Files keep their folders, caches stay out, metadata.json is read (spec 5.3, 5.4)."""
    root = Path("repo")
    for path, text in {
        "src/score.py": SOURCE,
        "src/helpers.py": "X = 1\n",
        "README.md": "hello",
        "metadata.json": json.dumps({"description": "from the file", "tags": ["a"]}),
        "__pycache__/x.pyc": "",
        ".git/config": "",
    }.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)

    made = workspace.register("m", root)

    assert set(roles(workspace, "m")) == {
        "README.md",
        "metadata.json",
        "src/helpers.py",
        "src/score.py",
    }
    assert made.model.state.primary_source == "src/score.py"
    assert (made.model.description, made.model.tags) == ("from the file", ("a",))


def test_external_assets_give_files_of_the_folder_their_roles(workspace: Workspace) -> None:
    """The manifest outweighs the name; what lies elsewhere is said, not fetched (spec 5.5)."""
    root = Path("repo")
    root.mkdir()
    entries = [
        {"filename": "old.csv", "assetRole": "BASELINE_DATA"},
        {"filename": "far.csv", "fileUrl": "s3://bucket/far.csv", "assetRole": "TEST_DATA"},
    ]
    (root / "model.py").write_text(SOURCE)
    (root / "old.csv").write_text("a\n1\n")
    (root / "external_assets.json").write_text(json.dumps(entries))

    made = workspace.register("m", root)

    assert roles(workspace, "m")["old.csv"] == "BASELINE_DATA"
    assert "far.csv" not in roles(workspace, "m")
    assert [text for text in made.warnings if "s3://bucket/far.csv" in text]


def test_a_file_gone_from_the_folder_goes_from_the_model(workspace: Workspace) -> None:
    """A folder is the whole model."""
    Path("repo").mkdir()
    Path("repo/score.py").write_text(SOURCE)
    Path("repo/old.csv").write_text("x")
    workspace.register("m", "repo")
    Path("repo/old.csv").unlink()

    workspace.register("m", "repo")

    assert set(roles(workspace, "m")) == {"score.py"}


def test_several_tagged_files_ask_for_the_primary_source(workspace: Workspace) -> None:
    """--source chooses, and the error says so."""
    Path("repo").mkdir()
    Path("repo/a.py").write_text(SOURCE)
    Path("repo/b.py").write_text(SOURCE)

    with pytest.raises(InvalidError, match=r"a\.py, b\.py.*--source"):
        workspace.register("m", "repo")

    assert workspace.register("m", "repo", source="b.py").model.state.primary_source == "b.py"


def test_a_notebook_file_is_captured(workspace: Workspace) -> None:
    """Of a notebook only tagged cells and what they need are taken (spec 13.1)."""
    notebook = nbformat.v4.new_notebook(
        cells=[
            nbformat.v4.new_code_cell("import json\nTHRESHOLD = 0.5"),
            nbformat.v4.new_code_cell("junk = open('nowhere').read()"),
            nbformat.v4.new_code_cell(
                "# modelop.score\ndef score(r):\n    return r['p'] > THRESHOLD"
            ),
        ]
    )
    nbformat.write(notebook, "nb.ipynb")

    made = workspace.register("m", "nb.ipynb")

    assert made.is_captured
    assert made.source is not None
    assert "THRESHOLD = 0.5" in made.source
    assert "junk" not in made.source
    assert made.model.state.primary_source == "nb.py"
    assert roles(workspace, "m") == {"nb.ipynb": "MODEL_SOURCE", "nb.py": "MODEL_SOURCE"}
    assert made.model.notebook == str(Path("nb.ipynb").resolve())


@pytest.mark.parametrize(
    ("cell", "chosen", "primary"),
    [
        ("def begin():\n    pass\n\ndef action(r):\n    yield r", EntryPoints(), "nb.py"),
        ("def predict(r):\n    return r", EntryPoints(score="predict"), "nb.py"),
        ("df = 1", EntryPoints(), None),
    ],
)
def test_a_folder_may_hold_a_notebook_without_tags(
    workspace: Workspace, cell: str, chosen: EntryPoints, primary: str | None
) -> None:
    """Then begin and action count, or what the user chose; nothing breaks it (spec 13.1)."""
    Path("repo").mkdir()
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell)])
    nbformat.write(notebook, "repo/nb.ipynb")

    made = workspace.register("m", "repo", chosen=chosen)

    assert made.model.state.primary_source == primary


def test_the_notebook_is_known_as_long_as_the_source_is_of_it(workspace: Workspace) -> None:
    """Other changes of the model leave it; a source from elsewhere does not."""
    cell = nbformat.v4.new_code_cell(SOURCE)
    nbformat.write(nbformat.v4.new_notebook(cells=[cell]), "nb.ipynb")
    Path("data.csv").write_text("a\n1\n")
    workspace.register("m", "nb.ipynb")
    described = workspace.register("m", description="other").model
    added = workspace.asset_add("m", "data.csv").model
    Path("nb.py").write_text(SOURCE + "\n")
    replaced = workspace.asset_add("m", "nb.py").model

    assert described.notebook == added.notebook == str(Path("nb.ipynb").resolve())
    assert replaced.notebook == ""


@pytest.mark.parametrize("data", [b"", b"\x89PNG\x00\xff", b"def broken(:\n", b"x = 1\n"])
def test_an_odd_source_is_registered_and_said(workspace: Workspace, data: bytes) -> None:
    """It never breaks registration; it is said what was not found (spec 13.1)."""
    Path("code.py").write_bytes(data)

    made = workspace.register("m", "code.py")

    assert any("no function under a smart tag" in warning for warning in made.warnings)


def test_a_neighbour_that_is_imported_but_not_registered_is_named(workspace: Workspace) -> None:
    """A single file leaves its neighbours behind."""
    Path("code.py").write_text("import helper\n" + SOURCE)
    Path("helper.py").write_text("")

    made = workspace.register("m", "code.py")

    assert any("'helper'" in warning for warning in made.warnings)


@pytest.mark.parametrize(
    ("text", "chosen", "found"),
    [
        ("def f(r): pass\ndef g(r): pass\n", EntryPoints(score="g"), EntryPoints(score="g")),
        (SOURCE + "def g(r): pass\n", EntryPoints(score="g"), EntryPoints(score="g")),
        (
            SOURCE + SOURCE.replace("score(r)", "other(r)"),
            EntryPoints(score="other"),
            EntryPoints(score="other"),
        ),
    ],
)
def test_the_users_choice_of_functions_wins(
    workspace: Workspace, text: str, chosen: EntryPoints, found: EntryPoints
) -> None:
    """--score FN overrides the tags (spec 1.1, 13.1)."""
    Path("code.py").write_text(text)

    assert workspace.register("m", "code.py", chosen=chosen).model.state.entry_points == found


def test_bad_registrations_change_nothing(workspace: Workspace, model: str) -> None:
    """Each is one sentence, and the model stays as it was."""
    Path("two.py").write_text(SOURCE + SOURCE.replace("score(r)", "other(r)"))
    Path("none.py").write_text("# modelop.score\nx = 1\n")
    Path("folder").mkdir()
    before = workspace.show(model).model

    with pytest.raises(InvalidNameError, match="Try 'my-model'"):
        workspace.register("my model", "double.py")
    with pytest.raises(TagError, match="two functions"):
        workspace.register(model, "two.py")
    with pytest.raises(TagError):
        workspace.register(model, "none.py")
    with pytest.raises(InvalidError, match="no such file"):
        workspace.register(model, "missing.py")
    with pytest.raises(InvalidError, match="neither"):
        workspace.register(model, Path("x.txt").write_text("x") and "x.txt")
    with pytest.raises(AssetFileError):
        workspace.register(model, "double.py", assets=[("missing.pkl", None)])
    with pytest.raises(AssetFileError):
        workspace.register(model, "double.py", assets=[("folder", None)])
    with pytest.raises(InvalidError, match="Did you mean 'score'"):
        workspace.register(model, "double.py", chosen=EntryPoints(score="scor"))

    assert workspace.show(model).model == before


def test_assets_are_added_given_roles_and_removed(workspace: Workspace, model: str) -> None:
    """By path, or by a base name that is theirs alone."""
    Path("data").mkdir()
    Path("data/weights.bin").write_bytes(b"1")
    workspace.asset_add(model, "data/weights.bin")
    workspace.asset_role(model, "weights.bin", AssetRole.WEIGHTS_FILE)
    assert roles(workspace, model)["data/weights.bin"] == "WEIGHTS_FILE"

    workspace.asset_remove(model, "weights.bin")

    assert set(roles(workspace, model)) == {"double.py"}
    with pytest.raises(AssetNotFoundError):
        workspace.asset_remove(model, "weights.bin")
    with pytest.raises(ConflictError, match="is the source"):
        workspace.asset_remove(model, "double.py")


def test_an_unknown_model_is_answered_with_the_nearest(workspace: Workspace, model: str) -> None:
    """Every verb that takes NAME says so."""
    with pytest.raises(ModelNotFoundError, match=f"Did you mean '{model}'"):
        workspace.show("duble")


def test_a_removed_model_is_gone(workspace: Workspace, model: str) -> None:
    """Its name can be used again."""
    workspace.remove(model)

    with pytest.raises(ModelNotFoundError):
        workspace.show(model)
    assert workspace.register(model, "double.py").created


def test_a_source_that_python_cannot_read_is_registered_with_a_warning(
    workspace: Workspace,
) -> None:
    """A syntax error never breaks registration; it is said where it is (spec 13.1)."""
    Path("code.py").write_text("# modelop.score\ndef score(r) return r\n")

    made = workspace.register("m", "code.py")

    assert len(made.warnings) == 1
    assert made.warnings[0].startswith("code.py, line 2: Python 3.")


@pytest.mark.parametrize(
    ("python", "said", "hint"),
    [
        ("abc", "--python abc: it is neither a version nor the path", "such as 3.11"),
        ("/nowhere/python", "--python /nowhere/python: it is neither", "such as 3.11"),
        ("/etc/hosts", "--python /etc/hosts: /etc/hosts is not a Python", "Found are Python 3."),
        ("3.99", "--python 3.99: no Python 3.99 was found on this machine", "Found are Python 3."),
        ("2.1", "--python 2.1: no Python 2.1 was found on this machine", platform.python_version()),
    ],
)
def test_a_python_that_cannot_be_had_is_refused(
    workspace: Workspace, python: str, said: str, hint: str
) -> None:
    """With those there are; nothing is recorded (issue 4, any interpreter)."""
    Path("code.py").write_text(SOURCE)

    with pytest.raises(InvalidError) as caught:
        workspace.register("m", "code.py", python=python)

    assert said in caught.value.message
    assert hint in (caught.value.hint or "")
    assert workspace.models() == []


def test_assets_and_roles_may_be_plain_words(workspace: Workspace) -> None:
    """A file without a pair, a role by its label."""
    for name in ("code.py", "libs.txt", "w.bin"):
        Path(name).write_text(SOURCE)

    workspace.register("m", "code.py", assets=["w.bin", ("libs.txt", "Required libraries")])
    workspace.asset_role("m", "w.bin", "weights file")

    assert roles(workspace, "m")["libs.txt"] == "REQUIRED_LIBRARIES"
    assert roles(workspace, "m")["w.bin"] == "WEIGHTS_FILE"


@pytest.mark.parametrize("path", ["nix.py", "code.py"])
def test_a_file_that_is_not_there_is_told_with_the_folder(workspace: Workspace, path: str) -> None:
    """The remedy: where a path begins."""
    Path("code.py").write_text(SOURCE)

    with pytest.raises(InvalidError) as caught:
        workspace.register("m", path, assets=["nix.pkl"])

    assert caught.value.hint == f"Relative paths start in {Path.cwd()}"
    assert workspace.models() == []


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("get_ipython().run_line_magic('matplotlib', 'inline')\n", ["m.py, line 1: 'get_ipython'"]),
        ("def f():\n    display(1)\n", ["m.py, line 2: 'display'"]),
        ("from IPython.display import display\ndisplay(1)\n", []),
        ("try:\n    get_ipython()\nexcept NameError:\n    pass\n", []),
    ],
)
def test_names_of_ipython_in_a_file_are_told(
    workspace: Workspace, line: str, told: list[str]
) -> None:
    """A notebook that was exported as a script would fail in the job only."""
    Path("m.py").write_text(line + SOURCE)

    made = workspace.register("m", "m.py")

    found = [said.partition(" is a name of IPython")[0] for said in made.warnings]
    assert [said for said in found if said.startswith("m.py, line")] == told


def test_decorators_in_files_become_tags(workspace: Workspace) -> None:
    """In a file, in a folder, and in one that is added again; what was written is shown."""
    text = "from modelop_jupyter import score\n\n@score\ndef f(record):\n    yield record\n"
    Path("folder").mkdir()
    for path in (Path("m.py"), Path("folder/n.py")):
        path.write_text(text)
    of_file, of_folder = workspace.register("m", "m.py"), workspace.register("n", "folder")
    Path("m.py").write_text(text + "\n")
    added = workspace.asset_add("m", "m.py")

    assert (
        of_file.source
        == of_folder.source
        == text.replace("from modelop_jupyter import score", "").replace(
            "@score", "# modelop.score"
        )
    )
    assert of_file.is_captured and of_folder.is_captured
    assert of_file.notes[0].startswith("m.py: tags stand in the place of the decorators")
    assert added.model.state.entry_points.score == "f"


def test_the_author_is_on_record_and_in_the_documents(
    workspace: Workspace, model: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a model, of its snapshot, and of who changes it later."""
    monkeypatch.setenv("MODELOP_USER", "grace")
    workspace.register(model, description="about")
    snapshot = workspace.snapshot(model)
    stored, deployable = workspace.stored_model(model), workspace.stored_model(snapshot.ref)

    assert stored["lastModifiedBy"] == "grace" != stored["createdBy"]
    assert deployable["createdBy"] == deployable["storedModel"]["lastModifiedBy"] == "grace"
    assert " by grace" in display.text(workspace.show(model))


def test_the_repository_is_on_record_and_in_the_document(workspace: Workspace) -> None:
    """As ModelOp Center has it of what it imports (spec 5.3)."""
    Path("code.py").write_text(SOURCE)
    for words in (["init", "--quiet", "--initial-branch=main"], ["add", "."], COMMIT):
        subprocess.run(["git", *words], check=True, capture_output=True)
    Path("code.py").write_text(f"{SOURCE}\n")
    made = workspace.register("m", "code.py")
    snapshot = workspace.snapshot("m")
    repository = workspace.stored_model(snapshot.ref)["storedModel"]["modelMetaData"][
        "repositoryInfo"
    ]

    assert "on main, with changes" in display.text(made)
    assert (repository["repositoryType"], repository["repositoryBranch"]) == ("GIT_REPO", "main")
    assert repository["lastCommitId"] == snapshot.origin.git.commit
    assert repository["repositoryDirectory"] == "code.py"


def test_a_notebook_is_on_record_with_the_cells_of_its_functions(workspace: Workspace) -> None:
    """So that one can go back to them."""
    cell = nbformat.v4.new_code_cell(SOURCE, id="scoring", execution_count=4)
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("#"), cell])
    nbformat.write(notebook, "n.ipynb")
    made = workspace.register("m", "n.ipynb")

    assert made.model.origin.functions == (CapturedFunction("score", "scoring", 1, 4),)
    assert "score: cell 1 [4]" in display.text(workspace.show("m"))


def test_another_primary_source_has_not_come_from_the_cells(workspace: Workspace) -> None:
    """What replaces the file by hand is not what was captured."""
    nbformat.write(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(SOURCE)]), "n.ipynb")
    made = workspace.register("m", "n.ipynb")
    Path(made.model.state.primary_source).write_text(f"{SOURCE}\nX = 1\n")
    changed = workspace.asset_add("m", made.model.state.primary_source)

    assert (made.model.origin is None, changed.model.origin) == (False, None)

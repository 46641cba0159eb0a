"""What an export writes, and where it does not write."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from modelop_jupyter import Workspace
from modelop_jupyter.display import text
from modelop_jupyter.domain.exchange import ExportFormatError, ExportTargetError
from modelop_jupyter.errors import InvalidError, ModelNotFoundError, SnapshotNotFoundError


def files(folder: Path) -> list[str]:
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())


def test_a_zip_holds_what_show_says_and_every_asset_at_its_path(
    workspace: Workspace, model: str
) -> None:
    """ModelOp's JSON as `show NAME --json` has it, and the files as they are."""
    Path("data").mkdir()
    Path("data/base line.csv").write_bytes(b"a\r\n1\r\n")
    workspace.asset_add(model, "data/base line.csv")
    workspace.snapshot(model)
    found = workspace.export(f"{model}@1", "double.zip")
    with zipfile.ZipFile("double.zip") as archive:
        names = archive.namelist()
        document = json.loads(archive.read("model.json"))
        data = archive.read("assets/data/base line.csv")

    assert names == ["assets/data/base line.csv", "assets/double.py", "manifest.json", "model.json"]
    assert (found.files, found.size, found.was_there) == (
        4,
        Path("double.zip").stat().st_size,
        False,
    )
    assert document == workspace.stored_model(f"{model}@1")
    assert data == b"a\r\n1\r\n"


def test_the_same_snapshot_is_the_same_bytes(workspace: Workspace, model: str) -> None:
    """Whenever it is written, and whatever became of the model since."""
    workspace.snapshot(model)
    workspace.export(f"{model}@1", "first.zip")
    workspace.asset_add(model, "double.py", role="unknown")
    workspace.export(f"{model}@1", "second.zip")
    again = workspace.export(f"{model}@1", "first.zip")

    assert Path("first.zip").read_bytes() == Path("second.zip").read_bytes()
    assert again.was_there
    assert "already there" in text(again)
    assert sorted(p.name for p in Path().iterdir()) == ["double.py", "first.zip", "second.zip"]


def test_a_folder_is_the_zip_unpacked(workspace: Workspace, model: str) -> None:
    """An empty folder is filled, and an equal one left as it is."""
    Path("out").mkdir()
    workspace.export(model, "out")
    workspace.export(model, "out.zip")
    again = workspace.export(model, "out/")
    with zipfile.ZipFile("out.zip") as archive:
        packed = {name: archive.read(name) for name in archive.namelist()}

    assert {name: Path("out", name).read_bytes() for name in files(Path("out"))} == packed
    assert again.was_there


def test_a_folder_that_is_there_stays_the_same_folder(workspace: Workspace, model: str) -> None:
    """It may be a working directory, and git's history in it is no content."""
    Path("repo/.git").mkdir(parents=True)
    Path("repo/.git/HEAD").write_text("ref: refs/heads/main\n")
    before = Path("repo").stat().st_ino
    workspace.export(model, "repo", format="git")
    again = workspace.export(model, "repo", format="git")

    assert Path("repo").stat().st_ino == before
    assert files(Path("repo")) == [".git/HEAD", "double.py", "metadata.json"]
    assert again.was_there


@pytest.mark.parametrize(
    ("target", "sentence"),
    [
        ("double.zip", "double.zip is another file. Name another place, or take that away first."),
        ("full", "full is a folder that holds something else. Name another place"),
        ("double.py", "double.py is another file."),
    ],
)
def test_nothing_is_overwritten(
    workspace: Workspace, model: str, target: str, sentence: str
) -> None:
    """What lies there stays, and no scraps beside it."""
    Path("double.zip").write_bytes(b"mine")
    Path("full").mkdir()
    Path("full/mine").write_bytes(b"mine")
    with pytest.raises(ExportTargetError) as caught:
        workspace.export(model, target)

    assert sentence in str(caught.value)
    assert files(Path()) == ["double.py", "double.zip", "full/mine"]
    assert Path("double.zip").read_bytes() == b"mine"


@pytest.mark.parametrize(
    ("target", "format", "sentence"),
    [
        ("no/where.zip", "modelop", r"no/where.zip: the folder .*no does not exist"),
        (
            "x.tar.gz",
            "modelop",
            "x.tar.gz: this archive format is not supported. Name a .zip, or a folder",
        ),
        ("x.zip", "git", "x.zip: the format git is a folder"),
    ],
)
def test_a_target_that_cannot_be_is_refused(
    workspace: Workspace, model: str, target: str, format: str, sentence: str
) -> None:
    """Before anything is written."""
    with pytest.raises(InvalidError, match=sentence):
        workspace.export(model, target, format=format)

    assert files(Path()) == ["double.py"]


def test_what_is_not_there_is_named(workspace: Workspace, model: str) -> None:
    """A model, a snapshot, a format."""
    with pytest.raises(ModelNotFoundError):
        workspace.export("nobody", "x.zip")
    with pytest.raises(SnapshotNotFoundError):
        workspace.export(f"{model}@9", "x.zip")
    with pytest.raises(ExportFormatError, match=r"'gti' is not a format .* Did you mean 'git'\?"):
        workspace.export(model, "x", format="gti")


def test_a_password_in_the_requirements_is_warned_of(workspace: Workspace, model: str) -> None:
    """It goes to whoever gets the file; that no lock goes along is said, too."""
    Path("requirements.txt").write_text("--index-url https://me:secret@example.org/simple\nsix\n")
    workspace.asset_add(model, "requirements.txt")
    found = workspace.export(model, "x.zip")

    assert found.lock is None
    assert found.warnings == (
        "it has no lock, as its packages were never resolved: '%modelop env build double'"
        " does that",
        "requirements.txt, line 1 holds a password, which goes wherever this goes",
    )


@pytest.mark.slow
def test_packages_that_only_this_machine_has_are_named(
    workspace: Workspace, model: str, release: Callable[..., None]
) -> None:
    """A lock that points into a folder here is of no use elsewhere."""
    release("1.0")
    Path("requirements.txt").write_text("demo\n")
    workspace.asset_add(model, "requirements.txt")
    workspace.env_build(model)
    found = workspace.export(model, "x.zip")

    assert found.lock
    assert found.warnings == ("others cannot fetch demo: the lock has files of this machine alone",)

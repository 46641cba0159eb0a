"""What an import makes of an export, and what it refuses."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from modelop_jupyter import Workspace
from modelop_jupyter.display import text
from modelop_jupyter.domain.exchange import ImportSourceError
from modelop_jupyter.exchange import importing

Release = Callable[..., None]


@pytest.fixture
def exported(workspace: Workspace, model: str) -> Path:
    """A folder with an export of ``double``, described and tagged."""
    workspace.register(model, description="twice", tags=["a", "b"])
    workspace.snapshot(model, label="first")
    workspace.export(f"{model}@1", "out")
    return Path("out")


def edit(folder: Path, **changed: Any) -> None:
    path = folder / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changed))


def packed(folder: Path, extra: Callable[[zipfile.ZipFile], None] = lambda _: None) -> Path:
    with zipfile.ZipFile("packed.zip", "w") as archive:
        for path in folder.rglob("*"):
            archive.write(path, path.relative_to(folder))
        extra(archive)
    return Path("packed.zip")


def test_a_model_comes_out_as_it_was(exported: Path, elsewhere: Workspace) -> None:
    """Name, state, description, tags, and a snapshot with the label it had."""
    found = elsewhere.import_(exported)
    model = elsewhere.show("double").model

    assert (found.snapshot.ref, found.snapshot.name, found.is_new) == ("double@1", "first", True)
    assert f'"digest": "{model.state.digest}"' in (exported / "manifest.json").read_text()
    assert (model.description, model.tags) == ("twice", ("a", "b"))
    assert model.state.entry_points.score == "score"
    assert "double  created  twice\n  snapshot     double@1, new" in text(found)


def test_importing_again_changes_nothing(exported: Path, elsewhere: Workspace) -> None:
    """The same snapshot, and no other; as a zip made by another program, too."""
    elsewhere.import_(exported)
    again = elsewhere.import_(packed(exported))

    assert not again.is_new
    assert again.registration.changes == ()
    assert "double  unchanged" in text(again)
    assert len(elsewhere.snapshots("double")) == 1


def test_a_zip_of_the_exported_folder_is_taken(exported: Path, elsewhere: Workspace) -> None:
    """As a file manager makes it: everything lies below the folder's name."""
    Path("outer").mkdir()
    exported.rename("outer/my model")
    found = elsewhere.import_(packed(Path("outer")))

    assert found.snapshot.ref == "double@1"


def test_other_content_is_another_snapshot(
    workspace: Workspace, exported: Path, elsewhere: Workspace
) -> None:
    """The model changes as if it was registered again; what it was stays in its snapshot."""
    elsewhere.import_(exported)
    Path("double.py").write_text(Path("double.py").read_text().replace("= 2", "= 3"))
    workspace.register("double", "double.py")
    workspace.export("double", "more.zip")
    found = elsewhere.import_("more.zip")

    assert found.registration.changes == ("source double.py changed",)
    assert (found.snapshot.ref, found.is_new) == ("double@2", True)
    assert elsewhere.diff("double@1", "double").sentence.startswith("double@1 and double differ in")


@pytest.fixture
def locked(workspace: Workspace, model: str, release: Release) -> str:
    """An export of ``double`` that asks for any ``demo`` and was locked to an old one."""
    release("1.0")
    Path("requirements.txt").write_text("demo\n")
    workspace.asset_add(model, "requirements.txt")
    workspace.env_build(model)
    workspace.export(model, "locked.zip")
    release("2.0")
    return "locked.zip"


@pytest.mark.slow
def test_the_lock_comes_along(
    workspace: Workspace, model: str, elsewhere: Workspace, locked: str
) -> None:
    """`env build` installs what it was locked to when newer versions are to be had."""
    found = elsewhere.import_(locked)
    built = elsewhere.env_build(model)
    again = elsewhere.import_(locked)

    assert found.snapshot.lock == workspace.snapshot(model).lock
    assert [(each.name, each.version) for each in built.packages] == [("demo", "1.0")]
    assert not again.is_new
    assert elsewhere.export("double@1", "again.zip").lock == found.snapshot.lock


@pytest.mark.slow
def test_wheels_among_the_assets_come_along(
    workspace: Workspace, model: str, elsewhere: Workspace, release: Release, tmp_path: Path
) -> None:
    """A locked wheel is found in the store of the new home."""
    release("1.0")
    (wheel,) = (tmp_path / "index").glob("*.whl")
    Path("wheels").mkdir()
    wheel.rename(Path("wheels") / wheel.name)
    Path("requirements.txt").write_text(f"./wheels/{wheel.name}\n")
    workspace.asset_add(model, "requirements.txt", f"wheels/{wheel.name}")
    workspace.env_build(model)
    workspace.export(model, "with-wheel.zip")
    elsewhere.import_("with-wheel.zip")

    assert [each.name for each in elsewhere.env_build(model, offline=True).packages] == ["demo"]


@pytest.mark.slow
def test_another_lock_of_equal_content_is_taken(
    workspace: Workspace, model: str, elsewhere: Workspace, locked: str
) -> None:
    """A snapshot is its content and its lock: an import makes the one that was exported."""
    workspace.upgrade_requirements(model)
    workspace.export(model, "new.zip")
    first, second = elsewhere.import_(locked), elsewhere.import_("new.zip")

    assert second.registration.changes == ("another lock",)
    assert (second.snapshot.number, second.is_new) == (2, True)
    assert [x.after for x in elsewhere.diff("double@1", "double@2").packages] == ["2.0"]
    assert first.snapshot.lock != second.snapshot.lock


def damage(name: str, data: bytes) -> Callable[[Path], None]:
    return lambda folder: (folder / name).write_bytes(data) and None


def state_with(**asset: Any) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        state = json.loads((folder / "manifest.json").read_text())["state"]
        state["assets"][0] |= asset
        edit(folder, state=state)

    return change


def linked(folder: Path) -> None:
    source = folder / "assets" / "double.py"
    source.rename(folder.parent / "outside.py")
    source.symlink_to(folder.parent.absolute() / "outside.py")


def a_file_below_a_file(folder: Path) -> None:
    state = json.loads((folder / "manifest.json").read_text())["state"]
    state["assets"].append({**state["assets"][0], "path": "double.py/weights"})
    edit(folder, state=state)


DAMAGES: list[tuple[Callable[[Path], None], str]] = [
    (damage("assets/double.py", b"print()"), "assets/double.py is shorter than its 136 bytes"),
    (damage("assets/double.py", b"#" * 136), "assets/double.py was changed"),
    (damage("assets/double.py", b"#" * 500), "assets/double.py is longer than its 136 bytes"),
    (damage("model.json", b"{}"), "model.json is shorter than"),
    (lambda folder: (folder / "assets/double.py").unlink(), "assets/double.py is missing"),
    (lambda folder: (folder / "manifest.json").unlink(), "it holds no manifest.json, so no export"),
    (damage("manifest.json", b"\xff"), "manifest.json is not JSON"),
    (damage("manifest.json", b"[" * 100_000), "manifest.json is not JSON"),
    (damage("manifest.json", b'"\\ud800"'), "manifest.json is not JSON"),
    (
        damage("manifest.json", b"[]"),
        "manifest.json cannot be used: it must be an object with names and values, and is a list",
    ),
    (lambda folder: edit(folder, version=2), "manifest.json is of version 2, and 1 is what can"),
    (
        lambda folder: edit(folder, tags=[1]),
        "manifest.json cannot be used: tags[0] must be a text, and is 1",
    ),
    (lambda folder: edit(folder, digest="sha256:0"), "manifest.json was changed"),
    (state_with(path="../../x.py"), "'../../x.py' is not a path below the model's folder"),
    (state_with(path="/etc/passwd"), "'/etc/passwd' is not a path below the model's folder"),
    (state_with(path="a\0b"), "is not a path below the model's folder"),
    (state_with(size=10**15), "manifest.json was changed"),
    (state_with(path="a/" + "é" * 128), "… is a name of 256 bytes, and 255 are allowed"),
    (
        a_file_below_a_file,
        "double.py is a file, and also the folder of double.py/weights",
    ),
    (state_with(role="BOSS"), "state.assets[0].role must be one of 'MODEL_SOURCE'"),
    (linked, "assets/double.py is a link, which may lead anywhere"),
]


@pytest.mark.parametrize(("change", "sentence"), DAMAGES)
def test_what_is_damaged_is_refused(
    exported: Path, elsewhere: Workspace, change: Callable[[Path], None], sentence: str
) -> None:
    """In one sentence, and nothing is recorded."""
    change(exported)
    with pytest.raises(ImportSourceError) as caught:
        elsewhere.import_(exported)

    assert sentence in str(caught.value)
    assert str(caught.value).startswith("out cannot be read as an export: ")
    assert elsewhere.models() == []
    assert not elsewhere.settings.blobs.exists()


def link(archive: zipfile.ZipFile) -> None:
    info = zipfile.ZipInfo("assets/link")
    info.external_attr = 0o120777 << 16
    archive.writestr(info, "/etc/passwd")


def twice(archive: zipfile.ZipFile) -> None:
    with pytest.warns(UserWarning, match="Duplicate name"):
        archive.writestr("manifest.json", "{}")


ZIPS: list[tuple[Callable[[zipfile.ZipFile], None], str]] = [
    (lambda archive: archive.writestr("../x", ""), "'../x' in it leads out of its folder"),
    (lambda archive: archive.writestr("/x", ""), "'/x' in it leads out of its folder"),
    (lambda archive: archive.writestr("C:\\x", ""), "leads out of its folder"),
    (link, "'assets/link' in it is a link"),
    (twice, "'manifest.json' is in it twice"),
    (
        lambda archive: archive.writestr("x", "", compress_type=zipfile.ZIP_BZIP2),
        "'x' in it is packed in a way that no export uses",
    ),
]


@pytest.mark.parametrize(("extra", "sentence"), ZIPS)
def test_a_zip_that_no_export_wrote_is_refused(
    exported: Path,
    elsewhere: Workspace,
    extra: Callable[[zipfile.ZipFile], None],
    sentence: str,
) -> None:
    """Paths that lead out of it, links, names that are there twice."""
    with pytest.raises(ImportSourceError) as caught:
        elsewhere.import_(packed(exported, extra))

    assert sentence in str(caught.value)
    assert elsewhere.models() == []


def test_what_is_too_big_is_refused_before_it_is_read(exported: Path, elsewhere: Workspace) -> None:
    """Sizes count as the manifest has them, and no file may be longer than that."""
    with pytest.raises(ImportSourceError, match=r"it would take [\d,]+ bytes, and 100 are allowed"):
        importing.take_in(exported, elsewhere.blobs, most=100)


@pytest.mark.parametrize(
    ("path", "sentence"),
    [
        ("nowhere.zip", "there is no such file or folder. Relative paths start in"),
        ("double.py", "it is not a readable zip file"),
        (".", "it holds no manifest.json, so no export of the format modelop wrote it"),
    ],
)
def test_what_is_no_export_is_refused(
    workspace: Workspace, model: str, path: str, sentence: str
) -> None:
    """With what to do instead."""
    with pytest.raises(ImportSourceError) as caught:
        workspace.import_(path)

    assert sentence in str(caught.value)


def test_a_name_that_cannot_be_is_refused(exported: Path, elsewhere: Workspace) -> None:
    """A name goes into file names and kernels."""
    edit(exported, name="../x")
    with pytest.raises(ImportSourceError, match=r"'../x' is not a valid model name"):
        elsewhere.import_(exported)

    assert elsewhere.models() == []

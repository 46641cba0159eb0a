"""Only files below the server's root are shown, whatever a path pretends to be."""

from __future__ import annotations

from pathlib import Path

import pytest

from modelop_jupyter.errors import InvalidError
from modelop_jupyter.server.errors import OutsideRootError
from modelop_jupyter.server.file_root import FileRoot


@pytest.fixture
def root(tmp_path: Path) -> FileRoot:
    """A root beside a file that must not be reached, with links to it."""
    folder = tmp_path / "shown"
    (folder / "data").mkdir(parents=True)
    (folder / "data" / "in.json").write_text("1")
    (folder / ".secret").write_text("mine")
    (tmp_path / "outside.json").write_text("mine")
    (folder / "link.json").symlink_to(tmp_path / "outside.json")
    (folder / "up").symlink_to(tmp_path)
    (folder / "inner.json").symlink_to("data/in.json")
    (folder / "to-hidden").symlink_to(".secret")
    (folder / "circle").symlink_to("circle")
    return FileRoot(folder)


@pytest.mark.parametrize("path", ["data/in.json", "./data/in.json", "data//in.json", "inner.json"])
def test_a_file_below_the_root_is_found(root: FileRoot, path: str) -> None:
    """Links that stay below the root are followed."""
    assert root.resolve_existing(path) == root.folder.resolve() / "data" / "in.json"


@pytest.mark.parametrize(
    "path",
    [
        "../outside.json",
        "data/../../outside.json",
        "data/..",
        "/etc/hosts",
        "//etc/hosts",
        "link.json",
        "up/outside.json",
        "up/shown/data/in.json/../../../outside.json",
        ".secret",
        "to-hidden",
        "circle",
        "circle/x",
        "a\0b",
        "x" * 300,
        "x/" * 3000,
    ],
)
def test_a_path_that_leads_out_is_refused(root: FileRoot, path: str) -> None:
    """Neither dots nor absolute paths nor links lead out; hidden files are Jupyter's to show."""
    with pytest.raises((OutsideRootError, InvalidError)):
        root.resolve_existing(path)


@pytest.mark.parametrize("path", ["data%2Fin.json", "%64ata/in.json", "data\\in.json"])
def test_a_path_is_not_decoded_twice(root: FileRoot, path: str) -> None:
    """What still looks encoded is a name, and there is no such file."""
    with pytest.raises(InvalidError, match="no such file"):
        root.resolve_existing(path)


def test_jupyters_setting_shows_hidden_files(root: FileRoot) -> None:
    """``ContentsManager.allow_hidden`` counts here, too."""
    shown = FileRoot(root.folder, allow_hidden=True)

    assert shown.resolve_existing(".secret").read_text() == "mine"


def test_a_path_is_told_as_the_file_browser_shows_it(root: FileRoot) -> None:
    """A job's output can be opened from there, unless it lies elsewhere."""
    assert root.to_api_path(root.folder / "data" / "in.json") == "data/in.json"
    assert root.to_api_path(root.folder.parent / "outside.json") is None


def test_a_hidden_path_is_not_told_where_the_file_browser_hides_it(root: FileRoot) -> None:
    """Issue 12, G5: under a Hub the home folder lies below ``.local`` of the root."""
    hidden = root.folder / ".local" / "share" / "out.json"

    assert root.to_api_path(hidden) is None
    assert FileRoot(root.folder, allow_hidden=True).to_api_path(hidden) == ".local/share/out.json"

"""Assets that are not what they seem: pointers of Git LFS, and pages saved as data."""

from __future__ import annotations

from pathlib import Path

import pytest

from modelop_jupyter import Workspace
from modelop_jupyter.errors import AssetFileError

POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n"
PAGE = b"<!DOCTYPE html><html><body>404</body></html>"
SOURCE = "# modelop.score\ndef score(r):\n    yield r\n"


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("model.pkl", POINTER, r"Git LFS pointer.*git lfs pull"),
        ("README.md", POINTER, "Git LFS pointer"),
        ("model.pkl", PAGE, "HTML page"),
        ("train.csv", PAGE, "HTML page"),
    ],
)
def test_a_file_that_is_named_is_refused(
    workspace: Workspace, model: str, name: str, data: bytes, said: str
) -> None:
    """By ``asset add`` and ``register --asset`` alike."""
    Path(name).write_bytes(data)

    with pytest.raises(AssetFileError, match=said):
        workspace.asset_add(model, name)
    with pytest.raises(AssetFileError, match=said):
        workspace.register(model, assets=[name])


@pytest.mark.parametrize(("name", "data"), [("page.html", PAGE), ("t.txt", PAGE), ("a.pkl", b"x")])
def test_what_may_be_such_a_file_is_taken(
    workspace: Workspace, model: str, name: str, data: bytes
) -> None:
    """A page under the name of a page."""
    Path(name).write_bytes(data)
    workspace.asset_add(model, name)

    assert name in [asset.path for asset in workspace.asset_list(model)]


def test_a_folder_with_one_is_taken_and_says_so(workspace: Workspace) -> None:
    """At registration and in the log of its jobs: the model may not need it."""
    Path("m").mkdir()
    Path("m/code.py").write_text(SOURCE)
    Path("m/net.h5").write_bytes(POINTER)
    Path("in.json").write_text("{}\n")
    registered = workspace.register("m", "m")
    job = workspace.batch("m", "in.json").wait(300)

    assert [each for each in registered.warnings if each.startswith("net.h5 is a Git LFS pointer")]
    assert "[warning] asset net.h5 is a Git LFS pointer" in job.log()

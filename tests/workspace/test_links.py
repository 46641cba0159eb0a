"""Folders with links: what leads out of them is refused by name, unless it was asked for."""

from __future__ import annotations

from pathlib import Path

import pytest

from modelop_jupyter import Workspace
from modelop_jupyter.errors import LinkOutsideError

SOURCE = "# modelop.score\ndef score(r):\n    return r\n"


@pytest.fixture
def folder(workspace: Workspace) -> Path:
    """A model's folder, and files beside it that are no part of it."""
    folder = Path("folder")
    (folder / "data").mkdir(parents=True)
    (folder / "model.py").write_text(SOURCE)
    (folder / "data" / "a.txt").write_text("a")
    Path("beside").mkdir()
    Path("beside/secret.txt").write_text("secret")
    return folder


@pytest.mark.parametrize(
    ("name", "target"),
    [
        ("p.txt", "/etc/passwd"),
        ("p.txt", "../beside/secret.txt"),
        ("data/deep.txt", "../../beside/secret.txt"),
        ("inner", "../beside"),
        ("gone.txt", "../beside/nothing"),
    ],
)
def test_a_link_that_leads_out_is_refused_by_name(
    workspace: Workspace, folder: Path, name: str, target: str
) -> None:
    """What it names would have been in the model and its export."""
    (folder / name).symlink_to(target)

    with pytest.raises(LinkOutsideError, match=name):
        workspace.register("m", folder)
    assert workspace.models() == []


def test_a_chain_of_links_is_followed_to_its_end(workspace: Workspace, folder: Path) -> None:
    """The second link leads out, and the first through it."""
    (folder / "first.txt").symlink_to("second.txt")
    (folder / "second.txt").symlink_to("../beside/secret.txt")

    with pytest.raises(LinkOutsideError) as caught:
        workspace.register("m", folder)
    assert caught.value.links == ("first.txt", "second.txt")


def test_links_within_the_folder_are_part_of_it(workspace: Workspace, folder: Path) -> None:
    """Files and folders under two names, and a folder that would hold itself without end."""
    (folder / "b.txt").symlink_to("data/a.txt")
    (folder / "more").symlink_to("data")
    (folder / "data" / "up").symlink_to("..")
    made = workspace.register("m", folder)

    paths = [asset.path for asset in made.model.state.assets]
    assert paths == ["b.txt", "data/a.txt", "model.py", "more/a.txt"]


def test_links_that_lead_out_are_followed_when_asked_for(
    workspace: Workspace, folder: Path
) -> None:
    """``--follow-links``: a folder of links to data elsewhere is a model like others."""
    (folder / "p.txt").symlink_to("../beside/secret.txt")
    (folder / "inner").symlink_to("../beside")
    made = workspace.register("m", folder, follow_links=True)

    assert {"p.txt", "inner/secret.txt"} <= {asset.path for asset in made.model.state.assets}


def test_the_folder_itself_may_be_a_link(workspace: Workspace, folder: Path) -> None:
    """It was named; what it holds is below where it leads."""
    Path("alias").symlink_to("folder")
    made = workspace.register("m", "alias")

    assert [asset.path for asset in made.model.state.assets] == ["data/a.txt", "model.py"]

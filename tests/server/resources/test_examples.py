"""Examples over HTTP: listed, and copied into a folder that the file browser shows."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.server.conftest import ApiCall


async def test_the_examples_are_listed_with_a_snippet(api: ApiCall) -> None:
    """What the launcher's cards and an empty sidebar show."""
    status, listed = await api("GET", "examples")

    assert status == 200
    assert [row["name"] for row in listed["examples"]] == [
        "regression",
        "classification",
        "faults",
    ]
    assert listed["snippet"].startswith("# modelop.score\ndef ")


@pytest.mark.parametrize(("folder", "place"), [(None, ""), ("", ""), ("mine/deep", "mine/deep/")])
async def test_an_example_is_copied_into_a_folder(
    api: ApiCall, root: Path, folder: str | None, place: str
) -> None:
    """Its path is one of the file browser; the second time it is there."""
    (root / "mine" / "deep").mkdir(parents=True)
    body = {"name": "faults"} if folder is None else {"name": "faults", "folder": folder}
    status, copied = await api("POST", "examples", body)
    _, again = await api("POST", "examples", body)

    assert (status, copied["is_new"], again["is_new"]) == (201, True, False)
    assert copied["path"] == again["path"] == f"{place}example-faults/faults.ipynb"
    assert (root / copied["path"]).is_file()


@pytest.mark.parametrize(
    ("body", "answer"),
    [
        ({"name": "fault"}, (404, "example_not_found")),
        ({"name": "faults", "folder": "nowhere"}, (422, "invalid")),
        ({"name": "faults", "folder": "note.txt"}, (422, "invalid")),
        ({"name": "faults", "folder": "../"}, (403, "outside")),
        ({}, (400, "request")),
    ],
)
async def test_what_cannot_be_copied_is_refused(
    api: ApiCall, root: Path, body: dict[str, str], answer: tuple[int, str]
) -> None:
    """Nothing is written."""
    (root / "note.txt").write_text("mine")
    status, problem = await api("POST", "examples", body)

    assert (status, problem["code"]) == answer
    assert [path.name for path in root.iterdir()] == ["note.txt"]

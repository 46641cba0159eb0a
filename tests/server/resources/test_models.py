"""Models over HTTP: registered, listed, shown, changed, removed."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from modelop_jupyter import Workspace
from tests.server.conftest import ApiCall

CELLS = [
    {"number": 1, "source": "factor = 2"},
    {"number": 2, "source": "# modelop.score\ndef score(record):\n    yield record['x'] * factor"},
]


def write_notebook(path: Path, *sources: str) -> None:
    cells = [
        {"cell_type": "code", "source": source, "metadata": {}, "outputs": [], "id": f"c{number}"}
        | {"execution_count": None}
        for number, source in enumerate(sources)
    ]
    path.parent.mkdir(exist_ok=True)
    path.write_text(
        json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells})
    )


async def test_models_are_listed_with_what_a_line_shows(api: ApiCall, model: str) -> None:
    """Each with its newest snapshot, environment state and last job (issue 6)."""
    status, page = await api("GET", "models?limit=10")

    assert (status, page["total"], page["offset"]) == (200, 1, 0)
    assert [(row["name"], row["snapshot"], row["last_job"]) for row in page["rows"]] == [
        (model, None, None)
    ]
    assert page["rows"][0]["environment"] in ("not locked", "not built", "building", "ready")


async def test_a_part_of_a_name_finds_models(api: ApiCall, model: str) -> None:
    """The sidebar has a field to filter with."""
    _, matching = await api("GET", "models?match=OUB")
    _, none = await api("GET", "models?match=zzz")

    assert (matching["total"], none["total"]) == (1, 0)


async def test_models_are_found_by_a_query(api: ApiCall, workspace: Workspace, model: str) -> None:
    """The one of `models --match`; what cannot be understood is said with its place."""
    workspace.tag(model, ["two words"])
    _, found = await api("GET", "models?match=tag%3A%22two+words%22+name~oub")
    status, refused = await api("GET", "models?match=tag%3A")

    assert [row["name"] for row in found["rows"]] == [model]
    assert (status, refused["code"]) == (422, "search_query")
    assert "'tag:' at character 1 of the search has no value" in refused["message"]


async def test_the_models_of_the_last_days_come_first(
    api: ApiCall, workspace: Workspace, model: str, root: Path
) -> None:
    """The launcher shows a few of them."""
    workspace.register("zebra", root / "double.py")
    _, by_name = await api("GET", "models")
    status, recent = await api("GET", "models?order=recent&limit=1")

    assert [row["name"] for row in by_name["rows"]] == [model, "zebra"]
    assert (status, recent["total"], [row["name"] for row in recent["rows"]]) == (200, 2, ["zebra"])


async def test_a_model_is_shown_with_its_functions(api: ApiCall, model: str) -> None:
    """Functions are links to the line they are defined in."""
    _, shown = await api("GET", f"models/{model}")

    assert [
        (function["kind"], function["name"], function["line"]) for function in shown["functions"]
    ] == [
        ("init", "begin", 2),
        ("score", "score", 8),
    ]
    assert shown["is_changed"]
    assert shown["source"].startswith("# modelop.init")


async def test_a_saved_notebook_is_registered(
    api: ApiCall, root: Path, workspace: Workspace
) -> None:
    """Without a kernel the cells are those of the file."""
    write_notebook(root / "work" / "churn.ipynb", *(cell["source"] for cell in CELLS))
    status, made = await api("POST", "models", {"name": "churn", "notebook": "work/churn.ipynb"})

    assert (status, made["created"], made["is_captured"]) == (201, True, True)
    assert workspace.show("churn").entry_points.score == "score"


async def test_the_cells_of_a_running_kernel_are_registered(api: ApiCall, root: Path) -> None:
    """What was executed counts, not what was saved; a notebook may never have been saved."""
    status, made = await api(
        "POST", "models", {"name": "churn", "notebook": "Untitled.ipynb", "cells": CELLS}
    )

    assert status == 201
    assert "factor = 2" in made["source"]


async def test_assets_beside_the_notebook_keep_their_folders(
    api: ApiCall, root: Path, workspace: Workspace
) -> None:
    """A model opens ``binaries/net.h5`` below its folder, wherever the notebook lies."""
    write_notebook(root / "work" / "churn.ipynb", *(cell["source"] for cell in CELLS))
    (root / "work" / "data").mkdir()
    (root / "work" / "data" / "w.json").write_text("{}")
    (root / "elsewhere.csv").write_text("a\n1\n")
    assets = [{"path": "work/data/w.json"}, {"path": "elsewhere.csv", "role": "Baseline data"}]
    await api("POST", "models", {"name": "churn", "notebook": "work/churn.ipynb", "assets": assets})

    assert [(a.path, a.role.value) for a in workspace.asset_list("churn")] == [
        ("churn.py", "MODEL_SOURCE"),
        ("data/w.json", "TEST_DATA"),
        ("elsewhere.csv", "BASELINE_DATA"),
    ]


async def test_what_a_form_proposes_can_be_registered(
    api: ApiCall, root: Path, workspace: Workspace
) -> None:
    """A proposed file has the path of the file browser, which assets have, in a sub-folder, too."""
    write_notebook(
        root / "work" / "churn.ipynb", "# modelop.score\ndef f(r):\n    yield open('w.json')"
    )
    (root / "work" / "w.json").write_text("{}")
    body = {"name": "churn", "notebook": "work/churn.ipynb"}
    _, preview = await api("POST", "previews", body)
    ticked = [
        {"path": proposal["path"], "role": proposal["role"]} for proposal in preview["proposals"]
    ]
    status, _ = await api("POST", "previews", {**body, "assets": ticked})
    made, _ = await api("POST", "models", {**body, "assets": ticked})

    assert (status, made) == (200, 201)
    assert [asset["path"] for asset in ticked] == ["work/w.json"]
    assert workspace.asset_names("churn") == {"churn.py", "w.json"}


async def test_cells_that_were_changed_since_they_ran_are_named(api: ApiCall, root: Path) -> None:
    """What ran is registered, as by the magic; the open notebook tells what it has become."""
    cells = [{**cell, "id": f"c{cell['number']}"} for cell in CELLS]
    current = [{"id": "c1", "source": cells[0]["source"]}, {"id": "c2", "source": "factor = 9"}]
    body = {"name": "churn", "notebook": "Untitled.ipynb", "cells": cells, "current": current}
    _, preview = await api("POST", "previews", body)
    _, made = await api("POST", "models", body)

    assert made["source"] == preview["source"]
    assert "factor = 2" in made["source"]
    named = [warning for warning in made["warnings"] if "edited since it ran" in warning]
    assert named == [warning for warning in preview["warnings"] if "edited since it ran" in warning]
    assert len(named) == 1


async def test_a_preview_records_nothing(api: ApiCall, root: Path) -> None:
    """A dialog shows what would be registered (issue 6)."""
    write_notebook(root / "churn.ipynb", "# modelop.score\ndef f(r):\n    yield open('w.json')")
    (root / "w.json").write_text("{}")
    status, preview = await api("POST", "previews", {"name": "churn", "notebook": "churn.ipynb"})
    _, page = await api("GET", "models")

    assert (status, page["total"]) == (200, 0)
    assert preview["entry_points"]["score"] == "f"
    assert [(proposal["path"], proposal["role"]) for proposal in preview["proposals"]] == [
        ("w.json", "TEST_DATA")
    ]


async def test_a_model_knows_its_notebook(api: ApiCall, root: Path, workspace: Workspace) -> None:
    """As the file browser shows it, as long as it is there; no other file is told."""
    write_notebook(root / "work" / "churn.ipynb", *(cell["source"] for cell in CELLS))
    await api("POST", "models", {"name": "churn", "notebook": "work/churn.ipynb"})
    write_notebook(
        root.parent / "outside" / "other.ipynb", CELLS[1]["source"].replace("factor", "1")
    )
    workspace.register("other", root.parent / "outside" / "other.ipynb")
    _, shown = await api("GET", "models/churn")
    _, other = await api("GET", "models/other")
    (root / "work" / "churn.ipynb").unlink()
    _, without = await api("GET", "models/churn")

    assert (shown["notebook"], other["notebook"], without["notebook"]) == (
        "work/churn.ipynb",
        None,
        None,
    )


async def test_a_removed_model_is_gone(api: ApiCall, model: str) -> None:
    """Its name is free."""
    status, removed = await api("DELETE", f"models/{model}")
    missing, problem = await api("GET", f"models/{model}")

    assert (status, removed) == (200, {"noun": "model", "name": model})
    assert (missing, problem["code"]) == (404, "model_not_found")


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"name": "churn"}, 400, "request"),
        ({"name": "churn", "path": "a.py", "notebook": "b.ipynb"}, 400, "request"),
        ({"name": "no name", "path": "double.py"}, 400, "request"),
        ({"name": "churn", "path": "double.py", "nane": 1}, 400, "request"),
        ({"name": "churn", "path": 1}, 400, "request"),
        ({"name": "churn", "path": "double.py\0"}, 422, "text"),
        ({"name": "churn", "path": "\ud800"}, 422, "text"),
        ({"name": "churn", "path": "absent.py"}, 422, "invalid"),
        ({"name": "churn", "path": "../double.py"}, 403, "outside"),
        ({"name": "churn", "path": "double.py", "assets": [{"path": "/etc/hosts"}]}, 403, "outside"),
        ({"name": "churn", "path": "double.py", "functions": {"score": "nobody"}}, 422, "invalid"),
        ({"name": "churn", "path": "double.py", "assets": [{"path": "double.py", "role": "X"}]}, 400, "request"),
        ("[", 400, "request"),
        ("[NaN]", 400, "request"),
        ("[" * 100_000, 422, "too_deep"),
        (b"\xff", 400, "request"),
    ],
)  # fmt: skip
async def test_what_cannot_be_registered_is_refused(
    api: ApiCall, model: str, body: object, status: int, code: str
) -> None:
    """Types, unknown fields and paths are looked at before anything is done."""
    actual, problem = await api("POST", "models", body)

    assert (actual, problem["code"]) == (status, code)
    assert set(problem) == {"code", "message", "hint"}


async def test_files_posted_in_parallel_are_all_kept(
    api: ApiCall, workspace: Workspace, model: str, root: Path
) -> None:
    """All 16 were answered with 201, and 8 were there afterwards (issue 11)."""
    names = [f"file-{number}.txt" for number in range(16)]
    for name in names:
        (root / name).write_text(name)
    answers = await asyncio.gather(
        *(api("POST", f"models/{model}/assets", {"path": name}) for name in names)
    )

    assert [status for status, _ in answers] == [201] * 16
    assert {asset.path for asset in workspace.asset_list(model)} == {"double.py", *names}


async def test_snapshots_are_taken_and_listed(api: ApiCall, model: str) -> None:
    """Equal content is the same snapshot."""
    status, first = await api("POST", f"models/{model}/snapshots", {"label": "before"})
    _, second = await api("POST", f"models/{model}/snapshots")
    _, page = await api("GET", f"models/{model}/snapshots")
    _, shown = await api("GET", f"models/{model}@1")

    assert (status, first["ref"], first["name"]) == (201, "double@1", "before")
    assert second == first
    assert (page["total"], page["rows"]) == (1, [first])
    assert (shown["ref"], shown["is_changed"]) == ("double@1", False)

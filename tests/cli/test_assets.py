"""Required libraries of a registered folder, in the shell."""

from __future__ import annotations

import json
from pathlib import Path

from .conftest import Run


def test_every_asset_with_the_role_is_listed(run: Run, folder: Path) -> None:
    """requirements.txt in any folder and case, and any asset with the role (spec 13.16)."""
    (folder / "utils").mkdir()
    (folder / "requirements.txt").write_text("six\n")
    (folder / "utils" / "Requirements.TXT").write_text("idna")
    (folder / "libs.txt").write_text("certifi\n")
    (folder / "requirements_more.txt").write_text("toolz\n")
    run("register", "m", ".", "--asset", "libs.txt=Required libraries")
    rows = json.loads(run("requirements", "m", "--json").stdout)["rows"]

    assert sorted((row["asset"], row["name"]) for row in rows) == [
        ("libs.txt", "certifi"),
        ("requirements.txt", "six"),
        ("utils/Requirements.TXT", "idna"),
    ]


def test_an_environment_that_cannot_be_built_names_line_and_remedy(run: Run, folder: Path) -> None:
    """The job is an ERROR before it starts (spec 13.17)."""
    (folder / "requirements.txt").write_text("# what it needs\nnumpy=1.19\n")
    run("register", "m", ".")
    done = run("batch", "m", "good.json", "--json")
    record = json.loads(done.stdout)

    assert done.returncode == 4
    assert (record["status"], record["counts"]["records_in"]) == ("ERROR", 0)
    assert (record["error"]["asset"], record["error"]["line"]) == ("requirements.txt", 2)
    assert "numpy==1.19" in json.dumps(record["error"])


def test_binary_files_under_any_name_break_nothing(run: Run, folder: Path) -> None:
    """A picture called like a schema, a notebook, a manifest or data (spec 13.1, 5.3)."""
    for name in ("input_schema.avsc", "x.ipynb", "metadata.json", "required_assets.json", "a.zip"):
        (folder / name).write_bytes(b"\x89PNG\r\n" + bytes(range(256)))
    run("register", "m", ".")
    done = run("batch", "m", "good.json", "--json")

    assert json.loads(done.stdout)["result"] == "SUCCESS"

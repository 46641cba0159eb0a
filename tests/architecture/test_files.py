"""What is in the files of this project, and what is not."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from tests.waiting import PATIENCE

ROOT = Path(__file__).parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))


def tracked(*patterns: str) -> list[str]:
    """Return the files that git knows of, or, in an unpacked archive, those that are there."""
    command = ["git", "ls-files", "--", *patterns]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE)
    if done.returncode == 0:
        return [name for name in done.stdout.split("\n") if name and (ROOT / name).exists()]
    return [
        str(path.relative_to(ROOT))
        for pattern in patterns
        for path in ROOT.glob(f"**/{pattern}")
        if not any(part.startswith(".") for part in path.relative_to(ROOT).parts)
    ]


def text_of(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8", errors="replace")


@pytest.mark.parametrize("leak", [f"/{'root'}/", f"/{'work'}/", f"/{'Users'}/"])
def test_no_file_names_the_machine_it_was_written_on(leak: str) -> None:
    """Paths of one machine help nobody on another."""
    suspects = tracked("*.py", "*.md", "*.toml", "*.ipynb", "*.sh", "Makefile", "*.json", "*.yml")

    assert [name for name in suspects if leak in text_of(name)] == []


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.name)
def test_notebooks_are_stored_without_outputs(notebook: Path) -> None:
    """A notebook in the repository holds what was written, not what came out on somebody's machine."""
    cells = [c for c in json.loads(notebook.read_text())["cells"] if c["cell_type"] == "code"]

    assert cells
    assert [cell["id"] for cell in cells if cell["outputs"] or cell["execution_count"]] == []

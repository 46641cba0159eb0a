"""The documents of this project name what exists."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "modelop_jupyter"
DOCUMENTS = ("docs/architecture.md", "docs/accelerators.md", "docs/engines.md")
_PATH = re.compile(r"(?<![\w/.])([a-z_]+(?:/[a-z_]+)*(?:\.pyi?|/))(?![\w])")
# A line of a way: names, then the file that defines them.
_STEP = re.compile(r"^\s+([\w., ]+?)\s{2,}([a-z_/]+\.py)\b", re.MULTILINE)
_IN_FILE = re.compile(r"`(\w+)(?:\([^)`]*\))?` (?:in|of) `([a-z_/]+\.py)`(?! there)")


def text(document: str) -> str:
    return (ROOT / document).read_text(encoding="utf-8")


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_file_that_is_named_exists(document: str) -> None:
    """Paths begin in the package or in the root of the project."""
    paths = sorted(set(_PATH.findall(text(document))))
    missing = [path for path in paths if not (PACKAGE / path).exists() | (ROOT / path).exists()]

    assert missing == []


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_function_and_class_that_is_named_exists(document: str) -> None:
    """A name before its file is defined in that file."""
    pairs = [
        (name, path)
        for names, path in [*_STEP.findall(text(document)), *_IN_FILE.findall(text(document))]
        for name in re.findall(r"\w+", names.rpartition(".")[2] if "." in names else names)
        if (PACKAGE / path).is_file()
    ]
    missing = [
        f"{name} in {path}"
        for name, path in pairs
        if not re.search(rf"\b{name}\b", (PACKAGE / path).read_text(encoding="utf-8"))
    ]

    assert missing == []


def test_the_ways_are_read() -> None:
    """The patterns above see the steps, so that the tests can fail."""
    steps = dict(_STEP.findall(text("docs/architecture.md")))

    assert steps["EnvironmentManager.ensure"] == "environments/manager.py"
    assert len(steps) > 25

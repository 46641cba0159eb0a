"""What requirements say is read once, however many ask for it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from modelop_jupyter import Workspace
from modelop_jupyter.domain.requirements import parse as parsing

SCORE = "import six\n# modelop.score\ndef score(record):\n    yield record\n"


@pytest.fixture
def parsed(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Any]]:
    """The requirement files that were parsed, one entry for each time."""
    calls: list[Any] = []
    parse = parsing.parse_requirements

    def counted(files: Any, *arguments: Any, **options: Any) -> Any:
        calls.append(dict(files))
        return parse(files, *arguments, **options)

    monkeypatch.setattr(parsing, "parse_requirements", counted)
    yield calls


def test_a_registration_parses_the_requirements_once(
    workspace: Workspace, parsed: list[Any]
) -> None:
    """Warnings, notes and the environment's state are made of one reading; it was five."""
    Path("m.py").write_text(SCORE)
    Path("requirements.txt").write_text("six\n")
    workspace.register("m", "m.py", assets=["requirements.txt"])

    assert [list(files) for files in parsed] == [["requirements.txt"]]


def test_what_was_parsed_for_a_state_is_kept(workspace: Workspace, parsed: list[Any]) -> None:
    """A state never changes."""
    Path("m.py").write_text(SCORE)
    Path("requirements.txt").write_text("six\n")
    workspace.register("m", "m.py", assets=["requirements.txt"])
    workspace.register("m", "m.py", assets=["requirements.txt"])
    workspace.requirements("m")
    workspace.infer_requirements("m")

    assert len(parsed) == 1


def test_requirements_that_change_are_parsed_once_more(
    workspace: Workspace, parsed: list[Any]
) -> None:
    """Whether they still mean the same is asked of both, and the old ones are known."""
    Path("m.py").write_text(SCORE)
    Path("requirements.txt").write_text("six\n")
    workspace.register("m", "m.py", assets=["requirements.txt"])
    Path("requirements.txt").write_text("six  # the same\n")
    workspace.register("m", "m.py", assets=["requirements.txt"])

    assert [files["requirements.txt"] for files in parsed] == [b"six\n", b"six  # the same\n"]

"""The reasons of failures that the host gives are the runner's."""

from __future__ import annotations

import ast
from pathlib import Path

import modelop_jupyter
from modelop_jupyter.jobs.resume.resume import REASONS

JOURNAL = Path(modelop_jupyter.__file__).parent / "runner" / "journal.py"


def test_the_reasons_are_those_of_the_runner() -> None:
    """The runner is executed, never imported: what it says stands in both."""
    assignment = next(
        node
        for node in ast.parse(JOURNAL.read_text()).body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "REASONS"
    )

    assert ast.literal_eval(assignment.value) == REASONS

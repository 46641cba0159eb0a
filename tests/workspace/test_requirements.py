"""What `requirements` tells, and what `--check` compares."""

from __future__ import annotations

from pathlib import Path

import pytest

from modelop_jupyter import Workspace

SOURCE = "import json\nimport six\nimport helpers\nimport missing_module\n# modelop.score\ndef score(r):\n    return r\n"


def register(workspace: Workspace, requirements: str, source: str = SOURCE) -> None:
    Path("repo").mkdir()
    Path("repo/code.py").write_text(source)
    Path("repo/helpers.py").write_text("")
    Path("repo/requirements.txt").write_text(requirements)
    workspace.register("m", "repo")


@pytest.mark.slow
def test_imports_are_compared_with_requirements(workspace: Workspace) -> None:
    """What is provided, missing, the standard library's or the model's own; what nobody imports."""
    register(workspace, "six==1.16.0\nidna\n")

    report = workspace.requirements("m", check=True)

    assert {found.module: found.verdict for found in report.imports} == {
        "json": "standard library",
        "six": "provided",
        "helpers": "model's own file",
        "missing_module": "missing",
    }
    assert report.unused == ("idna",)
    assert not report.is_good
    assert {row.name: row.locked for row in report.rows}["six"] == "1.16.0"


@pytest.mark.slow
def test_what_no_index_has_is_a_problem_of_its_line(workspace: Workspace) -> None:
    """The check resolves, so that it is known before a job needs it."""
    register(workspace, "six\nno-such-package-of-anybody\n", "import six\n")

    report = workspace.requirements("m", check=True)

    assert [row.line for row in report.rows if row.problem] == [2]


def test_without_the_check_nothing_is_resolved(workspace: Workspace) -> None:
    """The lines alone need no index."""
    register(workspace, "no-such-package-of-anybody\n-e ./x\n")

    report = workspace.requirements("m")

    assert [(row.line, bool(row.problem)) for row in report.rows] == [(1, False), (2, True)]
    assert report.packages == ()


def test_pandas_is_added_visibly(workspace: Workspace) -> None:
    """13.13: for a metrics function whose requirements do not name it."""
    register(workspace, "six\n", "# modelop.metrics\ndef metrics(df):\n    return {}\n")

    assert workspace.requirements("m").additions == ("pandas",)

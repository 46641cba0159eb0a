"""What `requirements` tells, and what `--check` compares (issue 4)."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from modelop_jupyter import Workspace
from modelop_jupyter.domain.reports import RequirementsReport

SCORE = "# modelop.score\ndef score(r):\n    return r\n"
Release = Callable[..., None]


def register(workspace: Workspace, requirements: str, source: str = SCORE, **files: str) -> None:
    """Register a folder with a source ``code.py``; ``lib__x`` is a file ``lib/x.py``."""
    Path("repo").mkdir()
    Path("repo/code.py").write_text(source)
    Path("repo/requirements.txt").write_text(requirements)
    for name, text in files.items():
        path = Path("repo", name.replace("__", "/") + ".py")
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    workspace.register("m", "repo")


def verdicts(report: RequirementsReport) -> dict[str, str]:
    return {found.module: found.verdict for found in report.imports}


def problems(report: RequirementsReport) -> dict[int, str]:
    return {row.line: row.problem for row in report.rows if row.problem}


@pytest.mark.slow
def test_imports_are_compared_with_requirements(workspace: Workspace) -> None:
    """What is provided, missing, the standard library's or the model's own; what nobody imports."""
    source = "import json\nimport six\nimport helpers\nimport missing_module\n" + SCORE
    register(workspace, "six==1.16.0\nidna\n", source, helpers="")

    report = workspace.requirements("m", check=True)

    assert verdicts(report) == {
        "json": "standard library",
        "six": "provided",
        "helpers": "model's own file",
        "missing_module": "missing",
    }
    assert report.unused == ("idna",)
    assert not report.is_good
    assert {row.name: row.locked for row in report.rows}["six"] == "1.16.0"


def test_every_line_that_no_index_has_is_a_problem(workspace: Workspace, release: Release) -> None:
    """All of them at once, each with the nearest name there is; the others are locked."""
    release("1.0")
    register(workspace, "demo\npanddas\nno-such-thing-at-all\n", "import demo\n" + SCORE)

    report = workspace.requirements("m", check=True)

    assert list(problems(report)) == [2, 3]
    assert "Did you mean pandas?" in problems(report)[2]
    assert report.rows[0].locked == "1.0"
    assert verdicts(report) == {"demo": "provided"}
    assert report.unused == ()


def test_modules_are_no_packages(workspace: Workspace, release: Release) -> None:
    """`json` and `copy` are Python's own; `sklearn` is what scikit-learn is imported as."""
    register(workspace, "json\ncopy\nsklearn\n", "import sklearn\nimport json\n" + SCORE)

    report = workspace.requirements("m", check=True)

    assert problems(report)[1].startswith("json is part of Python")
    assert problems(report)[2].startswith("copy is part of Python")
    assert problems(report)[3] == (
        "sklearn is the name to import; its package is scikit-learn. Write scikit-learn"
    )
    assert verdicts(report)["sklearn"] == "missing"


def test_the_standard_library_is_that_of_the_models_python(workspace: Workspace) -> None:
    """A backport is right where its marker says so, and wrong on a Python that has the module."""
    register(workspace, "dataclasses; python_version < '3.7'\ndataclasses\n")

    assert list(problems(workspace.requirements("m", check=True))) == [2]


def test_what_a_package_really_brings_is_looked_up_where_names_do_not_tell(
    workspace: Workspace, release: Release
) -> None:
    """No table is needed: the environment is built, and asked."""
    release("1.0", "some-thing", "strange_name")
    register(workspace, "some-thing\n", "import strange_name\n" + SCORE)

    report = workspace.requirements("m", check=True)

    assert verdicts(report) == {"strange_name": "provided"}
    assert (report.unused, report.is_good) == ((), True)
    assert workspace.env_show("m").state == "ready"


def test_a_package_that_is_named_like_a_module_may_be_meant(
    workspace: Workspace, release: Release
) -> None:
    """There is one called jwt, too: it brings the module, so the line is right."""
    release("1.0", "jwt")
    register(workspace, "jwt\n", "import jwt\n" + SCORE)

    assert workspace.requirements("m", check=True).is_good


@pytest.mark.parametrize(
    ("source", "files", "module", "verdict"),
    [
        ("try:\n    import nowhere\nexcept ImportError:\n    pass\n", {}, "nowhere", "optional"),
        ("import other\n", {"other": "import nowhere\n"}, "nowhere", "missing"),
        ("", {"setup": "import nowhere\n"}, "nowhere", "not reached"),
        ("import lib.helper\n", {"lib__helper": "import nowhere\n"}, "nowhere", "missing"),
        ("import helper\n", {"lib__helper": ""}, "helper", "missing"),
        (
            "import sys\nsys.path.append('lib')\nimport helper\n",
            {"lib__helper": ""},
            "helper",
            "model's own file",
        ),
        ("import distutils\n", {}, "distutils", "standard library"),
    ],
)
def test_only_what_a_job_would_lack_is_missing(
    workspace: Workspace,
    release: Release,
    source: str,
    files: dict[str, str],
    module: str,
    verdict: str,
) -> None:
    """What the source does without, and what files import that it never loads, fails no job."""
    register(workspace, "", source + SCORE, **files)
    workspace.register("m", "repo", python="3.11")

    report = workspace.requirements("m", check=True)

    assert verdicts(report)[module] == verdict
    assert report.is_good is (verdict != "missing")


def test_modules_in_an_archive_are_the_models_own(workspace: Workspace, release: Release) -> None:
    """Attachments are unpacked beside themselves (spec 13.3)."""
    register(workspace, "", "import packed\n" + SCORE)
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr("packed/__init__.py", "")
    Path("lib.zip").write_bytes(data.getvalue())
    workspace.asset_add("m", "lib.zip")

    assert verdicts(workspace.requirements("m", check=True)) == {"packed": "model's own file"}


def test_without_the_check_nothing_is_resolved(workspace: Workspace) -> None:
    """The lines alone need no index."""
    register(workspace, "no-such-package-of-anybody\n-e ./x\n")

    report = workspace.requirements("m")

    assert [(row.line, bool(row.problem)) for row in report.rows] == [(1, False), (2, True)]
    assert report.packages == ()


def test_pandas_is_added_visibly(workspace: Workspace) -> None:
    """For a metrics function whose requirements do not name it (spec 13.13)."""
    register(workspace, "six\n", "# modelop.metrics\ndef metrics(df):\n    return {}\n")

    assert workspace.requirements("m").additions == ("pandas",)


def test_a_registration_tells_what_is_added_and_what_is_left_open(workspace: Workspace) -> None:
    """Issue 4: visibly, and once (spec 13.13)."""
    Path("m.py").write_text("# modelop.metrics\ndef metrics(df):\n    return {}\n")
    Path("requirements.txt").write_text("six\nidna==3.10\n")

    notes = workspace.register("m", "m.py", assets=["requirements.txt"]).notes

    assert notes[0] == "pandas is added to its environment, for its metrics function."
    assert notes[1].startswith(
        "Not pinned: six. The newest version of today is taken once and kept"
    )


def test_a_registration_offers_to_infer_what_nothing_brings(workspace: Workspace) -> None:
    """With the line to type; what a requirement brings along is not missing."""
    Path("m.py").write_text("import yaml\nimport joblib\n" + SCORE)
    Path("requirements.txt").write_text("scikit-learn\njson\n")

    first, second = workspace.register("m", "m.py", assets=["requirements.txt"]).warnings

    assert first.startswith("requirements.txt, line 2: json is part of Python")
    assert second == (
        "None of its requirements provides yaml (m.py, line 1):"
        " '%modelop requirements m --infer --write' adds what this Python has."
    )

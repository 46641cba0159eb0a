"""Requirements in the shell: exit codes, JSON, wrong options (issue 4)."""

from __future__ import annotations

import json
import platform
from importlib.metadata import version
from pathlib import Path

import pytest

from .conftest import Run

OFFLINE = {"PIP_CONFIG_FILE": "/dev/null", "PIP_NO_INDEX": "1", "MODELOP_PREPARE": "off"}


@pytest.fixture
def model(run: Run, folder: Path) -> str:
    """A registered model that imports a package and requires none."""
    source = (folder / "model.py").read_text()
    (folder / "model.py").write_text("import packaging\n" + source)
    run("register", "m", "model.py", **OFFLINE)
    return "m"


def test_a_failed_check_has_exit_code_1(run: Run, model: str) -> None:
    """And 0 if every import is provided."""
    done = run("requirements", model, "--check", "--json", **OFFLINE)

    assert done.returncode == 1
    assert [module["verdict"] for module in json.loads(done.stdout)["imports"]] == [
        "missing",
        "standard library",
    ]


def test_a_registration_offers_the_line_to_type(run: Run, folder: Path, model: str) -> None:
    """With the program's name of the shell."""
    shown = run("register", "m", "model.py", **OFFLINE).stdout

    assert "None of its requirements provides packaging (model.py, line 1)" in shown
    assert "'modelop requirements m --infer --write' adds what this Python has" in shown


def test_inferring_says_whose_versions_it_takes_and_writes(run: Run, model: str) -> None:
    """In a shell that is the Python of the command line."""
    shown = run("requirements", model, "--infer", **OFFLINE).stdout
    written = json.loads(
        run("requirements", model, "--infer", "--write", "--json", **OFFLINE).stdout
    )

    assert f"versions of  Python {platform.python_version()}" in shown
    assert (written["is_written"], written["asset"]) == (True, "requirements.txt")
    assert written["text"] == f"packaging=={version('packaging')}\n"
    assert "requirements.txt" in run("asset", "list", model).stdout


def test_an_upgrade_tells_what_changed_as_json(run: Run, folder: Path) -> None:
    """Nothing newer, here: the model requires nothing."""
    run("register", "plain", "model.py", **OFFLINE)
    first = json.loads(run("requirements", "plain", "--upgrade", "--json", **OFFLINE).stdout)
    again = run("requirements", "plain", "--upgrade", **OFFLINE)

    assert (first["is_first"], first["changes"], first["packages"]) == (True, [], [])
    assert (again.returncode, "nothing newer" in again.stdout) == (0, True)


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (("m", "--write"), 2, "--write needs --infer"),
        (("m", "--check", "--upgrade"), 2, "not allowed with"),
        (("nobody", "--upgrade"), 3, "no model named 'nobody'"),
        (("m@1", "--upgrade"), 2, "m@1 is a snapshot, which never changes"),
        (("m@1", "--infer", "--write"), 2, "Name the model itself: m"),
        (("m@7", "--infer"), 3, "no snapshot named 'm@7'"),
    ],
)
def test_wrong_options_are_errors(
    run: Run, model: str, words: tuple[str, ...], code: int, sentence: str
) -> None:
    """The message says what to do."""
    run("snapshot", model)
    done = run("requirements", *words, **OFFLINE)

    assert (done.returncode, sentence in done.stderr) == (code, True)

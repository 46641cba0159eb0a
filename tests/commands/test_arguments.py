"""The values of command-line words."""

from __future__ import annotations

from argparse import ArgumentTypeError
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from modelop_jupyter.commands import arguments
from modelop_jupyter.commands.context import ShellSession
from modelop_jupyter.domain.roles import AssetRole
from modelop_jupyter.errors import InputError, UnknownRoleError
from modelop_jupyter.workspace import FileSet, Variable


class Notebook(ShellSession):
    """A session with variables, as a notebook has them."""

    def variables(self) -> Mapping[str, Any]:  # type: ignore[override]
        return {"frame": [{"x": 1}], "scores": None}


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory with some files."""
    monkeypatch.chdir(tmp_path)
    for name in ("a.csv", "b.csv", "my data.json", "odd[1].csv", "frame.json", "x=y.csv"):
        (tmp_path / name).write_text("x\n1\n")
    return tmp_path


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["a.csv"], [Path("a.csv")]),
        (["my data.json"], [Path("my data.json")]),
        (["?.csv"], [FileSet("?.csv", (Path("a.csv"), Path("b.csv")))]),
        (["a*.csv"], [Path("a.csv")]),
        (["odd[1].csv"], [Path("odd[1].csv")]),
        (["frame"], [Variable("frame", [{"x": 1}])]),
        (["b.csv", "frame"], [Path("b.csv"), Variable("frame", [{"x": 1}])]),
    ],
)
def test_an_input_is_a_file_a_glob_or_a_variable(
    here: Path, words: list[str], expected: list[object]
) -> None:
    """Files come first: a name with brackets is not taken for a pattern when it is there."""
    assert arguments.inputs(words, Notebook()) == expected


@pytest.mark.parametrize(
    ("word", "sentence"),
    [
        ("c?.json", "input c?.json: no file matches it."),
        ("a.cvs", "input a.cvs: no such file. Did you mean 'a.csv'?"),
        ("fram", "input fram: no such file and no such variable. Did you mean 'frame'?"),
        ("zzz", "input zzz: no such file and no such variable. Relative paths start in "),
        ("none/at/all.csv", "input none/at/all.csv: no such file. Relative paths start in "),
        ("x" * 5000, "no such file"),
    ],
)
def test_an_unknown_input_is_an_error(here: Path, word: str, sentence: str) -> None:
    """The nearest file or variable is offered."""
    with pytest.raises(InputError) as caught:
        arguments.inputs([word], Notebook())

    assert sentence in str(caught.value)


def test_a_shell_has_no_variables(here: Path) -> None:
    """In the CLI an error is about files only."""
    with pytest.raises(InputError, match=r"input frame: no such file\. Did you mean 'frame.json'"):
        arguments.inputs(["frame"], ShellSession())


@pytest.mark.parametrize(
    ("word", "session", "expected"),
    [
        (None, Notebook(), (None, None)),
        ("scores", Notebook(), (None, "scores")),
        ("scores.json", Notebook(), ("scores.json", None)),
        ("./scores", Notebook(), ("scores", None)),
        ("scores", ShellSession(), ("scores", None)),
    ],
)
def test_an_output_is_a_path_or_a_variable(
    word: str | None, session: ShellSession, expected: tuple[str | None, str | None]
) -> None:
    """A plain identifier is a variable, in a notebook."""
    assert arguments.output(word, session) == expected


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("a.csv", ("a.csv", None)),
        ("a.csv=TRAINING_DATA", ("a.csv", AssetRole.TRAINING_DATA)),
        ("a.csv=Training data", ("a.csv", AssetRole.TRAINING_DATA)),
        ("x=y.csv", ("x=y.csv", None)),
        ("x=y.csv=Test data", ("x=y.csv", AssetRole.TEST_DATA)),
        ("absent.csv", ("absent.csv", None)),
    ],
)
def test_an_asset_may_have_a_role(
    here: Path, word: str, expected: tuple[str, AssetRole | None]
) -> None:
    """A file that exists as written has no role in its name."""
    assert arguments.asset(word) == expected


def test_an_unknown_role_is_an_error(here: Path) -> None:
    """Issue 2, "What bad input gets": an unknown role, with the list."""
    with pytest.raises(UnknownRoleError, match="REQUIRED_LIBRARIES"):
        arguments.asset("a.csv=LIBS")


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("x=1", ("x", 1)),
        ("x=0.5", ("x", 0.5)),
        ("x=true", ("x", True)),
        ("x=null", ("x", None)),
        ('x={"a": [1, 2]}', ("x", {"a": [1, 2]})),
        ("x=a=b", ("x", "a=b")),
        ("x=", ("x", "")),
        ("x=007", ("x", "007")),
        ("x=NaN", ("x", "NaN")),
        ("x='1'", ("x", "'1'")),
    ],
)
def test_a_parameter_is_json_or_text(word: str, expected: tuple[str, Any]) -> None:
    """NaN is not JSON, so it is text."""
    assert arguments.parameter(word) == expected


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("20GB", 20 * 10**9),
        ("500 MB", 500 * 10**6),
        ("1.5GiB", 1_610_612_736),
        ("2g", 2 * 10**9),
        ("3KiB", 3072),
        ("1024", 1024),
    ],
)
def test_a_size_is_a_number_and_a_unit(word: str, expected: int) -> None:
    """Decimal and binary units, as people write them."""
    assert arguments.size(word) == expected


@pytest.mark.parametrize("word", ["", "GB", "5XB", "-1GB", "1e9", "ten", "1..5GB", "0.1"])
def test_an_invalid_size_is_an_error(word: str) -> None:
    """The error has two examples."""
    with pytest.raises(ArgumentTypeError, match="is not a size such as 2GB or 500MB"):
        arguments.size(word)

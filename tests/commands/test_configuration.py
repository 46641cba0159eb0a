"""The verb ``config``, as it is typed."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from modelop_jupyter.commands.context import Context, ShellSession
from modelop_jupyter.commands.grammar import parse
from modelop_jupyter.display import text
from modelop_jupyter.errors import InvalidError, UsageMistakeError


@pytest.fixture
def context(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Context]:
    """A home of its own."""
    monkeypatch.setenv("MODELOP_HOME", str(tmp_path / "home"))
    with closing(Context(ShellSession())) as context:
        yield context


def shown(context: Context, *words: str) -> str:
    """Return what a line shows."""
    verb, args = parse(["config", *words], program="modelop")
    assert isinstance(args, Namespace)
    return text(verb.run(context, args), program="modelop", width=None)


def test_a_value_applies_from_now_on(context: Context) -> None:
    """It is shown with the file that holds it."""
    assert "From now on engine is dask://host:8786" in shown(context, "engine", "dask://host:8786")

    assert "dask://host:8786" in shown(context, "engine")
    assert "config.json" in shown(context)


def test_a_place_for_chunks_is_a_prefix(context: Context) -> None:
    """However it is written."""
    shown(context, "chunks-url", "s3://bucket/chunks")

    assert "s3://bucket/chunks/ " in shown(context, "chunks-url")
    assert "From now on chunks-url is none" in shown(context, "chunks-url", "none")


@pytest.mark.parametrize("words", [["engine", "--unset"], ["engine", "local"]])
def test_a_value_is_taken_back(context: Context, words: list[str]) -> None:
    """Jobs run here again."""
    shown(context, "engine", "dask")

    assert "From now on engine is local" in shown(context, *words)
    assert "default" in shown(context, "engine")


def test_a_variable_that_wins_is_named(context: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody wonders why the new value has no effect."""
    monkeypatch.setenv("MODELOP_ENGINE", "dask")

    assert "MODELOP_ENGINE=dask is set and wins" in shown(context, "engine", "dask://host:8786")


@pytest.mark.parametrize(
    ("words", "kind", "sentence"),
    [
        (["engne"], InvalidError, "Did you mean 'engine'?"),
        (["engine", "dusk"], InvalidError, "Did you mean dask?"),
        (["engine", "dask://"], InvalidError, "has no usable address"),
        (["engine-wait", "soon"], InvalidError, "is not a number of seconds"),
        (["chunks-url", "chunks"], InvalidError, "is not an address such as s3://"),
        (["chunks-url", "s3://key:word@bucket/x"], InvalidError, "holds credentials"),
        (
            ["chunks-url", "https://host/x"],
            InvalidError,
            "no place to which objects can be written",
        ),
        (["--unset"], UsageMistakeError, "--unset takes a KEY alone"),
    ],
)
def test_what_cannot_be_set_is_refused(
    context: Context, words: list[str], kind: type[InvalidError], sentence: str
) -> None:
    """One sentence, and nothing is written."""
    with pytest.raises(kind) as caught:
        shown(context, *words)
    assert sentence in str(caught.value)
    assert not (context.workspace.settings.home / "config.json").exists()


def test_a_damaged_file_is_said_once(context: Context, capsys: pytest.CaptureFixture[str]) -> None:
    """Not with every line of a notebook."""
    home = context.workspace.settings.home
    home.mkdir()
    (home / "config.json").write_text("{")
    shown(context, "engine")
    shown(context)

    assert capsys.readouterr().err.count("it is not JSON") == 1


def test_an_engine_that_is_gone_is_told_with_the_place(context: Context) -> None:
    """The package that brought it was removed."""
    home = context.workspace.settings.home
    home.mkdir()
    (home / "config.json").write_text('{"engine": "ray://host:10001"}')

    with pytest.raises(InvalidError) as caught:
        context.workspace.batch("churn", ["in.json"])
    assert f"{home}/config.json: there is no engine 'ray'" in str(caught.value)


def test_a_user_is_a_name_of_one_line(context: Context) -> None:
    """It is on record from then on."""
    with pytest.raises(InvalidError, match="is not a name"):
        shown(context, "user", "ada\ngrace")

    assert "From now on user is ada" in shown(context, "user", "ada")
    assert context.workspace.settings.author == "ada"

"""Splitting lines into words."""

from __future__ import annotations

import pytest

from modelop_jupyter.commands.shell_words import expand, quote, split
from modelop_jupyter.errors import UsageMistakeError

SPACE = {"path": "my data.csv", "n": 3, "d": {"k": "v"}, "name": "churn"}


def evaluate(expression: str) -> object:
    try:
        return eval(expression, {}, SPACE)
    except (NameError, SyntaxError):
        raise LookupError(expression) from None


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("batch m a.json", ["batch", "m", "a.json"]),
        ("batch m 'my data.csv'", ["batch", "m", "my data.csv"]),
        ('batch m "my data.csv"', ["batch", "m", "my data.csv"]),
        (r"batch m my\ data.csv", ["batch", "m", "my data.csv"]),
        ("batch m a.json # all of it", ["batch", "m", "a.json", "#", "all", "of", "it"]),
        ("show modèle", ["show", "modèle"]),
        ("--asset 'libs.txt=Required libraries'", ["--asset", "libs.txt=Required libraries"]),
        ("", []),
    ],
)
def test_quotes_keep_a_word_together(line: str, words: list[str]) -> None:
    """A `#` begins no comment, as it may be part of a name."""
    assert split(line, windows=False) == words


def test_a_backslash_is_part_of_a_path_on_windows() -> None:
    """Windows paths keep their backslashes."""
    assert split(r"batch m C:\data\new.csv", windows=True) == ["batch", "m", r"C:\data\new.csv"]


@pytest.mark.parametrize("line", ["batch 'open", 'batch "open', "batch open\\"])
def test_an_unclosed_quote_is_an_error(line: str) -> None:
    """The error quotes the line."""
    with pytest.raises(UsageMistakeError, match="is not closed"):
        split(line, windows=False)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("batch {name} {path}", ["batch", "churn", "my data.csv"]),
        ("batch $name $path", ["batch", "churn", "my data.csv"]),
        ("batch {name}@{n - 1}", ["batch", "churn@2"]),
        ("show {d['k']}", ["show", "v"]),
        ("--param x={absent}", ["--param", "x={absent}"]),
        ("--param 'x={\"a\":1}'", ["--param", 'x={"a":1}']),
        ("--param price=$5", ["--param", "price=$5"]),
        ("--param x=$absent", ["--param", "x=$absent"]),
    ],
)
def test_a_variable_becomes_one_word(line: str, words: list[str]) -> None:
    """Text that is not a variable is kept as typed, JSON in particular."""
    assert expand(line, evaluate) == words


@pytest.mark.parametrize("word", ["plain", "with blank", "it's", 'a"b', "", r"back\slash", "é=ü"])
def test_a_quoted_word_is_read_as_itself(word: str) -> None:
    """Quoting and splitting are inverse."""
    assert split(quote(word), windows=False) == [word]

"""Every rule of the runtime that is cited is written down, with tests that show it."""

from __future__ import annotations

import io
import json
import re
import tokenize
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCUMENT = ROOT / "docs" / "runtime-rules.md"
MODELS = ROOT / "tests" / "data" / "models"

NUMBER = r"\d{1,2}\.\d{1,2}"
NUMBERS = rf"{NUMBER}(?:,\s+{NUMBER})*"
CITATION = re.compile(rf"\bspec\s+({NUMBERS})\b(?![-.]\d)", re.IGNORECASE)
# Looked for where citations were taken out: a range, a whole section, a number without "spec".
OTHER_FORM = re.compile(
    rf"\bspec\s+\d\S*|§,\s+\d\S*|\({NUMBERS}\)|^{NUMBERS}:|(?<![\d.])13\.\d+",
    re.IGNORECASE | re.MULTILINE,
)
HEADING = re.compile(rf"^### ({NUMBER}) \S.*$", re.MULTILINE)
SHOWN_BY = re.compile(r"^- `(tests/[\w/]+\.py)::(test_\w+)`$", re.MULTILINE)

LAYOUT = (tokenize.INDENT, tokenize.DEDENT, tokenize.NL, tokenize.COMMENT)


def documented() -> dict[str, list[tuple[str, str]]]:
    """Return the rules of the document in its order: number -> (file, function) of its tests."""
    _, *parts = HEADING.split(DOCUMENT.read_text(encoding="utf-8"))
    return {
        number: SHOWN_BY.findall(text) for number, text in zip(parts[::2], parts[1::2], strict=True)
    }


def texts_of(path: Path) -> Iterator[str]:
    """Yield docstrings and comments of a Python file, the text without headings of any other."""
    text = path.read_text(encoding="utf-8")
    if path.suffix != ".py":
        yield HEADING.sub("", text)
        return
    # Tokens, not ``ast``: CPython 3.11 fails in ``ast.parse`` where the garbage that earlier tests
    # left prints a traceback meanwhile (gh-106905).
    tokens = list(tokenize.generate_tokens(io.StringIO(text).readline))
    comments = [token.string.lstrip("# ") for token in tokens if token.type == tokenize.COMMENT]
    yield "\n".join(comments)  # one text, as a citation may be broken between two lines
    code = [token for token in tokens if token.type not in LAYOUT]
    starts = [None, *code]
    for before, token in zip(starts, code, strict=False):
        begins_line = before is None or before.type == tokenize.NEWLINE
        if begins_line and token.type == tokenize.STRING:
            yield token.string


def cited_in(text: str) -> list[str]:
    """Return the numbers that a text cites."""
    return [number for found in CITATION.findall(text) for number in re.findall(NUMBER, found)]


def other_forms(text: str) -> list[str]:
    """Return what looks like a citation and is none that can be checked."""
    return OTHER_FORM.findall(CITATION.sub("§", text))


@cache
def functions_of(file: str) -> set[str]:
    """Return the names of the functions of a test file, none where there is no such file."""
    path = ROOT / file
    text = path.read_text(encoding="utf-8") if path.is_file() else ""
    return set(re.findall(r"^(?:async )?def (\w+)\(", text, re.MULTILINE))


@pytest.fixture(scope="module")
def texts() -> list[tuple[str, str]]:
    """Every text that may cite a rule, with the file it stands in."""
    patterns = (
        "docs/*.md",
        "modelop_jupyter/**/*.py",
        "tests/**/*.py",
        "labextension/src/**/*.ts*",
    )
    paths = [path for pattern in patterns for path in ROOT.glob(pattern)]
    return [
        (str(path.relative_to(ROOT)), text)
        for path in paths
        if MODELS not in path.parents and path != Path(__file__)
        for text in texts_of(path)
    ]


def test_every_cited_rule_is_written_down(texts: list[tuple[str, str]]) -> None:
    """A reader of `spec 2.8` finds what it says."""
    rules = documented()
    cited = [(file, number) for file, text in texts for number in cited_in(text)]

    assert len(cited) > 100
    assert [f"{file}: spec {number}" for file, number in cited if number not in rules] == []


def test_every_model_of_the_catalogue_shows_a_rule() -> None:
    """Their `expected.json` names it."""
    told = {path: json.loads(path.read_text("utf-8")) for path in MODELS.glob("*/expected.json")}

    assert told
    assert [str(path) for path, case in told.items() if case["rule"] not in documented()] == []


def test_rules_are_cited_in_one_form(texts: list[tuple[str, str]]) -> None:
    """Ranges, whole sections and bare numbers could not be checked."""
    rest = [(file, form) for file, text in texts for form in other_forms(text)]

    assert rest == []


@pytest.mark.parametrize(
    ("text", "cited", "other"),
    [
        ("Cut at line ends (spec 2.1, 13.6).", ["2.1", "13.6"], []),
        ("Spec 3.6 fails it; see spec\n    13.21.", ["3.6", "13.21"], []),
        ("As wide as before (1.0 and 1.0.0), on Python 3.13.1", [], []),
        ("Tags (spec 1.1-1.3)", [], ["spec 1.1-1.3)"]),
        ("Tags (spec 1.1, 1.2-1.3)", ["1.1"], ["§, 1.2-1.3)"]),
        ("A folder (spec 5)", [], ["spec 5)"]),
        ("A dead process (13.12)", [], ["(13.12)"]),
        ("13.12: a dead process", [], ["13.12:"]),
        ("A dead process, by 13.12", [], ["13.12"]),
    ],
)
def test_a_citation_in_another_form_is_found(text: str, cited: list[str], other: list[str]) -> None:
    """The check itself can fail."""
    assert (cited_in(text), other_forms(text)) == (cited, other)


def test_every_rule_names_a_test() -> None:
    """What nothing shows may have stopped being true."""
    assert [number for number, tests in documented().items() if not tests] == []


def test_every_named_test_exists() -> None:
    """A test that was renamed, moved or removed is noticed."""
    named = sorted({test for tests in documented().values() for test in tests})

    assert [f"{file}::{name}" for file, name in named if name not in functions_of(file)] == []


def test_rules_stand_once_in_the_order_of_their_numbers() -> None:
    """A reader finds a number by turning pages, and a list of tests is one that is read."""
    text = DOCUMENT.read_text(encoding="utf-8")
    numbers = [tuple(map(int, number.split("."))) for number in HEADING.findall(text)]

    assert numbers == sorted(set(numbers))
    assert len(SHOWN_BY.findall(text)) == text.count("\n- `tests/")

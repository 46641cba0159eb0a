"""Names, references and the digest of a model's state."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelop_jupyter.domain.assets import Asset, asset_path
from modelop_jupyter.domain.models import (
    EntryPoints,
    ModelRef,
    ModelState,
    check_name,
    similar_name,
)
from modelop_jupyter.domain.roles import AssetRole
from modelop_jupyter.errors import InvalidError, InvalidNameError

A = Asset("a.txt", AssetRole.UNKNOWN, "sha256:1", 1)
B = Asset("data/b.txt", AssetRole.UNKNOWN, "sha256:2", 2)


@pytest.mark.parametrize("name", ["churn", "breast-cancer", "m.2_x", "0a", "A" * 128])
def test_a_plain_name_is_taken(name: str) -> None:
    """Letters, digits, dot, underscore and hyphen make a name."""
    assert check_name(name) == name


@pytest.mark.parametrize(
    ("name", "suggestion"),
    [
        ("breast cancer", "breast-cancer"),
        ("modèle", "modele"),
        ("癌", "my-model"),
        ("-x", "x"),
        ("a/b", "a-b"),
        ("", "my-model"),
        ("x\n", "x"),
        ("churn@2", "churn-2"),
    ],
)
def test_another_name_is_refused_with_a_suggestion(name: str, suggestion: str) -> None:
    """Unicode and blanks are refused, and the error says what to write."""
    with pytest.raises(InvalidNameError) as caught:
        check_name(name)

    assert caught.value.suggestion == suggestion


@given(st.text(max_size=40))
def test_every_suggestion_is_a_name(name: str) -> None:
    """What is suggested is never refused in its turn."""
    try:
        taken = check_name(name)
    except InvalidNameError as error:
        taken = error.suggestion

    assert check_name(taken) == taken


@pytest.mark.parametrize(
    ("text", "ref"),
    [
        ("churn", ModelRef("churn")),
        ("churn@12", ModelRef("churn", 12)),
        ("churn@champion", ModelRef("churn", alias="champion")),
    ],
)
def test_a_reference_names_a_model_or_a_snapshot(text: str, ref: ModelRef) -> None:
    """Wherever NAME stands, NAME@N and NAME@ALIAS name a snapshot."""
    assert ModelRef.parse(text) == ref
    assert str(ref) == text


@pytest.mark.parametrize(
    "text", ["churn@", "churn@4x", "churn@a b", "churn@0", "churn@-1", "churn@\u0661"]
)
def test_a_reference_without_a_number_is_refused(text: str) -> None:
    """What follows the @ is a number from 1, or an alias."""
    with pytest.raises(InvalidError, match="does not name a snapshot"):
        ModelRef.parse(text)


def test_equal_content_has_an_equal_digest_whatever_the_order() -> None:
    """The digest names the content."""
    assert ModelState((A, B)).digest == ModelState((B, A)).digest


DIGEST_OF_BEFORE = "sha256:268b58f5ed1e479e734b6e33272a7c0f2971e3cdc4f348cbd8e1e7916b9eb82a"


def test_content_without_a_day_has_the_digest_of_before_there_were_days() -> None:
    """Snapshots of before stay equal to what is registered again."""
    state = ModelState(python="3.11")

    assert state.digest == DIGEST_OF_BEFORE
    assert ModelState(python="3.11", as_of="2024-01-31").digest != DIGEST_OF_BEFORE


@pytest.mark.parametrize(
    "other",
    [
        ModelState((A,)),
        ModelState((A, B), primary_source="a.txt"),
        ModelState((A, B), entry_points=EntryPoints(score="f")),
        ModelState((A, B), python="3.8"),
    ],
)
def test_other_content_has_another_digest(other: ModelState) -> None:
    """Assets, source, functions and Python are all content."""
    assert other.digest != ModelState((A, B)).digest


def test_an_asset_is_found_by_path_or_by_a_name_that_is_its_own() -> None:
    """A base name that two assets share finds neither."""
    twin = Asset("other/b.txt", AssetRole.UNKNOWN, "sha256:3", 3)

    assert ModelState((A, B)).asset("b.txt") == B
    assert ModelState((A, B, twin)).asset("b.txt") is None
    assert ModelState((A, B, twin)).asset("data/b.txt") == B


@pytest.mark.parametrize(
    "path", ["../x", "/etc/passwd", "a/../../b", "", ".", "C:\\x", "\\\\host\\x"]
)
def test_a_path_outside_the_model_is_refused(path: str) -> None:
    """An asset can never be written outside its root."""
    with pytest.raises(InvalidError):
        asset_path(path)


def test_a_path_has_one_spelling() -> None:
    """Backslashes and needless dots go."""
    assert asset_path(".\\data\\./b.txt") == "data/b.txt"


@pytest.mark.parametrize(
    ("name", "known", "expected"),
    [
        ("diabtes", ["churn", "diabetes"], "diabetes"),
        ("Diabetes", ["diabetes"], "diabetes"),
        ("diabetes", ["diabetes", "diabetess"], None),
        ("churn", ["diabetes"], None),
        ("churn-2", ["churn-1"], None),
        ("churn-monthly", ["churn"], None),
        ("dia", ["diabetes"], None),
        ("diabetes", [], None),
    ],
)
def test_a_mistyped_name_leads_to_a_model(
    name: str, known: list[str], expected: str | None
) -> None:
    """Numbered names, and those that continue another, are models of their own."""
    assert similar_name(name, known) == expected

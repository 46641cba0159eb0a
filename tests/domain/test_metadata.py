"""Tags and metadata of models."""

from __future__ import annotations

from typing import Any

import pytest

from modelop_jupyter.domain.metadata import changed_metadata, changed_tags, leaves
from modelop_jupyter.errors import InvalidError

META = {"owner": "ada", "review": {"year": 2025, "by": None}}


def test_tags_are_added_once_and_removed() -> None:
    assert changed_tags("m", ("a", "b"), ["b", " c "], ["a"]) == ("b", "c")


@pytest.mark.parametrize("tag", ["", "a\nb", "x" * 129, "-a", "+a"])
def test_what_cannot_be_a_tag_is_refused(tag: str) -> None:
    with pytest.raises(InvalidError, match="cannot be a tag"):
        changed_tags("m", (), [tag], [])


def test_a_tag_that_is_not_there_is_not_removed() -> None:
    with pytest.raises(InvalidError, match="m has no tag 'frad'"):
        changed_tags("m", ("fraud",), [], ["frad"])


@pytest.mark.parametrize(
    ("entries", "remove", "expected"),
    [
        ({"owner": "bob"}, [], {"owner": "bob", "review": {"year": 2025, "by": None}}),
        ({"review.year": 2026}, ["owner"], {"review": {"year": 2026, "by": None}}),
        ({"a.b": [1]}, ["review"], {"owner": "ada", "a": {"b": [1]}}),
    ],
)
def test_entries_are_set_and_removed(
    entries: dict[str, Any], remove: list[str], expected: dict[str, Any]
) -> None:
    assert changed_metadata("m", META, entries, remove) == expected


@pytest.mark.parametrize(
    ("entries", "remove", "sentence"),
    [
        ({}, ["ownr"], "m has no metadata 'ownr'. Did you mean 'owner'"),
        ({"owner.team": 1}, [], "'owner.team' cannot be set: owner of m is no object but ada"),
        ({"a b": 1}, [], "'a b' cannot be a key"),
        ({".a": 1}, [], "'.a' cannot be a key"),
    ],
)
def test_a_key_that_cannot_be_is_refused(
    entries: dict[str, Any], remove: list[str], sentence: str
) -> None:
    with pytest.raises(InvalidError, match=sentence):
        changed_metadata("m", META, entries, remove)


def test_values_are_listed_by_their_keys() -> None:
    assert list(leaves(META)) == [("owner", "ada"), ("review.year", 2025), ("review.by", None)]

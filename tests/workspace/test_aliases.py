"""Words that stand for snapshots."""

from __future__ import annotations

from pathlib import Path

import pytest

from modelop_jupyter import Workspace
from modelop_jupyter.errors import AliasNotFoundError, InvalidError, SnapshotNotFoundError


@pytest.fixture
def churn(workspace: Workspace, doubler: str) -> str:
    """A model with two snapshots."""
    for factor in ("", "# other\n"):
        Path("churn.py").write_text(factor + doubler)
        workspace.register("churn", "churn.py")
        workspace.snapshot("churn")
    return "churn"


def test_an_alias_stands_wherever_a_number_may(workspace: Workspace, churn: str) -> None:
    """Here in show, in a diff and in an export, which name the snapshot by its number."""
    workspace.alias(churn, "Champion", 1)

    diff = workspace.diff("churn@champion", "churn")
    exported = workspace.export("churn@champion", "out.zip")

    assert workspace.show("churn@champion").snapshot == workspace.show("churn@1").snapshot
    assert (diff.before, diff.after) == ("churn@1", "churn")
    assert exported.ref == "churn@1"


def test_without_a_number_it_is_the_newest_snapshot(workspace: Workspace, churn: str) -> None:
    assert workspace.alias(churn, "champion").number == 2


def test_an_alias_can_take_the_snapshot_of_another(workspace: Workspace, churn: str) -> None:
    """A challenger becomes the champion."""
    workspace.alias(churn, "challenger", 2)

    assert workspace.alias(churn, "champion", "challenger").number == 2


def test_the_history_says_who_moved_it_where(
    workspace: Workspace, churn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """To move it to where it is already is no move."""
    for user, number in (("ada", 1), ("bob", 2), ("cyd", 2)):
        monkeypatch.setenv("MODELOP_USER", user)
        workspace.alias(churn, "champion", number)
    monkeypatch.setenv("MODELOP_USER", "ada")
    workspace.alias_remove(churn, "champion")

    moves = [(move.number, move.moved_by) for move in workspace.alias_history(churn, "champion")]

    assert moves == [(None, "ada"), (2, "bob"), (1, "ada")]
    assert workspace.alias_list(churn) == []


def test_snapshots_are_listed_with_their_aliases(workspace: Workspace, churn: str) -> None:
    workspace.alias(churn, "champion", 1)
    workspace.alias(churn, "baseline", 1)

    assert [each.aliases for each in workspace.snapshots(churn)] == [(), ("baseline", "champion")]


@pytest.mark.parametrize("word", ["4", "4th", "two words", "", "@2", "a" * 65])
def test_what_is_no_plain_word_is_refused(workspace: Workspace, churn: str, word: str) -> None:
    with pytest.raises(InvalidError, match="cannot be an alias: it is a word of letters"):
        workspace.alias(churn, word, 1)


def test_an_unknown_alias_names_a_near_one(workspace: Workspace, churn: str) -> None:
    workspace.alias(churn, "champion", 1)

    with pytest.raises(AliasNotFoundError, match=r"Did you mean 'churn@champion'\?"):
        workspace.show("churn@champoin")


def test_an_alias_needs_a_snapshot_that_is_there(workspace: Workspace, churn: str) -> None:
    with pytest.raises(SnapshotNotFoundError):
        workspace.alias(churn, "champion", 3)


def test_a_model_that_comes_back_has_its_aliases(workspace: Workspace, churn: str) -> None:
    """They stay with its snapshots; while it is removed, they name nothing."""
    workspace.alias(churn, "champion", 1)
    workspace.remove(churn)

    workspace.register(churn, "churn.py")

    assert workspace.show("churn@champion").snapshot is not None


def test_an_import_gives_an_alias_and_moves_none(workspace: Workspace, churn: str) -> None:
    """A champion here stays the champion."""
    workspace.alias(churn, "champion", 1)
    workspace.export("churn@champion", "out.zip")
    workspace.alias_remove(churn, "champion")

    given = workspace.import_("out.zip")
    workspace.alias(churn, "champion", 2)
    kept = workspace.import_("out.zip")

    assert not any("champion" in warning for warning in given.registration.warnings)
    assert "churn@champion stays at @2: 'alias churn champion @1' moves it" in (
        kept.registration.warnings
    )


def test_what_runs_keeps_the_number(workspace: Workspace, churn: str) -> None:
    """The snapshot of a job and the name of a kernel are those of the time when they began."""
    workspace.alias(churn, "champion", 1)
    _, snapshot = workspace.models.resolve_snapshot("churn@champion")
    workspace.alias(churn, "champion", 2)

    assert snapshot.ref == "churn@1"
    assert workspace.models.numbered("churn@champion") == "churn@2"

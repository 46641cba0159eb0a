"""Snapshots are immutable, numbered, and equal for equal content."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from modelop_jupyter.errors import ModelNotFoundError, SnapshotNotFoundError

from .saving import save_model


def test_a_snapshot_holds_the_state_of_its_moment(churn, make, now):
    """Updating the model later does not touch it (spec 8.2)."""
    state = churn.get_model("churn").state
    save_model(churn, "churn", make.state(a__csv="other"), now=now)

    assert churn.get_snapshot("churn", 1).state == state


def test_the_label_is_model_and_minute_in_utc(registry, make):
    """`<model name>-YYYYMMDD_HHMM` (spec 8.2), whatever the clock of the notebook says."""
    tokyo = timezone(timedelta(hours=9))
    save_model(registry, "churn", make.state(), now=datetime(2026, 11, 23, 8, 1, tzinfo=tokyo))
    snapshot, created = registry.take_snapshot(
        "churn", now=datetime(2026, 11, 23, 8, 15, tzinfo=tokyo)
    )

    assert (snapshot.name, created) == ("churn-20261122_2315", True)
    assert registry.get_snapshot("churn") == snapshot


def test_a_label_can_be_given(registry, make, now):
    """`snapshot NAME -m TEXT`."""
    save_model(registry, "churn", make.state(), now=now)
    registry.take_snapshot("churn", label="before the audit", now=now)

    assert registry.get_snapshot("churn", 1).name == "before the audit"


def test_equal_content_is_the_same_snapshot(churn, now):
    """Nothing is made, and the label stays, since a snapshot is immutable."""
    first = churn.get_snapshot("churn")

    assert churn.take_snapshot("churn", label="again", now=now) == (first, False)


def test_content_that_comes_back_is_its_old_snapshot(churn, make, now):
    """Equal content is the same snapshot, also when others lie between."""
    old = churn.get_model("churn").state
    save_model(churn, "churn", make.state(a__csv="other"), now=now)
    churn.take_snapshot("churn", now=now)
    save_model(churn, "churn", old, now=now)
    snapshot, created = churn.take_snapshot("churn", now=now)

    assert (snapshot.number, created) == (1, False)
    assert churn.get_snapshot("churn").number == 2


def test_equal_content_of_two_models_is_two_snapshots(churn, now):
    """A snapshot belongs to its model."""
    save_model(churn, "other", churn.get_model("churn").state, now=now)
    snapshot, created = churn.take_snapshot("other", now=now)

    assert (snapshot.ref, created) == ("other@1", True)


def test_snapshots_are_listed_newest_first(churn, make, now):
    """The list begins with what a job would run."""
    save_model(churn, "churn", make.state(a__csv="other"), now=now)
    churn.take_snapshot("churn", now=now)

    assert [snapshot.ref for snapshot in churn.list_snapshots("churn")] == ["churn@2", "churn@1"]


def test_an_unknown_number_is_an_error(churn):
    """NAME@N names it as the user wrote it."""
    with pytest.raises(SnapshotNotFoundError, match="no snapshot named 'churn@7'"):
        churn.get_snapshot("churn", 7)


def test_a_model_without_snapshots_has_no_newest(registry, make, now):
    """Its first one is what is missing."""
    save_model(registry, "churn", make.state(), now=now)

    with pytest.raises(SnapshotNotFoundError, match="no snapshot named 'churn@1'"):
        registry.get_snapshot("churn")


@pytest.mark.parametrize("verb", ["take_snapshot", "get_snapshot", "list_snapshots"])
def test_an_unknown_model_has_no_snapshots(registry, now, verb):
    """Every verb says so in the same words."""
    given = {"now": now} if verb == "take_snapshot" else {}

    with pytest.raises(ModelNotFoundError, match="no model named 'nobody'"):
        getattr(registry, verb)("nobody", **given)

"""Equal states have one lock; what an upgrade replaces is the model's own, never a snapshot's."""

from __future__ import annotations

import dataclasses

import pytest

from modelop_jupyter.errors import ConflictError, SnapshotNotFoundError

from .saving import save_model

FIRST, SECOND = "sha256:first", "sha256:second"


def test_a_lock_is_given_once(churn):
    """Who comes second gets the lock that is there: both jobs run in one environment."""
    snapshot = churn.get_snapshot("churn")

    assert snapshot.lock is None
    assert churn.set_lock(snapshot, FIRST) == FIRST
    assert churn.set_lock(snapshot, SECOND) == FIRST
    assert churn.get_snapshot("churn").lock == FIRST


def test_a_model_that_is_as_its_snapshot_has_its_lock(churn):
    """Whichever of the two gets it first."""
    churn.set_lock(churn.get_snapshot("churn"), FIRST)

    assert churn.get_model("churn").lock == FIRST
    assert churn.set_lock(churn.get_model("churn"), SECOND) == FIRST


def test_a_lock_of_the_model_is_its_snapshots_too(churn):
    """What a build in the background resolved serves the snapshot that was taken meanwhile."""
    churn.set_lock(churn.get_model("churn"), FIRST)

    assert churn.get_snapshot("churn").lock == FIRST


def test_a_new_snapshot_has_the_models_lock(churn, make, now):
    """It is kept from the first moment on (issue 4)."""
    save_model(churn, "churn", make.state(model__py="v2"), now=now)
    churn.set_lock(churn.get_model("churn"), FIRST)

    assert churn.take_snapshot("churn", now=now)[0].lock == FIRST
    assert churn.get_snapshot("churn", 1).lock is None


def test_an_unknown_snapshot_gets_no_lock(churn):
    """Nothing is recorded for a snapshot that is not there."""
    unknown = dataclasses.replace(churn.get_snapshot("churn"), id="id-99", number=99)

    with pytest.raises(SnapshotNotFoundError, match="churn@99"):
        churn.set_lock(unknown, FIRST)


def test_another_lock_makes_another_snapshot(churn, now):
    """An upgrade changes what the next job runs in; the snapshot before keeps its own."""
    churn.set_lock(churn.get_snapshot("churn"), FIRST)
    upgraded = churn.replace_lock(churn.get_model("churn"), SECOND, now=now)

    assert upgraded == churn.get_model("churn")
    assert churn.take_snapshot("churn", now=now)[0].ref == "churn@2"
    assert [each.lock for each in churn.list_snapshots("churn")] == [SECOND, FIRST]
    assert churn.take_snapshot("churn", now=now)[1] is False


def test_a_state_that_changed_meanwhile_gets_no_lock(churn, make, now):
    """Neither what a late build resolved, nor an upgrade of what is no longer asked for."""
    before = churn.get_model("churn")
    save_model(churn, "churn", make.state(model__py="v2"), now=now)

    assert churn.set_lock(before, FIRST) == FIRST
    assert churn.get_model("churn").lock is None
    with pytest.raises(ConflictError, match="changed meanwhile"):
        churn.replace_lock(before, FIRST, now=now)


@pytest.mark.parametrize(("keeps", "lock"), [(True, FIRST), (False, None)])
def test_a_change_keeps_the_lock_of_equal_requirements(churn, make, now, keeps, lock):
    """A new source does not need new packages; new requirements do."""
    churn.set_lock(churn.get_model("churn"), FIRST)

    save_model(churn, "churn", make.state(a__py="v2"), now=now, keeps_lock=lambda old, new: keeps)

    assert churn.get_model("churn").lock == lock


def test_going_back_to_an_old_state_brings_its_lock_back(churn, make, now):
    """Then it is that snapshot again."""
    first = churn.get_model("churn").state
    churn.set_lock(churn.get_model("churn"), FIRST)
    save_model(churn, "churn", make.state(model__py="v2"), now=now)
    save_model(churn, "churn", first, now=now)

    assert churn.get_model("churn").lock == FIRST
    assert churn.take_snapshot("churn", now=now)[0].ref == "churn@1"


def test_a_model_that_was_removed_comes_back_with_its_lock(churn, now):
    """Registering the same again is the same model (spec 8.2)."""
    model = churn.get_model("churn")
    churn.set_lock(model, FIRST)
    churn.remove_model("churn")
    save_model(churn, "churn", model.state, now=now)

    assert churn.get_model("churn").lock == FIRST

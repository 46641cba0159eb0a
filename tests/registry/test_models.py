"""Models are saved, compared, listed and removed."""

from __future__ import annotations

from datetime import timedelta

import pytest

from modelop_jupyter.domain.origins import GitState, SourceOrigin
from modelop_jupyter.errors import ConflictError, InvalidError, InvalidNameError, ModelNotFoundError
from modelop_jupyter.registry import Draft

from .saving import save_model


def test_a_new_model_is_created(registry, make, now):
    """The first registration makes the model, and has nothing to compare with."""
    change = save_model(
        registry, "churn", make.state(a__csv="1"), description="Who leaves", tags=["x"], now=now
    )

    assert (change.created, change.changes) == (True, ())
    assert registry.get_model("churn") == change.model
    assert (change.model.id, change.model.created, change.model.tags) == ("id-1", now, ("x",))


def test_registering_the_same_changes_nothing(registry, make, now):
    """Registering again with the same content changes nothing, not even the date (issue 2)."""
    first = save_model(registry, "churn", make.state(a__csv="1", b__csv="2"), now=now)
    again = save_model(
        registry, "churn", make.state(b__csv="2", a__csv="1"), now=now + timedelta(days=1)
    )

    assert (again.created, again.changes, again.model) == (False, (), first.model)
    assert registry.get_model("churn") == first.model


def test_registering_other_content_updates_the_model(registry, make, now):
    """The state is the new one; id and date of creation stay (issue 2)."""
    save_model(registry, "churn", make.state(a__csv="1"), now=now)
    later = now + timedelta(days=1)
    change = save_model(registry, "churn", make.state(a__csv="2"), now=later)

    assert change.changes == ("asset a.csv: new content",)
    assert registry.get_model("churn") == change.model
    assert (change.model.id, change.model.created, change.model.modified) == ("id-1", now, later)


def test_what_is_not_given_stays(registry, make, now):
    """No description, tags and notebook leave those there are."""
    given = {"description": "Who leaves", "tags": ["x"], "notebook": "/churn.ipynb"}
    save_model(registry, "churn", make.state(), **given, now=now)
    save_model(registry, "churn", make.state(score="other"), now=now)
    model = registry.get_model("churn")

    assert (model.description, model.tags) == ("Who leaves", ("x",))
    assert model.notebook == "/churn.ipynb"


def test_another_notebook_is_a_change(registry, make, now):
    """It is said, although the source may be the same."""
    save_model(registry, "churn", make.state(), notebook="/old.ipynb", now=now)
    change = save_model(registry, "churn", make.state(), notebook="/new.ipynb", now=now)

    assert change.changes == ("notebook: /old.ipynb -> /new.ipynb",)
    assert registry.get_model("churn").notebook == "/new.ipynb"


def test_a_name_differing_in_case_alone_is_refused(registry, make, now):
    """Kernels and folders named after models would collide on some systems."""
    save_model(registry, "churn", make.state(), now=now)

    with pytest.raises(ConflictError, match="'churn' exists already"):
        save_model(registry, "Churn", make.state(), now=now)


def test_an_impossible_name_is_refused(registry, make, now):
    """Names are checked, with a suggestion (issue 2)."""
    with pytest.raises(InvalidNameError, match="Try 'my-model'"):
        save_model(registry, "my model", make.state(), now=now)


def test_text_that_is_no_unicode_is_refused(registry, make, now):
    """Bytes that a terminal handed over undecoded cannot be stored."""
    with pytest.raises(InvalidError, match="not Unicode"):
        save_model(registry, "churn", make.state(), description="\udcff", now=now)
    assert registry.list_models() == []


def test_an_unknown_model_is_an_error_that_knows_the_names(registry, make, now):
    """The nearest name is offered (issue 2)."""
    save_model(registry, "churn", make.state(), now=now)

    with pytest.raises(ModelNotFoundError, match=r"no model named 'chrun'\. Did you mean 'churn'"):
        registry.get_model("chrun")


def test_models_are_listed_by_name_a_page_at_a_time(registry, make, now):
    """The order disregards case; a page goes on behind the last name of the one before."""
    for name in ("b", "C", "a"):
        save_model(registry, name, make.state(), now=now)

    assert [model.name for model in registry.list_models()] == ["a", "b", "C"]
    assert [model.name for model in registry.list_models(limit=2)] == ["a", "b"]
    assert [model.name for model in registry.list_models(limit=2, after="b")] == ["C"]
    assert registry.model_names() == ["a", "b", "C"]


def test_a_removed_model_is_gone(churn):
    """No verb that takes its name finds it."""
    churn.remove_model("churn")

    assert churn.list_models() == []
    with pytest.raises(ModelNotFoundError):
        churn.get_model("churn")
    with pytest.raises(ModelNotFoundError):
        churn.remove_model("churn")
    with pytest.raises(ModelNotFoundError):
        churn.list_snapshots("churn")


def test_what_a_removed_model_ran_stays_on_record(churn, make):
    """Snapshots are kept for ever (spec 8.2), and so are the jobs that point at them."""
    job = make.job("0123456789")
    churn.add_job(job)
    churn.remove_model("churn")

    assert churn.get_job(job.id) == job
    assert churn.list_jobs(model="churn") == [job]
    assert churn.get_snapshot("churn", 1).ref == "churn@1"


def test_a_removed_name_can_be_used_again(churn, make, now):
    """It is a new registration, whose snapshots count on: churn@1 never means two things."""
    churn.remove_model("churn")
    change = save_model(churn, "churn", make.state(a__csv="other"), now=now)
    snapshot, _ = churn.take_snapshot("churn", now=now)

    assert (change.created, change.changes) == (True, ())
    assert snapshot.ref == "churn@2"


def test_a_removed_name_comes_back_in_another_case(churn, make, now):
    """Only models that are there can conflict."""
    churn.remove_model("churn")
    save_model(churn, "Churn", make.state(), now=now)

    assert churn.model_names() == ["Churn"]


def test_who_made_a_model_and_who_changed_it_last_are_told_apart(registry, make, now):
    """A snapshot has the author who took it."""
    registry.change_model("churn", lambda _: Draft(make.state(a__csv="1")), now=now, by="ada")
    registry.change_model("churn", lambda _: Draft(make.state(a__csv="2")), now=now, by="grace")
    registry.change_model("churn", lambda _: Draft(make.state(a__csv="2")), now=now, by="linus")
    model = registry.get_model("churn")
    snapshot, _ = registry.take_snapshot("churn", now=now, by="linus")

    assert (model.created_by, model.modified_by, snapshot.created_by) == ("ada", "grace", "linus")


def test_the_same_content_from_another_commit_is_the_same_snapshot(registry, make, now):
    """The model knows the newer commit; its snapshot keeps the one it was taken from."""
    one, two = (SourceOrigin(GitState(commit)) for commit in ("1111", "2222"))
    state = make.state(a__csv="1")
    registry.change_model("churn", lambda _: Draft(state, origin=one), now=now, by="ada")
    snapshot, _ = registry.take_snapshot("churn", now=now)
    change = registry.change_model("churn", lambda _: Draft(state, origin=two), now=now, by="grace")
    again, is_new = registry.take_snapshot("churn", now=now)
    registry.change_model("churn", lambda _: Draft(make.state(a__csv="2")), now=now)
    model = registry.get_model("churn")

    assert (change.changes, change.model.modified_by, change.model.origin) == ((), "ada", two)
    assert (again.id, is_new, again.origin) == (snapshot.id, False, one)
    assert model.origin == two

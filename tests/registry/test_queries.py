"""Pages of models and jobs with the length of the whole, and whether anything has changed."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from modelop_jupyter.domain.job_lists import JobColumn, JobFilter, JobOrder
from modelop_jupyter.domain.job_options import JobOptions
from modelop_jupyter.domain.job_states import StateKind
from modelop_jupyter.domain.jobs import Counts, JobInput, JobKind, JobResult, JobStatus

from .conftest import NOW
from .saving import save_model


@pytest.fixture
def many(registry, make, now):
    """Five models, the third with two snapshots and two jobs."""
    for name in ("Ant", "bee", "cat_1", "catX1", "dog"):
        save_model(registry, name, make.state(model__py=name), now=now)
    registry.take_snapshot("cat_1", now=now)
    save_model(registry, "cat_1", make.state(model__py="other"), now=now)
    registry.take_snapshot("cat_1", now=now)
    later = now + timedelta(seconds=1)
    registry.add_job(make.job("1111", model="cat_1", kind=JobKind.METRICS, created=later))
    registry.add_job(make.job("2222", model="cat_1", created=now, status=JobStatus.RUNNING))
    return registry


@pytest.mark.parametrize(
    ("asked", "names", "total"),
    [
        ({}, ["Ant", "bee", "cat_1", "catX1", "dog"], 5),
        ({"limit": 2}, ["Ant", "bee"], 5),
        ({"offset": 3, "limit": 5}, ["catX1", "dog"], 5),
        ({"offset": 9}, [], 5),
        ({"match": "AN"}, ["Ant"], 1),
        ({"match": "t_1"}, ["cat_1"], 1),
        ({"match": "%"}, [], 0),
    ],
)
def test_models_come_in_pages(many, asked, names, total):
    """Names are in the order of the alphabet without case; a part of a name is no pattern."""
    rows, found = many.page_of_models(**asked)

    assert ([row.model.name for row in rows], found) == (names, total)


def test_models_are_listed_by_their_last_use(many, make, now):
    """A job is a use as a change of the model is; of equal times the name decides."""
    save_model(many, "dog", make.state(model__py="newest"), now=now + timedelta(seconds=2))
    rows, total = many.page_of_models(recent_first=True, limit=3)

    assert ([row.model.name for row in rows], total) == (["dog", "cat_1", "Ant"], 5)


def test_a_listed_model_tells_of_its_newest_snapshot_and_last_job(many):
    """The sidebar's line of a model needs no further question (issue 6)."""
    rows, _ = many.page_of_models(match="cat_1")

    assert [(row.snapshot, row.last_job.id) for row in rows] == [(2, "1111")]


def test_a_removed_model_is_on_no_page(many):
    """Removing hides a model."""
    many.remove_model("dog")

    assert many.page_of_models(match="dog") == ([], 0)


@pytest.mark.parametrize(
    ("asked", "ids", "total"),
    [
        ({}, ["1111", "2222"], 2),
        ({"limit": 1}, ["1111"], 2),
        ({"offset": 1, "limit": 1}, ["2222"], 2),
        ({"listed": JobFilter(model="bee")}, [], 0),
        ({"listed": JobFilter(kinds=[JobKind.BATCH])}, ["2222"], 1),
        ({"listed": JobFilter(statuses=[JobStatus.CREATED, JobStatus.ERROR])}, ["1111"], 1),
    ],
)
def test_jobs_come_in_pages(many, asked, ids, total):
    """The newest job comes first."""
    rows, found = many.page_of_jobs(**asked)

    assert ([row.id for row in rows], found) == (ids, total)


@pytest.fixture
def ended(many, make, now):
    """Five jobs that ended in different ways, each a minute after the one before, and one that runs."""
    done = {"status": JobStatus.COMPLETE, "started": now}
    good = {**done, "result": JobResult.SUCCESS}
    bad = {**done, "result": JobResult.FAILURE}
    data = JobInput("100%_sure.csv", "/data/100%_sure.csv", "csv")
    made = [
        ("aaaa", "dog", {**good, "inputs": (data,), "counts": Counts(9, 9)}),
        ("bbbb", "Ant", {**bad, "counts": Counts(20, 19, 0, 1)}),
        ("cccc", "bee", {**bad, "output": "/out/Wien.json"}),
        ("dddd", "bee", {"status": JobStatus.CANCELLED, "created_by": "ada"}),
        ("eeee", "dog", {**good, "options": JobOptions({"verdicts": [VERDICT]})}),
        ("ffff", "dog", {"status": JobStatus.CREATED}),
    ]
    for name in ("dog", "Ant", "bee"):
        many.take_snapshot(name, now=now)
    for number, (job_id, model, fields) in enumerate(made, 1):
        created = now + timedelta(minutes=number)
        ended = created + timedelta(seconds=number) if "status" in fields else None
        many.add_job(
            make.job(job_id, model=model, **{"created": created, "ended": ended, **fields})
        )
    return many


VERDICT = {"rule": "auc >= 0.9", "path": "auc", "value": 0.8, "passed": False}


@pytest.mark.parametrize(
    ("listed", "ids"),
    [
        (JobFilter(states=[StateKind.SUCCEEDED]), ["aaaa"]),
        (JobFilter(states=[StateKind.FINISHED_WITH_FAILED]), ["bbbb"]),
        (JobFilter(states=[StateKind.FAILED, StateKind.CANCELLED]), ["dddd", "cccc"]),
        (JobFilter(states=[StateKind.VERDICT_FAILED]), ["eeee"]),
        (JobFilter(states=[StateKind.RUNNING]), ["ffff", "1111", "2222"]),
        (JobFilter(match="DO"), ["ffff", "eeee", "aaaa"]),
        (JobFilter(match="wien"), ["cccc"]),
        (JobFilter(match="%_SURE"), ["aaaa"]),
        (JobFilter(match="%e"), []),
        (JobFilter(match="BBB"), ["bbbb"]),
        (JobFilter(match="bb", model="dog"), []),
        (JobFilter(since=NOW + timedelta(minutes=5)), ["ffff", "eeee"]),
        (JobFilter(by="ada"), ["dddd"]),
    ],
)
def test_jobs_are_filtered(ended, listed, ids):
    """By what became of them, by a text that a person knows of them, and by their age (issue 15)."""
    rows, total = ended.page_of_jobs(listed)

    assert ([row.id for row in rows], total) == (ids, len(ids))


@pytest.mark.parametrize(
    ("column", "ids"),
    [
        (JobColumn.CREATED, ["2222", "1111", "aaaa", "bbbb"]),
        (JobColumn.MODEL, ["bbbb", "dddd", "cccc", "1111"]),
        (JobColumn.KIND, ["ffff", "eeee", "dddd", "cccc"]),
        (JobColumn.STATE, ["dddd", "cccc", "bbbb", "ffff"]),
        (JobColumn.DURATION, ["aaaa", "bbbb", "cccc", "eeee"]),
        (JobColumn.RECORDS, ["ffff", "eeee", "dddd", "cccc"]),
    ],
)
def test_jobs_are_sorted(ended, column, ids):
    """The newest come first among equal ones."""
    rows, total = ended.page_of_jobs(order=JobOrder(column, is_descending=False), limit=4)

    assert ([row.id for row in rows], total) == (ids, 8)


def test_what_no_job_has_yet_is_last_in_both_ways(ended):
    """A job that runs has no duration: it is neither the longest nor the shortest."""
    rows, _ = ended.page_of_jobs(order=JobOrder(JobColumn.DURATION))

    assert [row.id for row in rows] == [
        "eeee", "cccc", "bbbb", "aaaa", "ffff", "dddd", "1111", "2222",
    ]  # fmt: skip


def test_a_job_that_ends_is_listed_by_its_new_state(ended, now):
    """The columns that follow from others follow them."""
    done = replace(ended.get_job("ffff"), status=JobStatus.CANCELLED, started=now, ended=now)
    ended.finish_job(done)

    rows, _ = ended.page_of_jobs(JobFilter(states=[StateKind.CANCELLED]))

    assert [row.id for row in rows] == ["ffff", "dddd"]


def test_a_watch_sees_what_another_connection_wrote(many, make, now):
    """What a magic or the command line changes is seen, whoever looks (issue 6)."""
    watch = many.watch()
    before = watch.look()
    save_model(many, "elk", make.state(), now=now)
    after = watch.look()
    watch.close()

    assert before.models != after.models
    assert before.jobs == after.jobs


def test_a_watch_sees_a_job_end(many):
    """Jobs that have not ended are named, as their folders tell how far they are."""
    watch = many.watch()
    before = watch.look()
    many.finish_job(replace(many.get_job("2222"), status=JobStatus.CANCELLED))
    after = watch.look()
    watch.close()

    assert (before.unfinished, after.unfinished) == (("2222", "1111"), ("1111",))


def test_a_watch_that_saw_nothing_new_says_the_same(many):
    """The tables are not read again while nothing is written."""
    watch = many.watch()
    before = watch.look()
    after = watch.look()
    watch.close()

    assert after is before


def test_only_superseded_snapshots_are_listed(many, now):
    """What is the model's state as it is, lock included, is no news; removed models have none."""
    many.take_snapshot("dog", now=now)

    found = many.superseded_snapshots()

    assert {name: [each.number for each in rows] for name, rows in found.items()} == {"cat_1": [1]}


def test_a_snapshot_with_another_lock_is_superseded(many, now):
    """It keeps an environment of its own."""
    many.take_snapshot("dog", now=now)
    many.replace_lock(many.get_model("dog"), "sha256:" + "0" * 64, now=now)

    assert [each.number for each in many.superseded_snapshots()["dog"]] == [1]

"""The report of a check is kept with its snapshot."""

from __future__ import annotations

import contextlib
import threading
from datetime import timedelta

import pytest
import sqlalchemy as sa

from modelop_jupyter.domain.checks import CheckReport, CheckTopic, Finding, TopicResult
from modelop_jupyter.registry.tables import checks
from modelop_jupyter.remedies import Remedy

from .saving import save_model


@pytest.fixture
def report(now):
    """A report of churn@1 with a finding that has everything a finding may have."""
    finding = Finding(
        "access_read",
        "failed",
        "reads /data/é.csv",
        "Make it an asset",
        file="model.py",
        line=3,
        record=7,
        evidence="\ud800 \x00",
        remedies=(Remedy("Add it", (("asset", "add", "churn", "/data/é.csv"),)),),
    )
    return CheckReport(
        "churn",
        1,
        now,
        "in.json",
        12,
        1.5,
        (TopicResult(CheckTopic.ACCESS, "12 records", (finding,)),),
        command=("check", "churn", "in.json"),
    )


def of_snapshot(report, number, checked):
    return CheckReport(report.model, number, checked, "other.json", 1, 0.1, ())


def test_a_report_is_what_it_was(churn, report):
    """Whatever text a model's evidence has."""
    churn.keep_check(report)

    assert churn.newest_check(churn.get_model("churn")) == report


def test_a_model_without_a_check_has_none(churn):
    assert churn.newest_check(churn.get_model("churn")) is None


def test_a_later_check_of_a_snapshot_takes_the_place_of_the_one_before(churn, report, now):
    later = of_snapshot(report, 1, now + timedelta(hours=1))
    churn.keep_check(report)
    churn.keep_check(later)

    with churn._database.reading() as connection:
        assert connection.scalar(sa.select(sa.func.count()).select_from(checks)) == 1
    assert churn.newest_check(churn.get_model("churn")) == later


def test_a_model_has_the_newest_of_its_snapshots(churn, report, make, now):
    """Each snapshot has its own."""
    save_model(churn, "churn", make.state(model__py="v2"), now=now)
    churn.take_snapshot("churn", now=now)
    second = of_snapshot(report, 2, now - timedelta(days=1))
    churn.keep_check(report)
    churn.keep_check(second)
    model = churn.get_model("churn")

    assert churn.newest_check(model) == report
    assert churn.newest_check(model, 2) == second
    assert churn.newest_check(model, 3) is None


def test_checks_that_end_at_once_leave_one_report(churn, report, now):
    """Neither is refused because the other came first."""
    both = threading.Barrier(2)

    def keep(number):
        both.wait()
        churn.keep_check(of_snapshot(report, 1, now + timedelta(seconds=number)))

    threads = [threading.Thread(target=keep, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    with churn._database.reading() as connection:
        assert connection.scalar(sa.select(sa.func.count()).select_from(checks)) == 1


def test_removing_a_model_removes_its_checks(churn, report, make, now):
    """The name used again has none."""
    churn.keep_check(report)
    churn.remove_model("churn")
    save_model(churn, "churn", make.state(model__py="v2"), now=now)

    assert churn.newest_check(churn.get_model("churn"), 1) is None


def test_a_check_that_ends_after_its_model_was_removed_is_not_kept(churn, report):
    churn.remove_model("churn")

    assert not churn.keep_check(report)


@pytest.mark.parametrize("values", [{"version": 2}, {"report": {"model": "churn"}}])
def test_a_report_of_another_form_is_none(churn, report, values):
    """A later release may write more than this one reads."""
    churn.keep_check(report)
    with churn._database.writing() as connection:
        connection.execute(checks.update().values(**values))

    assert churn.newest_check(churn.get_model("churn")) is None


def test_a_check_is_a_change_of_the_models(churn, report):
    """Open pages are told."""
    watch = churn.watch()
    with contextlib.closing(watch):
        before = watch.look()
        churn.keep_check(report)

        assert watch.look().models != before.models

"""Models are found by what is kept of them."""

from __future__ import annotations

import platform
import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import timedelta

import pytest

from modelop_jupyter.domain.jobs import JobKind, JobResult, JobStatus
from modelop_jupyter.registry import Draft

from .saving import save_model


def fill(registry, make, now):
    """Three models that differ in all that a query can name."""
    drafts = {
        "churn": Draft(
            make.state(score="predict", python="3.8.19", model__pkl="1"),
            description="Who leaves, 100% sure",
            tags=("fraud", "two words"),
            metadata={"owner": "Ada", "review": {"year": 2026, "done": True}},
        ),
        "credit": Draft(make.state(score="grade", data__csv="1"), tags=("draft",)),
        "Fraud-net": Draft(make.state(score="É_score", python="2.7"), metadata={"owner": "bob"}),
    }
    for name, draft in drafts.items():
        registry.change_model(name, lambda _, draft=draft: draft, now=now)
        registry.take_snapshot(name, now=now)
    registry.move_alias("churn", "champion", 1, now=now)
    ended = {"kind": JobKind.METRICS, "status": JobStatus.COMPLETE, "result": JobResult.SUCCESS}
    for job, name, auc in (("1111", "churn", 0.91), ("2222", "credit", 0.8)):
        record = make.job(job, model=name, ended=now, **ended)
        registry.add_job(record)
        registry.keep_metrics(record, {"performance[0].values.auc": auc, "rows": 9})


QUERIES = [
    ("", ["churn", "credit", "Fraud-net"]),
    ("CHUR", ["churn"]),
    ("fraud", ["churn", "Fraud-net"]),
    ("fraud -tag:fraud", ["Fraud-net"]),
    ("leaves", ["churn"]),
    ("100%", ["churn"]),
    ('"two words"', ["churn"]),
    ("ada", ["churn"]),
    ("model.pkl", ["churn"]),
    ("é_", ["Fraud-net"]),
    ("3.8", []),
    ("tag:fraud", ["churn"]),
    ("tag:FR*", ["churn"]),
    ("tag:frau", []),
    ("-tag:fraud", ["credit", "Fraud-net"]),
    ("meta.owner:ada", ["churn"]),
    ("meta.owner:*", ["churn", "Fraud-net"]),
    ("meta.review.year:2026 meta.review.done:true", ["churn"]),
    ("meta.owner~o", ["Fraud-net"]),
    ("metrics.auc>=0.9", ["churn"]),
    ("metrics.values.auc<0.9", ["credit"]),
    ("metrics.performance[0].values.auc:0.91", ["churn"]),
    ("metrics.rows!=9", []),
    ("metrics.uc>0", []),
    ("-metrics.auc>0", ["Fraud-net"]),
    ("python:3.8", ["churn"]),
    ("python:3.1", []),
    (
        f"python:{platform.python_version_tuple()[0]}.{platform.python_version_tuple()[1]}",
        ["credit"],
    ),
    ("asset:*.pkl", ["churn"]),
    ("asset:*.PY -python:3.8", []),
    ("asset~csv", ["credit"]),
    ("function:predict", ["churn"]),
    ("name~-n", ["Fraud-net"]),
    ("name:c*", ["churn", "credit"]),
    ("name:c_*", []),
    ("alias:champion", ["churn"]),
    ("-by:ada", ["churn", "credit", "Fraud-net"]),
    ("tag:fraud metrics.auc>=0.9 python:3.8 asset:*.pkl name~churn", ["churn"]),
]


def found(registry, query):
    return [row.model.name for row in registry.page_of_models(match=query)[0]]


def test_each_condition_finds_its_models(registry, make, now):
    """All of the grammar on one registry: (query, names)."""
    fill(registry, make, now)

    assert [(query, found(registry, query)) for query, _ in QUERIES] == QUERIES


@pytest.mark.slow
def test_each_condition_finds_its_models_on_postgres(make, now, postgres, tmp_path):
    """There the same queries find the same."""
    from modelop_jupyter.registry import Registry

    with Registry.open(postgres.new(), tmp_path / "home") as registry:
        fill(registry, make, now)

        assert [(query, found(registry, query)) for query, _ in QUERIES] == QUERIES


def test_a_changed_model_is_found_by_what_it_is_now(registry, make, now):
    fill(registry, make, now)
    save_model(registry, "churn", make.state(other__py="1"), now=now)

    assert (found(registry, "model.pkl"), found(registry, "other.py")) == ([], ["churn"])


def test_a_model_that_is_registered_between_two_searches_is_found(registry, make, now):
    fill(registry, make, now)
    before = found(registry, "novel")
    save_model(registry, "novel", make.state(score="novel"), now=now)

    assert (before, found(registry, "novel")) == ([], ["novel"])


def test_models_of_a_release_before_are_found(registry, make, now, home):
    """Their texts are kept when somebody searches first."""
    fill(registry, make, now)
    with closing(sqlite3.connect(home / "registry.db")) as connection, connection:
        connection.execute("delete from search_terms")
        connection.execute("delete from search_texts")

    assert (found(registry, "tag:fraud"), found(registry, "leaves")) == (["churn"], ["churn"])


def test_the_newest_job_gives_the_metrics(registry, make, now):
    """An older one that ends later does not take its place."""
    fill(registry, make, now)
    before = replace(registry.get_job("1111"), id="3333", created=now - timedelta(days=1))
    registry.add_job(before)
    registry.keep_metrics(before, {"auc": 0.1})

    assert found(registry, "metrics.auc>0.9") == ["churn"]
    assert [job.id for job in registry.unmeasured_jobs()] == []

"""Deployments on record: at most one for each model."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from modelop_jupyter.domain.deployments import DeploymentOptions, DeploymentRecord
from modelop_jupyter.domain.job_options import HomeAddress

from .saving import save_model


def _record(now, **changes):
    record = DeploymentRecord("id-9", "churn", 1, DeploymentOptions(port=8010), now)
    return replace(record, **changes)


def test_a_deployment_is_found_by_its_model(registry, make, now):
    save_model(registry, "churn", make.state(), now=now)
    home = HomeAddress("host", "/home")
    kept = registry.keep_deployment(_record(now, home=home, previous=3), now=now)

    assert kept == _record(now, home=home, previous=3)
    assert registry.deployment_of("churn") == kept
    assert registry.list_deployments() == [kept]


def test_a_model_has_one_at_most(registry, make, now):
    """Another one takes its place, with its id and the time when it was made."""
    save_model(registry, "churn", make.state(), now=now)
    registry.keep_deployment(_record(now), now=now)
    later = now + timedelta(hours=1)

    changed = _record(later, id="id-10", snapshot=2, stopped=later)
    kept = registry.keep_deployment(changed, now=later)

    assert kept == replace(changed, id="id-9", created=now)
    assert registry.list_deployments() == [kept]


def test_a_model_without_one(registry, make, now):
    save_model(registry, "churn", make.state(), now=now)

    assert registry.deployment_of("churn") is None
    assert registry.list_deployments() == []


def test_a_removed_model_has_none(registry, make, now):
    save_model(registry, "churn", make.state(), now=now)
    registry.keep_deployment(_record(now), now=now)

    registry.remove_model("churn")

    assert registry.list_deployments() == []


def test_a_watch_sees_each_change(registry, make, now):
    """Whoever shows deployments looks again then."""
    save_model(registry, "churn", make.state(), now=now)
    watch = registry.watch()
    before = watch.look()
    registry.keep_deployment(_record(now), now=now)
    made = watch.look()
    registry.keep_deployment(_record(now, stopped=now), now=now + timedelta(seconds=1))
    stopped = watch.look()
    watch.close()

    assert before.deployments != made.deployments != stopped.deployments
    assert before.models == made.models

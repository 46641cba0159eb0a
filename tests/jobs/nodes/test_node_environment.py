"""The environment of a task on a node: of an index, of wheels that were sent, and within a quota."""

from __future__ import annotations

import dataclasses
import io
import os
import re
import tarfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from modelop_jupyter.domain.environments import Lock, PackageSource
from modelop_jupyter.domain.plan import Plan
from modelop_jupyter.engines.base import Task
from modelop_jupyter.environments import EnvironmentManager
from modelop_jupyter.environments.lock.wheels import wheels_of
from modelop_jupyter.jobs.folder import JobFolder
from modelop_jupyter.jobs.nodes import task_files
from modelop_jupyter.jobs.nodes.messages import NodeOutcome, TaskStatus
from modelop_jupyter.jobs.nodes.wheel_downloads import WheelDownloads
from modelop_jupyter.models.environment_spec import ensure_lock, store_lock

from ...conftest import SlowPackages
from .conftest import Stage

pytestmark = pytest.mark.slow

# The only file of a package in a lock.
_SOURCE = re.compile(r'wheels = \[\n\s+(\{ url = "\S+/beta-1\.0)-py3-none-any\.whl(".*\}),\n\]')


class Rig:
    """A stage whose model needs packages of an index, and a node with environments of its own."""

    def __init__(
        self, stage: Stage, packages: SlowPackages, home: Path, patch: pytest.MonkeyPatch
    ) -> None:
        self.stage = stage
        self.packages = packages
        self.patch = patch
        self.environments = home / "environments"
        self.environments.unlink()

    def job(self, *names: str, assets: Sequence[str] = ()) -> tuple[Plan, JobFolder]:
        """Stage a job whose model requires these packages, with its lock."""
        Path("requirements.txt").write_text("".join(f"{name}\n" for name in names))
        self.stage.workspace.register("m", "code.py", assets=["requirements.txt", *assets])
        plan, folder = self.stage.job(b'{"x": 1}\n')
        digest = store_lock(self.lock(plan), self.stage.workspace.blobs)
        snapshot = dataclasses.replace(plan.snapshot, lock=digest)
        return dataclasses.replace(plan, snapshot=snapshot), folder

    def lock(self, plan: Plan) -> Lock:
        workspace = self.stage.workspace
        manager = EnvironmentManager(workspace.settings.environments)
        return ensure_lock(plan.snapshot, manager, workspace.blobs, keep=str)

    def go_offline(self) -> None:
        """Let the node have neither an index nor a package cache."""
        self.patch.setenv("MODELOP_OFFLINE", "1")
        self.patch.setenv("UV_CACHE_DIR", str(self.environments.parent / "cache"))

    def go_online(self) -> None:
        self.patch.delenv("MODELOP_OFFLINE")

    def wheels(self, plan: Plan, folder: JobFolder) -> Mapping[str, Path]:
        """Download the wheels of a job's lock, as its supervisor does."""
        workspace = self.stage.workspace
        downloads = WheelDownloads(plan.snapshot, folder, workspace.blobs, workspace.settings)
        return downloads.fetch([wheel.digest for wheel in wheels_of(self.lock(plan)).wheels])

    def run(
        self, plan: Plan, folder: JobFolder, wheels: Mapping[str, Path] | None = None
    ) -> NodeOutcome:
        return self.stage.run(self.task(plan, folder, wheels))[0]

    def task(self, plan: Plan, folder: JobFolder, wheels: Mapping[str, Path] | None = None) -> Task:
        digests = [asset.digest for asset in plan.snapshot.state.assets]
        return task_files.task_of(
            plan,
            folder,
            self.stage.workspace.blobs,
            chunk=None,
            blobs_to_send=(*digests, plan.snapshot.lock or ""),
            sends_input=True,
            wheels=wheels or {},
        )

    def built(self) -> list[str]:
        """Return the environments of the node, by their packages."""
        environments = EnvironmentManager(self.environments).list()
        return [" ".join(package.name for package in each.packages) for each in environments]


@pytest.fixture
def rig(
    stage: Stage, slow_packages: SlowPackages, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Rig:
    for name in ("alpha", "beta"):
        slow_packages.add(name, 100_000)
    return Rig(stage, slow_packages, tmp_path / "node", monkeypatch)


def test_a_node_without_an_index_asks_for_wheels_and_keeps_them(rig: Rig) -> None:
    """Issue 14: by digest, the missing ones only, and another environment of them needs no more."""
    plan, folder = rig.job("alpha", "beta")
    wheels = rig.wheels(plan, folder)
    rig.go_offline()
    asked = rig.run(plan, folder)
    some = dict([next(iter(wheels.items()))])
    asked_again = rig.run(plan, folder, some)
    done = rig.run(plan, folder, wheels)
    for environment in EnvironmentManager(rig.environments).list():
        EnvironmentManager(rig.environments).remove(environment)
    again = rig.run(plan, folder)

    assert asked.status is TaskStatus.MISSING
    assert set(asked.wheels) == set(wheels)
    assert asked.error is not None
    assert "is not in the package cache, and no index is used (offline)" in asked.error.message
    assert set(asked_again.wheels) == set(wheels) - set(some)
    assert (done.status, done.packages_from) == (TaskStatus.DONE, PackageSource.WHEELS)
    assert (again.status, again.packages_from) == (TaskStatus.DONE, PackageSource.WHEELS)
    assert done.proof is not None
    assert done.proof.is_exact


def test_a_node_says_where_its_packages_came_from(rig: Rig) -> None:
    """Issue 14: of its index once, and then they are there."""
    plan, folder = rig.job("alpha")
    first, second = rig.run(plan, folder), rig.run(plan, folder)

    assert first.packages_from is PackageSource.INDEX
    assert second.packages_from is PackageSource.CACHE


def test_a_package_without_a_wheel_cannot_be_sent(rig: Rig) -> None:
    """Issue 14: one sentence names it, why the node lacks it, and what to do."""
    plan, folder = rig.job("alpha", "beta")
    blobs = rig.stage.workspace.blobs
    source = _SOURCE.sub(r"sdist = \1.tar.gz\2", blobs.read(plan.snapshot.lock or "").decode())
    digest = blobs.put(source.encode())
    snapshot = dataclasses.replace(plan.snapshot, lock=digest)
    rig.go_offline()
    outcome = rig.run(dataclasses.replace(plan, snapshot=snapshot), folder)

    assert outcome.status is TaskStatus.FAILED
    assert outcome.error is not None
    assert outcome.error.message.endswith(
        "and no index is used (offline), and beta cannot be sent from the machine that submits, as"
        " the lock names no wheel for this Python"
    )
    assert "Choose a version of beta that has a wheel" in (outcome.error.hint or "")


def test_a_source_among_the_assets_that_cannot_be_built_ends_the_job(rig: Rig) -> None:
    """Issue 14: wheels would not help; what its build needs is named."""
    content = {
        "PKG-INFO": "Metadata-Version: 2.2\nName: gamma\nVersion: 1.0\n",
        "pyproject.toml": '[build-system]\nrequires = ["no-such-backend"]\n',
    }
    with tarfile.open("gamma-1.0.tar.gz", "w:gz") as archive:
        for name, text in content.items():
            member = tarfile.TarInfo(f"gamma-1.0/{name}")
            member.size = len(text)
            archive.addfile(member, io.BytesIO(text.encode()))
    plan, folder = rig.job("./gamma-1.0.tar.gz", assets=["gamma-1.0.tar.gz"])
    rig.go_offline()
    outcome = rig.run(plan, folder)

    assert outcome.status is TaskStatus.FAILED
    assert outcome.error is not None
    assert "no-such-backend is not in the package cache" in outcome.error.message


def test_environments_beyond_the_quota_go_when_a_task_has_built_one(rig: Rig) -> None:
    """Issue 14: those that were used longest ago."""
    plan, folder = rig.job("alpha")
    rig.run(plan, folder)
    (first,) = EnvironmentManager(rig.environments).list(sizes=True)
    rig.patch.setenv("MODELOP_ENV_QUOTA", f"{round((first.size or 0) * 1.5)}B")
    before = rig.built()
    other, other_folder = rig.job("beta")
    done = rig.run(other, other_folder)

    assert before == ["alpha"]
    assert done.status is TaskStatus.DONE
    assert rig.built() == ["beta"]


def test_what_another_task_uses_stays_until_a_later_one_ends(rig: Rig) -> None:
    """Issue 14: it goes then, although nothing was built."""
    plan, folder = rig.job("alpha")
    rig.run(plan, folder)
    rig.patch.setenv("MODELOP_ENV_QUOTA", "1")
    manager = EnvironmentManager(rig.environments)
    other, other_folder = rig.job("beta")
    with manager.in_use(rig.lock(plan), "a task"):
        rig.run(other, other_folder)
        during = rig.built()
    mark = rig.environments / ".over-quota"
    moment = time.time() - 100
    os.utime(mark, (moment, moment))
    third, third_folder = rig.job("beta")
    rig.run(third, third_folder)

    assert during == ["alpha"]
    assert rig.built() == []
    assert not mark.exists()


def test_a_home_with_jobs_is_left_to_its_user(rig: Rig) -> None:
    """Issue 14: nodes may share the home of the machine that submits."""
    (rig.environments.parent / "jobs").mkdir()
    rig.patch.setenv("MODELOP_ENV_QUOTA", "0")
    plan, folder = rig.job("alpha")
    rig.run(plan, folder)

    assert rig.built() == ["alpha"]


def test_a_node_whose_quota_is_no_size_refuses(rig: Rig) -> None:
    """Issue 14: before a record is scored."""
    plan, folder = rig.job("alpha")
    rig.patch.setenv("MODELOP_ENV_QUOTA", "much")
    outcome = rig.run(plan, folder)

    assert outcome.status is TaskStatus.REFUSED
    assert outcome.error is not None
    assert "MODELOP_ENV_QUOTA='much' is not a size" in outcome.error.message

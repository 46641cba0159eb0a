"""Ready before needed: registering builds in the background, and whoever needs it joins (issue 4)."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from modelop_jupyter import Workspace
from modelop_jupyter.domain.environments import BuildStep
from modelop_jupyter.domain.jobs import JobResult
from modelop_jupyter.domain.reports import EnvironmentState, JobUpdate
from modelop_jupyter.settings import Settings

from ..waiting import PATIENCE, wait_until

pytestmark = pytest.mark.slow

SOURCE = "# modelop.score\ndef score(record):\n    import slowly\n    yield record\n"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, slow_packages) -> Iterator[Path]:
    """A home whose models need one slow package; what was started for it has ended at the end."""
    slow_packages.add("slowly", 1_000_000)
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.chdir(work)
    Path("model.py").write_text(SOURCE)
    Path("requirements.txt").write_text("slowly\n")
    home = tmp_path / "home"
    yield home
    for process in _background(home):
        with contextlib.suppress(psutil.Error):
            process.kill()
            process.wait(PATIENCE)


@pytest.fixture
def workspace(home: Path) -> Iterator[Workspace]:
    with Workspace(Settings(home, f"sqlite:///{home / 'registry.db'}", prepares=True)) as workspace:
        yield workspace


def _register(workspace: Workspace, name: str = "m") -> EnvironmentState:
    found = workspace.register(name, "model.py", assets=["requirements.txt"]).environment
    assert found
    return found


def _background(home: Path) -> list[psutil.Process]:
    """Return the processes that prepare environments for a home."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            is_ours = "modelop_jupyter.workspace" in process.cmdline()
            if is_ours and process.environ().get("MODELOP_HOME") == str(home):
                found.append(process)
    return found


def _step(workspace: Workspace) -> str:
    state = workspace.env_show("m")
    return state.step.step if state.step else state.state


def _kill(process: psutil.Process) -> None:
    for each in [*process.children(recursive=True), process]:
        each.kill()
    process.wait(PATIENCE)


def _at_download(update: JobUpdate, action: Callable[[], None]) -> None:
    if update.step and update.step.step == "downloading":
        action()


def test_registering_starts_a_quiet_build_of_low_priority(
    workspace: Workspace, home: Path, slow_packages
) -> None:
    """It says so, returns at once, and the environment is there a little later."""
    slow_packages.hold()
    state = _register(workspace)
    (process,) = _background(home)
    wait_until(lambda: process.nice() > 0)
    wait_until(lambda: _step(workspace) == "downloading")
    shown = workspace.show("m").environment
    listed = workspace.models()[0].environment
    slow_packages.release()
    wait_until(lambda: workspace.env_show("m").state == "ready")
    wait_until(lambda: not _background(home))

    assert state.step == BuildStep("preparing", "1 requirement", state.step.seconds, is_joined=True)
    assert shown.step
    assert 0 <= shown.step.bytes < shown.step.total_bytes == pytest.approx(1_000_000, rel=0.05)
    assert listed
    assert listed.state == "building"
    assert (home / "environments" / "logs" / "background.log").read_bytes() == b""
    assert list((home / "environments" / "status").iterdir()) == []


def test_a_job_joins_the_build_and_shows_it(workspace: Workspace, slow_packages) -> None:
    """One build; the job tells of bytes and seconds that another process counts."""
    slow_packages.hold()
    _register(workspace)
    wait_until(lambda: _step(workspace) == "downloading")
    updates = []
    for update in workspace.batch("m", [{"x": 1}]).follow():
        updates.append(update)
        _at_download(update, slow_packages.release)
    steps = [update.step for update in updates if update.phase == "environment" and update.step]
    downloads = [step for step in steps if step.step == "downloading"]

    assert updates[-1].record.result is JobResult.SUCCESS
    assert slow_packages.served.count("slowly-1.0-py3-none-any.whl") == 1
    assert {step.is_joined for step in downloads} == {True}
    assert len({step.bytes for step in downloads}) > 2
    assert downloads[-1].total_bytes == pytest.approx(1_000_000, rel=0.05)
    assert downloads[-1].seconds > downloads[0].seconds


def test_registering_twice_builds_once(workspace: Workspace, home: Path, slow_packages) -> None:
    """The same requirements, in another model too, are prepared by one process."""
    slow_packages.hold()
    _register(workspace)
    second = _register(workspace)
    third = _register(workspace, "other")
    count = len(_background(home))
    slow_packages.release()
    workspace.env_build("other")

    assert (second.state, third.state, count) == ("building", "building", 1)
    assert len(slow_packages.served) == 1
    assert _register(workspace).state == "ready"


def test_other_requirements_are_prepared_too(workspace: Workspace, slow_packages) -> None:
    """An asset verb that changes what is needed starts the next build."""
    slow_packages.add("quickly", 300_000)
    _register(workspace)
    Path("requirements.txt").write_text("quickly\n")
    slow_packages.hold()
    changed = workspace.asset_add("m", "requirements.txt").environment
    slow_packages.release()
    wait_until(lambda: workspace.env_show("m").state == "ready")

    assert changed
    assert changed.state == "building"
    assert [package.name for package in workspace.env_show("m").packages] == ["quickly"]


def test_it_outlives_the_kernel_it_was_started_from(
    workspace: Workspace, home: Path, slow_packages
) -> None:
    """A restart of the notebook's kernel, even by force, does not stop it."""
    script = (
        "import os, signal\n"
        "from modelop_jupyter import Workspace\n"
        "Workspace().register('m', 'model.py', assets=['requirements.txt'])\n"
        "os.kill(0, signal.SIGKILL)\n"
    )
    environment = {**os.environ, "MODELOP_HOME": str(home), "MODELOP_PREPARE": "on"}
    subprocess.run([sys.executable, "-c", script], env=environment, start_new_session=True)
    wait_until(lambda: workspace.env_show("m").state == "ready")

    assert len(slow_packages.served) == 1


def test_killed_in_the_middle_it_costs_nothing(
    workspace: Workspace, home: Path, slow_packages
) -> None:
    """After kill -9 the environment is not built, and the first job builds it."""
    slow_packages.hold()
    _register(workspace)
    wait_until(lambda: _step(workspace) == "downloading")
    _kill(*_background(home))
    slow_packages.release()
    state = workspace.env_show("m").state
    job = workspace.batch("m", [{"x": 1}]).wait(60)

    assert state == "not built"
    assert job.result is JobResult.SUCCESS
    assert list((home / "environments").glob(".building-*")) == []


def test_a_job_that_waits_takes_over_from_a_killed_one(
    workspace: Workspace, home: Path, slow_packages
) -> None:
    """It says so, and goes on."""
    slow_packages.hold()
    _register(workspace)
    wait_until(lambda: _step(workspace) == "downloading")
    job = workspace.batch("m", [{"x": 1}])
    wait_until(lambda: "downloading" in job.log())
    _kill(*_background(home))
    slow_packages.release()
    job.wait(60)

    assert job.result is JobResult.SUCCESS
    assert "environment: taking over: from a process that was ended" in job.log()


def _is_removed(folder: Path) -> bool:
    """Remove a folder; say whether it is gone."""
    shutil.rmtree(folder, ignore_errors=True)
    return not folder.exists()


def test_a_home_that_is_removed_meanwhile_breaks_nothing(
    workspace: Workspace, home: Path, slow_packages
) -> None:
    """The background ends; a new home is as good as any."""
    slow_packages.hold()
    _register(workspace)
    wait_until(lambda: _step(workspace) == "downloading")
    workspace.close()
    # Until its download has come to a halt, the background goes on to write.
    wait_until(lambda: _is_removed(home))
    slow_packages.release()
    wait_until(lambda: not _background(home))
    settings = Settings(home, f"sqlite:///{home / 'registry.db'}")
    shutil.rmtree(home, ignore_errors=True)
    with Workspace(settings) as again:
        again.register("m", "model.py", assets=["requirements.txt"])
        job = again.batch("m", [{"x": 1}]).wait(60)

        assert job.result is JobResult.SUCCESS


def test_a_failure_is_told_and_held_against_nobody(
    workspace: Workspace, home: Path, slow_packages
) -> None:
    """`env show` knows why; a job tries again, as the network may be back."""
    Path("requirements.txt").write_text("nowhere-to-be-had\n")
    _register(workspace)
    wait_until(lambda: workspace.env_show("m").state == "failed")
    failure = workspace.show("m").environment.failure
    failed = workspace.batch("m", [{"x": 1}]).wait(60)
    slow_packages.add("nowhere_to_be_had", 10)
    Path("model.py").write_text(SOURCE.replace("slowly", "nowhere_to_be_had"))
    workspace.asset_add("m", "model.py")
    good = workspace.batch("m", [{"x": 1}]).wait(60)

    assert failure
    assert failure.message.startswith("requirements.txt, line 1: nowhere-to-be-had: ")
    assert failure.remedy
    assert failed.record.error
    assert failed.record.error.message.endswith(failure.message)
    assert good.result is JobResult.SUCCESS


def test_nothing_is_prepared_where_that_is_switched_off(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """MODELOP_PREPARE=off: the first job builds."""
    monkeypatch.setenv("MODELOP_HOME", str(home))
    monkeypatch.setenv("MODELOP_PREPARE", "off")
    with Workspace() as workspace:
        state = _register(workspace)

    assert (state.state, _background(home)) == ("not locked", [])


def test_an_interrupt_while_waiting_only_ends_the_waiting(
    workspace: Workspace, home: Path, slow_packages
) -> None:
    """Ctrl-C of `env build` leaves the background at its work."""
    slow_packages.hold()
    _register(workspace)
    wait_until(lambda: _step(workspace) == "downloading")
    environment = {**os.environ, "MODELOP_HOME": str(home)}
    command = [sys.executable, "-m", "modelop_jupyter", "env", "build", "m"]
    process = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True)
    assert process.stderr
    first = process.stderr.readline()
    process.send_signal(2)
    rest = process.communicate(timeout=PATIENCE)[1]
    slow_packages.release()
    wait_until(lambda: workspace.env_show("m").state == "ready")

    assert first.startswith("downloading ")
    assert (
        rest.splitlines()[-1]
        == "modelop: stopped waiting; the build, started by another process, continues"
    )
    assert (process.returncode, len(slow_packages.served)) == (130, 1)


def test_an_interrupt_while_building_leaves_nothing(home: Path, slow_packages) -> None:
    """Ctrl-C ends uv, too, and nothing half-built stays."""
    slow_packages.hold()
    settings = Settings(home, f"sqlite:///{home / 'registry.db'}")
    with Workspace(settings) as workspace:
        _register(workspace)
        environment = {**os.environ, "MODELOP_HOME": str(home)}
        command = [sys.executable, "-m", "modelop_jupyter", "env", "build", "m"]
        process = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True)
        wait_until(lambda: _step(workspace) == "downloading")
        family = psutil.Process(process.pid).children(recursive=True)
        process.send_signal(2)
        said = process.communicate(timeout=PATIENCE)[1]

        assert said.splitlines()[-1] == "modelop: interrupted"
        assert psutil.wait_procs(family, timeout=PATIENCE)[1] == []
        assert workspace.env_show("m").state == "not built"
        assert list((home / "environments").glob(".building-*")) == []


def test_the_states_can_be_sent_as_json(workspace: Workspace, home: Path, slow_packages) -> None:
    """What the sidebar will show: state, step with bytes and seconds, failure."""
    slow_packages.hold()
    _register(workspace)
    wait_until(lambda: _step(workspace) == "downloading")
    environment = {**os.environ, "MODELOP_HOME": str(home)}
    command = [sys.executable, "-m", "modelop_jupyter", "env", "show", "m", "--json"]
    said = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    found = json.loads(said.stdout)

    assert (found["state"], found["failure"], found["step"]["step"]) == (
        "building",
        None,
        "downloading",
    )
    assert found["step"]["bytes"] < found["step"]["total_bytes"]

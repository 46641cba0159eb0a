"""What a kill leaves behind is told truly, and gone on with, whoever was killed and whenever."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from modelop_jupyter import Workspace
from modelop_jupyter.domain.jobs import SUPERVISOR_DIED, JobStatus
from modelop_jupyter.domain.process_mark import MARK
from modelop_jupyter.errors import HomeError
from modelop_jupyter.jobs.folder import JobFolder
from modelop_jupyter.jobs.job import Job
from modelop_jupyter.jobs.outcome import Outcome
from modelop_jupyter.jobs.protocol import RunnerRequest
from modelop_jupyter.jobs.start import SupervisorProcess
from modelop_jupyter.jobs.supervision import ownership
from modelop_jupyter.processes import start_time
from modelop_jupyter.settings import Settings

from ..waiting import PATIENCE, wait_until
from .jobs import halting, numbers, register

pytestmark = pytest.mark.slow

HANGS = {
    "sleeping": "time.sleep(600)",
    "in C, without letting go of the interpreter": "import re; re.match('(a+)+$', 'a' * 60 + 'b')",
    "with a child": "import subprocess; subprocess.run(['sleep', '600'])",
    "with a forked child": "os.fork(); time.sleep(600)",
}


def marked(job: Job) -> list[psutil.Process]:
    """Return the processes of a job's runners and what they have started."""
    found = []
    for process in psutil.process_iter():
        try:
            worn = process.environ().get(MARK, "")
            is_alive = process.status() != psutil.STATUS_ZOMBIE
        except psutil.Error:
            continue
        if worn.partition("/")[0] == job.id and is_alive:
            found.append(process)
    return found


def kill_supervisor(job: Job) -> None:
    wait_until(lambda: job.folder.read(SupervisorProcess))
    pid = job.folder.require(SupervisorProcess).pid
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: start_time(pid) is None)


def forgotten(workspace: Workspace, job: Job, status: str) -> JobFolder:
    """Take the end away from a job that has one, as if its supervisor had been killed before it."""
    pid = job.folder.require(SupervisorProcess).pid
    wait_until(lambda: not psutil.pid_exists(pid))
    for name in ("outcome.json", "recorded"):
        (job.folder.root / name).unlink()
    with workspace.registry._database.writing() as connection:
        connection.exec_driver_sql(f"update jobs set status = '{status}'")
    return job.folder


def half_made_workers(folder: JobFolder) -> None:
    """As older versions left it where the supervisor was killed when it had just begun with them."""
    (folder.workers_folder / "0").mkdir(parents=True)


def torn_supervisor(folder: JobFolder) -> None:
    (folder.root / "supervisor.json").write_text('{"pid"')


def other_outcome(folder: JobFolder) -> None:
    (folder.root / "outcome.json").write_text('{"status": "DONE"}')


def event_of_something_else(folder: JobFolder) -> None:
    (folder.root / "events.jsonl").write_text('{"t": 1}\n')


def nothing_left(folder: JobFolder) -> None:
    (folder.root / "plan.json").unlink()
    (folder.root / "events.jsonl").unlink()


@pytest.mark.parametrize(
    "damage",
    [
        half_made_workers,
        torn_supervisor,
        other_outcome,
        event_of_something_else,
        nothing_left,
    ],
)
def test_a_job_that_cannot_be_understood_breaks_no_list(
    workspace: Workspace, damage: Callable[[JobFolder], None]
) -> None:
    """Issue 11, number 1: it is shown as an error with a reason, and what to do."""
    model = register(workspace, "return r")
    job = workspace.batch(model, [numbers(3)]).wait(300)
    damage(forgotten(workspace, job, "RUNNING"))

    (found,) = workspace.jobs()
    (shown,) = [each.last_job for each in workspace.models()]

    assert found.status is JobStatus.ERROR
    assert found.error is not None
    assert found.error.code in (SUPERVISOR_DIED, "broken_folder")
    assert found.error.hint
    assert shown is not None
    assert shown.status is JobStatus.ERROR
    assert workspace.registry.get_job(job.id).status is JobStatus.ERROR


def test_a_job_whose_folder_is_gone_says_so(workspace: Workspace) -> None:
    """Issue 11, number 1: such as one that somebody has removed by hand."""
    job = workspace.batch(register(workspace, "return r"), [numbers(3)]).wait(300)
    shutil.rmtree(forgotten(workspace, job, "RUNNING").root)
    with workspace.registry._database.writing() as connection:
        connection.exec_driver_sql("update jobs set created = '2020-01-01T00:00:00.000000+00:00'")

    (found,) = workspace.jobs()

    assert found.error is not None
    assert (found.status, found.error.code) == (JobStatus.ERROR, "broken_folder")
    assert "is gone" in found.error.message


def test_a_job_whose_supervisor_cannot_be_started_is_an_error_at_once(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was on record by then, and nobody will ever run it."""
    model = register(workspace, "return r")
    workspace.env_build(model)
    numbers(3)
    with monkeypatch.context() as patch:
        patch.setattr(sys, "executable", str(Path("nowhere").absolute()))
        with pytest.raises(HomeError):
            workspace.batch(model, ["in.json"])
    (found,) = workspace.registry.list_jobs()

    assert found.error is not None
    assert (found.status, found.error.code) == (JobStatus.ERROR, "not_started")


def test_half_made_workers_are_no_hindrance_to_a_retry(workspace: Workspace) -> None:
    """Issue 11, number 1: it starts over."""
    model = register(workspace, "return r")
    first = workspace.batch(model, [numbers(40)], workers=2).wait(300)
    folder = forgotten(workspace, first, "RUNNING")
    half_made_workers(folder)
    shutil.rmtree(folder.outputs)
    (folder.root / "result.json").unlink()
    assert workspace.job(first.id).status is JobStatus.ERROR

    job = workspace.job_retry(first.id).wait(300)

    assert (job.status, job.counts.scored) == (JobStatus.COMPLETE, 40)


@pytest.mark.parametrize(
    ("fault", "count"),
    [("chunks.json:1:before", 0), ("chunks.json:1:after", 0), ("1:1:before", 1), ("1:1:after", 2)],
)
def test_the_folder_of_a_chunk_appears_all_at_once(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, fault: str, count: int
) -> None:
    """Issue 11, number 1: kill -9 of the supervisor there, and what is there can be gone on with."""
    model = register(workspace, "return r")
    workspace.env_build(model)
    numbers(40)
    with monkeypatch.context() as patch:
        patch.setenv("MODELOP_FAULT", fault)
        first = workspace.batch(model, ["in.json"], workers=2)
        assert first.wait(300).status is JobStatus.ERROR
    job = workspace.job_retry(first.id).wait(300)

    assert len(first.folder.workers) == count
    assert all(each.read(RunnerRequest) for each in first.folder.workers)
    assert (job.status, job.counts.scored) == (JobStatus.COMPLETE, 40)


@pytest.mark.parametrize("done", [0, 1])
def test_a_worker_that_had_finished_is_not_started_again(workspace: Workspace, done: int) -> None:
    """Issue 11, number 4: the other one goes on, and they are put together."""
    half = "<" if done == 0 else ">="
    before, go = halting(after=100)
    body = f"if not r['x'] {half} 200: halt()\nreturn r"
    first = workspace.batch(register(workspace, body, before=before), [numbers(400)], workers=2)
    wait_until(lambda: len(first.folder.workers) == 2)
    wait_until(lambda: (first.folder.workers[done].root / "result.json").exists())
    wait_until(lambda: (first.folder.workers[1 - done].root / "checkpoint.json").exists())
    kill_supervisor(first)
    assert first.wait(300).status is JobStatus.ERROR
    go.touch()

    job = workspace.job_retry(first.id).wait(300)

    assert (job.status, job.record.error) == (JobStatus.COMPLETE, None)
    assert [each["x"] for each in job.records()] == list(range(400))
    assert job.record.proof is not None


def test_many_looks_at_once_at_a_dead_job_record_one_end(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Issue 11, number 5: several processes, and none of them fails."""
    job = workspace.batch(register(workspace, "time.sleep(600)"), [numbers(3)], workers=2)
    wait_until(lambda: len(marked(job)) == 2)
    kill_supervisor(job)
    settings = workspace.settings
    monkeypatch.setenv("MODELOP_HOME", str(settings.home))
    monkeypatch.setenv("MODELOP_FAULT", f"trace:{tmp_path / 'renames'}")
    code = (
        "import sys; from modelop_jupyter import Workspace\n"
        "with Workspace() as workspace:\n"
        "    print('ready', flush=True); sys.stdin.readline()\n"
        "    print(workspace.jobs()[0].status.value)"
    )
    looks = [
        subprocess.Popen(
            [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for _ in range(6)
    ]
    for look in looks:
        assert look.stdout is not None
        assert look.stdout.readline() == "ready\n"
    for look in looks:
        assert look.stdin is not None
        look.stdin.write("\n")
        look.stdin.flush()
    said = [look.communicate(timeout=PATIENCE)[0] for look in looks]
    renames = Counter((tmp_path / "renames").read_text().split())

    assert said == ["ERROR\n"] * 6
    assert renames["outcome.json"] == 1
    assert [look.returncode for look in looks] == [0] * 6


def test_a_dead_job_is_shown_as_ended_while_another_process_writes_its_end(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a busy machine that may take longer than a look waits, and then the job was shown as running."""
    job = workspace.batch(register(workspace, "return r"), [numbers(3)]).wait(300)
    folder = forgotten(workspace, job, "RUNNING")
    monkeypatch.setattr(ownership, "_PATIENCE_SECONDS", 0.0)
    with ownership.lock_end(folder):
        (seen,) = workspace.jobs()
        written = folder.has(Outcome)
    (later,) = workspace.jobs()

    assert (seen.status, written) == (JobStatus.ERROR, False)
    assert seen.error is not None
    assert seen.error.code == SUPERVISOR_DIED
    assert later.status is JobStatus.ERROR
    assert folder.has(Outcome)


def test_a_registry_that_is_older_than_its_folders_learns_how_jobs_ended(
    workspace: Workspace,
) -> None:
    """Such as one from a backup: the folder's mark that the end is recorded speaks of another one."""
    job = workspace.batch(register(workspace, "return r"), [numbers(3)]).wait(300)
    assert (job.folder.root / "recorded").exists()
    with workspace.registry._database.writing() as connection:
        connection.exec_driver_sql("update jobs set status = 'RUNNING'")
    workspace.jobs()

    assert workspace.registry.get_job(job.id).status is JobStatus.COMPLETE


def test_a_model_that_spoils_its_own_folder_is_told_so(workspace: Workspace) -> None:
    """Its records are scored, and the summary says what it has not left of its proof."""
    body = "import pathlib\npathlib.Path('../proof.json').write_text('[]')\nreturn r"
    job = workspace.batch(register(workspace, body), [numbers(3)]).wait(300)

    assert (job.status, job.counts.scored) == (JobStatus.COMPLETE, 3)
    assert job.record.proof is None
    assert "This job has no proof of its environment: proof.json of job" in str(job.hint)


def test_a_model_that_removes_the_output_is_told_so(workspace: Workspace) -> None:
    """A job whose records are nowhere is no success."""
    body = "import shutil\nshutil.rmtree('../outputs', ignore_errors=True)\nreturn r"
    job = workspace.batch(register(workspace, body), [numbers(3)]).wait(300)

    assert job.record.error is not None
    assert (job.status, job.record.error.code) == (JobStatus.ERROR, "output_lost")


def test_an_end_that_was_only_assumed_gives_way_to_the_true_one(workspace: Workspace) -> None:
    """Issue 11, number 3: ``outcome.json`` is the truth, and whoever sees it corrects the registry."""
    job = workspace.batch(register(workspace, "return r"), [numbers(3)]).wait(300)
    error = json.dumps({"code": SUPERVISOR_DIED, "message": "gone", "hint": None})
    with workspace.registry._database.writing() as connection:
        connection.exec_driver_sql("update jobs set status = 'ERROR', error = ?", (error,))

    (found,) = workspace.jobs()
    stored = workspace.registry.get_job(job.id)

    assert (found.status, found.error) == (JobStatus.COMPLETE, None)
    assert (stored.status, stored.error) == (JobStatus.COMPLETE, None)


def test_a_supervisor_that_is_slow_to_begin_is_not_taken_for_dead(
    workspace: Workspace, tmp_path: Path
) -> None:
    """Issue 11, number 3: it may take longer than anybody would guess, and its submitter be gone."""
    model = register(workspace, "return r")
    workspace.env_build(model)
    gate = tmp_path / "sitecustomize.py"
    # The supervisor waits at its very beginning, before any code of ours.
    gate.write_text(
        "import os, sys, time\n"
        "while 'modelop_jupyter.jobs.supervision' in sys.orig_argv and"
        f" not os.path.exists({str(tmp_path / 'open')!r}):\n    time.sleep(0.02)\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    environment["MODELOP_HOME"] = str(workspace.settings.home)
    subprocess.run(
        [sys.executable, "-m", "modelop_jupyter", "batch", model, numbers(3), "--background"],
        env=environment,
        check=True,
        stdout=subprocess.DEVNULL,
    )
    with workspace.registry._database.writing() as connection:
        connection.exec_driver_sql("update jobs set created = '2020-01-01T00:00:00.000000+00:00'")
    (waiting,) = workspace.jobs()
    (tmp_path / "open").touch()
    job = workspace.job(waiting.id).wait(300)

    assert waiting.status is JobStatus.WAITING
    assert job.status is JobStatus.COMPLETE
    assert workspace.registry.get_job(job.id).status is JobStatus.COMPLETE


def in_supervisors(folder: Path, patch: pytest.MonkeyPatch, code: str) -> None:
    """Execute code at the very beginning of each supervisor that is started from now on."""
    lines = "".join(f"    {line}\n" for line in code.splitlines())
    (folder / "sitecustomize.py").write_text(
        f"import os, sys, time\nif 'modelop_jupyter.jobs.supervision' in sys.orig_argv:\n{lines}"
    )
    patch.setenv("PYTHONPATH", str(folder))


def test_a_cancellation_that_comes_after_the_end_changes_nothing(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The supervisor has things to do then, and does them."""
    model, go = register(workspace, "return r"), tmp_path / "go"
    workspace.env_build(model)
    # It sleeps when it has written the end.
    in_supervisors(
        tmp_path,
        monkeypatch,
        "sleep = time.sleep\n"
        "def held(_):\n"
        f"    while not os.path.exists({str(go)!r}): sleep(0.02)\n"
        "time.sleep = held",
    )
    job = workspace.batch(model, [numbers(3)]).wait(300)
    pid = job.folder.require(SupervisorProcess).pid
    os.kill(pid, signal.SIGTERM)
    go.touch()
    wait_until(lambda: start_time(pid) is None)

    assert job.folder.require(Outcome).status is JobStatus.COMPLETE
    assert (job.folder.root / "supervisor.log").read_text() == ""


def test_a_job_that_is_cancelled_before_its_supervisor_is_announced_runs_no_more(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever cancels waits for the announcement, but not for ever."""
    reached, go = tmp_path / "reached", tmp_path / "go"
    body = f"while not os.path.exists({str(go)!r}): time.sleep(0.02)\nreturn r"
    model = register(workspace, body, before="print('begun', flush=True)")
    workspace.env_build(model)
    in_supervisors(
        tmp_path,
        monkeypatch,
        "from modelop_jupyter.jobs.supervision import ownership\n"
        "announce = ownership.announce\n"
        "def held(folder):\n"
        f"    open({str(reached)!r}, 'w').close()\n"
        f"    while not os.path.exists({str(go)!r}): time.sleep(0.02)\n"
        "    announce(folder)\n"
        "ownership.announce = held",
    )
    job = workspace.batch(model, [numbers(3)])
    wait_until(reached.exists)
    wait_until(lambda: "begun" in job.console())
    job.cancel()
    go.touch()
    wait_until(lambda: job.folder.has(SupervisorProcess))
    pid = job.folder.require(SupervisorProcess).pid
    wait_until(lambda: start_time(pid) is None)

    assert job.status is JobStatus.CANCELLED
    assert job.console() == "begun\n"


@pytest.fixture(params=["fresh", "fork of a warm process"])
def started(
    request: pytest.FixtureRequest, tmp_path: Path, environments: Path
) -> Iterator[Callable[[str], Job]]:
    """Start a model of this body, in a home that has warm processes or none."""
    home = tmp_path / "home"
    home.mkdir()
    (home / "environments").symlink_to(environments)
    is_warm = request.param != "fresh"
    settings = Settings(home, f"sqlite:///{home / 'registry.db'}", warms=is_warm)
    with Workspace(settings) as workspace, pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path)

        def start(body: str) -> Job:
            model = register(workspace, f"if r['x'] == 1:\n    print('in', flush=True); {body}")
            workspace.env_build(model)
            if is_warm:
                workspace.batch(model, [{"x": 0}]).wait(300)
                wait_until(lambda: len(list(settings.warm.glob("*/socket"))) == 2)
            job = workspace.batch(model, [{"x": 1}])
            wait_until(lambda: "in" in job.console())
            return job

        yield start
    shutil.rmtree(home, ignore_errors=True)


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere it ends with its next record")
@pytest.mark.parametrize("hangs", HANGS.values(), ids=HANGS)
def test_a_runner_that_hangs_ends_with_its_supervisor(
    started: Callable[[str], Job], hangs: str
) -> None:
    """Issue 11, number 9: nobody has to look."""
    job = started(hangs)
    family = marked(job)
    kill_supervisor(job)
    wait_until(lambda: not marked(job))

    assert family


def test_a_model_sees_nothing_of_what_ends_it(started: Callable[[str], Job]) -> None:
    """No thread, no variable, no argument, no handler."""
    job = started(
        "import signal, sys, threading; print([len(os.listdir('/proc/self/task')), len(sys.argv),"
        " signal.getsignal(signal.SIGIO) == signal.SIG_DFL, sorted(n for n in os.environ if 'MODELOP' in n)])"
    )

    assert job.wait(300).console().splitlines()[1] == (
        "[1, 1, True, ['MODELOP_JOB_FOLDER', 'MODELOP_JOB_ID']]"
    )

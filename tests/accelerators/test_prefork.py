"""Warm processes: the next small job is a fork of one, and is what a fresh process would be."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import sys
from pathlib import Path

import psutil
import pytest
from packaging.version import Version

from modelop_jupyter import Workspace
from modelop_jupyter.accelerators import fork_servers
from modelop_jupyter.cli import exit_codes, main
from modelop_jupyter.domain.jobs import JobStatus
from modelop_jupyter.jobs.job import Job
from modelop_jupyter.jobs.outcome import Outcome
from modelop_jupyter.jobs.protocol import LoadedModules
from modelop_jupyter.jobs.start import SupervisorProcess
from modelop_jupyter.settings import Settings

from ..waiting import PATIENCE, wait_until

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="elsewhere each job starts afresh"),
]
PYENV = Path("~/.pyenv/versions").expanduser().glob("3.*/bin/python")
PYTHONS = sorted(PYENV, key=lambda path: Version(path.parts[-3])) or [Path(sys.executable)]
SOURCE = """\
import json, os, pathlib, random
print("imported")
seen = []

# modelop.init
def begin(job):
    print("begun", len(json.loads(job["rawJson"])["jobParameters"]))

# modelop.score
def score(record):
    seen.append(record)
    here = sorted(os.listdir("."))
    pathlib.Path("left").write_text("behind")
    os.environ["LEFT"] = "behind"
    parent = pathlib.Path("/proc/%d/cmdline" % os.getppid()).read_bytes()
    yield {"warm": b"--prefork" in parent, "seen": len(seen), "here": here, "random": random.random(),
           "cwd": os.getcwd(), "session": os.getsid(0) == os.getpid(), "variables": sorted(os.environ)}
"""
DRAWING = """\
import random
# modelop.score
def score(record): yield random.random()
"""
HALTING = """\
import os, time
# modelop.score
def score(record):
    while not os.path.exists({go!r}): time.sleep(0.02)
    yield record
"""
LOADING = """\
import sys
before = "fractions" in getattr(sys, "modules")
import fractions
# modelop.score
def score(record): yield before
"""
SLEEPING = """\
import os, subprocess, sys, time
# modelop.score
def score(record):
    if record["n"] != 3:
        yield record
        return
    child = os.fork()
    if child == 0:  # neither in the group nor a descendant of the runner
        os.setsid()
        if os.fork():
            os._exit(0)
        time.sleep(600)
    os.waitpid(child, 0)
    subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=True)
    print("ready", flush=True)
    time.sleep(600)
"""


def words_of(process: psutil.Process) -> list[str]:
    """Return a process's command line, an empty one where it has ended meanwhile."""
    with contextlib.suppress(psutil.Error):
        return process.cmdline()
    return []


def processes(workspace: Workspace) -> list[psutil.Process]:
    """Return the warm processes of a home; what they have forked is not among them."""
    found = []
    for process in psutil.process_iter(["cmdline", "ppid"]):
        words = process.info["cmdline"] or []
        if "--prefork" in words and words[-1].startswith(str(workspace.settings.warm)):
            found.append(process)
    ids = {process.pid for process in found}
    return [process for process in found if process.info["ppid"] not in ids]


def warmed(workspace: Workspace, name: str, source: str, *, python: str | None = None) -> None:
    """Register a model, and run it until both its warm processes serve."""
    Path("model.py").write_text(source)
    workspace.register(name, "model.py", python=python)
    workspace.env_build(name)
    workspace.batch(name, [{"n": 1}]).wait(PATIENCE)
    wait_until(lambda: len(list(workspace.settings.warm.glob("*/socket"))) == 2)


def seen(job: Job) -> dict[str, object]:
    (record,) = job.wait(PATIENCE).records()
    return dict(record)


def test_the_next_job_is_a_fork_that_knows_nothing_of_the_last(warm: Workspace) -> None:
    """Its globals, working directory, variables, random numbers and what it prints are its own."""
    warmed(warm, "leaky", SOURCE)
    jobs = [warm.batch("leaky", "in.json", parameters={"p": 1}) for _ in range(2)]
    one, two = map(seen, jobs)
    first = warm.jobs()[-1]
    fresh = seen(warm.job(first.id))

    assert (fresh["warm"], one["warm"], two["warm"]) == (False, True, True)
    assert one["cwd"] != two["cwd"]
    assert one["random"] != two["random"]
    for same in ("seen", "here", "session", "variables"):
        assert fresh[same] == one[same] == two[same]
    assert [job.console() for job in jobs] == ["imported\nbegun 1\n"] * 2
    assert all(job.record.proof and job.record.proof.is_exact for job in jobs)


def test_the_next_supervisor_of_a_job_on_an_engine_is_a_fork(warm: Workspace) -> None:
    """Issue 14: of a process that has loaded what the engine needs, and none of its settings."""
    go = Path("go").absolute()
    Path("model.py").write_text(HALTING.format(go=str(go)))
    warm.register("echo", "model.py")
    go.touch()
    first = warm.batch("echo", "in.json", engine="dask", workers=1).wait(PATIENCE)
    wait_until(lambda: _server_of_dask(warm) is not None)
    server = _server_of_dask(warm)
    go.unlink()
    second = warm.batch("echo", "in.json", engine="dask", workers=1)
    pid = second.folder.root / SupervisorProcess.FILE
    wait_until(pid.exists)
    words = words_of(psutil.Process(second.folder.require(SupervisorProcess).pid))
    go.touch()
    records = list(second.wait(PATIENCE).records())

    assert list(first.records()) == records == [{"n": 1}]
    assert words[-1] == str(server)
    loads = json.loads((server / "warm.json").read_text())["load"] if server else []
    assert "numpy" in loads
    assert not [name for name in loads if name.partition(".")[0] in ("dask", "distributed")]


def _server_of_dask(workspace: Workspace) -> Path | None:
    """Return the folder of the server for supervisors of jobs on Dask, None before it serves."""
    folder = fork_servers.supervisor_folder(workspace.settings, "dask")
    return None if folder == fork_servers.supervisor_folder(workspace.settings) else folder


def test_forks_of_the_oldest_python_draw_numbers_of_their_own(warm: Workspace) -> None:
    """Before 3.7 a fork went on with its parent's random numbers."""
    warmed(warm, "drawing", DRAWING, python=str(PYTHONS[0]))
    drawn = [list(warm.batch("drawing", "in.json").wait(PATIENCE).records()) for _ in range(2)]

    assert drawn[0] != drawn[1]


@pytest.mark.parametrize(
    ("preparation", "is_loaded"),
    [
        ("", True),
        ("import os; os.environ['MKL_THREADS'] = '1'", False),
        ("# load_dotenv() of dotenv comes first", False),
        ("sys.path.append('lib')", False),
    ],
    ids=["none", "environ", "dotenv", "path"],
)
def test_a_source_that_prepares_what_it_imports_loads_it_itself(
    warm: Workspace, preparation: str, is_loaded: bool
) -> None:
    """A library may become another one by an environment variable that is set before it is loaded."""
    warmed(warm, "preparing", LOADING.replace("before =", f"{preparation}\nbefore ="))

    assert list(warm.batch("preparing", "in.json").wait(PATIENCE).records()) == [is_loaded]


def test_without_the_setting_nothing_stays(warm: Workspace) -> None:
    """MODELOP_WARM=off."""
    assert not Settings.from_environment({"MODELOP_WARM": "off", "MODELOP_HOME": "/x"}).warms
    assert Settings.from_environment({"MODELOP_HOME": "/x"}).warms

    off = Settings(warm.settings.home, warm.settings.registry_url)
    with Workspace(off) as workspace:
        Path("model.py").write_text(SOURCE)
        workspace.register("off", "model.py")
        workspace.jobs.prepare()
        workspace.batch("off", "in.json").wait(PATIENCE)
        supervisor = workspace.jobs()[0]
        folder = workspace.job(supervisor.id).folder
        pid = folder.require(SupervisorProcess).pid
        wait_until(lambda: not psutil.pid_exists(pid))

    assert not off.warm.exists()


def test_the_first_job_is_a_fork_of_a_process_that_got_ready_for_it(warm: Workspace) -> None:
    """Its supervisor need not load anything."""
    Path("model.py").write_text(SLEEPING)
    warm.register("sleeping", "model.py")
    warm.env_build("sleeping")
    warm.jobs.prepare()
    wait_until(lambda: list(warm.settings.warm.glob("*/socket")))
    job = warm.batch("sleeping", [{"n": 3}])
    wait_until(lambda: "ready" in job.console())
    supervisor = psutil.Process(job.folder.require(SupervisorProcess).pid)

    assert "--prefork" in supervisor.cmdline()
    job.cancel()


def test_a_verb_that_submits_has_the_process_get_ready(
    warm: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before anything else, so that it loads while the verb does."""
    monkeypatch.setenv("MODELOP_HOME", str(warm.settings.home))
    monkeypatch.setenv("MODELOP_WARM", "on")
    code = main(["batch", "nobody", "in.json"])

    assert code == exit_codes.NOT_FOUND
    assert len(list(warm.settings.warm.iterdir())) == 1


def test_cancelling_ends_all_that_a_fork_has_started(warm: Workspace) -> None:
    """Also what left its group and its parent: it has the job's mark, as ever."""
    warmed(warm, "sleeping", SLEEPING)
    job = warm.batch("sleeping", [{"n": 2}, {"n": 3}])
    wait_until(lambda: "ready" in job.console())
    # One that has just been started has no environment yet.
    wait_until(lambda: len(marked(job.id)) == 3)
    family = marked(job.id)
    job.cancel()
    wait_until(lambda: not any(map(is_alive, family)))

    assert not [process for process in family if is_alive(process)]
    assert job.status is JobStatus.CANCELLED
    assert len(processes(warm)) == 2


def is_alive(process: psutil.Process) -> bool:
    try:
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def marked(job: str) -> list[psutil.Process]:
    found = []
    for path in Path("/proc").glob("[0-9]*/environ"):
        try:
            if f"MODELOP_JOB_ID={job}\0".encode() in path.read_bytes():
                found.append(psutil.Process(int(path.parent.name)))
        except (OSError, psutil.Error):
            continue
    return found


def is_runner(process: psutil.Process) -> bool:
    """Say whether a process is a fork that leads a session; forks of the model do not."""
    with contextlib.suppress(OSError):
        return "--prefork" in words_of(process) and os.getsid(process.pid) == process.pid
    return False


def test_a_fork_that_is_killed_is_an_error_and_the_next_job_works(warm: Workspace) -> None:
    """As with a fresh process: the signal and the record are named."""
    warmed(warm, "killed", SLEEPING)
    job = warm.batch("killed", [{"n": 3}], max_errors=None)
    wait_until(lambda: "ready" in job.console())
    runner = next(filter(is_runner, marked(job.id)))
    folder = job.folder
    for _ in range(2):  # the first kill may have come from elsewhere: the record has a second try
        runner.kill()
        wait_until(lambda: "ready" in job.console().partition("ready")[2] or folder.has(Outcome))
        runner = next(filter(is_runner, marked(job.id)), runner)
    job.wait(PATIENCE)

    assert job.status is JobStatus.ERROR
    assert "SIGKILL" in str(job.record.error) + str(job.errors())
    assert warm.batch("killed", "in.json").wait(PATIENCE).status is JobStatus.COMPLETE


def test_a_job_outlives_the_process_that_it_was_forked_from(warm: Workspace) -> None:
    """Whoever kills the warm processes takes no job with them."""
    go = Path("go").absolute()
    wait = f"while not os.path.exists({str(go)!r}): time.sleep(0.02)\n"
    warmed(warm, "orphan", SLEEPING.replace("time.sleep(600)\n", wait))
    job = warm.batch("orphan", [{"n": 2}, {"n": 3}])
    wait_until(lambda: "ready" in job.console())
    for process in processes(warm):
        process.kill()
    go.touch()
    job.wait(PATIENCE)

    assert job.status is JobStatus.COMPLETE
    assert seen(warm.batch("orphan", "in.json")) == {"n": 1}
    wait_until(lambda: len(processes(warm)) == 2)


@pytest.mark.parametrize("reason", ["idle", "environment"])
def test_a_warm_process_ends_by_itself(
    warm: Workspace, reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a while without a job, and when its environment is not what it was."""
    warmed(warm, "ending", SOURCE)
    shutil.rmtree(warm.settings.warm)
    wait_until(lambda: not processes(warm))
    if reason == "idle":
        monkeypatch.setattr(fork_servers, "IDLE_SECONDS", 1.0)
    record = warm.jobs()[0]
    environment = warm.env_show("ending").environment
    assert environment is not None
    loaded = warm.job(record.id).folder.read(LoadedModules)
    assert loaded is not None
    started: list[int] = []
    start = fork_servers.start_detached
    monkeypatch.setattr(
        fork_servers, "start_detached", lambda *words, **more: started.append(start(*words, **more))
    )
    fork_servers.start_for_runners(
        warm.settings,
        warm.snapshot("ending"),
        environment.python,
        loaded.modules,
        warm.blobs.read,
    )
    if reason == "environment":
        wait_until(lambda: list(warm.settings.warm.glob("*/socket")))
        settings = Path(environment.path, "pyvenv.cfg")
        before = settings.stat()
        os.utime(settings)

    wait_until(lambda: not processes(warm))
    wait_until(lambda: not list(warm.settings.warm.iterdir()))

    assert started
    if reason == "environment":
        # Other tests have the same environment, and it is not to look changed to them.
        os.utime(settings, ns=(before.st_atime_ns, before.st_mtime_ns))


def test_a_process_gets_ready_while_another_one_ends(warm: Workspace) -> None:
    """The folder of that is listed, and gone when it is looked at."""
    warm.settings.warm.mkdir(mode=0o700)
    (warm.settings.warm / "ended").symlink_to("nowhere")
    warm.jobs.prepare()

    assert [path.name for path in warm.settings.warm.glob("*/warm.json")] == ["warm.json"]
    wait_until(lambda: list(warm.settings.warm.glob("*/socket")))


def test_warm_processes_end_when_they_are_told_to(warm: Workspace) -> None:
    """As at a shutdown: what started them, the supervisor of an ended job, heeds no signal by then."""
    warmed(warm, "ended", DRAWING)
    for process in processes(warm):
        process.terminate()

    wait_until(lambda: not processes(warm))


def test_a_library_that_speaks_when_it_is_loaded_is_not_kept(warm: Workspace) -> None:
    """What it says belongs into every job's console."""
    Path("model.py").write_text("import this\n# modelop.score\ndef score(r): yield r\n")
    warm.register("chatty", "model.py")
    warm.env_build("chatty")
    first = warm.batch("chatty", "in.json").wait(PATIENCE)
    wait_until(lambda: list(warm.settings.warm.glob("*/refused")))

    assert "Zen of Python" in first.console()
    assert warm.batch("chatty", "in.json").wait(PATIENCE).console() == first.console()


def test_marks_and_signals_are_those_of_a_fresh_process(warm: Workspace) -> None:
    """SIGTERM means cancel for a supervisor that is a fork, too."""
    warmed(warm, "signals", SLEEPING)
    job = warm.batch("signals", [{"n": 2}, {"n": 3}])
    wait_until(lambda: "ready" in job.console())
    os.kill(job.folder.require(SupervisorProcess).pid, signal.SIGTERM)
    job.wait(PATIENCE)
    wait_until(lambda: not marked(job.id))

    assert job.status is JobStatus.CANCELLED

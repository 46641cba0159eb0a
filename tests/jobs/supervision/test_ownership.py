"""Which process is in charge of a job: the lock goes from the submitter to the supervisor."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from modelop_jupyter.jobs.folder import JobFolder
from modelop_jupyter.jobs.start import SupervisorProcess
from modelop_jupyter.jobs.supervision import ownership
from modelop_jupyter.processes import start_time

pytestmark = pytest.mark.skipif(os.name != "posix", reason="no locks that are handed over")
LONG_AGO = datetime.now(timezone.utc) - timedelta(hours=1)
SUPERVISOR = """\
import sys
from pathlib import Path
from modelop_jupyter.jobs.supervision import ownership
from modelop_jupyter.jobs.folder import JobFolder
from modelop_jupyter.jobs.start import SupervisorProcess
if "announces" in sys.argv:
    ownership.announce(JobFolder(Path(sys.argv[1])))
print("begun", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def folder(tmp_path: Path) -> JobFolder:
    folder = JobFolder(tmp_path / "job")
    folder.create()
    return folder


def started(folder: JobFolder, descriptors: dict[str, int], *words: str) -> subprocess.Popen[str]:
    """Start a process that holds its descriptors until its standard input is closed."""
    numbers = {name: str(number) for name, number in descriptors.items()}
    process = subprocess.Popen(
        [sys.executable, "-c", SUPERVISOR, str(folder.root), *words],
        env={**os.environ, **numbers},
        pass_fds=tuple(descriptors.values()),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "begun\n"
    return process


def ended(process: subprocess.Popen[str]) -> None:
    process.kill()
    process.communicate()


@pytest.mark.parametrize("words", [(), ("announces",)], ids=["not yet announced", "announced"])
def test_a_supervisor_is_in_charge_before_it_has_announced_itself(
    folder: JobFolder, words: tuple[str, ...]
) -> None:
    """Issue 11, number 3: no window between the start of a supervisor and its announcement."""
    with ownership.handed_over(folder) as descriptors:
        process = started(folder, dict(descriptors), *words)
    while_it_runs = ownership.is_supervised(folder, LONG_AGO)
    ended(process)

    assert while_it_runs
    assert not ownership.is_supervised(folder, datetime.now(timezone.utc))


def test_a_lock_that_another_child_of_the_submitter_kept_does_not_count(
    folder: JobFolder,
) -> None:
    """A process that was forked meanwhile, as a notebook's own may be, has the descriptor as well."""
    with ownership.handed_over(folder) as descriptors:
        other = started(folder, dict(descriptors))
        process = started(folder, dict(descriptors), "announces")
    ended(process)
    found = ownership.is_supervised(folder, LONG_AGO)
    ended(other)

    assert not found


def test_processes_that_only_look_do_not_find_each_other(folder: JobFolder) -> None:
    """A look is not taken for a supervisor."""
    import fcntl

    with ownership.handed_over(folder):
        held = ownership.is_locked(folder)
    with (folder.root / "supervisor.lock").open() as file:
        fcntl.flock(file, fcntl.LOCK_SH)
        looked_at = ownership.is_locked(folder)

    assert (held, looked_at) == (True, False)


def unlocked(_folder: JobFolder) -> None:
    """As an older version left it, or a disk without locks."""


def copied(folder: JobFolder) -> None:
    """As in a copy of the home: there is a file without a lock."""
    (folder.root / "supervisor.lock").touch()


@pytest.mark.parametrize("prepare", [unlocked, copied])
def test_a_supervisor_that_runs_is_in_charge_without_a_lock(
    folder: JobFolder, prepare: Callable[[JobFolder], None]
) -> None:
    """No runner is killed whose supervisor lives."""
    prepare(folder)
    folder.write(SupervisorProcess(os.getpid(), start_time(os.getpid())))

    assert ownership.is_supervised(folder, LONG_AGO)


def test_only_one_at_a_time_ends_a_job(folder: JobFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    """Issue 11, number 5: the second process finds the end of the first, or looks again."""
    monkeypatch.setattr(ownership, "_PATIENCE_SECONDS", 0.0)
    with ownership.lock_end(folder) as first, ownership.lock_end(folder) as second:
        found = (first, second)
    with ownership.lock_end(folder) as third:
        pass

    assert (*found, third) == (True, False, True)


@pytest.mark.parametrize("text", ["", '{"pid"', "[]", '{"pid": "x", "began": 1}', '{"began": 1}'])
def test_a_damaged_announcement_is_none(folder: JobFolder, text: str) -> None:
    """The lock decides; where there is none, no process is in charge."""
    (folder.root / "supervisor.json").write_text(text)

    assert ownership.supervisor_of(folder) is None
    assert not ownership.is_supervised(folder, datetime.now(timezone.utc))


def test_a_supervisor_announces_itself_before_it_loads_the_rest(folder: JobFolder) -> None:
    """A small job is over before all classes of the protocol are made."""
    code = (
        "import sys\nfrom pathlib import Path\n"
        "from modelop_jupyter.jobs.supervision.__main__ import JobFolder, announce\n"
        "announce(JobFolder(Path(sys.argv[1])))\n"
        "rest = {'modelop_jupyter.jobs.protocol', 'modelop_jupyter.domain.jobs', 'hashlib', 'email'}\n"
        "sys.exit(repr(rest & set(sys.modules)) if rest & set(sys.modules) else 0)"
    )
    (folder.root / "supervisor.lock").touch()
    command = [sys.executable, "-c", code, str(folder.root)]
    done = subprocess.run(command, capture_output=True, text=True)

    assert done.returncode == 0, done.stderr
    assert folder.read(SupervisorProcess) is not None

"""Who is in charge of a job, known for sure: the lock goes from the submitter to the supervisor."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from modelop_jupyter.engines import started_at
from modelop_jupyter.jobs import supervision
from modelop_jupyter.jobs.folder import JobFolder

pytestmark = pytest.mark.skipif(os.name != "posix", reason="no locks that are handed over")
LONG_AGO = datetime.now(timezone.utc) - timedelta(hours=1)
SUPERVISOR = """\
import sys
from pathlib import Path
from modelop_jupyter.jobs import supervision
from modelop_jupyter.jobs.folder import JobFolder
if "announces" in sys.argv:
    supervision.announce(JobFolder(Path(sys.argv[1])))
print("begun", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def folder(tmp_path: Path) -> JobFolder:
    folder = JobFolder(tmp_path / "job")
    folder.create()
    return folder


def started(folder: JobFolder, descriptors: dict[str, int], *words: str) -> subprocess.Popen[str]:
    """Start a process that holds what it was given until its standard input is closed."""
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
def test_a_supervisor_is_in_charge_until_it_ends_however_long_it_takes_to_say_so(
    folder: JobFolder, words: tuple[str, ...]
) -> None:
    """Issue 11, number 3: no window between the start of a supervisor and its announcement."""
    with supervision.handed_over(folder) as descriptors:
        process = started(folder, dict(descriptors), *words)
    while_it_runs = supervision.is_supervised(folder, LONG_AGO)
    ended(process)

    assert while_it_runs
    assert not supervision.is_supervised(folder, datetime.now(timezone.utc))


def test_a_lock_that_another_child_of_the_submitter_kept_says_nothing_any_more(
    folder: JobFolder,
) -> None:
    """A process that was forked meanwhile, as a notebook's own may be, has the descriptor as well."""
    with supervision.handed_over(folder) as descriptors:
        other = started(folder, dict(descriptors))
        process = started(folder, dict(descriptors), "announces")
    ended(process)
    found = supervision.is_supervised(folder, LONG_AGO)
    ended(other)

    assert not found


def test_those_who_look_do_not_see_one_another(folder: JobFolder) -> None:
    """A look is not taken for a supervisor."""
    import fcntl

    with supervision.handed_over(folder):
        held = supervision.is_locked(folder)
    with (folder.root / "supervisor.lock").open() as file:
        fcntl.flock(file, fcntl.LOCK_SH)
        looked_at = supervision.is_locked(folder)

    assert (held, looked_at) == (True, False)


def unlocked(_folder: JobFolder) -> None:
    """As an older version left it, or a disk without locks."""


def copied(folder: JobFolder) -> None:
    """As in a copy of the home: there is a file, and nobody holds it."""
    (folder.root / "supervisor.lock").touch()


@pytest.mark.parametrize("prepare", [unlocked, copied])
def test_a_supervisor_that_runs_is_in_charge_without_a_lock(
    folder: JobFolder, prepare: Callable[[JobFolder], None]
) -> None:
    """Nobody kills a runner whose supervisor lives."""
    prepare(folder)
    folder.write("supervisor.json", {"pid": os.getpid(), "began": started_at(os.getpid())})

    assert supervision.is_supervised(folder, LONG_AGO)


def test_only_one_at_a_time_ends_a_job(folder: JobFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    """Issue 11, number 5: who comes second sees what the first has done, or looks again."""
    monkeypatch.setattr(supervision, "_PATIENCE_SECONDS", 0.0)
    with supervision.ending(folder) as first, supervision.ending(folder) as second:
        found = (first, second)
    with supervision.ending(folder) as third:
        pass

    assert (*found, third) == (True, False, True)


@pytest.mark.parametrize("text", ["", '{"pid"', "[]", '{"pid": "x", "began": 1}', '{"began": 1}'])
def test_a_damaged_announcement_is_none(folder: JobFolder, text: str) -> None:
    """The lock tells who is in charge; where there is none, nobody is."""
    (folder.root / "supervisor.json").write_text(text)

    assert supervision.supervisor_of(folder) is None
    assert not supervision.is_supervised(folder, datetime.now(timezone.utc))

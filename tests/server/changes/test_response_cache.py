"""Lists are answered from memory while nothing has changed, and never from before a change."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timezone
from itertools import count
from pathlib import Path

import pytest

from modelop_jupyter import Workspace
from modelop_jupyter.domain.jobs import JobKind, JobRecord, JobResult, JobStatus
from modelop_jupyter.jobs.folder import JobFolder
from modelop_jupyter.server.changes import response_cache
from modelop_jupyter.server.changes.home_state import Dependency, HomeStateReader
from modelop_jupyter.server.changes.response_cache import ResponseCache
from tests.server.conftest import ApiCall
from tests.waiting import PATIENCE

ALL: tuple[Dependency, ...] = ("registry", "jobs", "environments")
JOB = "11110000-0000-4000-8000-000000000000"

# What another process does to a home, in a home whose path is the first argument.
OPENED = """\
import sys
from datetime import datetime, timezone
from pathlib import Path
import time
from dataclasses import replace
from modelop_jupyter import Workspace
from modelop_jupyter.domain.jobs import JobStatus
from modelop_jupyter.jobs.start import PhaseEvent
from modelop_jupyter.settings import Settings
home = Path(sys.argv[1])
workspace = Workspace(Settings(home, f"sqlite:///{home / 'registry.db'}"))
"""
ANOTHER_ROLE = 'workspace.asset_role("double", "double.py", "UNKNOWN")'
REMOVED = 'workspace.registry.remove_model("double")'
ENDED = f"""\
job = workspace.registry.get_job("{JOB}")
workspace.registry.finish_job(replace(job, status=JobStatus.CANCELLED, output="elsewhere.json"))
"""
GONE_ON = f'workspace.job("{JOB}").folder.append(PhaseEvent(time.time(), "running"))'
NOTED = """\
folder = home / "environments" / "status"
folder.mkdir(parents=True, exist_ok=True)
(folder / "some.json").write_text("{}")
"""


def elsewhere(home: Path, done: str) -> None:
    """Do something to a home in a process of its own, and wait until it has ended."""
    subprocess.run([sys.executable, "-c", OPENED + done, str(home)], check=True, timeout=PATIENCE)


@pytest.fixture
def environments(tmp_path: Path) -> Path:
    """A folder of its own: jobs of other tests may still write to the common one."""
    folder = tmp_path / "environments"
    folder.mkdir()
    return folder


@pytest.fixture
def running(workspace: Workspace, model: str) -> str:
    """A job that goes on, as far as anybody knows, of the model."""
    workspace.snapshot(model)
    job = JobRecord(
        JOB, JobKind.BATCH, model, 1, JobStatus.RUNNING, JobResult.UNKNOWN, datetime.now(timezone.utc)
    )  # fmt: skip
    JobFolder(workspace.settings.jobs / job.id).create()
    workspace.registry.add_job(job)
    return job.id


@pytest.fixture
def reader(workspace: Workspace) -> Iterator[HomeStateReader]:
    reader = HomeStateReader(workspace)
    yield reader
    reader.close()


@pytest.fixture
def cache(reader: HomeStateReader, monkeypatch: pytest.MonkeyPatch) -> ResponseCache:
    """A cache that forgets nothing by itself while a test runs."""
    monkeypatch.setattr(response_cache, "VOLATILE_SECONDS", 3600.0)
    monkeypatch.setattr(response_cache, "MAX_AGE_SECONDS", 3600.0)
    return ResponseCache(reader)


@pytest.fixture
def compute() -> Callable[[], bytes]:
    """Make another answer each time."""
    numbers = count()
    return lambda: b"%d" % next(numbers)


@pytest.fixture
def settled(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Take every time of a file for exact, however lately it was written."""
    monkeypatch.setattr("modelop_jupyter.server.changes.home_state._TIME_STEP_NS", 0)


@pytest.mark.parametrize("dependencies", [("registry",), ("registry", "jobs"), ALL])
def test_what_has_not_changed_is_made_once(
    cache: ResponseCache,
    running: str,
    compute: Callable[[], bytes],
    dependencies: tuple[Dependency, ...],
    settled: None,
) -> None:
    """Fifty browsers that look at one list cost one look at the registry each, no more."""
    assert [cache.get("a", dependencies, compute), cache.get("a", dependencies, compute)] == [
        b"0",
        b"0",
    ]


@pytest.mark.parametrize(
    ("dependencies", "done"),
    [
        (("registry",), ANOTHER_ROLE),
        (("registry",), REMOVED),
        (("registry",), ENDED),
        (("registry", "jobs"), GONE_ON),
        (ALL, NOTED),
    ],
)
def test_what_another_process_wrote_is_seen_by_the_next_request(
    cache: ResponseCache,
    running: str,
    compute: Callable[[], bytes],
    home: Path,
    dependencies: tuple[Dependency, ...],
    done: str,
    settled: None,
) -> None:
    """By whatever way it was written; nobody has to wait until a time is over."""
    before = cache.get("a", dependencies, compute)
    elsewhere(home, done)

    assert (before, cache.get("a", dependencies, compute)) == (b"0", b"1")


def test_what_was_written_a_moment_ago_is_not_kept(
    cache: ResponseCache, compute: Callable[[], bytes], home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A second change within one step of the file system's clock would leave the same time."""
    monkeypatch.setattr("modelop_jupyter.server.changes.home_state._TIME_STEP_NS", 10**18)

    assert [cache.get("a", ALL, compute), cache.get("a", ALL, compute)] == [b"0", b"1"]


def test_what_passes_without_being_written_is_seen(
    cache: ResponseCache,
    running: str,
    compute: Callable[[], bytes],
    settled: None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The seconds of a build go on, and a supervisor that is killed writes nothing."""
    monkeypatch.setattr(response_cache, "VOLATILE_SECONDS", 0.0)
    monkeypatch.setattr(response_cache, "MAX_AGE_SECONDS", 0.0)

    assert [cache.get("a", ALL, compute), cache.get("a", ALL, compute)] == [b"0", b"1"]


def test_requests_for_the_same_wait_for_one_answer(cache: ResponseCache) -> None:
    """Those that came before it was begun; it has seen all that they may ask for."""
    begun, release = threading.Event(), threading.Event()
    numbers = count()

    def compute() -> bytes:
        begun.set()
        release.wait(PATIENCE)
        return b"%d" % next(numbers)

    with ThreadPoolExecutor(4) as pool:
        first = pool.submit(cache.get, "a", ("registry",), compute)
        assert begun.wait(PATIENCE)
        others = [pool.submit(cache.get, "a", ("registry",), compute) for _ in range(3)]
        release.set()
        bodies = [future.result(PATIENCE) for future in (first, *others)]

    assert bodies == [b"0"] * 4


def test_an_answer_that_could_not_be_made_keeps_nobody(cache: ResponseCache) -> None:
    """The next request tries again."""
    with pytest.raises(ZeroDivisionError):
        cache.get("a", ("registry",), lambda: b"%d" % (1 // 0))

    assert cache.get("a", ("registry",), lambda: b"there") == b"there"


def test_what_is_kept_is_bounded(
    cache: ResponseCache, compute: Callable[[], bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The oldest goes first, so that a server that runs for a year takes no more."""
    monkeypatch.setattr(response_cache, "MAX_BYTES", 2)
    cache.get("a", ("registry",), compute)
    cache.get("b", ("registry",), compute)
    cache.get("a", ("registry",), compute)
    cache.get("c", ("registry",), compute)

    assert [cache.get(key, ("registry",), compute) for key in "ab"] == [b"0", b"3"]


def test_a_database_that_tells_no_version_keeps_nothing(
    cache: ResponseCache, compute: Callable[[], bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Correct first: there, every request makes its answer."""
    monkeypatch.setattr("modelop_jupyter.registry.watch._VERSIONS", {})

    assert [cache.get("a", ("registry",), compute) for _ in range(2)] == [b"0", b"1"]


@pytest.mark.parametrize(
    ("path", "done"),
    [("models", REMOVED), ("overview", REMOVED), ("jobs", ENDED), ("jobs", GONE_ON)],
)
async def test_the_server_answers_with_what_another_process_wrote(
    api: ApiCall, home: Path, running: str, path: str, done: str
) -> None:
    """The request behind a write has it, also where the one before it was answered from memory."""
    first = await api("GET", path)
    again = await api("GET", path)
    elsewhere(home, done)
    after = await api("GET", path)

    assert first[0] == again[0] == after[0] == 200
    assert first[1]["models" if path == "overview" else "total"] == 1
    assert after != again


async def test_pages_and_questions_are_kept_apart(api: ApiCall, model: str) -> None:
    """An answer is that of one address with all that was asked."""
    _, one = await api("GET", "models?match=dou")
    _, none = await api("GET", "models?match=none")
    _, behind = await api("GET", "models?offset=1")

    assert [len(page["rows"]) for page in (one, none, behind)] == [1, 0, 0]

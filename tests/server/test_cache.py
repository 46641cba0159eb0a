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
from modelop_jupyter.server import cache
from modelop_jupyter.server.cache import AnswerCache
from modelop_jupyter.server.sources import Source, Sources
from tests.server.conftest import Ask

ALL: tuple[Source, ...] = ("registry", "jobs", "environments")
JOB = "11110000-0000-4000-8000-000000000000"

# What another process does to a home, in a home whose path is the first argument.
OPENED = """\
import sys
from datetime import datetime, timezone
from pathlib import Path
from modelop_jupyter import Workspace
from modelop_jupyter.settings import Settings
home = Path(sys.argv[1])
workspace = Workspace(Settings(home, f"sqlite:///{home / 'registry.db'}"))
"""
ANOTHER_ROLE = 'workspace.asset_role("double", "double.py", "UNKNOWN")'
REMOVED = 'workspace.registry.remove_model("double")'
MOVED_OUTPUT = f'workspace.registry.update_job("{JOB}", output="elsewhere.json")'
GONE_ON = f'workspace.job_service.folder("{JOB}").append("phase", phase="running")'
NOTED = """\
folder = home / "environments" / "status"
folder.mkdir(parents=True, exist_ok=True)
(folder / "some.json").write_text("{}")
"""


def elsewhere(home: Path, done: str) -> None:
    """Do something to a home in a process of its own, and wait until it has ended."""
    subprocess.run([sys.executable, "-c", OPENED + done, str(home)], check=True, timeout=60)


@pytest.fixture
def running(workspace: Workspace, model: str) -> str:
    """A job that goes on, as far as anybody knows, of the model."""
    workspace.snapshot(model)
    job = JobRecord(
        JOB, JobKind.BATCH, model, 1, JobStatus.RUNNING, JobResult.UNKNOWN, datetime.now(timezone.utc)
    )  # fmt: skip
    workspace.job_service.folder(job.id).create()
    workspace.registry.add_job(job)
    return job.id


@pytest.fixture
def sources(workspace: Workspace) -> Iterator[Sources]:
    found = Sources(workspace)
    yield found
    found.close()


@pytest.fixture
def answers(sources: Sources, monkeypatch: pytest.MonkeyPatch) -> AnswerCache:
    """A cache that forgets nothing by itself while a test runs."""
    monkeypatch.setattr(cache, "MOVING_SECONDS", 3600.0)
    monkeypatch.setattr(cache, "LONGEST_SECONDS", 3600.0)
    return AnswerCache(sources)


@pytest.fixture
def make() -> Callable[[], bytes]:
    """Make another answer each time."""
    numbers = count()
    return lambda: b"%d" % next(numbers)


@pytest.fixture
def settled(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Take every time of a file for exact, however lately it was written."""
    monkeypatch.setattr("modelop_jupyter.server.sources._STEP_NS", 0)


@pytest.mark.parametrize("wanted", [("registry",), ("registry", "jobs"), ALL])
def test_what_has_not_changed_is_made_once(
    answers: AnswerCache,
    running: str,
    make: Callable[[], bytes],
    wanted: tuple[Source, ...],
    settled: None,
) -> None:
    """Fifty browsers that look at one list cost one look at the registry each, no more."""
    assert [answers.get("a", wanted, make), answers.get("a", wanted, make)] == [b"0", b"0"]


@pytest.mark.parametrize(
    ("wanted", "done"),
    [
        (("registry",), ANOTHER_ROLE),
        (("registry",), REMOVED),
        (("registry",), MOVED_OUTPUT),
        (("registry", "jobs"), GONE_ON),
        (ALL, NOTED),
    ],
)
def test_what_another_process_wrote_is_seen_by_the_next_request(
    answers: AnswerCache,
    running: str,
    make: Callable[[], bytes],
    home: Path,
    wanted: tuple[Source, ...],
    done: str,
    settled: None,
) -> None:
    """By whatever way it was written; nobody has to wait until a time is over."""
    before = answers.get("a", wanted, make)
    elsewhere(home, done)

    assert (before, answers.get("a", wanted, make)) == (b"0", b"1")


def test_what_was_written_a_moment_ago_is_not_kept(
    answers: AnswerCache, make: Callable[[], bytes], home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A second change within one step of the file system's clock would leave the same time."""
    monkeypatch.setattr("modelop_jupyter.server.sources._STEP_NS", 10**18)

    assert [answers.get("a", ALL, make), answers.get("a", ALL, make)] == [b"0", b"1"]


def test_what_passes_without_being_written_is_seen(
    answers: AnswerCache,
    running: str,
    make: Callable[[], bytes],
    settled: None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The seconds of a build go on, and a supervisor that is killed writes nothing."""
    monkeypatch.setattr(cache, "MOVING_SECONDS", 0.0)
    monkeypatch.setattr(cache, "LONGEST_SECONDS", 0.0)

    assert [answers.get("a", ALL, make), answers.get("a", ALL, make)] == [b"0", b"1"]


def test_requests_for_the_same_wait_for_one_answer(answers: AnswerCache) -> None:
    """Those that came before it was begun; it has seen all that they may ask for."""
    begun, release = threading.Event(), threading.Event()
    numbers = count()

    def make() -> bytes:
        begun.set()
        release.wait(30)
        return b"%d" % next(numbers)

    with ThreadPoolExecutor(4) as pool:
        first = pool.submit(answers.get, "a", ("registry",), make)
        begun.wait(30)
        others = [pool.submit(answers.get, "a", ("registry",), make) for _ in range(3)]
        release.set()
        found = [each.result(30) for each in (first, *others)]

    assert found == [b"0"] * 4


def test_an_answer_that_could_not_be_made_keeps_nobody(answers: AnswerCache) -> None:
    """The next request tries again."""
    with pytest.raises(ZeroDivisionError):
        answers.get("a", ("registry",), lambda: b"%d" % (1 // 0))

    assert answers.get("a", ("registry",), lambda: b"there") == b"there"


def test_what_is_kept_is_bounded(
    answers: AnswerCache, make: Callable[[], bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The oldest goes first, so that a server that runs for a year takes no more."""
    monkeypatch.setattr(cache, "MOST_BYTES", 2)
    answers.get("a", ("registry",), make)
    answers.get("b", ("registry",), make)
    answers.get("a", ("registry",), make)
    answers.get("c", ("registry",), make)

    assert [answers.get(key, ("registry",), make) for key in "ab"] == [b"0", b"3"]


def test_a_database_that_tells_no_version_keeps_nothing(
    answers: AnswerCache, make: Callable[[], bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Correct first: there, every request makes its answer."""
    monkeypatch.setattr("modelop_jupyter.registry.watching._VERSIONS", {})

    assert [answers.get("a", ("registry",), make) for _ in range(2)] == [b"0", b"1"]


@pytest.mark.parametrize(
    ("path", "done"),
    [("models", REMOVED), ("overview", REMOVED), ("jobs", MOVED_OUTPUT), ("jobs", GONE_ON)],
)
async def test_the_server_answers_with_what_another_process_wrote(
    ask: Ask, home: Path, running: str, path: str, done: str
) -> None:
    """The request behind a write has it, also where the one before it was answered from memory."""
    first = await ask("GET", path)
    again = await ask("GET", path)
    elsewhere(home, done)
    after = await ask("GET", path)

    assert first[0] == again[0] == after[0] == 200
    assert first[1]["models" if path == "overview" else "total"] == 1
    assert after != again


async def test_pages_and_questions_are_kept_apart(ask: Ask, model: str) -> None:
    """An answer is that of one address with all that was asked."""
    _, one = await ask("GET", "models?match=dou")
    _, none = await ask("GET", "models?match=none")
    _, behind = await ask("GET", "models?offset=1")

    assert [len(each["rows"]) for each in (one, none, behind)] == [1, 0, 0]

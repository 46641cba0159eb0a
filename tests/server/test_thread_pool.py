"""Work of requests in threads: one that is stuck takes nobody's place, and holds no server."""

from __future__ import annotations

import asyncio
import gc
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from modelop_jupyter.errors import ConflictError
from modelop_jupyter.server import thread_pool
from modelop_jupyter.server.thread_pool import ThreadPool
from tests.waiting import PATIENCE


@pytest.fixture
def stuck() -> Iterator[threading.Event]:
    """What stuck work waits for."""
    event = threading.Event()
    yield event
    event.set()


def fail() -> None:
    raise ValueError("no")


async def test_what_work_returns_or_raises_is_told() -> None:
    """As if it were called here."""
    pool = ThreadPool("test", 2)

    assert await asyncio.gather(*(pool.run(lambda n=n: n) for n in range(100))) == [*range(100)]
    with pytest.raises(ValueError, match="no"):
        await pool.run(fail)


async def test_a_failure_after_the_end_of_its_request_is_not_logged(
    stuck: threading.Event,
) -> None:
    """A server that stops while it looks for changes, and whose home is gone by then."""
    logged: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: logged.append(context))
    pool, begun = ThreadPool("test", 1), threading.Event()

    def fail_late() -> None:
        begun.set()
        stuck.wait()
        fail()

    request = asyncio.ensure_future(pool.run(fail_late))
    await asyncio.to_thread(begun.wait, PATIENCE)
    request.cancel()
    await asyncio.gather(request, return_exceptions=True)
    stuck.set()
    # By its end the thread has handed over the failure of the one before.
    await pool.run(lambda: None)
    del request
    gc.collect()

    assert logged == []


async def test_no_more_are_at_work_than_may_be() -> None:
    """Eight requests of one client, and the machine has other things to do."""
    pool, now, most = ThreadPool("test", 3), [0], [0]
    lock = threading.Lock()

    def work() -> None:
        with lock:
            now[0] += 1
            most[0] = max(most[0], now[0])
        threading.Event().wait(0.001)
        with lock:
            now[0] -= 1

    await asyncio.gather(*(pool.run(work) for _ in range(100)))

    assert most[0] <= 3


async def test_stuck_work_gives_its_place_to_others(stuck: threading.Event) -> None:
    """Twelve requests on a pipe stopped the whole server."""
    pool = ThreadPool("test", 2, stuck_seconds=0.05)
    held = [asyncio.ensure_future(pool.run(stuck.wait)) for _ in range(12)]

    assert await asyncio.wait_for(pool.run(lambda: "answer"), PATIENCE) == "answer"
    stuck.set()
    await asyncio.gather(*held)


async def test_a_thread_goes_on_with_the_queue_while_others_are_stuck(
    stuck: threading.Event,
) -> None:
    """It ended as if the stuck ones did the work, and each request waited until they were counted again."""
    pool = ThreadPool("test", 1, stuck_seconds=PATIENCE)
    begun, release = threading.Event(), threading.Event()
    held = asyncio.ensure_future(pool.run(lambda: (begun.set(), stuck.wait())))
    await asyncio.to_thread(begun.wait, PATIENCE)
    pool._busy = dict.fromkeys(pool._busy, time.monotonic() - PATIENCE)
    first = asyncio.ensure_future(pool.run(release.wait))
    second = asyncio.ensure_future(pool.run(lambda: "answer"))
    await asyncio.sleep(0)
    release.set()

    assert await asyncio.wait_for(second, PATIENCE / 2) == "answer"
    stuck.set()
    await asyncio.gather(held, first)


async def test_too_much_stuck_work_is_refused(
    stuck: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Threads are not made without end."""
    monkeypatch.setattr(thread_pool, "_MAX_STUCK", 1)
    pool = ThreadPool("test", 1, stuck_seconds=0.01)
    begun = [threading.Event(), threading.Event()]

    def hold(event: threading.Event) -> None:
        event.set()
        stuck.wait()

    held = [asyncio.ensure_future(pool.run(lambda e=e: hold(e))) for e in begun]
    await asyncio.gather(*(asyncio.to_thread(event.wait, PATIENCE) for event in begun))
    with pytest.raises(ConflictError, match="too many requests"):
        await pool.run(lambda: None)

    stuck.set()
    await asyncio.gather(*held)


async def test_closing_waits_a_moment_and_says_what_is_not_done(stuck: threading.Event) -> None:
    """The database is let go of only when nobody uses it."""
    pool, begun = ThreadPool("test", 1), threading.Event()
    held = asyncio.ensure_future(pool.run(lambda: (begun.set(), stuck.wait())))
    await asyncio.to_thread(begun.wait, PATIENCE)

    assert not pool.close(0.01)
    stuck.set()
    await held
    assert pool.close(PATIENCE)


def test_a_stuck_thread_does_not_keep_the_process() -> None:
    """SIGTERM ends a server whatever its threads wait for."""
    code = (
        "import asyncio, threading; from modelop_jupyter.server.thread_pool import ThreadPool\n"
        "async def main():\n"
        "    begun = threading.Event()\n"
        "    work = lambda: (begun.set(), threading.Event().wait())\n"
        "    task = asyncio.ensure_future(ThreadPool('t', 1).run(work))\n"
        "    await asyncio.to_thread(begun.wait)\n"
        "    task.cancel()\n"
        "asyncio.run(main())"
    )

    assert subprocess.run([sys.executable, "-c", code], timeout=PATIENCE).returncode == 0

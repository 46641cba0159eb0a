"""What clients may do to the server, over real connections."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from modelop_jupyter.deployments.http_server import ServerLimits
from modelop_jupyter.deployments.served_model import RequestLimits

from ..waiting import wait_until
from .conftest import GoLive, Live, read_all

pytestmark = pytest.mark.slow

_MODEL = """\
import time
from pathlib import Path

# modelop.score
def score(record):
    if isinstance(record, dict):
        Path(record["wait_for"] + ".begun").touch()
        while not Path(record["wait_for"]).exists():
            time.sleep(0.01)
    yield record
"""
_HEAD = b"POST /score HTTP/1.1\r\nHost: localhost\r\n"


@pytest.fixture(scope="module")
def live(go_live: GoLive) -> Iterator[Live]:
    """Patient enough with a busy machine, and not with a client that sends nothing."""
    limits = ServerLimits(header_time=1.0, body_time=1.0)
    with go_live(_MODEL, limits=RequestLimits(body=10_000), server_limits=limits) as live:
        yield live


def _status_and_code(answer: bytes) -> tuple[int, str]:
    head, _, body = answer.partition(b"\r\n\r\n")
    return int(head.split()[1]), json.loads(body)["code"]


def _post(body: bytes, *headers: bytes) -> bytes:
    lines = [b"Content-Length: %d" % len(body), *headers]
    return _HEAD + b"".join(line + b"\r\n" for line in lines) + b"\r\n" + body


def test_requests_in_a_row_are_answered_on_one_connection(live: Live) -> None:
    answer = live.talk(_post(b"1"), _post(b"2", b"Connection: close"))

    assert answer.count(b"HTTP/1.1 200 OK") == 2
    assert answer.endswith(b"\r\n\r\n2")


@pytest.mark.parametrize(
    ("sent", "status", "code"),
    [
        (b"nonsense\r\n\r\n", 400, "bad_request"),
        (b"GET \xff HTTP/1.1\r\n\r\n", 400, "bad_request"),
        (b"CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n", 400, "bad_request"),
        (_HEAD + b"Content-Length: -1\r\n\r\n", 400, "bad_request"),
        (_HEAD + b"X: " + b"x" * 100_000, 431, "headers_too_large"),
        (_HEAD + b"X: " + b"x" * 100_000 + b"\r\n\r\n", 431, "headers_too_large"),
        (_HEAD + b"X: x\r\n" * 200 + b"\r\n", 431, "headers_too_large"),
        (
            _HEAD + b"Transfer-Encoding: chunked\r\n\r\n0\r\nX: " + b"x" * 300_000,
            431,
            "headers_too_large",
        ),
        (_HEAD, 408, "slow_request"),
        (_HEAD + b"Content-Length: 9\r\n\r\n1", 408, "slow_request"),
        (_HEAD + b"Content-Length: 900000\r\n\r\n" + b"1" * 20_000, 413, "too_large"),
    ],
)
def test_what_is_too_much_or_too_slow_gets_one_sentence(
    live: Live, sent: bytes, status: int, code: str
) -> None:
    assert _status_and_code(live.talk(sent)) == (status, code)


@pytest.mark.parametrize("sent", [b"", b"\r\n"])
def test_a_connection_without_a_request_is_closed(live: Live, sent: bytes) -> None:
    assert live.talk(sent) == b""


def test_a_record_that_is_not_all_there_is_not_scored(live: Live) -> None:
    before = len(live.answered)
    with live.connect() as connection:
        connection.sendall(_HEAD + b"Content-Length: 5\r\n\r\n123")
    live.talk(_post(b"1", b"Connection: close"))

    assert [record.text for record in live.answered[before:]] == [b"1"]


def test_more_connections_than_may_be_are_asked_to_come_back(go_live: GoLive) -> None:
    with (
        go_live(_MODEL, server_limits=ServerLimits(connections=1)) as live,
        live.connect(),
    ):
        wait_until(lambda: live.http.open_connections == 1)
        answer = live.talk(_post(b"1"))

    assert _status_and_code(answer) == (503, "too_many_connections")
    assert b"retry-after: 1\r\n" in answer


def test_a_stop_answers_what_is_in_progress(go_live: GoLive, tmp_path: Path) -> None:
    """And closes connections that wait for nothing."""
    gate = tmp_path / "gate"
    with go_live(_MODEL) as live, live.connect() as idle, live.connect() as busy:
        busy.sendall(_post(json.dumps({"wait_for": str(gate)}).encode()))
        wait_until(Path(f"{gate}.begun").exists)
        stopping = threading.Thread(target=live.stop)
        stopping.start()
        was_closed = read_all(idle)
        gate.touch()
        answer = read_all(busy)
        stopping.join()

    assert was_closed == b""
    assert answer.startswith(b"HTTP/1.1 200 OK")
    assert b"connection: close" in answer


def test_a_stop_does_not_wait_for_ever(go_live: GoLive, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    with go_live(_MODEL) as live, live.connect() as busy:
        busy.sendall(_post(json.dumps({"wait_for": str(gate)}).encode()))
        wait_until(Path(f"{gate}.begun").exists)
        live.stop(0.1)
        answer = read_all(busy)

    assert _status_and_code(answer) == (503, "stopping")

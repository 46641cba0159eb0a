"""Records as JSON lines, over a real connection."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import Iterator

import httpx
import pytest

from modelop_jupyter.deployments.served_model import RequestLimits

from ..waiting import PATIENCE, wait_until
from .conftest import GoLive, Live

pytestmark = pytest.mark.slow

_MODEL = """\
# modelop.score
def score(record):
    if isinstance(record, str):
        yield record
        return
    for number in range(record.get("times", 1)):
        yield {"y": record["x"] * 2 + number}
"""
_HEADERS = {"content-type": "application/jsonlines"}


@pytest.fixture(scope="module")
def live(go_live: GoLive) -> Iterator[Live]:
    with go_live(_MODEL, size=2, limits=RequestLimits(PATIENCE, body=100_000)) as live:
        yield live


def _post(live: Live, content: str | Iterator[bytes], **headers: str) -> httpx.Response:
    return httpx.post(
        f"{live.url}/score", content=content, headers={**_HEADERS, **headers}, timeout=PATIENCE
    )


@pytest.mark.parametrize(
    "media", ["application/jsonlines", "application/x-ndjson", "application/jsonl; charset=utf-8"]
)
def test_each_line_is_answered_by_a_line(live: Live, media: str) -> None:
    answer = _post(
        live, '{"x": 1}\n\n{"x": 2, "times": 2}\r\n {"x": 3, "times": 0}', **{"content-type": media}
    )

    assert answer.text == '{"y":2}\n[{"y":4},{"y":5}]\n[]\n'
    assert answer.headers["content-type"] == media.partition(";")[0]


def test_a_bad_line_has_the_reason_in_its_place(live: Live) -> None:
    lines = ['{"x": 1}', "{x}", "{}", json.dumps("a" * 150_000), '{"x": 5}']

    answer = _post(live, "\n".join(lines))

    found = [json.loads(line) for line in answer.text.splitlines()]
    assert answer.status_code == 200
    assert [found[0], found[4]] == [{"y": 2}, {"y": 10}]
    assert [(one["error"]["record"], one["error"]["code"]) for one in found[1:4]] == [
        (1, "input_encoding"),
        (2, "model"),
        (3, "too_large"),
    ]


def test_a_body_without_records_has_no_answer(live: Live) -> None:
    answer = _post(live, "\n")

    assert (answer.status_code, answer.text) == (200, "")


def test_a_line_is_answered_before_the_next_is_sent(live: Live) -> None:
    """So that a client can look at an answer, and then decide what to ask."""
    head = b"POST /score HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/jsonl\r\n"
    with live.connect() as connection:
        connection.sendall(head + b'Transfer-Encoding: chunked\r\n\r\n9\r\n{"x": 1}\n\r\n')
        found = b""
        while b'{"y":2}' not in found:
            found += connection.recv(1000)
        connection.sendall(b'9\r\n{"x": 4}\n\r\n0\r\n\r\n')
        while b'{"y":8}' not in found:
            found += connection.recv(1000)

    assert found.count(b"HTTP/1.1 200 OK") == 1


def test_a_client_that_reads_nothing_before_it_has_sent_all_is_answered(live: Live) -> None:
    """As most are; the answer is larger than all buffers between the two."""
    text = json.dumps("a" * 95_000).encode() + b"\n"

    answer = _post(live, itertools.repeat(text, 200))

    assert answer.content == text * 200


def test_a_client_that_goes_away_is_forgotten(live: Live) -> None:
    head = b"POST /score HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/jsonl\r\n"
    with live.connect() as connection:
        connection.sendall(head + b'Content-Length: 1000\r\n\r\n{"x": 1}\n')
        connection.recv(1000)
    wait_until(lambda: live.http.open_connections == 0)

    assert _post(live, '{"x": 4}').text == '{"y":8}\n'


def test_a_stop_that_does_not_wait_says_so_in_the_last_line(go_live: GoLive) -> None:
    head = b"POST /score HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/jsonl\r\n"
    with go_live(_MODEL) as live, live.connect() as connection:
        connection.sendall(head + b'Content-Length: 1000\r\n\r\n{"x": 1}\n')
        found = b""
        while b'{"y":2}' not in found:
            found += connection.recv(1000)
        live.stop(0)
        while part := connection.recv(1000):
            found += part

    assert b'{"error": {"code": "stopping"' in found
    assert found.endswith(b"0\r\n\r\n")


def test_a_model_that_is_replaced_answers_all_lines_of_a_body(go_live: GoLive) -> None:
    """Also those that are still to come."""
    head = b"POST /score HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/jsonl\r\n"
    with go_live(_MODEL) as live, live.connect() as connection:
        connection.sendall(head + b'Transfer-Encoding: chunked\r\n\r\n9\r\n{"x": 1}\n\r\n')
        found = b""
        while b'{"y":2}' not in found:
            found += connection.recv(1000)
        draining = asyncio.run_coroutine_threadsafe(live.replicas.drain(None), live.loop)
        connection.sendall(b'9\r\n{"x": 4}\n\r\n0\r\n\r\n')
        while b"0\r\n\r\n" not in found:
            found += connection.recv(1000)
        draining.result(PATIENCE)

    assert b'{"y":8}' in found

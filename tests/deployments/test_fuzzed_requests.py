"""Whatever is sent, a real server answers with one sentence, or with what the model says."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from modelop_jupyter.deployments.http_server import ServerLimits
from modelop_jupyter.deployments.served_model import RequestLimits

from ..waiting import PATIENCE
from .conftest import GoLive, Live

pytestmark = pytest.mark.slow

_MODEL = """\
# modelop.score
def score(record):
    yield record
"""
_STATUS = re.compile(rb"(?:\A|\n|})HTTP/1\.1 (\d{3}) ")
# 503 and 504 would be ours, and so would 500: the model fails for nothing.
_GOOD = frozenset({200, 204, 400, 403, 404, 405, 408, 413, 415, 422, 431})
_quickly = settings(
    max_examples=40,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture(scope="module")
def live(go_live: GoLive) -> Iterator[Live]:
    """Does not wait long for the rest of a request."""
    limits = ServerLimits(header_time=0.2, body_time=0.2, idle_time=1)
    requests = RequestLimits(PATIENCE, body=20_000)
    with go_live(_MODEL, limits=requests, server_limits=limits) as live:
        yield live


_TARGETS = [
    "/score",
    "/api/roundtrip/0/1?timeout=60000",
    "/invocations",
    "/",
    "/openapi.json",
    "/ping",
]
_TYPES = [
    "application/json",
    "application/jsonlines",
    "text/csv",
    "application/json; charset=x",
    "\x7f",
]
_METHODS = st.sampled_from(
    ["POST", "GET", "HEAD", "PUT", "OPTIONS", "DELETE", "CONNECT", "post", "X"]
)
_NAMES = st.sampled_from(
    "Host Content-Length Transfer-Encoding Content-Type Expect Upgrade Connection Origin Authorization"
    " Sec-Fetch-Site Accept-Encoding Range X".split()
).map(str.encode) | st.binary(max_size=20)
_VALUES = st.sampled_from(
    [
        "chunked",
        "100-continue",
        "h2c",
        "websocket",
        "Upgrade",
        "-1",
        "5",
        "99999999999999999999",
        "null",
    ]
).map(str.encode) | st.binary(max_size=50)
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=10,
).map(json.dumps)
_BODIES = (
    st.binary(max_size=100)
    | _JSON.map(str.encode)
    | st.lists(_JSON, max_size=4).map(lambda texts: "\n".join(texts).encode())
    | st.tuples(
        st.sampled_from(["inputs", "instances", "dataframe_split", "dataframe_records"]), _JSON
    ).map(lambda pair: f'{{"{pair[0]}": {pair[1]}}}'.encode())
    | st.sampled_from(
        [b"[" * 10_000, b"9" * 10_000, b"[1" * 5_000, b'{"a":' * 3_000, b" " * 30_000]
    )
)


@_quickly
@given(
    _METHODS, st.sampled_from(_TARGETS), st.lists(st.tuples(_NAMES, _VALUES), max_size=6), _BODIES
)
def test_headers_of_any_kind_get_an_answer(
    live: Live, method: str, target: str, headers: list[tuple[bytes, bytes]], body: bytes
) -> None:
    lines = [f"{method} {target} HTTP/1.1".encode(), b"Connection: close"]
    lines += [name + b": " + value for name, value in headers]

    answer = live.talk(b"\r\n".join(lines) + b"\r\n\r\n", body)

    statuses = [int(status) for status in _STATUS.findall(answer)]
    assert statuses
    assert _GOOD.issuperset(statuses)


@_quickly
@given(st.binary(min_size=1, max_size=200))
def test_what_is_no_http_gets_one_sentence_or_is_closed(live: Live, sent: bytes) -> None:
    answer = live.talk(sent)

    assert answer == b"" or answer.startswith((b"HTTP/1.1 400 ", b"HTTP/1.1 408 "))


@_quickly
@given(
    st.sampled_from(["/score", "/api/roundtrip/0/1", "/invocations"]),
    st.sampled_from(_TYPES),
    _BODIES,
    st.sampled_from(
        ["", "?timeout=60000", "?timeout=x", "?timeout=", "?%ff&timeout", "?timeout=1e3"]
    ),
)
def test_a_body_of_any_kind_gets_an_answer_of_json(
    live: Live, path: str, media: str, body: bytes, query: str
) -> None:
    answer = httpx.post(
        live.url + path + query, content=body, headers={"content-type": media}, timeout=PATIENCE
    )

    assert answer.status_code in _GOOD
    if answer.status_code != 200:
        assert {"code", "message"} <= answer.json().keys()
    elif answer.headers["content-type"] == "application/jsonlines":
        # Not splitlines(), which takes more than line ends of JSON lines for some.
        for line in answer.text.split("\n")[:-1]:
            json.loads(line)
    else:
        answer.json()


def test_the_model_still_answers(live: Live) -> None:
    """And it is the same process: nothing that was sent before has ended it."""
    assert httpx.post(f"{live.url}/score", json=[1], timeout=PATIENCE).json() == [1]
    assert live.meter.counts.ended == 0
    assert live.meter.counts.timed_out == 0

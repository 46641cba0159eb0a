"""What a client sends and gets."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from modelop_jupyter.deployments.served_model import RequestLimits

from ..waiting import PATIENCE
from .conftest import GoLive, Live

pytestmark = pytest.mark.slow

_MODEL = """\
import os
import time

# modelop.slot.0: in-use
# modelop.slot.1: in-use
# modelop.slot.3: in-use

# modelop.score
def score(record):
    if record == "slots":
        yield "first"
        yield 3, "third"
        return
    if record.get("exit"):
        os._exit(record["exit"])
    while record.get("hang"):
        time.sleep(0.01)
    for number in range(record.get("times", 1)):
        yield {"y": record["x"] * 2 + number}
"""


@pytest.fixture(scope="module")
def live(go_live: GoLive) -> Iterator[Live]:
    limits = RequestLimits(PATIENCE, body=1500)
    with go_live(_MODEL, limits=limits, outputs=frozenset({1, 3})) as live:
        yield live


@pytest.fixture(scope="module")
def http(live: Live) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=live.url, timeout=PATIENCE) as client:
        yield client


@pytest.mark.parametrize(
    "path", ["/score", "/api/roundtrip/0/1", "/api/roundtrip/0/1?timeout=60000"]
)
def test_a_record_gets_its_output(http: httpx.Client, path: str) -> None:
    """Spec 9.3: whatever its Content-Type says."""
    form = {"content-type": "application/x-www-form-urlencoded"}
    answers = [
        http.post(path, json={"x": 21}),
        http.post(path, content='{"x": 4}', headers=form),
    ]

    assert [(one.status_code, one.text) for one in answers] == [(200, '{"y":42}'), (200, '{"y":8}')]


def test_each_record_of_an_array_is_scored(http: httpx.Client) -> None:
    """Spec 9.3: the answer is an array of what they give, which may be nothing or several."""
    bodies = [
        "[]",
        '[{"x": 1}, {"x": 2, "times": 0}, {"x": 3, "times": 2}]',
        '{"x": 1, "times": 0}',
    ]
    answers = [http.post("/score", content=body).json() for body in bodies]

    assert answers == [[], [{"y": 2}, {"y": 6}, {"y": 7}], []]


@pytest.mark.parametrize(
    ("body", "status", "code", "message"),
    [
        ("", 400, "empty_body", "the body is empty"),
        (
            "{x}",
            422,
            "input_encoding",
            "not JSON: Expecting property name enclosed in double quotes",
        ),
        ("[1, ", 422, "input_encoding", "not JSON: Expecting value"),
        ("9" * 1400, 500, "model", "'int' object has no attribute 'get'"),
        ('{"y": 1}', 500, "model", "'x'"),
        ('{"x": 1, "exit": 7}', 500, "process_ended", "(exit code 7)"),
        (" " * 2000, 413, "too_large", "larger than 1,500 bytes"),
    ],
)
def test_a_bad_body_gets_one_sentence(
    http: httpx.Client, body: str, status: int, code: str, message: str
) -> None:
    answer = http.post("/score", content=body)

    assert answer.status_code == status
    assert answer.json()["code"] == code
    assert message in answer.json()["message"]


def test_a_failing_record_shows_the_frames_of_the_model(http: httpx.Client) -> None:
    found = http.post("/score", json={}).json()

    assert (found["stage"], found["exception"]) == ("model", "KeyError")
    assert 'File "model.py", line 19, in score' in found["traceback"]
    assert "modelop_jupyter" not in found["traceback"]


def test_a_bad_record_of_an_array_harms_no_other(http: httpx.Client) -> None:
    answer = http.post("/score", content='[{"x": 1}, {}, {"x": 3}]')

    assert answer.status_code == 500
    assert answer.json()["message"] == "1 of 3 records was not scored"
    assert [one["record"] for one in answer.json()["errors"]] == [1]
    assert answer.json()["outputs"] == [{"y": 2}, {"y": 6}]


def test_a_record_over_its_time_gets_504(http: httpx.Client) -> None:
    late = http.post("/api/roundtrip/0/1?timeout=100", json={"x": 1, "hang": True})
    after = http.post("/api/roundtrip/0/1", json={"x": 1})

    assert late.status_code == 504
    assert late.json()["message"] == "the record was not answered within 0.1 s"
    assert after.text == '{"y":2}'


@pytest.mark.parametrize(
    ("path", "status", "message"),
    [
        ("/api/roundtrip/2/1", 404, "the model has no input slot 2"),
        ("/api/roundtrip/0/one", 404, "the model has no output slot one"),
        (f"/api/roundtrip/0/{'1' * 5000}", 404, "the model has no output slot 111"),
        ("/api/roundtrip/0/1?timeout=soon", 400, "timeout=soon is not a number of milliseconds"),
        ("/api/roundtrip/0/1?timeout=-5", 400, "timeout=-5 is not a number of milliseconds"),
        ("/nothing", 404, "there is no /nothing"),
        ("/score/", 404, "there is no /score/"),
        ("/1/health", 405, "/1/health does not take POST"),
    ],
)
def test_a_wrong_address_gets_one_sentence(
    http: httpx.Client, path: str, status: int, message: str
) -> None:
    answer = http.post(path, json={"x": 1})

    assert answer.status_code == status
    assert message in answer.json()["message"]


def test_what_an_address_takes_is_said(http: httpx.Client) -> None:
    wrong, asked = http.get("/score"), http.options("/score")

    assert (wrong.status_code, wrong.headers["allow"]) == (405, "OPTIONS, POST")
    assert (asked.status_code, asked.headers["allow"]) == (204, "OPTIONS, POST")


def test_an_answer_is_that_of_its_output_slot(http: httpx.Client) -> None:
    """Spec 13.18."""
    paths = ["/api/roundtrip/0/1", "/api/roundtrip/0/3", "/score"]
    answers = [http.post(path, json="slots").json() for path in paths]

    assert answers == ["first", "third", ["first", "third"]]


def test_health_says_which_model_answers(http: httpx.Client) -> None:
    """Spec 9.2."""
    assert http.get("/1/health").json() == {"status": "UP", "model": "served@1", "replicas": 1}
    assert http.head("/1/health").status_code == 200


def test_many_clients_at_once_get_their_own_answers(http: httpx.Client) -> None:
    def ask(x: int) -> int:
        found: int = json.loads(http.post("/score", json={"x": x}).text)["y"]
        return found

    with ThreadPoolExecutor(20) as clients:
        answers = [*clients.map(ask, range(100))]

    assert answers == [2 * x for x in range(100)]


def test_requests_and_records_are_counted(live: Live, http: httpx.Client) -> None:
    before = live.meter.counts
    for body in ('[{"x": 1}, {"x": 2}]', "{}", "{x}", ""):
        http.post("/score", content=body)
    http.post("/api/roundtrip/9/1", content="1")
    http.get("/1/health")
    after = live.meter.counts

    assert after.requests - before.requests == 5
    assert after.refused - before.refused == 2
    assert after.records - before.records == 4
    assert (after.scored - before.scored, after.failed - before.failed) == (2, 1)
    assert after.rejected - before.rejected == 1

"""What a client sends and gets."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

from modelop_jupyter.deployments.application import application
from modelop_jupyter.deployments.load import LoadMeter
from modelop_jupyter.deployments.scoring import Scorer
from modelop_jupyter.deployments.served_model import (
    ModelDescription,
    RequestLimits,
    ServedModel,
)

from ..waiting import PATIENCE
from .conftest import Serve

pytestmark = pytest.mark.slow

_MODEL = """\
import os
import time

# modelop.score
def score(record):
    if record.get("exit"):
        os._exit(record["exit"])
    while record.get("hang"):
        time.sleep(0.01)
    for number in range(record.get("times", 1)):
        yield {"y": record["x"] * 2 + number}
"""

Talk = Callable[[httpx.AsyncClient], Awaitable[Any]]


@pytest.fixture
def talk(serve: Serve) -> Callable[..., Any]:
    """Have a client talk to the application of a model; return what it returns."""

    def run(
        client_of: Talk,
        source: str = _MODEL,
        *,
        seconds: float = PATIENCE,
        body: int = 1_000_000,
        outputs: frozenset[int] = frozenset({1}),
    ) -> Any:
        async def serve_and_talk() -> Any:
            async with serve(source) as served:
                meter = LoadMeter()
                model = ServedModel(
                    ModelDescription("served", "served@1"),
                    Scorer(served.replicas, 1, meter.count_record),
                    outputs=outputs,
                )
                app = application(lambda: model, RequestLimits(seconds, body=body), meter)
                transport = httpx.ASGITransport(app)
                async with httpx.AsyncClient(
                    transport=transport, base_url="http://localhost"
                ) as client:
                    return await client_of(client)

        return asyncio.run(serve_and_talk())

    return run


@pytest.mark.parametrize(
    "path", ["/score", "/api/roundtrip/0/1", "/api/roundtrip/0/1?timeout=60000"]
)
def test_a_record_gets_its_output(talk: Callable[..., Any], path: str) -> None:
    """Spec 9.3: whatever its Content-Type says."""

    async def client(http: httpx.AsyncClient) -> list[tuple[int, str]]:
        answers = [
            await http.post(path, json={"x": 21}),
            await http.post(
                path,
                content='{"x": 4}',
                headers={"content-type": "application/x-www-form-urlencoded"},
            ),
        ]
        return [(answer.status_code, answer.text) for answer in answers]

    assert talk(client) == [(200, '{"y":42}'), (200, '{"y":8}')]


def test_each_record_of_an_array_is_scored(talk: Callable[..., Any]) -> None:
    """Spec 9.3: the answer is an array of what they give, which may be nothing or several."""

    async def client(http: httpx.AsyncClient) -> list[object]:
        bodies = [
            "[]",
            '[{"x": 1}, {"x": 2, "times": 0}, {"x": 3, "times": 2}]',
            '{"x": 1, "times": 0}',
        ]
        return [(await http.post("/score", content=body)).json() for body in bodies]

    assert talk(client) == [[], [{"y": 2}, {"y": 6}, {"y": 7}], []]


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
        ('{"y": 1}', 500, "model", "'x'"),
        ('{"x": 1, "exit": 7}', 500, "process_ended", "(exit code 7)"),
        (" " * 2000, 413, "too_large", "larger than 1,000 bytes"),
    ],
)
def test_a_bad_body_gets_one_sentence(
    talk: Callable[..., Any], body: str, status: int, code: str, message: str
) -> None:
    async def client(http: httpx.AsyncClient) -> httpx.Response:
        return await http.post("/score", content=body)

    answer = talk(client, body=1000)

    assert answer.status_code == status
    assert answer.json()["code"] == code
    assert message in answer.json()["message"]


def test_a_failing_record_shows_the_frames_of_the_model(talk: Callable[..., Any]) -> None:
    async def client(http: httpx.AsyncClient) -> httpx.Response:
        return await http.post("/score", json={})

    found = talk(client).json()

    assert (found["stage"], found["exception"]) == ("model", "KeyError")
    assert 'File "model.py", line 11, in score' in found["traceback"]
    assert "modelop_jupyter" not in found["traceback"]


def test_a_bad_record_of_an_array_harms_no_other(talk: Callable[..., Any]) -> None:
    async def client(http: httpx.AsyncClient) -> httpx.Response:
        return await http.post("/score", content='[{"x": 1}, {}, {"x": 3}]')

    answer = talk(client)

    assert answer.status_code == 500
    assert answer.json()["message"] == "1 of 3 records was not scored"
    assert [one["record"] for one in answer.json()["errors"]] == [1]
    assert answer.json()["outputs"] == [{"y": 2}, {"y": 6}]


def test_a_record_over_its_time_gets_504(talk: Callable[..., Any]) -> None:
    async def client(http: httpx.AsyncClient) -> tuple[httpx.Response, str]:
        late = await http.post("/api/roundtrip/0/1?timeout=100", json={"x": 1, "hang": True})
        return late, (await http.post("/score", json={"x": 1})).text

    late, after = talk(client)

    assert late.status_code == 504
    assert late.json()["message"] == "the record was not answered within 0.1 s"
    assert after == '{"y":2}'


@pytest.mark.parametrize(
    ("path", "status", "message"),
    [
        ("/api/roundtrip/2/1", 404, "the model has no input slot 2"),
        ("/api/roundtrip/0/one", 404, "the model has no output slot one"),
        ("/api/roundtrip/0/1?timeout=soon", 400, "timeout=soon is not a number of milliseconds"),
        ("/api/roundtrip/0/1?timeout=-5", 400, "timeout=-5 is not a number of milliseconds"),
        ("/nothing", 404, "there is no /nothing"),
        ("/1/health", 405, "/1/health does not take POST"),
    ],
)
def test_a_wrong_address_gets_one_sentence(
    talk: Callable[..., Any], path: str, status: int, message: str
) -> None:
    async def client(http: httpx.AsyncClient) -> httpx.Response:
        return await http.post(path, json={"x": 1})

    answer = talk(client)

    assert answer.status_code == status
    assert message in answer.json()["message"]


def test_an_answer_is_that_of_its_output_slot(talk: Callable[..., Any]) -> None:
    """Spec 13.18."""
    source = """\
# modelop.slot.0: in-use
# modelop.slot.1: in-use
# modelop.slot.3: in-use

# modelop.score
def score(record):
    yield "first"
    yield 3, "third"
"""

    async def client(http: httpx.AsyncClient) -> list[object]:
        paths = ["/api/roundtrip/0/1", "/api/roundtrip/0/3", "/score"]
        return [(await http.post(path, json=0)).json() for path in paths]

    found = talk(client, source, outputs=frozenset({1, 3}))

    assert found == ["first", "third", ["first", "third"]]


def test_health_says_which_model_answers(talk: Callable[..., Any]) -> None:
    """Spec 9.2."""

    async def client(http: httpx.AsyncClient) -> object:
        return (await http.get("/1/health")).json()

    assert talk(client) == {"status": "UP", "model": "served@1", "replicas": 1}


def test_many_clients_at_once_get_their_own_answers(talk: Callable[..., Any]) -> None:
    async def client(http: httpx.AsyncClient) -> list[object]:
        answers = await asyncio.gather(*(http.post("/score", json={"x": x}) for x in range(100)))
        return [json.loads(answer.text)["y"] for answer in answers]

    assert talk(client) == [2 * x for x in range(100)]

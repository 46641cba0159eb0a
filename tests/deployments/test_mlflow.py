"""What MLflow's clients send and get, as from ``mlflow models serve``."""

from __future__ import annotations

import importlib.metadata
import json
from collections.abc import Iterator

import httpx
import pytest

from modelop_jupyter.deployments.errors import RequestError
from modelop_jupyter.deployments.mlflow_records import records_of

from ..waiting import PATIENCE
from .conftest import GoLive

_MODEL = """\
# modelop.score
def score(record):
    yield record["a"] + record["b"]
"""


@pytest.mark.parametrize(
    "body",
    [
        '{"dataframe_split": {"columns": ["a", "b"], "data": [[1, 1e400], ["é", null]]}}',
        '{"dataframe_split": {"index": [0, 1], "data": [[1, 1e400], ["é", null]], "columns": ["a", "b"]}}',
        '{"dataframe_records": [{"a":1,"b":1e400}, {"a":"é","b":null}], "params": {"x": 1}}',
        '{"instances": [{"a":1,"b":1e400}, {"a":"é","b":null}]}',
        '{"inputs": [{"a":1,"b":1e400}, {"a":"é","b":null}]}',
        ' { "inputs" : {"a": [1, "é"], "b": [1e400, null]} } ',
    ],
)
def test_each_row_is_a_record(body: str) -> None:
    """And its values are the texts that stand there."""
    records = [record.decode() for record in records_of(body.encode(), b"application/json")]

    assert records == ['{"a":1,"b":1e400}', '{"a":"é","b":null}']


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ('{"instances": [[1, 2], 3]}', ["[1, 2]", "3"]),
        ('{"dataframe_split": {"data": [[1, 2]]}}', ["[1, 2]"]),
        ('{"dataframe_split": {"columns": [0], "data": [[1]]}}', ['{"0":1}']),
        ('{"inputs": "text"}', ['"text"']),
        ('{"inputs": {"question": "why"}}', ['{"question": "why"}']),
        ('{"dataframe_records": []}', []),
    ],
)
def test_a_record_may_be_anything(body: str, expected: list[str]) -> None:
    records = [record.decode() for record in records_of(body.encode(), b"")]

    assert records == expected


def test_a_row_of_csv_is_read_as_in_a_batch() -> None:
    """Spec 13.7."""
    body = '\ufeffid,name,x\r\n007,"a\nb",1.5\r\n2,,3\r\n'.encode()

    assert [json.loads(record) for record in records_of(body, b"text/csv")] == [
        {"id": "007", "name": "a\nb", "x": 1.5},
        {"id": 2, "name": None, "x": 3},
    ]


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ("[1]", "the body is not an object with dataframe_split,"),
        ("{", "the body is not JSON: Expecting a property name"),
        ("x", "the body is not JSON: Expecting value"),
        ("{}", "the body has none of dataframe_split,"),
        ('{"inputs": [], "instances": []}', "the body has both instances and inputs"),
        ('{"instances": 1}', "instances is not an array"),
        ('{"dataframe_split": []}', "dataframe_split has no array of data"),
        ('{"dataframe_split": {"columns": 1, "data": []}}', "are not an array"),
        ('{"dataframe_split": {"columns": ["a"], "data": [[1], [1, 2]]}}', "row 1 has not one"),
        ('{"inputs": {"a": [1], "b": []}}', "the columns of inputs are not of one length"),
        ("[" * 100_000, "nested too deep"),
    ],
)
def test_another_body_gets_one_sentence(body: str, sentence: str) -> None:
    with pytest.raises(RequestError) as caught:
        records_of(body.encode(), b"application/json")

    assert sentence in str(caught.value)
    assert caught.value.status == 400


def test_a_body_that_is_no_utf8_is_refused() -> None:
    with pytest.raises(RequestError, match="not UTF-8 at byte 2"):
        records_of(b"a\xff", b"text/csv")


def test_another_type_of_body_is_refused() -> None:
    with pytest.raises(RequestError, match="records as image/png cannot be read") as caught:
        records_of(b"", b"image/png")

    assert caught.value.status == 415


@pytest.fixture(scope="module")
def http(go_live: GoLive) -> Iterator[httpx.Client]:
    with go_live(_MODEL) as live, httpx.Client(base_url=live.url, timeout=PATIENCE) as client:
        yield client


@pytest.mark.slow
def test_predictions_are_answered(http: httpx.Client) -> None:
    rows = {"dataframe_split": {"columns": ["a", "b"], "data": [[1, 2], ["x", "y"]]}}
    csv = {"content-type": "text/csv; charset=utf-8"}

    assert http.post("/invocations", json=rows).json() == {"predictions": [3, "xy"]}
    assert http.post("/invocations", content="a,b\n1,2\n", headers=csv).json() == {
        "predictions": [3]
    }


@pytest.mark.slow
def test_an_error_is_one_that_the_client_knows(http: httpx.Client) -> None:
    refused = http.post("/invocations", json={})
    failed = http.post("/invocations", json={"instances": [{"a": 1, "b": 2}, {"a": 1}]})

    assert refused.status_code == 400
    assert refused.json()["error_code"] == "BAD_REQUEST"
    assert refused.json()["code"] == "invocation"
    assert failed.status_code == 500
    assert failed.json()["error_code"] == "INTERNAL_ERROR"
    assert failed.json()["message"] == "1 of 2 records was not scored; record 1: 'b'"
    assert 'File "model.py", line 3, in score' in failed.json()["stack_trace"]


@pytest.mark.slow
def test_a_client_finds_the_model_there(http: httpx.Client) -> None:
    assert [http.get(path).status_code for path in ("/ping", "/health")] == [200, 200]
    assert http.get("/version").text == importlib.metadata.version("modelop-jupyter")

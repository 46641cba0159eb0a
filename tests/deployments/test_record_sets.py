"""Models that take record sets: the records of a request are one set (spec 2.1)."""

from __future__ import annotations

import json
from collections.abc import Iterator

import httpx
import pytest

from modelop_jupyter.deployments.served_model import RequestLimits

from ..waiting import PATIENCE
from .conftest import GoLive, Live

pytestmark = pytest.mark.slow

_MODEL = """\
# modelop.recordsets.0: true
# modelop.recordsets.1: true

# modelop.score
def score(records):
    if len(records):
        records["share"] = records["x"] / records["x"].sum()
    yield records
"""
_SCHEMA = {"type": "record", "name": "R", "fields": [{"name": "x", "type": "int"}]}


@pytest.fixture(scope="module")
def live(go_live: GoLive, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    schema = tmp_path_factory.mktemp("schema") / "input_schema.avsc"
    schema.write_text(json.dumps(_SCHEMA))
    limits = RequestLimits(PATIENCE)
    serving = go_live(_MODEL, schema, limits=limits, check_schemas="in", set_slots=(0,))
    with serving as live:
        yield live


def _score(live: Live, body: str, path: str = "/score", **headers: str) -> httpx.Response:
    return httpx.post(live.url + path, content=body, headers=headers, timeout=PATIENCE)


@pytest.mark.parametrize(
    ("body", "answer"),
    [
        ('[{"x": 1}, {"x": 3}]', [{"x": 1, "share": 0.25}, {"x": 3, "share": 0.75}]),
        ('[{"x": 1}]', [{"x": 1, "share": 1.0}]),
        ('{"x": 1}', {"x": 1, "share": 1.0}),
        ("[]", []),
    ],
)
def test_the_records_of_a_body_are_one_set(live: Live, body: str, answer: object) -> None:
    assert _score(live, body).json() == answer


def test_the_rows_of_an_mlflow_client_are_one_set(live: Live) -> None:
    answer = _score(
        live, '{"dataframe_split": {"columns": ["x"], "data": [[1], [3]]}}', "/invocations"
    )

    assert [row["share"] for row in answer.json()["predictions"]] == [0.25, 0.75]


def test_a_rejected_record_of_a_set_is_left_out(live: Live) -> None:
    """As in a batch."""
    answer = _score(live, '[{"x": 1}, {"x": "a"}, {"x": 3}]')

    assert answer.status_code == 422
    assert answer.json()["message"] == "1 of 3 records was not scored"
    assert [(one["record"], one["code"]) for one in answer.json()["errors"]] == [
        (1, "input_schema")
    ]
    assert [row["share"] for row in answer.json()["outputs"]] == [0.25, 0.75]


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ("[1, ", 422, "input_encoding"),
        ('{"x": "a"}', 422, "input_schema"),
        ('[{"x": 1}, {"x": 2}', 422, "input_encoding"),
    ],
)
def test_a_bad_set_gets_one_sentence(live: Live, body: str, status: int, code: str) -> None:
    answer = _score(live, body)

    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_a_set_that_fails_is_one_failed_record(live: Live) -> None:
    before = live.meter.counts
    answer = _score(live, '[{"x": 0}, {"x": 0}]')
    after = live.meter.counts

    assert (answer.status_code, answer.json()["code"]) == (422, "output_encoding")
    assert after.records - before.records == 1


def test_lines_are_not_answered_one_by_one(live: Live) -> None:
    answer = _score(live, '{"x": 1}', **{"content-type": "application/jsonlines"})

    assert (answer.status_code, answer.json()["code"]) == (415, "lines_of_set")

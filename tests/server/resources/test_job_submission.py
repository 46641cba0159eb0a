"""The magic that submits the same job as a form."""

from __future__ import annotations

import shlex
from typing import Any

import pytest

from modelop_jupyter.commands.grammar import parse
from tests.server.conftest import ApiCall


@pytest.mark.parametrize(
    ("fields", "line"),
    [
        ({}, "%modelop batch churn in.json"),
        ({"output": "out"}, "%modelop batch churn in.json -o ./out"),
        ({"inputs": [{"path": "data/a b.csv"}]}, "%modelop batch churn 'data/a b.csv'"),
        ({"inputs": [{"path": "data/a.csv"}], "folder": "data"}, "%modelop batch churn a.csv"),
        ({"folder": "notebooks"}, "%modelop batch churn ../in.json"),
        ({"max_errors": {"percent": 5}}, "%modelop batch churn in.json --max-errors 5%"),
        (
            {"timeout": 1.5, "workers": "auto", "record_timeout": 20, "memory": 2_000_000},
            "%modelop batch churn in.json --timeout 1.5 --workers auto --record-timeout 20"
            " --memory 2MB",
        ),
        (
            {"parameters": {"a": 1, "b": "1", "c": "x y", "d": [None]}},
            "%modelop batch churn in.json --param a=1 --param 'b=\"1\"' --param 'c=x y'"
            " --param d=[null]",
        ),
        (
            {"retry": 2, "retry_on": ["ConnectionError", "requests.exceptions"]},
            "%modelop batch churn in.json --retry 2 --retry-on ConnectionError,requests.exceptions",
        ),
        (
            {"engine": "dask://host:8786"},
            "%modelop batch churn in.json --engine dask://host:8786",
        ),
        (
            {"inputs": [{"path": "late.sql"}], "connection": "shop"},
            "%modelop batch churn late.sql --connection shop",
        ),
        (
            {"kind": "metrics", "model": "monitor@2", "reference": "churn"},
            "%modelop metrics monitor@2 in.json --reference churn",
        ),
        (
            {"timeout": 90, "record_timeout": 0.5, "memory": 2_000_000_000},
            "%modelop batch churn in.json --timeout 90 --record-timeout 0.5 --memory 2GB",
        ),
        (
            {"memory": 1_234_567_890},
            "%modelop batch churn in.json --memory 1234567890",
        ),
        (
            {"kind": "metrics", "expect": ["auc >= 0.9", "auc >= ref"], "against": "churn@2"},
            "%modelop metrics churn in.json --expect 'auc >= 0.9' --expect 'auc >= ref'"
            " --against churn@2",
        ),
    ],
)
async def test_a_form_is_told_as_a_magic(api: ApiCall, fields: dict[str, Any], line: str) -> None:
    """What the dialog does can be inserted as a cell (issue 6)."""
    body = {"kind": "batch", "model": "churn", "inputs": [{"path": "in.json"}], **fields}
    status, made = await api("POST", "lines", body)

    assert (status, made) == (200, {"line": line})
    parse(shlex.split(line)[1:], program="%modelop")


@pytest.mark.parametrize(
    ("rule", "said"), [("auc >", "auc >"), ("auc >= ref - 0.01", "'ref' has no reference result")]
)
async def test_a_rule_that_cannot_be_applied_is_refused_before_the_job(
    api: ApiCall, rule: str, said: str
) -> None:
    """The form shows it beside the rule, as the magic would."""
    body = {"kind": "metrics", "model": "churn", "inputs": [{"path": "in.json"}], "expect": [rule]}
    status, problem = await api("POST", "lines", body)

    assert (status, problem["code"]) == (422, "expectation")
    assert said in problem["message"]

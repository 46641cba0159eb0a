"""The form of a job as a magic line."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelop_jupyter.commands.grammar import parse
from modelop_jupyter.commands.shell_words import split
from modelop_jupyter.domain.jobs import JobKind
from modelop_jupyter.errors import ModelOpError
from modelop_jupyter.panel.job_draft import JobDraft


@pytest.mark.parametrize(
    ("typed", "line"),
    [
        ({"inputs": "in.json"}, "%modelop batch churn in.json"),
        ({"inputs": "a.json 'my b.json'"}, "%modelop batch churn a.json 'my b.json'"),
        (
            {"inputs": "in.json", "workers": " auto ", "max_errors": "1%"},
            "%modelop batch churn in.json --max-errors 1% --workers auto",
        ),
        (
            {"inputs": "late.sql", "connection": " shop "},
            "%modelop batch churn late.sql --connection shop",
        ),
        (
            {"inputs": "in.json", "connection": "shop"},
            "%modelop batch churn in.json",
        ),
        (
            {"inputs": "in.json", "engine": " dask://host:8786 "},
            "%modelop batch churn in.json --engine dask://host:8786",
        ),
        (
            {"inputs": "in.json", "parameters": '{"threshold": 0.5, "name": "x y"}'},
            "%modelop batch churn in.json --param threshold=0.5 --param 'name=\"x y\"'",
        ),
        (
            {"inputs": "in.json", "record_timeout": "30", "timeout": "600", "memory": " 2GB "},
            "%modelop batch churn in.json --record-timeout 30 --timeout 600 --memory 2GB",
        ),
        (
            {"inputs": "in.json", "retry": "2", "retry_on": "ConnectionError, requests.exceptions"},
            "%modelop batch churn in.json --retry 2 --retry-on ConnectionError,requests.exceptions",
        ),
    ],
)
def test_a_form_is_a_magic_line(typed: dict[str, str], line: str) -> None:
    """The line that is shown is the job that is run."""
    assert JobDraft(JobKind.BATCH, "churn", **typed).line() == line


@pytest.mark.parametrize("text", ["a.csv " * 60, "~nobody-at-all", "~x/\0"])
def test_an_incomplete_path_is_no_error(text: str) -> None:
    """An incomplete path may be invalid for the system."""
    assert JobDraft(JobKind.BATCH, "churn", inputs=text).line().startswith("%modelop batch churn ")


@given(st.dictionaries(st.from_regex(r"[a-z][a-z_0-9]*", fullmatch=True), st.text()))
def test_parameters_arrive_as_they_were_typed(parameters: dict[str, str]) -> None:
    """With any characters."""
    draft = JobDraft(JobKind.BATCH, "churn", inputs="x", parameters=json.dumps(parameters))
    _, args = parse(split(draft.line(), windows=False)[1:], program="%modelop")

    assert dict(args.param) == parameters


def test_expectations_are_one_on_each_line() -> None:
    """With the result that they refer to."""
    draft = JobDraft(
        JobKind.METRICS,
        "churn",
        inputs="in.json",
        expect="auc >= 0.9\n\n auc >= ref\n",
        against="a@2",
    )

    assert draft.uses_reference
    assert draft.line() == (
        "%modelop metrics churn in.json --expect 'auc >= 0.9' --expect 'auc >= ref' --against a@2"
    )


@pytest.mark.parametrize(
    ("kind", "typed", "said"),
    [
        (JobKind.BATCH, {"memory": "plenty"}, "'plenty' is not a size such as 2GB or 500MB"),
        (JobKind.BATCH, {"workers": "many"}, "many"),
        (JobKind.METRICS, {"expect": "auc >"}, "auc >"),
        (JobKind.METRICS, {"expect": "auc > ref"}, "'ref' has no reference result"),
    ],
)
def test_a_value_that_the_magic_would_refuse_has_no_line(
    kind: JobKind, typed: dict[str, str], said: str
) -> None:
    """The form says why before the job is run."""
    with pytest.raises(ModelOpError, match=re.escape(said)):
        JobDraft(kind, "churn", inputs="in.json", **typed).line()

"""The form of a job as a magic line."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelop_jupyter.commands.grammar import parse
from modelop_jupyter.commands.shell_words import split
from modelop_jupyter.domain.jobs import JobKind
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

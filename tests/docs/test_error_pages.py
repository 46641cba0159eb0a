"""Each error code has a page, and each page a code."""

from __future__ import annotations

import re

import pytest
from sitegen import error_pages

PAGES = {path.stem: path for path in error_pages.FOLDER.glob("*.md") if path.stem != "index"}
_HEADINGS = ["Why", "What to do", "Where it shows"]


def test_each_code_has_a_page() -> None:
    """Those of all error classes, of jobs that ended early, and of what deployments answer."""
    assert sorted(error_pages.codes()) == sorted(PAGES)
    assert {"environment_build", "model_not_found"} <= set(error_pages.classes())
    assert {"runner_died", "supervisor_died", "timeout"} <= error_pages.job_codes()


@pytest.mark.parametrize("code", sorted(PAGES))
def test_a_page_says_what_it_means_why_and_what_to_do(code: str) -> None:
    """Under the same headings, after a title with the code and an example."""
    text = PAGES[code].read_text(encoding="utf-8")

    assert re.match(rf"# `{code}`: [a-z].+\n\n> \S", text)
    assert re.findall(r"^## (.+)$", text, re.MULTILINE) == _HEADINGS
    assert text.endswith("<!-- generated: error -->\n")


@pytest.mark.parametrize(
    ("code", "line"),
    [
        ("model_not_found", "- HTTP status: 404"),
        ("environment_build", "- Exit code of `modelop`: 4, the environment could not be built"),
        ("input", "- Python: `modelop_jupyter.errors.InputError`"),
        ("runner_died", "- Job: `error.code` of a job that ended early"),
        ("busy", "- Answer of a deployment: `code`, with HTTP status 503"),
        ("input_schema", "- Answer of a deployment: `code`, with HTTP status 422"),
        ("records", "- Answer of a deployment: `code`, with HTTP status that of its first error"),
        (
            "init_timeout",
            "- Deployment: `problem.code` of one whose last snapshot was not deployed",
        ),
    ],
)
def test_a_page_says_where_a_code_shows(code: str, line: str) -> None:
    """In Python, as an exit code and as a status; in a job's document; in a deployment's answers."""
    assert line in error_pages.facts(code)

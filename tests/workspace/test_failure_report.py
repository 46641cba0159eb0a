"""The report of a failure: one block of text that can be put into a ticket."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from modelop_jupyter import Workspace, __version__
from modelop_jupyter.commands.jobs import summary
from modelop_jupyter.display import bundle, text
from modelop_jupyter.errors import EnvironmentBuildError

from .jobs import numbers, register

pytestmark = pytest.mark.slow


def test_a_failed_job_is_one_block_of_text_without_secrets(workspace: Workspace) -> None:
    """What was run, where, what went wrong in which line, and the end of the log."""
    model = register(workspace, "print('before', r)\nyield {'y': r['gone']}")
    address = "https://me:geheim@host/gone.csv"
    body = f"raise OSError('cannot read {address}')"
    parameters = {"depth": 6, "api_key": "geheim"}
    job = workspace.batch(model, numbers(2), parameters=parameters, retry=2).wait(300)
    register(workspace, body)
    other = workspace.batch(model, numbers(2)).wait(300)

    report = workspace.job_report(job.id).text

    assert report.splitlines()[:3] == [
        "A job failed in modelop-jupyter",
        "ran          modelop batch m@1 in.json --param depth=6 --param 'api_key=****'"
        " --retry 2 --retry-on ConnectionError,TimeoutError",
        f"job          {job.id}, {job.record.state.text} (COMPLETE FAILURE)",
    ]
    assert f"modelop      {__version__}" in report
    assert "2 in model at code.py, line 6: KeyError: 'gone'" in report
    assert "traceback of record 0:\n  Traceback (most recent call last):" in report
    assert "end of the log:" in report and "before {'x': 1}" in report
    assert "geheim" not in workspace.job_report(other.id).text
    shown = bundle(summary(job, workspace))
    assert f"Report for a ticket: %modelop job report {job.record.short_id}" in shown["text/plain"]
    assert 'data-commandlinker-command="modelop-jupyter:copy-report"' in shown["text/html"]


def test_an_environment_that_was_not_built_is_reported_with_the_resolvers_words(
    workspace: Workspace, model: str, release: Callable[..., None]
) -> None:
    """The requirement, where it stands, and what the resolver said."""
    release("1.0")
    Path("requirements.txt").write_text("demo==9\n")
    workspace.asset_add(model, "requirements.txt")
    with pytest.raises(EnvironmentBuildError):
        workspace.env_build(model)

    report = workspace.env_report(model)

    assert report.text.startswith("An environment could not be built in modelop-jupyter\n")
    assert f"ran          modelop env build {model}" in report.text
    assert "where        requirements.txt, line 1, demo==9" in report.text
    assert "what the resolver or installer said:" in report.text
    assert text(report) == report.text

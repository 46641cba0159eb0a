"""Several workers give what one gives."""

from __future__ import annotations

import os
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from modelop_jupyter import Workspace
from modelop_jupyter.domain.jobs import JobResult, JobStatus
from modelop_jupyter.domain.wire import from_wire
from modelop_jupyter.jobs.abilities import advice
from modelop_jupyter.jobs.plan import Plan

from .jobs import numbers, register

pytestmark = pytest.mark.slow

BODY = "print('at', r['x'])\nyield {'part': r['x']}\n1 / ((r['x'] + 1) % 100)\nyield {'y': r['x']}"


def write_input() -> None:
    """Write records with blank lines and some that are no JSON among them, and no newline at the end."""
    numbers(700)
    lines = Path("in.json").read_text().splitlines()
    lines[50:50], lines[600:600] = ["", "no JSON"], ["  ", "{", ""]
    Path("in.json").write_text("\n".join(lines))


@pytest.mark.parametrize("workers", [2, 3])
def test_output_errors_counts_and_log_are_those_of_one_worker(
    workspace: Workspace, workers: int
) -> None:
    """Issue 5: in input order and identical, with the indices of the whole."""
    model = register(workspace, BODY)
    write_input()
    one = workspace.batch(model, ["in.json"]).wait(60)
    several = workspace.batch(model, ["in.json"], workers=workers, output="out.json").wait(60)

    assert (several.status, several.result) == (JobStatus.COMPLETE, JobResult.FAILURE)
    assert one.output is not None
    assert Path("out.json").read_bytes() == one.output.read_bytes()
    assert several.counts == one.counts
    assert list(several.folder.errors()) == list(one.folder.errors())
    assert ordered(several.log()) == ordered(one.log())
    assert several.record.proof is not None
    assert several.record.proof.is_exact


def test_workers_do_not_print_into_the_lines_of_one_another(workspace: Workspace) -> None:
    """``print`` writes word by word, and the console is one for all."""
    model = register(workspace, "print('at', r['x'], 'of', 'many')\nreturn r")
    job = workspace.batch(model, [numbers(6000)], workers=2).wait(60)
    lines = job.console().splitlines()

    assert sorted(lines) == sorted(f"at {n} of many" for n in range(6000))


def ordered(log: str) -> list[str]:
    """Return a log's own lines without their times; what workers print comes as it comes."""
    lines = [line.split(" ", 2)[2] for line in log.splitlines() if line[:2] == "20"]
    others = ("MODEL-CONSOLE: at", "[info] environment: ")
    return sorted(line for line in lines if not any(other in line for other in others))


def test_a_record_that_kills_one_worker_does_not_stop_the_other(workspace: Workspace) -> None:
    """Issue 5: deaths are each worker's own."""
    model = register(workspace, "if r['x'] in (10, 590): os._exit(2)\nreturn r")

    job = workspace.batch(model, [numbers(600)], workers=2).wait(60)

    assert job.status is JobStatus.ERROR
    assert job.record.error is not None
    assert "in record 10 (exit code 2), and in 590" in job.record.error["message"]
    assert [each["x"] for each in job.records()] == [n for n in range(600) if n not in (10, 590)]


@pytest.mark.parametrize(
    ("body", "options", "reason"),
    [
        ("return r", {"limit": 3}, "--limit counts records"),
        ("return r", {"output": "out.csv"}, "names the columns"),
        ("open('seen', 'a').write('x')\nreturn r", {}, "code.py, line 5, open()"),
    ],
)
def test_one_worker_does_what_several_might_not(
    workspace: Workspace, body: str, options: dict[str, object], reason: str
) -> None:
    """Issue 5: and it says why."""
    job = workspace.batch(register(workspace, body), [numbers(5)], workers=2, **options).wait(60)  # type: ignore[arg-type]

    assert job.status is JobStatus.COMPLETE
    assert "one worker instead of 2: " in job.log()
    assert reason in job.log()


@pytest.mark.parametrize(
    ("seconds", "cpu", "hint"),
    [(20, 0.95, "--workers auto"), (5, 0.95, "None"), (20, 0.3, "None")],
    ids=["long and busy", "short", "waiting for something else"],
)
def test_more_workers_are_proposed_where_they_would_help(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, seconds: int, cpu: float, hint: str
) -> None:
    """Issue 5: one by default, with a hint."""
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1}, raising=False)
    job = workspace.batch(register(workspace, "return r"), [numbers(3)]).wait(60)
    plan = from_wire(Plan, job.folder.read("plan.json"))
    started = datetime.now(timezone.utc) - timedelta(seconds=seconds)

    assert hint in str(advice(plan, cpu, started, workspace.blobs))

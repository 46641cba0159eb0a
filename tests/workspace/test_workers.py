"""Several workers give what one gives."""

from __future__ import annotations

import gzip
import json
import os
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from modelop_jupyter import Workspace
from modelop_jupyter.domain.jobs import JobResult, JobStatus
from modelop_jupyter.domain.plan import Plan
from modelop_jupyter.jobs.sharding.capabilities import workers_advice

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
    one = workspace.batch(model, ["in.json"]).wait(300)
    several = workspace.batch(model, ["in.json"], workers=workers, output="out.json").wait(300)

    assert (several.status, several.result) == (JobStatus.COMPLETE, JobResult.FAILURE)
    assert one.output is not None
    assert Path("out.json").read_bytes() == one.output.read_bytes()
    assert several.counts == one.counts
    assert several.folder.errors_file.read_bytes() == one.folder.errors_file.read_bytes()
    assert ordered(several.log()) == ordered(one.log())
    assert several.record.proof is not None
    assert several.record.proof.is_exact


def test_members_of_gzip_are_shared(workspace: Workspace) -> None:
    """Issue 14: also where a member ends within a record, with the positions of the whole."""
    model = register(workspace, BODY)
    write_input()
    data = Path("in.json").read_bytes()
    pieces = [data[start : start + 1000] for start in range(0, len(data), 1000)]
    Path("in.json.gz").write_bytes(b"".join(map(gzip.compress, pieces)))
    one = workspace.batch(model, ["in.json.gz"]).wait(300)
    several = workspace.batch(model, ["in.json.gz"], workers=2, output="out.json").wait(300)

    assert several.record.options.workers.count == 2
    assert one.output is not None
    assert Path("out.json").read_bytes() == one.output.read_bytes()
    assert several.counts == one.counts
    assert several.folder.errors_file.read_bytes() == one.folder.errors_file.read_bytes()


def test_one_member_of_gzip_is_read_by_one_worker(workspace: Workspace) -> None:
    """Issue 14: read once, and said so."""
    Path("in.json.gz").write_bytes(gzip.compress(b'{"x": 1}\n' * 20))

    job = workspace.batch(register(workspace, "return r"), ["in.json.gz"], workers=2).wait(300)

    assert "one worker instead of 2: one gzip member is read once, from its beginning" in job.log()


def write_csv() -> None:
    """Write rows with quoted lines, blank lines, and some that are no rows among them."""
    rows = [f'{n},"line one\nline ""two"", {n}"' for n in range(700)]
    rows[50:50], rows[400:400] = ["", "1,2,3", '"open,4'], ["   ", '5,"x"y', '6,lone " quote']
    Path("in.csv").write_bytes(("\ufeffx,text\r\n" + "\r\n".join(rows)).encode())


@pytest.mark.parametrize("output", ["out.json", "out.csv"])
def test_rows_of_csv_are_shared_like_lines(workspace: Workspace, output: str) -> None:
    """Issue 14: cut at the borders of rows, joined with one header, as one worker writes them."""
    body = "if r['x'] < 30: return\nyield {'part': r['x'], 'text': r['text']}\n1 / ((r['x'] + 1) % 100)"
    model = register(workspace, body)
    write_csv()
    one = workspace.batch(model, ["in.csv"], output=f"one-{output}").wait(300)
    several = workspace.batch(model, ["in.csv"], workers=3, output=output).wait(300)

    assert (several.status, several.result) == (JobStatus.COMPLETE, JobResult.FAILURE)
    assert "one worker instead" not in several.log()
    assert Path(output).read_bytes() == Path(f"one-{output}").read_bytes()
    assert several.counts == one.counts
    assert several.folder.errors_file.read_bytes() == one.folder.errors_file.read_bytes()
    assert ordered(several.log()) == ordered(one.log())


def test_a_part_with_other_columns_is_an_error_that_names_the_record(workspace: Workspace) -> None:
    """Issue 14: what stands before it is kept."""
    model = register(
        workspace, "if r['x'] >= 290: return {'y': 1} if r['x'] > 305 else None\nreturn r"
    )

    job = workspace.batch(model, [numbers(600)], workers=2, output="out.csv").wait(300)

    assert job.status is JobStatus.ERROR
    assert job.record.error is not None
    assert job.record.error.code == "output_columns"
    assert (
        "record 306 has other columns (y) than the CSV file begins with (x)"
        in job.record.error.message
    )
    assert job.output is not None
    assert job.output.read_bytes() == b"".join(b"%d\r\n" % n for n in range(290)).join(
        [b"x\r\n", b""]
    )


def test_parts_have_the_columns_of_the_output_schema(workspace: Workspace) -> None:
    """Issue 14: records of one part may lack what those of another have."""
    fields = [{"name": name, "type": ["null", "long"]} for name in ("x", "y")]
    schema = {"type": "record", "name": "out", "fields": fields}
    Path("output_schema.avsc").write_text(json.dumps(schema))
    Path("code.py").write_text(
        "# modelop.schema.1: output_schema\n# modelop.score\ndef score(r):\n"
        "    yield {'x': r['x']} if r['x'] < 300 else {'y': 1}\n"
    )
    workspace.register("m", "code.py", assets=["output_schema.avsc"])
    one = workspace.batch("m", [numbers(600)], output="one.csv").wait(300)
    several = workspace.batch("m", ["in.json"], workers=3, output="out.csv").wait(300)

    assert several.status is JobStatus.COMPLETE, several.log()
    assert Path("out.csv").read_bytes() == Path("one.csv").read_bytes()
    assert Path("out.csv").read_bytes().startswith(b"x,y\r\n0,\r\n")
    assert several.counts == one.counts


def test_workers_do_not_print_into_the_lines_of_one_another(workspace: Workspace) -> None:
    """``print`` writes word by word, and the console is one for all."""
    model = register(workspace, "print('at', r['x'], 'of', 'many')\nreturn r")
    job = workspace.batch(model, [numbers(6000)], workers=2).wait(300)
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

    job = workspace.batch(model, [numbers(600)], workers=2).wait(300)

    assert job.status is JobStatus.ERROR
    assert job.record.error is not None
    assert "in record 10 (exit code 2), and in 590" in job.record.error.message
    assert [each["x"] for each in job.records()] == [n for n in range(600) if n not in (10, 590)]


@pytest.mark.parametrize(
    ("body", "options", "reason"),
    [
        ("return r", {"limit": 3}, "--limit counts records"),
        ("open('seen', 'a').write('x')\nreturn r", {}, "code.py, line 5, open()"),
    ],
)
def test_one_worker_does_what_several_might_not(
    workspace: Workspace, body: str, options: dict[str, object], reason: str
) -> None:
    """Issue 5: and it says why."""
    job = workspace.batch(register(workspace, body), [numbers(5)], workers=2, **options).wait(300)  # type: ignore[arg-type]

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
    job = workspace.batch(register(workspace, "return r"), [numbers(3)]).wait(300)
    plan = job.folder.require(Plan)
    started = datetime.now(timezone.utc) - timedelta(seconds=seconds)

    assert hint in str(workers_advice(plan, cpu, started, workspace.blobs))

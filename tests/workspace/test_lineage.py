"""The lineage of a model: cells and data, snapshots, jobs and results."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path

import nbformat
import pytest

from modelop_jupyter import Workspace, display
from modelop_jupyter.cli import main
from modelop_jupyter.domain.jobs import Counts, JobInput, JobKind, JobRecord, JobResult, JobStatus

NOW = datetime(2026, 11, 22, 12, tzinfo=timezone.utc)
DONE = JobRecord(
    id="aaaa0000",
    kind=JobKind.BATCH,
    model="churn",
    snapshot=1,
    status=JobStatus.COMPLETE,
    result=JobResult.SUCCESS,
    created=NOW,
    counts=Counts(2, 2, 0, 0, 2),
)


@pytest.fixture
def churn(workspace: Workspace) -> str:
    """A model of a notebook's cell with two snapshots; of each, a job is added by the test."""
    for number, body in enumerate(("1", "2"), 1):
        cell = nbformat.v4.new_code_cell(
            f"# modelop.score\ndef score(r):\n    return {body}\n", id="tag", execution_count=number
        )
        nbformat.write(nbformat.v4.new_notebook(cells=[cell]), "churn.ipynb")
        workspace.register("churn", "churn.ipynb")
        workspace.snapshot("churn")
    return "churn"


def add(workspace: Workspace, job: str, minutes: int, **changes: object) -> None:
    """Record a job that has ended."""
    created = NOW + timedelta(minutes=minutes)
    workspace.registry.add_job(replace(DONE, id=job, created=created, **changes))


def test_a_job_leads_to_its_data_its_snapshot_and_the_cells_of_this(
    workspace: Workspace, churn: str
) -> None:
    """The same bytes are the same data, wherever they lay."""
    data = JobInput("in.json", "/data/in.json", "json", digest="sha256:aa")
    copy = replace(data, name="copy.json", path="/data/copy.json")
    add(workspace, "aaaa0000", 1, inputs=(data,))
    add(workspace, "bbbb0000", 2, inputs=(copy,), snapshot=2, output="/out/scores.json")
    lineage = workspace.lineage(churn)

    assert [job.id for job in lineage.jobs] == ["bbbb0000", "aaaa0000"]
    assert [job.data for job in lineage.jobs] == [("sha256:aa",)] * 2
    assert [each.name for each in lineage.data] == ["copy.json"]
    assert [(each.number, each.before) for each in lineage.snapshots] == [(2, "churn@1"), (1, None)]
    assert [(cell.key, cell.names, cell.place) for cell in lineage.cells] == [
        ("tag", "score", "cell 1 [2]")
    ]
    assert {each.cells for each in lineage.snapshots} == {("tag",)}
    assert lineage.notebook == str(Path("churn.ipynb").resolve())


def test_data_leads_to_the_job_that_had_written_it_before(workspace: Workspace, churn: str) -> None:
    """Of any model; what was written later is not what was read."""
    read = JobInput("scores.json", "/out/scores.json", "json")
    add(workspace, "aaaa0000", 1, output="/out/scores.json")
    add(workspace, "bbbb0000", 2, inputs=(read,))
    add(workspace, "cccc0000", 3, output="/out/scores.json")
    (data,) = workspace.lineage(churn).data

    assert data.made_by is not None
    assert (data.made_by.job, data.made_by.snapshot) == ("aaaa0000", "churn@1")


def test_only_the_newest_jobs_are_asked_for(workspace: Workspace, churn: str) -> None:
    """A model may have thousands."""
    for number in range(3):
        add(workspace, f"{number}aaa0000", number)
    lineage = workspace.lineage(churn, limit=2)

    assert ([job.id[0] for job in lineage.jobs], lineage.total) == (["2", "1"], 3)
    assert "and 1 older jobs" in display.text(lineage)


def test_show_prints_it_as_a_table(
    workspace: Workspace,
    churn: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A row for each job; a snapshot has no lineage of its own."""
    monkeypatch.setenv("MODELOP_HOME", str(workspace.settings.home))
    add(workspace, "aaaa0000", 1, inputs=(JobInput("in.json", "/data/in.json", "json"),))
    code = main(["show", churn, "--lineage"])
    shown = capsys.readouterr().out

    assert code == 0
    assert "score: cell 1 [2]" in shown
    assert [line.split()[:4] for line in shown.splitlines() if "in.json" in line] == [
        ["in.json", "churn@1", "batch", "aaaa0000"]
    ]
    assert main(["show", f"{churn}@1", "--lineage"]) == 2

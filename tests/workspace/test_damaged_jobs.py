"""Each file of a job's folder damaged in each way: every verb has a sentence, or goes on without it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from modelop_jupyter import Workspace
from modelop_jupyter.domain.jobs import Counts, JobStatus

from .damaged import DAMAGES, RECORDS, Prepared, complaints, prepare, wait_for_supervisor

pytestmark = pytest.mark.slow

_MESSAGES = "plan.json request.json outcome.json digests.json supervisor.json start.json".split()
_ENDED = [*_MESSAGES, "result.json", "proof.json", "events.jsonl", "errors.jsonl"]
_RAW = ["progress.bin", "console.log", "job.json"]
FILES = {
    "finished": [*_ENDED, *_RAW, "outputs/output.json", "inputs/0-input1.json"],
    "shared": ["plan.json", "result.json", "errors.jsonl", "outputs/output.json"],
    "metrics": ["plan.json", "outcome.json", "result.json", "outputs/test_result.json"],
    "early": [
        *_MESSAGES,
        "events.jsonl",
        "errors.jsonl",
        "checkpoint.json",
        "proof.json",
        "progress.bin",
        "outputs/partial-output.json",
    ],
    "early_shared": [
        "chunks.json",
        "errors.jsonl",
        *(
            f"workers/{path}"
            for path in (
                "0/request.json",
                "1/request.json",
                "0/checkpoint.json",
                "1/errors.jsonl",
                "1/events.jsonl",
                "0/outputs/output.json.part",
            )
        ),
    ],
}
FOLDERS = {
    "finished": ["inputs", "outputs", "work"],
    "early": ["inputs", "outputs", "work"],
    "early_shared": ["workers", "workers/0", "workers/1", "workers/1/outputs"],
}
_BINARY = ("progress.bin", "console.log")
# All of it for one kind of job; of the others, what they have of their own.
_SOME = ("deleted", "truncated", "garbage", "mistyped")
CASES = [
    *(
        (kind, file, damage)
        for kind, names in FILES.items()
        for file in names
        for damage in (DAMAGES if kind == "finished" else _SOME)
        if damage != "mistyped" or file not in _BINARY
    ),
    *(
        (kind, folder, damage)
        for kind, names in FOLDERS.items()
        for folder in names
        for damage in ("deleted", "replaced")
    ),
]


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory, environments: Path) -> Iterator[Prepared]:
    """A home with a finished job, one of two workers, metrics, and jobs that were killed."""
    folder = tmp_path_factory.mktemp("damaged")
    work = folder / "work"
    work.mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(work)
        patch.setenv("MODELOP_HOME", str(folder / "home"))
        yield prepare(folder, environments)


@pytest.mark.parametrize(("kind", "file", "damage"), CASES)
def test_no_damage_takes_a_verb_its_answer(
    prepared: Prepared, kind: str, file: str, damage: str
) -> None:
    """Issue 11: looks always succeed; what needs the file says in a sentence of ours what to do."""
    prepared.lay_out()
    DAMAGES[damage](prepared.folder(kind).root / file)

    assert complaints(prepared, kind) == {}


@pytest.mark.parametrize(
    ("kind", "file", "damage", "said"),
    [
        ("early", "checkpoint.json", "garbage", "checkpoint.json of job"),
        ("early", "outputs/partial-output.json", "empty", "outputs/partial-output.json of job"),
        ("early", "errors.jsonl", "torn", "errors.jsonl of job"),
        ("early", "digests.json", "deleted", "digests.json of job"),
        ("early_shared", "chunks.json", "mistyped", "chunks.json of job"),
        ("early_shared", "workers/0/checkpoint.json", "mistyped", "workers/0/checkpoint.json of"),
    ],
)
def test_a_retry_starts_over_where_it_must_and_says_why(
    prepared: Prepared, kind: str, file: str, damage: str, said: str
) -> None:
    """Issue 11: no record is lost with a worker's folder, and no torn line gets into the whole."""
    prepared.lay_out()
    DAMAGES[damage](prepared.folder(kind).root / file)
    with Workspace(prepared.settings) as workspace:
        job = workspace.job_retry(prepared.jobs[kind]).wait(300)
        wait_for_supervisor(job)

        assert job.status is JobStatus.COMPLETE
        assert job.counts == Counts(
            records_in=RECORDS, scored=900, failed=100, records_out=RECORDS + 900
        )
        assert [each.index for each in job.errors()] == list(range(9, RECORDS, 10))
        assert "starts over, as job" in job.log()
        assert said in job.log()


def test_a_job_without_its_plan_is_run_again_as_it_was(prepared: Prepared) -> None:
    """Issue 11: the registry knows what was asked for."""
    prepared.lay_out()
    folder = prepared.folder("shared")
    (folder.root / "plan.json").write_text("{")
    with Workspace(prepared.settings) as workspace:
        first = workspace.job(folder.root.name)
        job = workspace.job_rerun(first.id).wait(300)
        wait_for_supervisor(job)

        assert job.counts == first.counts
        assert job.plan.workers == first.plan.workers
        assert "plan.json of job" in job.log()

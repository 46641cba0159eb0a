"""A job that ended early goes on where it stood, and comes to what it would have been."""

from __future__ import annotations

import os
import shutil
import signal
from pathlib import Path

import psutil
import pytest

from modelop_jupyter import Workspace
from modelop_jupyter.domain.jobs import Counts, JobResult, JobStatus
from modelop_jupyter.engines import end_tree
from modelop_jupyter.errors import ConflictError
from modelop_jupyter.jobs.job import Job
from modelop_jupyter.jobs.start import SupervisorProcess
from modelop_jupyter.jobs.supervision.ownership import is_supervised
from tests.waiting import wait_until

from .jobs import halting, numbers, register, when_checkpointed

pytestmark = pytest.mark.slow

# Every hundredth writes something and then fails.
BODY = "halt()\nyield {'part': r['x']}\n1 / ((r['x'] + 1) % 100)\nyield {'y': r['x']}"
RECORDS = 1000
WANTED = "".join(
    f'{{"part": {n}}}\n' + (f'{{"y": {n}}}\n' if (n + 1) % 100 else "") for n in range(RECORDS)
)
COUNTS = Counts(records_in=RECORDS, scored=990, failed=10, records_out=1990)


def begin(workspace: Workspace, inputs: object, **options: object) -> tuple[Job, Path]:
    """Start a job that halts when it has a checkpoint; returns the file that it waits for, too."""
    before, go = halting(after=350)
    model = register(workspace, BODY, before=before)
    job = workspace.batch(model, inputs, **options)  # type: ignore[arg-type]
    return when_checkpointed(job, workers=int(str(options.get("workers") or 0))), go


def text_of(job: Job) -> str:
    """Return a job's output, blanks as Python's json writes them."""
    assert job.output is not None, job.log()
    return job.output.read_text().replace('":', '": ').replace("  ", " ")


def cancel(job: Job) -> None:
    job.cancel()


def kill_all(job: Job) -> None:
    """As when the machine is switched off."""
    supervisor = job.folder.read(SupervisorProcess)
    assert supervisor is not None
    os.kill(supervisor.pid, signal.SIGKILL)
    end_tree(job.id, at_once=True)


def kill_supervisor(job: Job) -> None:
    supervisor = job.folder.read(SupervisorProcess)
    assert supervisor is not None
    os.kill(supervisor.pid, signal.SIGKILL)


@pytest.mark.parametrize("workers", [None, 2])
@pytest.mark.parametrize("end", [cancel, kill_all, kill_supervisor])
def test_a_retry_goes_on_and_no_record_is_lost_or_scored_twice(
    workspace: Workspace, end: object, workers: int | None
) -> None:
    """Issue 5: the output is byte for byte that of an undisturbed run."""
    first, go = begin(workspace, [numbers(RECORDS)], output="out.json", workers=workers)
    end(first)  # type: ignore[operator]
    assert first.wait(300).status in (JobStatus.CANCELLED, JobStatus.ERROR)
    assert not Path("out.json").exists()
    go.touch()

    job = workspace.job_retry(first.id[:8]).wait(300)

    assert (job.status, job.result) == (JobStatus.COMPLETE, JobResult.FAILURE)
    assert text_of(job) == WANTED
    assert job.output == Path("out.json").absolute()
    assert job.counts == COUNTS
    assert [each.index for each in job.errors()] == list(range(99, RECORDS, 100))
    assert f"resumes job {first.id[:8]}: " in job.log()


def test_csv_shared_by_workers_goes_on_under_its_header(workspace: Workspace) -> None:
    """Issue 14: each part goes on in its own columns, and one header stands above all."""
    before, go = halting(after=250)
    model = register(workspace, "halt()\nyield r\n1 / ((r['x'] + 1) % 100)", before=before)
    Path("in.csv").write_text("x,t\n" + "".join(f'{n},"a\n""b"""\n' for n in range(700)))
    first = workspace.batch(model, ["in.csv"], output="out.csv", workers=2)
    when_checkpointed(first, workers=2)
    kill_all(first)
    first.wait(300)
    go.touch()

    job = workspace.job_retry(first.id).wait(300)

    rows = [b'%d,"a\n""b"""\r\n' % n for n in range(700)]
    assert "resumes job" in job.log()
    assert Path("out.csv").read_bytes() == b"".join([b"x,t\r\n", *rows])
    assert [each.index for each in job.errors()] == list(range(99, 700, 100))


def test_a_killed_runner_is_replaced_without_anybody_asking(workspace: Workspace) -> None:
    """Issue 5: kill -9 of the runner alone; its supervisor goes on from the checkpoint."""
    job, go = begin(workspace, [numbers(RECORDS)])
    for process in psutil.process_iter(["cmdline"]):
        words = process.info["cmdline"] or [""]
        if job.id in words[-1] and "main.py" in " ".join(words):
            process.kill()
    go.touch()

    assert (job.wait(300).status, job.result) == (JobStatus.COMPLETE, JobResult.FAILURE)
    assert text_of(job) == WANTED
    assert "(signal SIGKILL)" in job.log()


@pytest.mark.parametrize("workers", [None, 2])
def test_a_compressed_input_is_gone_on_with(workspace: Workspace, workers: int | None) -> None:
    """Issue 5: gzip is read again up to where the job stood, by each worker from its member on."""
    import gzip

    text = Path(numbers(RECORDS)).read_bytes()
    Path("in.json.gz").write_bytes(gzip.compress(text[:5000]) + gzip.compress(text[5000:]))
    first, go = begin(workspace, ["in.json.gz"], workers=workers)
    first.cancel()
    go.touch()

    job = workspace.job_retry(first.id).wait(300)

    assert text_of(job) == WANTED
    assert "resumes job" in job.log()


def test_a_variable_is_kept_with_its_job(workspace: Workspace) -> None:
    """Issue 5: its copy is all there is."""
    first, go = begin(workspace, [[{"x": n} for n in range(RECORDS)]])
    first.cancel()
    go.touch()

    assert text_of(workspace.job_retry(first.id).wait(300)) == WANTED


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda path: path.write_text("{}\n"), "bytes and has 3 now"),
        (lambda path: path.write_text(path.read_text().replace("1", "2")), "has other content"),
        (lambda path: path.unlink(), "not there any more"),
    ],
    ids=["size", "content", "gone"],
)
def test_another_input_is_refused_with_the_difference(
    workspace: Workspace, change: object, words: str
) -> None:
    """Issue 5: the same input digest, or none of it."""
    first, _ = begin(workspace, [numbers(RECORDS)])
    first.cancel()
    change(Path("in.json"))  # type: ignore[operator]

    with pytest.raises(Exception, match=words):
        workspace.job_retry(first.id)
    assert len(workspace.jobs()) == 1


def test_an_input_that_was_only_touched_is_the_same(workspace: Workspace) -> None:
    """Another time, but an equal digest."""
    first, go = begin(workspace, [numbers(RECORDS)])
    first.cancel()
    go.touch()
    os.utime("in.json", (1, 1))

    assert text_of(workspace.job_retry(first.id).wait(300)) == WANTED


def test_a_job_without_record_borders_starts_over_and_says_so(workspace: Workspace) -> None:
    """Issue 5: one record can only be scored again."""
    Path("in.txt").write_text("text")
    go = Path("go").absolute()
    body = f"while not os.path.exists({str(go)!r}): time.sleep(0.02)\nreturn r"
    first = workspace.batch(register(workspace, body), ["in.txt"])
    first.cancel()
    go.touch()

    job = workspace.job_retry(first.id).wait(300)

    assert list(job.records()) == ["text"]
    assert "starts over, as" in job.log()
    assert "its input is one record" in job.log()


def test_a_job_that_is_through_has_nothing_to_go_on_with(workspace: Workspace) -> None:
    """It says which verbs are meant instead."""
    job = workspace.batch(register(workspace, "return 1 / r['x']"), [numbers(3)]).wait(300)

    with pytest.raises(ConflictError, match="went through all its records") as caught:
        workspace.job_retry(job.id)

    short = job.record.short_id
    assert [remedy.commands for remedy in caught.value.remedies] == [
        (("job", "retry", short, "--failed"),),
        (("job", "rerun", short),),
    ]


@pytest.mark.parametrize("name", ["out.json", "out.csv", "out.json.gz"])
@pytest.mark.parametrize("end", ["json", "csv"])
def test_only_bad_records_are_scored_again_and_put_in_their_places(
    workspace: Workspace, tmp_path: Path, name: str, end: str
) -> None:
    """Issue 5: as if they had never failed; what a failing record had written is gone."""
    flag = tmp_path / "mended"
    count = tmp_path / "calls"
    body = (
        f"with open({str(count)!r}, 'a') as file: file.write('.')\n"
        "x = int(r['x'])\n"
        "if x % 3 == 0:\n"
        "    yield {'y': -x}\n"
        f"    if x % 2 == 0 and not os.path.exists({str(flag)!r}): raise ValueError(x)\n"
        "if x % 7: yield {'y': x}"
    )
    model = register(workspace, body)
    Path("in.json").write_text("".join(f'{{"x": {n}}}\n' for n in range(50)))
    Path("in.csv").write_text("x\n" + "".join(f"{n}\n" for n in range(50)))
    first = workspace.batch(model, [f"in.{end}"], output=name).wait(300)
    assert first.counts.failed == 9
    flag.touch()
    count.unlink()

    job = workspace.job_retry(first.id, failed=True).wait(300)
    calls = count.read_text()
    shutil.copy(name, "merged")
    whole = workspace.batch(model, [f"in.{end}"], output=name).wait(300)

    assert (job.status, job.result) == (JobStatus.COMPLETE, JobResult.SUCCESS)
    assert Path("merged").read_bytes() == Path(name).read_bytes()
    assert (job.counts, job.errors()) == (whole.counts, [])
    assert calls == "." * 9


def test_records_that_fail_again_keep_their_index(workspace: Workspace) -> None:
    """Issue 5: merged in place, the errors as well."""
    model = register(workspace, "yield r\n1 / (r['x'] % 10)")
    first = workspace.batch(model, [numbers(40)]).wait(300)

    job = workspace.job_retry(first.id, failed=True).wait(300)

    assert (job.counts, text_of(job)) == (first.counts, text_of(first))
    assert list(job.folder.errors()) == list(first.folder.errors())


def test_a_rerun_says_that_nothing_differs_or_what(workspace: Workspace) -> None:
    """Issue 5: the same plan; source, packages, parameters, input, counts and output compared."""
    first = workspace.batch(
        register(workspace, "return r"), [numbers(3)], parameters={"a": 1}
    ).wait(300)
    same = workspace.job_rerun(first.id).wait(300)
    numbers(4)
    other = workspace.job_rerun(first.id).wait(300)

    assert same.record.parameters == {"a": 1}
    assert workspace.job_differences(same) == ()
    found = workspace.job_differences(other)
    assert found is not None
    assert [each.what for each in found] == ["input", "records", "output"]
    assert workspace.job_differences(first) is None


@pytest.mark.parametrize("name", ["output.json.part", "partial-output.json", "output.json"])
@pytest.mark.parametrize("workers", [None, 2])
def test_what_was_scored_to_the_end_is_only_delivered(
    workspace: Workspace, name: str, workers: int | None
) -> None:
    """Issue 5: the supervisor was killed after its runners had ended, wherever the output lay then."""
    model = register(workspace, "print('scoring', flush=True)\nreturn r")
    first = workspace.batch(model, [numbers(3)], workers=workers).wait(300)
    wanted = text_of(first)
    # It records the end, and must not do so after this test says that it did not.
    wait_until(lambda: not is_supervised(first.folder, first.record.created))
    outputs = first.folder.outputs
    (outputs / "output.json").rename(outputs / name)
    (first.folder.root / "outcome.json").unlink()
    with workspace.registry._database.writing() as connection:
        connection.exec_driver_sql("update jobs set status = 'RUNNING'")
    assert workspace.job(first.id).wait(300).status is JobStatus.ERROR

    job = workspace.job_retry(first.id).wait(300)

    assert (job.status, text_of(job)) == (JobStatus.COMPLETE, wanted)
    assert job.console() == ""
    assert "3 records are done" in job.log()

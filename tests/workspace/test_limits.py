"""Records that kill, hang or swallow memory, and what becomes of the others."""

from __future__ import annotations

from pathlib import Path

import pytest

from modelop_jupyter import Workspace
from modelop_jupyter.commands.jobs import summary
from modelop_jupyter.display import text
from modelop_jupyter.domain.jobs import Counts, JobResult, JobStatus

from .jobs import numbers, register

pytestmark = pytest.mark.slow

OTHERS = [{"x": 0}, {"x": 1}, {"x": 2}, {"x": 4}, {"x": 5}]


@pytest.mark.parametrize(
    ("misdeed", "words"),
    [
        ("os._exit(0)", "exit code 0"),
        ("os.kill(os.getpid(), 9)", "signal SIGKILL"),
        ("import ctypes; ctypes.string_at(0)", "signal SIGSEGV"),
    ],
)
def test_a_job_goes_on_behind_a_record_in_which_its_process_died(
    workspace: Workspace, misdeed: str, words: str
) -> None:
    """Issue 5: an ERROR all the same, as ModelOp's runtime would not have gone on (spec 13.12)."""
    model = register(workspace, f"if r['x'] == 3: {misdeed}\nreturn r")

    job = workspace.batch(model, [numbers(6)], output="out.json").wait(300)

    assert (job.status, job.result) == (JobStatus.ERROR, JobResult.FAILURE)
    assert job.record.error is not None
    assert f"in record 3 ({words})" in job.record.error.message
    assert list(job.records()) == OTHERS
    assert job.counts == Counts(records_in=6, scored=5, failed=1, records_out=5)
    assert [(each.index, each.record) for each in job.errors()] == [(3, '{"x": 3}')]


def events(log: str) -> list[str]:
    """Return the lines of a job's log without their times, but for those that depend on how fast it was."""
    lines = [line.split(" ", 2)[2] for line in log.splitlines() if line[:2] == "20"]
    others = ("environment: ", "the job resumes after")
    return [line for line in lines if not any(other in line for other in others)]


def test_a_job_that_went_on_has_one_log(workspace: Workspace) -> None:
    """Issue 12, E2: nothing is told twice, and the end is the job's."""
    model = register(
        workspace, "if r['x'] == 1: raise ValueError(r)\nif r['x'] > 2: os._exit(2)\nreturn r"
    )

    job = workspace.batch(model, [numbers(5)]).wait(300)

    gone = "[warning] the model's process is gone (exit code 2), in record {}; it is started again"
    occurred = "[info] MODEL-CONSOLE: An error occured when processing the model: "
    died = "the model's process ended in this record (exit code 2)"
    assert events(job.log()) == [
        "[info] state changes to RUNNING",
        "[info] init succeeded",
        occurred + "{'x': 1}",
        "[info] MODEL-CONSOLE: ValueError: {'x': 1}",
        gone.format(3),
        occurred + died,
        "[info] MODEL-CONSOLE: ProcessDied: " + died,
        gone.format(4),
        occurred + died,
        "[info] MODEL-CONSOLE: ProcessDied: " + died,
        "[info] state changes to FINISHING",
        '[warning] jobResult set to failure: "An output error occurred during model execution, '
        'please check the engine logs for details"',
        "[info] MODEL-CONSOLE: Model runner exits",
        "[error] the model's process ended in record 3 (exit code 2), and in 4; of 3 other records, "
        "2 were scored, but ModelOp's runtime would have ended there",
        "[info] state changes to ERROR",
    ]


@pytest.mark.parametrize(
    ("count", "body", "words"),
    [
        (1, "os._exit(1)", "it was the only record"),
        (3, "if r['x'] == 1: os._exit(1)\nreturn r", "all other records were scored"),
        (3, "if r['x'] == 1: os._exit(1)\nraise ValueError", "of 2 other records, 0 were scored"),
        (
            4,
            "if r['x'] == 1: os._exit(1)\nif r['x'] == 2: raise ValueError\nreturn r",
            "of 3 other records, 2 were scored",
        ),
    ],
)
def test_what_became_of_the_others_is_told_as_it_was(
    workspace: Workspace, count: int, body: str, words: str
) -> None:
    """Issue 12, E2: all others did not go through where there were none, or some failed."""
    job = workspace.batch(register(workspace, body), [numbers(count)]).wait(300)

    assert job.record.error is not None
    assert f"; {words}, but ModelOp's runtime" in job.record.error.message


@pytest.mark.parametrize(
    ("body", "options", "last"),
    [
        ("return r", {}, ["[info] state changes to FINISHED"]),
        (
            "time.sleep(600)",
            {"timeout": 2},
            ["[error] stopped after 2 s, as --timeout asked", "[info] state changes to ERROR"],
        ),
        (
            "if r['x'] == 0: os._exit(1)\nreturn r",
            {},
            [
                "[error] the model's process ended in record 0 (exit code 1); "
                "all other records were scored, but ModelOp's runtime would have ended there",
                "[info] state changes to ERROR",
            ],
        ),
    ],
)
def test_the_log_ends_as_the_job_does(
    workspace: Workspace, body: str, options: dict[str, float], last: list[str]
) -> None:
    """Issue 12, E2: a job that is an ERROR has not FINISHED, and why is told before."""
    job = workspace.batch(register(workspace, body), [numbers(2)], **options).wait(300)  # type: ignore[arg-type]

    assert events(job.log())[-len(last) :] == last


def test_five_deaths_in_a_row_end_the_job(workspace: Workspace) -> None:
    """Issue 5: what is there by then is kept, and marked as partial."""
    model = register(workspace, "if r['x'] > 1: os._exit(1)\nreturn r")

    job = workspace.batch(model, [numbers(50)], output="out.json").wait(300)

    assert job.status is JobStatus.ERROR
    assert job.record.error is not None
    assert "in record 6; it was the 5th time in a row" in job.record.error.message
    assert job.counts == Counts(records_in=6, scored=2, failed=4, records_out=2)
    assert job.output is not None
    assert job.output.name == "partial-out.json"
    assert not Path("out.json").exists()


@pytest.mark.parametrize(
    "hang",
    ["time.sleep(600)", "import ctypes; ctypes.PyDLL(None).sleep(600)"],
    ids=["in Python", "in C, holding the interpreter"],
)
def test_a_record_that_hangs_is_passed_over(workspace: Workspace, hang: str) -> None:
    """Issue 5: the runner is restarted with init done again, the record counts as failed."""
    before = "# modelop.init\ndef begin():\n    print('init', flush=True)\n"
    model = register(workspace, f"if r['x'] == 3: {hang}\nreturn r", before=before)

    job = workspace.batch(model, [numbers(6)], record_timeout=10).wait(300)

    assert (job.status, job.result) == (JobStatus.COMPLETE, JobResult.FAILURE)
    assert list(job.records()) == OTHERS
    assert [(each.index, each.exception) for each in job.errors()] == [(3, "TimeoutError")]
    assert job.console() == "init\ninit\n"


def test_the_record_that_took_too_much_memory_is_named(workspace: Workspace) -> None:
    """Issue 5: --memory; the rest goes on in a process that has it back."""
    model = register(
        workspace, "if r['x'] == 3:\n    x = bytearray(300 << 20)\n    time.sleep(600)\nreturn r"
    )

    job = workspace.batch(model, [numbers(6)], memory=150 << 20).wait(300)

    assert (job.status, job.result) == (JobStatus.COMPLETE, JobResult.FAILURE)
    assert list(job.records()) == OTHERS
    assert [(each.index, each.exception) for each in job.errors()] == [(3, "MemoryError")]
    assert "that --memory allows" in job.errors()[0].message


def test_memory_that_init_takes_ends_the_job(workspace: Workspace) -> None:
    """No record is at fault, and another start would take as much."""
    before = "x = bytearray(300 << 20)\ntime.sleep(600)\n"

    job = workspace.batch(
        register(workspace, "return r", before=before), [numbers(2)], memory=150 << 20
    ).wait(300)

    assert job.status is JobStatus.ERROR
    assert job.record.error is not None
    assert (job.record.error.code, job.record.error.details["record"]) == ("memory", None)


def test_the_cpu_time_of_a_model_and_its_children_is_limited(workspace: Workspace) -> None:
    """It ends as at the time limit: what was scored is kept, and the job says what it took."""
    busy = "[sys.executable, '-c', 'while True: pass']"
    body = f"if r['x'] == 3:\n    subprocess.run({busy})\nreturn r"
    model = register(workspace, body, before="import subprocess, sys")

    job = workspace.batch(model, [numbers(6)], cpu_time=2).wait(300)

    assert (job.status, job.record.counts.scored) == (JobStatus.ERROR, 3)
    assert job.record.error is not None and job.record.error.code == "cpu_time"
    assert "s of CPU time, of which --cpu-time allows 2 s" in job.record.error.message
    assert [line for remedy in workspace.job_remedies(job) for line in remedy.commands] == [
        ("job", "retry", job.record.short_id, "--cpu-time", "4")
    ]
    usage = job.record.options.usage
    assert usage is not None and usage.memory > 0
    assert (usage.cpu_seconds or 0) > 2
    assert "s of CPU time" in text(summary(job, workspace))


@pytest.mark.parametrize("workers", [None, 2])
def test_max_errors_stops_early_and_keeps_everything(
    workspace: Workspace, workers: int | None
) -> None:
    """Issue 5: what is there by then, marked as partial; several workers count together."""
    model = register(workspace, "time.sleep(0.01)\n1 / (r['x'] % 10)\nreturn r")

    job = workspace.batch(model, [numbers(9000)], max_errors={"count": 2}, workers=workers).wait(
        300
    )

    assert (job.status, job.result) == (JobStatus.COMPLETE, JobResult.FAILURE)
    assert 2 < job.counts.failed < 900
    assert job.output is not None
    assert job.output.name == "partial-output.json"
    assert len(list(job.records())) == job.counts.records_out


def test_an_input_that_changes_under_the_job_is_told(workspace: Workspace) -> None:
    """Issue 5: nobody would know what was scored."""
    path = Path("in.json").absolute()
    model = register(workspace, f"if r['x'] == 1: os.truncate({str(path)!r}, 9)\nreturn r")

    job = workspace.batch(model, [numbers(500_000)], output="out.json").wait(300)

    assert job.status is JobStatus.ERROR
    assert job.record.error is not None
    assert job.record.error.code == "input_changed"
    assert not Path("out.json").exists()


def test_an_input_that_vanishes_before_it_is_opened_ends_the_job(workspace: Workspace) -> None:
    """Issue 5: a clear end."""
    before = f"os.remove({str(Path('in.json').absolute())!r})\n"

    job = workspace.batch(register(workspace, "return r", before=before), [numbers(3)]).wait(300)

    assert job.status is JobStatus.ERROR
    assert job.record.error is not None
    assert "an input cannot be read: No such file" in job.record.error.message

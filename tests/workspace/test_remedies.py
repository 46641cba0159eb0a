"""What mends a failed job is offered as commands, and the commands mend it."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from modelop_jupyter import Workspace
from modelop_jupyter.commands.context import Context, ShellSession
from modelop_jupyter.commands.grammar import parse
from modelop_jupyter.commands.submit import SubmittedJob
from modelop_jupyter.domain.jobs import JobStatus
from modelop_jupyter.errors import UsageMistakeError
from modelop_jupyter.jobs.job import Job
from modelop_jupyter.remedies import Command, Remedy

from .jobs import numbers, register

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def shell(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let commands use the home of the test."""
    monkeypatch.setenv("MODELOP_HOME", str(workspace.settings.home))
    monkeypatch.setenv("MODELOP_PREPARE", "off")


def failed(workspace: Workspace, body: str, *, before: str = "", **options: object) -> Job:
    """Return an ended batch of two records with a model whose score function has this body."""
    model = register(workspace, body, before=before)
    return workspace.batch(model, [numbers(2)], **options).wait(300)  # type: ignore[arg-type]


def lines(job: Job, workspace: Workspace) -> list[tuple[str, ...]]:
    """Return the commands that are offered, without the job's id."""
    short = job.record.short_id
    return [
        tuple(word.replace(short, "JOB") for word in command)
        for remedy in workspace.job_remedies(job)
        for command in remedy.commands
    ]


def ran(*commands: Command) -> object:
    """Run commands as a shell does; returns the value of the last one."""
    with closing(Context(ShellSession())) as context:
        values = [
            verb.run(context, args)
            for verb, args in (parse(list(words), program="modelop") for words in commands)
        ]
    return values[-1]


def done(remedy: Remedy) -> Job:
    """Run the commands of a remedy; returns the ended job that the last one makes."""
    submitted = ran(*remedy.commands)
    assert isinstance(submitted, SubmittedJob)
    return submitted.job.wait(300)


def test_a_file_beside_the_input_is_added_and_the_job_runs_again(workspace: Workspace) -> None:
    """The model opens it by the path that it has there, in a folder, too."""
    Path("data").mkdir()
    Path("data/w.txt").write_text("3")
    job = failed(workspace, "return open('data/w.txt').read()")
    remedy, _ = workspace.job_remedies(job)

    assert remedy.text == "Add data/w.txt to the model and run again"
    assert list(done(remedy).records()) == ["3", "3"]


@pytest.mark.parametrize("name", ["gone.txt", "../in.json", "/etc/passwd", ".secret"])
def test_a_file_that_cannot_be_meant_is_not_offered(workspace: Workspace, name: str) -> None:
    """One that is not there, that is absolute, hidden, or above the folder."""
    Path(".secret").write_text("x")
    job = failed(workspace, f"raise FileNotFoundError(2, 'No such file or directory', {name!r})")

    assert lines(job, workspace) == [("run", "m", "--record", "JOB:0", "--load")]


def test_a_missing_package_is_added_to_the_requirements(workspace: Workspace) -> None:
    """Only where the imports of the model name what this Python has."""
    job = failed(workspace, "import packaging\nreturn r")
    offered = workspace.job_remedies(job)[0]
    ran(offered.commands[0])

    assert offered.commands == (
        ("requirements", "m", "--infer", "--write"),
        ("job", "rerun", job.record.short_id, "--current"),
    )
    assert [row.name for row in workspace.requirements("m").rows] == ["packaging"]


def test_a_missing_module_beside_the_input_is_added(workspace: Workspace) -> None:
    """A file of the user's own is no package."""
    Path("helper.py").write_text("def twice(x): return 2 * x\n")
    job = failed(workspace, "return twice(r['x'])", before="from helper import twice")
    remedy = workspace.job_remedies(job)[0]

    assert remedy.text == "Add helper.py to the model and run again"
    assert list(done(remedy).records()) == [0, 2]


def test_records_that_took_too_long_get_more_time(workspace: Workspace) -> None:
    """Only they are scored again."""
    held = Path("held").absolute()
    held.touch()
    body = f"while r['x'] and os.path.exists({str(held)!r}): time.sleep(0.02)\nreturn r"
    job = failed(workspace, body, record_timeout=3)
    held.unlink()

    assert lines(job, workspace)[0] == ("job", "retry", "JOB", "--failed", "--record-timeout", "6")
    assert list(done(workspace.job_remedies(job)[0]).records()) == [{"x": 0}, {"x": 1}]


def test_a_job_that_took_too_long_gets_more_time(workspace: Workspace) -> None:
    """It goes on where it stood, with twice the time."""
    job = failed(workspace, "time.sleep(600 * r['x'])\nreturn r", timeout=2)

    assert lines(job, workspace) == [("job", "retry", "JOB", "--timeout", "4")]


def test_a_new_limit_is_one_of_the_new_job(workspace: Workspace) -> None:
    """The others stay as they were."""
    job = failed(workspace, "return r", timeout=500, memory=10**9)
    again = workspace.job_rerun(job.id, timeout=700).wait(300)

    assert (again.record.options.limits.seconds, again.record.options.limits.memory) == (700, 10**9)


def test_a_metrics_job_has_no_limit_for_each_record(workspace: Workspace) -> None:
    """It is refused, and nothing is started."""
    Path("code.py").write_text("# modelop.metrics\ndef metrics(d):\n    yield 1 / 0\n")
    workspace.register("m", "code.py")
    job = workspace.metrics("m", [numbers(2)]).wait(300)
    with pytest.raises(UsageMistakeError, match="no limit for each record"):
        workspace.job_rerun(job.id, record_timeout=3)

    assert len(workspace.jobs()) == 1
    assert lines(job, workspace) == []


@pytest.mark.parametrize(
    ("body", "offered"),
    [
        ("raise ValueError(r)", [("run", "m", "--record", "JOB:0", "--load")]),
        (
            "raise ConnectionError('refused')",
            [("job", "retry", "JOB", "--failed"), ("run", "m", "--record", "JOB:0", "--load")],
        ),
        ("return r", []),
    ],
)
def test_a_retry_is_offered_where_it_can_end_otherwise(
    workspace: Workspace, body: str, offered: list[tuple[str, ...]]
) -> None:
    """The same code fails on the same record again; a server may be there the next time."""
    assert lines(failed(workspace, body), workspace) == offered


def test_a_cancelled_job_is_retried(workspace: Workspace) -> None:
    """It goes on where it stood."""
    model = register(workspace, "time.sleep(600)")
    job = workspace.batch(model, [numbers(2)]).cancel()

    assert job.status is JobStatus.CANCELLED
    assert lines(job, workspace) == [("job", "retry", "JOB")]


def test_a_model_that_was_changed_since_is_run_as_it_is_now(workspace: Workspace) -> None:
    """`job rerun` alone would run the snapshot that failed."""
    job = failed(workspace, "raise ValueError(r)")
    register(workspace, "return r['x']")
    remedy = workspace.job_remedies(job)[0]
    again = done(remedy)

    assert remedy.text == "Run again with m as it is now"
    assert (again.record.snapshot, list(again.records())) == (2, [0, 1])


def test_a_definition_that_only_a_notebook_has_is_registered_again(workspace: Workspace) -> None:
    """A pickle of it needs it at load."""
    said = "Can't get attribute 'Net' on <module '__main__' (built-in)>"
    job = failed(workspace, "return r", before=f'raise AttributeError("{said}")')

    assert lines(job, workspace) == [("register", "m")]

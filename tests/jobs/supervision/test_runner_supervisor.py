"""What happens after a runner died: retry, skip or end; tested without a process."""

from __future__ import annotations

import signal
import struct
from pathlib import Path

import pytest

from modelop_jupyter.domain.job_options import Limits
from modelop_jupyter.engines import Usage
from modelop_jupyter.jobs.folder import JobFolder
from modelop_jupyter.jobs.protocol import (
    RequestOutput,
    ResultCounts,
    RunnerRequest,
    RunnerResult,
    SkippedRecord,
)
from modelop_jupyter.jobs.supervision import runner_supervisor
from modelop_jupyter.jobs.supervision.runner_group import deaths_in
from modelop_jupyter.jobs.supervision.runner_supervisor import (
    CrashAction,
    CrashPolicy,
    RunnerSupervisor,
)

KILLED = -signal.SIGKILL
CRASHED = -signal.SIGSEGV
RETRY, SKIP, END = CrashAction.RETRY, CrashAction.SKIP, CrashAction.END


@pytest.mark.parametrize(
    ("story", "actions"),
    [
        pytest.param([(CRASHED, 7)], [SKIP], id="a crash is the record's own doing"),
        pytest.param([(0, 7)], [SKIP], id="so is os._exit"),
        pytest.param([(KILLED, 7)], [RETRY], id="a kill may come from outside"),
        pytest.param([(KILLED, 7), (KILLED, 7)], [RETRY, SKIP], id="but not twice"),
        pytest.param([(KILLED, -1)], [RETRY], id="killed before the first record"),
        pytest.param([(KILLED, -1), (KILLED, -1)], [RETRY, END], id="killed there again"),
        pytest.param([(3, -1)], [END], id="an init that ends the process does so again"),
        pytest.param(
            [(3, index) for index in range(5)],
            [SKIP] * 4 + [END],
            id="five deaths in a row end the job",
        ),
        pytest.param(
            [(3, index) for index in range(0, 20, 2)],
            [SKIP] * 10,
            id="a record between two deaths breaks the row",
        ),
        pytest.param(
            [(KILLED, index // 2) for index in range(5)],
            [RETRY, SKIP, RETRY, SKIP, END],
            id="second tries count as deaths",
        ),
    ],
)
def test_a_death_is_handled_by_what_was_before(
    story: list[tuple[int, int]], actions: list[CrashAction]
) -> None:
    """Issue 5: the runner is started again after the record; five deaths in a row end the job."""
    policy = CrashPolicy()

    assert [
        policy.decide(code, index=index, is_inside=index >= 0) for code, index in story
    ] == actions


def test_kills_between_records_cost_nothing() -> None:
    """Issue 5: no record twice, none missing, after a kill of the runner."""
    policy = CrashPolicy()

    assert [policy.decide(KILLED, index=n // 2, is_inside=False) for n in range(0, 60, 3)] == [
        RETRY
    ] * 20


def test_deaths_in_a_chunk_that_an_earlier_job_finished_are_known(tmp_path: Path) -> None:
    """Issue 14: a retry of a job in which processes died is an ERROR, as the job would have been."""
    folder, died = JobFolder(tmp_path), SkippedRecord("ProcessDied", "it ended", 3)
    folder.write(
        RunnerRequest(1, "work", (), RequestOutput("out.json", "json"), skipped={"2": died})
    )
    folder.write(RunnerResult("COMPLETE", "FAILURE", ResultCounts(4, 3, 0, 1, 3), {"model": 1}))
    supervisor = RunnerSupervisor(
        folder, python="", mark="", limits=Limits(), can_resume=True, log=print
    )
    supervisor.start()

    assert supervisor.is_done
    assert deaths_in([(supervisor.result, supervisor.skipped)]) == {2: 3}


def test_a_chunk_of_empty_lines_has_no_record_that_died() -> None:
    """Issue 14: nodes that ended with it are not the doing of a record."""
    died = SkippedRecord("ProcessDied", "the nodes ended", -9)
    nothing = RunnerResult("COMPLETE", "SUCCESS", ResultCounts(0, 0, 0, 0, 0), {})

    assert deaths_in([(nothing, {0: died})]) == {}


class _Runner:
    """A runner that does nothing, and takes so much memory, None where that is not known."""

    pid = 0
    lifeline = None
    is_killed = False

    def __init__(self, memory: int | None = None) -> None:
        self.memory = memory

    def poll(self) -> None: ...

    def wait(self, timeout: float) -> None: ...

    def usage(self) -> Usage | None:
        return None if self.memory is None else Usage(self.memory, 0.0)

    def kill(self, *, at_once: bool = False) -> None:
        self.is_killed = True


def test_a_record_that_hung_is_not_held_against_the_next_runner(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Until that has begun, the folder still says where the one before it was."""
    folder, runners = JobFolder(tmp_path), [_Runner(), _Runner(), _Runner()]
    folder.write(RunnerRequest(1, "work", (), RequestOutput("out.json", "json")))
    (tmp_path / "progress.bin").write_bytes(struct.pack("=qqq", 0, 3, 1))
    starts = iter(runners[1:])
    monkeypatch.setattr(runner_supervisor, "launch", lambda *_, **__: next(starts))
    supervisor = RunnerSupervisor(
        folder,
        python="",
        mark="",
        limits=Limits(record_seconds=2),
        can_resume=True,
        log=lambda *_: None,
        runner=runners[0],
    )
    for now in (0.0, 3.0, 6.0, 9.0, 12.0):
        supervisor.check(now)

    assert list(supervisor.skipped) == [3]
    assert [runner.is_killed for runner in runners] == [True, False, False]


def test_a_record_is_not_killed_for_the_memory_of_the_one_before(tmp_path: Path) -> None:
    """Which has given it back, after the sample was taken and before the record was looked for."""
    folder, runner = JobFolder(tmp_path), _Runner(memory=100)
    (tmp_path / "progress.bin").write_bytes(struct.pack("qqq", 0, 4, 1))
    supervisor = RunnerSupervisor(
        folder,
        python="",
        mark="",
        limits=Limits(memory=200),
        can_resume=True,
        log=lambda *_: None,
        runner=runner,
    )
    supervisor.check(0.0, memory=300)

    assert supervisor.skipped == {}
    assert not runner.is_killed

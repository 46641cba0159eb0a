"""The job's log in ModelOp's words and order (spec 2.8)."""

from __future__ import annotations

from datetime import datetime, timezone
from pathlib import Path

import pytest

from modelop_jupyter.domain.jobs import Counts, JobStatus
from modelop_jupyter.jobs.folder import JobFolder
from modelop_jupyter.jobs.following import log
from modelop_jupyter.jobs.outcome import end_messages, timestamp
from modelop_jupyter.jobs.protocol import ClusterEvent, EnvironmentEvent, OtherEvent
from modelop_jupyter.jobs.start import PhaseEvent

MOMENT = datetime(2023, 1, 3, 15, 40, 6, tzinfo=timezone.utc)


def texts(folder: JobFolder) -> list[str]:
    """Return the log's entries without their times."""
    return [line.split(" ", 2)[2] for line in log.lines(folder)]


def test_month_and_day_are_not_padded() -> None:
    """YYYY/M/D HH:MM:SS (spec 2.8)."""
    assert timestamp(MOMENT) == "2023/1/3 15:40:06"


def test_what_the_model_prints_stands_where_it_was_printed(tmp_path: Path) -> None:
    """Several prints may share one entry; the rest comes at the end (spec 2.8)."""
    folder = JobFolder(tmp_path / "job")
    folder.create()
    folder.console.write_bytes(b"from init\n")
    folder.log("info", "init succeeded")
    with folder.console.open("ab") as console:
        console.write("one\ntwo é\n".encode())
    folder.log("info", "state changes to FINISHING")
    with folder.console.open("ab") as console:
        console.write(b"late \xff")

    assert texts(folder) == [
        "[info] MODEL-CONSOLE: from init",
        "[info] init succeeded",
        "[info] MODEL-CONSOLE: one\ntwo é",
        "[info] state changes to FINISHING",
        "[info] MODEL-CONSOLE: late \ufffd",
    ]


def test_the_messages_are_those_of_a_batch_job(tmp_path: Path) -> None:
    """Received, loading, complete, and the records in and out (spec 2.8)."""
    messages = end_messages(
        received=MOMENT,
        started=MOMENT,
        ended=MOMENT,
        status=JobStatus.COMPLETE,
        counts=Counts(records_in=3, scored=3, records_out=2),
        reason=None,
    )

    assert [message.split(" ", 2)[2] for message in messages] == [
        "batch job received",
        "loading batch job",
        "batch job complete",
        "Records in/out: 3/2",
    ]


def test_half_an_event_waits_for_its_other_half(tmp_path: Path) -> None:
    """A line is read when it is whole: two processes write, a third reads."""
    folder = JobFolder(tmp_path / "job")
    folder.create()
    folder.append(PhaseEvent(1.0, "running"))
    with folder.events_file.open("ab") as file:
        file.write(b'{"t": 1, "event": "ne')
    seen = list(folder.events())
    with folder.events_file.open("ab") as file:
        file.write(b'w"}\n')
    offset, _ = seen[-1]

    assert [event for _, event in seen] == [PhaseEvent(1.0, "running")]
    assert [event for _, event in folder.events(offset)] == [OtherEvent(1, "new")]


def test_building_the_environment_is_told_step_by_step(tmp_path: Path) -> None:
    """What was done with the packages, not only how many there are."""
    folder = JobFolder(tmp_path / "job")
    folder.create()
    folder.append(EnvironmentEvent(1.0, "installing", "5 packages"))

    assert texts(folder) == ["[info] environment: installing: 5 packages"]


TORN = [
    b'{"t": 1, "ev',
    b"\x00\x00\xff",
    b"[1, 2]",
    b'{"t": 1, "event": "log"}',
    b'{"event": "phase", "phase": "running"}',
    b'{"t": 1, "event": "progress", "bytes": "many"}',
    b"[" * 100_000,
]


@pytest.mark.parametrize("torn", TORN)
def test_a_torn_event_is_passed_over_and_said(tmp_path: Path, torn: bytes) -> None:
    """Issue 11: a full disk leaves half a line, and two writes meet in one."""
    folder = JobFolder(tmp_path / "job")
    folder.create()
    folder.log("info", "before")
    with folder.events_file.open("ab") as file:
        file.write(torn + b"\n" + torn + b"\n")
    folder.append(PhaseEvent(1.0, "running"))
    folder.log("info", "behind")

    assert texts(folder) == [
        "[info] before",
        "[warning] a line of events.jsonl cannot be read",
        "[info] behind",
    ]
    assert [event.EVENT for _, event in folder.events()] == ["log", "phase", "log"]
    assert folder.last_event(PhaseEvent) is not None


def test_an_event_that_was_never_finished_is_said_at_the_end(tmp_path: Path) -> None:
    """Issue 11: nothing will come behind half a line of a job that has ended."""
    folder = JobFolder(tmp_path / "job")
    folder.create()
    folder.log("info", "before")
    with folder.events_file.open("ab") as file:
        file.write(TORN[0])

    assert texts(folder) == [
        "[info] before",
        "[warning] a line of events.jsonl cannot be read",
    ]


def test_the_nodes_of_an_engine_are_told_when_they_change(tmp_path: Path) -> None:
    """Workers may join and leave while the job runs (issue 14)."""
    folder = JobFolder(tmp_path / "job")
    folder.create()
    folder.append(ClusterEvent(MOMENT.timestamp(), "dask://host:8786", 0, 0))
    folder.append(ClusterEvent(MOMENT.timestamp(), "dask://host:8786", 3, 24))

    assert texts(folder) == [
        "[info] dask://host:8786: waits for nodes",
        "[info] dask://host:8786: 3 nodes, 24 slots",
    ]

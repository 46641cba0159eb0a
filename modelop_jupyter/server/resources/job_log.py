"""``/jobs/JOB/log``: a job's log, followed from where the last answer ended."""

from __future__ import annotations

from dataclasses import dataclass

from modelop_jupyter.jobs.log import Place
from modelop_jupyter.server.declarations import Ask, Operation, Resource
from modelop_jupyter.server.words import JOB

_LIMIT = 1024 * 1024


@dataclass(frozen=True, slots=True)
class LogPart:
    """Lines of a log; ``cursor`` asks for those behind them, and ``is_done`` says there will be none."""

    lines: tuple[str, ...]
    cursor: str
    is_done: bool


def follow_log(ask: Ask) -> LogPart:
    workspace, job = ask.desk.workspace, ask.path["job"]
    events, console = map(int, ask.query["cursor"].split("-"))
    # Asked first: what is written between the two looks comes with the next one.
    is_done = workspace.job(job).record.status.is_done
    lines, place = workspace.log_after(job, Place(events, console), limit=_LIMIT)
    return LogPart(
        lines=tuple(lines),
        cursor=f"{place.events}-{place.console}",
        is_done=is_done and not lines,
    )


RESOURCE = Resource(
    path="/jobs/{job}/log",
    parameters={"job": JOB},
    get=Operation(
        follow_log,
        "Show a job's log from a cursor on, at most a megabyte at a time.",
        LogPart,
        query={
            "cursor": {
                "type": "string",
                "pattern": "^[0-9]{1,15}-[0-9]{1,15}$",
                "default": "0-0",
                "description": "The cursor of the answer before.",
            }
        },
    ),
)

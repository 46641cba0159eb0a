"""The interface of an engine: something that runs tasks on the nodes of a cluster.

A task is one chunk of a job, or a whole job that cannot be cut. An engine only carries it: it calls
``run`` once for each task on some node, passes on what that reports, and says when a task or a node
is lost. What the task does there is ``jobs/nodes/node.py``; which tasks there are, and what becomes
of a lost one, is decided by the job's supervisor (``jobs/nodes/task_group.py``). Engines are found
by entry point (``modelop_jupyter.engines``); docs/engines.md shows how to write one.

All that is moved are texts and bytes, so an engine needs no pickle for them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Task:
    """What a node gets: a JSON ``document``, and ``files`` by name that it may lack.

    ``name`` is ``job:chunk``, or the job's id for a whole job.
    """

    name: str
    document: str
    files: Mapping[str, bytes] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TaskResult:
    """What a node returns: a JSON ``document``, and ``files`` by name."""

    document: str
    files: Mapping[str, bytes] = field(default_factory=dict)


# Runs a task on the node where it is called: a function that can be imported by its name there. It
# gets what to report with, and what says that the task is no longer wanted; it does not raise.
TaskRunner = Callable[[Task, Callable[[str], None], Callable[[], bool]], TaskResult]


@dataclass(frozen=True, slots=True)
class TaskReport:
    """A text that a running task has reported."""

    name: str
    node: str
    text: str


@dataclass(frozen=True, slots=True)
class TaskEnded:
    """A task has returned."""

    name: str
    node: str
    result: TaskResult


class LossKind(Enum):
    """Why a task has no result.

    ``ENDED``: nodes ended while they had it, so that it may be the cause. ``LEFT``: the nodes that
    could have run it have gone. ``REFUSED``: a node cannot run tasks at all. ``FAILED``: the engine
    could not carry it.
    """

    ENDED = "ended"
    LEFT = "left"
    REFUSED = "refused"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class TaskLost:
    """A task has no result, for the ``reason``, a clause."""

    name: str
    reason: str
    kind: LossKind = LossKind.FAILED


TaskEvent = TaskReport | TaskEnded | TaskLost


@dataclass(frozen=True, slots=True)
class Cluster:
    """What an engine has to run tasks with; ``slots`` is how many run at once.

    ``memory`` is that of all nodes in bytes, None where it is not known. ``unfit`` are sentences
    about nodes that are there and cannot run tasks; they are none of the ``nodes``.
    """

    nodes: tuple[str, ...] = ()
    slots: int = 0
    memory: int | None = None
    dashboard: str | None = None
    unfit: tuple[str, ...] = ()


class EngineSession(Protocol):
    """An engine while it is used for one job, by one thread."""

    def cluster(self) -> Cluster:
        """Return what there is now; nodes may come and go. Raises :class:`EngineLostError`."""

    def submit(self, task: Task, *, avoid: frozenset[str] = frozenset()) -> None:
        """Have a task run on a node, but not one of those to ``avoid``; returns at once.

        Raises :class:`EngineLostError`.
        """

    def poll(self, seconds: float) -> Sequence[TaskEvent]:
        """Wait up to so many seconds for the next events; raises :class:`EngineLostError`."""

    def cancel(self, names: Sequence[str]) -> None:
        """Stop tasks; they report no end."""

    def close(self) -> None:
        """Stop all tasks and let go of the cluster; one made for this session ends.

        Takes a few seconds at most, whatever state the cluster is in.
        """


class Engine(Protocol):
    """Something that tasks run on; made without arguments.

    It may have ``libraries``: names of modules that take long to load and read no settings then. A
    process that waits for the next job on the engine has them loaded.
    """

    name: str

    def open(
        self, address: str | None, run: TaskRunner, *, workers: int | None = None
    ) -> EngineSession:
        """Connect to the cluster at an address, or make one of ``workers`` on this machine for None.

        Raises :class:`EngineError` within seconds where that cannot be, also where a node cannot run
        tasks, and :class:`MissingExtraError`.
        """

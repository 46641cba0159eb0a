"""Run tasks on a Dask cluster (``distributed``, the extra ``dask``).

Dask forgets everything when its scheduler ends, runs a task again when its worker ends, and after
some ends in a row (``distributed.scheduler.allowed-failures``) takes it that the task is the cause.
Nothing here depends on what it remembers.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import importlib.metadata
import logging
import os
import pickle
import queue
import time
import uuid
import warnings
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from modelop_jupyter.engines.base import (
    Cluster,
    EngineSession,
    LossKind,
    Task,
    TaskEnded,
    TaskEvent,
    TaskLost,
    TaskReport,
    TaskResult,
    TaskRunner,
)
from modelop_jupyter.engines.private_environment import set_variables, take_variables
from modelop_jupyter.errors import EngineError, EngineLostError, MissingExtraError

if TYPE_CHECKING:
    from distributed import Future

_log = logging.getLogger(__name__)
_PACKAGE = "modelop-jupyter"
_CONNECT_SECONDS = 5.0
_ANSWER_SECONDS = 5.0
_CLOSE_SECONDS = 1.5
_STOPPED = frozenset({"cancelled", "released", "forgotten"})


class DaskEngine:
    """A Dask cluster: one that runs somewhere, or one of processes made for a job."""

    name = "dask"
    # What takes most of the time to load distributed, but for what reads Dask's settings.
    libraries = (
        *("asyncio", "click", "cloudpickle", "importlib_metadata", "jinja2", "msgpack", "numpy"),
        *("multiprocessing.pool", "tlz", "tornado.httpserver", "tornado.websocket", "yaml", "zict"),
    )

    def open(
        self, address: str | None, run: TaskRunner, *, workers: int | None = None
    ) -> EngineSession:
        try:
            import distributed
        except ImportError:
            raise MissingExtraError("the engine dask", "dask") from None
        named = self.name if address is None else f"{self.name}://{address}"
        cluster = None
        # A model could read them in /proc, where they would be of a worker that this process starts.
        private = take_variables() if address is None else {}
        os.environ.update({name: value for name, value in private.items() if _is_dasks(name)})
        try:
            with _quiet():
                if address is None:
                    cluster = distributed.LocalCluster(  # type: ignore[no-untyped-call]
                        n_workers=workers,
                        threads_per_worker=1,
                        host="127.0.0.1",
                        dashboard_address="127.0.0.1:0",
                        # The model's memory is not that of the worker, and has a limit of its own.
                        memory_limit=0,
                    )
                where = cluster if cluster is not None else _scheduler(address or "")
                client = distributed.Client(  # type: ignore[no-untyped-call]
                    where, timeout=_CONNECT_SECONDS, set_as_default=False
                )
                if private:
                    client.register_worker_callbacks(partial(set_variables, private))  # type: ignore[no-untyped-call]
        except (OSError, TimeoutError, TypeError, ValueError) as error:
            os.environ.update(private)
            raise _not_open(named, error) from None
        session = DaskSession(named, client, cluster, run, private)
        try:
            session.require_nodes()
        except BaseException:
            session.close()
            raise
        return session


class DaskSession:
    """A client of one cluster; its scheduler passes on what tasks report, under a topic of this session."""

    def __init__(
        self, named: str, client: Any, cluster: Any, run: TaskRunner, private: Mapping[str, str]
    ) -> None:
        self._named = named
        self._client = client
        self._cluster = cluster
        self._run = run
        self._private = private
        self._topic = f"modelop-{uuid.uuid4().hex}"
        self._events: queue.SimpleQueue[TaskEvent] = queue.SimpleQueue()
        self._futures: dict[str, Future[Any]] = {}
        self._attempts: dict[str, int] = {}
        self._is_lost = False
        # Nodes by address, with what is wrong with them; those that have not answered yet are not here.
        self._checked: dict[str, str | None] = {}
        self._asked: dict[str, concurrent.futures.Future[None]] = {}
        self._present: frozenset[str] = frozenset()
        # Set when a node that had not answered yet got a task that it cannot run.
        self._is_guarded = False
        # Tasks that only some nodes may run.
        self._restricted: dict[str, frozenset[str]] = {}
        client.subscribe_topic(self._topic, self._take_report)

    def require_nodes(self) -> None:
        """Raise :class:`EngineError` where a worker cannot run tasks."""
        self.cluster()
        concurrent.futures.wait(self._asked.values(), _ANSWER_SECONDS)
        for node, reason in dict(self._checked).items():
            if reason is not None:
                raise EngineError(self._named, f"its worker {node} {reason}", _remedy())

    def cluster(self) -> Cluster:
        info = self._ask(lambda: self._client.scheduler.identity(n_workers=-1))
        workers = info.get("workers", {})
        self._present = frozenset(workers)
        self._give_up_on_left()
        self._check_new_nodes()
        checked = dict(self._checked)
        fit = {node: worker for node, worker in workers.items() if checked.get(node) is None}
        limits = [worker["memory_limit"] for worker in fit.values()]
        return Cluster(
            tuple(fit),
            sum(worker["nthreads"] for worker in fit.values()),
            sum(limits) if limits and all(limits) else None,
            self._dashboard(),
            tuple(f"worker {node} {reason}" for node, reason in checked.items() if reason),
        )

    def submit(self, task: Task, *, avoid: frozenset[str] = frozenset()) -> None:
        nodes = self._nodes_for(avoid)
        number = self._attempts[task.name] = self._attempts.get(task.name, 0) + 1
        try:
            with _quiet():
                call = _Call(self._run, (task.name, task.document, dict(task.files)), self._topic)
                future = self._client.submit(
                    pickle.loads,
                    pickle.dumps(call),
                    key=task.name if number == 1 else f"{task.name}#{number}",
                    workers=sorted(nodes) if nodes else None,
                    allow_other_workers=False,
                    pure=False,
                    retries=0,
                )
        except (OSError, RuntimeError, ValueError) as error:
            raise EngineLostError(self._named, f"it takes no tasks ({error})") from None
        self._futures[task.name] = future
        if nodes:
            self._restricted[task.name] = nodes
        future.add_done_callback(lambda done: self._take_end(task.name, done))

    def poll(self, seconds: float) -> Sequence[TaskEvent]:
        events: list[TaskEvent] = []
        deadline = time.monotonic() + seconds
        while not events:
            self._require_connection()
            left = deadline - time.monotonic()
            if left <= 0:
                break
            with contextlib.suppress(queue.Empty):
                events.append(self._events.get(timeout=min(left, 0.5)))
        with contextlib.suppress(queue.Empty):
            while True:
                events.append(self._events.get_nowait())
        return events

    def cancel(self, names: Sequence[str]) -> None:
        self._cancel(names)

    def close(self) -> None:
        # Whatever state the cluster is in, what was ours in it goes with the client.
        self.cancel(list(self._futures))
        with contextlib.suppress(Exception), _quiet():
            self._client.close(timeout=_CLOSE_SECONDS)
        if self._cluster is not None:
            with contextlib.suppress(Exception), _quiet():
                self._cluster.close(timeout=_CLOSE_SECONDS)
        os.environ.update(self._private)

    def _cancel(self, names: Sequence[str]) -> list[str]:
        """Stop tasks; returns those that had not ended."""
        futures = {name: future for name in names if (future := self._forget(name))}
        with contextlib.suppress(EngineLostError):
            given_up = list(futures.values())
            self._ask(lambda: self._client.cancel(given_up, asynchronous=True), _CLOSE_SECONDS)
        return list(futures)

    def _ask(self, question: Callable[[], Any], seconds: float = 0.0) -> Any:
        """Return what the scheduler answers; raises :class:`EngineLostError` where it does not."""
        self._require_connection()
        seconds = seconds or _ANSWER_SECONDS

        async def ask() -> Any:
            return await question()

        try:
            return self._client.sync(ask, callback_timeout=seconds)
        except (OSError, TimeoutError, RuntimeError, AttributeError, ValueError) as error:
            _log.debug("no answer: %r", error)
            reason = f"its scheduler has not answered within {seconds:g} s"
            raise EngineLostError(self._named, reason) from None

    def _require_connection(self) -> None:
        # A client that connects again has given all its tasks up.
        if self._is_lost or self._client.status != "running":
            raise EngineLostError(self._named, "the connection to its scheduler has ended")

    def _dashboard(self) -> str | None:
        try:
            return self._client.dashboard_link or None
        except (OSError, TimeoutError, RuntimeError, AttributeError, ValueError):
            return None

    # Nodes

    def _check_new_nodes(self) -> None:
        """Ask workers for the version of this package, with a function that every Python has.

        They answer beside the tasks that they run, and nobody waits for that here.
        """
        for node in self._present - self._checked.keys():
            if node not in self._asked or self._asked[node].done():
                loop = self._client.loop.asyncio_loop
                self._asked[node] = asyncio.run_coroutine_threadsafe(self._check(node), loop)

    async def _check(self, node: str) -> None:
        try:
            asked = self._client.run(
                importlib.metadata.version, _PACKAGE, workers=[node], on_error="return"
            )
            answer = (await asyncio.wait_for(asked, _ANSWER_SECONDS))[node]
        except (OSError, TimeoutError, asyncio.TimeoutError, LookupError) as error:
            # One that has left, or hangs, is not unfit.
            _log.debug("worker %s was not checked: %r", node, error)
            return
        own = importlib.metadata.version(_PACKAGE)
        if isinstance(answer, importlib.metadata.PackageNotFoundError):
            self._checked[node] = f"has no {_PACKAGE}"
        elif answer == own:
            self._checked[node] = None
        elif isinstance(answer, str):
            self._checked[node] = f"has {_PACKAGE} {answer}, and this machine has {own}"

    def _nodes_for(self, avoid: frozenset[str]) -> frozenset[str]:
        """Return the nodes that may run a task, none where all may."""
        checked = dict(self._checked)
        fit = frozenset(node for node, reason in checked.items() if reason is None)
        may_all = fit == self._present and not avoid and not self._is_guarded
        return frozenset() if may_all else fit - avoid

    def _give_up_on_left(self) -> None:
        """Forget nodes that have left, and the tasks that no other may run."""
        for node in self._asked.keys() - self._present:
            del self._asked[node]
            self._checked.pop(node, None)
        # A copy, as tasks end in other threads.
        restricted = dict(self._restricted)
        left = [name for name, nodes in restricted.items() if not nodes & self._present]
        for name in self._cancel(left) if left else ():
            reason = "the workers that could run it have left"
            self._events.put(TaskLost(name, reason, LossKind.LEFT))

    # What tasks tell

    def _take_report(self, event: tuple[float, Any]) -> None:
        content = event[1]
        self._events.put(TaskReport(content["name"], content["node"], content["text"]))

    def _take_end(self, name: str, future: Future[Any]) -> None:
        # A task that was cancelled, or submitted again, is not waited for any more.
        if self._futures.get(name) is not future:
            return
        ended: TaskEvent
        try:
            # Its worker may be gone meanwhile; then it is run again.
            node, document, files = future.result()
        except concurrent.futures.CancelledError:
            # Not by us: the scheduler has been started anew, or somebody has restarted the cluster.
            self._is_lost = True
            return
        except ImportError as error:
            # A worker may have taken it before it was asked for its version.
            self._is_guarded = True
            kind = LossKind.FAILED if self._nodes_for(frozenset()) else LossKind.REFUSED
            ended = TaskLost(name, f"a worker cannot import {error.name or error}", kind)
        except Exception as error:  # noqa: BLE001 - whatever has ended a task, it has no result
            ended = _lost(name, error)
        else:
            ended = TaskEnded(name, node, TaskResult(document, files))
        if self._forget(name) is future:
            self._events.put(ended)

    def _forget(self, name: str) -> Future[Any] | None:
        self._restricted.pop(name, None)
        return self._futures.pop(name, None)


class _Call:
    """A call of :func:`run_on_worker`, which is made where this is unpickled.

    Dask unpickles functions when a task arrives, and a worker that lacks this package ends by that
    (distributed 2026.8). A task that is unpickled when it runs has an ImportError instead.
    """

    def __init__(
        self, run: TaskRunner, task: tuple[str, str, dict[str, bytes]], topic: str
    ) -> None:
        self._arguments = run, task, topic

    def __reduce__(self) -> tuple[Callable[..., object], tuple[object, ...]]:
        return run_on_worker, self._arguments


def run_on_worker(
    run: TaskRunner, task: tuple[str, str, dict[str, bytes]], topic: str
) -> tuple[str, str, dict[str, bytes]]:
    """Run a task on the worker where this is called; returns the node and the result."""
    from distributed import get_worker
    from distributed.worker import thread_state  # type: ignore[attr-defined]

    worker, key = get_worker(), thread_state.key
    node = worker.address

    def report(text: str) -> None:
        worker.log_event(topic, {"name": task[0], "node": node, "text": text})

    result = run(Task(*task), report, _cancellation(worker, key))
    return node, result.document, dict(result.files)


def _cancellation(worker: Any, key: str) -> Callable[[], bool]:
    """Return what says that nobody waits for a task: it was cancelled, or its client has gone."""

    def is_cancelled() -> bool:
        state = worker.state.tasks.get(key)
        is_closing = str(worker.status) not in ("Status.running", "Status.paused")
        return state is None or state.state in _STOPPED or is_closing

    return is_cancelled


def _lost(name: str, error: BaseException) -> TaskLost:
    from distributed.scheduler import KilledWorker

    if isinstance(error, KilledWorker):
        return TaskLost(name, "the workers that had it ended", LossKind.ENDED)
    return TaskLost(name, f"{type(error).__name__}: {error}")


def _not_open(named: str, error: Exception) -> EngineError:
    """Return why no client was made."""
    remedy = "Start one with 'dask scheduler', and name the address that it prints"
    if isinstance(error, TypeError):
        # What a client of tls:// raises that has no certificates.
        reason = "it needs certificates for TLS, and Dask's configuration names none"
        remedy = (
            "Set distributed.comm.tls in it, or DASK_DISTRIBUTED__COMM__TLS__CA_FILE and the like"
        )
    elif isinstance(error, OSError | TimeoutError):
        reason = f"no Dask scheduler answers there within {_CONNECT_SECONDS:g} s"
    else:
        reason = str(error)
    return EngineError(named, reason, remedy)


def _scheduler(address: str) -> str:
    return address if "://" in address else f"tcp://{address}"


def _is_dasks(name: str) -> bool:
    return name.startswith("DASK_")


def _remedy() -> str:
    own = importlib.metadata.version(_PACKAGE)
    return f"Install it in the workers' environment: pip install {_PACKAGE}[dask]=={own}"


@contextlib.contextmanager
def _quiet() -> Any:
    """Keep Dask's warnings, such as that of a large graph, out of the job's log."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield

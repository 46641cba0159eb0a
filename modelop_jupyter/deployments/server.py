"""The server process of a deployment: brings about what doors want, and reports how far it is."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import itertools
import os
import socket
import time
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

from modelop_jupyter.deployments.access import Access
from modelop_jupyter.deployments.application import application
from modelop_jupyter.deployments.capture_file import CaptureFile
from modelop_jupyter.deployments.errors import (
    QueueFullError,
    RecordProblemError,
    RequestError,
    StoppingError,
)
from modelop_jupyter.deployments.folder import DeploymentFolder, ServerStatus, Wanted
from modelop_jupyter.deployments.http_server import HttpServer, load_libraries
from modelop_jupyter.deployments.kept_lines import KeptLines
from modelop_jupyter.deployments.load import LoadMeter
from modelop_jupyter.deployments.log_file import LogFile
from modelop_jupyter.deployments.plan import DeploymentPlan
from modelop_jupyter.deployments.scoring import AnsweredRecord
from modelop_jupyter.deployments.served_model import ServedModel
from modelop_jupyter.deployments.serving import NotReadyError, Serving
from modelop_jupyter.deployments.shadow import Shadow
from modelop_jupyter.domain.deployments import (
    DeploymentProblem,
    DeploymentState,
    FailedRequest,
    Load,
    ReplicaReport,
)
from modelop_jupyter.engines import end_tree, usage_of
from modelop_jupyter.jobs import staging
from modelop_jupyter.settings import Settings

STOP_SECONDS = 30.0
"""How long a server that is stopped waits for the answers to what it was asked."""

_POLL_SECONDS = 0.1
_REPORT_SECONDS = 1.0
_MEMORY_SECONDS = 5.0  # a look at all processes of the machine costs milliseconds
_MOST_TEXT = 1_000_000


class Server:
    """Answers requests with the snapshot that ``wanted.json`` names, until it is stopped."""

    def __init__(
        self,
        folder: DeploymentFolder,
        listener: socket.socket,
        blobs: staging.Blobs,
        settings: Settings,
    ) -> None:
        self._folder = folder
        self._listener = listener
        host, self._port = listener.getsockname()[:2]
        self._url = (
            f"http://[{host}]:{self._port}" if ":" in host else f"http://{host}:{self._port}"
        )
        self._blobs = blobs
        self._settings = settings
        self._log = LogFile(folder.log_file)
        self._failures = KeptLines(folder.errors_file)
        last = self._failures.last
        self._indexes = itertools.count(0 if last is None else last["index"] + 1)
        self._numbers = itertools.count(1)
        self._meter = LoadMeter()
        self._access = Access(is_loopback=_is_loopback(listener))
        self._stopping = asyncio.Event()
        self._wanted = folder.require(Wanted)
        self._seen = folder.version_of(Wanted)
        self._generation = 0
        self._state = DeploymentState.STARTING
        self._problem: DeploymentProblem | None = None
        self._serving: Serving | None = None
        self._shadow: Shadow | None = None
        self._change: asyncio.Task[None] | None = None
        self._capture: CaptureFile | None = None
        self._ends: float | None = None
        self._began = time.time()
        self._memory: dict[int, int] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        # All whose replicas run: also those that are being initialised, and those that drain.
        self._servings: list[Serving] = []
        self._restarts = 0
        self._reported = 0.0
        self._is_broken = False

    def stop(self) -> None:
        """Answer what was asked, and end."""
        self._stopping.set()

    async def run(self) -> int:
        """Serve until it is stopped; return the exit code, which is 1 where no replica got ready."""
        self._report()
        self._follow_memory()
        try:
            serving = self._new(self._wanted.plan)
            # While the model is initialised, so that it answers as soon as that is done.
            loading = asyncio.ensure_future(asyncio.to_thread(load_libraries))
            if not await self._first_start(serving):
                return 1
            await loading
            app = application(self._served, self._meter, load=self._load, access=self._access)
            http = HttpServer(app)
            await http.start(self._listener)
            self._state = DeploymentState.READY
            self._generation = self._wanted.generation
            self._note("info", f"{serving.plan.ref} answers on {self._url}")
            self._report()
            if self._wanted.shadow is not None:
                self._begin_change(self._wanted)
            await self._serve_until_stopped()
            self._state = DeploymentState.STOPPING
            self._note("info", "the deployment is being stopped")
            self._report()
            await self._end(http)
            self._state = DeploymentState.STOPPED
        finally:
            await self._kill()
            if self._state not in (DeploymentState.STOPPED, DeploymentState.FAILED):
                self._state = DeploymentState.DOWN
            if self._state is not DeploymentState.FAILED:
                self._note("info", f"the deployment is {self._state.value}")
            self._report()
            self._close()
        return 0

    def _served(self) -> ServedModel:
        if self._serving is None:
            raise StoppingError
        return self._serving.model

    async def _first_start(self, serving: Serving) -> bool:
        """Initialise the model; False where that fails, or where the deployment is stopped meanwhile."""
        self._note("info", f"{serving.plan.ref} is being initialised")
        starting = asyncio.ensure_future(serving.start())
        stopped = asyncio.ensure_future(self._stopping.wait())
        try:
            await asyncio.wait((starting, stopped), return_when=asyncio.FIRST_COMPLETED)
            if not starting.done():
                self._state = DeploymentState.STOPPED
                return False
            await starting
        except NotReadyError as error:
            self._problem = error.problem
            self._state = DeploymentState.FAILED
            self._generation = self._wanted.generation
            self._note("error", error.problem.message)
            return False
        finally:
            stopped.cancel()
            if not starting.done():
                starting.cancel()
                await asyncio.gather(starting, return_exceptions=True)
        self._serving = serving
        self._apply(serving.plan)
        return True

    async def _serve_until_stopped(self) -> None:
        while not self._stopping.is_set():
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), _POLL_SECONDS)
            version = self._folder.version_of(Wanted)
            if version is None:
                # The home was removed: nobody could stop it any more.
                self._stopping.set()
            elif version != self._seen:
                self._seen = version
                wanted = self._folder.read_if_whole(Wanted)
                if wanted is not None and wanted.generation > self._wanted.generation:
                    self._begin_change(wanted)
            if self._ends is not None and time.time() >= self._ends:
                self._note("info", "its time is over")
                self._stopping.set()
            if time.monotonic() >= self._reported + _REPORT_SECONDS:
                self._report()

    def _begin_change(self, wanted: Wanted) -> None:
        before = self._change
        self._wanted = wanted

        async def change() -> None:
            if before is not None and not before.done():
                before.cancel()
                await asyncio.gather(before, return_exceptions=True)
            await self._bring_about(wanted)

        self._change = asyncio.ensure_future(change())

    async def _bring_about(self, wanted: Wanted) -> None:
        """Have a snapshot take the place of the one that answers, and a shadow follow it."""
        self._state, self._problem = DeploymentState.REPLACING, None
        self._report()
        try:
            await self._replace(wanted.plan)
            await self._follow(wanted.shadow)
        except NotReadyError as error:
            self._problem = error.problem
            self._note("error", error.problem.message)
        finally:
            if self._state is DeploymentState.REPLACING:
                self._state = DeploymentState.READY
            self._generation = wanted.generation
            self._report()

    async def _replace(self, plan: DeploymentPlan) -> None:
        old = self._serving
        if old is not None and _is_served_by(old.plan, plan):
            old.apply(plan)
            self._apply(plan)
            return
        shadow = self._shadow
        if shadow is not None and shadow.is_ready and _is_served_by(shadow.serving.plan, plan):
            new = shadow.serving
            new.apply(plan)
            shadow.close()
            self._shadow = None
        else:
            new = await self._started(plan)
        self._serving = new
        self._apply(plan)
        self._note("info", f"{plan.ref} answers on {self._url}")
        if old is not None:
            self._run(self._retire(old))

    async def _retire(self, old: Serving) -> None:
        # However long its last requests take: none is lost.
        await old.drain(None)
        self._servings.remove(old)
        self._note("info", f"{old.plan.ref} has answered its last request")

    async def _follow(self, plan: DeploymentPlan | None) -> None:
        shadow = self._shadow
        if shadow is not None and plan is not None and _is_served_by(shadow.serving.plan, plan):
            return
        if shadow is not None:
            self._shadow = None
            shadow.close()
            self._run(self._retire(shadow.serving))
        if plan is not None:
            serving = await self._started(plan)
            self._shadow = Shadow(serving, self._folder)
            self._shadow.is_ready = True
            self._note("info", f"{plan.ref} gets the same records; its answers are compared")

    async def _started(self, plan: DeploymentPlan) -> Serving:
        self._note("info", f"{plan.ref} is being initialised")
        serving = self._new(plan)
        try:
            await serving.start()
        except BaseException:
            await serving.kill()
            self._servings.remove(serving)
            raise
        return serving

    def _new(self, plan: DeploymentPlan) -> Serving:
        def handle_answer(answered: AnsweredRecord) -> None:
            self._handle_answer(serving, answered)

        serving = Serving(
            plan,
            self._folder,
            self._blobs,
            self._settings,
            self._log,
            numbers=self._numbers,
            on_answer=handle_answer,
            on_restart=self._count_restart,
        )
        self._servings.append(serving)
        return serving

    def _apply(self, plan: DeploymentPlan) -> None:
        """Apply what needs no other replicas: who may ask, how long it answers, what is captured."""
        self._access.set_token(self._folder.token)
        lifetime = plan.options.lifetime
        self._ends = None if lifetime is None else time.time() + lifetime
        path = plan.options.capture
        if self._capture is not None:
            self._capture.close()
            self._capture = None
        if path is not None:
            try:
                self._capture = CaptureFile(Path(path))
            except OSError as error:
                self._note("error", f"{path} cannot be written: {error.strerror or error}")

    def _handle_answer(self, serving: Serving, answered: AnsweredRecord) -> None:
        shadow = self._shadow
        if shadow is not None and shadow.serving is serving:
            return
        self._meter.count_record(answered)
        try:
            if answered.error is not None:
                self._keep_failure(serving, answered, answered.error)
            elif self._capture is not None:
                lines = b"".join(text for _, text in answered.outputs)
                self._capture.add(answered.text, lines)
        except OSError as error:
            self._report_full_disk(error)
        if shadow is not None:
            shadow.handle_answer(answered)

    def _count_restart(self) -> None:
        self._restarts += 1

    def _keep_failure(
        self, serving: Serving, answered: AnsweredRecord, error: RequestError
    ) -> None:
        if isinstance(error, (QueueFullError, StoppingError)):
            return
        problem = error if isinstance(error, RecordProblemError) else None
        text = answered.text[:_MOST_TEXT].decode("utf-8", "replace")
        self._failures.add(
            FailedRequest(
                index=next(self._indexes),
                t=time.time(),
                snapshot=serving.plan.snapshot.number,
                slot=answered.slot,
                code=error.code,
                message=error.message,
                record=text,
                stage=problem.stage if problem else None,
                exception=problem.exception if problem else None,
                traceback=problem.traceback if problem else None,
            )
        )

    def _report_full_disk(self, error: OSError) -> None:
        # Once: there may be a thousand records a second.
        if not self._is_broken:
            self._is_broken = True
            name = error.filename or "a file"
            self._note("error", f"{name} cannot be written: {error.strerror or error}")

    def _note(self, level: str, text: str) -> None:
        """Write a line of the log, after what the replicas have logged before."""
        with contextlib.suppress(OSError):
            self._move_logs()
            self._log.write(level, text)

    def _move_logs(self) -> None:
        for serving in self._servings:
            serving.move_logs()

    def _report(self) -> None:
        self._reported = time.monotonic()
        with contextlib.suppress(OSError):
            self._move_logs()
            if self._capture is not None:
                self._capture.flush()
            self._folder.write(self._status(), durable=False)

    def _load(self) -> Load:
        serving = self._serving
        replicas = tuple(
            ReplicaReport(
                replica.pid,
                one.plan.snapshot.number,
                replica.ready.done(),
                self._memory.get(replica.pid),
            )
            for one in self._servings
            for replica in one.replicas.replicas
            if replica.pid is not None
        )
        waiting = 0 if serving is None else serving.replicas.waiting
        return self._meter.report(waiting=waiting, restarts=self._restarts, replicas=replicas)

    def _status(self) -> ServerStatus:
        serving = self._serving
        return ServerStatus(
            state=self._state,
            generation=self._generation,
            pid=os.getpid(),
            began=self._began,
            load=self._load(),
            snapshot=None if serving is None else serving.plan.snapshot.number,
            url=self._url if self._state.is_answering else None,
            ends=self._ends,
            shadow=None if self._shadow is None else self._shadow.report,
            problem=self._problem,
            port=self._port,
        )

    def _follow_memory(self) -> None:
        async def follow() -> None:
            while True:
                pids = [
                    replica.pid
                    for one in self._servings
                    for replica in one.replicas.replicas
                    if replica.pid is not None
                ]
                self._memory = await asyncio.to_thread(_memory_of, pids)
                await asyncio.sleep(_MEMORY_SECONDS)

        self._run(follow())

    async def _end(self, http: HttpServer) -> None:
        if self._change is not None:
            self._change.cancel()
            await asyncio.gather(self._change, return_exceptions=True)
        await http.stop(STOP_SECONDS)
        if self._serving is not None:
            await self._serving.drain(1.0)

    async def _kill(self) -> None:
        for task in [*self._tasks, *filter(None, [self._change])]:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._shadow is not None:
            self._shadow.close()
            self._shadow = None
        for serving in self._servings:
            await serving.kill()

    def _close(self) -> None:
        end_tree(self._wanted.plan.id)
        self._folder.remove_replicas()
        self._failures.close()
        if self._capture is not None:
            self._capture.close()
        self._log.close()

    def _run(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _is_loopback(listener: socket.socket) -> bool:
    return ipaddress.ip_address(listener.getsockname()[0]).is_loopback


def _is_served_by(present: DeploymentPlan, wanted: DeploymentPlan) -> bool:
    """Say whether the replicas of one plan do for another."""
    return (
        present.snapshot.id == wanted.snapshot.id
        and present.python == wanted.python
        and present.replicas == wanted.replicas
        and present.options.schemas == wanted.options.schemas
        and present.options.queue == wanted.options.queue
    )


def _memory_of(pids: list[int]) -> dict[int, int]:
    """Return the bytes of processes with those that they have started."""
    usages = {pid: usage_of(pid) for pid in pids}
    return {pid: usage.memory for pid, usage in usages.items() if usage is not None}

"""Start, replace and stop deployments, and look at them, from any process that has the home folder."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from modelop_jupyter.deployments.folder import DeploymentFolder, ServerStatus, Wanted
from modelop_jupyter.domain.deployments import (
    Deployment,
    DeploymentProblem,
    DeploymentRecord,
    DeploymentState,
)
from modelop_jupyter.errors import (
    ConflictError,
    DeploymentElsewhereError,
    DeploymentFailedError,
    DeploymentNotFoundError,
    HomeError,
    StoppedError,
)
from modelop_jupyter.jobs.start import SupervisorProcess
from modelop_jupyter.jobs.supervision import ownership

if TYPE_CHECKING:
    from modelop_jupyter.deployments.plan import DeploymentPlan
    from modelop_jupyter.domain.job_options import HomeAddress
    from modelop_jupyter.registry import Registry
    from modelop_jupyter.settings import Settings

_POLL_SECONDS = 0.02
_STEP_SECONDS = 0.25  # between two calls of ``on_wait``
# Its server waits 30 s for the answers to what it was asked.
_STOP_SECONDS = 45.0


class DeploymentService:
    """The deployments of one home folder."""

    def __init__(self, settings: Settings, registry: Registry) -> None:
        self._settings = settings
        self._registry = registry

    def folder(self, record: DeploymentRecord) -> DeploymentFolder:
        """Return the folder of a deployment."""
        return DeploymentFolder(self._settings.deployments / record.id)

    def list(self) -> list[Deployment]:
        """Return the deployments as they are now, by name."""
        return [self.view(record) for record in self._registry.list_deployments()]

    def record(self, name: str) -> DeploymentRecord:
        """Return what is on record; raises :class:`DeploymentNotFoundError`."""
        record = self._registry.deployment_of(name)
        if record is None:
            known = [other.model for other in self._registry.list_deployments()]
            raise DeploymentNotFoundError(name, known)
        return record

    def get(self, name: str) -> Deployment:
        """Return a deployment as it is now; raises :class:`DeploymentNotFoundError`."""
        return self.view(self.record(name))

    def require_here(self, record: DeploymentRecord) -> DeploymentFolder:
        """Return the folder; raises :class:`DeploymentElsewhereError` where another home has it."""
        home = self._elsewhere(record)
        if home is not None:
            raise DeploymentElsewhereError(record.model, f"{home.path} on {home.host}")
        return self.folder(record)

    def status(self, record: DeploymentRecord) -> ServerStatus | None:
        """Return what the server process has reported last."""
        return self.folder(record).read_if_whole(ServerStatus)

    def version(self, deployment: str) -> tuple[int, int] | None:
        """Return what differs after the server process has reported anew; None while there is none.

        It costs less than to read the report.
        """
        folder = DeploymentFolder(self._settings.deployments / deployment)
        return folder.version_of(ServerStatus) if self._is_running(folder) else None

    def wanted(self, record: DeploymentRecord) -> Wanted | None:
        """Return what the deployment is to do."""
        return self.folder(record).read_if_whole(Wanted)

    @contextlib.contextmanager
    def changing(self, record: DeploymentRecord) -> Iterator[DeploymentFolder]:
        """Be the only process that changes a deployment; raises :class:`ConflictError`."""
        from filelock import FileLock, Timeout

        folder = self.require_here(record)
        try:
            folder.create()
            lock = FileLock(folder.change_lock, timeout=0)
            lock.acquire()
        except Timeout:
            raise ConflictError(
                f"{record.model} is being deployed or stopped by another process",
                "Wait until it is done",
            ) from None
        except OSError as error:
            raise HomeError(str(folder.root), error.strerror or str(error)) from None
        try:
            yield folder
        finally:
            lock.release()

    def deploy(
        self,
        record: DeploymentRecord,
        plan: DeploymentPlan,
        *,
        shadow: DeploymentPlan | None,
        token: str | None,
        on_wait: Callable[[float], None],
        is_stopped: Callable[[], bool],
    ) -> Deployment:
        """Have a plan's snapshot answer, and return when it does; the caller holds :meth:`changing`.

        ``on_wait`` is called with the seconds since the beginning. Raises
        :class:`DeploymentFailedError`, :class:`PortTakenError`, and :class:`StoppedError`.
        """
        folder = self.folder(record)
        before, status = folder.read_if_whole(Wanted), folder.read_if_whole(ServerStatus)
        wanted = Wanted(before.generation + 1 if before else 1, plan, shadow)
        kept = replace(
            record,
            snapshot=plan.snapshot.number,
            previous=_previous(record, plan, before, status),
            options=plan.options,
            stopped=None,
            home=self._settings.address if self._settings.is_shared else None,
        )
        if self._is_running(folder) and before is not None:
            token_before = folder.token
            folder.set_token(token)
            folder.write(wanted)
            try:
                self._wait(wanted, folder, on_wait, is_stopped, undo=before)
            except BaseException:
                folder.set_token(token_before)
                raise
        else:
            self._start_and_wait(record, kept, wanted, token, on_wait, is_stopped)
        return self.view(self._keep(kept))

    def _start_and_wait(
        self,
        record: DeploymentRecord,
        kept: DeploymentRecord,
        wanted: Wanted,
        token: str | None,
        on_wait: Callable[[float], None],
        is_stopped: Callable[[], bool],
    ) -> None:
        """Start a server process, recorded from the beginning: this one may be killed meanwhile."""
        folder, is_new = self.folder(record), record.snapshot == 0
        starting = kept if is_new else replace(record, options=kept.options, stopped=None)
        self._start(wanted, folder, token, lambda: self._keep(starting))
        try:
            self._wait(wanted, folder, on_wait, is_stopped, undo=None)
        except DeploymentFailedError:
            # It is listed, with its log, until it is deployed again.
            self._end(folder, record.id)
            # The next attempt does not have the options of one that failed.
            self._keep_stopped(replace(starting, options=record.options))
            raise
        except BaseException:
            if is_new:
                self._registry.forget_deployment(record.model)
                shutil.rmtree(folder.root, ignore_errors=True)
            else:
                self._keep(record)
            raise

    def stop(self, record: DeploymentRecord) -> Deployment:
        """Have the server answer what it was asked, and end it with all replicas."""
        folder = self.require_here(record)
        self._end(folder, record.id)
        if record.stopped is None:
            record = self._keep_stopped(record)
        return self.view(record)

    def forget(self, record: DeploymentRecord) -> None:
        """Remove the folder of a deployment whose model is removed; raises :class:`ConflictError`."""
        if self._elsewhere(record) is not None:
            return
        folder = self.folder(record)
        if self._is_running(folder):
            raise ConflictError(
                f"{record.model} is deployed and answers requests",
                f"Stop it first: 'deployment stop {record.model}'",
            )
        shutil.rmtree(folder.root, ignore_errors=True)

    def _start(
        self,
        wanted: Wanted,
        folder: DeploymentFolder,
        token: str | None,
        keep: Callable[[], object],
    ) -> None:
        """Start a server process; ``keep`` is called when nothing but that can fail any more."""
        from modelop_jupyter.deployments.listener import bind
        from modelop_jupyter.domain import variables
        from modelop_jupyter.engines import ON_STDIN, encode_variables, start_detached

        options, last = wanted.plan.options, folder.read_if_whole(ServerStatus)
        listener = bind(options.host, options.port, before=last.port if last else None)
        known = {**os.environ, **self._settings.variables}
        names = variables.of_storage(os.environ) if self._settings.blobs_url else ()
        try:
            with listener, ownership.handed_over(folder) as descriptors:
                folder.set_token(token)
                folder.write(wanted)
                folder.remove_replicas()
                # That of the process before, whose id another process may have by now.
                (folder.root / SupervisorProcess.FILE).unlink(missing_ok=True)
                keep()
                start_detached(
                    [
                        sys.executable,
                        "-m",
                        "modelop_jupyter.deployments",
                        str(folder.root),
                        ON_STDIN,
                    ],
                    cwd=folder.root,
                    environment=variables.plain(known),
                    log=folder.server_log,
                    descriptors={**descriptors, "MODELOP_LISTENER": listener.fileno()},
                    stdin=encode_variables(variables.private(known, names)),
                )
        except OSError as error:
            raise HomeError(str(folder.root), error.strerror or str(error)) from None

    def _wait(
        self,
        wanted: Wanted,
        folder: DeploymentFolder,
        on_wait: Callable[[float], None],
        is_stopped: Callable[[], bool],
        *,
        undo: Wanted | None,
    ) -> None:
        """Wait until it answers; where that fails or is stopped, what was there before stays."""
        began, waited = time.monotonic(), -1.0
        try:
            while True:
                is_running = self._is_running(folder)
                status = folder.read_if_whole(ServerStatus)
                if status is not None and status.generation >= wanted.generation:
                    break
                if not is_running:
                    break
                if time.monotonic() - began - waited >= _STEP_SECONDS:
                    waited = time.monotonic() - began
                    on_wait(waited)
                if is_stopped():
                    raise StoppedError
                time.sleep(_POLL_SECONDS)
        except BaseException:
            if undo is None:
                self._end(folder, wanted.plan.id, at_once=True)
            else:
                folder.write(replace(undo, generation=wanted.generation + 1))
            raise
        if status is None or status.generation < wanted.generation:
            raise self._failed(wanted.plan.ref, _of_crash(folder))
        if status.problem is not None:
            if undo is not None:
                folder.write(replace(undo, generation=wanted.generation + 1))
            raise self._failed((wanted.shadow or wanted.plan).ref, status.problem)

    def _failed(self, ref: str, problem: DeploymentProblem) -> DeploymentFailedError:
        return DeploymentFailedError(
            ref,
            problem.code,
            problem.message,
            problem.hint,
            traceback=problem.traceback,
            console=problem.console,
        )

    def _end(self, folder: DeploymentFolder, mark: str, *, at_once: bool = False) -> None:
        from modelop_jupyter.engines import end_tree

        patience = 2.0 if at_once else _STOP_SECONDS
        deadline = time.monotonic() + _STOP_SECONDS
        signalled: int | None = None
        while self._is_running(folder) and time.monotonic() < deadline:
            # One that has not announced its process id yet has just been started.
            if signalled is None and (signalled := ownership.supervisor_of(folder)) is not None:
                deadline = time.monotonic() + patience
                with contextlib.suppress(OSError):
                    os.kill(signalled, signal.SIGTERM)
            time.sleep(_POLL_SECONDS)
        if signalled is not None and self._is_running(folder):
            with contextlib.suppress(OSError):
                os.kill(signalled, signal.SIGKILL)
        end_tree(mark)

    def _keep_stopped(self, record: DeploymentRecord) -> DeploymentRecord:
        return self._keep(replace(record, stopped=_now()))

    def _keep(self, record: DeploymentRecord) -> DeploymentRecord:
        return self._registry.keep_deployment(record, now=_now())

    def view(self, record: DeploymentRecord) -> Deployment:
        """Return a deployment as its folder shows it; what has changed there is recorded."""
        elsewhere = self._elsewhere(record)
        if elsewhere is not None:
            state = DeploymentState.STOPPED if record.stopped else DeploymentState.READY
            return replace(_plain_view(record, state), elsewhere=elsewhere)
        folder = self.folder(record)
        # In this order: a server that ends between the two looks has written its last status.
        is_running = self._is_running(folder)
        status = folder.read_if_whole(ServerStatus)
        record = self._refreshed(record, status, is_running=is_running)
        state = _state_of(record, status, is_running=is_running)
        view = _plain_view(record, state)
        if status is None:
            return view
        view = replace(
            view,
            began=_time(status.began),
            load=status.load,
            problem=status.problem,
            has_token=folder.token_file.exists(),
        )
        if not is_running:
            return view
        return replace(
            view,
            url=status.url,
            ends=None if status.ends is None else _time(status.ends),
            shadow=status.shadow,
        )

    def _refreshed(
        self, record: DeploymentRecord, status: ServerStatus | None, *, is_running: bool
    ) -> DeploymentRecord:
        """Return a record after what a door could not record, or its server has done by itself."""
        if status is None:
            return record
        changed = record
        if status.snapshot not in (None, record.snapshot):
            changed = replace(changed, snapshot=status.snapshot, previous=record.snapshot)
        has_ended = status.state in (DeploymentState.STOPPED, DeploymentState.FAILED)
        if has_ended and record.stopped is None and not is_running:
            changed = replace(changed, stopped=_now())
        if changed is record:
            return record
        with contextlib.suppress(HomeError):
            return self._keep(changed)
        return changed

    def _is_running(self, folder: DeploymentFolder) -> bool:
        return ownership.is_in_charge(folder)

    def _elsewhere(self, record: DeploymentRecord) -> HomeAddress | None:
        if not self._settings.is_shared or record.home in (None, self._settings.address):
            return None
        return record.home


def _previous(
    record: DeploymentRecord,
    plan: DeploymentPlan,
    before: Wanted | None,
    status: ServerStatus | None,
) -> int | None:
    """Return the snapshot to go back to once a plan's answers: the last one that has answered."""
    has_failed = status is not None and status.snapshot is None
    is_untried = before is None or (has_failed and before.plan.snapshot.number == record.snapshot)
    if is_untried or record.snapshot == plan.snapshot.number:
        return record.previous
    return record.snapshot


def _plain_view(record: DeploymentRecord, state: DeploymentState) -> Deployment:
    return Deployment(
        id=record.id,
        model=record.model,
        snapshot=record.snapshot,
        state=state,
        options=record.options,
        created=record.created,
        previous=record.previous,
        stopped=record.stopped,
    )


def _state_of(
    record: DeploymentRecord, status: ServerStatus | None, *, is_running: bool
) -> DeploymentState:
    if is_running:
        # A status of an earlier process says nothing of this one.
        is_new = status is not None and status.state.is_running
        return status.state if status and is_new else DeploymentState.STARTING
    if status is not None and status.state is DeploymentState.FAILED:
        return DeploymentState.FAILED
    return DeploymentState.STOPPED if record.stopped else DeploymentState.DOWN


def _of_crash(folder: DeploymentFolder) -> DeploymentProblem:
    """Return why a server process ended that has not said why."""
    try:
        lines = folder.server_log.read_text("utf-8", "replace").strip().splitlines()
    except OSError:
        lines = []
    reason = lines[-1] if lines else "it left no message"
    return DeploymentProblem("server_ended", f"its server process ended: {reason}")


def _time(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, timezone.utc)


def _now() -> datetime:
    return datetime.now(timezone.utc)

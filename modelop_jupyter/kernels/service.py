"""The isolated kernels of one home: start, list, use and stop them."""

from __future__ import annotations

import atexit
import os
import uuid
from collections.abc import Mapping
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from modelop_jupyter.domain.environments import Environment
from modelop_jupyter.domain.kernels import KernelRecord
from modelop_jupyter.environments import EnvironmentManager
from modelop_jupyter.environments.bytecode import compile_in_background
from modelop_jupyter.errors import ConflictError, KernelError, KernelNotFoundError
from modelop_jupyter.kernels import launch
from modelop_jupyter.kernels.folders import KernelFolders
from modelop_jupyter.kernels.output import (
    CellError,
    KernelDiedError,
    KernelExitError,
    KernelOutput,
    KernelStuckError,
    NullOutput,
)
from modelop_jupyter.kernels.overlay import Overlay, overlay_for
from modelop_jupyter.kernels.session import KernelSession, RequestOrigin
from modelop_jupyter.workspace import Workspace

Records = list[KernelRecord]


class Kernels:
    """The isolated kernels of one home, of all sessions. Close it.

    A kernel started here ends with this process, its owner, unless it is started as ``detached``: a
    notebook owns its kernels, a shell does not.
    """

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self._folders = KernelFolders(workspace.settings.home / "kernels")
        self._sessions: dict[str, KernelSession] = {}
        self._conflicts: dict[str, tuple[str, ...]] = {}
        self._owns = False

    def close(self) -> None:
        """Stop the kernels that belong to this process."""
        if self._owns:
            atexit.unregister(self.close)
            for record in self._folders.alive():
                if record.owner == os.getpid():
                    self._end(record)
            self._owns = False
        for session in self._sessions.values():
            session.close()
        self._sessions.clear()

    def list(self) -> Records:
        """Return the running kernels of all sessions, the oldest first."""
        return self._folders.alive()

    def start(self, ref: str, *, detached: bool = False) -> tuple[KernelRecord, bool]:
        """Start a kernel for a model or snapshot; returns it, and whether it is new.

        A new kernel may not answer yet: see :meth:`wait_ready`. Raises :class:`ConflictError` if the
        model's kernel runs in an environment that is no longer the model's.
        """
        # The kernel stays that of the snapshot when an alias is moved.
        ref = self.workspace.models.numbered(ref)
        environment = self.workspace.environment(ref)
        owner = None if detached else os.getpid()
        for record in self._folders.alive():
            if record.model == ref and record.owner == owner:
                _require_same(record, environment)
                return record, False
        environment = self.workspace.environments.mend(ref)
        overlay = self.overlay(environment)
        record = self._launch(ref, environment, overlay, owner=owner)
        if owner is not None and not self._owns:
            atexit.register(self.close)
            self._owns = True
        return record, True

    def overlay(self, environment: Environment) -> Overlay:
        """Return the overlay for kernels in an environment; it is built if it is missing."""
        root = self.workspace.settings.environments / "overlays"
        manager = EnvironmentManager(root, progress=self.workspace.progress)
        return overlay_for(environment, manager)

    def reference_for(self, ref: str, snapshot: str) -> str:
        """Return ``ref`` if its environment is that of the snapshot, else ``snapshot``."""
        typed, wanted = map(self.workspace.environment, (ref, snapshot))
        return ref if typed.fingerprint == wanted.fingerprint else snapshot

    def stop(self, ref: str) -> Records:
        """Stop a model's kernels that this session owns or that have no owner; returns them.

        Raises :class:`KernelNotFoundError` if there is none, and :class:`ConflictError` if only
        other sessions have one.
        """
        ref = self.workspace.models.numbered(ref)
        alive = self._folders.alive()
        of_model = [record for record in alive if record.model == ref]
        if not of_model:
            raise KernelNotFoundError(ref, [record.model for record in alive])
        ours = [record for record in of_model if record.owner in (None, os.getpid())]
        if not ours:
            raise ConflictError(
                f"the kernel of {ref} belongs to another session, process {of_model[0].owner}",
                "Stop it in that session, or end that session",
            )
        for record in ours:
            self._end(record)
        return ours

    def run(
        self,
        record: KernelRecord,
        code: str,
        output: KernelOutput,
        *,
        store_history: bool = True,
        allow_stdin: bool = True,
        origin: RequestOrigin | None = None,
    ) -> None:
        """Run a cell in a kernel, as :meth:`KernelSession.run` does; raises :class:`KernelError`."""
        try:
            self._session(record).run(
                code, output, store_history=store_history, allow_stdin=allow_stdin, origin=origin
            )
        except KernelDiedError:
            reason = self._folders.last_console_line(record.id)
            self._end(record)
            raise KernelError(
                f"the isolated kernel of {record.model} has died, and its variables are lost{reason}",
                "Run the cell again to start a new one",
            ) from None
        except KernelStuckError:
            self._end(record)
            raise KernelError(
                f"the cell did not stop, so the isolated kernel of {record.model} was ended, and its"
                " variables are lost",
                "Run a cell again to start a new one",
            ) from None
        except KernelExitError:
            self._end(record)
            output.stream("stderr", f"The isolated kernel of {record.model} was ended by exit().\n")

    def send_comm(
        self, record: KernelRecord, message: Mapping[str, Any], output: KernelOutput
    ) -> bool:
        """Send a widget's event to its kernel; returns whether the kernel still runs."""
        if record not in self._folders.alive():
            return False
        try:
            self._session(record).send_comm(message, output)
        except KernelDiedError:
            self._end(record)
            return False
        return True

    def folder(self, record: KernelRecord) -> Path:
        """Return the folder of a kernel, in which models are staged for it."""
        return self._folders.path(record.id)

    def check(self, ref: str) -> None:
        """Start a kernel and end it again; raises :class:`KernelError` if none can run."""
        environment = self.workspace.environment(ref)
        record = self._launch(ref, environment, self.overlay(environment), owner=os.getpid())
        try:
            self.wait_ready(record)
        finally:
            self._end(record)

    def wait_ready(self, record: KernelRecord) -> None:
        """Wait until a kernel answers; raises :class:`KernelError` if it cannot run."""
        conflicts = self._conflicts.get(record.id, ())
        try:
            session = self._session(record)
            session.connect()
            if conflicts:
                # With these conflicts a kernel may answer and yet be unable to run a cell.
                session.run("pass", NullOutput(), store_history=False)
        except (KernelDiedError, CellError) as error:
            died = isinstance(error, KernelDiedError)
            reason = self._folders.last_console_line(record.id) if died else f" ({error})"
            self._end(record)
            packages = ", ".join(conflicts)
            cause = f": ipykernel cannot be used with its {packages}" if conflicts else ""
            raise KernelError(
                f"no kernel can run in the environment of {record.model}{cause}{reason}",
                "Jobs are not affected. For a kernel, require other versions of these packages"
                if conflicts
                else None,
            ) from None

    def _launch(
        self, ref: str, environment: Environment, overlay: Overlay, *, owner: int | None
    ) -> KernelRecord:
        import psutil

        identity = uuid.uuid4().hex[:12]
        folder = self._folders.create(identity)
        connection = folder / "connection.json"
        launch.write_connection(connection, name=f"modelop-{identity}")
        pid = launch.start(
            launch.arguments(
                environment.python,
                overlay.packages,
                parent=owner or 0,
                connection_file=str(connection),
                model=ref,
                source=self._source(ref),
            ),
            cwd=Path.cwd(),
            environment=launch.environment_of(environment.python, self.workspace.settings.home),
            console=folder / "console.log",
        )
        record = KernelRecord(
            id=identity,
            model=ref,
            environment=environment.fingerprint,
            pid=pid,
            began=psutil.Process(pid).create_time(),
            created=datetime.now(timezone.utc),
            connection_file=str(connection),
            owner=owner,
        )
        self._folders.write(record)
        for used in (environment, overlay.environment):
            compile_in_background(used)
        self._conflicts[identity] = overlay.conflicts
        return record

    def _source(self, ref: str) -> str | None:
        return self.workspace.models.state(ref).primary_source

    def _session(self, record: KernelRecord) -> KernelSession:
        return self._sessions.setdefault(record.id, KernelSession(record))

    def _end(self, record: KernelRecord) -> None:
        session = self._sessions.pop(record.id, None)
        if session is not None:
            session.close()
        launch.end(record)
        self._folders.remove(record.id)


def _require_same(record: KernelRecord, environment: Environment) -> None:
    if record.environment != environment.fingerprint:
        raise ConflictError(
            f"the requirements of {record.model} have changed since its kernel was started",
            f"Type '%modelop kernel stop {record.model}' and run the cell again",
        )

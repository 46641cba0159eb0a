"""The isolated kernels of one home: started, found, spoken with and stopped."""

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
from modelop_jupyter.environments.bytecode import compile_later
from modelop_jupyter.environments.manager import ignore
from modelop_jupyter.errors import ConflictError, KernelError, KernelNotFoundError
from modelop_jupyter.kernels import launch
from modelop_jupyter.kernels.folders import KernelFolders
from modelop_jupyter.kernels.front import (
    CellError,
    Front,
    KernelDiedError,
    KernelLeftError,
    KernelStuckError,
    Nowhere,
)
from modelop_jupyter.kernels.overlay import Overlay, overlay_for
from modelop_jupyter.kernels.talk import ShownAs, Talk
from modelop_jupyter.workspace import Workspace

Records = list[KernelRecord]


class Kernels:
    """Kernels that end with this process, unless they are detached. Close it.

    A verb started in a notebook is owned by the notebook's kernel; one of a shell is not.
    """

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self._folders = KernelFolders(workspace.settings.home / "kernels")
        self._talks: dict[str, Talk] = {}
        self._clashes: dict[str, tuple[str, ...]] = {}
        self._owns = False

    def close(self) -> None:
        """Stop the kernels that belong to this process."""
        if self._owns:
            atexit.unregister(self.close)
            for record in self._folders.alive():
                if record.owner == os.getpid():
                    self._end(record)
            self._owns = False
        for talk in self._talks.values():
            talk.close()
        self._talks.clear()

    def list(self) -> Records:
        """Return the kernels of all sessions that run."""
        return self._folders.alive()

    def start(self, ref: str, *, detached: bool = False) -> tuple[KernelRecord, bool]:
        """Start a model's kernel; returns it, and whether it is new.

        Raises :class:`KernelError` where none can run, :class:`ConflictError` where one runs in
        an environment that is no longer the model's.
        """
        environment = self.workspace.environment(ref)
        owner = None if detached else os.getpid()
        for record in self._folders.alive():
            if record.model == ref and record.owner == owner:
                _require_same(record, environment)
                return record, False
        environment = self.workspace.environments.mended(self.workspace.owner(ref))
        overlay = self.overlay(environment)
        record = self._launch(ref, environment, overlay, owner=owner)
        if owner is not None and not self._owns:
            atexit.register(self.close)
            self._owns = True
        return record, True

    def overlay(self, environment: Environment) -> Overlay:
        """Return the packages that a kernel in an environment needs, built now if missing."""
        root = self.workspace.settings.environments / "overlays"
        manager = EnvironmentManager(root, progress=self.workspace.progress or ignore)
        return overlay_for(environment, manager)

    def nearest(self, ref: str, snapshot: str) -> str:
        """Return the reference to start a kernel with so that it fits a snapshot.

        It is the one that was typed, if its environment is the snapshot's, too.
        """
        first, second = map(self.workspace.environment, (ref, snapshot))
        return ref if first.fingerprint == second.fingerprint else snapshot

    def stop(self, ref: str) -> Records:
        """Stop a model's kernels: those of this session, and those that belong to none."""
        alive = self._folders.alive()
        named = [record for record in alive if record.model == ref]
        if not named:
            raise KernelNotFoundError(ref, [record.model for record in alive])
        ours = [record for record in named if record.owner in (None, os.getpid())]
        if not ours:
            raise ConflictError(
                f"the kernel of {ref} belongs to another session, process {named[0].owner}",
                "Stop it there; it ends with that session, too",
            )
        for record in ours:
            self._end(record)
        return ours

    def run(
        self,
        record: KernelRecord,
        code: str,
        front: Front,
        *,
        store: bool = True,
        can_ask: bool = True,
        shown_as: ShownAs | None = None,
    ) -> None:
        """Run a cell in a kernel, as :meth:`Talk.run` does; raises :class:`KernelError`."""
        try:
            self._talk(record).run(code, front, store=store, can_ask=can_ask, shown_as=shown_as)
        except KernelDiedError:
            said = self._folders.last_words(record.id)
            self._end(record)
            raise KernelError(
                f"the isolated kernel of {record.model} has died, and its variables with it{said}",
                "Run the cell again to start a new one",
            ) from None
        except KernelStuckError:
            self._end(record)
            raise KernelError(
                f"the cell did not stop, so the isolated kernel of {record.model} was ended, and its"
                " variables are gone",
                "Run a cell again to start a new one",
            ) from None
        except KernelLeftError:
            self._end(record)
            front.stream("stderr", f"The isolated kernel of {record.model} has ended, as asked.\n")

    def pass_on(self, record: KernelRecord, message: Mapping[str, Any], front: Front) -> bool:
        """Tell a kernel what was done to a widget of its; returns whether it is still there."""
        if record not in self._folders.alive():
            return False
        try:
            self._talk(record).pass_on(message, front)
        except KernelDiedError:
            self._end(record)
            return False
        return True

    def folder(self, record: KernelRecord) -> Path:
        """Return the folder of a kernel, where models are staged for it."""
        return self._folders.path(record.id)

    def check(self, ref: str) -> None:
        """Start a kernel and end it again; raises :class:`KernelError` where none can run."""
        environment = self.workspace.environment(ref)
        record = self._launch(ref, environment, self.overlay(environment), owner=os.getpid())
        try:
            self._wait(record)
        finally:
            self._end(record)

    def ready(self, record: KernelRecord) -> None:
        """Wait until a kernel answers; raises :class:`KernelError` that says why it does not."""
        self._wait(record)

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
            compile_later(used)
        self._clashes[identity] = overlay.clashes
        return record

    def _source(self, ref: str) -> str | None:
        model, snapshot = self.workspace.find(ref)
        return (snapshot.state if snapshot else model.state).primary_source

    def _wait(self, record: KernelRecord) -> None:
        clashes = self._clashes.get(record.id, ())
        try:
            talk = self._talk(record)
            talk.connect()
            if clashes:
                # It may answer and yet be unable to run a cell.
                talk.run("pass", Nowhere(), store=False)
        except (KernelDiedError, CellError) as error:
            died = isinstance(error, KernelDiedError)
            said = self._folders.last_words(record.id) if died else f" ({error})"
            self._end(record)
            why = (
                f": ipykernel does not go with the model's {', '.join(clashes)}" if clashes else ""
            )
            raise KernelError(
                f"no kernel can run in the environment of {record.model}{why}{said}",
                "Jobs are not affected; a kernel needs other versions in the model's requirements"
                if clashes
                else None,
            ) from None

    def _talk(self, record: KernelRecord) -> Talk:
        return self._talks.setdefault(record.id, Talk(record))

    def _end(self, record: KernelRecord) -> None:
        talk = self._talks.pop(record.id, None)
        if talk is not None:
            talk.close()
        launch.end(record)
        self._folders.remove(record.id)


def _require_same(record: KernelRecord, environment: Environment) -> None:
    if record.environment != environment.fingerprint:
        raise ConflictError(
            f"{record.model} has other requirements now than when its kernel was started",
            f"Type '%modelop kernel stop {record.model}' and run this again",
        )

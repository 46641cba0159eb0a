"""The folder of environments: their names, markers and file locks. A marked folder is complete.

    <fingerprint>/                      an environment, with its marker environment.json, written last
    .building-<fingerprint>-<random>/   one being built or removed, or left behind by a killed process
    blanks/<digest>/                    the bare environment of one interpreter, to be copied
    locks/  logs/  guards/  pins/       resolved locks, build logs, file locks, names to keep
    wheels/                             wheels that were sent here, as this machine has no index

The modification time of the marker is the last use.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from modelop_jupyter import files
from modelop_jupyter.domain.environments import Environment
from modelop_jupyter.domain.wire import from_wire, to_wire
from modelop_jupyter.errors import HomeError

MARKER = "environment.json"
# What a file lock of a use begins with.
_USE = "use-"
# Known by where the marker is, as a home folder may be moved, or only when looked for.
_UNMARKED = ("path", "python", "size", "last_used", "drift")


class EnvironmentStore:
    """Reads and writes below one root; makes folders when something is first put there."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def path(self, fingerprint: str) -> Path:
        return self.root / fingerprint

    def log_path(self, name: str) -> Path:
        return self.root / "logs" / f"{name}.log"

    def read(self, fingerprint: str) -> Environment | None:
        """Return the complete environment of a fingerprint, None where its interpreter is gone."""
        path = self.path(fingerprint)
        try:
            data = json.loads((path / MARKER).read_bytes())
            used = (path / MARKER).stat().st_mtime
        except (OSError, ValueError):
            return None
        environment = _environment(data, path, used)
        return environment if environment and Path(environment.python).exists() else None

    def all(self) -> list[Environment]:
        """Return every complete environment, the oldest first."""
        try:
            names = [entry.name for entry in os.scandir(self.root) if entry.name[0] != "."]
        except FileNotFoundError:
            return []
        environments = [environment for name in names if (environment := self.read(name))]
        return sorted(environments, key=lambda environment: environment.created)

    def touch(self, fingerprint: str) -> None:
        """Record that an environment is used now."""
        with home_errors(self.root):
            os.utime(self.path(fingerprint) / MARKER)

    def begin(self, fingerprint: str) -> Path:
        """Return a free path to build in, after removing what killed builds left.

        Call it under the file lock of that fingerprint: then nobody builds in what is removed.
        """
        with home_errors(self.root):
            self.root.mkdir(parents=True, exist_ok=True)
            for path in self.root.glob(f".building-{fingerprint}-*"):
                shutil.rmtree(path, ignore_errors=True)
        return self.temporary_path(fingerprint)

    def publish(self, temporary: Path, environment: Environment) -> None:
        """Write the marker into a finished folder and give it its final name."""
        files.write_text(temporary / MARKER, json.dumps(_marker(environment), indent=1))
        final = self.path(environment.fingerprint)
        if final.exists():
            self.discard(final)
        files.rename(temporary, final)

    def discard(self, path: Path) -> None:
        """Remove a folder so that it is never seen half removed."""
        if not path.exists():
            return
        with home_errors(self.root):
            temporary = self.temporary_path(path.name)
            files.rename(path, temporary)
        shutil.rmtree(temporary, ignore_errors=True)

    def temporary_path(self, name: str) -> Path:
        """Return a free path for what is not complete yet, or no longer."""
        return self.root / f".building-{name}-{os.urandom(4).hex()}"

    def pin(self, fingerprint: str) -> None:
        """Keep an environment from being garbage collected, also when it is built again."""
        with home_errors(self.root):
            self._pin(fingerprint).parent.mkdir(parents=True, exist_ok=True)
            self._pin(fingerprint).touch(files.PRIVATE)

    def unpin(self, fingerprint: str) -> None:
        with home_errors(self.root):
            self._pin(fingerprint).unlink(missing_ok=True)

    def is_pinned(self, fingerprint: str) -> bool:
        return self._pin(fingerprint).exists()

    def _pin(self, fingerprint: str) -> Path:
        return self.root / "pins" / fingerprint

    @contextmanager
    def in_use(self, fingerprint: str, user: str) -> Iterator[None]:
        """Keep an environment from being removed; ``user`` is a name that nothing else uses it by.

        The system releases it when its holder dies.
        """
        name = f"{_USE}{fingerprint}-{user}"
        try:
            with self.file_lock(name):
                yield
        finally:
            self._guard(name).unlink(missing_ok=True)

    def is_in_use(self, fingerprint: str) -> bool:
        """Say whether a process keeps an environment from being removed."""
        for path in (self.root / "guards").glob(f"{_USE}{fingerprint}-*.lock"):
            try:
                with self.file_lock(path.stem, timeout=0):
                    pass
            except TimeoutError:
                return True
        return False

    def _guard(self, name: str) -> Path:
        return self.root / "guards" / f"{name}.lock"

    @contextmanager
    def file_lock(self, name: str, *, timeout: float = -1) -> Iterator[None]:
        """Hold the file lock of a name, against threads and processes alike.

        The system releases it when its holder dies. Raises :class:`TimeoutError`.
        """
        from filelock import FileLock

        path = self._guard(name)
        with home_errors(self.root):
            path.parent.mkdir(parents=True, exist_ok=True)
            lock = FileLock(path, timeout=timeout, mode=files.PRIVATE)
            lock.acquire()
        try:
            yield
        finally:
            lock.release()


def _marker(environment: Environment) -> dict[str, Any]:
    data: dict[str, Any] = to_wire(environment)
    for name in _UNMARKED:
        del data[name]
    return {**data, "python": os.path.relpath(environment.python, environment.path)}


def _environment(data: Any, path: Path, used: float) -> Environment | None:
    """Return the environment that a marker describes, None for a damaged marker."""
    try:
        return from_wire(
            Environment,
            {
                **data,
                "path": str(path),
                "python": str(path / data["python"]),
                "last_used": datetime.fromtimestamp(used, timezone.utc).isoformat(),
            },
        )
    except (AttributeError, KeyError, TypeError, ValueError):
        return None


@contextmanager
def home_errors(root: Path) -> Iterator[None]:
    """Raise :class:`HomeError`, which names the folder, in place of an OSError."""
    try:
        yield
    except TimeoutError:
        raise
    except OSError as error:
        raise HomeError(str(root), (error.strerror or str(error)).lower()) from error

"""The folder of environments: names, markers, guards. What is marked here is complete.

    <fingerprint>/                      an environment; environment.json inside, written last
    .building-<fingerprint>-<random>/   one being made, or left behind by a kill
    blanks/<digest>/                    a bare environment of one interpreter, to be copied
    locks/  logs/  guards/  pins/       resolved locks, build logs, file locks, names never cleared away

The modification time of the marker is the last use.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from modelop_jupyter import files
from modelop_jupyter.domain.environments import Environment, Interpreter, LockedPackage
from modelop_jupyter.errors import HomeError

MARKER = "environment.json"


class Shelf:
    """Reads and writes below one root; makes folders when something is first put there."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def path(self, fingerprint: str) -> Path:
        return self.root / fingerprint

    def log(self, name: str) -> Path:
        return self.root / "logs" / f"{name}.log"

    def read(self, fingerprint: str) -> Environment | None:
        """Return a complete environment whose interpreter is still there."""
        marker = self.path(fingerprint) / MARKER
        try:
            data = json.loads(marker.read_bytes())
            used = marker.stat().st_mtime
        except (OSError, ValueError):
            return None
        found = environment_from(data, self.path(fingerprint), used)
        return found if found and Path(found.python).exists() else None

    def all(self) -> list[Environment]:
        """Return every complete environment, the oldest first."""
        try:
            names = [entry.name for entry in os.scandir(self.root) if entry.name[0] != "."]
        except FileNotFoundError:
            return []
        found = [environment for name in names if (environment := self.read(name))]
        return sorted(found, key=lambda environment: environment.created)

    def touch(self, fingerprint: str) -> None:
        """Note that an environment is used now."""
        with home_errors(self.root):
            os.utime(self.path(fingerprint) / MARKER)

    def temporary(self, fingerprint: str) -> Path:
        """Return a free name beside the environment; leftovers of a killed build are removed.

        Call it under the guard of that fingerprint: then nobody is building in a leftover.
        """
        with home_errors(self.root):
            self.root.mkdir(parents=True, exist_ok=True)
            for left in self.root.glob(f".building-{fingerprint}-*"):
                shutil.rmtree(left, ignore_errors=True)
        return self.beside(fingerprint)

    def publish(self, temporary: Path, environment: Environment) -> None:
        """Write the marker into a finished folder and give it its final name."""
        marker = temporary / MARKER
        files.write_text(marker, json.dumps(environment_data(environment), indent=1))
        final = self.path(environment.fingerprint)
        if final.exists():
            self.discard(final)
        files.rename(temporary, final)

    def discard(self, path: Path) -> None:
        """Remove a folder so that it is never seen half removed."""
        if not path.exists():
            return
        with home_errors(self.root):
            grave = self.beside(path.name)
            files.rename(path, grave)
        shutil.rmtree(grave, ignore_errors=True)

    def beside(self, fingerprint: str) -> Path:
        """Return a free name for what is not an environment yet, or no longer."""
        return self.root / f".building-{fingerprint}-{os.urandom(4).hex()}"

    def pin(self, fingerprint: str) -> None:
        """Keep an environment from being cleared away; it stays pinned when it is built again."""
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
    def guard(self, name: str, *, timeout: float = -1) -> Iterator[None]:
        """Hold the file lock of a name, against threads and processes alike.

        The system frees it when its holder dies. Raises :class:`TimeoutError`.
        """
        from filelock import FileLock

        path = self.root / "guards" / f"{name}.lock"
        with home_errors(self.root):
            path.parent.mkdir(parents=True, exist_ok=True)
            lock = FileLock(path, timeout=timeout, mode=files.PRIVATE)
            lock.acquire()
        try:
            yield
        finally:
            lock.release()


def environment_data(environment: Environment) -> dict[str, Any]:
    data = asdict(environment)
    # The place is where the marker is found: a home folder may be moved.
    for name in ("path", "python", "size", "last_used", "drift"):
        del data[name]
    data["created"] = environment.created.isoformat()
    data["python"] = os.path.relpath(environment.python, environment.path)
    return data


def environment_from(data: Any, path: Path, used: float) -> Environment | None:
    """Return the environment a marker describes, None for a marker that is none."""
    try:
        return Environment(
            fingerprint=data["fingerprint"],
            path=str(path),
            python=str(path / data["python"]),
            lock_digest=data["lock_digest"],
            interpreter=Interpreter(**data["interpreter"]),
            packages=tuple(LockedPackage(**package) for package in data["packages"]),
            created=datetime.fromisoformat(data["created"]),
            build_seconds=data["build_seconds"],
            last_used=datetime.fromtimestamp(used, timezone.utc),
        )
    except (KeyError, TypeError, ValueError):
        return None


@contextmanager
def home_errors(root: Path) -> Iterator[None]:
    """Say what is wrong with the folder instead of a bare OSError."""
    try:
        yield
    except TimeoutError:
        raise
    except OSError as error:
        raise HomeError(str(root), (error.strerror or str(error)).lower()) from error

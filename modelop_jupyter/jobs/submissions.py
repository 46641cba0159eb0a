"""Who is about to record a job: noted beside the jobs, so that a killed one's folder is found.

A note is there from before the job's folder until the registry knows the job. There are as many as
submissions that go on, and those that were killed: looking through them is quick, however many jobs
a home has.
"""

from __future__ import annotations

import json
import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from modelop_jupyter import files
from modelop_jupyter.engines import is_running, started_at

_PATIENCE_SECONDS = 600.0


@dataclass(frozen=True, slots=True)
class Submission:
    """A job that is not on record yet; ``origin`` is the job that it is made of."""

    job: str
    note: Path
    pid: int | None = None
    began: float | None = None
    origin: str | None = None
    host: str | None = None

    @property
    def goes_on(self) -> bool:
        """Whether the process that submits it is still there; one of another machine may be, for a while."""
        if self.host is not None and self.host != socket.gethostname():
            return _age(self.note) < _PATIENCE_SECONDS
        return self.pid is not None and is_running(self.pid, self.began)

    def forget(self) -> None:
        """Take the note away."""
        with suppress(OSError):
            self.note.unlink()


@contextmanager
def noted(root: Path, job: str, *, origin: str | None = None) -> Iterator[None]:
    """Be known to submit a job while this is entered."""
    root.mkdir(mode=0o700, parents=True, exist_ok=True)
    note, pid = root / job, os.getpid()
    message = {"pid": pid, "began": started_at(pid), "origin": origin}
    message["host"] = socket.gethostname()
    files.write_text(note, json.dumps(message), durable=False)
    try:
        yield
    finally:
        with suppress(OSError):
            note.unlink()


def submissions(root: Path) -> Iterator[Submission]:
    """Yield those that go on, and those whose process was killed."""
    try:
        notes = list(root.iterdir())
    except OSError:
        return
    for note in notes:
        if note.name.startswith("."):
            continue
        try:
            said = json.loads(note.read_bytes())
            who = int(said["pid"]), said["began"], said["origin"], said["host"]
            yield Submission(note.name, note, *who)
        except FileNotFoundError:
            continue
        except (OSError, ValueError, KeyError, TypeError):
            # Damaged: nobody can be asked, and a job's folder is never taken away for a note alone.
            yield Submission(note.name, note)


def _age(note: Path) -> float:
    try:
        return time.time() - note.stat().st_mtime
    except OSError:
        return float("inf")

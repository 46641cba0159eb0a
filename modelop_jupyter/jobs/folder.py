"""The job folder: the files through which host, supervisor and runner communicate.

``protocol.py`` has the types of what is in them.

plan.json       what the user asked for, written once at submission (host only)
start.json      how the supervisor starts the runners
supervisor.json id and start time of the supervisor's process
supervisor.lock locked while a process is in charge of the job
end.lock        locked while the end is written
follower.json   id and start time of a process that waits for the job and shows its end
request.json    what to run, read by the runner; written by ``request.py`` alone
conversions.json what is made JSON lines for the runner before it starts, where chunks are converted
converted.json  how that ended
job.json        the job in ModelOp's shape; a model sees its text as ``rawJson``
work/           the model's working directory, a fresh copy of its assets; after the job, what it changed
staged.json     the state of the files in work/ before the model saw them
pinned          an empty file: the job is never removed
inputs/         inputs the host had to write: variables, converted files
outputs/        results; ``.part`` until complete
events.jsonl    phases, log lines and progress, appended by supervisor and runner
errors.jsonl    records that were rejected or failed
printed.jsonl   the last bytes that each record printed
printed.bin     those of the record that printed last, while the runner works
progress.bin    the record that was begun last
proof.json      what the runner saw of its environment
modules.json    the modules that the runner had loaded in the end
result.json     the runner's end marker
spans.bin       where in the output each record ends, where only bad records are scored again
outcome.json    how the job ended; the registry has a copy
recorded        an empty file: the registry has the copy
spare           room for the end of a job that has filled the disk
checkpoint.json how far the runner has come for good, where it can resume
digests.json    size, time and SHA-256 of each input, once they are known
chunks.json     the parts of the input, where several runners share it
stored.json     of a chunk: the object that is its output
parts.json      the objects that are the job's output, where each chunk has one
chunks-left     an empty file: outputs of chunks that are joined could not be removed where they lie
nodes.json      how many tasks each node of an engine has done
node.json       what a node had as the environment of a task
workers/ID/     a job folder for the runner of each chunk, until their outputs are merged
console.log     what the model printed
conversion.log  errors of the process that converts
supervisor.log  errors of the supervisor itself; normally empty
"""

from __future__ import annotations

import json
import os
import re
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from modelop_jupyter import files
from modelop_jupyter.domain.wire import from_wire, mismatch, to_wire
from modelop_jupyter.errors import DamagedJobError, ModelOpError

if TYPE_CHECKING:
    from modelop_jupyter.domain.job_options import OutputTarget
    from modelop_jupyter.jobs.protocol import ErrorLine, Event, Message, Position, PrintedLine

T = TypeVar("T")
M = TypeVar("M", bound="Message")
E = TypeVar("E", bound="Event")
# What reading a folder raises in which files are missing, damaged or of another program.
UNREADABLE = (ModelOpError, OSError, ValueError, LookupError, TypeError, AttributeError)
_TAIL = 1 << 18
_SPARE = 1 << 16
_CHUNK_ID = re.compile(r"\d+(\.\d+)*")


@dataclass(frozen=True, slots=True)
class JobFolder:
    """The paths of one job, and reading and writing of its files."""

    root: Path

    @property
    def work(self) -> Path:
        return self.root / "work"

    @property
    def inputs(self) -> Path:
        return self.root / "inputs"

    @property
    def outputs(self) -> Path:
        return self.root / "outputs"

    def place_of(self, output: OutputTarget) -> Path:
        """Return where an output lies: at the user's path, or here, also a copy of a remote one."""
        from modelop_jupyter.storage import is_address  # not for the start of every job

        is_kept = output.target is None or is_address(output.target)
        return self.outputs / output.name if is_kept else Path(str(output.target))

    @property
    def console(self) -> Path:
        return self.root / "console.log"

    @property
    def events_file(self) -> Path:
        return self.root / "events.jsonl"

    @property
    def errors_file(self) -> Path:
        return self.root / "errors.jsonl"

    @property
    def printed_file(self) -> Path:
        return self.root / "printed.jsonl"

    @property
    def workers_folder(self) -> Path:
        return self.root / "workers"

    @property
    def workers(self) -> list[JobFolder]:
        """The folders of the chunks that were begun, in the order of the input.

        Empty for a single runner.
        """
        try:
            paths = [
                path for path in self.workers_folder.iterdir() if _CHUNK_ID.fullmatch(path.name)
            ]
        except (FileNotFoundError, NotADirectoryError):
            return []
        return [JobFolder(path) for path in sorted(paths, key=_chunk_order)]

    def create(self) -> None:
        """Make the folder; it must not exist."""
        self.root.parent.mkdir(parents=True, exist_ok=True)
        self.root.mkdir(mode=0o700)
        self.create_content()

    def create_content(self) -> None:
        """Fill the folder, which is there and empty."""
        self.inputs.mkdir()
        self.outputs.mkdir()
        with files.open_private(self.root / "spare", "wb") as spare:
            spare.write(bytes(_SPARE))

    def make_room(self) -> None:
        """Remove the spare file, so that the end of the job can be written on a full disk."""
        (self.root / "spare").unlink(missing_ok=True)

    def is_full(self) -> bool:
        """Say whether the disk is full."""
        return shutil.disk_usage(self.root).free < _SPARE

    def has(self, kind: type[Message]) -> bool:
        """Say whether a file is there, whatever is in it."""
        return (self.root / kind.FILE).exists()

    def write(self, message: Message, *, durable: bool = True) -> None:
        """Write a message under a temporary name and rename it; ``durable`` waits for the disk."""
        text = json.dumps(to_wire(message), ensure_ascii=False)
        files.write_text(self.root / message.FILE, text, durable=durable)

    def read(self, kind: type[M]) -> M | None:
        """Return a message, None when it is not there.

        Raises :class:`DamagedJobError` for a file that does not fit its type.
        """
        name = kind.FILE
        try:
            data = json.loads((self.root / name).read_bytes().decode())
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise self.damaged(name, (error.strerror or str(error)).lower()) from None
        except (ValueError, RecursionError):
            raise self.damaged(name, "it is not JSON") from None
        reason = mismatch(kind, data)
        if reason is not None:
            raise self.damaged(name, reason)
        message = from_wire(kind, data)
        flaw_of = getattr(message, "flaw", None)
        if flaw_of is not None and (reason := flaw_of()) is not None:
            raise self.damaged(name, reason)
        return message

    def require(self, kind: type[M]) -> M:
        """Return a message that must be there; raises :class:`DamagedJobError` where it is gone."""
        message = self.read(kind)
        if message is None:
            raise self.damaged(kind.FILE, "it is gone")
        return message

    def read_if_whole(self, kind: type[M]) -> M | None:
        """Return a message, None when it is not there or damaged."""
        try:
            return self.read(kind)
        except DamagedJobError:
            return None

    def damaged(self, name: str, reason: str, remedy: str | None = None) -> DamagedJobError:
        """Return the error for a file of this folder, with a reason and what to do about it."""
        job, parent = self.root, self.root.parent
        if parent.name == "workers":
            job, name = parent.parent, f"workers/{self.root.name}/{name}"
        return DamagedJobError(job.name[:8], name, reason, remedy)

    def append(self, event: Event) -> None:
        """Append an event, in one write so that lines of two processes never mix."""
        line = json.dumps({"event": event.EVENT, **to_wire(event)}, ensure_ascii=False) + "\n"
        with files.open_private(self.events_file, "ab") as file:
            file.write(line.encode())

    def log(self, level: str, text: str) -> None:
        """Append a line of the job's log, with the position of the model's console at this moment."""
        from modelop_jupyter.jobs.protocol import LogEvent

        self.append(LogEvent(time.time(), level, text, self.console_size()))

    def console_size(self) -> int:
        try:
            return self.console.stat().st_size
        except OSError:
            return 0

    def events(self, offset: int = 0) -> Iterator[tuple[int, Event]]:
        """Yield the complete events after an offset, each with the offset after it.

        Damaged lines, as a full disk leaves them, are left out.
        """
        for end, event in self.event_lines(offset):
            if event is not None:
                yield end, event

    def event_lines(
        self, offset: int = 0, *, is_whole: bool = False
    ) -> Iterator[tuple[int, Event | None]]:
        """Yield what :meth:`events` does, and None for each line that cannot be read.

        ``is_whole``: the file is complete, so a last line without its end is damaged.
        """
        from modelop_jupyter.jobs.protocol import event_of

        return _lines(self.events_file, event_of, offset, is_whole=is_whole)

    def last_event(self, kind: type[E]) -> E | None:
        """Return the newest event of a kind among the last ones, however long the file is."""
        from modelop_jupyter.jobs.protocol import event_of

        try:
            with self.events_file.open("rb") as file:
                file.seek(max(0, file.seek(0, os.SEEK_END) - _TAIL))
                lines = file.read().split(b"\n")
        except OSError:
            return None
        mark = f'"{kind.EVENT}"'.encode()
        for line in reversed(lines[:-1]):
            event = event_of(line) if mark in line else None
            if isinstance(event, kind):
                return event
        return None

    def position(self) -> Position:
        """Return where the runner of this folder is, or was when it ended."""
        from modelop_jupyter.jobs.protocol import Position

        try:
            return Position.of_bytes((self.root / "progress.bin").read_bytes())
        except OSError:
            return Position()

    def forget_position(self) -> None:
        """Forget where the runner was that has ended; the next one may take a while to say where it is."""
        (self.root / "progress.bin").unlink(missing_ok=True)

    def errors(self) -> Iterator[ErrorLine]:
        """Yield the records that were rejected or failed; damaged lines are left out."""
        return (error for error in self.error_lines() if error is not None)

    def error_lines(self, *, is_whole: bool = False) -> Iterator[ErrorLine | None]:
        """Yield what :meth:`errors` does, and None for each line that cannot be read."""
        from modelop_jupyter.jobs.protocol import error_of

        return (error for _, error in _lines(self.errors_file, error_of, is_whole=is_whole))

    def printed(self) -> Iterator[PrintedLine]:
        """Yield what each record printed, as far as it is kept, in the order of printing."""
        from modelop_jupyter.jobs.protocol import PrintedLine, printed_of

        last = None
        for _, line in _lines(self.printed_file, printed_of):
            if line is not None:
                last = line
                yield line
        try:
            memory = PrintedLine.of_memory((self.root / "printed.bin").read_bytes())
        except OSError:
            return
        if memory is not None and (last is None or last.index != memory.index):
            yield memory


def _chunk_order(path: Path) -> list[int]:
    return [int(number) for number in path.name.split(".")]


def _lines(
    path: Path, parse: Callable[[bytes], T | None], offset: int = 0, *, is_whole: bool = False
) -> Iterator[tuple[int, T | None]]:
    try:
        file = path.open("rb")
    except (FileNotFoundError, NotADirectoryError):
        return
    except OSError:
        yield offset, None
        return
    with file:
        file.seek(offset)
        for line in file:
            if not line.endswith(b"\n") and not is_whole:
                return
            offset += len(line)
            if line.strip():
                yield offset, parse(line)

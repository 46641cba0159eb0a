"""What each record has printed or logged, kept with its index: ``printed.jsonl``.

Python's own stdout and stderr write through ``RecordStream``, so that a record which writes nothing
costs nothing. What a library in C or another process writes is in the console only, as is what threads
write between two records.

``printed.bin`` is the text of the record that has written last: a memory map, true even after
``kill -9``. It has three native 64 bit integers (number of the input, index, bytes written in all, -1
-1 0 before the first) and room for the last bytes, where byte ``n`` stands at ``n % MAX_TEXT``.
"""

import io
import json
import mmap
import os
import sys
from json.encoder import encode_basestring_ascii as encode_text

from .files import Appender, open_private, rename, temporary_name
from .termination import Termination

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Container, Sequence
    from typing import Any

    from .protocol import InputFile

NAME = "printed.jsonl"
MEMORY = "printed.bin"
HEADER = 24
MAX_TEXT = 4000  # bytes of one record that are kept, the last ones
MAX_BYTES = 2000000  # of the texts of all records, and of those of bad records


class PrintedText:
    """Keeps what the records of a batch write; ``current`` is ``Journal.current_record``.

    ``earlier`` is what a runner has left that this one takes the place of.
    """

    def __init__(
        self,
        folder: str,
        inputs: "Sequence[InputFile]",
        current: "memoryview[int]",
        *,
        resumes: bool = False,
    ) -> None:
        self.folder, self.current = folder, current
        self.earlier = earlier_lines(folder) if resumes else []
        self.slots = [item["slot"] for item in inputs]
        self.is_set = False  # what is written belongs to the call for all records
        self.skipped: dict[int, str] = {}
        self.kept = self.kept_of_errors = 0
        self.file: Appender | None = None
        self.header, self.memory = self._map()

    def _map(self) -> "tuple[memoryview[int], memoryview[int]]":
        path = os.path.join(self.folder, MEMORY)
        part = temporary_name(path)
        with open(part, "wb", opener=open_private) as file:
            file.write(b"\xff" * 16 + b"\0" * 8 + b"\0" * MAX_TEXT)
        rename(part, path)
        with open(path, "r+b") as file:
            whole = memoryview(mmap.mmap(file.fileno(), HEADER + MAX_TEXT))
        return whole[:HEADER].cast("q"), whole[HEADER:]

    def watch(self) -> None:
        """Have stdout and stderr write through here from now on."""
        for name, descriptor in (("stdout", 1), ("stderr", 2)):
            stream = getattr(sys, name)
            try:
                stream.flush()
                watched = watched_stream(self, stream, descriptor)
            except (AttributeError, OSError, ValueError):  # there is none
                continue
            setattr(sys, name, watched)
            setattr(sys, "__" + name + "__", watched)

    def add(self, data: "Any") -> None:
        """Keep what is written while a record is at hand."""
        current, header = self.current, self.header
        if not current[2] or os.getpid() != Termination.process:
            return
        if header[1] != current[1] or header[0] != current[0]:
            self.finish()
            header[0], header[1] = current[0], current[1]
        written, size = header[2], len(data)
        place = written % MAX_TEXT
        if place + size <= MAX_TEXT:
            self.memory[place : place + size] = data
        else:
            rest = bytes(data[-MAX_TEXT:])
            place = (written + size - len(rest)) % MAX_TEXT
            first = rest[: MAX_TEXT - place]
            self.memory[place : place + len(first)] = first
            self.memory[: len(rest) - len(first)] = rest[len(first) :]
        header[2] = written + size

    def text(self) -> "str | None":
        """Return what the record at hand, or the last one, has written; None where that is nothing."""
        header, current = self.header, self.current
        if header[1] != current[1] or header[0] != current[0]:
            return None
        return written_text(header[2], self.memory)

    def text_of_bad(self, index: int) -> "str | None":
        """Return what to keep with a bad record, up to a size of all of them."""
        self._flush_streams()
        text = self.skipped.get(index) or self.text()
        if text is None or self.kept_of_errors > MAX_BYTES:
            return None
        self.kept_of_errors += len(text)
        return text

    def take_up(self, first: int, skipped: "Container[int]") -> None:
        """Begin with the record ``first`` where an earlier runner has ended.

        What later records had printed is dropped, as they are scored again, but for those that are
        ``skipped``.
        """
        kept: dict[tuple[int, int], bytes] = {}
        for line in self.earlier:
            try:
                data = json.loads(line.decode("utf-8"))
                index, slot, text = int(data["index"]), int(data["slot"]), str(data["text"])
            except (ValueError, KeyError, TypeError, RecursionError):
                continue
            if index < first or index in skipped:
                kept[slot, index] = line
            if index in skipped:
                self.skipped[index] = text
        path = os.path.join(self.folder, NAME)
        if kept or os.path.exists(path):
            part = temporary_name(path)
            with open(part, "wb", opener=open_private) as file:
                file.write(b"".join(kept.values()))
            rename(part, path)
        self.kept = sum(map(len, kept.values()))

    def _flush_streams(self) -> None:
        """Take what the record has written without a line end, where a stream keeps that back."""
        inside, self.current[2] = self.current[2], 1
        for stream in (sys.stdout, sys.stderr):
            try:
                stream.flush()
            except Exception:  # noqa: S110 - a model may have closed or replaced it
                pass
        self.current[2] = inside

    def finish(self) -> None:
        """Write the text of the record that has written last."""
        number, index, size = self.header
        self.header[1], self.header[0], self.header[2] = -1, -1, 0
        if index < 0 or not size or self.kept > MAX_BYTES:
            return
        slot = self.slots[number] if 0 <= number < len(self.slots) else 0
        text = written_text(size, self.memory) or ""
        # Where every record prints, to make JSON of a dictionary is much of the time.
        left_out = f', "left_out": {size - MAX_TEXT}' if size > MAX_TEXT else ""
        index = 0 if self.is_set else index
        line = f'{{"index": {index}, "slot": {slot}, "text": {encode_text(text)}{left_out}}}\n'
        data = line.encode()
        self.kept += len(data)
        if self.file is None:
            self.file = Appender(os.path.join(self.folder, NAME))
        self.file.add(data)

    def close(self) -> None:
        """Write what is left, and remove the memory, at the end of the job."""
        self.finish()
        self.flush()
        try:
            os.unlink(os.path.join(self.folder, MEMORY))
        except OSError:  # Windows: it is mapped
            pass

    def flush(self) -> None:
        if self.file is not None:
            self.file.flush()


class RecordStream(io.FileIO):
    """The bytes of stdout or stderr, on their way to the console."""

    printed: PrintedText
    replaced: object  # the stream before: were it collected, it could close the descriptor

    def write(self, data: "Any") -> int:
        self.printed.add(data)
        return super().write(data)


def watched_stream(printed: PrintedText, stream: "Any", descriptor: int) -> io.TextIOWrapper:
    """Return a stream as another one, with the same settings."""
    file = RecordStream(descriptor, "wb", closefd=False)
    file.printed, file.replaced = printed, stream
    file.name = f"<{'stdout' if descriptor == 1 else 'stderr'}>"
    text: Any = io.TextIOWrapper(
        file,  # type: ignore[arg-type,unused-ignore]
        stream.encoding,
        stream.errors,
        line_buffering=stream.line_buffering,
        write_through=getattr(stream, "write_through", False),
    )
    text.mode = "w"
    return text  # type: ignore[no-any-return]


def written_text(size: int, memory: "bytes | memoryview[int]") -> "str | None":
    """Return the last bytes that were written in a ring, from the first whole line if some are lost."""
    if size <= 0:
        return None
    if size <= MAX_TEXT:
        return bytes(memory[:size]).decode("utf-8", "replace")
    place = size % MAX_TEXT
    data = bytes(memory[place:]) + bytes(memory[:place])
    start = data.find(b"\n") + 1
    return (data[start:] or data).decode("utf-8", "replace")


def earlier_lines(folder: str) -> "list[bytes]":
    """Return the lines of printed.jsonl, and that of the record in printed.bin."""
    lines: list[bytes] = []
    try:
        with open(os.path.join(folder, NAME), "rb") as file:
            lines += [line for line in file if line.endswith(b"\n")]
    except OSError:
        pass
    try:
        with open(os.path.join(folder, MEMORY), "rb") as file:
            data = file.read()
    except OSError:
        return lines
    if len(data) == HEADER + MAX_TEXT:
        number, index, size = memoryview(data)[:HEADER].cast("q")
        text = written_text(size, data[HEADER:])
        # A job that can go on has one input, whose slot is 0.
        if number == 0 and index >= 0 and text is not None:
            line = {"index": index, "slot": 0, "text": text}
            lines.append(json.dumps(line).encode() + b"\n")
    return lines

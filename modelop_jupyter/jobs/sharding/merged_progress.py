"""Merge the events of several workers into those of one job: summed progress, common log lines."""

from __future__ import annotations

import dataclasses
import re
import time
from collections.abc import Iterable, Sequence
from dataclasses import replace

from modelop_jupyter.domain.chunks import TO_END, Chunk
from modelop_jupyter.jobs.folder import JobFolder
from modelop_jupyter.jobs.protocol import Event, LogEvent, Progress, RunnerResult
from modelop_jupyter.jobs.sharding import chunks

_NUMBERS = ("records_in", "scored", "rejected", "failed", "records_out", "bytes")
_FIRST_LINES = ("state changes to RUNNING", "init succeeded")
_LINES_OF_THE_JOB = re.compile(
    r"state changes to |init succeeded|MODEL-CONSOLE: Model runner exits|jobResult set to failure"
    r"|\d+ input record\(s\) rejected by (encoding|schema)"
)


class ProgressMerger:
    """Takes the events of each chunk's runner, and appends to those of the job.

    ``total`` is the size of the input's files.
    """

    def __init__(self, folder: JobFolder, parts: Sequence[Chunk], *, total: int) -> None:
        self._folder = folder
        self._parts = {part.id: part for part in parts}
        self._total = total
        self._offsets: dict[str, int] = {}
        self._progress: dict[str, Progress] = {}
        self._first_lines: set[str] = set()
        self._shown: Progress | None = None

    @property
    def counts(self) -> Progress:
        """The summed progress of all chunks."""
        known = self._progress.values()
        sums = {name: sum(getattr(progress, name) for progress in known) for name in _NUMBERS}
        tries = chunks.summed_tries(known)
        return Progress(t=time.time(), **sums, **tries, total_bytes=self._total)

    def forward(self, chunk_ids: Iterable[str]) -> None:
        """Append events for what is new in the folders of these chunks."""
        for chunk_id in chunk_ids:
            worker = JobFolder(self._folder.workers_folder / chunk_id)
            for offset, event in worker.events(self._offsets.get(chunk_id, 0)):
                self._offsets[chunk_id] = offset
                self.add(chunk_id, event)
        self.publish()

    def add(self, chunk_id: str, event: Event) -> None:
        """Take an event of a chunk's runner."""
        if isinstance(event, Progress):
            self._progress[chunk_id] = self._of_chunk(chunk_id, event)
        elif isinstance(event, LogEvent) and self._is_logged(event.text):
            self._folder.append(replace(event, t=time.time()))

    def add_result(self, chunk_id: str, result: RunnerResult) -> None:
        """Take the counts of a chunk that is done."""
        counts, part = dataclasses.asdict(result.counts), self._parts[chunk_id].range
        known = self._progress.get(chunk_id)
        # What was read of a compressed file only its runner knows.
        is_plain = part.member is None and part.end < TO_END
        size = part.end - part.start if is_plain else known.bytes if known else 0
        self._progress[chunk_id] = Progress(time.time(), **counts, bytes=size, total_bytes=None)

    def _of_chunk(self, chunk_id: str, event: Progress) -> Progress:
        """Return the progress of a chunk in bytes of the input, of which its runner may read a text."""
        part = self._parts[chunk_id].range
        if part.member is not None or part.end >= TO_END or not event.total_bytes:
            return event
        return replace(event, bytes=event.bytes * (part.end - part.start) // event.total_bytes)

    def forget(self, chunk_id: str) -> None:
        """Take it that a chunk begins anew."""
        self._progress.pop(chunk_id, None)

    def replace_chunk(self, chunk: Chunk, pieces: Sequence[Chunk]) -> None:
        """Take it that a chunk is scored in pieces."""
        self.forget(chunk.id)
        del self._parts[chunk.id]
        self._parts |= {piece.id: piece for piece in pieces}

    def publish(self) -> None:
        """Append the summed progress, if it has changed."""
        counts = self.counts
        if self._shown is None or counts != replace(self._shown, t=counts.t):
            self._shown = counts
            self._folder.append(counts)

    def finish(self, result: RunnerResult) -> None:
        """Log the end in ModelOp's words and order (spec 2.8), without the final state."""
        self.forward(self._parts)
        for stage, count in result.stages.items():
            side, _, check = stage.partition(" ")
            if side == "input":
                self._folder.log("error", f"{count} input record(s) rejected by {check}")
        if not result.is_error:
            self._folder.log("info", "state changes to FINISHING")
            if result.reason:
                self._folder.log("warning", f'jobResult set to failure: "{result.reason}"')
        self._folder.log("info", "MODEL-CONSOLE: Model runner exits")

    def _is_logged(self, text: str) -> bool:
        """Say whether a line is one of the job: the first ones once, and none that it has itself."""
        if text in _FIRST_LINES and text not in self._first_lines:
            self._first_lines.add(text)
            return True
        return _LINES_OF_THE_JOB.match(text) is None

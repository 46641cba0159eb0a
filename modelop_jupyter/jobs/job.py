"""The handle of one job: what a notebook holds after ``%modelop batch``."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from modelop_jupyter.domain.jobs import (
    Counts,
    JobKind,
    JobRecord,
    JobResult,
    JobStatus,
    RecordError,
)
from modelop_jupyter.domain.log_filter import LogFilter
from modelop_jupyter.domain.plan import Plan
from modelop_jupyter.domain.results.error_groups import ErrorGroup, groups_of
from modelop_jupyter.domain.results.histograms import Distribution, distributions
from modelop_jupyter.errors import (
    DamagedJobError,
    InvalidError,
    JobFailedError,
)
from modelop_jupyter.formats import UNREADABLE, Opener, format_for, read_page, tables
from modelop_jupyter.formats.paging import sample
from modelop_jupyter.jobs import output_parts
from modelop_jupyter.jobs.cleanup import retention
from modelop_jupyter.jobs.cleanup.removal import size_of
from modelop_jupyter.jobs.following import follow, log, record_log
from modelop_jupyter.jobs.outcome import Outcome
from modelop_jupyter.jobs.protocol import (
    ClusterEvent,
    ErrorLine,
    InputDigests,
    Message,
    OutputPart,
    OutputParts,
    RunnerRequest,
    RunnerResult,
)
from modelop_jupyter.jobs.shared_files import base_name
from modelop_jupyter.storage import is_address

if TYPE_CHECKING:
    from modelop_jupyter.display.picture import Picture
    from modelop_jupyter.domain.engines import EngineState
    from modelop_jupyter.domain.job_options import OutputTarget
    from modelop_jupyter.domain.reports import JobUpdate
    from modelop_jupyter.domain.results.verdicts import Verdict
    from modelop_jupyter.jobs.folder import JobFolder
    from modelop_jupyter.jobs.service import JobService

_POLL_SECONDS = 0.005
# A job without a supervisor gets no outcome.json: only a full look finds its end.
_LOOK_SECONDS = 0.5


def record_error(line: ErrorLine | None) -> RecordError:
    """Return the record of an error line; for a damaged line, one that says so."""
    if line is None:
        return RecordError(-1, "unknown", "what errors.jsonl says of this record cannot be read")
    return line.error


class Job:
    """A submitted job, which runs in a process of its own, independent of this object.

    Every property returns the current state.
    """

    def __init__(self, service: JobService, record: JobRecord) -> None:
        self._service = service
        self._record = record
        self._copies: JobFolder | None = None

    def __repr__(self) -> str:
        record = self.record
        return (
            f"<Job {record.short_id}: {record.kind.value} of {record.snapshot_ref},"
            f" {record.status.value} {record.result.value}>"
        )

    @property
    def id(self) -> str:
        return self._record.id

    def require_here(self) -> None:
        """Raise :class:`JobElsewhereError` where its files are in another home of the same registry."""
        self._service.require_here(self._record)

    def require_readable(self, name: str | None = None) -> None:
        """Raise :class:`JobElsewhereError` where its files are in another home and not shared.

        With a name, also where that file was too large to be shared.
        """
        self._service.require_readable(self._record, name)

    def require_output(self) -> None:
        """Raise :class:`JobElsewhereError` where its output is in another home and not shared."""
        record = self.record
        if record.output:
            output = record.options.output
            is_copy = output is not None and is_address(record.output)
            name = output.name if output and is_copy else base_name(record.output)
            self._service.require_output(record, name)

    @property
    def folder(self) -> JobFolder:
        """The folder that holds everything about the job, or copies of what another home shares of it."""
        if self._copies is not None:
            return self._copies
        folder = self._service.folder_of(self._record)
        if folder != self._service.folder(self.id):
            self._copies = folder
        return folder

    @property
    def record(self) -> JobRecord:
        """The job as registry and folder show it now."""
        self._record = self._service.refresh(self._record)
        return self._record

    @property
    def status(self) -> JobStatus:
        return self.record.status

    @property
    def result(self) -> JobResult:
        return self.record.result

    @property
    def messages(self) -> tuple[str, ...]:
        """ModelOp's job messages; empty until the job is done."""
        return self.record.messages

    @property
    def counts(self) -> Counts:
        return self.record.counts

    @property
    def environment(self) -> str | None:
        """The fingerprint of the environment it ran in."""
        return self.record.environment

    @property
    def output(self) -> Path | None:
        """The file with the result, None while there is none, and where it is in :attr:`parts`."""
        record = self.record
        if record.output is None or not record.status.is_done or self._is_in_parts:
            return None
        if is_address(record.output):
            return self._copy_of(record.options.output)
        return self._service.output_of(record, Path(record.output), base_name(record.output))

    @property
    def parts(self) -> tuple[OutputPart, ...]:
        """The objects with the result of a job whose chunks have one each, in the order of records."""
        if not self._is_in_parts:
            return ()
        self.require_readable()
        return self.folder.require(OutputParts).parts

    @property
    def _is_in_parts(self) -> bool:
        record, output = self.record, self._record.options.output
        is_asked = output is not None and output.prefix is not None
        return record.status.is_done and is_asked and record.output is not None

    def _copy_of(self, output: OutputTarget | None) -> Path | None:
        """Return the job's own copy of an output that is in remote storage."""
        if output is None:
            return None
        found = self._service.output_of(self.record, self.folder.place_of(output), output.name)
        return found if found.is_file() else None

    @property
    def outputs(self) -> dict[int, Path]:
        """The files with the results by their output slots, where several were asked for."""
        record = self.record
        if not record.status.is_done:
            return {}
        first = self.output
        paths = {1: first} if first else {}
        for output in record.options.other_outputs:
            place = self.folder.place_of(output)
            path = self._service.output_of(record, place, output.name)
            if path.is_file():
                paths[output.slot] = path
        return paths

    @property
    def metrics(self) -> Any:
        """The object a metrics function returned, None for other jobs or where it failed.

        Raises :class:`DamagedJobError` where there was one that cannot be read any more.
        """
        record = self.record
        result = self.folder.read(RunnerResult) if record.status.is_done else None
        is_lost = record.kind is JobKind.METRICS and record.result is JobResult.SUCCESS
        if result is None and is_lost:
            if not self._service.is_elsewhere(record):
                raise self.folder.damaged(RunnerResult.FILE, "it is gone")
            where = self._service.elsewhere_note(record)
            raise self.folder.damaged(RunnerResult.FILE, "it is in another home", where)
        return None if result is None else result.metrics

    @property
    def verdicts(self) -> tuple[Verdict, ...]:
        """The verdicts of the model's thresholds and the job's expectations on its metrics."""
        return self.record.verdicts

    @property
    def hint(self) -> str | None:
        """Advice for the next such job, and what is damaged in the job's folder; None for nothing."""
        where: list[str] = []
        if self._service.is_elsewhere(self._record):
            where = [self._service.elsewhere_note(self._record)]
            if self.folder == self._service.folder(self.id):
                return where[0]
        if not self.folder.root.is_dir():
            short = self._record.short_id
            return f"The folder of this job is gone: 'job remove {short}' takes it off the list"
        if not self.record.status.is_done:
            return None
        outcome = self.outcome
        unshared = None if where else self._service.unshared_note(self._record)
        hints = [*where, outcome.hint if outcome else None, *self.damage, unshared]
        return " ".join(hint for hint in hints if hint) or None

    @property
    def damage(self) -> tuple[str, ...]:
        """What is damaged in the folder of an ended job, each with what to do about it."""
        kinds: list[type[Message]] = [Plan, Outcome, RunnerRequest, InputDigests]
        if self._record.status is JobStatus.COMPLETE:
            kinds.append(RunnerResult)
        return tuple(str(flaw) for kind in kinds if (flaw := self._flaw(kind)) is not None)

    def _flaw(self, kind: type[Message]) -> DamagedJobError | None:
        try:
            if kind in (Plan, RunnerResult):
                self.folder.require(kind)
            else:
                self.folder.read(kind)
        except DamagedJobError as error:
            return error
        return None

    @property
    def plan(self) -> Plan:
        """The plan of the job; raises :class:`DamagedJobError` where it is lost."""
        return self._service.plan(self._record)

    @property
    def outcome(self) -> Outcome | None:
        """The content of ``outcome.json``, None where it is not there or damaged."""
        return self.folder.read_if_whole(Outcome)

    @property
    def size(self) -> int:
        """The bytes that its folder takes."""
        return size_of(self.folder.root)

    @property
    def cluster(self) -> EngineState | None:
        """What the engine had last, None for a job of this machine."""
        if self.record.options.engine is None:
            return None
        event = self.folder.last_event(ClusterEvent)
        return event.state if event else None

    @property
    def is_pinned(self) -> bool:
        """Whether it is never removed."""
        return retention.is_pinned(self.folder)

    def artefacts(self) -> list[Path]:
        """Return the files a train function left in ``outputDir/`` (spec 13.15)."""
        if self.record.kind is not JobKind.TRAIN:
            return []
        return sorted(
            path for path in (self.folder.work / "outputDir").rglob("*") if path.is_file()
        )

    def records(self, slot: int | None = None) -> Iterator[Any]:
        """Yield the output records, or those of a slot with a file of its own.

        Raises :class:`JobFailedError` when there is no output, :class:`JobElsewhereError` when it is
        in another home and not shared, and :class:`StorageError` for an object that cannot be read.
        """
        if self._is_in_parts:
            return output_parts.records(self.parts)
        path = self.output if slot is None else self.outputs.get(slot)
        if path is None or not path.exists():
            self.require_output()
            where = f"its output {path} is gone" if path else "it has no output"
            raise JobFailedError(self._record.short_id, where)
        return self._read(path)

    def page(self, offset: int, limit: int, *, opener: Opener) -> tuple[list[Any], int | None]:
        """Return some output records, and the number of all where that is known.

        ``opener`` opens a file. Raises what :meth:`records` does.
        """
        if self._is_in_parts:
            return output_parts.page(self.parts, offset, limit)
        path = self.output
        if path is None or not path.is_file():
            self.require_output()
            reason = f"its output {path} is gone" if path else "it has no output"
            raise JobFailedError(self._record.short_id, reason)
        try:
            return read_page(path, offset, limit, opener=opener)
        except UNREADABLE as error:
            reason = (isinstance(error, OSError) and error.strerror) or str(error)
            raise JobFailedError(
                self._record.short_id, f"its output {path} cannot be read ({reason})"
            ) from None

    def _read(self, path: Path) -> Iterator[Any]:
        try:
            yield from format_for(path.name).read(path)
        except UNREADABLE as error:
            raise JobFailedError(
                self._record.short_id, f"its output {path} cannot be read ({error})"
            ) from None

    def to_frame(self, kind: str = "pandas", *, slot: int | None = None) -> Any:
        """Return the output, or that of a slot, as a table of the notebook's own library.

        ``kind`` is ``pandas``, ``polars`` or ``arrow``. Raises :class:`TableKindError` for another
        word, :class:`MissingLibraryError` or :class:`MissingExtraError` for a library that is not
        installed, :class:`InvalidError` for records that polars or Arrow could not hold unchanged,
        and what :meth:`records` does.
        """
        tables.require_kind(kind)
        path = self.output if slot is None else self.outputs.get(slot)
        if not self._is_in_parts and path is not None and path.is_file():
            try:
                table = tables.read_table(kind, path)
            except UNREADABLE as error:
                raise JobFailedError(
                    self._record.short_id, f"its output {path} cannot be read ({error})"
                ) from None
            if table is not None:
                return table
        return tables.table_of(kind, self.records(slot))

    def charts(self) -> list[Picture]:
        """Return the charts of a metrics result: to be shown one by one, or saved as PNG or SVG."""
        from modelop_jupyter.display.metrics import views
        from modelop_jupyter.display.picture import Picture

        result = self.metrics
        shown = views(result) if result is not None else ()
        return [Picture(chart) for view in shown for chart in view.charts]

    def spread(self) -> tuple[Distribution, ...]:
        """Return the distributions of the numbers in the output, of a sample of some hundred records."""
        path = self.output
        if self.record.kind is not JobKind.BATCH or path is None or not path.is_file():
            return ()
        return distributions(sample(path))

    def error_groups(self, most: int | None = None) -> tuple[ErrorGroup, ...]:
        """Return the bad records counted by kind; of the first ``most`` of them, if given."""
        return groups_of(self._errors(most))

    def errors(self, most: int | None = None) -> list[RecordError]:
        """Return the records that were rejected or failed, in their order; at most ``most``."""
        return list(self._errors(most))

    def _errors(self, most: int | None) -> Iterator[RecordError]:
        lines = self.folder.error_lines(is_whole=self._record.status.is_done)
        return map(record_error, islice(lines, most))

    def log(
        self, *, record: int | None = None, grep: str | None = None, level: str | None = None
    ) -> str:
        """Return the job's log in ModelOp's words, or some of its lines.

        ``record``: what the record with this index printed, and how it failed. ``grep`` is a text, or
        ``/regex/``; ``level`` the least level, such as ``WARNING``. Raises :class:`InvalidError`.
        """
        chosen = LogFilter.asked(grep, level)
        if record is None:
            entries = log.lines(self.folder)
        else:
            self.require_record(record)
            entries = record_log.entries(self.folder, record)
        return "\n".join(chosen.of(entries))

    def require_record(self, index: int) -> None:
        """Raise :class:`InvalidError` for an index that none of the job's records has."""
        record = self.record
        if record.kind is not JobKind.BATCH:
            raise InvalidError(
                f"job {record.short_id} is one call: what it printed belongs to no record",
                "Leave out the record",
            )
        count = record.counts.records_in
        if record.status.is_done and not 0 <= index < count:
            there = f"They are 0 to {count - 1}" if count else "It has read none"
            raise InvalidError(f"job {record.short_id} has no record {index}", there)

    def console(self) -> str:
        """Return what the model printed."""
        try:
            return self.folder.console.read_text(encoding="utf-8", errors="replace")
        except OSError:
            return ""

    def follow(
        self, *, lines: int | None = None, pause: Callable[[float], None] = time.sleep
    ) -> Iterator[JobUpdate]:
        """Yield updates until the job is done.

        Of what the model printed before, the last ``lines`` come first; all of them by default.
        ``pause`` sleeps between two looks; what it raises ends the following.
        """
        self.require_readable()
        return follow.follow(self._service, self.record, lines=lines, pause=pause)

    def awaited(self) -> AbstractContextManager[None]:
        """Announce, while this is entered, that this process shows the job's end."""
        return follow.announce_follower(self.folder)

    @property
    def is_awaited(self) -> bool:
        """Whether a process that still runs waits for the job, or has shown its end."""
        return follow.has_follower(self.folder)

    def wait(self, timeout: float | None = None) -> Job:
        """Wait for the end; raises :class:`TimeoutError` after ``timeout`` seconds, the job goes on."""
        deadline = None if timeout is None else time.monotonic() + timeout
        outcome = self.folder.root / "outcome.json"
        while not self.record.status.is_done:
            look = time.monotonic() + _LOOK_SECONDS
            while not outcome.exists() and (now := time.monotonic()) < look:
                if deadline is not None and now > deadline:
                    raise TimeoutError(f"job {self._record.short_id} is still running")
                time.sleep(_POLL_SECONDS)
        return self

    def cancel(self) -> Job:
        """Stop it and everything it started; what it has so far is kept."""
        self._record = self._service.cancel(self._record)
        return self

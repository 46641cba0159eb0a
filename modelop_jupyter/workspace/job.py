"""The handle of one job: what a notebook holds after ``%modelop batch``."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from modelop_jupyter.domain.distributions import Distribution, distributions
from modelop_jupyter.domain.failures import ErrorGroup, groups_of
from modelop_jupyter.domain.jobs import (
    Counts,
    JobKind,
    JobRecord,
    JobResult,
    JobStatus,
    RecordError,
)
from modelop_jupyter.domain.reports import JobUpdate
from modelop_jupyter.domain.verdicts import Verdict
from modelop_jupyter.domain.wire import from_wire
from modelop_jupyter.errors import DamagedJobError, JobFailedError, MissingExtraError
from modelop_jupyter.formats import FORMATS, UNREADABLE, format_for
from modelop_jupyter.formats.sampling import sample
from modelop_jupyter.jobs import elsewhere, follower, following, log, pins
from modelop_jupyter.jobs.folder import JobFolder
from modelop_jupyter.jobs.outcome import Outcome
from modelop_jupyter.jobs.plan import Plan
from modelop_jupyter.jobs.removal import size_of
from modelop_jupyter.jobs.service import JobService

if TYPE_CHECKING:
    from modelop_jupyter.display.drawing import Picture

_POLL_SECONDS = 0.005
_LOOK_SECONDS = 0.5  # an end that nobody wrote is found by a look at all there is


def record_error(line: dict[str, Any] | None) -> RecordError:
    """Return what a line of the errors tells; of one that is torn, that it is."""
    if line is None:
        return RecordError(-1, "unknown", "what errors.jsonl says of this record cannot be read")
    return from_wire(RecordError, line)


class Job:
    """A submitted job. It runs in a process of its own, whatever becomes of this object.

    Every property tells the state at the time of asking.
    """

    def __init__(self, service: JobService, record: JobRecord) -> None:
        self._service = service
        self._record = record

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

    @property
    def folder(self) -> JobFolder:
        """The folder that holds everything about the job."""
        return self._service.folder(self.id)

    @property
    def record(self) -> JobRecord:
        """The job as the registry and its folder tell it now."""
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
        """The file with the result, None while there is none."""
        path = self.record.output if self.record.status.is_done else None
        return Path(path) if path else None

    @property
    def outputs(self) -> dict[int, Path]:
        """The files with the results by their output slots, where several were asked for."""
        if not self.record.status.is_done:
            return {}
        found = {1: self.output} if self.output else {}
        for each in self.record.options.get("other_outputs", ()):
            path = Path(each["target"] or self.folder.outputs / each["name"])
            if path.is_file():
                found[each["slot"]] = path
        return found

    @property
    def metrics(self) -> Any:
        """The object a metrics function returned, None for other jobs or where it failed.

        Raises :class:`DamagedJobError` where there was one that cannot be read any more.
        """
        record = self.record
        result = self.folder.read("result.json") if record.status.is_done else None
        is_lost = record.kind is JobKind.METRICS and record.result is JobResult.SUCCESS
        if result is None and is_lost:
            raise self.folder.damaged("result.json", "it is gone")
        return None if result is None else result.get("metrics")

    @property
    def verdicts(self) -> tuple[Verdict, ...]:
        """What the model's thresholds and the job's expectations say of its metrics."""
        return self.record.verdicts

    @property
    def hint(self) -> str | None:
        """What would make the next such job better, and what is wrong with the job's folder."""
        if self._service.is_elsewhere(self._record):
            return str(elsewhere.error_of(self._record))
        if not self.folder.root.is_dir():
            short = self._record.short_id
            return f"The folder of this job is gone: 'job remove {short}' takes it off the list"
        if not self.record.status.is_done:
            return None
        outcome = self.folder.read_if_whole("outcome.json") or {}
        said = [outcome.get("hint"), *self.damage]
        return " ".join(each for each in said if each) or None

    @property
    def damage(self) -> tuple[str, ...]:
        """What an ended job's folder does not hold any more as it was written, each with a remedy."""
        wanted = ["plan.json", "outcome.json", "request.json", "digests.json"]
        if self._record.status is JobStatus.COMPLETE:
            wanted.append("result.json")
        return tuple(str(flaw) for name in wanted if (flaw := self._flaw(name)) is not None)

    def _flaw(self, name: str) -> DamagedJobError | None:
        try:
            message = self.folder.read(name)
        except DamagedJobError as error:
            return error
        is_needed = name in ("plan.json", "result.json")
        return self.folder.damaged(name, "it is gone") if is_needed and message is None else None

    @property
    def plan(self) -> Plan:
        """What was asked for; raises :class:`DamagedJobError` where nothing tells it any more."""
        return self._service.plan(self._record)

    @property
    def outcome(self) -> Outcome | None:
        """How it ended as its folder tells it, None where that cannot be read any more."""
        message = self.folder.read_if_whole("outcome.json")
        return None if message is None else from_wire(Outcome, message)

    @property
    def size(self) -> int:
        """The bytes that its folder takes."""
        return size_of(self.folder.root)

    @property
    def is_pinned(self) -> bool:
        """Whether it is never removed."""
        return pins.is_pinned(self.folder)

    def artefacts(self) -> list[Path]:
        """Return the files a train function left in ``outputDir/`` (spec 4, 13.15)."""
        if self.record.kind is not JobKind.TRAIN:
            return []
        return sorted(
            path for path in (self.folder.work / "outputDir").rglob("*") if path.is_file()
        )

    def records(self, slot: int | None = None) -> Iterator[Any]:
        """Yield the output records, or those of a slot with a file of its own.

        Raises :class:`JobFailedError` when there is no output.
        """
        path = self.output if slot is None else self.outputs.get(slot)
        if path is None or not path.exists():
            where = f"its output {path} is gone" if path else "it has no output"
            raise JobFailedError(self._record.short_id, where)
        return self._read(path)

    def _read(self, path: Path) -> Iterator[Any]:
        try:
            yield from format_for(path.name).read(path)
        except UNREADABLE as error:
            raise JobFailedError(
                self._record.short_id, f"its output {path} cannot be read ({error})"
            ) from None

    def to_frame(self, slot: int | None = None) -> Any:
        """Return the output, or that of a slot, as a DataFrame, read by the notebook's own pandas."""
        try:
            import pandas
        except ImportError:
            raise MissingExtraError("a DataFrame", "pandas") from None
        path = self.output if slot is None else self.outputs.get(slot)
        if path is not None and path.is_file() and format_for(path.name) is FORMATS["csv"]:
            try:
                return pandas.read_csv(path)
            except UNREADABLE as error:
                raise JobFailedError(
                    self._record.short_id, f"its output {path} cannot be read ({error})"
                ) from None
        return pandas.DataFrame(list(self.records(slot)))

    def charts(self) -> list[Picture]:
        """Return the charts of a metrics result: to be shown one by one, or saved as PNG or SVG."""
        from modelop_jupyter.display.drawing import Picture
        from modelop_jupyter.display.metrics import views

        result = self.metrics
        found = views(result) if result is not None else ()
        return [Picture(chart) for view in found for chart in view.charts]

    def spread(self) -> tuple[Distribution, ...]:
        """Return how the numbers of the output are spread, told by some hundred of its records."""
        path = self.output
        if self.record.kind is not JobKind.BATCH or path is None or not path.is_file():
            return ()
        return distributions(sample(path))

    def error_groups(self, most: int | None = None) -> tuple[ErrorGroup, ...]:
        """Return the bad records counted by kind, of the first so many."""
        return groups_of(self._errors(most))

    def errors(self, most: int | None = None) -> list[RecordError]:
        """Return the records that were rejected or failed, or the first so many, as they came."""
        return list(self._errors(most))

    def _errors(self, most: int | None) -> Iterator[RecordError]:
        lines = self.folder.error_lines(is_whole=self._record.status.is_done)
        return map(record_error, islice(lines, most))

    def log(self) -> str:
        """Return the job's log in ModelOp's words."""
        return "\n".join(log.lines(self.folder))

    def console(self) -> str:
        """Return what the model printed."""
        try:
            return self.folder.console.read_text(encoding="utf-8", errors="replace")
        except OSError:
            return ""

    def follow(
        self, *, lines: int | None = None, pause: Callable[[float], None] = time.sleep
    ) -> Iterator[JobUpdate]:
        """Yield one look after another until the job is done.

        Of what the model printed before, the last ``lines`` come first; all of them by default.
        ``pause`` sleeps between two looks; what it raises ends the following.
        """
        self.require_here()
        return following.follow(self._service, self.record, lines=lines, pause=pause)

    def awaited(self) -> AbstractContextManager[None]:
        """Make known, while this is entered, that the job's end will be seen here."""
        return follower.waiting(self.folder)

    @property
    def is_awaited(self) -> bool:
        """Whether a cell that is still there waits for the job, or has seen its end."""
        return follower.is_awaited(self.folder)

    def wait(self, timeout: float | None = None) -> Job:
        """Wait for the end; raises :class:`TimeoutError` after so many seconds, the job goes on."""
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

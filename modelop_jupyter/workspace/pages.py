"""Lists, records, errors and logs piece by piece, for views that scroll and follow."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from modelop_jupyter.domain.jobs import JobKind, JobStatus
from modelop_jupyter.domain.pages import Page
from modelop_jupyter.domain.reports import JobUpdate
from modelop_jupyter.errors import JobFailedError
from modelop_jupyter.opening import open_below, open_regular
from modelop_jupyter.workspace.home import Home

if TYPE_CHECKING:
    from modelop_jupyter.jobs.log import Place
    from modelop_jupyter.workspace.job import Job


class PageVerbs(Home):
    """The verbs about jobs whose answers may be too long to give at once."""

    def job_page(
        self,
        *,
        model: str | None = None,
        kinds: Collection[JobKind] = (),
        statuses: Collection[JobStatus] = (),
        offset: int = 0,
        limit: int | None = 100,
    ) -> Page:
        """List some of the jobs as they stand now, newest first."""
        found, total = self.registry.page_of_jobs(
            model=model, kinds=kinds, statuses=statuses, offset=offset, limit=limit
        )
        service = self.job_service
        rows = tuple(service.refresh(record) for record in found)
        return Page(rows, offset, total)

    def job_look(self, identity: str) -> JobUpdate:
        """Return how far a job is, without what it printed."""
        from modelop_jupyter.jobs import following

        return following.look(self.job_service, self.registry.get_job(identity))

    def record_page(
        self, identity: str, *, offset: int = 0, limit: int = 100, within: Path | None = None
    ) -> Page:
        """Return some of a job's output records; raises :class:`JobFailedError` without an output.

        With ``within``, no link leads out of that folder, the job's, or where the output was put.
        """
        from modelop_jupyter.formats import UNREADABLE, read_page

        job = self._job(identity)
        path = job.output
        if path is None or not path.is_file():
            where = f"its output {path} is gone" if path else "it has no output"
            raise JobFailedError(job.record.short_id, where)
        try:
            opener = partial(_open_output, (job.folder.root, within)) if within else open_regular
            rows, total = read_page(path, offset, limit, opener=opener)
        except UNREADABLE as error:
            reason = (isinstance(error, OSError) and error.strerror) or str(error)
            said = f"its output {path} cannot be read ({reason})"
            raise JobFailedError(job.record.short_id, said) from None
        return Page(tuple(rows), offset, job.record.counts.records_out if total is None else total)

    def error_page(self, identity: str, *, offset: int = 0, limit: int = 100) -> Page:
        """Return some of a job's records that were rejected or failed, while it runs, too."""
        from modelop_jupyter.formats import read_page
        from modelop_jupyter.workspace.job import record_error

        job = self._job(identity)
        job.require_here()
        folder = job.folder
        path = folder.errors_file
        if not path.is_file():
            return Page((), offset, 0)
        rows, total = read_page(path, offset, limit, is_growing=True, parse=folder.error_of)
        return Page(tuple(map(record_error, rows)), offset, total or 0)

    def log_after(
        self, identity: str, place: Place, *, limit: int | None = None
    ) -> tuple[list[str], Place]:
        """Return the lines of a job's log behind a place, and the place behind them."""
        from modelop_jupyter.jobs import log

        job = self._job(identity)
        job.require_here()
        # Asked first: what is printed between the two looks is then still read.
        is_done = job.record.status.is_done
        return log.read(job.folder, place, is_whole=is_done, limit=limit)

    def _job(self, identity: str) -> Job:
        from modelop_jupyter.workspace.job import Job

        return Job(self.job_service, self.registry.get_job(identity))


def _open_output(folders: Sequence[Path], path: Path) -> BinaryIO:
    """Open an output where it was put; what has become a link to elsewhere since is refused."""
    found = next((each for each in folders if path.is_relative_to(each)), path.parent)
    return open_below(found, path)

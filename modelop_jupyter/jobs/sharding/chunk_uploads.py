"""Upload the outputs of chunks that were scored on this machine, while others are scored."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType

from modelop_jupyter.domain.jobs import JobError
from modelop_jupyter.domain.plan import Plan
from modelop_jupyter.errors import ModelOpError
from modelop_jupyter.formats import FORMATS
from modelop_jupyter.jobs import job_errors
from modelop_jupyter.jobs.folder import JobFolder
from modelop_jupyter.jobs.protocol import StoredOutput
from modelop_jupyter.jobs.sharding import stored_outputs

_THREADS = 4


class ChunkUploads:
    """The uploads of one job, each to the object of its chunk.

    An output is removed from the job's folder when it is an object. :attr:`error` is that of the
    first upload that failed. Leaving the block waits for all uploads, and for those that have begun
    where an exception ends it.
    """

    def __init__(self, plan: Plan) -> None:
        self.error: JobError | None = None
        self._plan = plan
        self._pool = ThreadPoolExecutor(_THREADS, "uploads")
        self._pending: set[Future[None]] = set()

    def __enter__(self) -> ChunkUploads:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, _: BaseException | None, __: TracebackType | None
    ) -> None:
        self._pool.shutdown(wait=kind is None, cancel_futures=kind is not None)

    @property
    def is_idle(self) -> bool:
        """Whether nothing is being uploaded."""
        self._pending = {future for future in self._pending if not future.done()}
        return not self._pending

    def add(self, chunk: JobFolder) -> None:
        """Upload the output of a chunk that is done, unless it is an object already."""
        if not chunk.has(StoredOutput):
            self._pending.add(self._pool.submit(self._upload, chunk))

    def _upload(self, chunk: JobFolder) -> None:
        if self.error is not None:
            return
        plan = self._plan
        path = chunk.outputs / f"{plan.output.name}.part"
        address = stored_outputs.address_of(plan, chunk.root.name) or ""
        try:
            format = FORMATS[plan.output.format].runner_format or "json"
            stored = stored_outputs.put(path, address, format=format)
            if stored is not None:
                chunk.write(stored)
                path.unlink()
        except (ModelOpError, OSError) as error:
            failed = stored_outputs.failed_upload(error, path, address, job=plan.id[:8])
            self.error = job_errors.of_refusal(failed)

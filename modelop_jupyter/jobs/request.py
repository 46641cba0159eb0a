"""The only writer of ``request.json``, which tells a runner what to do.

``staging.py`` makes the first request of a job. It is changed before the job starts, by a retry for
one, and whenever its runner is started again. Functions that change a request raise
:class:`DamagedJobError` where there is none or it cannot be read.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from modelop_jupyter.domain.chunks import Chunk
from modelop_jupyter.formats.cuts import record_cut
from modelop_jupyter.jobs.conversion import as_converted
from modelop_jupyter.jobs.folder import JobFolder
from modelop_jupyter.jobs.protocol import (
    CheckedOrder,
    CodecOffer,
    Conversions,
    RequestInput,
    RunnerRequest,
    SkippedRecord,
)


def write_request(folder: JobFolder, request: RunnerRequest, *, durable: bool = True) -> None:
    """Write the request of a job folder; ``durable`` waits for the disk."""
    folder.write(request, durable=durable)


def write_worker_request(worker: JobFolder, job: RunnerRequest, chunk: Chunk, work: str) -> None:
    """Write the request of one of several runners, which reads a chunk of the job's input.

    ``work`` is the path that its working directory will have. The supervisor counts the bad records
    of all runners together, so none of them has a ``max_errors``. What the runner cannot read is to be
    converted first.
    """
    data = job.inputs[0].each_file[chunk.file]
    request = replace(job, work=work, inputs=(data,), range=chunk.range, max_errors=None)
    if record_cut(data.format):
        data, conversion = as_converted(data, chunk.range, converted_path(Path(work).parent, 0))
        worker.write(Conversions((conversion,)))
        request = replace(request, inputs=(data,), range=None)
    worker.write(request)


def converted_path(root: Path, number: int) -> Path:
    """Return where the JSON lines of a file are made in a job folder."""
    return JobFolder(root).inputs / f"{number}.jsonl"


def request_accelerators(
    folder: JobFolder, codec: CodecOffer | None, *, learns: bool = False
) -> None:
    """Let the runner use a fast JSON library, and write ``modules.json`` where it ``learns``."""
    folder.write(replace(folder.require(RunnerRequest), codec=codec, learn=learns))


def request_check(folder: JobFolder, check: CheckedOrder) -> None:
    """Let the runner score a sample in some order, and see what the model touches."""
    folder.write(replace(folder.require(RunnerRequest), check=check, learn=True))


def request_skips(
    folder: JobFolder, skipped: Mapping[str, SkippedRecord], *, resumes: bool
) -> None:
    """Let the runner count records as failed without handing them to the model.

    ``skipped`` has the records' numbers as keys; ``resumes``: the runner goes on from its checkpoint.
    """
    request = folder.require(RunnerRequest)
    folder.write(replace(request, skipped=skipped, resume=resumes))


def request_rescoring(folder: JobFolder, source: RequestInput, *, has_header: bool) -> None:
    """Let the runner score the bad records of another job, and note where each output ends.

    ``has_header``: there is a checkpoint with the columns of the CSV output, which has a header.
    """
    request = folder.require(RunnerRequest)
    folder.write(
        replace(
            request, inputs=(source,), limit=None, max_errors=None, spans=True, resume=has_header
        )
    )

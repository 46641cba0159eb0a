"""Record a job and start the process that owns it."""

from __future__ import annotations

import dataclasses
import os
import shutil
from pathlib import Path

from modelop_jupyter.accelerators import codec, fork_servers
from modelop_jupyter.domain import variables
from modelop_jupyter.domain.job_options import HomeAddress
from modelop_jupyter.domain.jobs import JobRecord
from modelop_jupyter.domain.notify import NOBODY
from modelop_jupyter.domain.plan import Plan
from modelop_jupyter.errors import HomeError
from modelop_jupyter.jobs.folder import JobFolder
from modelop_jupyter.jobs.protocol import CodecOffer, RunnerResult
from modelop_jupyter.jobs.request import request_accelerators
from modelop_jupyter.jobs.start import NOTIFY_VARIABLE, Start
from modelop_jupyter.jobs.supervision import ownership
from modelop_jupyter.jobs.supervision.launch import start_supervisor
from modelop_jupyter.registry import Registry
from modelop_jupyter.settings import Settings
from modelop_jupyter.storage import is_address


def submit(
    plan: Plan,
    folder: JobFolder,
    settings: Settings,
    registry: Registry,
    *,
    python: str | None,
    home: HomeAddress | None,
    notify: str,
) -> JobRecord:
    """Record a job whose folder is staged, start its supervisor, and return at once.

    ``python`` is the environment's interpreter where that is known to be ready, ``home`` what the
    record keeps of a home whose registry others use, ``notify`` who is notified of the end. Raises :class:`HomeError` where nothing can be
    written.
    """
    record = plan.record
    if home is not None:
        record = dataclasses.replace(record, options=record.options.with_home(home))
    try:
        folder.write(plan)
        folder.write(_prepare_start(plan, folder, settings, python))
        names = _variables_of(plan, settings) if python is None else ()
        if _uses_storage(plan) or settings.blobs_url is not None:
            names = (*names, *variables.of_storage(os.environ))
        with ownership.handed_over(folder) as descriptors:
            registry.add_job(record)
            try:
                start_supervisor(
                    folder,
                    settings,
                    descriptors,
                    names=names,
                    secrets={} if notify == NOBODY else {NOTIFY_VARIABLE: notify},
                    warm=fork_servers.supervisor_folder(settings, plan.engine_name),
                )
            except OSError as error:
                from modelop_jupyter.jobs.assumed_end import unstarted_end

                end = unstarted_end(error.strerror or str(error))
                registry.finish_job(end.applied_to(record))
                raise
    except OSError as error:
        shutil.rmtree(folder.root, ignore_errors=True)
        raise HomeError(str(settings.home), error.strerror or str(error)) from None
    return record


def _prepare_start(plan: Plan, folder: JobFolder, settings: Settings, python: str | None) -> Start:
    """Return how the runners start, and complete their requests: codec, list of modules."""
    # No runner is started where a retry has only to deliver what is there, or may have to, nor
    # in the job's own folder where even a single one has the folder of a chunk.
    is_done = any(one.read(RunnerResult) for one in [folder, *folder.workers])
    is_for_supervisor = is_done or (plan.output.prefix and plan.workers.count == 1)
    warm: Path | None = None
    if python is not None:
        warm = fork_servers.runner_folder(settings, plan.snapshot, python)
    library = codec.offer(settings)
    offer = CodecOffer(codec.NAME, str(library)) if library else None
    learns = warm is not None and fork_servers.wants_modules(warm)
    request_accelerators(folder, offer, learns=learns)
    for runner_folder in folder.workers:
        request_accelerators(runner_folder, offer)
    return Start(
        plan.id,
        python=None if is_for_supervisor else python,
        workers=plan.workers.count,
        warm=str(warm) if warm else None,
    )


def _variables_of(plan: Plan, settings: Settings) -> tuple[str, ...]:
    """Return the environment variables that the requirements of a job's model use."""
    from modelop_jupyter.models.environment_spec import spec_of
    from modelop_jupyter.registry.opening import open_blobs

    return spec_of(plan.snapshot, open_blobs(settings)).requirements.variables


def _uses_storage(plan: Plan) -> bool:
    """Say whether a job's supervisor reads or writes remote storage."""
    targets = [output.target for output in (plan.output, *plan.other_outputs)]
    is_read = any(data.is_read_by_ranges for data in plan.inputs)
    return (
        is_read
        or bool(plan.chunks_prefix)
        or any(target is not None and is_address(target) for target in targets)
    )

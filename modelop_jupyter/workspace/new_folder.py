"""The folder of a job that is being submitted: it comes to a job on record, or is taken away again."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from modelop_jupyter.errors import HomeError
from modelop_jupyter.jobs.folder import JobFolder
from modelop_jupyter.jobs.submissions import noted
from modelop_jupyter.workspace.home import Home


@contextmanager
def new_folder(home: Home, job: str, *, origin: str | None = None) -> Iterator[JobFolder]:
    """Make a job's folder, to be filled and recorded while this is entered.

    It goes away where that raises; where this process is killed, the next submission removes it.
    ``origin`` is the job that the new one is made of, which must stay meanwhile. Raises
    :class:`HomeError` for what the disk refuses.
    """
    home.job_cleanup.sweep()
    folder = home.job_service.folder(job)
    try:
        with noted(home.settings.submissions, job, origin=origin):
            try:
                folder.create()
                yield folder
            except BaseException:
                shutil.rmtree(folder.root, ignore_errors=True)
                raise
    except OSError as error:
        raise HomeError(str(folder.root.parent), error.strerror or str(error)) from None

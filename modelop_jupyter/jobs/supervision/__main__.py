"""Start a supervisor: ``python -m modelop_jupyter.jobs.supervision JOB_FOLDER -``.

It imports next to nothing before the runner has started: a small job is over before the rest of the
supervisor has been imported. SIGTERM means cancel; one that comes before there is a
:class:`Supervisor` is kept for it.
"""

from __future__ import annotations

import gc
import os
import signal
import sys
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

from modelop_jupyter.engines import load_variables
from modelop_jupyter.jobs.folder import JobFolder
from modelop_jupyter.jobs.start import NOTIFY_VARIABLE, Start
from modelop_jupyter.jobs.supervision.launch import launch
from modelop_jupyter.jobs.supervision.ownership import announce

if TYPE_CHECKING:
    from modelop_jupyter.engines import Handle


def main(arguments: list[str]) -> int:
    """Run the job of one folder to its end."""
    signals: list[int] = []

    def remember(number: int, _frame: FrameType | None) -> None:
        signals.append(number)

    signal.signal(signal.SIGTERM, remember)
    load_variables(arguments[1])
    # It may be secret, and is for no process that this one starts.
    notify = os.environ.pop(NOTIFY_VARIABLE, None)
    folder = JobFolder(Path(arguments[0]))
    end = folder.root / "outcome.json"
    if end.exists():
        # It was cancelled before this process had announced itself.
        _notify_end(folder, notify)
        return 0
    start = folder.require(Start)
    runners = _launch(folder, start, start.python) if start.python else []
    # The lock that was handed over shows that a process is in charge; this shows which.
    announce(folder)

    # What is loaded is no garbage, and looking for some while it loads delays the end of a small job.
    gc.disable()
    from modelop_jupyter.engines import end_tree
    from modelop_jupyter.jobs.supervision.supervisor import Supervisor
    from modelop_jupyter.settings import Settings

    gc.freeze()
    gc.enable()
    if end.exists():
        # It was cancelled while the runners were started.
        end_tree(start.job)
        _notify_end(folder, notify)
        return 0
    supervisor = Supervisor(folder, Settings.from_environment(), runners=runners)
    outcome = supervisor.run(signals)
    end_tree(start.job)
    try:
        supervisor.record(outcome)
    finally:
        _notify_end(folder, notify)
    return 0


def _notify_end(folder: JobFolder, target: str | None) -> None:
    """Tell whom the job's submitter has named; what that takes is loaded for nobody else."""
    if target is not None:
        from modelop_jupyter.jobs.notifications import notify_end

        notify_end(folder, target)


def _launch(folder: JobFolder, start: Start, python: str) -> list[Handle]:
    job, warm = start.job, Path(start.warm) if start.warm else None
    if start.workers == 1:
        return [launch(folder, python, job, warm=warm)]
    from modelop_jupyter.jobs.sharding.chunks import create_chunk_folder, cut_input

    first = cut_input(folder, start.workers)[: start.workers]
    return [
        launch(create_chunk_folder(folder, chunk), python, f"{job}/{chunk.id}", warm=warm)
        for chunk in first
    ]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

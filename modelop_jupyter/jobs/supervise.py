"""The supervisor's front: ``python -m modelop_jupyter.jobs.supervise JOB_FOLDER``.

It loads next to nothing before the runner has started: a small job is over before the rest of the
supervisor has been imported. SIGTERM means cancel; one that comes before there is a supervisor to
be told is kept for it.
"""

from __future__ import annotations

import json
import signal
import sys
from pathlib import Path
from types import FrameType

from modelop_jupyter.jobs.folder import JobFolder
from modelop_jupyter.jobs.launch import launch


def main(arguments: list[str]) -> int:
    """Run the job of one folder to its end."""
    asked: list[int] = []

    def remember(number: int, _frame: FrameType | None) -> None:
        asked.append(number)

    signal.signal(signal.SIGTERM, remember)
    folder = JobFolder(Path(arguments[0]))
    start = json.loads((folder.root / "start.json").read_bytes())
    runner = launch(folder, start["python"], start["job"]) if start["python"] else None

    from modelop_jupyter.engines import end_tree
    from modelop_jupyter.jobs.supervisor import Supervisor
    from modelop_jupyter.settings import Settings

    supervisor = Supervisor(folder, Settings.from_environment(), runner=runner)
    outcome = supervisor.run(asked)
    end_tree(start["job"])
    supervisor.record(outcome)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

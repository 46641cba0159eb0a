"""The supervisor's front: ``python -m modelop_jupyter.jobs.supervise JOB_FOLDER -``.

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
from typing import TYPE_CHECKING, Any

from modelop_jupyter.engines import learn
from modelop_jupyter.jobs.folder import JobFolder
from modelop_jupyter.jobs.launch import launch
from modelop_jupyter.jobs.supervision import announce

if TYPE_CHECKING:
    from modelop_jupyter.engines import Handle


def main(arguments: list[str]) -> int:
    """Run the job of one folder to its end."""
    asked: list[int] = []

    def remember(number: int, _frame: FrameType | None) -> None:
        asked.append(number)

    signal.signal(signal.SIGTERM, remember)
    learn(arguments[1])
    folder = JobFolder(Path(arguments[0]))
    if (folder.root / "outcome.json").exists():
        # It was cancelled before anybody knew whom to tell.
        return 0
    start = json.loads((folder.root / "start.json").read_bytes())
    runners = _launch(folder, start) if start["python"] else []
    # The lock that was handed over says already that somebody is in charge; this says who.
    announce(folder)

    from modelop_jupyter.engines import end_tree
    from modelop_jupyter.jobs.supervisor import Supervisor
    from modelop_jupyter.settings import Settings

    supervisor = Supervisor(folder, Settings.from_environment(), runners=runners)
    outcome = supervisor.run(asked)
    end_tree(start["job"])
    supervisor.record(outcome)
    return 0


def _launch(folder: JobFolder, start: dict[str, Any]) -> list[Handle]:
    python, job = start["python"], start["job"]
    warm = Path(start["warm"]) if start["warm"] else None
    if start["workers"] == 1:
        return [launch(folder, python, job, warm=warm)]
    from modelop_jupyter.jobs.parts import divide

    folders = divide(folder, start["workers"])
    return [
        launch(each, python, f"{job}/{number}", warm=warm) for number, each in enumerate(folders)
    ]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

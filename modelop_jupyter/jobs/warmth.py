"""Warm processes, of which small jobs are forks: one for supervisors, and one for the runners of a snapshot.

A runner's has loaded the libraries that an earlier job of the same snapshot had loaded at its end,
and nothing of the model. Sources that touch environment variables, ``sys.path`` or ``sys.modules``
get none of these: they may settle what a library becomes when it is loaded. Each is started after a job, for the next one, and ends by
itself: when nothing was asked of it for a while, or when what it has loaded has changed on the disk.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from modelop_jupyter import files
from modelop_jupyter.domain.marks import MARK, WAITING
from modelop_jupyter.domain.models import Snapshot
from modelop_jupyter.domain.sources import PYTHON_ENDINGS
from modelop_jupyter.domain.variables import plain
from modelop_jupyter.engines import is_warm, start_detached
from modelop_jupyter.jobs.folder import JobFolder
from modelop_jupyter.jobs.launch import RUNNER, child_environment
from modelop_jupyter.jobs.staging import Blobs
from modelop_jupyter.settings import Settings

IDLE_SECONDS = 300.0
MEMORY = 500_000_000
_MOST = 4
_START_SECONDS = 60.0
_PACKAGE = Path(__file__).parent.parent
_SUPERVISE = "modelop_jupyter.jobs.supervise"
_OWN = (
    "modelop_jupyter.jobs.supervisor modelop_jupyter.environments.keeping"
    " modelop_jupyter.environments.listing modelop_jupyter.capture psutil ctypes"
).split()
_PREPARATIONS = (
    *(b"environ", b"putenv", b"setenv", b"dotenv"),
    *(b"sys.path", b"addsitedir", b"sys.modules"),
)


def supervisors(settings: Settings) -> Path | None:
    """Return the folder of the process that supervisors are forks of; None where the setting is off."""
    if not settings.warms:
        return None
    path = os.environ.get("PYTHONPATH", "")
    return settings.warm / _name("supervisors", sys.executable, str(_PACKAGE), path)


def runners(settings: Settings, snapshot: Snapshot, python: str) -> Path | None:
    """Return the folder of the process that a snapshot's runners are forks of, there or not."""
    if not settings.warms:
        return None
    environment = json.dumps(child_environment(python), sort_keys=True)
    return settings.warm / _name("runners", snapshot.id, python, environment)


def learns(folder: Path) -> bool:
    """Say whether a job is to tell what its runner has loaded, for a process that is not there yet."""
    return not is_warm(folder) and not (folder / "refused").exists()


def warm_supervisors(settings: Settings) -> None:
    """Have the next job's supervisor be a fork, if it can be."""
    folder = supervisors(settings)
    if folder is not None:
        loads = [*_OWN, _SUPERVISE]
        watched = [sys.executable, *map(str, sorted(_PACKAGE.rglob("*.py")))]
        _start(folder, [sys.executable], loads, watched, plain(os.environ), run=_SUPERVISE)


def warm_runners(
    settings: Settings, snapshot: Snapshot, python: str, job: JobFolder, blobs: Blobs
) -> None:
    """Have the runner of the snapshot's next job be a fork, if it can be; ``job`` is one that has ended."""
    folder = runners(settings, snapshot, python)
    learned = job.read_if_whole("modules.json")
    if folder is None or learned is None:
        return
    loads = [] if _prepares_imports(snapshot, blobs) else learned["modules"]
    own = sorted(str(path) for path in RUNNER.parent.glob("*.py"))
    watched = [python, str(Path(python).parent.parent / "pyvenv.cfg"), *own]
    environment = {**child_environment(python), MARK: WAITING}
    _start(folder, [python, "-I", "-X", "utf8"], loads, watched, environment, run=None)


def _start(
    folder: Path,
    python: Sequence[str],
    loads: Sequence[str],
    watched: Sequence[str],
    environment: Mapping[str, str],
    *,
    run: str | None,
) -> None:
    """Start a warm process, unless there is one, or one that could not serve."""
    if sys.platform != "linux" or _is_there(folder):
        return
    with suppress(OSError):
        folder.parent.mkdir(mode=0o700, exist_ok=True)  # a home that is gone stays gone
        _end_oldest(folder.parent)
        folder.mkdir(mode=0o700)
        spec = {
            "load": loads,
            "run": run,
            "idle": IDLE_SECONDS,
            "memory": MEMORY,
            "watch": watched,
            "closed": run is not None,
        }
        files.write_text(folder / "warm.json", json.dumps(spec))
        start_detached(
            [*python, "-u", str(RUNNER), "--warm", str(folder)],
            cwd=folder,
            environment=environment,
            log=folder / "warm.log",
        )


def _is_there(folder: Path) -> bool:
    """Say whether a process serves, begins to, or has refused to; what is left of another one goes away."""
    try:
        age = time.time() - folder.stat().st_mtime
    except OSError:
        return False
    has_begun = (folder / "socket").exists()
    if (folder / "refused").exists() or (is_warm(folder) if has_begun else age < _START_SECONDS):
        return True
    shutil.rmtree(folder, ignore_errors=True)
    return False


def _end_oldest(parent: Path) -> None:
    """Make room for one more: a process whose folder is gone ends."""
    found = sorted(parent.iterdir(), key=lambda path: path.stat().st_mtime)
    for path in found[: max(0, len(found) - _MOST + 1)]:
        shutil.rmtree(path, ignore_errors=True)


def _name(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]


def _prepares_imports(snapshot: Snapshot, blobs: Blobs) -> bool:
    sources = [each for each in snapshot.state.assets if each.path.lower().endswith(PYTHON_ENDINGS)]
    return any(word in blobs.read(each.digest) for each in sources for word in _PREPARATIONS)

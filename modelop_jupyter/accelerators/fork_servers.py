"""Start and find fork servers: one for supervisors, and one for the runners of each snapshot.

A fork server for runners has loaded the libraries that an earlier job of the same snapshot had
loaded at its end, and nothing of the model. For sources that touch environment variables,
``sys.path`` or ``sys.modules`` it has loaded none: these may decide what a library becomes when it
is loaded. Each server is started after a job, for the next one. It ends by itself when it was not
asked for a fork for a while, or when a file that it has loaded has changed. Each has a folder in
the home; ``runner/accelerators/prefork.py``, which it runs, describes the files in it.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from modelop_jupyter import files
from modelop_jupyter.accelerators.prefork import is_serving
from modelop_jupyter.domain.models import Snapshot
from modelop_jupyter.domain.process_mark import MARK, WAITING
from modelop_jupyter.domain.source_code.primary_source import PYTHON_ENDINGS
from modelop_jupyter.domain.variables import plain
from modelop_jupyter.engines import RUNNER, child_environment, start_detached
from modelop_jupyter.settings import Settings

IDLE_SECONDS = 300.0
MEMORY = 500_000_000
_MAX_SERVERS = 4
_START_SECONDS = 60.0
_PACKAGE = Path(__file__).parent.parent
_IMPORT_AFFECTING_WORDS = (
    *(b"environ", b"putenv", b"setenv", b"dotenv"),
    *(b"sys.path", b"addsitedir", b"sys.modules"),
)


def supervisor_folder(settings: Settings, engine: str | None = None) -> Path | None:
    """Return the folder of the fork server for supervisors, None where preforking is off.

    For jobs on an ``engine`` that is the one which has loaded what the engine needs, if it is there.
    There need not be a server yet.
    """
    if engine is not None:
        folder = _folder_of_supervisors(settings, engine)
        if folder is not None and is_serving(folder):
            return folder
    return _folder_of_supervisors(settings, None)


def _folder_of_supervisors(settings: Settings, engine: str | None) -> Path | None:
    if not settings.preforks:
        return None
    path, of_engine = os.environ.get("PYTHONPATH", ""), () if engine is None else (engine,)
    return settings.warm / _name("supervisors", sys.executable, str(_PACKAGE), path, *of_engine)


def runner_folder(settings: Settings, snapshot: Snapshot, python: str) -> Path | None:
    """Return the folder of the fork server for a snapshot's runners, None where preforking is off.

    There need not be a server yet.
    """
    if not settings.preforks:
        return None
    environment = json.dumps(child_environment(python), sort_keys=True)
    return settings.warm / _name("runners", snapshot.id, python, environment)


def wants_modules(folder: Path) -> bool:
    """Say whether a job's runner is to write modules.json, for a server that is not there yet."""
    return not is_serving(folder) and not (folder / "refused").exists()


def start_for_supervisors(
    settings: Settings, main: str, modules: Sequence[str], *, engine: str | None = None
) -> None:
    """Start the server for supervisors, unless it is there; forks call ``main`` of a module.

    ``modules`` are loaded besides that one. The supervisors of jobs on an ``engine`` have a server of
    their own.
    """
    folder = _folder_of_supervisors(settings, engine)
    if folder is None or _is_there(folder):
        return
    watched = [sys.executable, *map(str, sorted(_PACKAGE.rglob("*.py")))]
    python, environment = [sys.executable], plain(os.environ)
    _start(folder, python, [*modules, main], watched, environment, main=main)


def start_for_runners(
    settings: Settings,
    snapshot: Snapshot,
    python: str,
    modules: Sequence[str],
    read_blob: Callable[[str], bytes],
    *,
    idle: float | None = None,
) -> None:
    """Start the server for a snapshot's runners, unless it is there.

    ``modules`` are what a runner of the snapshot had loaded at its end. After ``idle`` seconds
    without a fork it ends.
    """
    folder = runner_folder(settings, snapshot, python)
    if folder is None or _is_there(folder):
        return
    loads = [] if _prepares_imports(snapshot, read_blob) else modules
    own = sorted(str(path) for path in RUNNER.parent.rglob("*.py"))
    watched = [python, str(Path(python).parent.parent / "pyvenv.cfg"), *own]
    environment = {**child_environment(python), MARK: WAITING}
    _start(folder, [python, "-I", "-X", "utf8"], loads, watched, environment, main=None, idle=idle)


def _start(
    folder: Path,
    python: Sequence[str],
    loads: Sequence[str],
    watched: Sequence[str],
    environment: Mapping[str, str],
    *,
    main: str | None,
    idle: float | None = None,
) -> None:
    """Start a server in a folder that is not there."""
    with suppress(OSError):
        folder.parent.mkdir(mode=0o700, exist_ok=True)  # a home that is gone stays gone
        _remove_oldest(folder.parent)
        folder.mkdir(mode=0o700)
        spec = {
            "load": loads,
            "run": main,
            "idle": IDLE_SECONDS if idle is None else idle,
            "memory": MEMORY,
            "watch": watched,
            "closed": main is not None,
        }
        files.write_text(folder / "warm.json", json.dumps(spec))
        start_detached(
            [*python, "-u", str(RUNNER), "--prefork", str(folder)],
            cwd=folder,
            environment=environment,
            log=folder / "warm.log",
        )


def _is_there(folder: Path) -> bool:
    """Say whether a server serves, begins to, or has refused to; a dead one's folder is removed."""
    try:
        age = time.time() - folder.stat().st_mtime
    except OSError:
        return False
    has_begun = (folder / "socket").exists()
    if (folder / "refused").exists() or (is_serving(folder) if has_begun else age < _START_SECONDS):
        return True
    shutil.rmtree(folder, ignore_errors=True)
    return False


def _remove_oldest(parent: Path) -> None:
    """Make room for one more server: one whose folder is gone ends."""
    folders = sorted(parent.iterdir(), key=_last_fork)
    for path in folders[: max(0, len(folders) - _MAX_SERVERS + 1)]:
        shutil.rmtree(path, ignore_errors=True)


def _last_fork(folder: Path) -> float:
    try:
        return folder.stat().st_mtime
    except OSError:
        # Its server has ended just now.
        return 0.0


def _name(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]


def _prepares_imports(snapshot: Snapshot, read_blob: Callable[[str], bytes]) -> bool:
    """Say whether some source of a snapshot may decide what a library becomes when it is loaded."""
    assets = snapshot.state.assets
    digests = [asset.digest for asset in assets if asset.path.lower().endswith(PYTHON_ENDINGS)]
    return any(word in read_blob(digest) for digest in digests for word in _IMPORT_AFFECTING_WORDS)

"""Compile an environment's modules to bytecode in the background.

uv installs none, so that the first import of every module is slow.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

from modelop_jupyter.domain.environments import Environment
from modelop_jupyter.environments.site_packages import site_packages
from modelop_jupyter.environments.subprocesses import closed_environment

SCRIPT = Path(__file__).with_name("compile_bytecode.py")
NOTE = "bytecode.txt"
_BEGUN, _DONE = b"begun\n", b"done\n"
# A process that has not finished after so long was killed.
_PATIENCE_SECONDS = 3600.0


def compile_in_background(environment: Environment) -> bool:
    """Start to compile an environment's modules, once in its life; say whether that was now.

    To be called after the first use, so that the first job does not share the processor with it.
    """
    root = Path(environment.path)
    try:
        if not _is_due(root / NOTE):
            return False
        command = [environment.python, "-I", "-S", str(SCRIPT), str(root)]
        process = subprocess.Popen(
            [*command, str(site_packages(Path(environment.python)))],
            cwd=root,
            env=closed_environment(os.environ),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
    except OSError:
        # A read-only home, a full disk: jobs run without bytecode, too.
        return False
    if sys.platform == "win32":
        process.returncode = 0  # it is not waited for, and must not warn about that
    else:
        # It forks and exits at once; the fork compiles.
        process.wait()
    return True


def _is_due(note: Path) -> bool:
    """Say whether no process has begun, or one was killed; record that this one begins."""
    try:
        with note.open("xb") as file:
            file.write(_BEGUN)
    except FileExistsError:
        with suppress(FileNotFoundError):
            is_stale = time.time() - note.stat().st_mtime > _PATIENCE_SECONDS
            if is_stale and note.read_bytes() != _DONE:
                note.write_bytes(_BEGUN)
                return True
        return False
    return True

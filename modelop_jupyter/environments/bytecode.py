"""Bytecode in the background: uv installs none, and the first import of everything is slow without."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

from modelop_jupyter.domain.environments import Environment
from modelop_jupyter.environments.process import closed_environment
from modelop_jupyter.environments.proof import site_packages

SCRIPT = Path(__file__).with_name("compiling.py")
NOTE = "bytecode.txt"
_DONE = b"done\n"
# After so long, one that has not finished was killed.
_PATIENCE_SECONDS = 3600.0


def compile_later(environment: Environment) -> bool:
    """Start to compile an environment's modules, once in its life; say whether that was now.

    To be called after the first use, so that nobody's first job shares the processor with it.
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
        # A home that became read-only, a disk that is full: jobs run without bytecode, too.
        return False
    if sys.platform == "win32":
        process.returncode = 0  # as it is not waited for, its handle must not complain
    else:
        # It leaves its starter at once and goes on by itself.
        process.wait()
    return True


def _is_due(note: Path) -> bool:
    """Say whether nobody has begun, or whoever did was killed, and note that we begin."""
    try:
        descriptor = os.open(note, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
    except FileExistsError:
        with suppress(FileNotFoundError):
            is_stale = time.time() - note.stat().st_mtime > _PATIENCE_SECONDS
            if is_stale and note.read_bytes() != _DONE:
                note.write_bytes(b"begun\n")
                return True
        return False
    with os.fdopen(descriptor, "wb") as file:
        file.write(b"begun\n")
    return True

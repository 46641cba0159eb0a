"""Start, interrupt and end a kernel's process."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

from modelop_jupyter import files
from modelop_jupyter.domain.kernels import KernelRecord
from modelop_jupyter.engines import RUNNER, child_environment
from modelop_jupyter.kernels.folders import is_same

KERNEL = RUNNER.with_name("kernel.py")
_GRACE_SECONDS = 2.0


def arguments(
    python: str,
    packages: Path,
    *,
    parent: int,
    connection_file: str,
    model: str,
    source: str | None = None,
) -> list[str]:
    """Return the command of a kernel in a model's environment.

    ``packages`` is the folder of the overlay's packages. The kernel ends with the process
    ``parent``, unless that is 0. ``source`` is the path in ``sys.argv``, as in a job (spec 13.20).
    """
    # -I as for a runner: neither PYTHONPATH nor the working directory is on sys.path.
    script = [str(KERNEL), str(packages), str(parent), connection_file, model, source or ""]
    return [python, "-I", "-X", "utf8", *script]


def environment_of(python: str, home: Path) -> dict[str, str]:
    """Return the environment variables of a kernel: those of a runner, and ``IPYTHONDIR``.

    With the user's IPython folder, startup files would import packages that the model does not have.
    """
    return {**child_environment(python), "IPYTHONDIR": str(home / "kernels" / ".ipython")}


def write_connection(path: Path, *, name: str) -> None:
    """Write the connection file, with Unix sockets in a private folder; on Windows, with TCP ports.

    The folder is a temporary one, as the path of a socket must be short.
    """
    from jupyter_client.connect import write_connection_file

    key = os.urandom(24).hex().encode()
    if sys.platform == "win32":
        write_connection_file(str(path), key=key, kernel_name=name)
    else:
        sockets = str(Path(tempfile.mkdtemp(prefix="modelop-kernel-")) / "s")
        write_connection_file(str(path), key=key, kernel_name=name, transport="ipc", ip=sockets)
    path.chmod(0o600)


def start(command: list[str], *, cwd: Path, environment: dict[str, str], console: Path) -> int:
    """Start a kernel in a process group of its own and return the process's number."""
    # The Popen object is not kept: the process is ended and awaited by its record.
    with files.open_private(console, "ab") as output:
        process = subprocess.Popen(
            command,
            cwd=cwd,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    pid = process.pid
    process.returncode = 0  # else Popen warns that the process still runs
    return pid


def interrupt(record: KernelRecord) -> None:
    """Send SIGINT to a kernel and its child processes."""
    _signal(record, signal.SIGINT)


def end(record: KernelRecord) -> None:
    """End a kernel and its child processes: SIGTERM, and SIGKILL after 2 s."""
    import psutil

    try:
        process = psutil.Process(record.pid)
    except psutil.NoSuchProcess:
        return
    if not is_same(process, record):
        return
    _signal(record, signal.SIGTERM)
    with suppress(psutil.TimeoutExpired):
        process.wait(_GRACE_SECONDS)
    if sys.platform != "win32":
        _signal(record, signal.SIGKILL)
    with suppress(psutil.TimeoutExpired):
        process.wait(_GRACE_SECONDS)


def _signal(record: KernelRecord, number: signal.Signals) -> None:
    with suppress(ProcessLookupError, PermissionError):
        if sys.platform == "win32":
            os.kill(record.pid, number)
        else:
            os.killpg(record.pid, number)

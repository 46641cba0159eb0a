"""Look at an engine's cluster from a process that must not keep a client of it.

A child process connects and prints what there is: a notebook server or a kernel then holds none of
the engine's threads, sockets and libraries, and a cluster that hangs cannot hang it.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass

from modelop_jupyter.domain.wire import from_wire, mismatch, to_wire
from modelop_jupyter.engines.base import Cluster, Task, TaskResult
from modelop_jupyter.engines.find import EngineAddress, load_engine, parse_engine
from modelop_jupyter.errors import EngineError, MissingExtraError, ModelOpError

# An engine answers within 5 s, and its nodes within 10 s more; the rest is for starting Python.
_SECONDS = 25.0


@dataclass(frozen=True, slots=True)
class _Look:
    """What the child prints: a cluster, an engine's reason and remedy, or an extra that is missing."""

    cluster: Cluster | None = None
    reason: str = ""
    remedy: str | None = None
    feature: str | None = None
    extra: str = ""


def look(engine: EngineAddress, *, seconds: float = _SECONDS) -> Cluster:
    """Return what the cluster at an engine's address has now.

    Raises :class:`EngineError` where it cannot be used, and :class:`MissingExtraError`.
    """
    named = str(engine)
    try:
        done = subprocess.run(
            [sys.executable, "-m", __name__, named],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=seconds,
            env=dict(os.environ),
        )
    except subprocess.TimeoutExpired:
        raise EngineError(
            named, f"it has not answered within {seconds:g} s", "Look at its dashboard or its logs"
        ) from None
    found = _parse(done.stdout)
    if found is None:
        lines = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise EngineError(named, lines[-1] if lines else f"exit code {done.returncode}")
    if found.feature is not None:
        raise MissingExtraError(found.feature, found.extra)
    if found.cluster is None:
        raise EngineError(named, found.reason, found.remedy)
    return found.cluster


def _parse(output: bytes) -> _Look | None:
    # What an engine's libraries print stands before it.
    last = output.strip().rpartition(b"\n")[2]
    try:
        data = json.loads(last.decode())
    except ValueError:
        return None
    return from_wire(_Look, data) if mismatch(_Look, data) is None else None


def _look_here(engine: EngineAddress) -> _Look:
    try:
        session = load_engine(engine.name).open(engine.address, _run_nothing)
        try:
            return _Look(session.cluster())
        finally:
            session.close()
    except MissingExtraError as error:
        return _Look(feature=error.feature, extra=error.extra)
    except EngineError as error:
        return _Look(reason=error.reason, remedy=error.remedy)
    except ModelOpError as error:
        return _Look(reason=error.message, remedy=error.hint)


def _run_nothing(
    task: Task,  # noqa: ARG001 - the signature of a TaskRunner
    report: Callable[[str], None],  # noqa: ARG001
    is_cancelled: Callable[[], bool],  # noqa: ARG001
) -> TaskResult:
    return TaskResult("")


if __name__ == "__main__":
    print(json.dumps(to_wire(_look_here(parse_engine(sys.argv[1])))))

"""A lock as it is kept with a snapshot: its text, and below it when and for what it was made.

What is kept is a ``pylock.toml`` like any other. The table below the packages is no part of the
lock's digest: locks with equal packages are equal, whenever they were made.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

from modelop_jupyter.domain.environments import Interpreter, Lock
from modelop_jupyter.environments import pylock
from modelop_jupyter.errors import EnvironmentBuildError

_TABLE = "\n[tool.modelop-jupyter]\n"


def document_of(lock: Lock) -> str:
    """Return what is kept of a lock."""
    made = lock.made_for or lock.interpreter
    facts = {
        "resolved": lock.resolved.isoformat() if lock.resolved else None,
        "python": made.version,
        "implementation": made.implementation,
        "platform": made.platform,
        "additions": list(lock.additions),
        "remark": lock.remark,
    }
    # A JSON string or list of strings is a TOML one.
    lines = [f"{name} = {json.dumps(value)}\n" for name, value in facts.items() if value]
    return lock.text + _TABLE + "".join(lines)


def lock_from(document: str) -> Lock:
    """Return the lock that was kept, for the Python it was made for; its place is not known.

    Raises :class:`InvalidError` for a text that is no lock.
    """
    text, _, below = document.partition(_TABLE)
    facts = _facts(below)
    data = pylock.load(text)
    wanted = str(data.get("requires-python", "")).removeprefix("==").removesuffix(".*")
    made_for = Interpreter(
        "",
        facts.get("python", wanted),
        facts.get("implementation", "cpython"),
        facts.get("platform", ""),
    )
    lock = pylock.lock_of(text, made_for, additions=facts.get("additions", ()))
    resolved = facts.get("resolved")
    return replace(
        lock,
        resolved=datetime.fromisoformat(resolved) if resolved else None,
        made_for=made_for if facts else None,
        remark=facts.get("remark"),
    )


def built_with(lock: Lock, interpreter: Interpreter) -> Lock:
    """Return a lock as it is built with an interpreter."""
    fingerprint = pylock.fingerprint_of(lock.digest, interpreter)
    return replace(lock, interpreter=interpreter, fingerprint=fingerprint)


def interpreter_for(
    lock: Lock, wanted: str | None, resolve: Callable[[str | None], Interpreter]
) -> Interpreter:
    """Return the Python that a kept lock is built with: the one wanted, if the lock is for its version.

    Wheels fit every patch of a version, and no other version. Raises
    :class:`EnvironmentBuildError` where there is none.
    """
    made = lock.made_for or lock.interpreter
    for asked in (wanted, made.minor):
        try:
            found = resolve(asked)
        except EnvironmentBuildError:
            continue
        if (found.minor, found.implementation) == (made.minor, made.implementation):
            return found
    name = "Python" if made.implementation == "cpython" else made.implementation
    when = f" on {lock.resolved:%Y-%m-%d}" if lock.resolved else ""
    raise EnvironmentBuildError(
        f"its lock was made for {name} {made.version}{when}, and there is no {name} {made.minor} on"
        " this machine",
        remedy=f"Install one, for instance with 'uv python install {made.minor}'; 'requirements NAME"
        " --upgrade' resolves a model anew for the Python there is",
    )


def _facts(table: str) -> dict[str, Any]:
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib

    try:
        return tomllib.loads(table)
    except tomllib.TOMLDecodeError:
        return {}

"""What a user writes behind ``--as-of``: a day, a time, ``git`` or ``now``."""

from __future__ import annotations

import os
import subprocess
from datetime import datetime
from pathlib import Path

from modelop_jupyter.domain.as_of import GIT, NOW, as_time, parse_as_of
from modelop_jupyter.errors import InvalidError
from modelop_jupyter.workspace.home import now

_SECONDS = 30


def read_as_of(word: str, folder: Path | None) -> str | None:
    """Return the day or time that a word means, None for ``now``.

    ``git`` is the date of the last commit that changed something in a folder. Raises
    :class:`InvalidError`.
    """
    if word == NOW:
        return None
    if word == GIT:
        return _last_commit((folder or Path()).expanduser().absolute())
    return parse_as_of(word, now())


def _last_commit(folder: Path) -> str:
    command = ["git", "-C", str(folder), "log", "-1", "--format=%cI", "--", "."]
    other = "Write the day instead, such as --as-of 2024-01-31"
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=False,
            # The messages below are looked for in English.
            env={**os.environ, "LC_ALL": "C"},
        )
    except FileNotFoundError:
        raise InvalidError("--as-of git: git is not installed here", other) from None
    except (OSError, subprocess.SubprocessError) as error:
        raise InvalidError(f"--as-of git: git gave no answer ({error})", other) from None
    if "not a git repository" in done.stderr:
        raise InvalidError(f"--as-of git: {folder} is in no git repository", other)
    if "does not have any commits" in done.stderr or (not done.returncode and not done.stdout):
        raise InvalidError(f"--as-of git: no commit has anything in {folder}", other)
    if done.returncode:
        reason = (done.stderr.strip() or "no message").splitlines()[0]
        raise InvalidError(f"--as-of git: git does not read {folder} ({reason})", other)
    return as_time(datetime.fromisoformat(done.stdout.strip().replace("Z", "+00:00")))

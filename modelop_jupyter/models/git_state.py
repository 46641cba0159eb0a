"""The git repository in which the files of a model lie, read by the ``git`` command."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from modelop_jupyter.domain.origins import GitState
from modelop_jupyter.masking import mask, without_credentials

# For each command: a registration does not wait for a repository on a disk that hardly answers.
_SECONDS = 3
# Those of a hook, in which Jupyter may have been started, name another repository.
_NOT_INHERITED = {"GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX"}
# A repository may name programs to run; the one for file changes is not needed.
_OPTIONS = ("--no-optional-locks", "--literal-pathspecs", "-c", "core.fsmonitor=false")


def git_state(path: Path, others: Sequence[Path] = ()) -> GitState | None:
    """Return the repository of a file or folder, with whether it or one of ``others`` differs from it.

    None where there is no repository or no commit, where git is missing, does not trust the folder,
    or takes too long.
    """
    path = path.expanduser().absolute()
    is_folder = path.is_dir()
    folder = path if is_folder else path.parent
    try:
        top, _, prefix = _git(folder, "rev-parse", "--show-toplevel", "--show-prefix").partition(
            "\n"
        )
        inside = [file for file in map(Path.absolute, others) if file.is_relative_to(top)]
        named = ["." if is_folder else path.name, *map(str, inside)]
        # A single file that git ignores is not in the commit; in a folder, such files are caches.
        ignored = "no" if is_folder else "matching"
        status = _git(
            folder,
            *("status", "--porcelain=v2", "--branch", f"--ignored={ignored}", "--", *named),
        ).splitlines()
        heads = dict(line[2:].split(" ", 1) for line in status if line.startswith("# "))
        commit = heads["branch.oid"]
        if commit == "(initial)":
            return None
        moment = _git(folder, "log", "-1", "--format=%cI", commit)
        branch = None if heads["branch.head"] == "(detached)" else heads["branch.head"]
        return GitState(
            commit=commit,
            branch=branch,
            remote=_remote(folder, branch),
            is_dirty=any(not line.startswith("# ") for line in status),
            path=f"{prefix}{'' if is_folder else path.name}".rstrip("/"),
            committed=datetime.fromisoformat(moment.replace("Z", "+00:00")),
        )
    except (OSError, subprocess.SubprocessError, UnicodeError, ValueError, KeyError):
        return None


def _remote(folder: Path, branch: str | None) -> str | None:
    """Return the address of the remote of a branch, else of ``origin``, without credentials."""
    values = _git(folder, "config", "--get-regexp", r"^(remote\..*\.url|branch\..*\.remote)$", ok=1)
    found = dict(line.split(" ", 1) for line in values.splitlines() if " " in line)
    name = found.get(f"branch.{branch}.remote", "origin")
    url = found.get(f"remote.{name}.url")
    return None if url is None else mask(without_credentials(url))


def _git(folder: Path, *words: str, ok: int = 0) -> str:
    """Return what git prints; ``ok`` is the exit code that is no error, besides 0."""
    environ = {name: value for name, value in os.environ.items() if name not in _NOT_INHERITED}
    command = ["git", "-C", str(folder), *_OPTIONS, *words]
    done = subprocess.run(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        timeout=_SECONDS,
        check=False,
        env={**environ, "LC_ALL": "C"},
    )
    if done.returncode not in (0, ok):
        raise subprocess.CalledProcessError(done.returncode, "git")
    return done.stdout.decode().rstrip("\n")

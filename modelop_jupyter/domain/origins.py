"""Where a model's source came from: a commit of a repository, and cells of a notebook."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class GitState:
    """The repository of a folder or notebook at registration.

    ``branch`` is None for a detached head, ``remote`` the address of the branch's remote without
    credentials, None where there is none. ``is_dirty`` says that files of the model differ from the
    commit. ``path`` is the folder or file within the repository.
    """

    commit: str
    branch: str | None = None
    remote: str | None = None
    is_dirty: bool = False
    path: str = ""


@dataclass(frozen=True, slots=True)
class CapturedFunction:
    """A function of the captured source, with the cell that it was taken from.

    ``cell`` is the cell's id in the notebook, ``number`` its position counted from 1 at registration,
    ``execution_count`` the number in its brackets, None where it had not been run.
    """

    name: str
    cell: str
    number: int
    execution_count: int | None = None


@dataclass(frozen=True, slots=True)
class SourceOrigin:
    """Where a state of a model came from; it is not a part of the state's digest."""

    git: GitState | None = None
    functions: tuple[CapturedFunction, ...] = ()

"""Where a model's source came from: a commit of a repository, and cells of a notebook."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from modelop_jupyter.domain.wire import OPTIONAL

_SHORT = 7


@dataclass(frozen=True, slots=True)
class GitState:
    """The repository of a folder or notebook at registration.

    ``branch`` is None for a detached head, ``remote`` the address of the branch's remote without
    credentials, None where there is none. ``is_dirty`` says that files of the model differ from the
    commit. ``path`` is the folder or file within the repository, ``committed`` the commit's time.
    """

    commit: str
    branch: str | None = None
    remote: str | None = None
    is_dirty: bool = False
    path: str = ""
    committed: datetime | None = field(default=None, metadata=OPTIONAL)

    @property
    def sentence(self) -> str:
        """The commit as people name it: ``commit abc1234 on main, with changes``."""
        branch = f" on {self.branch}" if self.branch else ""
        return f"commit {self.commit[:_SHORT]}{branch}{', with changes' if self.is_dirty else ''}"


@dataclass(frozen=True, slots=True)
class CapturedFunction:
    """A function of the captured source, with the cell that it was taken from.

    ``cell`` is the cell's id in the notebook, ``number`` its position among the code cells, counted
    from 1 at registration, ``execution_count`` the number in its brackets; each is None where it is not
    known.
    """

    name: str
    cell: str | None = None
    number: int | None = None
    execution_count: int | None = None

    @property
    def place(self) -> str:
        """The cell in few words: ``cell 3 [7]``, with its number in brackets as Jupyter shows it."""
        number = "" if self.number is None else f" {self.number}"
        count = "" if self.execution_count is None else f" [{self.execution_count}]"
        return f"cell{number}{count}"


@dataclass(frozen=True, slots=True)
class SourceOrigin:
    """Where a state of a model came from; it is not a part of the state's digest."""

    git: GitState | None = field(default=None, metadata=OPTIONAL)
    functions: tuple[CapturedFunction, ...] = field(default=(), metadata=OPTIONAL)

    @property
    def is_known(self) -> bool:
        """Whether it says anything."""
        return self.git is not None or bool(self.functions)

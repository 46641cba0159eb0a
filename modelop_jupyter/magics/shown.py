"""Jobs that a cell has shown already: as the value of that same cell they are not shown again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from modelop_jupyter.commands.context import Context
from modelop_jupyter.commands.job import summary
from modelop_jupyter.display import bundle

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from modelop_jupyter.workspace import Job


class Shown:
    """Shows a job wherever a cell ends with one, but for the cell whose magic has just done so."""

    def __init__(self, shell: InteractiveShell, context: Context) -> None:
        self._shell = shell
        self._context = context
        self._cell = 0
        self._jobs: set[str] = set()

    def add(self, job: Job) -> None:
        """Remember that the magic has shown this job in this cell."""
        if self._cell != self._shell.execution_count:
            self._cell = self._shell.execution_count
            self._jobs.clear()
            formatter = self._shell.display_formatter.ipython_display_formatter
            formatter.for_type(type(job), self._display)
        self._jobs.add(job.id)

    def _display(self, job: Job) -> None:
        from IPython.display import display

        if self._cell == self._shell.execution_count and job.id in self._jobs:
            if getattr(self._shell, "kernel", None) is None:
                # A terminal has written "Out[3]:" by now.
                print(repr(job))
            return
        display(bundle(summary(job, self._context.workspace)), raw=True)

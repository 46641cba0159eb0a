"""The magic ``%modelop``: parse a line, run its verb, and show the value or the error in the cell."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from IPython.core.error import UsageError
from IPython.display import display

from modelop_jupyter.commands.context import Context
from modelop_jupyter.commands.grammar import parse
from modelop_jupyter.commands.home import PanelRequest
from modelop_jupyter.commands.jobs import later_notebook
from modelop_jupyter.commands.kernels import RunCellRequest
from modelop_jupyter.commands.notebook import CellRun, NotebookSession
from modelop_jupyter.commands.shell_words import expand, split
from modelop_jupyter.commands.submit import SubmittedJob
from modelop_jupyter.domain.deployments import Deployment
from modelop_jupyter.errors import (
    DeploymentFailedError,
    InvalidError,
    ModelOpError,
    UsageMistakeError,
)
from modelop_jupyter.formats.tables import LIST
from modelop_jupyter.magics.deployment_display import ShownDeployments
from modelop_jupyter.magics.job_display import ShownJobs, follow, show_interrupt
from modelop_jupyter.magics.magic_display import MagicDisplay
from modelop_jupyter.magics.notebook_cell import run_cell
from modelop_jupyter.masking import mask
from modelop_jupyter.remedies import as_text, completed

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from modelop_jupyter.commands.verb import Verb
    from modelop_jupyter.domain.reports import Step
    from modelop_jupyter.workspace import Job

    OpenPanel = Callable[[NotebookSession], Any]

_PROGRAM = "%modelop"


class ModelOpMagic:
    """The magic of one shell. Close it.

    Its workspace is opened by the first verb and used by all later ones.
    """

    def __init__(
        self, shell: InteractiveShell, *, cell_runs: dict[int, CellRun], open_panel: OpenPanel
    ) -> None:
        self._shell = shell
        self._session = NotebookSession(shell, cell_runs=cell_runs)
        self._display = MagicDisplay(shell)
        self._is_build_shared = False
        self._open_panel = open_panel
        self._panel: Any = None
        self._context = Context(self._session, progress=self._show_step)
        self._shown_jobs = ShownJobs(shell, self._context)
        self._shown_deployments = ShownDeployments(shell, self._context)

    def close(self) -> None:
        """Close the panel and the workspace."""
        if self._panel is not None:
            self._panel.close()
        self._shown_deployments.close()
        self._context.close()

    def run(self, line: str, cell: str | None) -> Job | Deployment | None:
        """Run a line; returns the job or the deployment that its verb is about, else None.

        Errors and interrupts are raised as exceptions that IPython shows as one line.
        """
        try:
            self._display = MagicDisplay(self._shell)
            self._is_build_shared = False
            words = expand(line, self._session.evaluate)
            verb, args = parse(words, program=_PROGRAM, is_cell=cell is not None)
            if cell is not None:
                self._run_cell(verb, args, cell)
            return self._show(verb.value(self._context, args, words))
        except ModelOpError as error:
            if isinstance(error, DeploymentFailedError):
                self._display.show_result(error)
            raise _as_usage_error(self._shell, _sentences(error, line)) from None
        except KeyboardInterrupt as interrupt:
            text = mask(f"{_PROGRAM} {line.strip()} was stopped")
            if self._is_build_shared:
                text += "; the build that another process has started continues"
            show_interrupt(interrupt, text)
            raise

    def complete(self, context: Any) -> Any:
        """Return the completions of a line; argument and result are those of IPython's matchers."""
        from modelop_jupyter.magics.completion import matches

        return matches(context, self._session)

    def _show_step(self, step: Step) -> None:
        self._is_build_shared = getattr(step, "is_joined", False)
        self._display.show_progress(step, is_urgent=True)

    def _run_cell(self, verb: Verb, args: Namespace, cell: str) -> None:
        """Run the cell of ``%%modelop`` here, unless its verb runs it in another kernel."""
        if not verb.in_cell:
            if verb.name == "help":
                return
            raise UsageMistakeError(
                f"{verb.name or '%%modelop without a verb'} takes no cell",
                f"Write it as a line: {_PROGRAM} {verb.name}".rstrip(),
            )
        args.has_cell = True
        args.cell = cell
        if not verb.runs_elsewhere and not args.show_code:
            run_cell(self._shell, cell)

    def _show(self, value: Any) -> Job | Deployment | None:
        if isinstance(value, RunCellRequest):
            from modelop_jupyter.magics.kernel_cell import run_in_kernel

            run_in_kernel(value, self._context.kernels, self._display)
            return None
        if isinstance(value, PanelRequest):
            self._show_panel()
            return None
        if isinstance(value, Deployment):
            self._shown_deployments.show(value, self._display)
            self._shown_deployments.add(value)
            return value
        if not isinstance(value, SubmittedJob):
            self._display.show_result(value)
            return None
        job = value.job
        for remark in value.remarks:
            print(remark)
        if value.background:
            self._display.show_result(job.record)
            if change := later_notebook(job.record, self._context):
                print(f"{change.sentence}, which this job runs.")
        else:
            follow(job, self._context, self._display, is_attached=value.is_attached)
            if value.variable is not None:
                self._assign(value, value.variable)
            for slot, variable in value.slot_variables:
                self._assign(value, variable, slot)
        self._shown_jobs.add(job)
        return job

    def _assign(self, submitted: SubmittedJob, variable: str, slot: int | None = None) -> None:
        """Set a variable named by ``-o``.

        It is the result of a metrics job, or the output records as a table of the kind that went in;
        of a file, as a data frame where pandas is installed. Where there is no such table, it is a list.
        """
        job, kind = submitted.job, submitted.table_kind
        if job.record.kind.value == "metrics":
            self._session.assign(variable, job.metrics)
            return
        if (job.output if slot is None else job.outputs.get(slot)) is None:
            raise InvalidError(f"{variable} was not set: job {job.record.short_id} has no output")
        value: Any = None
        if kind != LIST:
            try:
                value = job.to_frame(kind or "pandas", slot=slot)
            except ModelOpError as error:
                if kind is not None:
                    print(f"{variable} is a list: {error.message}")
        self._session.assign(variable, list(job.records(slot)) if value is None else value)

    def _show_panel(self) -> None:
        if getattr(self._shell, "kernel", None) is None:
            raise UsageMistakeError("panel needs a notebook", "In a terminal, type modelop help")
        if self._panel is not None:
            # The cell may be run again, which replaces the panel in its output.
            self._panel.close()
        self._panel = self._open_panel(self._session)
        display(self._panel)


def _sentences(error: ModelOpError, line: str) -> str:
    """Return an error with the lines that mend it; ``line`` is the one that failed."""
    if not error.remedies:
        return str(error)
    remedies = completed(error.remedies, split(mask(line)))
    return f"{error}\n{as_text(remedies, _PROGRAM)}"


def _as_usage_error(shell: InteractiveShell, text: str) -> Exception:
    """Return an error that IPython shows as one line, and that fails the cell.

    xeus-python takes the error of its reply from what IPython renders as a traceback, and only
    prints a ``UsageError``: the cell would succeed, and the cells after it would run.
    """
    error: Exception = UsageError(text)
    if not hasattr(shell, "last_error"):
        return error
    rendered: Exception = type("UsageError", (Exception,), {})(text)
    lines = f"UsageError: {text}".splitlines()
    rendered._render_traceback_ = lambda *_: lines  # type: ignore[attr-defined]
    return rendered

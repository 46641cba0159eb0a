"""What ``%modelop`` does: words to a verb, its value to the cell, its errors to one line."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from IPython.core.error import UsageError
from IPython.display import display

from modelop_jupyter.commands.context import Context
from modelop_jupyter.commands.grammar import parse
from modelop_jupyter.commands.kernel import KernelCell
from modelop_jupyter.commands.notebook import NotebookSession
from modelop_jupyter.commands.panel import PanelAsked
from modelop_jupyter.commands.submitted import Submitted
from modelop_jupyter.commands.verb import Verb
from modelop_jupyter.commands.words import expand
from modelop_jupyter.errors import InvalidError, ModelOpError, UsageMistakeError
from modelop_jupyter.magics.cell import run_cell
from modelop_jupyter.magics.interrupt import say
from modelop_jupyter.magics.live import follow
from modelop_jupyter.magics.place import Place
from modelop_jupyter.magics.shown import Shown

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from modelop_jupyter.domain.environments import BuildStep
    from modelop_jupyter.workspace import Job

    OpenPanel = Callable[[NotebookSession], Any]

_PROGRAM = "%modelop"


class Front:
    """The magic of one shell, with the workspace it uses from its first verb on."""

    def __init__(
        self, shell: InteractiveShell, *, cell_ids: dict[int, str], open_panel: OpenPanel
    ) -> None:
        self._shell = shell
        self._session = NotebookSession(shell, cell_ids=cell_ids)
        self._place = Place(shell)
        self._waits = False
        self._open_panel = open_panel
        self._panel: Any = None
        self._context = Context(self._session, progress=self._show_step)
        self._shown = Shown(shell, self._context)

    def close(self) -> None:
        """Close the panel and the workspace."""
        if self._panel is not None:
            self._panel.close()
        self._context.close()

    def run(self, line: str, cell: str | None) -> Job | None:
        """Do what a line says; returns the job of a job verb, None for any other."""
        try:
            self._place = Place(self._shell)
            self._waits = False
            words = expand(line, self._session.evaluate)
            verb, args = parse(words, program=_PROGRAM)
            if cell is not None:
                self._run_cell(verb, args, cell)
            return self._show(verb.run(self._context, args))
        except ModelOpError as error:
            raise _as_usage_error(self._shell, str(error)) from None
        except KeyboardInterrupt as interrupt:
            text = f"{_PROGRAM} {line.strip()} was stopped"
            say(interrupt, f"{text}; the build that it waited for goes on" if self._waits else text)
            raise

    def complete(self, context: Any) -> Any:
        """Return what may stand at the cursor, in the form of IPython's matchers."""
        from modelop_jupyter.magics.completion import matches

        return matches(context, self._session)

    def _show_step(self, step: BuildStep) -> None:
        self._waits = step.is_joined
        self._place.live(step, is_urgent=True)

    def _run_cell(self, verb: Verb, args: Namespace, cell: str) -> None:
        if not verb.in_cell:
            if verb.name == "help":
                return
            raise UsageMistakeError(
                f"{verb.name or 'a bare %%modelop'} takes no cell",
                f"Write %modelop {verb.name} in a line".replace("  ", " "),
            )
        args.has_cell = True
        args.cell = cell
        if not verb.runs_elsewhere:
            run_cell(self._shell, cell)

    def _show(self, value: Any) -> Job | None:
        if isinstance(value, KernelCell):
            from modelop_jupyter.magics.remote import run_in_kernel

            run_in_kernel(value, self._context.kernels, self._place)
            return None
        if isinstance(value, PanelAsked):
            self._show_panel()
            return None
        if not isinstance(value, Submitted):
            self._place.final(value)
            return None
        job = value.job
        if value.background:
            self._place.final(job.record)
        else:
            follow(job, self._context.workspace, self._place, is_attached=value.is_attached)
            if value.variable is not None:
                self._session.assign(value.variable, _result(job, value.variable))
            for slot, variable in value.slot_variables:
                self._session.assign(variable, _result(job, variable, slot))
        self._shown.add(job)
        return job

    def _show_panel(self) -> None:
        if getattr(self._shell, "kernel", None) is None:
            raise UsageMistakeError("panel needs a notebook", "In a terminal, type modelop help")
        if self._panel is not None:
            # A cell that runs again would leave one that nobody sees any more.
            self._panel.close()
        self._panel = self._open_panel(self._session)
        display(self._panel)


def _as_usage_error(shell: InteractiveShell, text: str) -> Exception:
    """Return an error that IPython shows as one line, and that makes the cell one that failed.

    xeus-python takes the error of its reply from what IPython renders as a traceback, and a
    ``UsageError`` is only printed: there the cell would be fine, and the cells behind it would run.
    """
    error: Exception = UsageError(text)
    if not hasattr(shell, "last_error"):
        return error
    rendered: Exception = type("UsageError", (Exception,), {})(text)
    rendered._render_traceback_ = lambda *_: [f"UsageError: {text}"]  # type: ignore[attr-defined]
    return rendered


def _result(job: Job, variable: str, slot: int | None = None) -> Any:
    """Return what goes into the variable of ``-o``: a metrics result, or the records as a frame."""
    if job.record.kind.value == "metrics":
        return job.metrics
    if (job.output if slot is None else job.outputs.get(slot)) is None:
        raise InvalidError(f"{variable} was not set: job {job.record.short_id} has no output")
    try:
        return job.to_frame(slot)
    except ModelOpError:
        return list(job.records(slot))

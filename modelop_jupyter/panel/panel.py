"""The panel in the output of a cell."""

from __future__ import annotations

from typing import Any

from IPython.core.getipython import get_ipython

from modelop_jupyter.commands.context import Context, Session, ShellSession
from modelop_jupyter.commands.notebook import NotebookSession, has_jupyters_page, has_page, is_voila
from modelop_jupyter.panel import parts
from modelop_jupyter.panel.outputs import Outputs
from modelop_jupyter.panel.state import State
from modelop_jupyter.panel.view import View
from modelop_jupyter.panel.worker import Worker


class Panel:
    """Models, their assets and environments, and jobs with their progress, as widgets.

    It works in threads: other cells run meanwhile, and a job that it has started outlives it.
    ``close`` ends the threads and leaves how things stand.
    """

    def __init__(self, *, session: Session | None = None) -> None:
        self._state = State(Context(session or _session_here()))
        self._state.look()
        self._worker = Worker(look=self._state.look, shown=self._show, failed=self._state.fail)
        self._view: View | None = None
        self._outputs = Outputs(self._state)
        self._is_open = True

    @property
    def state(self) -> State:
        """What the panel shows, without its widgets."""
        return self._state

    def close(self) -> None:
        """End the threads, and leave in the notebook how things stand now."""
        if not self._is_open:
            return
        self._is_open = False
        self._worker.close()
        if self._view is not None:
            parts.close(self._view.widget)
        self._outputs.settle()
        self._state.close()

    def _ipython_display_(self) -> None:
        shell = get_ipython()
        if not self._is_open or shell is None or not (has_page(shell) or is_voila()):
            self._outputs.show()
        elif has_jupyters_page(shell):
            self._outputs.show_above(self._widget())
        else:
            self._outputs.show_behind(self._widget())

    def _widget(self) -> Any:
        """Return the widgets, made when a page first shows them."""
        if self._view is None:
            self._view = View(self._state, self._worker, leave=self.close)
            widget = self._view.widget
            # The page counts its views: without any, nobody needs to be told what changes.
            widget._view_count = 0
            widget.observe(lambda change: self._worker.watch(change["new"] > 0), "_view_count")
            self._worker.start()
        return self._view.widget

    def _show(self) -> None:
        if self._is_open and self._view is not None:
            self._view.show()
            self._outputs.bring_up_to_date()


def _session_here() -> Session:
    shell = get_ipython()
    return ShellSession() if shell is None else NotebookSession(shell, cell_ids={})

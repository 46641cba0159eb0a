"""The panel in the output of a cell."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timezone
from typing import Any

from IPython.core.getipython import get_ipython
from IPython.display import display

from modelop_jupyter.commands.context import Context, Session, ShellSession
from modelop_jupyter.commands.notebook import NotebookSession, has_page
from modelop_jupyter.display import describe, html, plain, words
from modelop_jupyter.display.blocks import Block, Heading, Note
from modelop_jupyter.panel import parts
from modelop_jupyter.panel.state import State
from modelop_jupyter.panel.view import View
from modelop_jupyter.panel.worker import Worker

_WIDGET = "application/vnd.jupyter.widget-view+json"


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
        self._handle: Any = None
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
        if self._handle is not None:
            self._handle.update(self._still(), raw=True)
        self._state.close()

    def _ipython_display_(self) -> None:
        shell = get_ipython()
        mime = self._still()
        if self._is_open and shell is not None and has_page(shell):
            widget = self._widget()
            mime[_WIDGET] = {"version_major": 2, "version_minor": 0, "model_id": widget.model_id}
        self._handle = display(mime, raw=True, display_id=True)

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

    def _still(self) -> dict[str, Any]:
        """Return the form that a saved notebook shows where there are no widgets."""
        blocks = list(_blocks(self._state))
        return {"text/plain": plain.page(blocks), "text/html": html.page(blocks)}


def _blocks(state: State) -> Iterator[Block]:
    now = words.moment(datetime.now(timezone.utc))
    yield Heading("ModelOp panel", detail=f"as of {now}; %modelop panel shows it anew")
    if state.problem:
        yield Note(state.problem, "bad")
    if state.view is None:
        yield Note("No models yet.")
        return
    yield from describe(state.view)
    if state.summary is not None:
        yield from describe(state.summary)


def _session_here() -> Session:
    shell = get_ipython()
    return ShellSession() if shell is None else NotebookSession(shell, cell_ids={})

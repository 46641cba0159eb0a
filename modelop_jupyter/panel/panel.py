"""The panel in a notebook: live widgets, and the static page that a saved notebook keeps."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timezone
from typing import Any

from IPython.core.getipython import get_ipython
from IPython.display import DisplayHandle

from modelop_jupyter.commands.context import Context, Session, ShellSession
from modelop_jupyter.commands.notebook import (
    NotebookSession,
    is_interactive,
    is_jupyterlab_or_notebook,
    is_voila,
)
from modelop_jupyter.display import deployments, describe, formatting, html, plain_text
from modelop_jupyter.display.blocks import Block, Heading, Note
from modelop_jupyter.domain.deployments import Deployment
from modelop_jupyter.panel import widgets
from modelop_jupyter.panel.state import PanelState
from modelop_jupyter.panel.view import PanelView
from modelop_jupyter.panel.worker import BackgroundWorker


class Panel:
    """Models with assets and environments, and jobs with progress, as widgets. Close it.

    It works in threads: other cells run meanwhile, and its jobs go on when it is closed.
    """

    def __init__(self, *, session: Session | None = None) -> None:
        self._state = PanelState(Context(session or _current_session()))
        self._state.poll()
        self._worker = BackgroundWorker(
            poll=self._state.poll, on_change=self._show, on_error=self._state.report_error
        )
        self._view: PanelView | None = None
        self._outputs = NotebookOutputs(self._state)
        self._is_open = True

    @property
    def state(self) -> PanelState:
        """What the panel shows, without widgets."""
        return self._state

    def close(self) -> None:
        """End the threads and replace the widgets by a static page."""
        if not self._is_open:
            return
        self._is_open = False
        has_ended = self._worker.close()
        if self._view is not None:
            widgets.close(self._view.widget)
        self._outputs.finish()
        # A task that goes on would open the database again, and nobody would close that.
        if has_ended:
            self._state.close()

    def _ipython_display_(self) -> None:
        shell = get_ipython()
        if not self._is_open or shell is None or not (is_interactive(shell) or is_voila()):
            self._outputs.show_page()
        elif is_jupyterlab_or_notebook(shell):
            self._outputs.show_page_and_widget(self._widget())
        else:
            self._outputs.show_in_one_output(self._widget())

    def _widget(self) -> Any:
        """Return the widgets, which are made when a page first shows them."""
        if self._view is None:
            self._view = PanelView(self._state, self._worker, on_close=self.close)
            widget = self._view.widget
            # The page keeps the number of its views; without a view there is no need to poll.
            widget._view_count = 0
            widget.observe(
                lambda change: self._worker.set_visible(change["new"] > 0), "_view_count"
            )
            self._worker.start()
        return self._view.widget

    def _show(self) -> None:
        if self._is_open and self._view is not None:
            self._view.show()
            self._outputs.update()


def _current_session() -> Session:
    shell = get_ipython()
    return ShellSession() if shell is None else NotebookSession(shell, cell_runs={})


_WIDGET = "application/vnd.jupyter.widget-view+json"
# The static page is in an output of its own above the widgets. In one output with both, JupyterLab
# shows only the widgets, and after the kernel has ended only an error. The style hides the page while
# the widgets live, and the widgets' output while they do not.
_HIDE_ONE_OF_BOTH = (
    '<style class="modelop-static">'
    ".jp-OutputArea-child:has(.modelop-static):has(+ .jp-OutputArea-child"
    " .modelop-panel:not(.jupyter-widgets-disconnected)),"
    " .jp-OutputArea-child:has(.modelop-static) + .jp-OutputArea-child"
    ":not(:has(.modelop-panel:not(.jupyter-widgets-disconnected))) { display: none; }</style>"
)


class NotebookOutputs:
    """The outputs of one panel in a notebook: a static page, and the widgets.

    A panel that is displayed in several cells is updated in all of them.
    """

    def __init__(self, state: PanelState) -> None:
        self._state = state
        self._page = DisplayHandle()
        self._live = DisplayHandle()
        self._has_page = self._has_live = False
        self._shown: Any = None

    def show_page(self) -> None:
        """Show only the static page."""
        self._has_page = True
        self._page.display(self._static_page(), raw=True)

    def show_page_and_widget(self, widget: Any) -> None:
        """Show the static page, and in a second output the widgets, which hide it while they live."""
        self._has_page = self._has_live = True
        self._page.display(self._hidden_page(), raw=True)
        self._live.display({"text/plain": "", "text/html": ""} | _widget_view(widget), raw=True)

    def show_in_one_output(self, widget: Any) -> None:
        """Show both as alternatives of one output: for pages to which our style does not apply."""
        self._has_page = True
        self._page.display(self._static_page() | _widget_view(widget), raw=True)

    def update(self) -> None:
        """Update the static page, so that a notebook saved now has the current state."""
        if self._has_live and self._shown != self._content():
            self._page.update(self._hidden_page(), raw=True)

    def finish(self) -> None:
        """Update the static page and remove the widgets' output."""
        if self._has_page:
            self._page.update(self._static_page(), raw=True)
        if self._has_live:
            self._live.update({"text/plain": "", "text/html": ""}, raw=True)
        self._has_page = self._has_live = False

    def _hidden_page(self) -> dict[str, Any]:
        self._shown = self._content()
        page = self._static_page()
        return page | {"text/html": page["text/html"] + _HIDE_ONE_OF_BOTH}

    def _content(self) -> tuple[Any, ...]:
        deployment = _without_load(self._state.deployment)
        return self._state.model_view, deployment, self._state.summary, self._state.problem

    def _static_page(self) -> dict[str, Any]:
        blocks = list(_page_blocks(self._state))
        return {"text/plain": plain_text.page(blocks), "text/html": html.page(blocks)}


def _widget_view(widget: Any) -> dict[str, Any]:
    return {_WIDGET: {"version_major": 2, "version_minor": 0, "model_id": widget.model_id}}


def _page_blocks(state: PanelState) -> Iterator[Block]:
    now = formatting.moment(datetime.now(timezone.utc))
    yield Heading("ModelOp panel", detail=f"as of {now}; %modelop panel shows the current state")
    if state.problem:
        yield Note(state.problem, "bad")
    if state.model_view is None:
        yield Note("No models yet.")
        return
    yield from describe(state.model_view)
    deployment = _without_load(state.deployment)
    if deployment is not None:
        yield from deployments.state(deployment)
    if state.summary is not None:
        yield from describe(state.summary)


def _without_load(deployment: Deployment | None) -> Deployment | None:
    """Return a deployment without its counts, which would have the page written each second."""
    return None if deployment is None else replace(deployment, load=None, shadow=None)

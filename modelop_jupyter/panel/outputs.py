"""What a notebook keeps of a panel: a form that stands still, for pages that have no widgets."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timezone
from typing import Any

from IPython.display import DisplayHandle

from modelop_jupyter.display import describe, html, plain, words
from modelop_jupyter.display.blocks import Block, Heading, Note
from modelop_jupyter.panel.state import State

_WIDGET = "application/vnd.jupyter.widget-view+json"
# The form stands in an output of its own, right above the widgets': of one output with both,
# JupyterLab shows the widgets alone, and in a notebook whose kernel is gone only that there are none.
# So the form is hidden while a panel lives below it, and what is below it while none does.
_MASK = (
    '<style class="modelop-still">'
    ".jp-OutputArea-child:has(.modelop-still):has(+ .jp-OutputArea-child"
    " .modelop-panel:not(.jupyter-widgets-disconnected)),"
    " .jp-OutputArea-child:has(.modelop-still) + .jp-OutputArea-child"
    ":not(:has(.modelop-panel:not(.jupyter-widgets-disconnected))) { display: none; }</style>"
)


class Outputs:
    """The outputs that one panel has in a notebook; shown in several cells, they change in all."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._form = DisplayHandle()
        self._live = DisplayHandle()
        self._has_form = self._has_live = False
        self._shown: Any = None

    def show(self) -> None:
        """Show the form alone."""
        self._has_form = True
        self._form.display(self._still(), raw=True)

    def show_above(self, widget: Any) -> None:
        """Show the form, and below it the widgets, which hide it as long as they live."""
        self._has_form = self._has_live = True
        self._form.display(self._masked(), raw=True)
        self._live.display({"text/plain": "", "text/html": ""} | _view(widget), raw=True)

    def show_behind(self, widget: Any) -> None:
        """Show the widgets in one output with the form: for pages that our style does not reach."""
        self._has_form = True
        self._form.display(self._still() | _view(widget), raw=True)

    def bring_up_to_date(self) -> None:
        """Have the form tell how things stand now, so that a notebook that is saved keeps it."""
        if self._has_live and self._shown != self._standing():
            self._form.update(self._masked(), raw=True)

    def settle(self) -> None:
        """Leave the form alone, with how things stand now."""
        if self._has_form:
            self._form.update(self._still(), raw=True)
        if self._has_live:
            self._live.update({"text/plain": "", "text/html": ""}, raw=True)
        self._has_form = self._has_live = False

    def _masked(self) -> dict[str, Any]:
        self._shown = self._standing()
        still = self._still()
        return still | {"text/html": still["text/html"] + _MASK}

    def _standing(self) -> tuple[Any, ...]:
        return self._state.view, self._state.summary, self._state.problem

    def _still(self) -> dict[str, Any]:
        blocks = list(_blocks(self._state))
        return {"text/plain": plain.page(blocks), "text/html": html.page(blocks)}


def _view(widget: Any) -> dict[str, Any]:
    return {_WIDGET: {"version_major": 2, "version_minor": 0, "model_id": widget.model_id}}


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

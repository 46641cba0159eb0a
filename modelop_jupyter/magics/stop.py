"""The Stop button of a job that a cell follows."""

from __future__ import annotations

import time
from threading import Event
from typing import TYPE_CHECKING, Any

from modelop_jupyter.commands.notebook import has_page
from modelop_jupyter.magics.inbox import Inbox, inbox_for

if TYPE_CHECKING:
    from modelop_jupyter.magics.place import Place

_LOOK_SECONDS = 0.05
_CLICK = {"method": "custom", "content": {"event": "click"}}


class StopButton:
    """A button that stops one job. Close it: it goes, and a saved notebook does not show it.

    Where nobody could click it there is none: in a terminal, and where a notebook is only executed.
    """

    def __init__(self, place: Place, job: str) -> None:
        self._place = place
        self._job = job
        self._clicked = Event()
        self._inbox: Inbox | None = None
        self._button: Any = None

    def show(self) -> None:
        """Put it below what the place shows."""
        if self._button is not None or not has_page(self._place.shell):
            return
        import ipywidgets

        button = ipywidgets.Button(
            description="Stop",
            icon="stop",
            tooltip=f"Stop job {self._job} and everything it started; what it has so far is kept",
            layout=ipywidgets.Layout(width="max-content"),
        )
        self._inbox = inbox_for(self._place.shell.kernel, button.comm.comm_id, self._hear)
        if self._inbox is None:
            _close(button)
            return
        # Where the page speaks to another thread of the kernel, the click arrives there.
        button.on_click(lambda _: self._clicked.set())
        self._button = button
        self._place.show_widget(button, "The notebook's Stop button ends the job.")

    @property
    def is_clicked(self) -> bool:
        return self._clicked.is_set()

    def pause(self, seconds: float) -> None:
        """Sleep; interrupt as the notebook's own button does when this one has been clicked."""
        end = time.monotonic() + seconds
        while True:
            if self._inbox is not None:
                self._inbox.look()
            if self.is_clicked:
                raise KeyboardInterrupt
            left = end - time.monotonic()
            if left <= 0:
                return
            time.sleep(min(left, _LOOK_SECONDS))

    def close(self) -> None:
        """Take it away."""
        if self._inbox is not None:
            self._inbox.close()
            self._inbox = None
        if self._button is not None:
            _close(self._button)
            self._button = None
            self._place.remove_widget()

    def _hear(self, data: Any) -> None:
        if data == _CLICK:
            self._clicked.set()


def _close(button: Any) -> None:
    for widget in (button, button.style, button.layout):
        widget.close()

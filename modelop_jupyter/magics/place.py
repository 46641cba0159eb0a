"""Where a magic shows its value: one display that changes in place, or one line of a terminal."""

from __future__ import annotations

import sys
import time
from html import escape
from typing import TYPE_CHECKING, Any

from IPython.display import display

from modelop_jupyter.commands.notebook import is_vscode
from modelop_jupyter.display import bundle, text
from modelop_jupyter.display.drawing import VEGA_LITE

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell
    from IPython.display import DisplayHandle

_SECONDS = 0.1
_WIDGET = "application/vnd.jupyter.widget-view+json"
# A notebook may be saved while a widget stands below a passing state, and opened when its kernel is
# gone. JupyterLab then says in the widget's place that it is not found; the state says what to do.
_MASK = (
    '<style class="modelop-passing">.jp-OutputArea-child:has(.modelop-passing) ~'
    " .jp-OutputArea-child .jupyter-widgets:not(:has(*)) { display: none; }</style>"
)


class Place:
    """The display of one magic. What comes later takes the place of what was there."""

    def __init__(self, shell: InteractiveShell) -> None:
        self.shell = shell
        self._is_kernel = getattr(shell, "kernel", None) is not None
        self._handle: DisplayHandle | None = None
        self._widget: DisplayHandle | None = None
        self._shown = 0.0
        self._has_line = False

    def live(self, value: Any, *, is_urgent: bool = False) -> None:
        """Show a passing state, ten times a second at the most."""
        now = time.monotonic()
        if now - self._shown < _SECONDS and not is_urgent:
            return
        self._shown = now
        if self._is_kernel:
            mime = bundle(value)
            self._put(mime | {"text/html": mime["text/html"] + _MASK})
        elif sys.stderr.isatty():
            # One line can be written over, what stands below it cannot.
            sys.stderr.write(f"\r\033[K{text(value).partition(chr(10))[0]}")
            sys.stderr.flush()
            self._has_line = True

    def final(self, value: Any) -> None:
        """Show what stays."""
        self.clear_line()
        if self._is_kernel:
            self._put(self._bundle(value))
        else:
            display(self._bundle(value), raw=True)

    def settle(self, value: Any) -> None:
        """Show what stays where a passing state is, if there is one."""
        self.clear_line()
        if self._handle is not None:
            self._put(self._bundle(value))

    def show_widget(self, widget: Any, text: str) -> None:
        """Put a widget below it; ``text`` is for pages that have no widgets."""
        view = {"version_major": 2, "version_minor": 0, "model_id": widget.model_id}
        mime = {"text/plain": text, "text/html": escape(text), _WIDGET: view}
        self._widget = display(mime, raw=True, display_id=True)

    def remove_widget(self) -> None:
        """Leave nothing of that widget."""
        if self._widget is not None:
            self._widget.update({"text/plain": "", "text/html": ""}, raw=True)
            self._widget = None

    def clear_line(self) -> None:
        """Free a terminal's line, as something is to be printed."""
        if self._has_line:
            sys.stderr.write("\r\033[K")
            sys.stderr.flush()
            self._has_line = False

    def _bundle(self, value: Any) -> dict[str, Any]:
        mime = bundle(value)
        if is_vscode(self.shell):
            # It would show the charts alone: it prefers Vega-Lite to the HTML that has everything.
            mime.pop(VEGA_LITE, None)
        return mime

    def _put(self, mime: dict[str, Any]) -> None:
        if self._handle is None:
            self._handle = display(mime, raw=True, display_id=True)
        else:
            self._handle.update(mime, raw=True)

"""The output of one magic: a display that is updated in place, or one line of a terminal."""

from __future__ import annotations

import shutil
import sys
import time
from html import escape
from typing import TYPE_CHECKING, Any

from IPython.display import display

from modelop_jupyter.commands.notebook import is_vscode
from modelop_jupyter.display import bundle, text

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell
    from IPython.display import DisplayHandle

_UPDATE_SECONDS = 0.1
_WIDGET = "application/vnd.jupyter.widget-view+json"
# A notebook may be saved while a widget is below the progress, and opened when its kernel is gone.
# JupyterLab then shows an error in the widget's place, which this style hides.
_HIDE_LOST_WIDGETS = (
    '<style class="modelop-progress">.jp-OutputArea-child:has(.modelop-progress) ~'
    " .jp-OutputArea-child .jupyter-widgets:not(:has(*)) { display: none; }</style>"
)


class MagicDisplay:
    """The display of one magic's progress and result; each update replaces the one before.

    In a kernel it is one output of the cell, in a terminal one line of stderr.
    """

    def __init__(self, shell: InteractiveShell) -> None:
        self.shell = shell
        self._is_kernel = getattr(shell, "kernel", None) is not None
        self._handle: DisplayHandle | None = None
        self._widget: DisplayHandle | None = None
        self._updated = 0.0
        self._has_line = False

    def show_progress(self, value: Any, *, is_urgent: bool = False) -> None:
        """Show progress; updates within 0.1 s of the last are skipped unless ``is_urgent``."""
        now = time.monotonic()
        if now - self._updated < _UPDATE_SECONDS and not is_urgent:
            return
        self._updated = now
        if self._is_kernel:
            mime = bundle(value)
            self._update(mime | {"text/html": mime["text/html"] + _HIDE_LOST_WIDGETS})
        elif sys.stderr.isatty():
            # Only one line can be overwritten.
            sys.stderr.write(f"\r\033[K{text(value).partition(chr(10))[0]}")
            sys.stderr.flush()
            self._has_line = True

    def show_above_widget(self, value: Any) -> None:
        """Show a value in place of the progress, while a widget stays below it."""
        mime = self._bundle(value)
        self._update(mime | {"text/html": mime["text/html"] + _HIDE_LOST_WIDGETS})

    def show_result(self, value: Any) -> None:
        """Show the final value in place of the progress."""
        self.clear_line()
        if self._is_kernel:
            self._update(self._bundle(value))
        else:
            display(self._bundle(value), raw=True)

    def replace_progress(self, value: Any) -> None:
        """Show a value in place of the progress; without any progress, show nothing."""
        self.clear_line()
        if self._handle is not None:
            self._update(self._bundle(value))

    def show_widget(self, widget: Any, text: str) -> None:
        """Show a widget below the progress; pages without widgets show ``text``."""
        view = {"version_major": 2, "version_minor": 0, "model_id": widget.model_id}
        mime = {"text/plain": text, "text/html": escape(text), _WIDGET: view}
        self._widget = display(mime, raw=True, display_id=True)

    def remove_widget(self) -> None:
        """Empty the output of the widget."""
        if self._widget is not None:
            self._widget.update({"text/plain": "", "text/html": ""}, raw=True)
            self._widget = None

    def clear_line(self) -> None:
        """Clear the progress line of a terminal before something else is printed."""
        if self._has_line:
            sys.stderr.write("\r\033[K")
            sys.stderr.flush()
            self._has_line = False

    def _bundle(self, value: Any) -> dict[str, Any]:
        is_terminal = not self._is_kernel and sys.stdout.isatty()
        mime = bundle(value, width=shutil.get_terminal_size().columns if is_terminal else None)
        if is_vscode(self.shell):
            from modelop_jupyter.display.charts import VEGA_LITE

            # VS Code prefers Vega-Lite to HTML and would show only the charts.
            mime.pop(VEGA_LITE, None)
        return mime

    def _update(self, mime: dict[str, Any]) -> None:
        if self._handle is None:
            self._handle = display(mime, raw=True, display_id=True)
        else:
            self._handle.update(mime, raw=True)

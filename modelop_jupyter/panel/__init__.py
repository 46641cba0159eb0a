"""The widget panel: the sidebar's contents in the output of a cell.

``state`` reads what is shown and runs the actions, without widgets; ``worker`` calls it in threads, so
that the kernel stays free; ``view`` has the widgets; ``panel`` puts them into the notebook.
"""

from __future__ import annotations

from modelop_jupyter.panel.panel import Panel

__all__ = ["Panel"]

"""The widget panel: the sidebar's words and order, in the output of a cell.

``seen`` knows what is shown and ``state`` does what is asked, without a widget; ``worker`` calls it in
threads, so that the kernel stays free; ``view`` renders it.
"""

from __future__ import annotations

from modelop_jupyter.panel.panel import Panel

__all__ = ["Panel"]

"""The output of values with charts, in VS Code and elsewhere."""

from __future__ import annotations

import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output

from modelop_jupyter.display.blocks import Block, Chart, Series
from modelop_jupyter.display.charts import VEGA_LITE
from modelop_jupyter.magics.magic_display import MagicDisplay


class Drawn:
    """A value with one chart."""

    def blocks(self) -> list[Block]:
        return [Chart("bar", "drawn", (Series("", (("a", 1.0),)),), scale="names")]


@pytest.mark.parametrize(
    ("name", "has_vega"), [("__vsc_ipynb_file__", False), ("anything_else", True)]
)
def test_vs_code_gets_html_alone(shell: InteractiveShell, name: str, has_vega: bool) -> None:
    """VS Code would show the charts without the text around them; elsewhere both are there."""
    shell.user_ns[name] = "a.ipynb"
    with capture_output() as captured:
        MagicDisplay(shell).show_result(Drawn())
    (shown,) = (output.data for output in captured.outputs)

    assert (VEGA_LITE in shown) is has_vega
    assert "<img " in shown["text/html"]

"""Render charts: as SVG for HTML, as a Vega-Lite specification, and as a table of their numbers."""

from modelop_jupyter.display.charts.svg import drawing, figure
from modelop_jupyter.display.charts.table import numbers_of
from modelop_jupyter.display.charts.vega import VEGA_LITE, specification, together

__all__ = ["VEGA_LITE", "drawing", "figure", "numbers_of", "specification", "together"]

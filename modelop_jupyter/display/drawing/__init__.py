"""Charts, drawn twice: as SVG within our HTML, and as Vega-Lite for who has a renderer of it."""

from modelop_jupyter.display.drawing.numbers import numbers_of
from modelop_jupyter.display.drawing.picture import Picture
from modelop_jupyter.display.drawing.svg import drawing, figure
from modelop_jupyter.display.drawing.vega import VEGA_LITE, specification, together

__all__ = ["VEGA_LITE", "Picture", "drawing", "figure", "numbers_of", "specification", "together"]

"""Turn the cells of a notebook into one readable module: the tagged functions and what they need.

Works on the text with ``ast``: nothing of the notebook is executed, and IPython is not needed.
"""

from __future__ import annotations

from modelop_jupyter.capture.capturing import Captured, capture
from modelop_jupyter.capture.cells import Cell, model_cells, notebook_cells
from modelop_jupyter.capture.cells_of_model import (
    ModelCells,
    read_notebook_cells,
    saved_model_cells,
    select_model_cells,
)
from modelop_jupyter.capture.freezing import LiveValue
from modelop_jupyter.capture.imports import Import, imports_of

__all__ = [
    "Captured",
    "Cell",
    "Import",
    "LiveValue",
    "ModelCells",
    "capture",
    "imports_of",
    "model_cells",
    "notebook_cells",
    "read_notebook_cells",
    "saved_model_cells",
    "select_model_cells",
]

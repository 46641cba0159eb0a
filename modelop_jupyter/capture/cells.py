"""Code cells, as executed in a session or as saved in a notebook file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from modelop_jupyter.errors import InvalidError


@dataclass(frozen=True, slots=True)
class Cell:
    """A code cell; ``number`` is its execution count, or its position in the file from 1."""

    number: int
    source: str
    id: str | None = None

    @property
    def where(self) -> str:
        """The cell's name in messages."""
        return f"cell {self.number}"


def notebook_cells(data: bytes) -> tuple[Cell, ...]:
    """Return the code cells of an ``.ipynb`` file of format 3 or 4.

    Raises :class:`InvalidError` for bytes that are not a notebook.
    """
    import warnings

    import nbformat

    try:
        with warnings.catch_warnings():
            # nbformat warns of missing or duplicate ids, which it repairs in memory.
            warnings.simplefilter("ignore")
            notebook = nbformat.reads(data.decode("utf-8-sig"), as_version=4)
        cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
        return tuple(
            Cell(number, str(cell.source), cell.get("id"))
            for number, cell in enumerate(cells, start=1)
        )
    except UnicodeDecodeError:
        reason = "it is not text in UTF-8"
    except nbformat.reader.NotJSONError:
        reason = "it is not JSON"
    except (
        nbformat.ValidationError,
        ValueError,
        TypeError,
        KeyError,
        AttributeError,
        RecursionError,
    ):
        # nbformat converts older formats without checking their structure first.
        reason = "its JSON does not have the structure of a notebook"
    raise InvalidError(
        f"the notebook cannot be read: {reason}", "Open it in Jupyter and save it again"
    )


def model_cells(cells: Sequence[Cell]) -> dict[int, str]:
    """Return the number of each ``%%modelop model NAME`` cell with the model's name."""
    models = {}
    for cell in cells:
        header_words = cell.source.lstrip().split("\n", 1)[0].split()
        if len(header_words) > 2 and header_words[:2] == ["%%modelop", "model"]:
            models[cell.number] = header_words[2]
    return models

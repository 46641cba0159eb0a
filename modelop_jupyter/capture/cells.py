"""Code cells, as executed in a session or as they stand in a notebook file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from modelop_jupyter.errors import InvalidError


@dataclass(frozen=True, slots=True)
class Cell:
    """A code cell: ``number`` is its execution count, or its place in the file counted from 1."""

    number: int
    source: str
    id: str | None = None

    @property
    def where(self) -> str:
        """How a message names it."""
        return f"cell {self.number}"


def notebook_cells(data: bytes) -> tuple[Cell, ...]:
    """Return the code cells of an ``.ipynb`` file, of the formats 3 and 4.

    Raises :class:`InvalidError` for bytes that are no notebook.
    """
    import warnings

    import nbformat

    try:
        with warnings.catch_warnings():
            # Ids that are missing or double are put right in memory; the file is not ours.
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
        # nbformat converts what it is given without looking at its shape first.
        reason = "its JSON does not have the shape of a notebook"
    raise InvalidError(
        f"the notebook cannot be read: {reason}", "Open it in Jupyter and save it again"
    )


def model_cells(cells: Sequence[Cell]) -> dict[int, str]:
    """Return the numbers of the ``%%modelop model NAME`` cells with the model each belongs to."""
    found = {}
    for cell in cells:
        words = cell.source.lstrip().split("\n", 1)[0].split()
        if len(words) > 2 and words[:2] == ["%%modelop", "model"]:
            found[cell.number] = words[2]
    return found

"""Code cells, as executed in a session or as saved in a notebook file."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from modelop_jupyter.errors import InvalidError


@dataclass(frozen=True, slots=True)
class Cell:
    """A code cell; ``number`` is its execution count, or its position in the file from 1.

    ``execution_count`` is the number in its brackets, as it is shown or was saved.
    """

    number: int
    source: str
    id: str | None = None
    execution_count: int | None = field(default=None, compare=False)

    @property
    def where(self) -> str:
        """The cell's name in messages."""
        return f"cell {self.number}"


def notebook_cells(data: bytes) -> tuple[Cell, ...]:
    """Return the code cells of an ``.ipynb`` file of format 3 or 4.

    Raises :class:`InvalidError` for bytes that are not a notebook.
    """
    try:
        text = data.decode("utf-8-sig")
        notebook = json.loads(text)
        if notebook["nbformat"] != 4:
            notebook = _converted(text)
        return _code_cells(notebook["cells"])
    except UnicodeDecodeError:
        reason = "it is not text in UTF-8"
    except json.JSONDecodeError:
        reason = "it is not JSON"
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        reason = "its JSON does not have the structure of a notebook"
    raise InvalidError(
        f"the notebook cannot be read: {reason}", "Open it in Jupyter and save it again"
    )


def _code_cells(cells: Sequence[Mapping[str, Any]]) -> tuple[Cell, ...]:
    """Return the code cells; an id that another cell has already is none."""
    found: list[Cell] = []
    ids: set[str | None] = set()
    for cell in cells:
        if cell["cell_type"] == "code":
            source, name = cell["source"], cell.get("id")
            text = "".join(source) if isinstance(source, list) else str(source)
            count = cell.get("execution_count")
            found.append(
                Cell(
                    len(found) + 1,
                    text,
                    None if name in ids else name,
                    count if isinstance(count, int) else None,
                )
            )
            ids.add(name)
    return tuple(found)


def _converted(text: str) -> dict[str, Any]:
    """Return a notebook of another format as one of format 4."""
    import warnings

    # Only now: where Jupyter's extras of jsonschema are installed, this takes a second.
    import nbformat

    try:
        with warnings.catch_warnings():
            # nbformat warns of missing or duplicate ids, which it repairs in memory.
            warnings.simplefilter("ignore")
            # It converts older formats without checking their structure first.
            notebook: dict[str, Any] = nbformat.reads(text, as_version=4)
    except nbformat.ValidationError as error:
        raise ValueError(str(error)) from error
    return notebook


def model_cells(cells: Sequence[Cell]) -> dict[int, str]:
    """Return the number of each ``%%modelop model NAME`` cell with the model's name."""
    models = {}
    for cell in cells:
        header_words = cell.source.lstrip().split("\n", 1)[0].split()
        if len(header_words) > 2 and header_words[:2] == ["%%modelop", "model"]:
            models[cell.number] = header_words[2]
    return models

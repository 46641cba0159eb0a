"""The example notebooks, which are files beside this one, and their copies in a user's folder."""

from __future__ import annotations

import itertools
import json
from pathlib import Path

from modelop_jupyter import files
from modelop_jupyter.domain.examples import Example, ExampleCopy, ExampleNotFoundError
from modelop_jupyter.errors import InvalidError

EXAMPLES = (
    Example(
        "regression",
        "Regression",
        "Predict the rent of an apartment: train, register, score a batch, measure the errors.",
    ),
    Example(
        "classification",
        "Classification",
        "Tell the grower of a wine: train, register, score a file, look at the confusion matrix.",
    ),
    Example(
        "faults",
        "Faults to find",
        "Mend a model with four faults: each failure says what is wrong and what to do.",
    ),
)

# What a user sees of a notebook's cell, whether it was run or not.
_Cells = list[tuple[str, str]]


def copy_example(name: str, folder: Path) -> ExampleCopy:
    """Write an example's notebook into a folder of its own below ``folder``, and return where it is.

    Nothing is overwritten: a copy whose cells were changed stays, and a new one is made beside it.
    The notebook has its own folder because its cells write files, such as ``requirements.txt``.
    Raises :class:`ExampleNotFoundError`, and :class:`InvalidError` where nothing can be written.
    """
    from importlib import resources

    known = {example.name: example for example in EXAMPLES}
    if name not in known:
        raise ExampleNotFoundError(name, tuple(known))
    data = resources.files(__package__).joinpath(f"{name}.ipynb").read_bytes()
    if not folder.is_dir():
        raise InvalidError(f"{folder}: no such folder")
    for number in itertools.count():
        place = folder / (f"example-{name}-{number}" if number else f"example-{name}")
        notebook = place / f"{name}.ipynb"
        is_new = _write(notebook, data)
        if is_new or _cells(notebook) == _cells_of(data):
            return ExampleCopy(known[name], str(notebook), is_new)
    raise AssertionError("there is a number for every copy")


def _write(notebook: Path, data: bytes) -> bool:
    """Write a notebook into a new folder; return whether there was none of that name."""
    folder = notebook.parent
    try:
        folder.mkdir()
    except FileExistsError:
        return False
    except OSError as error:
        raise _not_written(folder, error) from None
    try:
        files.write_bytes(notebook, data, mode=None)
    except OSError as error:
        files.remove_empty_folders(folder, below=folder.parent)
        raise _not_written(folder, error) from None
    return True


def _not_written(folder: Path, error: OSError) -> InvalidError:
    return InvalidError(f"{folder} cannot be written: {error.strerror or error}")


def _cells(notebook: Path) -> _Cells | None:
    try:
        return _cells_of(notebook.read_bytes())
    except (OSError, ValueError, KeyError, TypeError):
        # It was removed, renamed or damaged.
        return None


def _cells_of(data: bytes) -> _Cells:
    """Return the kinds and texts of a notebook's cells; JupyterLab adds empty ones at the end."""
    cells = ((cell["cell_type"], "".join(cell["source"])) for cell in json.loads(data)["cells"])
    return [(kind, text) for kind, text in cells if text.strip()]

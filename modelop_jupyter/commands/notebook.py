"""The notebook as a verb sees it: executed cells, variables, and what a name stands for."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from modelop_jupyter.capture import Cell
from modelop_jupyter.commands.context import ModelCells, cells_of, marked_for
from modelop_jupyter.errors import InvalidError

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell


class NotebookSession:
    """A live IPython session; ``cell_ids`` maps execution counts to the ids of cells."""

    def __init__(self, shell: InteractiveShell, *, cell_ids: Mapping[int, str]) -> None:
        self._shell = shell
        self._cell_ids = cell_ids

    def model_cells(self, name: str, *, notebook: Path | None) -> ModelCells:
        path = notebook or notebook_path()
        saved = None
        if path is not None and (notebook is not None or path.is_file()):
            try:
                saved = cells_of(path)
            except InvalidError:
                # The notebook of the session may be half saved; one that was named must be right.
                if notebook is not None:
                    raise
        return marked_for(name, self._cells(), saved=saved, notebook=path)

    def variables(self) -> Mapping[str, Any]:
        hidden = self._shell.user_ns_hidden
        space = self._shell.user_ns
        return {
            name: value
            for name, value in list(space.items())  # a panel asks while cells run
            if not (name.startswith("_") or (name in hidden and hidden[name] is value))
        }

    def assign(self, name: str, value: object) -> None:
        self._shell.push({name: value})

    def describe(self, name: str) -> str | None:
        """Say what a name is in the notebook: "a DataFrame (569 x 30) made in cell 3"."""
        if name not in self._shell.user_ns:
            return None
        value = self._shell.user_ns[name]
        what = kind_of(value)
        made = self._made_in(name)
        return f"{what} made in cell {made}" if made else what

    def evaluate(self, expression: str) -> object:
        """Return what an expression in a line is worth; raises :class:`LookupError`.

        Whatever goes wrong leaves the text of the line as it stands, as IPython does.
        """
        space = self._shell.user_ns
        if expression.isidentifier():
            return space[expression]
        try:
            return eval(expression, self._shell.user_global_ns, space)  # noqa: S307
        except Exception:  # noqa: BLE001 - the user's own expression can raise anything
            raise LookupError(expression) from None

    def _cells(self) -> tuple[Cell, ...]:
        history = self._shell.history_manager.input_hist_raw
        return tuple(
            Cell(number, source, self._cell_ids.get(number))
            for number, source in enumerate(history)
            if number and source.strip()
        )

    def _made_in(self, name: str) -> int | None:
        pattern = re.compile(
            rf"(?m)^\s*(?:[\w\s,.*()\[\]]*,\s*)?{re.escape(name)}\b[\w\s,()]*(?::[^=]+)?=(?!=)"
        )
        for cell in reversed(self._cells()):
            if pattern.search(cell.source):
                return cell.number
        return None


def can_ask(shell: InteractiveShell) -> bool:
    """Say whether somebody is there to answer: a terminal has no kernel, nbclient nobody."""
    kernel = getattr(shell, "kernel", None)
    if kernel is None:
        return True
    request = kernel.get_parent().get("content", {}) if hasattr(kernel, "get_parent") else {}
    if "allow_stdin" in request:
        return bool(request["allow_stdin"])
    # xeus-python keeps the request to itself. Where nobody answers it puts a function in the place
    # of input() that can return nothing, and says so.
    return not (input.__doc__ or "").rstrip().endswith("-> None")


def has_page(shell: InteractiveShell) -> bool:
    """Say whether this is a notebook that somebody looks at: nbconvert only executes one."""
    return getattr(shell, "kernel", None) is not None and can_ask(shell)


def is_voila() -> bool:
    """Say whether Voilà shows this notebook: nobody answers questions, but widgets are alive there."""
    return os.environ.get("SERVER_SOFTWARE", "").startswith("voila/")


def is_vscode(shell: InteractiveShell) -> bool:
    """Say whether VS Code shows this notebook."""
    return "__vsc_ipynb_file__" in shell.user_ns


def has_jupyters_page(shell: InteractiveShell) -> bool:
    """Say whether JupyterLab or a Notebook shows it: VS Code and Colab put outputs into frames."""
    return has_page(shell) and not is_vscode(shell) and "google.colab" not in sys.modules


def notebook_path() -> Path | None:
    """Return the notebook that the Jupyter server says this kernel belongs to."""
    name = os.environ.get("JPY_SESSION_NAME", "")
    return Path(name) if name.endswith(".ipynb") else None


def kind_of(value: object) -> str:
    """Say what an object is: "a DataFrame (569 x 30)", "a fitted RandomForestClassifier"."""
    name = type(value).__name__
    shape = getattr(value, "shape", None)
    size = ""
    if isinstance(shape, tuple) and all(isinstance(each, int) for each in shape) and shape:
        size = f" ({' x '.join(map(str, shape))})"
    elif isinstance(value, (list, tuple, dict, set)):
        size = f" of {len(value)}"
    fitted = "fitted " if _is_fitted(value) else ""
    word = f"{fitted}{name}{size}"
    return f"{'an' if word[:1].lower() in 'aeio' else 'a'} {word}"


def _is_fitted(value: object) -> bool:
    """Tell an estimator by the mark that scikit-learn and its kin leave: names that end in ``_``."""
    if not hasattr(type(value), "fit"):
        return False
    names = getattr(value, "__dict__", {})
    return any(name.endswith("_") and not name.startswith("_") for name in names)

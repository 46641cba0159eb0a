"""The session of a notebook: its executed cells and variables, and the program that shows it."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from modelop_jupyter.errors import InvalidError
from modelop_jupyter.masking import mask

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from modelop_jupyter.capture import Cell, LiveValue, ModelCells
    from modelop_jupyter.capture.freezing import FileFacts

# The id of a cell, and when its run began, in seconds since the epoch.
CellRun = tuple[str, float]


class NotebookSession:
    """A running IPython session; ``cell_runs`` are the runs of cells by their numbers.

    A cell's number is its place in IPython's input history.
    """

    def __init__(self, shell: InteractiveShell, *, cell_runs: Mapping[int, CellRun]) -> None:
        self._shell = shell
        self._cell_runs = cell_runs

    def model_cells(self, name: str, *, notebook: Path | None) -> ModelCells:
        from modelop_jupyter.capture import read_notebook_cells, select_model_cells

        path = notebook or notebook_path()
        saved, unsaved = None, frozenset[str]()
        if path is not None and (notebook is not None or path.is_file()):
            try:
                saved, unsaved = self._present(read_notebook_cells(path), path.stat().st_mtime)
            except InvalidError:
                # The session's own notebook may be half saved; a file named by the user must be valid.
                if notebook is not None:
                    raise
        return select_model_cells(
            name,
            self._executed_cells(),
            saved=saved,
            unsaved=unsaved,
            notebook=path,
            describe=self.describe,
            read=cache(self.read),
            save=self.save,
        )

    def cells_of_notebook(self, name: str, notebook: Path) -> ModelCells | None:
        own = notebook_path()
        if own is None or own.resolve() != notebook:
            return None
        return self.model_cells(name, notebook=None)

    def variables(self) -> Mapping[str, Any]:
        hidden = self._shell.user_ns_hidden
        # A copy, as a panel's thread reads it while cells run.
        namespace = list(self._shell.user_ns.items())
        return {
            name: value
            for name, value in namespace
            if not (name.startswith("_") or (name in hidden and hidden[name] is value))
        }

    def assign(self, name: str, value: object) -> None:
        self._shell.push({name: value})

    def asker(self) -> Callable[[str], str | None] | None:
        is_terminal = getattr(self._shell, "kernel", None) is None
        can_ask = sys.stdin.isatty() if is_terminal else allows_stdin(self._shell)
        return _ask if can_ask else None

    def describe(self, name: str) -> str | None:
        """Describe the value of a variable, such as "a DataFrame (569 x 30) made in cell 3".

        Returns None for a name that is not defined.
        """
        if name not in self._shell.user_ns:
            return None
        description = describe_value(self._shell.user_ns[name])
        cell = self.defining_cell(name)
        return f"{description} made in cell {cell}" if cell else description

    def read(self, name: str) -> LiveValue:
        """Return the literal of a variable's value, or why it has none, and the file that could hold it."""
        from modelop_jupyter.capture import LiveValue
        from modelop_jupyter.capture.literals import literal_or_reason
        from modelop_jupyter.capture.value_files import value_facts

        namespace = self._shell.user_ns
        if name not in namespace:
            return LiveValue()
        return LiveValue.from_kernel(value_facts(namespace[name], literal_or_reason, mask))

    def save(self, name: str, path: Path, replaced: str | None) -> FileFacts:
        """Write a variable's value to a file; raises :class:`InvalidError` if that cannot be done.

        A file that is there stays, unless ``replaced`` is the digest of its bytes.
        """
        from modelop_jupyter.capture.freezing import FileFacts
        from modelop_jupyter.capture.value_files import NoFileError, save_value

        try:
            facts = save_value(self._shell.user_ns[name], str(path), replaced, mask)
        except (KeyError, OSError, NoFileError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            raise InvalidError(
                f"{path}: the value of {name!r} cannot be written: {reason}",
                "Nothing is registered. Mend that, or save the value yourself, add the file with"
                " --asset and load it in init",
            ) from None
        return FileFacts(**facts)

    def evaluate(self, expression: str) -> object:
        """Return the value of an expression in a magic line.

        Raises :class:`LookupError` for any failure: the text then stays as it is, as in IPython.
        """
        namespace = self._shell.user_ns
        if expression.isidentifier():
            return namespace[expression]
        try:
            return eval(expression, self._shell.user_global_ns, namespace)  # noqa: S307
        except Exception:  # noqa: BLE001 - the user's own expression can raise anything
            raise LookupError(expression) from None

    def defining_cell(self, name: str) -> int | None:
        assignment = re.compile(
            rf"(?m)^\s*(?:[\w\s,.*()\[\]]*,\s*)?{re.escape(name)}\b[\w\s,()]*(?::[^=]+)?=(?!=)"
        )
        for cell in reversed(self._executed_cells()):
            if assignment.search(cell.source):
                return cell.number
        return None

    def _present(
        self, saved: Sequence[Cell], written: float
    ) -> tuple[Sequence[Cell], frozenset[str]]:
        """Return the cells of a file with the texts that ran since it was ``written``.

        With them come the ids of cells that ran since then and are not in the file.
        """
        newer = {
            cell.id: cell.source
            for cell in self._executed_cells()
            if cell.id is not None and self._cell_runs[cell.number][1] > written
        }
        present = [replace(cell, source=newer.get(cell.id or "", cell.source)) for cell in saved]
        return present, frozenset(newer.keys() - {cell.id for cell in saved})

    def _executed_cells(self) -> tuple[Cell, ...]:
        from modelop_jupyter.capture import Cell

        history = self._shell.history_manager.input_hist_raw
        return tuple(
            Cell(number, source, self._cell_runs.get(number, (None,))[0], number)
            for number, source in enumerate(history)
            if number and source.strip()
        )


def _ask(question: str) -> str | None:
    try:
        return input(question)
    except EOFError:
        return None


def describe_value(value: object) -> str:
    """Describe an object by its type and size: "a DataFrame (569 x 30)", "a fitted Ridge"."""
    name = type(value).__name__
    shape = getattr(value, "shape", None)
    size = ""
    if isinstance(shape, tuple) and all(isinstance(length, int) for length in shape) and shape:
        size = f" ({' x '.join(map(str, shape))})"
    elif isinstance(value, (list, tuple, dict, set)):
        size = f" of {len(value)}"
    fitted = "fitted " if _is_fitted(value) else ""
    description = f"{fitted}{name}{size}"
    return f"{'an' if description[:1].lower() in 'aeio' else 'a'} {description}"


def _is_fitted(value: object) -> bool:
    """Return whether a value is a fitted estimator: scikit-learn's have attributes that end in ``_``."""
    if not hasattr(type(value), "fit"):
        return False
    names = getattr(value, "__dict__", {})
    return any(name.endswith("_") and not name.startswith("_") for name in names)


def allows_stdin(shell: InteractiveShell) -> bool:
    """Return whether ``input()`` is answered: in a terminal always, in a kernel if the client allows it.

    Clients that only execute a notebook, such as nbclient, do not.
    """
    kernel = getattr(shell, "kernel", None)
    if kernel is None:
        return True
    request = kernel.get_parent().get("content", {}) if hasattr(kernel, "get_parent") else {}
    if "allow_stdin" in request:
        return bool(request["allow_stdin"])
    # xeus-python does not expose the request. Where stdin is not allowed, it replaces input() by a
    # function whose docstring says that it returns nothing.
    return not (input.__doc__ or "").rstrip().endswith("-> None")


def is_interactive(shell: InteractiveShell) -> bool:
    """Return whether a user sees this notebook's page; nbconvert and others only execute it."""
    return getattr(shell, "kernel", None) is not None and allows_stdin(shell)


def is_voila() -> bool:
    """Return whether Voilà shows this notebook: it allows no ``input()``, but has live widgets."""
    return os.environ.get("SERVER_SOFTWARE", "").startswith("voila/")


def is_vscode(shell: InteractiveShell) -> bool:
    """Return whether VS Code shows this notebook."""
    return "__vsc_ipynb_file__" in shell.user_ns


def is_jupyterlab_or_notebook(shell: InteractiveShell) -> bool:
    """Return whether JupyterLab or Jupyter Notebook shows it: VS Code and Colab put outputs into frames."""
    return is_interactive(shell) and not is_vscode(shell) and "google.colab" not in sys.modules


def notebook_path() -> Path | None:
    """Return the notebook file of this kernel as the Jupyter server reports it; None if it does not."""
    name = os.environ.get("JPY_SESSION_NAME", "")
    return Path(name) if name.endswith(".ipynb") else None

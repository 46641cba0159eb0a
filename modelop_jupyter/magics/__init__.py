"""The IPython extension: the magics ``%modelop`` and ``%%modelop``.

Loading it imports next to nothing; the magic itself is imported when it is first used.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from modelop_jupyter.commands.notebook import CellRun
    from modelop_jupyter.magics.magic import ModelOpMagic, OpenPanel

_PREFIXES = ("%modelop", "%%modelop")


class Extension:
    """What ``%load_ext`` adds to a shell: the magic, a completion matcher, and a record of the cells that run."""

    def __init__(self, shell: InteractiveShell, *, open_panel: OpenPanel) -> None:
        self.shell = shell
        self._open_panel = open_panel
        self.cell_runs: dict[int, CellRun] = {}
        self._magic: ModelOpMagic | None = None

    @property
    def magic(self) -> ModelOpMagic:
        """The implementation of the magic, made when it is first used."""
        if self._magic is None:
            from modelop_jupyter.magics.magic import ModelOpMagic

            self._magic = ModelOpMagic(
                self.shell, cell_runs=self.cell_runs, open_panel=self._open_panel
            )
        return self._magic

    def remember_cell(self, info: Any) -> None:
        """Record which cell it is that is about to run (IPython's event ``pre_run_cell``)."""
        cell_id = getattr(info, "cell_id", None)
        if cell_id and getattr(info, "store_history", False):
            # Not the execution count: IPython 9 raises it before this event, older ones later.
            number = len(self.shell.history_manager.input_hist_raw)
            self.cell_runs[number] = (cell_id, time.time())

    def close(self) -> None:
        """Close what the magic opened."""
        if self._magic is not None:
            self._magic.close()


def load(shell: InteractiveShell, *, open_panel: OpenPanel) -> None:
    """Register the magic in a shell; loading it again changes nothing.

    ``open_panel`` makes the object that ``%modelop panel`` displays.
    """
    from IPython.core.magic import no_var_expand

    if _extension_of(shell) is not None:
        return
    extension = Extension(shell, open_panel=open_panel)

    @no_var_expand
    def modelop(line: str, cell: str | None = None) -> object:
        """Register models, build their environments and run their jobs. Type %modelop help."""
        return extension.magic.run(line, cell)

    def modelop_matcher(context: Any) -> Any:
        # Called for every TAB, so nothing is imported for lines without our magic.
        if not any(prefix in context.full_text for prefix in _PREFIXES):
            return {"completions": []}
        return extension.magic.complete(context)

    modelop_matcher.matcher_api_version = 2  # type: ignore[attr-defined]
    modelop_matcher.matcher_identifier = "modelop_matcher"  # type: ignore[attr-defined]
    modelop_matcher.matcher_priority = 100  # type: ignore[attr-defined]
    modelop.modelop_extension = extension
    shell.register_magic_function(modelop, "line_cell", "modelop")
    shell.events.register("pre_run_cell", extension.remember_cell)
    if shell.Completer is not None:
        shell.Completer.custom_matchers.append(modelop_matcher)


def unload(shell: InteractiveShell) -> None:
    """Remove the magic from a shell, and close what it opened."""
    extension = _extension_of(shell)
    if extension is None:
        return
    extension.close()
    shell.events.unregister("pre_run_cell", extension.remember_cell)
    for kind in ("line", "cell"):
        shell.magics_manager.magics[kind].pop("modelop", None)
    if shell.Completer is not None:
        shell.Completer.custom_matchers[:] = [
            matcher
            for matcher in shell.Completer.custom_matchers
            if getattr(matcher, "matcher_identifier", "") != "modelop_matcher"
        ]


def _extension_of(shell: InteractiveShell) -> Extension | None:
    magic = shell.magics_manager.magics["line"].get("modelop")
    extension: Extension | None = getattr(magic, "modelop_extension", None)
    return extension

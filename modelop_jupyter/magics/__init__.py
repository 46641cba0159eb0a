"""``%modelop`` and ``%%modelop``: loading them costs next to nothing, the rest comes when used."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from modelop_jupyter.magics.magic import Front, OpenPanel

_PREFIXES = ("%modelop", "%%modelop")


class Loaded:
    """What ``%load_ext`` puts into a shell: the magic, a matcher for TAB, and cell ids."""

    def __init__(self, shell: InteractiveShell, *, open_panel: OpenPanel) -> None:
        self.shell = shell
        self._open_panel = open_panel
        self.cell_ids: dict[int, str] = {}
        self._front: Front | None = None

    @property
    def front(self) -> Front:
        """What does the work, made when first needed."""
        if self._front is None:
            from modelop_jupyter.magics.magic import Front

            self._front = Front(self.shell, cell_ids=self.cell_ids, open_panel=self._open_panel)
        return self._front

    def remember_cell(self, info: Any) -> None:
        """Keep the id of a cell that is about to run (IPython's ``pre_run_cell``)."""
        cell_id = getattr(info, "cell_id", None)
        if cell_id and getattr(info, "store_history", False):
            # Not the execution count: IPython 9 raises it before this event, older ones later.
            self.cell_ids[len(self.shell.history_manager.input_hist_raw)] = cell_id

    def close(self) -> None:
        """Let go of what the magic opened."""
        if self._front is not None:
            self._front.close()


def load(shell: InteractiveShell, *, open_panel: OpenPanel) -> None:
    """Register the magic in a shell; loading twice changes nothing.

    ``open_panel`` makes what ``%modelop panel`` displays.
    """
    from IPython.core.magic import no_var_expand

    if _loaded(shell) is not None:
        return
    loaded = Loaded(shell, open_panel=open_panel)

    @no_var_expand
    def modelop(line: str, cell: str | None = None) -> object:
        """Register models, build their environments and run their jobs. Type %modelop help."""
        return loaded.front.run(line, cell)

    def modelop_matcher(context: Any) -> Any:
        # Every TAB passes here, so nothing is imported for lines that are not ours.
        if not any(prefix in context.full_text for prefix in _PREFIXES):
            return {"completions": []}
        return loaded.front.complete(context)

    modelop_matcher.matcher_api_version = 2  # type: ignore[attr-defined]
    modelop_matcher.matcher_identifier = "modelop_matcher"  # type: ignore[attr-defined]
    modelop_matcher.matcher_priority = 100  # type: ignore[attr-defined]
    modelop.modelop_loaded = loaded
    shell.register_magic_function(modelop, "line_cell", "modelop")
    shell.events.register("pre_run_cell", loaded.remember_cell)
    if shell.Completer is not None:
        shell.Completer.custom_matchers.append(modelop_matcher)


def unload(shell: InteractiveShell) -> None:
    """Take the magic away again."""
    loaded = _loaded(shell)
    if loaded is None:
        return
    loaded.close()
    shell.events.unregister("pre_run_cell", loaded.remember_cell)
    for kind in ("line", "cell"):
        shell.magics_manager.magics[kind].pop("modelop", None)
    if shell.Completer is not None:
        shell.Completer.custom_matchers[:] = [
            matcher
            for matcher in shell.Completer.custom_matchers
            if getattr(matcher, "matcher_identifier", "") != "modelop_matcher"
        ]


def _loaded(shell: InteractiveShell) -> Loaded | None:
    magic = shell.magics_manager.magics["line"].get("modelop")
    found: Loaded | None = getattr(magic, "modelop_loaded", None)
    return found

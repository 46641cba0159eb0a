"""A list of files to choose from, in folders that can be entered."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import ipywidgets

from modelop_jupyter.display import formatting
from modelop_jupyter.display.blocks import Note
from modelop_jupyter.formats import is_data_file
from modelop_jupyter.panel import widgets
from modelop_jupyter.panel.worker import BackgroundWorker

_MOST_ENTRIES = 50


@dataclass(frozen=True, slots=True)
class Entry:
    """A file or folder; ``size`` is None for a folder."""

    path: Path
    size: int | None

    @property
    def _rank(self) -> int:
        if self.size is None:
            return 1
        return 0 if is_data_file(self.path.name) else 2

    @property
    def order(self) -> tuple[int, str]:
        """Files with data come first, then folders, then other files, each by name."""
        return self._rank, self.path.name.lower()


def entries_of(folder: Path) -> list[Entry]:
    """Return what a folder has, without hidden files; raises :class:`OSError`."""
    found = []
    for path in folder.iterdir():
        if path.name.startswith("."):
            continue
        try:
            found.append(Entry(path, None if path.is_dir() else path.stat().st_size))
        except OSError:
            continue  # a link that leads nowhere, or a file that is just removed
    return sorted(found, key=lambda entry: entry.order)


class FileList:
    """A title that unfolds to the files of a folder, with a filter.

    It begins in the working directory. ``on_pick`` is called with a path relative to it, or an absolute
    one outside of it, in the panel's own thread; the list is folded again.
    """

    def __init__(
        self, title: str, worker: BackgroundWorker, *, on_pick: Callable[[str], object]
    ) -> None:
        self._worker = worker
        self._on_pick = on_pick
        self._start = self._folder = Path.cwd()
        self._entries: list[Entry] = []
        self._buttons: dict[Path, Any] = {}
        self._place = ipywidgets.Label()
        self._filter = widgets.text_field("Filter files")
        self._filter.observe(lambda _: worker.submit(self._show), "value")
        self._parent = widgets.button(
            "Parent folder",
            lambda: worker.submit(lambda: self._enter(self._folder.parent)),
            icon="level-up",
            classes=("modelop-link",),
        )
        self._list = widgets.column(name="modelop-files")
        self._note = widgets.block_view()
        self._section = widgets.CollapsibleSection(
            self._place,
            self._filter,
            self._parent,
            self._list,
            self._note,
            on_open=lambda: worker.submit(self._read),
        )
        self._section.set_title(title)
        self.widget = self._section.widget

    def _enter(self, folder: Path) -> None:
        self._folder = folder
        self._filter.value = ""
        self._read()

    def _read(self) -> None:
        self._place.value = str(self._folder)
        self._parent.layout.display = "none" if self._folder == self._folder.parent else None
        try:
            self._entries = entries_of(self._folder)
        except OSError as error:
            self._entries = []
            self._show()
            widgets.set_blocks(self._note, [Note(str(error), "bad")])
        else:
            self._show()

    def _show(self) -> None:
        word = self._filter.value.strip().lower()
        found = [entry for entry in self._entries if word in entry.path.name.lower()]
        shown = found[:_MOST_ENTRIES]
        self._buttons = {
            entry.path: self._buttons.get(entry.path) or self._button(entry) for entry in shown
        }
        widgets.set_children(self._list, list(self._buttons.values()))
        widgets.set_blocks(self._note, _notes(len(found), len(shown), word))

    def _button(self, entry: Entry) -> Any:
        name = entry.path.name
        if entry.size is None:
            return widgets.button(
                name,
                partial(self._worker.submit, partial(self._enter, entry.path)),
                title=f"Open the folder {name}",
                icon="folder",
                classes=("modelop-link",),
            )
        return widgets.button(
            name,
            partial(self._worker.submit, partial(self._pick, entry.path)),
            title=f"Choose {name}, {formatting.size(entry.size)}",
            icon="file",
            classes=("modelop-link",),
        )

    def _pick(self, path: Path) -> None:
        is_below = path.is_relative_to(self._start)
        self._section.close()
        self._on_pick(path.relative_to(self._start).as_posix() if is_below else str(path))


def _notes(found: int, shown: int, word: str) -> Iterable[Note]:
    if found > shown:
        yield Note(f"{shown} of {found} are shown. Filter by name to see others.")
    elif not found:
        yield Note(f"No file matches {word}." if word else "The folder is empty.")

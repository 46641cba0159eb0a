"""What the panel is made of: buttons, fields, rows, texts, and parts that fold."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import ipywidgets

from modelop_jupyter.display import html
from modelop_jupyter.display.blocks import Block

Act = Callable[[], object]


def button(
    label: str,
    act: Act,
    *,
    title: str = "",
    icon: str = "",
    is_accepting: bool = False,
    classes: Sequence[str] = (),
) -> Any:
    """Return a button; ``title`` says more than its label."""
    made = ipywidgets.Button(
        description=label,
        tooltip=title or label,
        icon=icon,
        button_style="primary" if is_accepting else "",
    )
    for name in classes:
        made.add_class(name)
    made.on_click(lambda _: act())
    return made


def text(
    label: str,
    *,
    value: str = "",
    hint: str = "",
    options: Sequence[str] | None = None,
    is_live: bool = True,
) -> Any:
    """Return a field for a text; ``options`` are what could be typed, ``is_live`` tells each letter."""
    kind = ipywidgets.Text if options is None else ipywidgets.Combobox
    more = {} if options is None else {"options": tuple(options), "ensure_option": False}
    made = kind(value=value, description=label, placeholder=hint, continuous_update=is_live, **more)
    made.add_class("modelop-field")
    return made


def choice(label: str, options: Sequence[Any], value: Any, act: Callable[[Any], object]) -> Any:
    """Return a list to choose from."""
    made = ipywidgets.Dropdown(options=options, value=value, description=label)
    made.add_class("modelop-field")
    made.observe(lambda change: act(change["new"]), "value")
    return made


def said(blocks: Iterable[Block] = ()) -> Any:
    """Return a place for blocks."""
    made = ipywidgets.HTML()
    say(made, blocks)
    return made


def say(place: Any, blocks: Iterable[Block]) -> None:
    """Show blocks in a place; without any, it takes no room."""
    found = list(blocks)
    value = html.page(found) if found else ""
    # The page hears only of what is different.
    place.layout.display = None if found else "none"
    if place.value != value:
        place.value = value


def row(*widgets: Any, name: str = "") -> Any:
    """Return widgets side by side, in several lines where there is little room."""
    return _box(widgets, "modelop-row", name)


def column(*widgets: Any, name: str = "") -> Any:
    """Return widgets one below the other."""
    return _box(widgets, name)


def fields(*widgets: Any) -> Any:
    """Return fields in as many columns as there is room for."""
    return _box(widgets, "modelop-fields")


def fill(box: Any, widgets: Sequence[Any]) -> None:
    """Put other widgets into a box, and close those that were there."""
    before, box.children = box.children, tuple(widgets)
    for each in before:
        if each not in widgets:
            close(each)


def close(widget: Any) -> None:
    """Close a widget and all in it: the kernel keeps every other one for ever."""
    for child in getattr(widget, "children", ()):
        close(child)
    for name in ("layout", "style"):
        part = getattr(widget, name, None)
        if part is not None:
            part.close()
    widget.close()


class Fold:
    """A part under a title that opens it; with the keyboard, too."""

    def __init__(self, *content: Any, is_open: bool = False) -> None:
        self._title = ipywidgets.ToggleButton(value=is_open)
        self._title.add_class("modelop-fold")
        self._body = column(*content, name="modelop-body")
        self._title.observe(lambda _: self._fold(), "value")
        self.widget = column(self._title, self._body)
        self._fold()

    def title(self, label: str) -> None:
        """Say what it is and how it stands."""
        self._title.description = label

    def _fold(self) -> None:
        self._title.icon = "caret-down" if self._title.value else "caret-right"
        self._body.layout.display = None if self._title.value else "none"


def _box(widgets: Sequence[Any], *names: str) -> Any:
    made = ipywidgets.VBox(tuple(widgets))
    for name in filter(None, names):
        made.add_class(name)
    return made

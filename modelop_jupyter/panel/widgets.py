"""The building blocks of the panel: functions that make ipywidgets with its style."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import ipywidgets

from modelop_jupyter.display import html
from modelop_jupyter.display.blocks import Block

OnClick = Callable[[], object]


def button(
    label: str,
    on_click: OnClick,
    *,
    title: str = "",
    icon: str = "",
    is_primary: bool = False,
    classes: Sequence[str] = (),
) -> Any:
    """Return a button; ``title`` is its tooltip, the label if empty."""
    widget = ipywidgets.Button(
        description=label,
        tooltip=title or label,
        icon=icon,
        button_style="primary" if is_primary else "",
    )
    for name in classes:
        widget.add_class(name)
    widget.on_click(lambda _: on_click())
    return widget


def text_field(
    label: str,
    *,
    value: str = "",
    placeholder: str = "",
    suggestions: Sequence[str] | None = None,
    is_continuous: bool = True,
) -> Any:
    """Return a text field, with a list of ``suggestions`` if given.

    Its value changes with each letter if ``is_continuous``, else when the field is left.
    """
    kind = ipywidgets.Text if suggestions is None else ipywidgets.Combobox
    extra = {} if suggestions is None else {"options": tuple(suggestions), "ensure_option": False}
    widget = kind(
        value=value,
        description=label,
        placeholder=placeholder,
        continuous_update=is_continuous,
        **extra,
    )
    widget.add_class("modelop-field")
    return widget


def text_area(label: str, *, placeholder: str = "") -> Any:
    """Return a text field of several lines."""
    widget = ipywidgets.Textarea(description=label, placeholder=placeholder, rows=2)
    widget.add_class("modelop-field")
    return widget


def dropdown(
    label: str,
    options: Sequence[Any],
    value: Any,
    on_change: Callable[[Any], object] | None = None,
) -> Any:
    """Return a dropdown list; ``on_change`` is called with the new value."""
    widget = ipywidgets.Dropdown(options=options, value=value, description=label)
    widget.add_class("modelop-field")
    if on_change is not None:
        widget.observe(lambda change: on_change(change["new"]), "value")
    return widget


def block_view(blocks: Iterable[Block] = ()) -> Any:
    """Return a widget that shows blocks; see :func:`set_blocks`."""
    widget = ipywidgets.HTML()
    set_blocks(widget, blocks)
    return widget


def set_blocks(view: Any, blocks: Iterable[Block]) -> None:
    """Show other blocks in a :func:`block_view`; without any, it is hidden."""
    shown = list(blocks)
    value = html.page(shown) if shown else ""
    view.layout.display = None if shown else "none"
    # Only a different value is sent to the page.
    if view.value != value:
        view.value = value


def row(*widgets: Any, name: str = "") -> Any:
    """Return widgets side by side, wrapped where there is little room; ``name`` is a CSS class."""
    return _box(widgets, "modelop-row", name)


def column(*widgets: Any, name: str = "") -> Any:
    """Return widgets one below the other; ``name`` is a CSS class."""
    return _box(widgets, name)


def fields(*widgets: Any) -> Any:
    """Return fields in as many columns as there is room for."""
    return _box(widgets, "modelop-fields")


def set_children(box: Any, widgets: Sequence[Any]) -> None:
    """Set the children of a box, and close those that are no longer in it."""
    before, box.children = box.children, tuple(widgets)
    for widget in before:
        if widget not in widgets:
            close(widget)


def close(widget: Any) -> None:
    """Close a widget with its children, layout and style: the kernel keeps any that is not closed."""
    for child in getattr(widget, "children", ()):
        close(child)
    for name in ("layout", "style"):
        part = getattr(widget, name, None)
        if part is not None:
            part.close()
    widget.close()


class CollapsibleSection:
    """Content below a title that shows and hides it, by mouse or keyboard.

    ``on_open`` is called when it was shown.
    """

    def __init__(
        self, *content: Any, is_open: bool = False, on_open: OnClick | None = None
    ) -> None:
        self._on_open = on_open
        self._title = ipywidgets.ToggleButton(value=is_open)
        self._title.add_class("modelop-fold")
        self._body = column(*content, name="modelop-body")
        self._title.observe(lambda _: self._toggle(), "value")
        self.widget = column(self._title, self._body)
        self._update()

    def set_title(self, title: str) -> None:
        self._title.description = title

    def open(self) -> None:
        """Show the content."""
        self._title.value = True

    def close(self) -> None:
        """Hide the content."""
        self._title.value = False

    def _toggle(self) -> None:
        self._update()
        if self._title.value and self._on_open is not None:
            self._on_open()

    def _update(self) -> None:
        self._title.icon = "caret-down" if self._title.value else "caret-right"
        self._body.layout.display = None if self._title.value else "none"


def _box(widgets: Sequence[Any], *names: str) -> Any:
    box = ipywidgets.VBox(tuple(widgets))
    for name in filter(None, names):
        box.add_class(name)
    return box

"""What a kernel's cell is shown on, and how it can end."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol


class Front(Protocol):
    """Where the output of a cell is shown, and who answers its questions."""

    def stream(self, name: str, text: str) -> None: ...
    def display(
        self, data: Mapping[str, Any], metadata: Mapping[str, Any], display_id: str | None
    ) -> None: ...
    def update(
        self, data: Mapping[str, Any], metadata: Mapping[str, Any], display_id: str | None
    ) -> None: ...
    def clear(self, *, wait: bool) -> None: ...
    def ask(self, prompt: str, *, is_password: bool) -> str: ...
    def comm(self, message: Mapping[str, Any]) -> None:
        """Take what a widget says: Jupyter's ``comm_open``, ``comm_msg`` and ``comm_close``."""

    def payload(self, payload: Mapping[str, Any]) -> None:
        """Take what a cell asks the page for: the help of ``print?``, or the text of a next cell."""


class Nowhere:
    """A front for a cell that nobody looks at."""

    def stream(self, name: str, text: str) -> None: ...
    def display(
        self, data: Mapping[str, Any], metadata: Mapping[str, Any], display_id: str | None
    ) -> None: ...
    def update(
        self, data: Mapping[str, Any], metadata: Mapping[str, Any], display_id: str | None
    ) -> None: ...
    def clear(self, *, wait: bool) -> None: ...
    def ask(self, prompt: str, *, is_password: bool) -> str:  # noqa: ARG002 - a front's signature
        return ""

    def comm(self, message: Mapping[str, Any]) -> None: ...
    def payload(self, payload: Mapping[str, Any]) -> None: ...


class CellError(Exception):
    """A cell of a kernel raised; ``lines`` are its traceback as the kernel renders it."""

    def __init__(self, name: str, value: str, lines: list[str]) -> None:
        super().__init__(f"{name}: {value}")
        self.name = name
        self.value = value
        self.lines = lines


class KernelDiedError(Exception):
    """The kernel's process ended while it was waited for."""


class KernelLeftError(Exception):
    """The cell has ended its kernel: ``exit()``."""


class KernelStuckError(Exception):
    """The kernel was ended, as the cell did not stop when it was asked to again and again."""

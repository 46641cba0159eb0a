"""The interface for a kernel's output, and the ways in which a cell fails there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol


class KernelOutput(Protocol):
    """Where the output of a kernel's cell is shown, and where its ``input()`` is read.

    The methods mirror Jupyter's messages: ``stream``, ``display_data`` (with its updates),
    ``clear_output``, ``input_request``, ``comm_*``, and the payloads of ``execute_reply``.
    """

    def stream(self, name: str, text: str) -> None: ...
    def display(
        self, data: Mapping[str, Any], metadata: Mapping[str, Any], display_id: str | None
    ) -> None: ...
    def update(
        self, data: Mapping[str, Any], metadata: Mapping[str, Any], display_id: str | None
    ) -> None: ...
    def clear(self, *, wait: bool) -> None: ...
    def read_input(self, prompt: str, *, is_password: bool) -> str: ...
    def comm(self, message: Mapping[str, Any]) -> None:
        """Handle a widget's message: ``comm_open``, ``comm_msg`` or ``comm_close``."""

    def payload(self, payload: Mapping[str, Any]) -> None:
        """Handle a payload: ``page`` (the help of ``print?``) or ``set_next_input`` (a next cell)."""


class NullOutput:
    """A :class:`KernelOutput` that shows nothing, and answers ``input()`` with an empty text."""

    def stream(self, name: str, text: str) -> None: ...
    def display(
        self, data: Mapping[str, Any], metadata: Mapping[str, Any], display_id: str | None
    ) -> None: ...
    def update(
        self, data: Mapping[str, Any], metadata: Mapping[str, Any], display_id: str | None
    ) -> None: ...
    def clear(self, *, wait: bool) -> None: ...
    def read_input(self, prompt: str, *, is_password: bool) -> str:  # noqa: ARG002 - the protocol's signature
        return ""

    def comm(self, message: Mapping[str, Any]) -> None: ...
    def payload(self, payload: Mapping[str, Any]) -> None: ...


class CellError(Exception):
    """The exception of a cell in a kernel.

    ``name`` is its class, ``value`` its text, and ``lines`` its traceback as the kernel rendered it.
    """

    def __init__(self, name: str, value: str, lines: list[str]) -> None:
        super().__init__(f"{name}: {value}")
        self.name = name
        self.value = value
        self.lines = lines


class KernelDiedError(Exception):
    """The kernel's process ended while a reply was expected."""


class KernelExitError(Exception):
    """The cell has ended its kernel: ``exit()``."""


class KernelStuckError(Exception):
    """The kernel was ended because its cell did not stop after repeated interrupts."""

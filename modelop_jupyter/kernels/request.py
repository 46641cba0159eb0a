"""One request to a kernel on its way: what has come back of it so far."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from modelop_jupyter.kernels.front import CellError, Front

_LATE_SECONDS = 2.0
# What Jupyter's kernels raise an EOFError for.
_END_OF_INPUT = "\x04"


class Request:
    """A cell, which is replied to, or what was done to a widget, which is not."""

    def __init__(
        self, identity: str, front: Front, answer: Callable[[str], None], *, has_reply: bool = True
    ) -> None:
        self._identity = identity
        self._front = front
        self._answer = answer
        self._is_idle = False
        self.has_reply = has_reply
        self._replied: float | None = None
        self.error: CellError | None = None
        self.has_left = False

    @property
    def is_done(self) -> bool:
        if not self.has_reply:
            return self._is_idle
        if self._replied is None:
            return False
        # An interrupt can come between a message and its being taken: the word "idle" is then lost.
        return self._is_idle or time.monotonic() - self._replied > _LATE_SECONDS

    def take(self, channel: str, message: dict[str, Any]) -> None:
        """Show what a message says."""
        kind, content = message["msg_type"], message["content"]
        if kind.startswith("comm_"):
            # Whoever asked for it: a thread of an earlier cell may move a widget.
            self._front.comm(message)
        elif message["parent_header"].get("msg_id") != self._identity:
            return
        elif channel == "shell":
            self._take_reply(content)
        elif kind == "status":
            self._is_idle = content["execution_state"] == "idle"
        elif kind == "error":
            self.error = _error(content)
        elif kind == "input_request":
            self._answer(self._ask(content))
        else:
            self._show(kind, content)

    def _ask(self, content: dict[str, Any]) -> str:
        """Return what somebody answers: the end of the input where the asking fails.

        Without an answer the kernel would wait for ever, and with it every cell to come.
        """
        try:
            return self._front.ask(content["prompt"], is_password=content["password"])
        except Exception as error:  # noqa: BLE001 - each kernel refuses input() in its own way
            said = str(error) or type(error).__name__
            self._front.stream("stderr", f"input() has no answer here: {said}\n")
            return _END_OF_INPUT

    def _take_reply(self, content: dict[str, Any]) -> None:
        self._replied = time.monotonic()
        if content["status"] == "error" and self.error is None:
            self.error = _error(content)
        for payload in content.get("payload", ()):
            if payload["source"] == "ask_exit":
                self.has_left = True
            else:
                self._front.payload(payload)

    def _show(self, kind: str, content: dict[str, Any]) -> None:
        if kind == "stream":
            self._front.stream(content["name"], content["text"])
        elif kind in ("display_data", "execute_result", "update_display_data"):
            shown = content["data"], content["metadata"]
            display_id = content.get("transient", {}).get("display_id")
            if kind == "update_display_data":
                self._front.update(*shown, display_id)
            else:
                self._front.display(*shown, display_id)
        elif kind == "clear_output":
            self._front.clear(wait=content["wait"])


def _error(content: dict[str, Any]) -> CellError:
    name, value = content.get("ename", "Error"), content.get("evalue", "")
    return CellError(name, value, content.get("traceback") or [f"{name}: {value}"])

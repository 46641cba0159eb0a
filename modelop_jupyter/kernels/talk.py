"""Speaking with a kernel: a cell goes there, everything it shows comes back as it happens."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from modelop_jupyter.domain.kernels import KernelRecord
from modelop_jupyter.kernels import launch
from modelop_jupyter.kernels.folders import is_alive

if TYPE_CHECKING:
    from jupyter_client.blocking.client import BlockingKernelClient

_READY_SECONDS = 60.0
_POLL_MS = 200
_LATE_SECONDS = 2.0
_PATIENCE = 3


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


class CellError(Exception):
    """A cell of a kernel raised; ``lines`` are its traceback as the kernel renders it."""

    def __init__(self, name: str, value: str, lines: list[str]) -> None:
        super().__init__(name, value)
        self.name = name
        self.value = value
        self.lines = lines


class KernelDiedError(Exception):
    """The kernel's process ended while it was waited for."""


class Talk:
    """A connection to one kernel; close it. Use it from one thread at a time."""

    def __init__(self, record: KernelRecord) -> None:
        self._record = record
        self._client: BlockingKernelClient | None = None

    def close(self) -> None:
        """Close the connection; the kernel stays."""
        if self._client is not None:
            self._client.stop_channels()
            self._client = None

    def connect(self) -> None:
        """Wait until the kernel answers and can be heard; raises :class:`KernelDiedError`."""
        if self._client is not None:
            return
        self._await_sockets()
        from jupyter_client.blocking.client import BlockingKernelClient

        client = BlockingKernelClient(connection_file=self._record.connection_file)
        client.load_connection_file()
        client.start_channels(hb=False)
        self._client = client
        try:
            self._shake_hands(client)
        except BaseException:
            # Interrupted here, the next cell begins with this again.
            self.close()
            raise

    def _shake_hands(self, client: BlockingKernelClient) -> None:
        deadline = time.monotonic() + _READY_SECONDS
        while time.monotonic() < deadline:
            # The answer alone is not enough: what is published before the subscription arrives
            # is lost, and would be missing from the first cell.
            client.kernel_info()
            heard = {"shell": False, "iopub": False}
            until = time.monotonic() + 1
            while time.monotonic() < until:
                for name, _ in self._receive():
                    heard[name] = True
                if all(heard.values()):
                    return
            self._require_alive()
        raise KernelDiedError

    def run(self, code: str, front: Front, *, store: bool = True, can_ask: bool = True) -> None:
        """Run a cell to its end; an interrupt is passed on, and the cell decides what it means.

        Raises :class:`CellError` when the cell does, :class:`KernelDiedError` when its kernel is
        gone, and :class:`KeyboardInterrupt` when a third interrupt has not helped: the kernel is
        then ended.
        """
        self.connect()
        assert self._client is not None
        identity = self._client.execute(code, store_history=store, allow_stdin=can_ask)
        cell = _Cell(identity, front, self._client.input)
        interrupts = 0
        while not cell.is_done:
            try:
                messages = self._receive()
                for name, message in messages:
                    cell.take(name, message)
                if not messages:
                    self._require_alive()
            except KeyboardInterrupt:
                interrupts += 1
                if interrupts == _PATIENCE:
                    launch.end(self._record)
                    raise
                launch.interrupt(self._record)
        if cell.error is not None:
            raise cell.error

    def _receive(self) -> list[tuple[str, dict[str, Any]]]:
        """Return the messages that have come, waiting a little for the first."""
        import zmq

        assert self._client is not None
        channels = {
            "iopub": self._client.iopub_channel,
            "stdin": self._client.stdin_channel,
            "shell": self._client.shell_channel,
        }
        poller = zmq.Poller()
        for channel in channels.values():
            poller.register(channel.socket, zmq.POLLIN)
        ready = dict(poller.poll(_POLL_MS))
        return [
            (name, channel.get_msg(timeout=0))
            for name, channel in channels.items()
            if channel.socket in ready
        ]

    def _await_sockets(self) -> None:
        """Wait until the kernel listens: a connection made before would be tried again too late."""
        information = json.loads(Path(self._record.connection_file).read_bytes())
        if information["transport"] != "ipc":
            return
        ports = [information[f"{name}_port"] for name in ("shell", "iopub", "stdin", "control")]
        sockets = [Path(f"{information['ip']}-{port}") for port in ports]
        deadline = time.monotonic() + _READY_SECONDS
        looks = 0
        while not all(path.exists() for path in sockets):
            time.sleep(0.003)
            looks += 1
            if looks % 20 == 0:
                self._require_alive()
            if time.monotonic() > deadline:
                raise KernelDiedError

    def _require_alive(self) -> None:
        if not is_alive(self._record):
            raise KernelDiedError


class _Cell:
    """One cell on its way: what has come back of it so far."""

    def __init__(self, identity: str, front: Front, answer: Callable[[str], None]) -> None:
        self._identity = identity
        self._front = front
        self._answer = answer
        self._is_idle = False
        self._replied: float | None = None
        self.error: CellError | None = None

    @property
    def is_done(self) -> bool:
        if self._replied is None:
            return False
        # An interrupt can come between a message and its being taken: the word "idle" is then lost.
        return self._is_idle or time.monotonic() - self._replied > _LATE_SECONDS

    def take(self, channel: str, message: dict[str, Any]) -> None:
        """Show what a message says."""
        if message["parent_header"].get("msg_id") != self._identity:
            return
        kind, content = message["msg_type"], message["content"]
        if channel == "shell":
            self._replied = time.monotonic()
            if content["status"] == "error" and self.error is None:
                self.error = _error(content)
        elif kind == "status":
            self._is_idle = content["execution_state"] == "idle"
        elif kind == "error":
            self.error = _error(content)
        elif kind == "input_request":
            self._answer(self._front.ask(content["prompt"], is_password=content["password"]))
        else:
            self._show(kind, content)

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

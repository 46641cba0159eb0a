"""Speaking with a kernel: a cell goes there, everything it shows comes back as it happens."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from modelop_jupyter.domain.kernels import KernelRecord
from modelop_jupyter.kernels import launch
from modelop_jupyter.kernels.folders import is_alive
from modelop_jupyter.kernels.front import Front, KernelDiedError, KernelLeftError, KernelStuckError
from modelop_jupyter.kernels.request import Request

if TYPE_CHECKING:
    from jupyter_client.blocking.client import BlockingKernelClient

_READY_SECONDS = 60.0
_POLL_MS = 200
_PATIENCE = 3
_LAST_CALL = (
    "The cell has not stopped yet; stopped once more, its kernel ends and its variables are lost.\n"
)


@dataclass(frozen=True, slots=True)
class ShownAs:
    """What a request is in the notebook, so that it is the same in the kernel.

    Widgets that hold output name the message they catch it of; tracebacks name the cell's number.
    """

    identity: str
    count: int = 0


class Talk:
    """A connection to one kernel; close it.

    Threads take turns: JupyterLab has widgets moved in one of their own while a cell runs.
    """

    def __init__(self, record: KernelRecord) -> None:
        self._record = record
        self._turn = threading.RLock()
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

    def run(
        self,
        code: str,
        front: Front,
        *,
        store: bool = True,
        can_ask: bool = True,
        shown_as: ShownAs | None = None,
    ) -> None:
        """Run a cell to its end; an interrupt is passed on, and the cell decides what it means.

        Raises :class:`CellError` when the cell does, :class:`KernelDiedError` when its kernel is
        gone, :class:`KernelLeftError` when the cell has told it to go, and
        :class:`KernelStuckError` when two interrupts have not helped: a third ends the kernel.
        """
        content = {
            "code": code,
            "silent": False,
            "store_history": store,
            "user_expressions": {},
            "allow_stdin": can_ask,
            "stop_on_error": True,
        }
        done = self._request("execute_request", content, front, shown_as=shown_as)
        if done.error is not None:
            raise done.error
        if done.has_left:
            raise KernelLeftError

    def pass_on(self, message: Mapping[str, Any], front: Front) -> None:
        """Tell the kernel what was done to a widget of its, and show what follows from it.

        Raises :class:`KernelDiedError`.
        """
        header = message["header"]
        self._request(
            header["msg_type"],
            message["content"],
            front,
            shown_as=ShownAs(header["msg_id"]),
            metadata=message["metadata"],
            buffers=message["buffers"],
            has_reply=False,
        )

    def _request(
        self,
        kind: str,
        content: dict[str, Any],
        front: Front,
        *,
        shown_as: ShownAs | None,
        metadata: dict[str, Any] | None = None,
        buffers: list[bytes] | None = None,
        has_reply: bool = True,
    ) -> Request:
        with self._turn:
            self.connect()
            assert self._client is not None
            message = self._client.session.msg(kind, content, metadata=metadata)
            message["buffers"] = buffers or []
            if shown_as is not None:
                message["header"]["msg_id"] = message["msg_id"] = shown_as.identity
                message["metadata"]["execution_count"] = shown_as.count
            request = Request(message["msg_id"], front, self._client.input, has_reply=has_reply)
            self._client.shell_channel.send(message)
            self._follow(request, front)
        return request

    def _follow(self, request: Request, front: Front) -> None:
        interrupts = 0
        while not request.is_done:
            try:
                messages = self._receive()
                for name, message in messages:
                    request.take(name, message)
                if not messages:
                    self._require_alive()
            except KeyboardInterrupt:
                interrupts += 1
                if interrupts == _PATIENCE:
                    launch.end(self._record)
                    raise KernelStuckError from None
                if interrupts == _PATIENCE - 1:
                    front.stream("stderr", _LAST_CALL)
                launch.interrupt(self._record)
                if not request.has_reply:
                    return  # its only sign of an end may have been lost just now

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

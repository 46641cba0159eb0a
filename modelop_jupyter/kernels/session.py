"""A session with a kernel: run cells there, and pass on their output as it arrives."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from modelop_jupyter.domain.kernels import KernelRecord
from modelop_jupyter.kernels import launch
from modelop_jupyter.kernels.folders import is_alive
from modelop_jupyter.kernels.output import (
    CellError,
    KernelDiedError,
    KernelExitError,
    KernelOutput,
    KernelStuckError,
)

if TYPE_CHECKING:
    from jupyter_client.blocking.client import BlockingKernelClient

_READY_SECONDS = 60.0
_POLL_MS = 200
_INTERRUPTS = 3
_LAST_WARNING = "The cell has not stopped. If you stop it again, its kernel is ended, and its variables are lost.\n"


@dataclass(frozen=True, slots=True)
class RequestOrigin:
    """The notebook's request that a kernel's request is sent for, which gets its id and number.

    An output widget refers to the id of the message whose output it captures; a traceback refers to
    the cell's execution count.
    """

    message_id: str
    execution_count: int = 0


class KernelSession:
    """A connection to one kernel. Close it.

    Only one thread uses it at a time: JupyterLab sends the events of widgets to another thread than
    the one of the running cell.
    """

    def __init__(self, record: KernelRecord) -> None:
        self._record = record
        self._lock = threading.RLock()
        self._client: BlockingKernelClient | None = None

    def close(self) -> None:
        """Close the connection; the kernel goes on."""
        if self._client is not None:
            self._client.stop_channels()
            self._client = None

    def connect(self) -> None:
        """Connect, and wait until replies and output arrive; raises :class:`KernelDiedError`.

        It is raised, too, if they do not arrive within 60 s.
        """
        if self._client is not None:
            return
        self._wait_for_sockets()
        from jupyter_client.blocking.client import BlockingKernelClient

        client = BlockingKernelClient(connection_file=self._record.connection_file)
        client.load_connection_file()
        client.start_channels(hb=False)
        self._client = client
        try:
            self._wait_for_channels(client)
        except BaseException:
            # After an interrupt, the next cell connects again.
            self.close()
            raise

    def _wait_for_channels(self, client: BlockingKernelClient) -> None:
        deadline = time.monotonic() + _READY_SECONDS
        while time.monotonic() < deadline:
            # The reply alone is not enough: output published before the subscription is set up is
            # lost, and would be missing from the first cell.
            client.kernel_info()
            received = {"shell": False, "iopub": False}
            until = time.monotonic() + 1
            while time.monotonic() < until:
                for name, _ in self._receive():
                    received[name] = True
                if all(received.values()):
                    return
            self._require_alive()
        raise KernelDiedError

    def run(
        self,
        code: str,
        output: KernelOutput,
        *,
        store_history: bool = True,
        allow_stdin: bool = True,
        origin: RequestOrigin | None = None,
    ) -> None:
        """Run a cell to its end; an interrupt is passed on to the kernel.

        Raises :class:`CellError` for the cell's exception, :class:`KernelDiedError` if the kernel's
        process ended, :class:`KernelExitError` if the cell called ``exit()``, and
        :class:`KernelStuckError` if it did not stop after two interrupts: the third ends the kernel.
        """
        content = {
            "code": code,
            "silent": False,
            "store_history": store_history,
            "user_expressions": {},
            "allow_stdin": allow_stdin,
            "stop_on_error": True,
        }
        request = self._request("execute_request", content, output, origin=origin)
        if request.error is not None:
            raise request.error
        if request.has_exited:
            raise KernelExitError

    def send_comm(self, message: Mapping[str, Any], output: KernelOutput) -> None:
        """Send a widget's event to the kernel, and show the output that follows.

        Raises :class:`KernelDiedError`.
        """
        header = message["header"]
        self._request(
            header["msg_type"],
            message["content"],
            output,
            origin=RequestOrigin(header["msg_id"]),
            metadata=message["metadata"],
            buffers=message["buffers"],
            has_reply=False,
        )

    def _request(
        self,
        kind: str,
        content: dict[str, Any],
        output: KernelOutput,
        *,
        origin: RequestOrigin | None,
        metadata: dict[str, Any] | None = None,
        buffers: list[bytes] | None = None,
        has_reply: bool = True,
    ) -> KernelRequest:
        with self._lock:
            self.connect()
            assert self._client is not None
            message = self._client.session.msg(kind, content, metadata=metadata)
            message["buffers"] = buffers or []
            if origin is not None:
                message["header"]["msg_id"] = message["msg_id"] = origin.message_id
                message["metadata"]["execution_count"] = origin.execution_count
            request = KernelRequest(
                message["msg_id"], output, self._client.input, has_reply=has_reply
            )
            self._client.shell_channel.send(message)
            self._follow(request, output)
        return request

    def _follow(self, request: KernelRequest, output: KernelOutput) -> None:
        interrupts = 0
        while not request.is_done:
            try:
                messages = self._receive()
                for name, message in messages:
                    request.handle(name, message)
                if not messages:
                    request.count_silence()
                    if not request.has_replied:
                        self._require_alive()
            except KeyboardInterrupt:
                interrupts += 1
                if interrupts == _INTERRUPTS:
                    launch.end(self._record)
                    raise KernelStuckError from None
                if interrupts == _INTERRUPTS - 1:
                    output.stream("stderr", _LAST_WARNING)
                launch.interrupt(self._record)
                if not request.has_reply:
                    return  # the message that ends it may have been lost by the interrupt

    def _receive(self) -> list[tuple[str, dict[str, Any]]]:
        """Return the messages that have arrived, each with its channel; wait 0.2 s for the first."""
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

    def _wait_for_sockets(self) -> None:
        """Wait until the kernel has made its sockets: an earlier connection is only retried late."""
        information = json.loads(Path(self._record.connection_file).read_bytes())
        if information["transport"] != "ipc":
            return
        ports = [information[f"{name}_port"] for name in ("shell", "iopub", "stdin", "control")]
        sockets = [Path(f"{information['ip']}-{port}") for port in ports]
        deadline = time.monotonic() + _READY_SECONDS
        polls = 0
        while not all(path.exists() for path in sockets):
            time.sleep(0.003)
            polls += 1
            if polls % 20 == 0:
                self._require_alive()
            if time.monotonic() > deadline:
                raise KernelDiedError

    def _require_alive(self) -> None:
        if not is_alive(self._record):
            raise KernelDiedError


# After the reply, so many polls in a row without a message mean that none will come (2 s).
_SILENT_POLLS = 10
# The answer for which Jupyter's kernels raise an EOFError.
_END_OF_INPUT = "\x04"


class KernelRequest:
    """A sent request: a cell, which gets a reply, or a widget's event, which gets none."""

    def __init__(
        self,
        identity: str,
        output: KernelOutput,
        send_input: Callable[[str], None],
        *,
        has_reply: bool = True,
    ) -> None:
        self._identity = identity
        self._output = output
        self._send_input = send_input
        self._is_idle = False
        self._silent_polls = 0
        self.has_reply = has_reply
        self.has_replied = False
        self.error: CellError | None = None
        self.has_exited = False

    @property
    def is_done(self) -> bool:
        if not self.has_reply:
            return self._is_idle
        # An interrupt while a message is read can lose the status "idle", and so can exit().
        return self.has_replied and (self._is_idle or self._silent_polls >= _SILENT_POLLS)

    def count_silence(self) -> None:
        """Count a poll to whose end no message has come."""
        self._silent_polls += 1

    def handle(self, channel: str, message: dict[str, Any]) -> None:
        """Show the output of a message, and record replies, errors and status."""
        kind, content = message["msg_type"], message["content"]
        if kind.startswith("comm_"):
            # Of any request: a thread of an earlier cell may change a widget.
            self._output.comm(message)
            return
        if message["parent_header"].get("msg_id") != self._identity:
            return
        self._silent_polls = 0
        if channel == "shell":
            self._handle_reply(content)
        elif kind == "status":
            self._is_idle = content["execution_state"] == "idle"
        elif kind == "error":
            self.error = _error(content)
        elif kind == "input_request":
            self._send_input(self._read_input(content))
        else:
            self._show(kind, content)

    def _read_input(self, content: dict[str, Any]) -> str:
        """Return the user's input, or the end of input if it cannot be read.

        Without an answer the kernel would wait forever, and so would every later cell.
        """
        try:
            return self._output.read_input(content["prompt"], is_password=content["password"])
        except Exception as error:  # noqa: BLE001 - each kernel refuses input() in its own way
            reason = str(error) or type(error).__name__
            self._output.stream("stderr", f"input() cannot be answered here: {reason}\n")
            return _END_OF_INPUT

    def _handle_reply(self, content: dict[str, Any]) -> None:
        self.has_replied = True
        if content["status"] == "error" and self.error is None:
            self.error = _error(content)
        for payload in content.get("payload", ()):
            if payload["source"] == "ask_exit":
                self.has_exited = True
            else:
                self._output.payload(payload)

    def _show(self, kind: str, content: dict[str, Any]) -> None:
        if kind == "stream":
            self._output.stream(content["name"], content["text"])
        elif kind in ("display_data", "execute_result", "update_display_data"):
            data, metadata = content["data"], content["metadata"]
            display_id = content.get("transient", {}).get("display_id")
            if kind == "update_display_data":
                self._output.update(data, metadata, display_id)
            else:
                self._output.display(data, metadata, display_id)
        elif kind == "clear_output":
            self._output.clear(wait=content["wait"])


def _error(content: dict[str, Any]) -> CellError:
    name, value = content.get("ename", "Error"), content.get("evalue", "")
    return CellError(name, value, content.get("traceback") or [f"{name}: {value}"])

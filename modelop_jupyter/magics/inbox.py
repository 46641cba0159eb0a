"""What the page says to one widget while the cell that shows it keeps the kernel busy.

A kernel reads its messages one after the other, and the next one only when a cell has ended. So the
cell looks itself: it takes what is for its widget, and leaves everything else as it came.
JupyterLab could have it told in another thread (a subshell), but other pages do not, and ipykernel
7.4 brings messages back to the thread that has made the widget.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

Heard = Callable[[Any], None]


class Inbox(Protocol):
    """Messages of the page that wait. Close it."""

    def look(self) -> None:
        """Hand over what has come for the widget until now."""

    def close(self) -> None:
        """Leave the rest to the kernel."""


def inbox_for(kernel: Any, comm_id: str, heard: Heard) -> Inbox | None:
    """Return where messages for a widget arrive; None for a kernel that keeps them to itself.

    ``heard`` is called with the data of each.
    """
    if hasattr(kernel, "msg_queue"):
        return _Queue(kernel, comm_id, heard)
    thread = getattr(kernel, "shell_channel_thread", None)
    if hasattr(getattr(thread, "manager", None), "get_shell_channel_to_subshell_pair"):
        return _Pair(kernel, comm_id, heard)
    return None


class _Reader:
    """Tells the messages for the widget from all others."""

    def __init__(self, kernel: Any, comm_id: str, heard: Heard) -> None:
        self._kernel = kernel
        self._comm_id = comm_id
        self._heard = heard

    def takes(self, frames: list[Any]) -> bool:
        """Hand a message over if it is for the widget, and say whether it was."""
        session = self._kernel.session
        _, parts = session.feed_identities(frames, copy=False)
        # Signature, header, parent, metadata, content; a stop sign of the kernel's own is shorter.
        if len(parts) < 5 or session.unpack(parts[1].bytes)["msg_type"] != "comm_msg":
            return False
        if session.unpack(parts[4].bytes)["comm_id"] != self._comm_id:
            return False
        # Which also checks who has signed it.
        self._heard(session.deserialize(parts, copy=False)["content"]["data"])
        return True


class _Queue:
    """Where ipykernel 6 puts them: a queue that its main thread fills and empties."""

    def __init__(self, kernel: Any, comm_id: str, heard: Heard) -> None:
        self._reader = _Reader(kernel, comm_id, heard)
        self._kernel = kernel

    def look(self) -> None:
        self._kernel.shell_stream.flush()
        queue = self._kernel.msg_queue
        for _ in range(queue.qsize()):
            entry = queue.get_nowait()
            *_, arguments = entry
            if not (arguments and self._reader.takes(arguments[-1])):
                queue.put_nowait(entry)

    def close(self) -> None:
        """There is nothing to give back."""


class _Pair:
    """Where ipykernel 7 puts them: a pair of sockets between the thread that listens and the main one."""

    def __init__(self, kernel: Any, comm_id: str, heard: Heard) -> None:
        self._reader = _Reader(kernel, comm_id, heard)
        self._thread = kernel.shell_channel_thread
        self._pair = self._thread.manager.get_shell_channel_to_subshell_pair(None)
        self._kept: list[list[Any]] = []

    def look(self) -> None:
        import zmq

        while True:
            try:
                frames = self._pair.to_socket.recv_multipart(zmq.NOBLOCK, copy=False)
            except zmq.Again:
                return
            if not self._reader.takes(frames):
                self._kept.append(frames)

    def close(self) -> None:
        """Send them again, in their order and from the thread that may."""
        self.look()
        for frames in self._kept:
            self._thread.io_loop.add_callback(
                self._pair.from_socket.send_multipart, frames, copy=False
            )
        self._kept = []

"""The Stop button of a job that a cell follows.

A kernel handles its messages one after the other, and the next one only when the running cell has
ended. So while the cell runs, it reads the kernel's waiting messages itself: it takes those for its
button, and leaves all others in their order. JupyterLab could deliver them to another thread (a
subshell), but other pages do not, and ipykernel 7.4 brings messages back to the thread that made the
widget.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Event
from typing import TYPE_CHECKING, Any, Protocol

from modelop_jupyter.commands.notebook import is_interactive

if TYPE_CHECKING:
    from modelop_jupyter.magics.magic_display import MagicDisplay

STOP = "Stop"

_POLL_SECONDS = 0.05
_CLICK = {"method": "custom", "content": {"event": "click"}}

OnMessage = Callable[[Any], None]


class StopButton:
    """A button that stops one job. Close it, so that a saved notebook does not have it.

    It is not shown where no user could click it: in a terminal, and in a notebook that is only
    executed.
    """

    def __init__(self, display: MagicDisplay, job: str) -> None:
        self._display = display
        self._job = job
        self._clicked = Event()
        self._inbox: WidgetInbox | None = None
        self._button: Any = None

    def show(self) -> None:
        """Show the button below the progress; once it is shown, do nothing."""
        if self._button is not None or not is_interactive(self._display.shell):
            return
        button = make_button(
            f"Stop job {self._job} and everything it started; its results until then are kept"
        )
        self._inbox = _open_inbox(self._display.shell.kernel, button.comm.comm_id, self._on_message)
        if self._inbox is None:
            close_button(button)
            return
        # Where the page sends to another thread of the kernel, the click arrives there.
        button.on_click(lambda _: self._clicked.set())
        self._button = button
        self._display.show_widget(button, "The notebook's Stop button ends the job.")

    @property
    def is_clicked(self) -> bool:
        return self._clicked.is_set()

    def pause(self, seconds: float) -> None:
        """Sleep; raises :class:`KeyboardInterrupt` when the button is clicked."""
        end = time.monotonic() + seconds
        while True:
            if self._inbox is not None:
                self._inbox.poll()
            if self.is_clicked:
                raise KeyboardInterrupt
            remaining = end - time.monotonic()
            if remaining <= 0:
                return
            time.sleep(min(remaining, _POLL_SECONDS))

    def close(self) -> None:
        """Remove the button."""
        if self._inbox is not None:
            self._inbox.close()
            self._inbox = None
        if self._button is not None:
            close_button(self._button)
            self._button = None
            self._display.remove_widget()

    def _on_message(self, data: Any) -> None:
        if data == _CLICK:
            self._clicked.set()


def make_button(title: str) -> Any:
    """Return a button that says "Stop"; ``title`` is its tooltip."""
    import ipywidgets

    return ipywidgets.Button(
        description=STOP,
        icon="stop",
        tooltip=title,
        layout=ipywidgets.Layout(width="max-content"),
    )


def close_button(button: Any) -> None:
    """Close a button with its style and layout."""
    for widget in (button, button.style, button.layout):
        widget.close()


class WidgetInbox(Protocol):
    """The waiting messages of the page for one widget. Close it."""

    def poll(self) -> None:
        """Handle the messages for the widget that have arrived."""

    def close(self) -> None:
        """Leave all other messages to the kernel."""


def _open_inbox(kernel: Any, comm_id: str, on_message: OnMessage) -> WidgetInbox | None:
    """Return the inbox of a widget; None for a kernel that does not expose its messages.

    ``on_message`` is called with the data of each message.
    """
    if hasattr(kernel, "msg_queue"):
        return _QueueInbox(kernel, comm_id, on_message)
    thread = getattr(kernel, "shell_channel_thread", None)
    if hasattr(getattr(thread, "manager", None), "get_shell_channel_to_subshell_pair"):
        return _SocketInbox(kernel, comm_id, on_message)
    return None


class _WidgetMessages:
    """Handles messages for one widget, and only these."""

    def __init__(self, kernel: Any, comm_id: str, on_message: OnMessage) -> None:
        self._kernel = kernel
        self._comm_id = comm_id
        self._on_message = on_message

    def handle(self, frames: list[Any]) -> bool:
        """Handle a message if it is for the widget; returns whether it was."""
        session = self._kernel.session
        _, parts = session.feed_identities(frames, copy=False)
        # Signature, header, parent, metadata, content; the kernel's own stop signal is shorter.
        if len(parts) < 5 or session.unpack(parts[1].bytes)["msg_type"] != "comm_msg":
            return False
        if session.unpack(parts[4].bytes)["comm_id"] != self._comm_id:
            return False
        # This also checks the signature.
        self._on_message(session.deserialize(parts, copy=False)["content"]["data"])
        return True


class _QueueInbox:
    """Messages of ipykernel 6: in a queue that its main thread fills and empties."""

    def __init__(self, kernel: Any, comm_id: str, on_message: OnMessage) -> None:
        self._messages = _WidgetMessages(kernel, comm_id, on_message)
        self._kernel = kernel

    def poll(self) -> None:
        self._kernel.shell_stream.flush()
        queue = self._kernel.msg_queue
        for _ in range(queue.qsize()):
            entry = queue.get_nowait()
            *_, arguments = entry
            if not (arguments and self._messages.handle(arguments[-1])):
                queue.put_nowait(entry)

    def close(self) -> None:
        """Do nothing: other messages are still in the queue."""


class _SocketInbox:
    """Messages of ipykernel 7: in a pair of sockets between the thread that listens and the main one."""

    def __init__(self, kernel: Any, comm_id: str, on_message: OnMessage) -> None:
        self._messages = _WidgetMessages(kernel, comm_id, on_message)
        self._thread = kernel.shell_channel_thread
        self._pair = self._thread.manager.get_shell_channel_to_subshell_pair(None)
        self._others: list[list[Any]] = []

    def poll(self) -> None:
        import zmq

        while True:
            try:
                frames = self._pair.to_socket.recv_multipart(zmq.NOBLOCK, copy=False)
            except zmq.Again:
                return
            if not self._messages.handle(frames):
                self._others.append(frames)

    def close(self) -> None:
        """Send the other messages again, in their order and from the thread that owns the socket."""
        self.poll()
        for frames in self._others:
            self._thread.io_loop.add_callback(
                self._pair.from_socket.send_multipart, frames, copy=False
            )
        self._others = []

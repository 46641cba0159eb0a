"""This cell as the place where a kernel's output is shown, its widgets and questions included."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from modelop_jupyter.domain.kernels import KernelRecord
    from modelop_jupyter.kernels import Kernels


class Here:
    """The front of an isolated kernel; ``line`` is what a cell begins with to run there."""

    def __init__(
        self, shell: InteractiveShell, kernels: Kernels, *, record: KernelRecord, line: str
    ) -> None:
        self._shell = shell
        self._kernels = kernels
        self._record = record
        self._line = line

    def stream(self, name: str, text: str) -> None:
        stream = sys.stderr if name == "stderr" else sys.stdout
        stream.write(text)
        stream.flush()

    def display(
        self, data: Mapping[str, Any], metadata: Mapping[str, Any], display_id: str | None
    ) -> None:
        self._publish(data, metadata, display_id, is_update=False)

    def update(
        self, data: Mapping[str, Any], metadata: Mapping[str, Any], display_id: str | None
    ) -> None:
        self._publish(data, metadata, display_id, is_update=True)

    def clear(self, *, wait: bool) -> None:
        self._shell.display_pub.clear_output(wait=wait)

    def ask(self, prompt: str, *, is_password: bool) -> str:
        if is_password:
            from getpass import getpass

            return getpass(prompt)
        return input(prompt)

    def comm(self, message: Mapping[str, Any]) -> None:
        """Say it to the page as if the widget were one of this kernel, and pass back what is done."""
        from comm import create_comm, get_comm_manager

        content, kind = message["content"], message["msg_type"]
        said = {"metadata": message["metadata"], "buffers": message["buffers"]}
        if kind == "comm_open":
            widget = create_comm(
                comm_id=content["comm_id"],
                target_name=content["target_name"],
                data=content["data"],
                **said,
            )
            widget.on_msg(self._pass_on)
            widget.on_close(self._pass_on)
            _let_pages_ask_each_widget()
            return
        widget = get_comm_manager().comms.get(content["comm_id"])
        if widget is not None:
            (widget.send if kind == "comm_msg" else widget.close)(data=content["data"], **said)

    def payload(self, payload: Mapping[str, Any]) -> None:
        if payload["source"] == "page":
            from IPython.core.page import page

            page(payload["data"], start=payload.get("start", 0))
        elif payload["source"] == "set_next_input":
            text = f"{self._line}\n{payload['text']}"
            self._shell.set_next_input(text, replace=payload.get("replace", False))

    def _pass_on(self, message: Mapping[str, Any]) -> None:
        if self._kernels.pass_on(self._record, message, self):
            return
        from comm import get_comm_manager

        # What the kernel is gone of cannot be moved any more: the page shows it as cut off.
        widget = get_comm_manager().comms.get(message["content"]["comm_id"])
        if widget is not None:
            widget.close()

    def _publish(
        self,
        data: Mapping[str, Any],
        metadata: Mapping[str, Any],
        display_id: str | None,
        *,
        is_update: bool,
    ) -> None:
        from IPython.display import publish_display_data

        transient = {"display_id": display_id} if display_id else None
        publish_display_data(
            dict(data), metadata=dict(metadata), transient=transient, update=is_update
        )


def _let_pages_ask_each_widget() -> None:
    """Have a page that is loaded again ask every widget for its state.

    It would ask the notebook's ipywidgets for the state of all at once, which knows only its own.
    Refused that, it does as it did for ipywidgets 7.
    """
    import ipywidgets  # noqa: F401 - it registers its own answer when it is first imported
    from comm import get_comm_manager

    get_comm_manager().register_target("jupyter.widget.control", lambda widget, _: widget.close())

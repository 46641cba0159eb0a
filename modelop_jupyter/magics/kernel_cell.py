"""Run a cell of ``%%modelop run`` in the model's kernel, and show its output in the notebook."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from modelop_jupyter.commands.notebook import allows_stdin
from modelop_jupyter.domain.reports import KernelState
from modelop_jupyter.kernels import loading
from modelop_jupyter.kernels.output import CellError
from modelop_jupyter.kernels.session import RequestOrigin

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from modelop_jupyter.commands.kernels import RunCellRequest
    from modelop_jupyter.domain.kernels import KernelRecord
    from modelop_jupyter.kernels import Kernels
    from modelop_jupyter.magics.magic_display import MagicDisplay


def run_in_kernel(request: RunCellRequest, kernels: Kernels, display: MagicDisplay) -> None:
    """Run a cell in its model's kernel, which is started if it is not running.

    An error of the cell is raised with the traceback that the kernel made of it. Raises
    :class:`KernelError` if no kernel can run, and :class:`InvalidError` for a wrong record.
    """
    workspace, shell = kernels.workspace, display.shell
    failed = None
    ref = request.model
    if request.record is not None:
        failed = loading.failed_record(workspace, request.model, request.record)
        ref = kernels.reference_for(request.model, failed.snapshot)
    record, is_new = kernels.start(ref)
    if is_new:
        kernels.wait_ready(record)
        display.replace_progress(KernelState(record, "started"))
    magic_line = f"%%modelop run {request.model}"
    output = CellOutput(shell, kernels, record=record, magic_line=magic_line)
    allow_stdin = allows_stdin(shell)
    try:
        if request.load or failed is not None:
            folder = kernels.folder(record)
            staged = (
                loading.stage_record(workspace, failed, folder)
                if failed is not None
                else loading.stage_model(workspace, ref, folder)
            )
            load = loading.load_code(staged, failed)
            kernels.run(record, load, output, store_history=False, allow_stdin=allow_stdin)
        origin = _request_origin(shell)
        kernels.run(record, request.code, output, allow_stdin=allow_stdin, origin=origin)
    except CellError as error:
        raise _as_exception(error) from None


def _request_origin(shell: InteractiveShell) -> RequestOrigin | None:
    kernel = getattr(shell, "kernel", None)
    header = kernel.get_parent().get("header") if kernel is not None else None
    # Not the shell's own count: when that goes up depends on the version of IPython.
    number = len(shell.history_manager.input_hist_raw) - 1
    return RequestOrigin(header["msg_id"], number) if header else None


def _as_exception(error: CellError) -> BaseException:
    """Return the kernel's error as an exception of this cell; an interrupt stays an interrupt."""
    kind: type[BaseException] = KeyboardInterrupt
    if error.name != "KeyboardInterrupt":
        kind = type(error.name, (Exception,), {})
    exception = kind(error.value)
    lines = error.lines
    exception._render_traceback_ = lambda *_: lines  # type: ignore[attr-defined]
    return exception


class CellOutput:
    """Shows an isolated kernel's output in the cell, with its widgets and its ``input()``.

    ``magic_line`` is the first line of a cell that runs in that kernel.
    """

    def __init__(
        self, shell: InteractiveShell, kernels: Kernels, *, record: KernelRecord, magic_line: str
    ) -> None:
        self._shell = shell
        self._kernels = kernels
        self._record = record
        self._magic_line = magic_line

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

    def read_input(self, prompt: str, *, is_password: bool) -> str:
        if is_password:
            from getpass import getpass

            return getpass(prompt)
        return input(prompt)

    def comm(self, message: Mapping[str, Any]) -> None:
        """Create, update or close the kernel's widget in this kernel; its events are sent back."""
        from comm import create_comm, get_comm_manager

        content, kind = message["content"], message["msg_type"]
        extra = {"metadata": message["metadata"], "buffers": message["buffers"]}
        if kind == "comm_open":
            widget = create_comm(
                comm_id=content["comm_id"],
                target_name=content["target_name"],
                data=content["data"],
                **extra,
            )
            widget.on_msg(self._send_back)
            widget.on_close(self._send_back)
            _refuse_widget_states()
            return
        widget = get_comm_manager().comms.get(content["comm_id"])
        if widget is not None:
            (widget.send if kind == "comm_msg" else widget.close)(data=content["data"], **extra)

    def payload(self, payload: Mapping[str, Any]) -> None:
        if payload["source"] == "page":
            from IPython.core.page import page

            page(payload["data"], start=payload.get("start", 0))
        elif payload["source"] == "set_next_input":
            text = f"{self._magic_line}\n{payload['text']}"
            self._shell.set_next_input(text, replace=payload.get("replace", False))

    def _send_back(self, message: Mapping[str, Any]) -> None:
        if self._kernels.send_comm(self._record, message, self):
            return
        from comm import get_comm_manager

        # The kernel is gone: a closed widget is shown as disconnected.
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


def _refuse_widget_states() -> None:
    """Have a reloaded page ask each widget for its state, as it did for ipywidgets 7.

    It first asks the notebook's ipywidgets for the states of all widgets, which does not know those
    of an isolated kernel. Closing that comm makes the page ask each widget.
    """
    import ipywidgets  # noqa: F401 - it registers its own handler when it is first imported
    from comm import get_comm_manager

    get_comm_manager().register_target("jupyter.widget.control", lambda widget, _: widget.close())

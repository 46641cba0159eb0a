"""A cell of ``%%modelop run``: run in the model's kernel, shown here as if it had run here."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from modelop_jupyter.kernels import loading
from modelop_jupyter.kernels.talk import CellError

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from modelop_jupyter.commands.kernel import KernelCell
    from modelop_jupyter.domain.kernels import KernelRecord
    from modelop_jupyter.kernels import Kernels


def run_in_kernel(request: KernelCell, kernels: Kernels, shell: InteractiveShell) -> None:
    """Run a cell in its model's kernel, which is started if it does not run.

    An error of the cell is raised as one of this cell, with the traceback that the kernel made.
    """
    here = _Here(shell)
    kernel = getattr(shell, "kernel", None)
    can_ask = kernel is None or bool(getattr(kernel, "_allow_stdin", True))
    try:
        record = _prepared(request, kernels, here)
        kernels.run(record, request.cell, here, can_ask=can_ask)
    except CellError as error:
        raise _as_here(error) from None


def _prepared(request: KernelCell, kernels: Kernels, here: _Here) -> KernelRecord:
    """Return the kernel that the cell runs in, with the model loaded where that was asked for."""
    workspace = kernels.workspace
    failed = None
    ref = request.name
    if request.record is not None:
        failed = loading.failed_record(workspace, request.name, request.record)
        ref = kernels.nearest(request.name, failed.job.record.snapshot_ref)
    record, is_new = kernels.start(ref)
    if is_new:
        kernels.ready(record)
    if request.load or failed is not None:
        folder = kernels.folder(record)
        staged = (
            loading.stage_job(workspace, failed.job, folder)
            if failed is not None
            else loading.stage_model(workspace, ref, folder)
        )
        kernels.run(record, loading.load_code(staged, failed), here, store=False)
    return record


class _Here:
    """The output of this cell, as the front of a kernel's."""

    def __init__(self, shell: InteractiveShell) -> None:
        self._shell = shell

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


def _as_here(error: CellError) -> BaseException:
    """Return the kernel's exception as one of this cell; an interrupt stays an interrupt."""
    kind: type[BaseException] = KeyboardInterrupt
    if error.name != "KeyboardInterrupt":
        kind = type(error.name, (Exception,), {})
    raised = kind(error.value)
    lines = error.lines
    raised._render_traceback_ = lambda *_: lines  # type: ignore[attr-defined]
    return raised

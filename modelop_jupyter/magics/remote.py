"""A cell of ``%%modelop run``: run in the model's kernel, shown here as if it had run here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from modelop_jupyter.commands.notebook import can_ask
from modelop_jupyter.domain.reports import KernelState
from modelop_jupyter.kernels import loading
from modelop_jupyter.kernels.front import CellError
from modelop_jupyter.kernels.talk import ShownAs
from modelop_jupyter.magics.here import Here

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from modelop_jupyter.commands.kernel import KernelCell
    from modelop_jupyter.kernels import Kernels
    from modelop_jupyter.magics.place import Place


def run_in_kernel(request: KernelCell, kernels: Kernels, place: Place) -> None:
    """Run a cell in its model's kernel, which is started if it does not run.

    An error of the cell is raised as one of this cell, with the traceback that the kernel made.
    """
    workspace, shell = kernels.workspace, place.shell
    failed = None
    ref = request.name
    if request.record is not None:
        failed = loading.failed_record(workspace, request.name, request.record)
        ref = kernels.nearest(request.name, failed.job.record.snapshot_ref)
    record, is_new = kernels.start(ref)
    if is_new:
        kernels.ready(record)
        place.settle(KernelState(record, "started"))
    here = Here(shell, kernels, record=record, line=f"%%modelop run {request.name}")
    try:
        if request.load or failed is not None:
            folder = kernels.folder(record)
            staged = (
                loading.stage_job(workspace, failed.job, folder)
                if failed is not None
                else loading.stage_model(workspace, ref, folder)
            )
            load = loading.load_code(staged, failed)
            kernels.run(record, load, here, store=False, can_ask=can_ask(shell))
        kernels.run(record, request.cell, here, can_ask=can_ask(shell), shown_as=_shown_as(shell))
    except CellError as error:
        raise _as_here(error) from None


def _shown_as(shell: InteractiveShell) -> ShownAs | None:
    kernel = getattr(shell, "kernel", None)
    header = kernel.get_parent().get("header") if kernel is not None else None
    # Not the shell's own count: when that goes up depends on the version of IPython.
    number = len(shell.history_manager.input_hist_raw) - 1
    return ShownAs(header["msg_id"], number) if header else None


def _as_here(error: CellError) -> BaseException:
    """Return the kernel's exception as one of this cell; an interrupt stays an interrupt."""
    kind: type[BaseException] = KeyboardInterrupt
    if error.name != "KeyboardInterrupt":
        kind = type(error.name, (Exception,), {})
    raised = kind(error.value)
    lines = error.lines
    raised._render_traceback_ = lambda *_: lines  # type: ignore[attr-defined]
    return raised

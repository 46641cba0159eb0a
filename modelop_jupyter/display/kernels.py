"""Views of isolated kernels: those that run, and the installed kernel specs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from modelop_jupyter.display import formatting
from modelop_jupyter.display.blocks import (
    Blocks,
    Cell,
    Facts,
    Heading,
    Note,
    Remedies,
    Span,
    Table,
    code,
)
from modelop_jupyter.remedies import Remedy

if TYPE_CHECKING:
    from modelop_jupyter.domain.kernels import InstalledKernel, KernelLists, KernelRecord
    from modelop_jupyter.domain.reports import KernelState


def state(value: KernelState) -> Blocks:
    """Show a kernel that was started, was running already, or was stopped."""
    record = value.record
    if value.state == "stopped":
        return [Note(f"Stopped the kernel of {record.model}, process {record.pid}.", "good")]
    facts: list[tuple[str, Cell]] = [
        ("environment", code(record.environment[:12])),
        ("process", str(record.pid)),
    ]
    if record.owner is None:
        facts.append(("console", code(f"jupyter console --existing {record.connection_file}")))
        hint = f"It stays until '%modelop kernel stop {record.model}'."
    else:
        hint = f"A cell that begins with %%modelop run {record.model} runs in it."
    heading = Heading(f"kernel of {record.model}", Span(value.state, "good"))
    return [heading, Facts(tuple(facts)), Note(hint)]


def installed(value: InstalledKernel) -> Blocks:
    """Show a kernel spec that was installed."""
    return [
        Heading(value.display_name, Span("installed", "good")),
        Facts((("name", code(value.name)), ("folder", code(value.path)))),
        Note("Reopen the launcher to see it."),
    ]


def lists(value: KernelLists) -> Blocks:
    """Show the running kernels and the installed kernel specs."""
    nothing = "No isolated kernel runs. '%modelop kernel start NAME' starts a model's."
    return [
        _running(value.running) if value.running else Note(nothing),
        *([_in_launcher(value.installed)] if value.installed else ()),
        *gone(value.installed),
    ]


def gone(kernels: Sequence[InstalledKernel]) -> Blocks:
    """Say which kernel specs cannot start any more, and what takes them away."""
    lost = [kernel for kernel in kernels if kernel.gone]
    if not lost:
        return []
    notes = [Note(f"{kernel.name} cannot start: {kernel.gone}.", "warn") for kernel in lost]
    commands = tuple(("kernel", "uninstall", kernel.snapshot) for kernel in lost)
    return [*notes, Remedies((Remedy("To remove from the launcher", commands),))]


def _in_launcher(rows: Sequence[InstalledKernel]) -> Table:
    return Table(
        headers=("kernel of", "name", "folder"),
        rows=tuple((kernel.snapshot, code(kernel.name), code(kernel.path)) for kernel in rows),
        title="installed",
    )


def _running(rows: Sequence[KernelRecord]) -> Table:
    return Table(
        headers=("kernel of", "environment", "process", "ends with", "began"),
        rows=tuple(
            (
                kernel.model,
                code(kernel.environment[:12]),
                str(kernel.pid),
                f"process {kernel.owner}" if kernel.owner else "kernel stop",
                formatting.moment(kernel.created),
            )
            for kernel in rows
        ),
        title="running",
        numeric=frozenset({2}),
    )

"""Isolated kernels: those that run, and those in the launcher."""

from __future__ import annotations

from collections.abc import Sequence

from modelop_jupyter.display import words
from modelop_jupyter.display.blocks import Blocks, Cell, Facts, Heading, Note, Span, Table, code
from modelop_jupyter.domain.kernels import InstalledKernel, KernelLists, KernelRecord
from modelop_jupyter.domain.reports import KernelState


def state(value: KernelState) -> Blocks:
    """Show a kernel that was started, that ran already, or that was stopped."""
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
    """Show a kernel spec that was written."""
    return [
        Heading(value.display_name, Span("installed", "good")),
        Facts((("name", code(value.name)), ("folder", code(value.path)))),
        Note("A launcher that is open shows it when it is opened anew."),
    ]


def lists(value: KernelLists) -> Blocks:
    """Show what runs, and what is in the launcher."""
    nothing = "No isolated kernel runs. '%modelop kernel start NAME' starts a model's."
    return [
        _running(value.running) if value.running else Note(nothing),
        *([_in_launcher(value.installed)] if value.installed else ()),
    ]


def _in_launcher(rows: Sequence[InstalledKernel]) -> Table:
    return Table(
        headers=("kernel of", "name", "folder"),
        rows=tuple((each.snapshot, code(each.name), code(each.path)) for each in rows),
        title="installed",
    )


def _running(rows: Sequence[KernelRecord]) -> Table:
    return Table(
        headers=("kernel of", "environment", "process", "ends with", "began"),
        rows=tuple(
            (
                each.model,
                code(each.environment[:12]),
                str(each.pid),
                f"process {each.owner}" if each.owner else "kernel stop",
                words.moment(each.created),
            )
            for each in rows
        ),
        title="running",
        numeric=frozenset({2}),
    )

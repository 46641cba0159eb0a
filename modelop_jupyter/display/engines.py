"""Words for engines and their clusters."""

from __future__ import annotations

from typing import TYPE_CHECKING

from modelop_jupyter.display import formatting

if TYPE_CHECKING:
    from modelop_jupyter.domain.engines import EngineState


def size(state: EngineState) -> str:
    """Return ``3 nodes, 24 slots``."""
    if not state.nodes:
        return "waits for nodes"
    return f"{formatting.plural(state.nodes, 'node')}, {formatting.plural(state.slots, 'slot')}"


def line(engine: str, state: EngineState | None) -> str:
    """Return the engine of a job with what its cluster has, as far as that is known."""
    return engine if state is None or not state.nodes else f"{engine} ({size(state)})"


def sentence(state: EngineState) -> str:
    """Return what an engine has before a job is sent to it."""
    memory = f", {formatting.size(state.memory)} of memory" if state.memory else ""
    if state.is_made:
        cores = formatting.plural(state.slots, "core")
        return f"A cluster on this machine is made for the job: {cores}{memory}."
    if not state.nodes:
        return f"{state.engine} answers, but has no nodes: the job waits until some join."
    if "://" not in state.engine:
        return f"This machine: {formatting.plural(state.slots, 'core')}{memory}."
    return f"{state.engine} has {size(state)}{memory}."

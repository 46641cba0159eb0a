"""The engines that jobs can run on, and what one has at a moment."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class EngineChoices:
    """The ``names`` of the engines that are there, ``local`` first, and the ``default`` one.

    ``addresses`` are those where the last jobs ran, such as ``dask://host:8786``, newest first.
    """

    names: tuple[str, ...]
    default: str
    addresses: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class EngineState:
    """What an engine has to run tasks with; ``slots`` is how many run at once.

    ``is_made`` says that there is no cluster yet: one of this machine's processes is made for each
    job. ``memory`` is in bytes, None where it is not known.
    """

    engine: str
    nodes: int
    slots: int
    memory: int | None = None
    dashboard: str | None = None
    is_made: bool = False

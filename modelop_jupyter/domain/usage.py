"""What a job takes of its machine: memory, cores and GPUs."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeVar

from modelop_jupyter.domain.wire import OPTIONAL

T = TypeVar("T", int, float)


@dataclass(frozen=True, slots=True)
class ResourceUsage:
    """What the processes of a job take together at a moment, or the most that they took.

    ``memory`` and ``gpu_memory`` are in bytes; ``cores`` and ``gpus`` are how many of them are kept
    busy, None where that is not known. ``cpu_seconds`` is the CPU time until then.
    """

    memory: int = 0
    cores: float | None = field(default=None, metadata=OPTIONAL)
    cpu_seconds: float | None = field(default=None, metadata=OPTIONAL)
    gpus: float | None = field(default=None, metadata=OPTIONAL)
    gpu_memory: int | None = field(default=None, metadata=OPTIONAL)

    def most(self, other: ResourceUsage) -> ResourceUsage:
        """Return the larger one of each."""
        return ResourceUsage(
            max(self.memory, other.memory),
            _larger(self.cores, other.cores),
            _larger(self.cpu_seconds, other.cpu_seconds),
            _larger(self.gpus, other.gpus),
            _larger(self.gpu_memory, other.gpu_memory),
        )


def _larger(one: T | None, other: T | None) -> T | None:
    if one is None or other is None:
        return other if one is None else one
    return max(one, other)

"""What processes take of NVIDIA GPUs, as the driver's library NVML tells it (the extra ``gpu``)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from functools import cache
from typing import Any


@dataclass(frozen=True, slots=True)
class GpuUsage:
    """How many GPUs some processes keep busy, and the bytes of GPU memory that they take."""

    gpus: float
    memory: int


def gpu_usage(pids: Collection[int]) -> GpuUsage | None:
    """Return what processes take of all GPUs together; None where there is none, or no NVML."""
    nvml = _nvml()
    if nvml is None:
        return None
    busy, memory = 0.0, 0
    try:
        for index in range(nvml.nvmlDeviceGetCount()):
            device = nvml.nvmlDeviceGetHandleByIndex(index)
            memory += _memory(nvml, device, pids)
            busy += _busy(nvml, device, pids)
    except nvml.NVMLError:
        return None
    return GpuUsage(busy, memory)


@cache
def _nvml() -> Any:
    """Return the module of NVML, initialised; None without the extra, a driver or a GPU."""
    try:
        import pynvml
    except ImportError:
        return None
    try:
        pynvml.nvmlInit()
        has_gpus = pynvml.nvmlDeviceGetCount() > 0
    except pynvml.NVMLError:
        return None
    return pynvml if has_gpus else None


def _memory(nvml: Any, device: Any, pids: Collection[int]) -> int:
    running = [
        *nvml.nvmlDeviceGetComputeRunningProcesses(device),
        *nvml.nvmlDeviceGetGraphicsRunningProcesses(device),
    ]
    # A process that also draws is in both lists; a driver that does not know says None.
    return sum({one.pid: one.usedGpuMemory or 0 for one in running if one.pid in pids}.values())


def _busy(nvml: Any, device: Any, pids: Collection[int]) -> float:
    """Return the part of a GPU's time that processes took, at their last measured moment."""
    try:
        samples = nvml.nvmlDeviceGetProcessUtilization(device, 0)
    except nvml.NVMLError:
        # Nothing ran in the last seconds, or the GPU does not measure it.
        return 0.0
    last: dict[int, int] = {}
    for sample in sorted(samples, key=lambda each: each.timeStamp):
        if sample.pid in pids:
            last[sample.pid] = sample.smUtil
    return min(sum(last.values()) / 100, 1.0)

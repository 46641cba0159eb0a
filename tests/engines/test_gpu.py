"""What processes take of GPUs, asked of NVML; no machine of the tests has one."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from modelop_jupyter.engines import GpuUsage, usage_of
from modelop_jupyter.engines.gpu import _nvml

# The part of nvidia-ml-py that is used: this process is on both of two GPUs, and another one, too.
_NVML = """\
import os
from types import SimpleNamespace as Row
class NVMLError(Exception): pass
def nvmlInit(): pass
def nvmlDeviceGetCount(): return 2
def nvmlDeviceGetHandleByIndex(index): return index
def nvmlDeviceGetComputeRunningProcesses(device):
    return [Row(pid=os.getpid(), usedGpuMemory=3_000), Row(pid=1, usedGpuMemory=50_000)]
def nvmlDeviceGetGraphicsRunningProcesses(device):
    return [Row(pid=os.getpid(), usedGpuMemory=3_000)]
def nvmlDeviceGetProcessUtilization(device, since):
    if device == 1:
        raise NVMLError("Not Found")
    return [
        Row(pid=os.getpid(), timeStamp=2, smUtil=87),
        Row(pid=os.getpid(), timeStamp=1, smUtil=5),
        Row(pid=1, timeStamp=2, smUtil=10),
    ]
"""


@pytest.fixture(autouse=True)
def asked_anew() -> Iterator[None]:
    """Forget whether there is a GPU."""
    _nvml.cache_clear()
    yield
    _nvml.cache_clear()
    sys.modules.pop("pynvml", None)


def test_what_a_process_takes_of_all_gpus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each process counts once on each GPU, with its last measured moment; others do not count."""
    (tmp_path / "pynvml.py").write_text(_NVML)
    monkeypatch.syspath_prepend(tmp_path)

    usage = usage_of(os.getpid())

    assert usage is not None
    assert usage.gpu == GpuUsage(0.87, 6_000)


def test_without_nvml_nothing_is_said_of_gpus(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither the extra nor a driver is needed for the rest."""
    monkeypatch.setitem(sys.modules, "pynvml", None)

    usage = usage_of(os.getpid())

    assert usage is not None and usage.gpu is None and usage.memory > 0

"""Where runners run: processes of this machine, and engines that run tasks on others.

The verbs of processes are those of ``subprocess.Popen``. The interface of an engine is ``base.py``.
"""

from __future__ import annotations

from modelop_jupyter.engines.gpu import GpuUsage
from modelop_jupyter.engines.lifeline import VARIABLE as LIFELINE
from modelop_jupyter.engines.lifeline import Lifeline, lifeline
from modelop_jupyter.engines.local import launch, start_detached
from modelop_jupyter.engines.private_environment import (
    ON_STDIN,
    close_memory,
    encode_variables,
    load_variables,
)
from modelop_jupyter.engines.process import Command, Handle, Usage
from modelop_jupyter.engines.process_tree import (
    describe_exit,
    end_tree,
    usage_of,
    wait_for_any,
)
from modelop_jupyter.engines.runner_process import RUNNER, child_environment, runner_command

__all__ = [
    "LIFELINE",
    "ON_STDIN",
    "RUNNER",
    "Command",
    "GpuUsage",
    "Handle",
    "Lifeline",
    "Usage",
    "child_environment",
    "close_memory",
    "describe_exit",
    "encode_variables",
    "end_tree",
    "launch",
    "lifeline",
    "load_variables",
    "runner_command",
    "start_detached",
    "usage_of",
    "wait_for_any",
]

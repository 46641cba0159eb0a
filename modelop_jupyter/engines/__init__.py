"""Where runners are started. The verbs are those of ``subprocess.Popen``."""

from __future__ import annotations

from modelop_jupyter.engines.base import Command, Engine, Handle, Usage
from modelop_jupyter.engines.detached import start_detached
from modelop_jupyter.engines.lifeline import Lifeline, lifeline
from modelop_jupyter.engines.local import LocalEngine
from modelop_jupyter.engines.private import ON_STDIN, close_memory, learn, text_of
from modelop_jupyter.engines.tree import (
    describe_exit,
    end_tree,
    is_running,
    started_at,
    wait_for_any,
)
from modelop_jupyter.engines.warm import fork_warm, is_warm

__all__ = [
    "ON_STDIN",
    "Command",
    "Engine",
    "Handle",
    "Lifeline",
    "LocalEngine",
    "Usage",
    "close_memory",
    "describe_exit",
    "end_tree",
    "fork_warm",
    "is_running",
    "is_warm",
    "learn",
    "lifeline",
    "start_detached",
    "started_at",
    "text_of",
    "wait_for_any",
]

"""Have a process wait for the next supervisor, which is then a fork of it and need not load anything."""

from __future__ import annotations

from modelop_jupyter.accelerators import fork_servers
from modelop_jupyter.settings import Settings

# What a fork calls, and what it finds loaded besides.
MAIN = "modelop_jupyter.jobs.supervision.__main__"
MODULES = (
    "modelop_jupyter.jobs.supervision.supervisor",
    "modelop_jupyter.environments.lock.pylock",
    "modelop_jupyter.capture",
    "modelop_jupyter.decisions.dmn",
    "modelop_jupyter.decisions.expectations",
    "psutil",
    "ctypes",
)
ENGINE_MODULES = ("modelop_jupyter.jobs.nodes.task_group",)


def start(settings: Settings, *, engine: str | None = None) -> None:
    """Start the process, unless there is one; for jobs on an ``engine`` it is another one.

    Raises :class:`EngineError` for an engine that cannot be loaded.
    """
    modules = MODULES
    if engine is not None:
        from modelop_jupyter.engines.find import load_engine

        modules += (*ENGINE_MODULES, *getattr(load_engine(engine), "libraries", ()))
    fork_servers.start_for_supervisors(settings, MAIN, modules, engine=engine)

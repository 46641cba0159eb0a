"""``workspace.engines``: which engines there are, and what they have."""

from __future__ import annotations

from typing import TYPE_CHECKING

from modelop_jupyter.configuration import ENGINE
from modelop_jupyter.processes import available_cores

if TYPE_CHECKING:
    from modelop_jupyter.domain.engines import EngineChoices, EngineState
    from modelop_jupyter.workspace.home import Home

# Addresses are those of so many last jobs.
_LAST_JOBS = 200


class EnginesApi:
    """The engines that jobs can run on. Called, it lists them."""

    def __init__(self, home: Home) -> None:
        self._home = home

    def __call__(self) -> EngineChoices:
        """List the engines, the default one, and where the last jobs ran."""
        from modelop_jupyter.domain.engines import EngineChoices
        from modelop_jupyter.engines.find import engine_names

        names = engine_names()
        default = self._home.settings.configured(ENGINE).value
        records = self._home.registry.list_jobs(limit=_LAST_JOBS)
        used = (default, *(record.options.engine for record in records))
        addresses = dict.fromkeys(text for text in used if text and "://" in text)
        return EngineChoices(names, default, tuple(addresses))

    def look(self, engine: str) -> EngineState:
        """Return what an engine has now: workers, slots, memory.

        Raises :class:`InvalidError` for one that there is not, :class:`EngineError` where it cannot
        be used, and :class:`MissingExtraError`. It takes seconds.
        """
        from modelop_jupyter.domain.engines import EngineState
        from modelop_jupyter.engines.find import parse_engine

        address = parse_engine(engine)
        if address.address is None:
            return _this_machine(str(address), is_made=not address.is_local)
        from modelop_jupyter.engines.look import look

        cluster = look(address)
        return EngineState(
            str(address), len(cluster.nodes), cluster.slots, cluster.memory, cluster.dashboard
        )


def _this_machine(engine: str, *, is_made: bool) -> EngineState:
    import psutil

    from modelop_jupyter.domain.engines import EngineState

    cores = available_cores()
    memory = psutil.virtual_memory().total
    return EngineState(engine, cores if is_made else 1, cores, memory, is_made=is_made)

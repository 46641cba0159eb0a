"""Where deployments answer, looked up at most once a second for each."""

from __future__ import annotations

import time
from functools import partial

from modelop_jupyter.server.context import ServerContext

# To look costs more than to send a small request on.
_SECONDS = 1.0

Address = tuple[str, str | None]


class Addresses:
    """The URLs of deployments, with the token where one has its own. For one event loop."""

    def __init__(self, context: ServerContext) -> None:
        self._context = context
        self._found: dict[str, tuple[float, Address]] = {}

    async def look(self, name: str) -> Address:
        """Return where a deployment answers now.

        Raises :class:`DeploymentNotFoundError`, and :class:`DeploymentDownError` where it does not.
        """
        self._found.pop(name, None)
        deployments = self._context.workspace.deployments
        address = await self._context.run(partial(deployments.address, name))
        self._found[name] = time.monotonic(), address
        return address

    async def find(self, name: str) -> Address:
        """Return where a deployment answers, or did a second ago."""
        seen, address = self._found.get(name, (0.0, None))
        if address is not None and time.monotonic() - seen < _SECONDS:
            return address
        return await self.look(name)

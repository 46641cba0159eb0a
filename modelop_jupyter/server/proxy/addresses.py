"""Where deployments answer, looked up again once their server processes have reported anew."""

from __future__ import annotations

from functools import partial

from modelop_jupyter.domain.deployments import DeploymentAddress
from modelop_jupyter.server.context import ServerContext
from modelop_jupyter.workspace.deployments import DeploymentsApi


class Addresses:
    """The addresses of deployments. For one event loop.

    To look costs more than to send a small request on; to see that nothing has changed does not.
    """

    def __init__(self, context: ServerContext) -> None:
        self._context = context
        self._found: dict[str, DeploymentAddress] = {}

    async def look(self, name: str) -> DeploymentAddress:
        """Return where a deployment answers now.

        Raises :class:`DeploymentNotFoundError`, and :class:`DeploymentDownError` where it does not.
        """
        self._found.pop(name, None)
        address = await self._context.run(partial(self._deployments.address, name))
        self._found[name] = address
        return address

    async def find(self, name: str) -> DeploymentAddress:
        """Return where a deployment answers, without a look if that is known."""
        known = self._found.get(name)
        if known is not None and await self._context.run(
            partial(self._deployments.is_current, known)
        ):
            return known
        return await self.look(name)

    @property
    def _deployments(self) -> DeploymentsApi:
        return self._context.workspace.deployments

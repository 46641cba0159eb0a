"""The methods about models that answer requests: ``workspace.deployments``."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from modelop_jupyter.workspace.home import Home

if TYPE_CHECKING:
    from modelop_jupyter.domain.deployments import (
        Answer,
        Deployment,
        DeploymentLog,
        FailedRequest,
        FailedRequests,
    )
    from modelop_jupyter.domain.reports import Step


class DeploymentsApi:
    """What deployments can do, and ``workspace.deployments()`` lists them."""

    def __init__(self, home: Home) -> None:
        self._home = home

    def __call__(self) -> list[Deployment]:
        """List the deployments, also those that were stopped, by name."""
        raise NotImplementedError

    def get(self, name: str) -> Deployment:
        """Return the deployment of a model; raises :class:`DeploymentNotFoundError`."""
        raise NotImplementedError

    def deploy(
        self,
        ref: str,
        *,
        port: int | None = None,
        replicas: int | str | None = None,
        lifetime: float | None = None,
        shadow: bool = False,
        capture: str | None = None,
        schemas: str | None = None,
        record_timeout: float | None = None,
        start_timeout: float | None = None,
        host: str | None = None,
        token: str | None = None,
        insecure: bool = False,
        progress: Callable[[Step], None] | None = None,
        is_stopped: Callable[[], bool] = lambda: False,
    ) -> Deployment:
        """Have a model or snapshot answer requests, and return when it does.

        Builds the environment if need be. Where another snapshot of the model answers, the new one takes
        its place once it is initialised; what is None stays as it is there. ``replicas`` may be ``auto``;
        ``shadow`` only compares the new one's answers. ``lifetime`` is in seconds.
        Raises :class:`DeploymentFailedError`, :class:`PortTakenError` and :class:`ConflictError`.
        """
        raise NotImplementedError

    def stop(self, name: str) -> Deployment:
        """Answer what was asked, and end all processes of a deployment."""
        raise NotImplementedError

    def rollback(
        self,
        name: str,
        *,
        progress: Callable[[Step], None] | None = None,
        is_stopped: Callable[[], bool] = lambda: False,
    ) -> Deployment:
        """Have the snapshot before answer again; of a shadow, end it."""
        raise NotImplementedError

    def errors(self, name: str, limit: int = 50) -> FailedRequests:
        """Return the last records that got no output, newest first; the last 1,000 are kept."""
        raise NotImplementedError

    def failure(self, name: str, index: int) -> FailedRequest:
        """Return one of them; raises :class:`InvalidError` where it is not kept."""
        raise NotImplementedError

    def log(self, name: str) -> str:
        """Return the log: what happened to the deployment, and what its replicas printed."""
        raise NotImplementedError

    def log_after(self, name: str, offset: int, limit: int) -> DeploymentLog:
        """Return up to ``limit`` bytes of the log after an offset, in whole lines."""
        raise NotImplementedError

    def score(self, name: str, records: Any, *, path: str = "/score") -> Answer:
        """Send a request with one record or a list of them, as JSON, and return what is answered.

        Raises :class:`ConflictError` where the deployment does not answer requests.
        """
        raise NotImplementedError

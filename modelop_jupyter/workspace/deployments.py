"""The methods about models that answer requests: ``workspace.deployments``."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from modelop_jupyter import files
from modelop_jupyter.domain.deployments import (
    DeploymentOptions,
    DeploymentRecord,
    DeployStep,
)
from modelop_jupyter.errors import ConflictError, DeploymentDownError, InvalidError
from modelop_jupyter.workspace.home import Home, now

if TYPE_CHECKING:
    from modelop_jupyter.deployments.plan import DeploymentPlan
    from modelop_jupyter.deployments.service import DeploymentService
    from modelop_jupyter.domain.deployments import (
        Answer,
        Deployment,
        DeploymentAddress,
        DeploymentLog,
        FailedRequest,
        FailedRequests,
    )
    from modelop_jupyter.domain.models import Model, Snapshot
    from modelop_jupyter.domain.reports import Step

_LOOPBACK = ("127.0.0.1", "::1", "localhost")
_MARGIN_SECONDS = 5.0


class DeploymentsApi:
    """The models of a home that answer requests. Called, it lists them."""

    def __init__(self, home: Home) -> None:
        self._home = home

    def __call__(self) -> list[Deployment]:
        """List the deployments, also those that were stopped, by name."""
        return self._service.list()

    def get(self, name: str) -> Deployment:
        """Return the deployment of a model; raises :class:`DeploymentNotFoundError`."""
        return self._service.get(name)

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
        its place once it is initialised. What is None stays as it was in the deployment before.
        ``replicas`` may be ``auto``. ``lifetime`` is in seconds, and 0 is for ever; an empty ``capture``
        or ``token`` is none. With ``shadow`` the answers of the new one are only compared. Raises :class:`DeploymentFailedError`, :class:`PortTakenError` and
        :class:`ConflictError`; what answered before goes on then.
        """
        from modelop_jupyter.domain.jobs import JobKind
        from modelop_jupyter.workspace.submission import require_function

        _require_server()
        state = self._home.state(ref)
        require_function(JobKind.BATCH, ref, state)
        name = ref.partition("@")[0]
        registry = self._home.registry
        before = registry.deployment_of(name)
        options = before.options if before else DeploymentOptions()
        given: dict[str, Any] = {
            "port": port,
            "replicas": None if replicas is None else _count_of(replicas),
            "lifetime": lifetime,
            "capture": capture and str(Path(capture).absolute()),
            "schemas": schemas,
            "record_timeout": record_timeout,
            "start_timeout": start_timeout,
            "host": host,
        }
        # What is 0 or empty takes away what was there before.
        changes: dict[str, Any] = {
            key: value or None for key, value in given.items() if value is not None
        }
        options = replace(options, **changes, is_insecure=insecure or options.is_insecure)
        # Its folder is found by the model's id before anything is recorded.
        model_id = registry.get_model(name).id
        record = before or DeploymentRecord(model_id, name, 0, DeploymentOptions(), now())
        service = self._service
        with service.changing(record) as folder:
            token = folder.token if token is None else token or None
            _require_safe(options, token)
            if options.capture is not None:
                _require_capture(options.capture)
            model, snapshot = self._home.resolve_snapshot(ref)
            present = service.view(record) if before else None
            if present is not None and present.state.is_running:
                _require_same_address(present, options, name)
                self._require_change(present, snapshot, options, shadow=shadow)
            elif shadow:
                raise InvalidError(
                    f"--shadow: {name} has no snapshot that answers requests",
                    "Deploy one first; the answers of the next are compared with its own",
                )
            plan = self._plan(record, model, snapshot, options, progress)
            return self._deploy(
                record, plan, token, shadow=shadow, progress=progress, is_stopped=is_stopped
            )

    def _deploy(
        self,
        record: DeploymentRecord,
        plan: DeploymentPlan,
        token: str | None,
        *,
        shadow: bool,
        progress: Callable[[Step], None] | None,
        is_stopped: Callable[[], bool],
    ) -> Deployment:
        report = progress or self._home.progress

        def handle_wait(seconds: float) -> None:
            if report is not None:
                report(DeployStep(plan.ref, "initialising", seconds))

        served, compared = plan, None
        if shadow:
            wanted = self._service.wanted(record)
            served, compared = (wanted.plan, plan) if wanted else (plan, None)
        return self._service.deploy(
            record, served, shadow=compared, token=token, on_wait=handle_wait, is_stopped=is_stopped
        )

    def stop(self, name: str) -> Deployment:
        """Answer what was asked, and end all processes of a deployment."""
        record = self._service.record(name)
        with self._service.changing(record):
            return self._service.stop(record)

    def rollback(
        self,
        name: str,
        *,
        progress: Callable[[Step], None] | None = None,
        is_stopped: Callable[[], bool] = lambda: False,
    ) -> Deployment:
        """Have the snapshot before answer again; where there is a shadow, only end that.

        Raises :class:`ConflictError` where no snapshot answered before.
        """
        service = self._service
        record = service.record(name)
        with service.changing(record) as folder:
            present, wanted = service.view(record), service.wanted(record)
            if wanted is None or not present.state.is_running:
                raise DeploymentDownError(name, present.state.value)
            if wanted.shadow is not None:
                plan = wanted.plan
            elif present.previous is None:
                raise ConflictError(
                    f"no other snapshot of {name} was deployed before {present.ref}",
                    f"Name the one to deploy: deploy {name}@N",
                )
            else:
                model, snapshot = self._home.resolve_snapshot(f"{name}@{present.previous}")
                plan = self._plan(record, model, snapshot, record.options, progress)
            return self._deploy(
                record, plan, folder.token, shadow=False, progress=progress, is_stopped=is_stopped
            )

    def errors(self, name: str, limit: int = 50) -> FailedRequests:
        """Return the last records that got no output, newest first; the last 1,000 are kept."""
        from modelop_jupyter.domain.deployments import FailedRequests

        rows = self._failures(name)
        total = rows[-1].index + 1 if rows else 0
        return FailedRequests(name, total, tuple(reversed(rows))[:limit])

    def failure(self, name: str, index: int) -> FailedRequest:
        """Return one of them; raises :class:`InvalidError` where it is not kept."""
        for row in self._failures(name):
            if row.index == index:
                return row
        raise InvalidError(
            f"record {index} of the deployment {name} is not among the last that failed",
            f"'deployment errors {name}' lists them",
        )

    def example(self, name: str) -> Any:
        """Return the record to try that the deployed snapshot has, parsed; None where none is known."""
        wanted = self._service.wanted(self._service.record(name))
        text = None if wanted is None else wanted.plan.example
        return None if text is None else json.loads(text)

    def log(self, name: str) -> str:
        """Return the log: what happened to the deployment, and what its replicas printed."""
        from modelop_jupyter.deployments.log_file import whole_log

        service = self._service
        return whole_log(service.require_here(service.record(name)).log_file)

    def log_after(self, name: str, offset: int, limit: int) -> DeploymentLog:
        """Return up to ``limit`` bytes of the log after an offset, in whole lines."""
        from modelop_jupyter.deployments.log_file import log_after
        from modelop_jupyter.domain.deployments import DeploymentLog

        service = self._service
        path = service.require_here(service.record(name)).log_file
        return DeploymentLog(name, *log_after(path, offset, limit))

    def address(self, name: str) -> DeploymentAddress:
        """Return where a deployment answers, and the token that it asks for.

        Raises :class:`DeploymentDownError` where it does not.
        """
        return self._answering(name)[1]

    def is_current(self, address: DeploymentAddress) -> bool:
        """Say whether nothing was reported since an address was looked up: that costs less than to look."""
        version = self._service.version(address.deployment)
        return version is not None and version == address.version

    def score(self, name: str, records: Any, *, path: str = "/score") -> Answer:
        """Send a request with one record or a list of them, as JSON, and return what is answered.

        Raises :class:`DeploymentDownError` where the deployment does not answer requests.
        """
        import urllib.error
        import urllib.request

        from modelop_jupyter.domain.deployments import Answer

        present, address = self._answering(name)
        headers = {"Content-Type": "application/json"}
        if address.token is not None:
            headers["Authorization"] = f"Bearer {address.token}"
        body = json.dumps(records).encode()
        request = urllib.request.Request(address.url + path, body, headers)  # noqa: S310 - our own server
        # The server's own limit comes first; a proxy of the user's has no part in this.
        seconds = present.options.record_timeout * _count(records) + _MARGIN_SECONDS
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        began = time.perf_counter()
        try:
            with opener.open(request, timeout=seconds) as response:
                status, text = response.status, response.read()
        except urllib.error.HTTPError as error:
            status, text = error.code, error.read()
        except OSError:
            raise DeploymentDownError(name, self.get(name).state.value) from None
        return Answer(status, _parsed(text), time.perf_counter() - began)

    def _answering(self, name: str) -> tuple[Deployment, DeploymentAddress]:
        """Return a deployment and where it answers; raises :class:`DeploymentDownError`."""
        from modelop_jupyter.domain.deployments import DeploymentAddress

        service = self._service
        record = service.record(name)
        folder = service.require_here(record)
        # In this order: what is reported meanwhile has another version.
        version, present = service.version(record.id), service.view(record)
        if present.url is None:
            raise DeploymentDownError(name, present.state.value)
        return present, DeploymentAddress(present.url, folder.token, record.id, version)

    @property
    def _service(self) -> DeploymentService:
        from modelop_jupyter.deployments.service import DeploymentService

        return DeploymentService(self._home.settings, self._home.registry)

    def _plan(
        self,
        record: DeploymentRecord,
        model: Model,
        snapshot: Snapshot,
        options: DeploymentOptions,
        progress: Callable[[Step], None] | None,
    ) -> DeploymentPlan:
        from modelop_jupyter.deployments.plan import DeploymentPlan
        from modelop_jupyter.models import remote_assets
        from modelop_jupyter.workspace.example_record import example_record

        blobs = self._home.blobs
        remote_assets.fetch_missing(snapshot.state, blobs)
        environments = self._home.environments_from(offline=False, progress=progress)
        return DeploymentPlan(
            id=record.id,
            model=model,
            snapshot=snapshot,
            python=environments.mended(snapshot).python,
            created=time.time(),
            options=options,
            example=example_record(model.name, snapshot.state, self._home),
        )

    def _require_change(
        self, present: Deployment, snapshot: Snapshot, options: DeploymentOptions, *, shadow: bool
    ) -> None:
        is_same = present.snapshot == snapshot.number
        if shadow and is_same:
            raise ConflictError(
                f"{snapshot.ref} answers requests itself: it cannot be compared with itself",
                "Deploy another snapshot as the shadow",
            )
        if is_same and present.options == options and present.shadow is None:
            raise ConflictError(
                f"{snapshot.ref} is deployed already, and answers on {present.url}",
                f"Stop it with 'deployment stop {present.name}', or deploy another snapshot",
            )

    def _failures(self, name: str) -> list[FailedRequest]:
        from modelop_jupyter.deployments.kept_lines import kept_values
        from modelop_jupyter.domain.deployments import FailedRequest
        from modelop_jupyter.domain.wire import from_wire

        service = self._service
        path = service.require_here(service.record(name)).errors_file
        return [from_wire(FailedRequest, value) for value in kept_values(path)]


def _require_server() -> None:
    """Raise :class:`MissingExtraError` where what serves HTTP is not installed.

    Raises :class:`InvalidError` on Windows, where no socket can be handed over to a process.
    """
    if sys.platform == "win32":
        raise InvalidError("models cannot be deployed on Windows", "Use Linux, macOS or WSL")
    from importlib.util import find_spec

    from modelop_jupyter.errors import MissingExtraError

    if not (find_spec("starlette") and find_spec("uvicorn") and find_spec("prometheus_client")):
        raise MissingExtraError("deploying a model", "serve")


def _require_capture(path: str) -> None:
    """Raise :class:`InvalidError` where a file cannot be appended to."""
    try:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        files.open_private(Path(path), "ab").close()
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise InvalidError(
            f"--capture {path}: {reason}", "Name a file that can be written"
        ) from None


def _require_safe(options: DeploymentOptions, token: str | None) -> None:
    """Raise :class:`InvalidError` where other machines could ask without a token."""
    if options.host not in _LOOPBACK and token is None and not options.is_insecure:
        raise InvalidError(
            f"--host {options.host}: other machines could ask the model whatever they like",
            "Add --token TOKEN, which requests must name, or --insecure",
        )


def _require_same_address(present: Deployment, options: DeploymentOptions, name: str) -> None:
    """Raise :class:`ConflictError` for another address while requests are answered on one."""
    port = None if present.url is None else urlsplit(present.url).port
    is_same_port = options.port in (port, present.options.port)
    if options.host != present.options.host or not is_same_port:
        raise ConflictError(
            f"{name} answers on {present.url}, and cannot move to another address",
            f"Stop it first: 'deployment stop {name}'",
        )


def _count_of(replicas: int | str) -> int:
    """Return a number, 0 for one for each core."""
    if replicas == "auto":
        return 0
    if isinstance(replicas, int) and replicas > 0:
        return replicas
    raise InvalidError(f"replicas={replicas!r} is neither a number from 1 on nor 'auto'")


def _count(records: Any) -> int:
    return max(1, len(records)) if isinstance(records, list) else 1


def _parsed(text: bytes) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text.decode("utf-8", "replace")

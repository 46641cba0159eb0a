"""The HTTP interface of a deployment, as an ASGI application (spec 9.2)."""

from __future__ import annotations

import importlib.metadata
import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from modelop_jupyter.deployments.access import Access
from modelop_jupyter.deployments.errors import MethodError, NoSuchPathError, RequestError
from modelop_jupyter.deployments.load import LoadMeter
from modelop_jupyter.deployments.mlflow_endpoint import Invocations
from modelop_jupyter.deployments.responses import JSON, error_headers, respond, respond_error
from modelop_jupyter.deployments.scoring_endpoints import ScoringEndpoint
from modelop_jupyter.deployments.served_model import RequestLimits, ServedModel
from modelop_jupyter.domain.deployments import Load

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.types import ASGIApp, Receive, Scope, Send

_ROUNDTRIP = "/api/roundtrip/"


def application(
    served: Callable[[], ServedModel],
    limits: RequestLimits,
    meter: LoadMeter,
    *,
    load: Callable[[], Load] | None = None,
    token: str | None = None,
    is_loopback: bool = True,
) -> ASGIApp:
    """Return the application; ``served`` is asked for each request, so that the model can be replaced.

    ``load`` gives what ``/metrics`` shows, else what ``meter`` knows of it. With a ``token``, every
    request needs it, except for the page and those that ask whether the model is there.
    """
    from starlette.applications import Starlette
    from starlette.routing import Route

    access = Access(token, is_loopback=is_loopback)
    score = ScoringEndpoint(served, limits, meter, access)
    invocations = Invocations(served, limits, meter, access)
    others = Starlette(
        routes=[
            Route("/score", score, methods=["POST"]),
            Route(_ROUNDTRIP + "{input}/{output}", score, methods=["POST"]),
            Route("/invocations", invocations, methods=["POST"]),
            Route("/1/health", _Health(served), methods=["GET"]),
            Route("/ping", _ping, methods=["GET"]),
            Route("/health", _ping, methods=["GET"]),
            Route("/version", _version, methods=["GET"]),
        ],
        exception_handlers={404: _not_found, 405: _not_allowed},
    )
    others.router.redirect_slashes = False
    return _Application(access, {"/score": score, "/invocations": invocations}, others)


class _Application:
    """Answers records at once; all others may have a framework's way, once they are let in."""

    def __init__(
        self, access: Access, scoring: dict[str, ScoringEndpoint], others: ASGIApp
    ) -> None:
        self._access, self._scoring, self._others = access, scoring, others

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            path, is_post = scope["path"], scope["method"] == "POST"
            if is_post and path in self._scoring:
                await self._scoring[path](scope, receive, send)
                return
            # What takes records looks itself at who sends them, and counts them.
            if not (is_post and path.startswith(_ROUNDTRIP)):
                refusal = self._access.refusal(scope)
                if refusal is not None:
                    await respond_error(send, refusal)
                    return
        await self._others(scope, receive, send)


async def _not_found(request: Request, _error: Exception) -> Response:
    return _response_of(NoSuchPathError(request.method, request.url.path))


async def _not_allowed(request: Request, error: Exception) -> Response:
    from starlette.responses import Response

    headers: Mapping[str, str] = getattr(error, "headers", None) or {}
    allowed = sorted({*headers.get("Allow", "").split(", "), "OPTIONS"})
    refusal = MethodError(request.method, request.url.path, ", ".join(filter(None, allowed)))
    if request.method == "OPTIONS":
        return Response(status_code=204, headers={"Allow": refusal.allowed})
    return _response_of(refusal)


def _response_of(error: RequestError) -> Response:
    from starlette.responses import Response

    headers = {name.decode(): value.decode() for name, value in error_headers(error)}
    return Response(error.to_json(), int(error.status), headers, JSON.decode())


async def _ping(_request: Request) -> Response:
    """Answer as ``mlflow models serve`` does."""
    from starlette.responses import Response

    return Response("\n", media_type="application/json")


async def _version(_request: Request) -> Response:
    from starlette.responses import PlainTextResponse

    return PlainTextResponse(importlib.metadata.version("modelop-jupyter"))


class _Health:
    """Says that the model is initialised, and which it is."""

    def __init__(self, served: Callable[[], ServedModel]) -> None:
        self._served = served

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - the signature of ASGI
        served = self._served()
        replicas = served.scorer.replicas
        document = {"status": "UP", "model": served.ref, "replicas": len(replicas.replicas)}
        await respond(send, 200, json.dumps(document).encode())

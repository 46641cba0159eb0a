"""The HTTP interface of a deployment, as an ASGI application (spec 9.2)."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from modelop_jupyter.deployments.access import Access
from modelop_jupyter.deployments.errors import MethodError, NoSuchPathError, RequestError
from modelop_jupyter.deployments.load import LoadMeter
from modelop_jupyter.deployments.mlflow_endpoint import Invocations
from modelop_jupyter.deployments.openapi import openapi_document
from modelop_jupyter.deployments.page import page
from modelop_jupyter.deployments.prometheus import exposition
from modelop_jupyter.deployments.responses import JSON, error_headers, respond_error
from modelop_jupyter.deployments.scoring_endpoints import ScoringEndpoint
from modelop_jupyter.deployments.served_model import ServedModel
from modelop_jupyter.domain.deployments import Load

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.types import ASGIApp, Receive, Scope, Send

_ROUNDTRIP = "/api/roundtrip/"


def application(
    served: Callable[[], ServedModel],
    meter: LoadMeter,
    *,
    load: Callable[[], Load] | None = None,
    access: Access | None = None,
) -> ASGIApp:
    """Return the application; ``served`` is asked for each request, so that the model can be replaced.

    ``load`` gives what ``/metrics`` shows, else what ``meter`` knows of it. ``access`` decides who may
    ask, else everybody on this machine may.
    """
    from starlette.applications import Starlette
    from starlette.routing import Route

    access = access or Access()
    score = ScoringEndpoint(served, meter, access)
    invocations = Invocations(served, meter, access)
    descriptions = _Descriptions(served, meter, load or meter.report, access)
    others = Starlette(
        routes=[
            Route("/score", score, methods=["POST"]),
            Route(_ROUNDTRIP + "{input}/{output}", score, methods=["POST"]),
            Route("/invocations", invocations, methods=["POST"]),
            Route("/", _page, methods=["GET"]),
            Route("/openapi.json", descriptions.openapi, methods=["GET"]),
            Route("/metrics", descriptions.metrics, methods=["GET"]),
            Route("/1/health", descriptions.health, methods=["GET"]),
            Route("/ping", _ping, methods=["GET"]),
            Route("/health", _ping, methods=["GET"]),
            Route("/version", _version, methods=["GET"]),
        ],
        exception_handlers={404: _not_found, 405: _not_allowed, RequestError: _refused},
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


async def _refused(_request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestError)
    return _response_of(error)


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


async def _page(_request: Request) -> Response:
    from starlette.responses import HTMLResponse

    content, headers = page()
    return HTMLResponse(content, headers=headers)


class _Descriptions:
    """Says what answers here, and how it does."""

    def __init__(
        self,
        served: Callable[[], ServedModel],
        meter: LoadMeter,
        load: Callable[[], Load],
        access: Access,
    ) -> None:
        self._served, self._meter, self._load, self._access = served, meter, load, access

    async def health(self, _request: Request) -> Response:
        """Say that the model is initialised, and which it is."""
        from starlette.responses import JSONResponse

        served = self._served()
        replicas = len(served.scorer.replicas.replicas)
        return JSONResponse({"status": "UP", "model": served.ref, "replicas": replicas})

    async def openapi(self, _request: Request) -> Response:
        from starlette.responses import JSONResponse

        document = openapi_document(self._served(), has_token=self._access.has_token)
        return JSONResponse(document)

    async def metrics(self, _request: Request) -> Response:
        from starlette.responses import Response

        model = self._served().description
        text, media = exposition(model.name, model.ref, self._meter, self._load())
        return Response(text, media_type=media)

"""``/deployments/NAME/…``: a deployment behind Jupyter's own authentication and address."""

from __future__ import annotations

from collections.abc import Awaitable, Sequence
from contextlib import suppress
from typing import Any, cast
from urllib.parse import urlsplit

from jupyter_core.utils import ensure_async
from jupyter_server.auth.utils import HTTP_METHOD_TO_AUTH_ACTION
from tornado.http1connection import HTTP1Connection
from tornado.httputil import HTTPHeaders
from tornado.iostream import StreamClosedError
from tornado.web import HTTPError, authenticated, stream_request_body

from modelop_jupyter.domain.deployments import DeploymentAddress
from modelop_jupyter.errors import DeploymentDownError, ModelOpError
from modelop_jupyter.server.proxy.addresses import Addresses
from modelop_jupyter.server.proxy.exchange import ANY_SIZE, Exchange
from modelop_jupyter.server.proxy.headers import request_headers, request_query, response_headers
from modelop_jupyter.server.rest.base import BaseHandler

_METHODS = ("get", "head", "post")


@stream_request_body
class DeploymentHandler(BaseHandler):
    """Sends a request on to a deployment, and its response back, both as they come.

    Who sends it is asked before anything of its body is read. There is no limit to the time: the
    deployment has one, which the request may change.
    """

    def initialize(self, name: str, addresses: Addresses, prefix: str) -> None:
        super().initialize(name)
        self._addresses = addresses
        self._prefix = prefix
        self._exchange: Exchange | None = None
        self._has_sent = False

    @property
    def methods(self) -> Sequence[str]:
        return _METHODS

    @property
    def content_security_policy(self) -> str:
        # Another program, of another user even, may have the port of a deployment that has just ended.
        # Whatever comes from there must not act in a browser with what Jupyter lets its user do.
        return f"{super().content_security_policy}; sandbox"

    async def prepare(self) -> None:
        await super().prepare()
        if not self._finished and (self.request.method or "").lower() in _METHODS:
            await self._begin()

    async def _begin(self) -> None:
        """Let in who may send such a request, and begin to send it on."""
        if not self.current_user:
            raise HTTPError(403)
        # Not Jupyter's decorator: where several methods share it, the first one decides for all.
        action = HTTP_METHOD_TO_AUTH_ACTION[str(self.request.method)]
        is_authorized = self.authorizer.is_authorized(
            self, self.current_user, action, self.auth_resource
        )
        if not await ensure_async(is_authorized):
            raise HTTPError(403, f"You may not {action} here")
        self.extensionapp.wake()
        cast("HTTP1Connection", self.request.connection).set_max_body_size(ANY_SIZE)
        try:
            self._exchange = await self._new_exchange(self.path_kwargs["name"])
        except ModelOpError as error:
            await self.finish_error(error)

    async def _new_exchange(self, name: str) -> Exchange:
        with suppress(OSError):
            return await self._ask(await self._addresses.find(name))
        # It was stopped, or has another port, since somebody has looked.
        address = await self._addresses.look(name)
        try:
            return await self._ask(address)
        except OSError:
            raise DeploymentDownError(name, "down") from None

    async def _ask(self, address: DeploymentAddress) -> Exchange:
        """Begin to send the request on; raises :class:`OSError` where nobody listens."""
        # The path as it was sent: what is encoded there stays so.
        path = self.request.path[len(self._prefix) :].partition("/")[2]
        query = request_query(self.request.query)
        method = str(self.request.method)
        headers = request_headers(
            self.request.headers,
            host=urlsplit(address.url).netloc,
            has_body=method == "POST",
            token=address.token,
        )
        target = f"/{path}?{query}" if query else f"/{path}"
        return await Exchange.begin(address.url, method, target, headers=headers, receiver=self)

    async def data_received(self, chunk: bytes) -> None:
        """Send a part of the body on; the next one is read when there is room for it."""
        if self._exchange is not None and self.request.method == "POST":
            await self._exchange.write(chunk)

    @authenticated
    async def get(self, name: str, path: str) -> None:  # noqa: ARG002 - names of the pattern
        await self._end(name)

    @authenticated
    async def head(self, name: str, path: str) -> None:  # noqa: ARG002
        await self._end(name)

    @authenticated
    async def post(self, name: str, path: str) -> None:  # noqa: ARG002
        await self._end(name)

    async def _end(self, name: str) -> None:
        if self._exchange is None:
            raise HTTPError(500)
        is_complete = await self._exchange.finish()
        if not (is_complete or self._has_sent):
            self.clear()
            await self.finish_error(DeploymentDownError(name, "down"))
            return
        if not is_complete:
            # An end that is sent as any other would say that nothing is missing.
            cast("HTTP1Connection", self.request.connection).close()
        # The browser may be gone, too.
        with suppress(StreamClosedError):
            await self.finish(set_content_type=self._headers["Content-Type"])

    def begin(self, status: int, headers: HTTPHeaders) -> None:
        """Take the status and headers of the response."""
        self.set_status(status)
        # Jupyter's handlers send one in any case: where the deployment names none, it says nothing.
        self.set_header("Content-Type", "application/octet-stream")
        for name, value in response_headers(headers).get_all():
            self.set_header(name, value)

    def receive(self, chunk: bytes) -> Awaitable[Any]:
        """Take a part of the response; the next one is read when the browser has taken this one."""
        self._has_sent = True
        self.write(chunk)
        taken: Awaitable[Any] = self.flush()
        return taken

    def on_connection_close(self) -> None:
        super().on_connection_close()
        if self._exchange is not None:
            self._exchange.close()

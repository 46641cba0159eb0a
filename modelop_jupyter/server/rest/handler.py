"""The Tornado handler: authenticates and authorizes a request, and sends what ``dispatch`` returns."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from functools import partial
from typing import Any
from urllib.parse import quote

from jupyter_server.auth.decorator import authorized
from jupyter_server.base.handlers import APIHandler
from jupyter_server.extension.handler import ExtensionHandlerMixin
from tornado.web import HTTPError, authenticated

from modelop_jupyter.safe_open import open_regular
from modelop_jupyter.server.context import ServerContext
from modelop_jupyter.server.rest.dispatch import RawRequest, dispatch
from modelop_jupyter.server.rest.resource import FileResponse, Resource

AUTH_RESOURCE = "modelop_jupyter"
_CHUNK_BYTES = 1 << 20
_ERROR_CODES = {401: "unauthenticated", 403: "forbidden", 404: "not_found", 405: "method"}


class ResourceHandler(ExtensionHandlerMixin, APIHandler):
    """Serves one resource. Every method requires authentication and authorization."""

    auth_resource = AUTH_RESOURCE

    def initialize(self, name: str, resource: Resource, context: ServerContext) -> None:
        super().initialize(name)
        self._resource = resource
        self._context = context

    @authenticated
    @authorized
    async def get(self, **path: str) -> None:
        await self._respond("get", path)

    @authenticated
    @authorized
    async def head(self, **path: str) -> None:
        # Tornado sends the headers of the response and leaves out the body.
        await self._respond("get", path)

    @authenticated
    @authorized
    async def post(self, **path: str) -> None:
        await self._respond("post", path)

    @authenticated
    @authorized
    async def put(self, **path: str) -> None:
        await self._respond("put", path)

    @authenticated
    @authorized
    async def patch(self, **path: str) -> None:
        await self._respond("patch", path)

    @authenticated
    @authorized
    async def delete(self, **path: str) -> None:
        await self._respond("delete", path)

    def update_api_activity(self) -> None:
        """Record the time of this request, as Jupyter Server does.

        Jupyter Server decodes the query for it while it finishes a response: a query that is not
        UTF-8 would raise there, and again in the error response, and nothing would be sent.
        """
        with suppress(HTTPError):
            super().update_api_activity()

    async def _respond(self, method: str, path: dict[str, str]) -> None:
        operation = self._resource.operations.get(method)
        if operation is None:
            raise HTTPError(405)
        self.extensionapp.wake()
        raw = RawRequest(
            path,
            self.request.query_arguments,
            self.request.body,
            self.request.headers.get("Content-Type", ""),
        )
        work = partial(dispatch, self._resource, operation, raw, self._context)
        response = await self._context.run(work, is_slow=operation.is_slow)
        self.set_status(response.status)
        if response.file is not None:
            await self._send_file(response.file)
        else:
            await self.finish(response.body)

    async def _send_file(self, response: FileResponse) -> None:
        """Send a file in chunks, so that its size does not matter."""
        file = await self._context.run(partial(open_regular, response.path))
        with file:
            self.set_header("Content-Length", str(os.fstat(file.fileno()).st_size))
            self.set_header("Content-Type", response.media_type)
            # A browser must never run a model's file as a page of this server.
            self.set_header("X-Content-Type-Options", "nosniff")
            self.set_header(
                "Content-Disposition", f"attachment; filename*=UTF-8''{quote(response.name)}"
            )
            if self.request.method == "HEAD":
                await self.finish(set_content_type=response.media_type)
                return
            while chunk := await self._context.run(partial(file.read, _CHUNK_BYTES)):
                self.write(chunk)
                await self.flush()
        await self.finish(set_content_type=response.media_type)

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """Send an error of Jupyter Server or Tornado with the body that all errors have."""
        error = kwargs.get("exc_info", (None, None))[1]
        message = error.log_message if isinstance(error, HTTPError) else None
        self.set_status(status_code)
        if status_code == 405:
            self.set_header("Allow", ", ".join(self._resource.methods).upper())
        self.finish(
            json.dumps(
                {
                    "code": _ERROR_CODES.get(status_code, "http"),
                    "message": message or self._reason,
                    "hint": None,
                }
            )
        )

"""The one Tornado handler: who asks, may they, and the answer, which a thread makes."""

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

from modelop_jupyter.opening import open_regular
from modelop_jupyter.server.answering import Given, reply_to
from modelop_jupyter.server.declarations import FileAnswer, Resource
from modelop_jupyter.server.desk import Desk

AUTH_RESOURCE = "modelop_jupyter"
_CHUNK = 1 << 20
_CODES = {401: "unauthenticated", 403: "forbidden", 404: "not_found", 405: "method"}


class ResourceHandler(ExtensionHandlerMixin, APIHandler):
    """Serves one resource. Every method asks first who it is and whether they may."""

    auth_resource = AUTH_RESOURCE

    def initialize(self, name: str, resource: Resource, desk: Desk) -> None:
        super().initialize(name)
        self._resource = resource
        self._desk = desk

    @authenticated
    @authorized
    async def get(self, **path: str) -> None:
        await self._answer("get", path)

    @authenticated
    @authorized
    async def head(self, **path: str) -> None:
        # Tornado sends the headers of the answer and leaves out the rest.
        await self._answer("get", path)

    @authenticated
    @authorized
    async def post(self, **path: str) -> None:
        await self._answer("post", path)

    @authenticated
    @authorized
    async def put(self, **path: str) -> None:
        await self._answer("put", path)

    @authenticated
    @authorized
    async def patch(self, **path: str) -> None:
        await self._answer("patch", path)

    @authenticated
    @authorized
    async def delete(self, **path: str) -> None:
        await self._answer("delete", path)

    def update_api_activity(self) -> None:
        """Note that somebody was here.

        Jupyter reads the query for it while it finishes an answer: a query that is no UTF-8 would
        raise there, and again in the answer that says so, and nobody would get any.
        """
        with suppress(HTTPError):
            super().update_api_activity()

    async def _answer(self, method: str, path: dict[str, str]) -> None:
        operation = self._resource.operations.get(method)
        if operation is None:
            raise HTTPError(405)
        self.extensionapp.wake()
        given = Given(
            path,
            self.request.query_arguments,
            self.request.body,
            self.request.headers.get("Content-Type", ""),
        )
        work = partial(reply_to, self._resource, operation, given, self._desk)
        reply = await self._desk.run(work, is_slow=operation.is_slow)
        self.set_status(reply.status)
        if reply.file is not None:
            await self._send(reply.file)
        else:
            await self.finish(reply.data)

    async def _send(self, answer: FileAnswer) -> None:
        """Send a file piece by piece, so that its size does not matter."""
        file = await self._desk.run(partial(open_regular, answer.path))
        with file:
            self.set_header("Content-Length", str(os.fstat(file.fileno()).st_size))
            self.set_header("Content-Type", answer.media_type)
            # Nothing that a model brought is ever run as a page of this server.
            self.set_header("X-Content-Type-Options", "nosniff")
            self.set_header(
                "Content-Disposition", f"attachment; filename*=UTF-8''{quote(answer.name)}"
            )
            if self.request.method == "HEAD":
                await self.finish(set_content_type=answer.media_type)
                return
            while piece := await self._desk.run(partial(file.read, _CHUNK)):
                self.write(piece)
                await self.flush()
        await self.finish(set_content_type=answer.media_type)

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """Say what Jupyter or Tornado refused in the words of every other error."""
        error = kwargs.get("exc_info", (None, None))[1]
        said = error.log_message if isinstance(error, HTTPError) else None
        self.set_status(status_code)
        if status_code == 405:
            self.set_header("Allow", ", ".join(self._resource.methods).upper())
        self.finish(
            json.dumps(
                {
                    "code": _CODES.get(status_code, "http"),
                    "message": said or self._reason,
                    "hint": None,
                }
            )
        )

"""The Tornado handler: authenticates and authorizes a request, and sends what ``dispatch`` returns."""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import partial
from urllib.parse import quote

from jupyter_server.auth.decorator import authorized
from tornado.web import HTTPError, authenticated

from modelop_jupyter.safe_open import open_regular
from modelop_jupyter.server.context import ServerContext
from modelop_jupyter.server.rest.base import BaseHandler
from modelop_jupyter.server.rest.dispatch import RawRequest, dispatch
from modelop_jupyter.server.rest.resource import FileResponse, Resource

_CHUNK = 1 << 20


class ResourceHandler(BaseHandler):
    """Serves one resource. Every method requires authentication and authorization."""

    def initialize(self, name: str, resource: Resource, context: ServerContext) -> None:
        super().initialize(name)
        self._resource = resource
        self._context = context

    @property
    def methods(self) -> Sequence[str]:
        return self._resource.methods

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
            self.request.headers.get("Accept-Language", ""),
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
        try:
            file = await self._context.run(partial(open_regular, response.path))
            if response.folder is not None and os.name != "nt":
                # What is open can be read all the same.
                await self._context.run(response.folder.cleanup)
            with file:
                self.set_header("Content-Length", str(os.fstat(file.fileno()).st_size))
                self.set_header("Content-Type", response.media_type)
                # A browser must never run a model's file as a page of this server.
                self.set_header("X-Content-Type-Options", "nosniff")
                self.set_header(
                    "Content-Disposition", f"attachment; filename*=UTF-8''{quote(response.name)}"
                )
                # Of headers that were sent no Etag is made: it would be that of no bytes for HEAD.
                await self.flush()
                is_whole = self.request.method != "HEAD"
                while is_whole and (chunk := await self._context.run(partial(file.read, _CHUNK))):
                    self.write(chunk)
                    await self.flush()
        finally:
            # On Windows, or where the file could not be opened.
            if response.folder is not None:
                await self._context.run(response.folder.cleanup)
        await self.finish(set_content_type=response.media_type)

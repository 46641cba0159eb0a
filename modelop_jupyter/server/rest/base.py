"""What all our handlers share: who may use them, and the body of their errors."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Sequence
from contextlib import suppress
from typing import Any

from jupyter_server.base.handlers import APIHandler
from jupyter_server.extension.handler import ExtensionHandlerMixin
from tornado.web import HTTPError

from modelop_jupyter.errors import ModelOpError
from modelop_jupyter.server.errors import status_of
from modelop_jupyter.server.rest.dispatch import encode

AUTH_RESOURCE = "modelop_jupyter"
_ERROR_CODES = {401: "unauthenticated", 403: "forbidden", 404: "not_found", 405: "method"}


class BaseHandler(ExtensionHandlerMixin, APIHandler):
    """Sends every error as JSON with a code, a message and a hint. ``methods`` are those it takes."""

    auth_resource = AUTH_RESOURCE

    @property
    def methods(self) -> Sequence[str]:
        raise NotImplementedError

    def update_api_activity(self) -> None:
        """Record the time of this request, as Jupyter Server does.

        Jupyter Server decodes the query for it while it finishes a response: a query that is not
        UTF-8 would raise there, and again in the error response, and nothing would be sent.
        """
        with suppress(HTTPError):
            super().update_api_activity()

    def finish_error(self, error: ModelOpError) -> Awaitable[None]:
        """Send an error of this package."""
        self.set_status(status_of(error))
        finished: Awaitable[None] = self.finish(encode(error.to_wire()))
        return finished

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """Send an error of Jupyter Server or Tornado with the body that all errors have."""
        error = kwargs.get("exc_info", (None, None))[1]
        message = error.log_message if isinstance(error, HTTPError) else None
        self.set_status(status_code)
        if status_code == 405:
            self.set_header("Allow", ", ".join(self.methods).upper())
        self.finish(
            json.dumps(
                {
                    "code": _ERROR_CODES.get(status_code, "http"),
                    "message": message or self._reason,
                    "hint": None,
                }
            )
        )

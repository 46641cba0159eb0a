"""A web address that is notified."""

from __future__ import annotations

import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any

SECRETS = ("t0ps3cret", "pa55word", "k3y0fquery")


class Hook:
    """A web address that keeps what is posted to it, and answers with one status after the other."""

    def __init__(self) -> None:
        self.statuses: list[int] = []
        self.documents: list[dict[str, Any]] = []
        self.credentials: list[str | None] = []
        self.called = Event()
        hook = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                hook.documents.append(json.loads(body))
                hook.credentials.append(self.headers["Authorization"])
                self.send_response(hook.statuses.pop(0) if hook.statuses else 204)
                self.send_header("Location", "/elsewhere")
                self.send_header("Content-Length", "0")
                self.end_headers()
                hook.called.set()

            def log_message(self, format: str, *args: object) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.server.server_port}"

    @property
    def address(self) -> str:
        token, password, key = SECRETS
        return f"http://user:{password}@{self.host}/hooks/{token}?key={key}"

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()

"""A package index that says when each file was uploaded (PEP 700), unless it shall not."""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

_JSON = "application/vnd.pypi.simple.v1+json"


class DatedIndex:
    """Packages of one module each, with the days of their uploads."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self.folder = folder
        self.says_when = True
        self._files: dict[str, list[dict[str, Any]]] = {}
        index = self

        class Handler(SimpleHTTPRequestHandler):
            def __init__(self, *arguments: Any) -> None:
                super().__init__(*arguments, directory=str(folder))

            def do_GET(self) -> None:
                parts = self.path.strip("/").split("/")
                if parts[0] != "simple":
                    super().do_GET()
                    return
                page = index.page(parts[-1])
                self.send_response(200 if page else 404)
                self.send_header("Content-Type", _JSON)
                self.send_header("Content-Length", str(len(page)))
                self.end_headers()
                self.wfile.write(page)

            def log_message(self, format: str, *args: object) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}/simple/"

    def page(self, name: str) -> bytes:
        """Return the page of a package in JSON, empty if there is none."""
        files = self._files.get(name)
        if not files:
            return b""
        if not self.says_when:
            files = [{key: file[key] for key in file if key != "upload-time"} for file in files]
        return json.dumps({"meta": {"api-version": "1.1"}, "name": name, "files": files}).encode()

    def add(self, name: str, version: str, day: str) -> None:
        """Upload a version at noon of a day."""
        info, wheel = f"{name}-{version}.dist-info", f"{name}-{version}-py3-none-any.whl"
        content = {
            f"{name}.py": f"VERSION = {version!r}\n",
            f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
            f"{info}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        }
        content[f"{info}/RECORD"] = "".join(f"{path},,\n" for path in (*content, f"{info}/RECORD"))
        path = self.folder / wheel
        with zipfile.ZipFile(path, "w") as archive:
            for name_of_file, text in content.items():
                archive.writestr(name_of_file, text)
        file = {
            "filename": wheel,
            "url": f"/{wheel}",
            "hashes": {"sha256": hashlib.sha256(path.read_bytes()).hexdigest()},
            "size": path.stat().st_size,
            "upload-time": f"{day}T12:00:00Z",
        }
        self._files.setdefault(name, []).append(file)


@contextmanager
def dated_index(folder: Path) -> Iterator[DatedIndex]:
    """Serve an index until the block ends."""
    index = DatedIndex(folder)
    try:
        yield index
    finally:
        index.server.shutdown()
        index.server.server_close()

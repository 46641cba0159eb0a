"""Known faults of packages, from a service that answers as OSV does."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from modelop_jupyter.checks.audit import SERVICE, audit
from modelop_jupyter.domain.environments import LockedPackage

PACKAGES = (LockedPackage("six", "1.16.0"), LockedPackage("pyyaml", "5.3"))
FAULT = {
    "id": "PYSEC-2021-142",
    "details": "Arbitrary code\nexecution.",
    "aliases": [],
    "affected": [
        {
            "package": {"name": "pyyaml", "ecosystem": "PyPI"},
            "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "5.4"}]}],
            "versions": ["5.3"],
        }
    ],
}


class Service(BaseHTTPRequestHandler):
    """Knows one fault of pyyaml."""

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        is_faulty = asked["package"]["name"] == "pyyaml"
        body = json.dumps({"vulns": [FAULT]} if is_faulty else {}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Print nothing."""


@pytest.fixture
def service() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Service)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/v1/query"
    server.shutdown()
    server.server_close()


@pytest.mark.slow
def test_a_known_fault_is_named_with_the_version_that_mends_it(service: str) -> None:
    (finding,) = audit(PACKAGES, {**os.environ, SERVICE: service, "NO_PROXY": "127.0.0.1"})

    assert finding.code == "known_fault"
    assert finding.message == "pyyaml 5.3 has a known fault: PYSEC-2021-142"
    assert finding.hint == "Require pyyaml>=5.4"
    assert finding.evidence == "PYSEC-2021-142: Arbitrary code execution."


@pytest.mark.slow
def test_a_service_out_of_reach_is_said_and_nothing_is_called_good() -> None:
    address = "http://127.0.0.1:9/v1/query"
    (finding,) = audit(PACKAGES, {**os.environ, SERVICE: address, "NO_PROXY": "127.0.0.1"})

    assert (finding.code, finding.level) == ("audit_unanswered", "warned")
    assert SERVICE in finding.hint


def test_without_packages_nothing_is_asked() -> None:
    assert audit((), {}) == ()

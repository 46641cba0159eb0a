"""Who may reach a deployment through Jupyter, and what a program on its port gets and may send back."""

from __future__ import annotations

import asyncio
import json
import logging
import tracemalloc
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from jupyter_server.auth.authorizer import Authorizer
from tornado.httputil import HTTPHeaders

from modelop_jupyter.domain.deployments import DeploymentAddress
from modelop_jupyter.workspace.deployments import DeploymentsApi
from tests.ports import free_port
from tests.server.proxy.conftest import Fetch
from tests.server.proxy.echo import EchoServer, echo_server
from tests.waiting import PATIENCE, wait_until

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]
Connect = Callable[[str], AbstractAsyncContextManager[Streams]]


@pytest.fixture(scope="module")
def echo() -> Iterator[EchoServer]:
    with echo_server() as server:
        yield server


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home folder of its own: nothing is deployed there."""
    return tmp_path / "home"


@pytest.fixture(autouse=True)
def echoed(echo: EchoServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the server that says what it was sent answer in the place of every deployment."""
    monkeypatch.setattr(
        DeploymentsApi, "address", lambda *_: DeploymentAddress(echo.url, "its-own")
    )


@pytest.fixture
def login(jp_serverapp: Any, http_server_client: Any, jp_base_url: str) -> Callable[[], Any]:
    """Log in as a browser does, and return its cookies by name."""

    async def login() -> dict[str, str]:
        token = jp_serverapp.identity_provider.token
        page = await http_server_client.fetch(
            f"{jp_base_url}login?token={token}", follow_redirects=False, raise_error=False
        )
        pairs = [header.partition(";")[0] for header in page.headers.get_list("Set-Cookie")]
        return dict(pair.split("=", 1) for pair in pairs)

    return login


@pytest.fixture
def connect(
    http_server: Any, jp_http_port: int, jp_base_url: str, jp_auth_header: dict[str, str]
) -> Connect:
    """Open a connection, on which the head of a POST with a body of chunks is sent already."""

    @asynccontextmanager
    async def connect(path: str) -> AsyncIterator[Streams]:
        reader, writer = await asyncio.open_connection("127.0.0.1", jp_http_port)
        head = [f"POST {jp_base_url}modelop-jupyter/deployments/double/{path} HTTP/1.1"]
        head += ["Host: 127.0.0.1", "Transfer-Encoding: chunked"]
        head += [f"{name}: {value}" for name, value in jp_auth_header.items()]
        writer.write("\r\n".join([*head, "", ""]).encode())
        try:
            yield reader, writer
        finally:
            writer.close()

    return connect


async def read_head(reader: asyncio.StreamReader) -> HTTPHeaders:
    head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), PATIENCE)
    return HTTPHeaders.parse(head.decode().partition("\r\n")[2])


async def read_chunk(reader: asyncio.StreamReader) -> bytes:
    size = int(await asyncio.wait_for(reader.readline(), PATIENCE), 16)
    chunk = await reader.readexactly(size + 2)
    return chunk[:-2]


def chunk_of(data: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(data), data)


async def all_handled() -> None:
    """Wait until the server has come to the end of all requests."""
    tasks = [task for task in asyncio.all_tasks() if "_execute" in repr(task.get_coro())]
    await asyncio.gather(*tasks, return_exceptions=True)


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
async def test_nobody_gets_in_without_a_token(fetch: Fetch, method: str) -> None:
    """Every method asks first who it is."""
    body = "{}" if method == "POST" else None
    answer = await fetch("double/score", body, method=method, headers={})

    assert answer.code == 403
    assert method == "HEAD" or json.loads(answer.body)["code"] == "forbidden"


class Reader(Authorizer):
    """Lets everybody read, and nobody write."""

    def is_authorized(self, handler: Any, user: Any, action: str, resource: str) -> bool:
        return action == "read" or resource != "modelop_jupyter"


async def test_who_may_read_may_not_write(fetch: Fetch, jp_serverapp: Any) -> None:
    """Jupyter's authorizer decides for each request, whatever was asked for before."""
    jp_serverapp.web_app.settings["authorizer"] = Reader(parent=jp_serverapp)
    read = await fetch("double/1/health")
    write = await fetch("double/score", "{}")

    assert (read.code, write.code) == (200, 403)


async def test_a_form_of_another_site_is_refused(
    fetch: Fetch, login: Callable[[], Awaitable[dict[str, str]]]
) -> None:
    """A browser that is logged in by its cookie must show the XSRF token, too."""
    cookies = {**await login(), "_xsrf": "abcd"}
    header = {"Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items())}
    forged = await fetch("double/score", "{}", headers=header)
    own = await fetch("double/score", "{}", headers={**header, "X-XSRFToken": "abcd"})

    assert (forged.code, own.code) == (403, 200)


async def test_what_lets_a_user_in_stays_with_jupyter(
    fetch: Fetch, login: Callable[[], Awaitable[dict[str, str]]], jp_auth_header: dict[str, str]
) -> None:
    """Neither cookies nor tokens are sent on; the token of the deployment is."""
    cookies = await login()
    secret = jp_auth_header["Authorization"].split()[1]
    answer = await fetch(
        f"double/score?token={secret}&a=%20b&_xsrf=c&timeout=5&timeout=6&%74oken={secret}",
        "{}",
        headers={
            **jp_auth_header,
            "Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items()),
            "Referer": f"http://127.0.0.1/?token={secret}",
            "X-XSRFToken": "c",
            "X-Forwarded-For": "10.0.0.1",
        },
    )
    sent = json.loads(answer.body)

    assert sent["query"] == "a=%20b&timeout=5&timeout=6"
    assert sent["headers"]["authorization"] == "Bearer its-own"
    assert sent["headers"].keys() <= {
        *("accept", "accept-encoding", "authorization", "connection", "content-length"),
        *("content-type", "host", "user-agent"),
    }
    assert secret not in answer.body.decode()


async def test_a_path_is_sent_on_as_it_was_written(fetch: Fetch) -> None:
    """What is encoded stays so, and what is above stays above."""
    encoded = await fetch("double/a%2Fb%20c/%C3%A9")
    above = await fetch("double/../double/x")

    assert json.loads(encoded.body)["path"] == "/a%2Fb%20c/%C3%A9"
    assert json.loads(above.body)["path"] == "/../double/x"


async def test_a_body_and_its_type_are_sent_on(fetch: Fetch, jp_auth_header: Any) -> None:
    """Also what is no JSON: a deployment takes CSV."""
    headers = {**jp_auth_header, "Content-Type": "text/csv"}
    sent = json.loads((await fetch("double/invocations", "x\n1\n", headers=headers)).body)

    assert (sent["method"], sent["body"]) == ("POST", "x\n1\n")
    assert sent["headers"]["content-type"] == "text/csv"


async def test_a_get_has_no_body(fetch: Fetch) -> None:
    """The deployment would take it for another request."""
    answer = await fetch(
        "double/x", "GET /y HTTP/1.1\r\n\r\n", method="GET", allow_nonstandard_methods=True
    )

    assert (answer.code, json.loads(answer.body)["body"]) == (200, "")


async def test_a_page_of_a_program_on_the_port_cannot_act_for_the_user(fetch: Fetch) -> None:
    """A deployment that is gone leaves its port to others."""
    answer = await fetch("double/page")
    policy = answer.headers["Content-Security-Policy"]

    assert answer.headers["Content-Type"].startswith("text/html")
    assert {"sandbox", "default-src 'none'", "frame-ancestors 'self'"} <= set(policy.split("; "))
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "Location" not in answer.headers
    assert answer.headers.get("Access-Control-Allow-Origin") != "*"
    assert not any("_xsrf=mine" in cookie for cookie in answer.headers.get_list("Set-Cookie"))


async def test_nobody_on_the_port_is_said_to_be_so(
    fetch: Fetch, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A deployment may end between the look and the request."""
    url = f"http://127.0.0.1:{free_port()}"
    monkeypatch.setattr(DeploymentsApi, "address", lambda *_: DeploymentAddress(url, None))
    answer = await fetch("double/score", "{}")

    assert (answer.code, json.loads(answer.body)["code"]) == (503, "deployment_down")


async def test_records_are_answered_while_others_are_sent(connect: Connect) -> None:
    """JSON lines have no end in sight."""
    async with connect("stream") as (reader, writer):
        writer.write(chunk_of(b"1\n"))
        headers = await read_head(reader)
        first = await read_chunk(reader)
        writer.write(chunk_of(b"2\n"))
        second = await read_chunk(reader)
        writer.write(chunk_of(b""))
        end = await read_chunk(reader)

    assert headers["Content-Type"] == "application/jsonl"
    assert (first, second, end) == (b"1\n", b"2\n", b"")


async def test_a_body_of_any_size_is_never_held(connect: Connect, http_server: Any) -> None:
    """Nor is what comes back; Jupyter's own limit is for what is."""
    http_server.conn_params.max_body_size = 1_000_000
    size, count = 1 << 20, 64
    chunk = chunk_of(bytes(size))
    received = 0
    tracemalloc.start()
    async with connect("stream") as (reader, writer):

        async def send() -> None:
            for _ in range(count):
                writer.write(chunk)
                await writer.drain()
            writer.write(chunk_of(b""))

        sending = asyncio.ensure_future(send())
        await read_head(reader)
        while part := await read_chunk(reader):
            received += len(part)
        await sending
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert received == size * count
    assert peak < size * count / 4


async def test_an_answer_that_breaks_off_has_no_end(
    connect: Connect, echo: EchoServer, caplog: pytest.LogCaptureFixture
) -> None:
    """Whoever reads it would take the part for the whole. It is no fault of the server's."""
    echo.may_break.clear()
    async with connect("cut") as (reader, writer):
        writer.write(chunk_of(b""))
        await read_head(reader)
        part = await read_chunk(reader)
        echo.may_break.set()
        rest = await asyncio.wait_for(reader.read(), PATIENCE)
    await all_handled()
    errors = [record for record in caplog.records if record.levelno >= logging.ERROR]

    assert (part, rest) == (b"a part", b"")
    assert [record for record in errors if not record.name.startswith("uvicorn")] == []


async def test_a_deployment_learns_that_nobody_waits_any_more(
    connect: Connect, echo: EchoServer
) -> None:
    """Its replicas have other work."""
    async with connect("wait") as (reader, writer):
        writer.write(chunk_of(b""))
        await read_head(reader)
        await read_chunk(reader)
    await asyncio.to_thread(wait_until, echo.are_gone.is_set)

    assert echo.are_gone.is_set()

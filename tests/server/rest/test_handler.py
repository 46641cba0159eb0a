"""Who is let in: nobody unknown, nobody who may not, no forged form; and errors in one shape."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Awaitable, Callable
from functools import reduce
from pathlib import Path
from typing import Any

import pytest
from jupyter_server.auth.authorizer import Authorizer
from tornado.httpclient import HTTPClientError

from modelop_jupyter.errors import (
    ConflictError,
    EnvironmentBuildError,
    HomeError,
    InvalidNameError,
    JobNotFoundError,
    MissingExtraError,
    ModelNotFoundError,
    ModelOpError,
)
from modelop_jupyter.server.errors import (
    OutsideRootError,
    RequestValidationError,
    TooLargeError,
    status_of,
)
from modelop_jupyter.server.rest.dispatch import encode
from modelop_jupyter.server.rest.handler import ResourceHandler
from modelop_jupyter.server.rest.resource import METHODS, FileResponse, Operation, Resource
from modelop_jupyter.server.routes import resources
from tests.server.conftest import ApiCall
from tests.waiting import PATIENCE

EVERYTHING = [
    (method, resource.path)
    for resource in resources("/modelop-jupyter")
    for method in resource.operations
]


@pytest.fixture
def environments(tmp_path: Path) -> Path:
    """A folder of its own: jobs of other tests may still write to the common one."""
    folder = tmp_path / "environments"
    folder.mkdir()
    return folder


@pytest.mark.parametrize(("method", "path"), EVERYTHING)
async def test_nobody_gets_in_without_a_token(
    jp_serverapp: Any, jp_base_url: str, http_server_client: Any, method: str, path: str
) -> None:
    """Every method of every resource asks first who it is."""
    path = path.replace("{name}", "double").replace("{job}", "1234").replace("{path}", "a")
    url = f"{jp_base_url}modelop-jupyter{path}"
    body = None if method in ("get", "delete") else "{}"
    with pytest.raises(HTTPClientError) as refused:
        await http_server_client.fetch(url, method=method.upper(), body=body)
    answer = refused.value.response

    assert refused.value.code == 403
    assert answer is not None
    assert set(json.loads(answer.body)) == {"code", "message", "hint"}


@pytest.mark.parametrize("method", [*METHODS, "head"])
def test_every_method_asks_who_it_is(method: str) -> None:
    """Jupyter Server looks for the same mark, and warns where it is missing."""
    handler = getattr(ResourceHandler, method)

    assert handler.__wrapped__.__name__ == method


class Reader(Authorizer):
    """Lets everybody read, and nobody write."""

    def is_authorized(self, handler: Any, user: Any, action: str, resource: str) -> bool:
        return action == "read" or resource != "modelop_jupyter"


@pytest.fixture
def readers_only(jp_serverapp: Any) -> None:
    jp_serverapp.web_app.settings["authorizer"] = Reader(parent=jp_serverapp)


async def test_who_may_read_may_not_write(api: ApiCall, model: str, readers_only: None) -> None:
    """Jupyter's authorizer decides, by resource and action."""
    read, _ = await api("GET", f"models/{model}")
    write, problem = await api("DELETE", f"models/{model}")

    assert (read, write, problem["code"]) == (200, 403, "forbidden")


async def test_a_form_of_another_site_is_refused(
    jp_serverapp: Any, jp_base_url: str, http_server_client: Any
) -> None:
    """A browser that is logged in by its cookie must show the XSRF token, too."""
    client = http_server_client
    token = jp_serverapp.identity_provider.token
    page = await client.fetch(
        f"{jp_base_url}login?token={token}", follow_redirects=False, raise_error=False
    )
    cookies = "; ".join(header.partition(";")[0] for header in page.headers.get_list("Set-Cookie"))
    with pytest.raises(HTTPClientError) as refused:
        await client.fetch(
            f"{jp_base_url}modelop-jupyter/models",
            method="POST",
            body="{}",
            headers={"Cookie": cookies},
        )

    assert refused.value.code == 403


async def test_a_method_that_is_not_there_names_those_that_are(
    jp_fetch: Callable[..., Awaitable[Any]],
) -> None:
    """As HTTP wants it."""
    with pytest.raises(HTTPClientError) as refused:
        await jp_fetch("modelop-jupyter", "models", method="DELETE")
    answer = refused.value.response

    assert refused.value.code == 405
    assert answer is not None
    assert answer.headers["Allow"] == "GET, HEAD, POST"


READABLE = [resource.path for resource in resources("/modelop-jupyter") if resource.get]


@pytest.mark.parametrize("path", READABLE)
async def test_head_answers_where_get_does(
    jp_serverapp: Any,
    http_server_client: Any,
    jp_base_url: str,
    jp_auth_header: dict[str, str],
    model: str,
    path: str,
) -> None:
    """With the same status and headers, and nothing behind them."""
    path = path.replace("{name}", model).replace("{job}", "1234").replace("{path}", "double.py")
    url = f"{jp_base_url}modelop-jupyter{path}"
    options = {"headers": jp_auth_header, "raise_error": False}
    got = await http_server_client.fetch(url, **options)
    head = await http_server_client.fetch(url, method="HEAD", **options)
    same = ("Content-Type", "Content-Length", "Etag", "Content-Security-Policy")

    assert (head.code, head.body) == (got.code, b"")
    assert [head.headers.get(name) for name in same] == [got.headers.get(name) for name in same]


async def test_head_sends_nothing_of_a_file(
    jp_serverapp: Any, jp_fetch: Callable[..., Awaitable[Any]], tmp_path: Path
) -> None:
    """A file says how long it is; none of it is read."""
    file = tmp_path / "some.bin"
    file.write_bytes(b"0123456789")
    sent = Resource(
        path="/some", get=Operation(lambda _: FileResponse(file, "some.bin"), "Send.", None)
    )
    context = jp_serverapp.extension_manager.extension_apps["modelop_jupyter"].pop().context
    options = {"name": "modelop_jupyter", "resource": sent, "context": context}
    pattern = f"{jp_serverapp.base_url}modelop-jupyter/some"
    jp_serverapp.web_app.add_handlers(".*$", [(pattern, ResourceHandler, options)])
    head = await jp_fetch("modelop-jupyter", "some", method="HEAD")

    assert (head.code, head.body, head.headers["Content-Length"]) == (200, b"", "10")


async def test_what_has_not_changed_is_not_sent_again(
    api: ApiCall, model: str, jp_fetch: Callable[..., Awaitable[Any]]
) -> None:
    """Whoever shows the mark of the answer it has gets no other."""
    first = await jp_fetch("modelop-jupyter", "models")
    with pytest.raises(HTTPClientError) as unchanged:
        await jp_fetch(
            "modelop-jupyter", "models", headers={"If-None-Match": first.headers["Etag"]}
        )

    assert unchanged.value.code == 304


@pytest.mark.parametrize("resource", ["jobs", "lines", "previews", "models"])
@pytest.mark.parametrize("levels", [101, 900, 100_000])
@pytest.mark.parametrize(("opening", "closing"), [('{"a":', "}"), ("[", "]")])
async def test_a_body_that_is_nested_too_deeply_is_refused(
    api: ApiCall, resource: str, levels: int, opening: str, closing: str
) -> None:
    """Whoever goes through it level by level would not come back (issue 11)."""
    inner = opening * levels + "1" + closing * levels
    body = '{"kind": "batch", "model": "m", "inputs": [{"path": "a"}], "parameters": {"p": %s}}'
    status, problem = await api("POST", resource, body % inner)

    assert (status, problem["code"]) == (422, "too_deep")


@pytest.mark.parametrize("number", ["NaN", "Infinity", "1e400", "-1e400", "9" * 5000])
async def test_what_is_no_number_is_refused(api: ApiCall, number: str) -> None:
    """JSON has no infinity, however it is written."""
    body = '{"kind": "batch", "model": "m", "inputs": [{"path": "a"}], "parameters": {"p": %s}}'
    status, problem = await api("POST", "lines", body % number)

    assert (status, problem["code"]) == (400, "request")


async def test_a_result_that_is_nested_too_deeply_is_no_fault_of_the_server(
    api: ApiCall, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A metrics function may return what it likes; it is said that it cannot be shown."""
    deep: Any = reduce(lambda inner, _: [inner], range(5000), [])
    monkeypatch.setattr("modelop_jupyter.workspace.Workspace.job_document", lambda *_: deep)
    status, problem = await api("GET", "jobs/1234/document")

    assert (status, problem["code"]) == (422, "too_deep")


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("limit=0", "limit"),
        ("limit=x", "limit"),
        ("limit=100000", "limit"),
        ("offset=-1", "offset"),
        ("offset=1e3", "offset"),
        ("lmit=1", "lmit"),
        ("limit=--1", "limit"),
        ("match=%ff", "match"),
        ("no_track_activity=%ff", "no_track_activity"),
    ],
)
async def test_a_wrong_query_is_refused(api: ApiCall, query: str, message: str) -> None:
    """A mistyped name is no silent default."""
    status, problem = await api("GET", f"models?{query}")

    assert (status, problem["code"]) == (400, "request")
    assert message in problem["message"]


async def test_what_jupyter_adds_to_an_address_is_passed_over(api: ApiCall) -> None:
    """JupyterLab's client appends the time so that no cache answers."""
    status, _ = await api("GET", "models?1764000000000=&no_track_activity=1")

    assert status == 200


async def test_a_whole_number_may_have_a_point(api: ApiCall) -> None:
    """JSON has one kind of number, and JSON Schema takes 3.0 for an integer."""
    body = '{"kind": "batch", "model": "m", "inputs": [{"path": "a"}], "limit": 3.0}'
    status, made = await api("POST", "lines", body)

    assert (status, made) == (200, {"line": "%modelop batch m a --limit 3"})


async def test_a_body_that_is_too_long_is_refused(api: ApiCall) -> None:
    """The limit is told."""
    status, problem = await api("POST", "previews", b" " * (33 << 20))

    assert (status, problem["code"]) == (413, "too_large")


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (RequestValidationError("no"), 400),
        (OutsideRootError(".."), 403),
        (ModelNotFoundError("x"), 404),
        (JobNotFoundError("x"), 404),
        (ConflictError("no"), 409),
        (TooLargeError("no"), 413),
        (InvalidNameError("a b", "a-b"), 422),
        (EnvironmentBuildError("no"), 422),
        (ModelOpError("no"), 500),
        (MissingExtraError("Parquet", "arrow"), 501),
        (HomeError("/x", "full"), 503),
    ],
)
def test_every_error_has_a_status(error: ModelOpError, status: int) -> None:
    """One table decides, and the nearest ancestor counts."""
    assert status_of(error) == status


def test_numbers_that_json_lacks_are_null() -> None:
    """No browser reads NaN."""
    assert encode({"a": [float("nan"), 1.5], "b": float("inf")}) == (
        b'{"a": [null, 1.5], "b": null}'
    )


async def test_a_slow_question_keeps_nobody_waiting(
    api: ApiCall, model: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The event loop is never blocked, and quick questions do not stand behind slow ones."""
    begun, release = threading.Event(), threading.Event()

    def answer(*_: Any, **__: Any) -> None:
        begun.set()
        release.wait(PATIENCE)

    monkeypatch.setattr("modelop_jupyter.workspace.Workspace.requirements", answer)
    slow = [asyncio.ensure_future(api("GET", f"models/{model}/requirements")) for _ in range(8)]
    await asyncio.to_thread(begun.wait, PATIENCE)
    status, _ = await api("GET", "roles")
    is_waiting = not any(future.done() for future in slow)
    release.set()
    await asyncio.gather(*slow)

    assert (status, is_waiting) == (200, True)

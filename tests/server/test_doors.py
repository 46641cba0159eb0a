"""Who is let in: nobody unknown, nobody who may not, no forged form; and errors in one shape."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Awaitable, Callable
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
from modelop_jupyter.server.answering import document
from modelop_jupyter.server.declarations import METHODS
from modelop_jupyter.server.handler import ResourceHandler
from modelop_jupyter.server.problems import OutsideError, RequestError, TooLargeError, status_of
from modelop_jupyter.server.resources import resources
from tests.server.conftest import Ask

EVERYTHING = [
    (method, resource.path)
    for resource in resources("/modelop-jupyter")
    for method in resource.operations
]


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


@pytest.mark.parametrize("method", METHODS)
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


async def test_who_may_read_may_not_write(ask: Ask, model: str, readers_only: None) -> None:
    """Jupyter's authorizer decides, by resource and action."""
    read, _ = await ask("GET", f"models/{model}")
    write, problem = await ask("DELETE", f"models/{model}")

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
    cookies = "; ".join(each.partition(";")[0] for each in page.headers.get_list("Set-Cookie"))
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
    assert answer.headers["Allow"] == "GET, POST"


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("limit=0", "limit"),
        ("limit=x", "limit"),
        ("limit=100000", "limit"),
        ("offset=-1", "offset"),
        ("offset=1e3", "offset"),
        ("lmit=1", "lmit"),
    ],
)
async def test_a_wrong_query_is_refused(ask: Ask, query: str, said: str) -> None:
    """A mistyped name is no silent default."""
    status, problem = await ask("GET", f"models?{query}")

    assert (status, problem["code"]) == (400, "request")
    assert said in problem["message"]


async def test_what_jupyter_adds_to_an_address_is_passed_over(ask: Ask) -> None:
    """JupyterLab's client appends the time so that no cache answers."""
    status, _ = await ask("GET", "models?1764000000000=&no_track_activity=1")

    assert status == 200


async def test_a_whole_number_may_have_a_point(ask: Ask) -> None:
    """JSON has one kind of number, and JSON Schema takes 3.0 for an integer."""
    wish = '{"kind": "batch", "model": "m", "inputs": [{"path": "a"}], "limit": 3.0}'
    status, made = await ask("POST", "lines", wish)

    assert (status, made) == (200, {"line": "%modelop batch m a --limit 3"})


async def test_a_body_that_is_too_long_is_refused(ask: Ask) -> None:
    """The limit is told."""
    status, problem = await ask("POST", "previews", b" " * (33 << 20))

    assert (status, problem["code"]) == (413, "too_large")


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (RequestError("no"), 400),
        (OutsideError(".."), 403),
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
    assert document({"a": [float("nan"), 1.5], "b": float("inf")}) == (
        b'{"a": [null, 1.5], "b": null}'
    )


async def test_a_slow_question_keeps_nobody_waiting(
    ask: Ask, model: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The event loop is never blocked, and quick questions do not stand behind slow ones."""
    release = threading.Event()
    monkeypatch.setattr(
        "modelop_jupyter.workspace.Workspace.requirements",
        lambda *_, **__: release.wait(30) and None,
    )
    slow = [asyncio.ensure_future(ask("GET", f"models/{model}/requirements")) for _ in range(8)]
    await asyncio.sleep(0.2)
    begun = time.monotonic()
    status, _ = await ask("GET", "roles")
    seconds = time.monotonic() - begun
    is_waiting = not any(each.done() for each in slow)
    release.set()
    await asyncio.gather(*slow)

    assert (status, is_waiting) == (200, True)
    assert seconds < 5

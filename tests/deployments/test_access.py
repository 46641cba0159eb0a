"""Who may ask: those with the token, and no page of another site."""

from __future__ import annotations

import pytest

from modelop_jupyter.deployments.access import Access

_HOST = ("host", "127.0.0.1:8003")


def _refusal(
    access: Access, *headers: tuple[str, str], path: str = "/score", method: str = "POST"
) -> str | None:
    scope = {
        "type": "http",
        "path": path,
        "method": method,
        "headers": [(name.encode(), value.encode()) for name, value in headers],
    }
    error = access.refusal(scope)
    return None if error is None else error.code


@pytest.mark.parametrize(
    "host",
    "localhost localhost:8003 LOCALHOST. churn.localhost:1 127.0.0.1 127.8.0.1:9 [::1] [::1]:8".split(),
)
def test_this_machine_may_ask_by_its_names(host: str) -> None:
    assert _refusal(Access(), ("host", host)) is None


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8003", "localhost.evil.example", "10.0.0.1", "", "[::2]"]
)
def test_a_name_that_was_made_to_lead_here_is_refused(host: str) -> None:
    assert _refusal(Access(), ("host", host)) == "host"
    assert _refusal(Access(), ("host", host), method="GET") == "host"
    assert _refusal(Access(is_loopback=False), ("host", host)) is None


@pytest.mark.parametrize(
    "header",
    [
        ("origin", "http://evil.example"),
        ("origin", "http://127.0.0.1:8888"),
        ("origin", "null"),
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
    ],
)
def test_a_page_of_another_site_may_not_send_records(header: tuple[str, str]) -> None:
    assert _refusal(Access(), _HOST, header) == "cross_site"
    assert _refusal(Access(), _HOST, header, method="GET") is None


@pytest.mark.parametrize(
    "header",
    [
        ("origin", "http://127.0.0.1:8003"),
        ("sec-fetch-site", "same-origin"),
        ("sec-fetch-site", "none"),
    ],
)
def test_the_page_of_the_deployment_may_send_records(header: tuple[str, str]) -> None:
    assert _refusal(Access(), _HOST, header) is None


@pytest.mark.parametrize("token", ["secret", "sécret ü"])
def test_the_token_lets_in(token: str) -> None:
    assert _refusal(Access(token), ("authorization", f"Bearer {token}")) is None
    assert _refusal(Access(token), ("authorization", f"bearer  {token}")) is None


@pytest.mark.parametrize(
    "given", ["Bearer wrong", "Bearer secré", "Bearer ", "Basic secret", "secret", ""]
)
def test_no_other_word_lets_in(given: str) -> None:
    assert _refusal(Access("secret"), ("authorization", given)) == "unauthorized"
    assert _refusal(Access("secret")) == "unauthorized"


@pytest.mark.parametrize("path", ["/1/health", "/ping", "/"])
def test_health_and_the_page_need_no_token(path: str) -> None:
    assert _refusal(Access("secret"), path=path, method="GET") is None

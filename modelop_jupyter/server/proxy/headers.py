"""What of a request a deployment gets to see, and what of its response a browser does.

Only what is named here is sent on. Of a request, that leaves out Jupyter's cookies and tokens, which
are nobody's business but Jupyter's. Of a response, it leaves out what would speak for Jupyter:
cookies, CORS, redirects. And it leaves out what concerns one connection alone.
"""

from __future__ import annotations

from urllib.parse import unquote_plus

from tornado.httputil import HTTPHeaders

from modelop_jupyter.server.rest.validation import JUPYTER_PARAMETERS

_OF_REQUESTS = ("Accept", "Accept-Encoding", "User-Agent")
_OF_BODIES = ("Content-Encoding", "Content-Length", "Content-Type")
_OF_RESPONSES = (
    "Allow",
    "Cache-Control",
    "Content-Encoding",
    "Content-Length",
    "Content-Type",
    "Retry-After",
)


def request_headers(
    headers: HTTPHeaders, *, host: str, has_body: bool, token: str | None
) -> HTTPHeaders:
    """Return the headers of a request to a deployment; ``token`` is its own, if it has one."""
    sent = _chosen(headers, (*_OF_REQUESTS, *_OF_BODIES) if has_body else _OF_REQUESTS)
    if "Transfer-Encoding" in headers:
        # It says how long the body is, and may be contradicted.
        sent.pop("Content-Length", None)
    sent["Host"] = host
    sent["Connection"] = "close"
    if token is not None:
        sent["Authorization"] = f"Bearer {token}"
    return sent


def response_headers(headers: HTTPHeaders) -> HTTPHeaders:
    """Return the headers of a response that are sent to the browser."""
    return _chosen(headers, _OF_RESPONSES)


def request_query(query: str) -> str:
    """Return the query of a request to a deployment: without the parameters that Jupyter reads."""
    pairs = [pair for pair in query.split("&") if pair]
    return "&".join(
        pair for pair in pairs if unquote_plus(pair.partition("=")[0]) not in JUPYTER_PARAMETERS
    )


def _chosen(headers: HTTPHeaders, names: tuple[str, ...]) -> HTTPHeaders:
    return HTTPHeaders({name: headers[name] for name in names if name in headers})

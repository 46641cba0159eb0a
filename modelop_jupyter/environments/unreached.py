"""What uv and pip say when an index, an address or a file cannot be had."""

from __future__ import annotations

import re

from modelop_jupyter.environments.reasons import (
    NAME,
    Context,
    Reason,
    first_known,
    line_with_address,
)


def offline(text: str, context: Context) -> Reason | None:
    """Say what the cache lacks; whatever else is wrong may be for that reason alone."""
    said = "network was disabled" in text or "Network connectivity is disabled" in text
    if not said and not context.is_offline:
        return None
    found = re.search(
        rf"(?:ecause|and) {NAME}\S* was not found in the cache"
        rf"|Failed to download `(?:https?://\S+/)?{NAME}|No matching distribution found for {NAME}",
        text,
    )
    name = next(filter(None, found.groups()), None) if found else None
    if name and name.endswith((".whl", ".gz", ".zip")):
        name = name.partition("-")[0]
    if name is None and not said:
        return None
    return Reason(
        f"{name or 'a package that is needed'} is not in the package cache, and no index is asked"
        " (offline)",
        "Build it once with the network (without --offline and MODELOP_OFFLINE), or add its wheel"
        " to the model's assets and name the folder with --find-links",
        name if name and context.requirements.of(name) else None,
    )


def no_access(text: str, _: Context) -> Reason | None:
    if re.search(r"\b40[13] (Unauthorized|Forbidden|Client Error|Error)", text):
        return Reason(
            "the package index refuses access (wrong or missing credentials)",
            "Check the user and password of the index in pip's configuration, the requirements"
            " file's variables or ~/.netrc",
        )
    return None


def no_network(text: str, context: Context) -> Reason | None:
    found = re.search(
        r"Failed to fetch|error sending request|dns error|tcp connect error|timed out"
        r"|Connection refused|NameResolutionError|ConnectionError|NewConnectionError|Temporary failure in name"
        r"|certificate|Max retries exceeded|Failed to establish",
        text,
    )
    if not found or re.search(r"status client error \(404|HTTP error 404", text):
        return None
    address = re.search(r"(https?://[^\s`)'\",]+)", text)
    where = f" at {context.mask(address[1])}" if address else ""
    if re.search(r"certificate|SSLError|UnknownIssuer", text):
        return Reason(
            f"the server{where} shows a certificate that is not trusted",
            "Name your company's certificates: pip config set global.cert FILE",
        )
    # pip names the host that it could not connect to: one that is not the index's is a proxy.
    host = re.search(r"Connection\(host='([^']+)'", text)
    is_proxy = bool(host and address and host[1] not in address[1])
    if is_proxy or re.search(r"tunnel error|ProxyError|connect to proxy", text):
        return Reason(
            f"the proxy on the way to the package index{where} cannot be reached or refuses",
            "Check the proxy: pip config get global.proxy, and HTTPS_PROXY, HTTP_PROXY and NO_PROXY",
        )
    line = line_with_address(text, context)
    if line:
        return Reason(
            "its address cannot be reached", "Check the network and the address", line=line
        )
    return Reason(
        f"the package index cannot be reached{where}",
        "Check the network, the proxy (pip config set global.proxy URL) and the index's address",
    )


def missing_file(text: str, context: Context) -> Reason | None:
    found = re.search(
        r"(https?://[^\s`)'\",]+)[^:]{0,80}\b404\b|\b404\b[^:]{0,60}(https?://\S+)", text
    )
    if not found or "No solution found" in text:
        return None
    address = (found[1] or found[2]).rstrip(")")
    return Reason(
        f"there is no file at {address}",
        "Check the address",
        line=line_with_address(text, context),
    )


def git(text: str, context: Context) -> Reason | None:
    if not re.search(r"Git operation failed|Failed to clone|git (clone|fetch|executable)", text):
        return None
    line = line_with_address(text, context)
    if re.search(r"Git executable not found|No such file.*git", text):
        return Reason("git is not installed, which this address needs", "Install git", line=line)
    return Reason(
        "the git repository cannot be fetched",
        "Check its address, branch and your access",
        line=line,
    )


def wrong_hash(text: str, context: Context) -> Reason | None:
    found = re.search(rf"Hash mismatch for `{NAME}", text)
    pip = re.search(r"THESE PACKAGES DO NOT MATCH THE HASHES", text)
    if not found and not pip:
        return None
    name = found[1] if found else first_known(text, context)
    return Reason(
        f"the file of {name or 'a package'} that the index sends is not the one that was locked"
        " (its hash differs)",
        "The file was replaced on the index or damaged on the way: find out which before going on",
        name,
    )

"""Rules for failures to fetch from an index, an address or a repository."""

from __future__ import annotations

import re

from modelop_jupyter.environments.diagnostics.rule import (
    NAME,
    Explanation,
    RuleContext,
    first_required,
    line_with_address,
)


def not_cached(text: str, context: RuleContext) -> Explanation | None:
    """Explain a package that is not in the cache while offline, the likely cause of all else."""
    is_stated = "network was disabled" in text or "Network connectivity is disabled" in text
    if not is_stated and not context.request.indexes.is_offline:
        return None
    match = re.search(
        rf"(?:ecause|and) {NAME}\S* was not found in the cache"
        rf"|Failed to download `(?:https?://\S+/)?{NAME}|No matching distribution found for {NAME}",
        text,
    )
    name = next(filter(None, match.groups()), None) if match else None
    if name and name.endswith((".whl", ".gz", ".zip")):
        name = name.partition("-")[0]
    if name is None and not is_stated:
        return None
    return Explanation(
        f"{name or 'a package that is needed'} is not in the package cache, and no index is used"
        " (offline)",
        "Build it once with the network (without --offline and MODELOP_OFFLINE), or add its wheel"
        " to the model's assets and name the folder with --find-links",
        name if name and context.request.requirements.of(name) else None,
    )


def access_denied(text: str, _: RuleContext) -> Explanation | None:
    if re.search(r"\b40[13] (Unauthorized|Forbidden|Client Error|Error)", text):
        return Explanation(
            "the package index refuses access (wrong or missing credentials)",
            "Check the user and password of the index in pip's configuration, the requirements"
            " file's variables or ~/.netrc",
        )
    return None


def unreachable(text: str, context: RuleContext) -> Explanation | None:
    match = re.search(
        r"Failed to fetch|error sending request|dns error|tcp connect error|timed out"
        r"|Connection refused|NameResolutionError|ConnectionError|NewConnectionError|Temporary failure in name"
        r"|certificate|Max retries exceeded|Failed to establish",
        text,
    )
    if not match or re.search(r"status client error \(404|HTTP error 404", text):
        return None
    address = re.search(r"(https?://[^\s`)'\",]+)", text)
    where = f" at {context.request.mask(address[1])}" if address else ""
    if re.search(r"certificate|SSLError|UnknownIssuer", text):
        return Explanation(
            f"the server{where} shows a certificate that is not trusted",
            "Name your company's certificates: pip config set global.cert FILE",
        )
    # pip names the host that it could not connect to: one that is not the index's is a proxy.
    host = re.search(r"Connection\(host='([^']+)'", text)
    is_proxy = bool(host and address and host[1] not in address[1])
    if is_proxy or re.search(r"tunnel error|ProxyError|connect to proxy", text):
        return Explanation(
            f"the proxy on the way to the package index{where} cannot be reached or refuses",
            "Check the proxy: pip config get global.proxy, and HTTPS_PROXY, HTTP_PROXY and NO_PROXY",
        )
    line = line_with_address(text, context.request)
    if line:
        return Explanation(
            "its address cannot be reached", "Check the network and the address", line=line
        )
    return Explanation(
        f"the package index cannot be reached{where}",
        "Check the network, the proxy (pip config set global.proxy URL) and the index's address",
    )


def missing_file(text: str, context: RuleContext) -> Explanation | None:
    local = re.search(r"query metadata of file `([^`]+)`: No such file", text)
    if local:
        # Of a folder of wheels (--find-links) on the machine where the lock was made.
        return Explanation(
            f"there is no file {local[1]} on this machine", "Put it there, or use an index"
        )
    match = re.search(
        r"(https?://[^\s`)'\",]+)[^:]{0,80}\b404\b|\b404\b[^:]{0,60}(https?://\S+)", text
    )
    if not match or "No solution found" in text:
        return None
    address = (match[1] or match[2]).rstrip(")")
    return Explanation(
        f"there is no file at {address}",
        "Check the address",
        line=line_with_address(text, context.request),
    )


def git_failed(text: str, context: RuleContext) -> Explanation | None:
    if not re.search(r"Git operation failed|Failed to clone|git (clone|fetch|executable)", text):
        return None
    line = line_with_address(text, context.request)
    if re.search(r"Git executable not found|No such file.*git", text):
        return Explanation(
            "git is not installed, which this address needs", "Install git", line=line
        )
    return Explanation(
        "the git repository cannot be fetched",
        "Check its address, branch and your access",
        line=line,
    )


def wrong_hash(text: str, context: RuleContext) -> Explanation | None:
    match = re.search(rf"Hash mismatch for `{NAME}", text)
    pip = re.search(r"THESE PACKAGES DO NOT MATCH THE HASHES", text)
    if not match and not pip:
        return None
    name = match[1] if match else first_required(text, context.request)
    return Explanation(
        f"the file of {name or 'a package'} that the index sends is not the one that was locked"
        " (its hash differs)",
        "The file was replaced on the index or damaged on the way: find out which before going on",
        name,
    )

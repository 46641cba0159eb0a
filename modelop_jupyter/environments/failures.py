"""The only place that reads what uv and pip say when they fail, and says it to a person.

The tools' wording changes; what is not recognised is passed on as its own first lines.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from modelop_jupyter.domain.environments import Interpreter
from modelop_jupyter.domain.requirements import RequirementLine, Requirements, normalise
from modelop_jupyter.environments.masking import Masker, without_credentials
from modelop_jupyter.errors import EnvironmentBuildError

# Distributed by ModelOp itself, on no public index (spec 6.11).
PROPRIETARY = frozenset({"modelop", "modelop-sdk"})

# Names of modules that people write for the names of their packages.
_MEANT = {
    "bs4": "beautifulsoup4",
    "cv2": "opencv-python-headless",
    "pil": "pillow",
    "skimage": "scikit-image",
    "sklearn": "scikit-learn",
    "yaml": "pyyaml",
}

_NAME = r"([A-Za-z0-9][A-Za-z0-9._-]*)"
_TOKEN = re.compile(rf"(?<![\w.-]){_NAME}(?:\[[^\]]*\])?\s*((?:[<>=!~]=?=?\s*[\w.*+!]+,?\s*)*)")


@dataclass(frozen=True, slots=True)
class Context:
    """What was being done when the tool failed; ``elsewhere`` tells which other Python has wheels."""

    requirements: Requirements
    interpreter: Interpreter
    mask: Masker
    log: str
    is_offline: bool = False
    elsewhere: Callable[[str | None], str | None] | None = None


@dataclass(frozen=True, slots=True)
class _Reason:
    reason: str
    remedy: str
    name: str | None = None
    line: RequirementLine | None = None
    hangs_on_python: bool = False


def translate(said: str, context: Context) -> EnvironmentBuildError:
    """Return the error that says what a tool's output means, where and what to do."""
    text = re.sub(r"\x1b\[[0-9;]*m", "", said)
    # Both tools break their sentences over lines.
    flat = re.sub(
        r"\s+",
        " ",
        re.sub(
            r"^\s*(\u2570\u2500\u25b6|\u251c\u2500\u25b6|\u2502|\u00d7|cause:)",
            " ",
            text,
            flags=re.MULTILINE,
        ),
    )
    for recognise in _RECOGNISERS:
        found = recognise(flat, context)
        if found:
            return _error(found, context)
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    told = [line for line in lines if re.match(r"error|ERROR|\u00d7|cause", line)] or lines
    return _error(
        _Reason(" ".join(told[:3]) or "the installer ended without saying why", "See the log"),
        context,
    )


def _error(found: _Reason, context: Context) -> EnvironmentBuildError:
    line = found.line
    if line is None and found.name:
        line = next(iter(context.requirements.of(found.name)), None)
    reason = found.reason
    if found.name and line is None and found.name not in reason:
        reason = f"{found.name}: {reason}"
    remedy = found.remedy
    if found.hangs_on_python and context.elsewhere:
        remedy = context.elsewhere(found.name) or remedy
    meant = _MEANT.get(normalise(found.name)) if found.name else None
    if meant:
        remedy = f"Write {meant}: {found.name} is the name of its module"
    return EnvironmentBuildError(
        context.mask(reason),
        remedy=context.mask(remedy),
        asset=line.asset if line and line.line else None,
        line=line.line or None if line else None,
        requirement=context.mask(line.text) if line else None,
        log=context.log,
    )


def _line_with_address(text: str, context: Context) -> RequirementLine | None:
    """Return the line whose address a text names, however it was completed."""
    for line in context.requirements.lines:
        if line.url:
            address = without_credentials(line.url.removeprefix("git+").partition("#")[0])
            host, slash, path = address.partition("://")[2].partition("/")
            if f"{host}{slash}{path.partition('@')[0]}" in text:
                return line
    return None


def _offline(text: str, context: Context) -> _Reason | None:
    """Say what the cache lacks; whatever else is wrong may be for that reason alone."""
    said = "network was disabled" in text or "Network connectivity is disabled" in text
    if not said and not context.is_offline:
        return None
    found = re.search(
        rf"(?:ecause|and) {_NAME}\S* was not found in the cache"
        rf"|Failed to download `(?:https?://\S+/)?{_NAME}|No matching distribution found for {_NAME}",
        text,
    )
    name = next(filter(None, found.groups()), None) if found else None
    if name and name.endswith((".whl", ".gz", ".zip")):
        name = name.partition("-")[0]
    if name is None and not said:
        return None
    return _Reason(
        f"{name or 'a package that is needed'} is not in the package cache, and no index is asked"
        " (offline)",
        "Build it once with the network (without --offline and MODELOP_OFFLINE), or add its wheel"
        " to the model's assets and name the folder with --find-links",
        name if name and context.requirements.of(name) else None,
    )


def _full_disk(text: str, _: Context) -> _Reason | None:
    if re.search(r"No space left on device|os error 28\b|Errno 28|Disk quota exceeded", text):
        return _Reason("the disk is full", "Free some space and try again")
    return None


def _wrong_hash(text: str, context: Context) -> _Reason | None:
    found = re.search(rf"Hash mismatch for `{_NAME}", text)
    pip = re.search(r"THESE PACKAGES DO NOT MATCH THE HASHES", text)
    if not found and not pip:
        return None
    name = found[1] if found else _first_known(text, context)
    return _Reason(
        f"the file of {name or 'a package'} that the index sends is not the one that was locked"
        " (its hash differs)",
        "The file was replaced on the index or damaged on the way: find out which before going on",
        name,
    )


def _no_access(text: str, _: Context) -> _Reason | None:
    if re.search(r"\b40[13] (Unauthorized|Forbidden|Client Error|Error)", text):
        return _Reason(
            "the package index refuses access (wrong or missing credentials)",
            "Check the user and password of the index in pip's configuration, the requirements"
            " file's variables or ~/.netrc",
        )
    return None


def _no_network(text: str, context: Context) -> _Reason | None:
    found = re.search(
        r"Failed to fetch|error sending request|dns error|tcp connect error|timed out"
        r"|Connection refused|ConnectionError|NewConnectionError|Temporary failure in name"
        r"|certificate|Max retries exceeded|Failed to establish",
        text,
    )
    if not found or re.search(r"status client error \(404|HTTP error 404", text):
        return None
    address = re.search(r"(https?://[^\s`)'\",]+)", text)
    where = f" at {context.mask(address[1])}" if address else ""
    if re.search(r"certificate|SSLError|UnknownIssuer", text):
        return _Reason(
            f"the server{where} shows a certificate that is not trusted",
            "Name your company's certificates: pip config set global.cert FILE",
        )
    line = _line_with_address(text, context)
    if line:
        return _Reason(
            "its address cannot be reached", "Check the network and the address", line=line
        )
    return _Reason(
        f"the package index cannot be reached{where}",
        "Check the network, the proxy (pip config set global.proxy URL) and the index's address",
    )


def _missing_file(text: str, context: Context) -> _Reason | None:
    found = re.search(
        r"(https?://[^\s`)'\",]+)[^:]{0,80}\b404\b|\b404\b[^:]{0,60}(https?://\S+)", text
    )
    if not found or "No solution found" in text:
        return None
    address = (found[1] or found[2]).rstrip(")")
    return _Reason(
        f"there is no file at {address}",
        "Check the address",
        line=_line_with_address(text, context),
    )


def _git(text: str, context: Context) -> _Reason | None:
    if not re.search(r"Git operation failed|Failed to clone|git (clone|fetch|executable)", text):
        return None
    line = _line_with_address(text, context)
    if re.search(r"Git executable not found|No such file.*git", text):
        return _Reason("git is not installed, which this address needs", "Install git", line=line)
    return _Reason(
        "the git repository cannot be fetched",
        "Check its address, branch and your access",
        line=line,
    )


def _not_found(text: str, context: Context) -> _Reason | None:
    # pip goes on without an index it cannot reach, and then misses the package.
    if re.search(r"Connection broken|NewConnectionError|Could not fetch URL", text):
        return None
    found = re.search(rf"Because {_NAME}\S* was not found in the", text) or re.search(
        rf"(?:and|because) {_NAME}\S* was not found in the", text, re.IGNORECASE
    )
    pip = re.search(
        rf"No matching distribution found for {_NAME}.*from versions: none|"
        rf"from versions: none.*No matching distribution found for {_NAME}",
        text,
    )
    name = found[1] if found else (pip[1] or pip[2]) if pip else None
    if not name:
        return None
    if normalise(name) in PROPRIETARY:
        return _Reason(
            "this package is ModelOp's own and on no public index",
            "Point pip at your company's index that has it (pip config set global.extra-index-url"
            " URL), or remove the line where the model does not import it",
            name,
        )
    reason = "there is no package of this name on the index"
    parent = _parent(name, text, context)
    return _Reason(
        f"{reason} ({name}, which {parent} needs)" if parent else reason,
        "Check the spelling (the name on the index may differ from the import), or add the index"
        " that has it with --extra-index-url",
        parent or name,
    )


def _parent(name: str, text: str, context: Context) -> str | None:
    """Return the package asked for that needs one nobody asked for."""
    if context.requirements.of(name):
        return None
    found = re.search(rf"{_NAME}\S* depends? on {re.escape(name)}", text)
    return found[1] if found else None


def _other_python(text: str, context: Context) -> _Reason | None:
    found = (
        re.search(rf"{_NAME}(?:[=<>]\S*)? requires Python (\S+)", text)
        or re.search(rf"{_NAME}(?:[=<>]\S*)? depends on Python(\S+)", text)
        or re.search(rf"Package '{_NAME}' requires a different Python: \S+ not in '([^']+)'", text)
    )
    if not found:
        return None
    wanted = found[2].rstrip(",.")
    return _Reason(
        f"the versions that fit need Python {wanted}, and this is {context.interpreter.version}",
        "Choose another Python with --python, or another version of the package",
        found[1],
        hangs_on_python=True,
    )


def _no_wheel(text: str, context: Context) -> _Reason | None:
    found = re.search(rf"{_NAME}(?:==\S+)? has no (?:usable )?wheels", text)
    if not found:
        return None
    return _Reason(
        f"there is no wheel for Python {context.interpreter.minor} on this platform",
        "Choose another Python with --python, or another version of the package",
        found[1],
        hangs_on_python=True,
    )


def _conflict(text: str, context: Context) -> _Reason | None:
    if not re.search(r"unsatisfiable|ResolutionImpossible|conflicting dependencies", text):
        return None
    lines = [
        line
        for line in (*context.requirements.lines, *context.requirements.constraints)
        if line.name
        and re.search(
            rf"(?<![\w.-]){re.escape(line.name)}(?![\w-])", text.lower().replace("_", "-")
        )
    ]
    # uv writes the marker of a requirement into it: numpy{python_version < '3.12'}>=1.23.2
    plain = re.sub(r"\{[^{}]*\}", "", text)
    said = re.findall(rf"{_NAME}(?:==\S+)? depends? on ([^\s,]+)", plain)
    if len(lines) >= 2:
        first, *others = lines
        named = ", ".join(f"{line.text} ({line.where})" for line in others)
        because = "".join(f"; {name} needs {what}" for name, what in said[:2])
        return _Reason(
            f"it cannot be installed together with {named}{because}",
            "Loosen one of these lines",
            first.name,
        )
    if said and lines:
        name, what = said[0]
        return _Reason(
            f"nothing fits together: {name} needs {what}", "Choose another version", lines[0].name
        )
    return None


def _no_version(text: str, _: Context) -> _Reason | None:
    found = re.search(rf"there (?:is|are) no versions? of {_NAME}", text)
    found = found or re.search(rf"only {_NAME}\S* (?:is|are) available", text)
    pip = re.search(rf"No matching distribution found for {_NAME}", text)
    name = (found or pip or {1: None})[1]
    if not name:
        return None
    have = re.search(r"from versions: ([^)]*)\)", text)
    newest = have[1].split(", ")[-1].strip() if have and have[1] != "none" else None
    return _Reason(
        "the index has no version that fits" + (f" (the newest is {newest})" if newest else ""),
        "Check the version, or choose another Python with --python: it may exist for that one",
        name,
        hangs_on_python=True,
    )


def _build(text: str, context: Context) -> _Reason | None:
    if "Failed to fetch:" in text:
        # It never came to building: the address of a source could not be reached.
        return None
    found = re.search(rf"Failed to (?:download and )?build `?{_NAME}", text) or re.search(
        rf"Failed building wheel for {_NAME}|Failed to build {_NAME}", text
    )
    pip = re.search(r"metadata-generation-failed|subprocess-exited-with-error", text)
    if not found and not pip:
        return None
    name = (found[1] or found[2] if len(found.groups()) > 1 else found[1]) if found else None
    name = name or _first_known(text, context)
    tool = re.search(
        r"(gcc|g\+\+|cc|c\+\+|clang|gfortran|cargo|rustc|cmake|ninja|nvcc)\W{0,3}"
        r"(?:: )?(?:command not found|not found|failed: No such file|is not installed)"
        r"|(?:No such file or directory: '|command ')(gcc|g\+\+|cc|clang|gfortran|cargo|cmake)'",
        text,
    )
    if tool or re.search(r"Microsoft Visual C\+\+|Unknown compiler|no Fortran compiler", text):
        wanted = (tool[1] or tool[2]) if tool else "a compiler"
        return _Reason(
            f"there is no wheel for Python {context.interpreter.minor}, so it is built from"
            f" source, which needs {wanted}",
            f"Install {wanted}, or choose a version or a Python (--python) that has a wheel",
            name,
            hangs_on_python=True,
        )
    return _Reason(
        f"there is no wheel for Python {context.interpreter.minor}, and building it from source"
        " failed",
        "Choose a version that has a wheel for this Python, or another Python with --python",
        name,
        hangs_on_python=True,
    )


def _first_known(text: str, context: Context) -> str | None:
    """Return the first package asked for that a text names."""
    for token in _TOKEN.finditer(text):
        if context.requirements.of(token[1]):
            return token[1]
    return None


_RECOGNISERS: tuple[Callable[[str, Context], _Reason | None], ...] = (
    _full_disk,
    _offline,
    _wrong_hash,
    _no_access,
    _git,
    _build,
    _not_found,
    _no_network,
    _missing_file,
    _other_python,
    _no_wheel,
    _conflict,
    _no_version,
)

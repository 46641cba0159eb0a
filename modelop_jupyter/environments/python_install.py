"""Have uv install a Python that is missing, where the settings of the machine allow it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import lru_cache
from urllib.parse import urlsplit

from modelop_jupyter.environments.installers.indexes import read_indexes
from modelop_jupyter.environments.subprocesses import CannotStartError, run, tool_environment
from modelop_jupyter.errors import EnvironmentBuildError
from modelop_jupyter.masking import mask

# What uv reads of where Pythons come from and go to, and how it reaches them.
_VARIABLES = (
    "UV_PYTHON_INSTALL_MIRROR UV_PYTHON_DOWNLOADS UV_PYTHON_DOWNLOADS_JSON_URL UV_PYTHON_INSTALL_DIR"
    " UV_PYTHON_CACHE_DIR UV_OFFLINE UV_CACHE_DIR UV_CONFIG_FILE UV_NO_CONFIG UV_SYSTEM_CERTS"
    " UV_NATIVE_TLS UV_INSECURE_HOST UV_HTTP_TIMEOUT"
).split()
_PUBLIC_INDEXES = frozenset({"pypi.org", "pypi.python.org"})
_FALSE = frozenset({"", "0", "false", "no", "off"})
_VERSION = re.compile(r"3\.\d+(\.\d+)?\Z")
_UNREACHABLE = re.compile(r"for url \(?(\S+?)\)?(?:\s|$)")


def version_of(python: str) -> str | None:
    """Return the version that uv is asked for, None for what is no version with two numbers or three."""
    version = re.sub(r"(?i)^(c?python)?[ =-]*", "", python.strip())
    return version if _VERSION.match(version) else None


def why_not(environ: Mapping[str, str]) -> str | None:
    """Return why uv must not fetch a Python on this machine, None where nothing speaks against it."""
    indexes = read_indexes(environ)
    if indexes.is_offline:
        return "MODELOP_OFFLINE is set"
    if environ.get("UV_OFFLINE", "").lower() not in _FALSE:
        return "UV_OFFLINE is set"
    if environ.get("UV_PYTHON_DOWNLOADS", "").lower() in ("never", "false"):
        return "UV_PYTHON_DOWNLOADS forbids it"
    if environ.get("UV_PYTHON_INSTALL_MIRROR") or environ.get("UV_PYTHON_DOWNLOADS_JSON_URL"):
        return None
    origin = dict(indexes.origin)
    if indexes.no_index:
        return f"no index may be asked ({origin.get('no-index', 'no-index')})"
    host = urlsplit(indexes.index_url or "").hostname
    if indexes.index_url and host not in _PUBLIC_INDEXES:
        return (
            f"packages come from an index of your own ({origin.get('index-url', 'index-url')}), and"
            " UV_PYTHON_INSTALL_MIRROR names no place for Pythons"
        )
    return None


def installable(python: str, environ: Mapping[str, str]) -> str | None:
    """Return the version that :func:`install` would have uv install, None where it would not."""
    version = version_of(python)
    if (
        version is None
        or why_not(environ) is not None
        or not _is_known(version, _variables(environ))
    ):
        return None
    return version


def install(python: str, environ: Mapping[str, str]) -> None:
    """Have uv download a Python into the folder of its Pythons; PATH stays as it is.

    Raises :class:`EnvironmentBuildError`, which says what else can be done.
    """
    version = version_of(python)
    remedy = "Install it in another way, and choose it with --python PATH"
    if version is None:
        raise EnvironmentBuildError(f"uv cannot install {python}: it is no version", remedy=remedy)
    if (reason := why_not(environ)) is not None:
        raise EnvironmentBuildError(
            f"uv does not install Python {version}: {reason}", remedy=remedy
        )
    if not _is_known(version, _variables(environ)):
        raise EnvironmentBuildError(f"uv has no Python {version} for this machine", remedy=remedy)
    command = [_uv(), "python", "install", version, "--no-bin", "--no-progress"]
    try:
        done = run(command, env=_environment(_variables(environ)), merged=True)
    except CannotStartError as error:
        raise EnvironmentBuildError(f"uv cannot be started ({error})", remedy=remedy) from None
    if done.code:
        raise _failure(version, mask(done.messages), remedy)


def _failure(version: str, messages: str, remedy: str) -> EnvironmentBuildError:
    """Return the error for what uv said: which host cannot be reached, or its innermost cause."""
    text = " ".join(messages.split())
    unreachable = _UNREACHABLE.search(text)
    if unreachable and ("dns error" in text or "Connect" in text or "timed out" in text):
        host = urlsplit(unreachable[1]).hostname
        return EnvironmentBuildError(
            f"uv could not download Python {version}: {host} cannot be reached from this machine",
            remedy="Set UV_PYTHON_INSTALL_MIRROR to a place that can be reached, or install it in"
            " another way and choose it with --python PATH",
        )
    lines = [line.strip() for line in messages.splitlines() if line.strip()]
    reason = re.sub(r"^(error|cause): ", "", lines[-1]) if lines else "it gave no reason"
    return EnvironmentBuildError(f"uv could not install Python {version}: {reason}", remedy=remedy)


def _variables(environ: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """Return what uv is started with, and read by; as a key of what it answered before."""
    chosen = {name: environ[name] for name in _VARIABLES if environ.get(name)}
    return tuple(sorted({**tool_environment(environ), **chosen}.items()))


def _environment(variables: tuple[tuple[str, str], ...]) -> dict[str, str]:
    return dict(variables)


@lru_cache(maxsize=64)
def _is_known(version: str, variables: tuple[tuple[str, str], ...]) -> bool:
    """Ask uv whether it has a Python to download; it knows that without a network."""
    command = [_uv(), "python", "list", version, "--only-downloads", "--output-format", "json"]
    try:
        done = run(command, env=_environment(variables))
        return not done.code and any(
            each["implementation"] == "cpython" for each in json.loads(done.stdout)
        )
    except (CannotStartError, ValueError, KeyError, TypeError):
        return False


def _uv() -> str:
    import uv

    try:
        return uv.find_uv_bin()
    except FileNotFoundError:
        return "uv"

"""Environment variables: which of the user's a process of ours is started with, and which it is told in private.

What a process was started with can be read by every other process of the same user
(``/proc/PID/environ``), so also by a model. Whatever may be secret is no part of that: who is to
fetch packages or to open the registry is told it over a pipe (``engines/private.py``).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

# Where things are on this machine: every program may know it.
_SYSTEM = frozenset(
    """
    PATH HOME USER LOGNAME SHELL LANG LANGUAGE TZ TMP TEMP TMPDIR TERM
    XDG_CACHE_HOME XDG_CONFIG_HOME XDG_DATA_HOME XDG_RUNTIME_DIR LD_LIBRARY_PATH
    SYSTEMROOT SYSTEMDRIVE WINDIR COMSPEC PATHEXT APPDATA LOCALAPPDATA PROGRAMDATA PROGRAMFILES
    USERPROFILE HOMEDRIVE HOMEPATH NUMBER_OF_PROCESSORS PROCESSOR_ARCHITECTURE
    """.split()
)
# What a process of ours needs besides, to be the same Python with the same settings.
_OURS = frozenset(
    """
    PYTHONPATH PYTHONHOME PYTHONPYCACHEPREFIX PYENV_ROOT CUDA_VISIBLE_DEVICES
    MODELOP_HOME MODELOP_WARM MODELOP_PREPARE MODELOP_OFFLINE MODELOP_FAULT
    """.split()
)
# The network, compilers, keyrings and git: addresses among them may hold a password.
_BUILDING = frozenset(
    """
    DBUS_SESSION_BUS_ADDRESS PYTHON_KEYRING_BACKEND
    HTTP_PROXY HTTPS_PROXY ALL_PROXY NO_PROXY SSL_CERT_FILE SSL_CERT_DIR REQUESTS_CA_BUNDLE
    CURL_CA_BUNDLE NETRC SSH_AUTH_SOCK SSH_AGENT_PID GIT_SSL_CAINFO GIT_SSH GIT_SSH_COMMAND
    CC CXX FC AR LD CFLAGS CXXFLAGS CPPFLAGS LDFLAGS MAKEFLAGS PKG_CONFIG_PATH SDKROOT
    MACOSX_DEPLOYMENT_TARGET ARCHFLAGS LIBRARY_PATH CPATH CUDA_HOME
    """.split()
)
# Where pip looks for its settings, and what drivers of databases read.
_PRIVATE = frozenset(
    "XDG_CONFIG_DIRS MODELOP_REGISTRY_URL UV_CACHE_DIR TNS_ADMIN ORACLE_HOME".split()
)
_PRIVATE_BEGINNINGS = ("PIP_", "PG", "MYSQL_", "KRB5")


def for_programs(environ: Mapping[str, str]) -> dict[str, str]:
    """Return what a program needs that asks no network: a foreign Python, above all."""
    return {name: value for name, value in environ.items() if _is_of_system(name)}


def for_builds(environ: Mapping[str, str]) -> dict[str, str]:
    """Return what a tool needs that fetches and builds packages, but for the indexes."""
    return {
        name: value
        for name, value in environ.items()
        if _is_of_system(name) or name.upper() in _BUILDING
    }


def plain(environ: Mapping[str, str]) -> dict[str, str]:
    """Return what a process of ours is started with: every process of the user may see it."""
    return {name: value for name, value in environ.items() if _is_plain(name)}


def private(environ: Mapping[str, str], more: Iterable[str] = ()) -> dict[str, str]:
    """Return what only who builds or opens the registry is told; ``more`` are names that requirements use."""
    wanted = {*more}
    return {
        name: value
        for name, value in environ.items()
        if not _is_plain(name)
        and (
            name in wanted
            or name.upper() in _BUILDING
            or name in _PRIVATE
            or name.startswith(_PRIVATE_BEGINNINGS)
        )
    }


def _is_plain(name: str) -> bool:
    return _is_of_system(name) or name.upper() in _OURS


def _is_of_system(name: str) -> bool:
    return name.upper() in _SYSTEM or name.startswith("LC_")

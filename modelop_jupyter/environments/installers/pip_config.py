"""Pip's configuration files, and whether they changed.

A module of its own, as every search for a known lock needs it and nothing heavier.
"""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Mapping
from pathlib import Path


def configuration_files(environ: Mapping[str, str]) -> list[Path]:
    """Return the files pip would read, the least important first (pip's own order)."""
    chosen = environ.get("PIP_CONFIG_FILE")
    if chosen == os.devnull:
        return []
    home = Path(environ.get("HOME") or environ.get("USERPROFILE") or Path.home())
    if sys.platform == "win32":
        shared = [Path(environ.get("PROGRAMDATA", r"C:\ProgramData")) / "pip" / "pip.ini"]
        user = [home / "pip" / "pip.ini"]
        if environ.get("APPDATA"):
            user.append(Path(environ["APPDATA"]) / "pip" / "pip.ini")
        site = Path(sys.prefix) / "pip.ini"
    else:
        shared = [
            Path(folder) / "pip" / "pip.conf"
            for folder in reversed(environ.get("XDG_CONFIG_DIRS", "/etc/xdg").split(":"))
            if folder
        ]
        shared.append(Path("/etc/pip.conf"))
        config = Path(environ.get("XDG_CONFIG_HOME") or home / ".config")
        if sys.platform == "darwin":
            shared.insert(0, Path("/Library/Application Support/pip/pip.conf"))
            support = home / "Library" / "Application Support"
            config = support if (support / "pip").is_dir() else config
        user = [home / ".pip" / "pip.conf", config / "pip" / "pip.conf"]
        site = Path(sys.prefix) / "pip.conf"
    files = [*shared, *user, site]
    return [*files, Path(chosen)] if chosen else files


def settings_of(environ: Mapping[str, str]) -> dict[str, str]:
    """Return a digest of each ``PIP_*`` variable and configuration file: the values may be secret."""
    settings = {name: value for name, value in environ.items() if name.startswith("PIP_") and value}
    for path in configuration_files(environ):
        try:
            settings[str(path)] = path.read_text("utf-8", "replace")
        except OSError:
            continue
    return {name: _digest(value) for name, value in settings.items()}


def _digest(value: str) -> str:
    return hashlib.sha256(value.encode("utf-8", "replace")).hexdigest()[:16]


def state_of_configuration(environ: Mapping[str, str]) -> bytes:
    """Return bytes that change when pip's configuration does; cheaper than parsing it."""
    pieces = [f"{k}={v}" for k, v in sorted(environ.items()) if k.startswith("PIP_")]
    for path in configuration_files(environ):
        try:
            pieces.append(f"{path}:{path.read_text('utf-8', 'replace')}")
        except OSError:
            continue
    return "\n".join(pieces).encode("utf-8", "replace")

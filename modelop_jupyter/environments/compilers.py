"""How to get what a source build misses, by platform."""

from __future__ import annotations

import shutil
import sys

_C = frozenset({"gcc", "g++", "cc", "c++", "clang", "make", "ld"})
_PACKAGES = {
    "apt-get": ("apt install", {"compiler": "build-essential", "headers": "python3-dev"}),
    "dnf": ("dnf install", {"compiler": "gcc gcc-c++ make", "headers": "python3-devel"}),
    "apk": ("apk add", {"compiler": "build-base", "headers": "python3-dev"}),
    "zypper": ("zypper install", {"compiler": "gcc gcc-c++ make", "headers": "python3-devel"}),
    "pacman": ("pacman -S", {"compiler": "base-devel", "headers": "python"}),
}


def how_to_get(tool: str) -> str:
    """Return what to do about a missing compiler, tool or ``Python.h``."""
    if tool in ("cargo", "rustc"):
        return f"Install Rust, which brings {tool} (rustup.rs, or your system's packages)"
    if tool in _C and sys.platform == "darwin":
        return f"Install Apple's command line tools, which bring {tool}: xcode-select --install"
    if tool in _C and sys.platform == "win32":
        return f"Install the Microsoft C++ Build Tools, which stand for {tool}"
    for program, (command, names) in _PACKAGES.items():
        if shutil.which(program):
            package = names["headers"] if tool == "Python.h" else names["compiler"]
            known = tool in _C or tool == "Python.h"
            return f"Install {tool}: {command} {package if known else tool}"
    return f"Install {tool}"

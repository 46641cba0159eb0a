"""Rules for failures to build, unpack or write a package."""

from __future__ import annotations

import re
import shutil
import sys

from modelop_jupyter.environments.diagnostics.rule import (
    NAME,
    Explanation,
    RuleContext,
    first_required,
)

_TOOLS = "|".join(
    r"gcc gcc-\d+ g\+\+ cc c\+\+ clang clang\+\+ ld make gfortran f77 cargo rustc cmake ninja nvcc swig"
    r" patchelf pkg-config".split()
)
_COMPILERS = frozenset({"gcc", "g++", "cc", "c++", "clang", "make", "ld"})
_PACKAGES = {
    "apt-get": ("apt install", {"compiler": "build-essential", "headers": "python3-dev"}),
    "dnf": ("dnf install", {"compiler": "gcc gcc-c++ make", "headers": "python3-devel"}),
    "apk": ("apk add", {"compiler": "build-base", "headers": "python3-dev"}),
    "zypper": ("zypper install", {"compiler": "gcc gcc-c++ make", "headers": "python3-devel"}),
    "pacman": ("pacman -S", {"compiler": "base-devel", "headers": "python"}),
}


def disk_full(text: str, _: RuleContext) -> Explanation | None:
    if re.search(r"No space left on device|os error 28\b|Errno 28|Disk quota exceeded", text):
        return Explanation("the disk is full", "Free some space and try again")
    return None


def build_failed(text: str, context: RuleContext) -> Explanation | None:
    if "Failed to fetch:" in text:
        # Nothing was built: the address of a source could not be reached.
        return None
    match = re.search(rf"Failed to (?:download and )?build `?{NAME}", text) or re.search(
        rf"Failed building wheel for {NAME}|Failed to build {NAME}", text
    )
    pip = re.search(r"metadata-generation-failed|subprocess-exited-with-error", text)
    if not match and not pip:
        return None
    name = (match[1] or match[2] if len(match.groups()) > 1 else match[1]) if match else None
    name = name or first_required(text, context.request)
    minor = context.request.interpreter.minor
    tool = _missing_tool(text)
    if tool:
        return Explanation(
            f"there is no wheel for Python {minor}, so it is built from source, which needs {tool}",
            _how_to_install(tool),
            name,
            depends_on_python=True,
            keeps_remedy=True,
        )
    return Explanation(
        f"there is no wheel for Python {minor}, and building it from source failed",
        "Choose a version that has a wheel for this Python, or another Python with --python",
        name,
        depends_on_python=True,
    )


def _missing_tool(text: str) -> str | None:
    """Return the compiler, build tool or header that a build did not find."""
    match = re.search(
        rf"(?<![\w-])({_TOOLS})\W{{0,3}}(?:: )?"
        r"(?:command not found|not found|failed: No such file|is not installed)"
        rf"|(?:No such file or directory: '|command ')({_TOOLS})'"
        r"|fatal error: ([\w./+-]+\.h\w*): No such file",
        text,
    )
    if match:
        return match[1] or match[2] or match[3]
    if re.search(r"Microsoft Visual C\+\+|Unknown compiler|no acceptable C compiler", text):
        return "cc"
    if "no Fortran compiler" in text:
        return "gfortran"
    return "cargo" if re.search(r"can't find Rust compiler|Rust toolchain", text) else None


def damaged_file(text: str, _: RuleContext) -> Explanation | None:
    """Explain a file that is no archive: cut off in transit, or a proxy's page instead of it."""
    match = re.search(
        rf"Failed to (?:download|unpack|extract|read)[^`]{{0,40}}`{NAME}.*(?:Invalid zip|Failed to extract|"
        rf"ZIP|truncated|not a zip|invalid(?! peer| cert))|Wheel '{NAME}' located at \S+ is invalid",
        text,
    )
    if not match:
        return None
    name = match[1] or match[2]
    return Explanation(
        f"the file of {name} is damaged: it is not a complete archive",
        "Fetch it again (uv cache clean removes the cached copy), or replace the file",
        name,
    )


def _how_to_install(tool: str) -> str:
    """Return how to install a missing compiler, tool or ``Python.h`` on this platform."""
    if tool in ("cargo", "rustc"):
        return f"Install Rust, which brings {tool} (rustup.rs, or your system's packages)"
    if tool in _COMPILERS and sys.platform == "darwin":
        return f"Install Apple's command line tools, which bring {tool}: xcode-select --install"
    if tool in _COMPILERS and sys.platform == "win32":
        return f"Install the Microsoft C++ Build Tools, which stand for {tool}"
    for program, (command, names) in _PACKAGES.items():
        if shutil.which(program):
            package = names["headers"] if tool == "Python.h" else names["compiler"]
            known = tool in _COMPILERS or tool == "Python.h"
            return f"Install {tool}: {command} {package if known else tool}"
    return f"Install {tool}"

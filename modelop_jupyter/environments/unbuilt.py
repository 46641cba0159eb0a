"""What uv and pip say when a package cannot be built or written."""

from __future__ import annotations

import re

from modelop_jupyter.environments.compilers import how_to_get
from modelop_jupyter.environments.reasons import NAME, Context, Reason, first_known

_TOOLS = "|".join(
    r"gcc gcc-\d+ g\+\+ cc c\+\+ clang clang\+\+ ld make gfortran f77 cargo rustc cmake ninja nvcc swig"
    r" patchelf pkg-config".split()
)


def full_disk(text: str, _: Context) -> Reason | None:
    if re.search(r"No space left on device|os error 28\b|Errno 28|Disk quota exceeded", text):
        return Reason("the disk is full", "Free some space and try again")
    return None


def build(text: str, context: Context) -> Reason | None:
    if "Failed to fetch:" in text:
        # It never came to building: the address of a source could not be reached.
        return None
    found = re.search(rf"Failed to (?:download and )?build `?{NAME}", text) or re.search(
        rf"Failed building wheel for {NAME}|Failed to build {NAME}", text
    )
    pip = re.search(r"metadata-generation-failed|subprocess-exited-with-error", text)
    if not found and not pip:
        return None
    name = (found[1] or found[2] if len(found.groups()) > 1 else found[1]) if found else None
    name = name or first_known(text, context)
    wanted = _missing_tool(text)
    if wanted:
        return Reason(
            f"there is no wheel for Python {context.interpreter.minor}, so it is built from"
            f" source, which needs {wanted}",
            how_to_get(wanted),
            name,
            hangs_on_python=True,
            is_mendable=True,
        )
    return Reason(
        f"there is no wheel for Python {context.interpreter.minor}, and building it from source"
        " failed",
        "Choose a version that has a wheel for this Python, or another Python with --python",
        name,
        hangs_on_python=True,
    )


def _missing_tool(text: str) -> str | None:
    """Return what a build looked for and did not find: a compiler, a build tool, a header."""
    found = re.search(
        rf"(?<![\w-])({_TOOLS})\W{{0,3}}(?:: )?"
        r"(?:command not found|not found|failed: No such file|is not installed)"
        rf"|(?:No such file or directory: '|command ')({_TOOLS})'"
        r"|fatal error: ([\w./+-]+\.h\w*): No such file",
        text,
    )
    if found:
        return found[1] or found[2] or found[3]
    if re.search(r"Microsoft Visual C\+\+|Unknown compiler|no acceptable C compiler", text):
        return "cc"
    if "no Fortran compiler" in text:
        return "gfortran"
    return "cargo" if re.search(r"can't find Rust compiler|Rust toolchain", text) else None


def corrupted(text: str, _: Context) -> Reason | None:
    """Recognise a file that is no archive: cut off on the way, or a page of a proxy under its name."""
    found = re.search(
        rf"Failed to (?:download|unpack|extract|read)[^`]{{0,40}}`{NAME}.*(?:Invalid zip|Failed to extract|"
        rf"ZIP|truncated|not a zip|invalid(?! peer| cert))|Wheel '{NAME}' located at \S+ is invalid",
        text,
    )
    if not found:
        return None
    name = found[1] or found[2]
    return Reason(
        f"the file of {name} is damaged: it is no complete archive",
        "Fetch it again (uv cache clean removes what was kept of it), or put another copy in its place",
        name,
    )

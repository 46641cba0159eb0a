"""The only place that says to a person what uv and pip said when they failed.

The tools' wording changes; what is not recognised is passed on as its own first lines.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from modelop_jupyter.domain.requirements import normalise
from modelop_jupyter.environments import unbuilt, unreached, unresolved
from modelop_jupyter.environments.reasons import Context, Reason, first_known
from modelop_jupyter.errors import EnvironmentBuildError

__all__ = ["Context", "translate"]

# Names of modules that people write for the names of their packages.
_MEANT = {
    "bs4": "beautifulsoup4",
    "cv2": "opencv-python-headless",
    "pil": "pillow",
    "skimage": "scikit-image",
    "sklearn": "scikit-learn",
    "yaml": "pyyaml",
}


def translate(said: str, context: Context) -> EnvironmentBuildError:
    """Return the error that says what a tool's output means, where and what to do."""
    # What a build prints as it goes; of one that failed, uv tells the end again.
    text = re.sub(r"^DEBUG .*\n?", "", re.sub(r"\x1b\[[0-9;]*m", "", said), flags=re.MULTILINE)
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
    for recognise in _OUTSIDE:
        if found := recognise(flat, context):
            return _error(found, context)
    if found := unresolved.unreadable(text, context):
        return _error(found, context)
    for recognise in _INSIDE:
        if found := recognise(flat, context):
            return _error(found, context)
    return _error(_unknown(text, flat, context), context)


def _unknown(text: str, flat: str, context: Context) -> Reason:
    """Return a failure nobody here knows of in its own words, with the line that it names."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    told = [line for line in lines if re.match(r"error|ERROR|\u00d7|cause", line)] or lines
    return Reason(
        " ".join(told[:3]) or "the installer ended without saying why",
        "The log tells all of it; 'requirements NAME --check' looks at each line by itself",
        first_known(flat, context),
        next(iter(context.requirements.lines), None) if _is_one(context) else None,
    )


def _is_one(context: Context) -> bool:
    return len(context.requirements.lines) == 1


def _error(found: Reason, context: Context) -> EnvironmentBuildError:
    line = found.line
    if line is None and found.name:
        line = next(iter(context.requirements.of(found.name)), None)
    reason = found.reason
    if found.name and line is None and found.name not in reason:
        reason = f"{found.name}: {reason}"
    remedy = found.remedy
    other = context.elsewhere(found.name) if found.hangs_on_python and context.elsewhere else None
    if other:
        remedy = f"{remedy}. {other}" if found.is_mendable else other
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


# What is wrong around the packages, and what is wrong with them.
_OUTSIDE: tuple[Callable[[str, Context], Reason | None], ...] = (
    unbuilt.full_disk,
    unbuilt.corrupted,
    unresolved.other_name,
    unreached.offline,
    unreached.wrong_hash,
    unreached.no_access,
    unreached.git,
    unbuilt.build,
)
_INSIDE: tuple[Callable[[str, Context], Reason | None], ...] = (
    unresolved.not_found,
    unreached.no_network,
    unreached.missing_file,
    unresolved.other_python,
    unresolved.no_wheel,
    unresolved.conflict,
    unresolved.no_version,
    unresolved.no_solution,
)

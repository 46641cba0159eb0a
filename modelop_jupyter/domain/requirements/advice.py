"""Advice on lines and files that are no requirements: what is wrong, and what to write instead.

A proposal keeps the user's own name and version, and is a requirement itself.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

_NAME = r"([A-Za-z0-9](?:[\w.-]*[A-Za-z0-9])?(?:\[[^\]]*\])?)"
_VERSION = r"v?(\d[\w.!+*-]*)"
_INFER = "Type 'requirements NAME --infer', which makes them from the model's imports"

# Characters that editors, web pages and word processors put in the place of plain ones.
_ODD_CHARACTERS = {
    **dict.fromkeys("\u00a0\u1680\u2007\u202f\u3000", " "),
    **dict.fromkeys((chr(code) for code in range(0x2000, 0x200B)), " "),
    **dict.fromkeys("\u200b\u200c\u200d\u2060\ufeff\u00ad", ""),
    **dict.fromkeys("\u2018\u2019\u201a\u201c\u201d\u201e\u00ab\u00bb", '"'),
    **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212", "-"),
    "\u2265": ">=",
    "\u2264": "<=",
    "\u2260": "!=",
    "\uff1d": "=",
    "\uff0c": ",",
}


@dataclass(frozen=True, slots=True)
class Advice:
    """Why a line is no requirement, beyond that it is none, and what to do about it."""

    why: str
    remedy: str


@dataclass(frozen=True, slots=True)
class _Mistake:
    """A common mistake in a requirement, and how it is corrected.

    ``right`` is a template for the match of the pattern, or a function of the line.
    """

    pattern: re.Pattern[str]
    why: str
    right: str | Callable[[str], str]


def _without(pattern: str) -> Callable[[str], str]:
    return lambda text: re.sub(pattern, "", text).strip()


# The first whose correction is a requirement is proposed.
_MISTAKES = (
    _Mistake(
        re.compile(r"[!%$]?\s*(?:python[\d.]* -m )?(?:pip[\d.]*|conda|mamba|uv pip) install\s"),
        "it is a command",
        _without(r"^.*?\binstall\s+(?:-\S+\s+)*"),
    ),
    _Mistake(
        re.compile(r"[-*\u2022]\s+\S"),
        "a requirements file has no bullets",
        _without(r"^[-*\u2022]\s+"),
    ),
    _Mistake(
        re.compile(r".*[\"'`]"),
        "it must not have quotation marks",
        _without(r"[\"'`]|[\"'`]?\s*,\s*$"),
    ),
    _Mistake(
        re.compile(r".*[,;]\s*$"), "there is an extra character at its end", _without(r"[\s,;]+$")
    ),
    _Mistake(
        re.compile(rf"{_NAME}\s*=\s*([\w.]+)(?:=\S+)?$"), "that is how conda writes it", r"\1==\2"
    ),
    _Mistake(
        re.compile(rf"{_NAME}\s*(?:\(\s*)?{_VERSION}\s*\)?(?:\s+\S+){{0,2}}$"),
        "there is no == before its version",
        r"\1==\2",
    ),
    _Mistake(
        re.compile(rf"{_NAME}\s*(?:@|:|->|-)\s*{_VERSION}$"),
        "there is no == before its version",
        r"\1==\2",
    ),
    _Mistake(
        re.compile(rf"{_NAME}\s*(=>|=<)\s*{_VERSION}$"),
        "its comparison is the wrong way round",
        lambda text: text.replace("=>", ">=").replace("=<", "<="),
    ),
    _Mistake(
        re.compile(rf"{_NAME}\s*\^\s*{_VERSION}$"),
        "^ is Poetry's notation, and not allowed here",
        r"\1>=\2",
    ),
    _Mistake(
        re.compile(rf"{_NAME}\s*(?:[=<>~!]=*\s*)?(?:latest|any|\*)$", re.IGNORECASE),
        "a name alone stands for the latest version",
        r"\1",
    ),
    _Mistake(
        re.compile(rf"{_NAME}\s*[<>=!~].*\s(?:and|&+)\s*[<>=!~]|{_NAME}\s*[<>=!~]\S*\s+[<>=!~]"),
        "two conditions are separated by a comma",
        lambda text: re.sub(r"(?<=[\d*])\s+(?:and\s+|&+\s*)?(?=[<>=!~])", ",", text),
    ),
    _Mistake(
        re.compile(rf"{_NAME}\s*(?:>=|<=|>|<|~=)\s*[\d.]+\.\*"),
        "a star is allowed with == and != only",
        lambda text: re.sub(r"((?:>=|<=|>|<|~=)\s*\d[\d.]*)\.\*", r"\1", text),
    ),
)
_TORCH_LABEL = re.compile(r"(cpu|cu\d+|rocm[\d.]+|xpu)\b")

# Names that tools write into requirements, and that can never be installed.
_NEVER = {
    "pkg-resources": Advice(
        "it is not a package, but a bug of 'pip freeze' on Debian and Ubuntu", "Remove the line"
    ),
    "python": Advice(
        "Python itself is not a package",
        "Remove the line; 'register NAME --python X.Y' chooses the Python",
    ),
}


def never_installable(name: str) -> Advice | None:
    """Return why a normalised name cannot be that of a package, None for any other."""
    return _NEVER.get(name)


def advice_on(text: str) -> Advice:
    """Return what is wrong with a line that is no requirement, and what to write."""
    plain = "".join(_ODD_CHARACTERS.get(sign, sign) for sign in text).strip()
    odd = next((sign for sign in text if sign in _ODD_CHARACTERS), None)
    if odd is not None and _is_requirement(plain):
        return Advice(
            f"it has the character U+{ord(odd):04X} of a text editor or web page", _write(plain)
        )
    several = _several(plain)
    if several:
        return Advice(
            "each package needs a line of its own",
            f"Write {' and '.join(several)} on lines of their own",
        )
    for mistake, right in _proposals(plain):
        return Advice(mistake.why, _write(right, star=mistake.why.startswith("a star")))
    return Advice("", _general(plain))


def _proposals(text: str, depth: int = 3) -> Iterator[tuple[_Mistake, str]]:
    """Yield mistakes and corrections; a line may have several mistakes at once."""
    for mistake in _MISTAKES:
        if not mistake.pattern.match(text):
            continue
        right = (
            mistake.right(text)
            if callable(mistake.right)
            else mistake.pattern.sub(mistake.right, text)
        )
        if right == text:
            continue
        if _is_requirement(right):
            yield mistake, right
        elif depth:
            yield from ((mistake, further) for _, further in _proposals(right, depth - 1))


def _several(text: str) -> list[str]:
    """Return the requirements of a line that holds two or more, by commas or blanks."""
    for pattern in (r"\s*,\s+|,(?=[A-Za-z])", r"\s+(?=[A-Za-z][\w.-]*\s*(?:==|>=|~=))"):
        parts = [part for part in re.split(pattern, text) if part]
        if len(parts) > 1 and all(_is_requirement(part) for part in parts):
            return parts
    return []


def _is_requirement(text: str) -> bool:
    from packaging.requirements import InvalidRequirement, Requirement

    try:
        return bool(Requirement(text).name)
    except InvalidRequirement:
        return False


def _write(right: str, *, star: bool = False) -> str:
    return f"Write {right} without the star" if star else f"Write {right}"


def _general(text: str) -> str:
    from packaging.version import InvalidVersion, Version

    if re.match(r"(import|from)\s", text):
        return "Write the package's name alone"
    pinned = re.match(r"([A-Za-z0-9._-]+)\s*(?:===?|>=|<=|~=)\s*([^\s,;]+)", text)
    if pinned:
        try:
            Version(pinned[2])
        except InvalidVersion:
            return f"{pinned[2]!r} is not a version: write one as in PEP 440, such as 1.2.3"
        return f"Write it as {pinned[1]}=={pinned[2]}"
    name = re.match(r"[A-Za-z0-9][A-Za-z0-9._-]*", text)
    return f"Write it as {name[0] if name else 'name'}==1.2.3"


def local_label_advice(name: str, version: str) -> Advice | None:
    """Return what to do about a version with a local label, such as ``1.13.1+cu118``, that no index has."""
    plain, plus, label = version.partition("+")
    if not plus:
        return None
    is_of_torch = _TORCH_LABEL.match(label) is not None
    where = f" https://download.pytorch.org/whl/{label}" if is_of_torch else " URL"
    return Advice(
        f"the index has no {name} with the label +{label}, which marks a build that another index has",
        f"Write {name}=={plain}, or name that index on a line of its own: --extra-index-url{where}",
    )


# Files of other tools, by what they hold.
_FORMATS = (
    (r"\A\s*Package\s+Version\b.*\n\s*-{3,}\s+-{3,}", "the output of 'pip list'"),
    (
        r"\A\s*# packages in environment at .*|^# Name\s+Version\s+Build",
        "the output of 'conda list'",
    ),
    (
        r"\A\s*# This file may be used to create an environment using:|^# platform: \S+$",
        "a list of conda's ('conda list --export')",
    ),
    (r"^@EXPLICIT\s*$", "a list of conda's ('conda list --explicit')"),
    (r"^dependencies:\s*(?:#.*)?\n\s*-\s", "an environment.yml of conda's"),
    (
        r"^\[(?:tool\.poetry|project|build-system|packages|dev-packages|\[package)\b",
        "a project's TOML file",
    ),
    (r"\A\s*\[\s*\{\s*\"name\"\s*:", "the output of 'pip list --format json'"),
)


def foreign_format(text: str) -> Advice | None:
    """Return advice on a file of another tool, None for what may be a requirements file."""
    for pattern, what in _FORMATS:
        if re.search(pattern, text, re.MULTILINE):
            return Advice(f"this is {what}, not a requirements file", _INFER)
    return None

"""What uv and pip say when no versions fit together."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress

from modelop_jupyter.domain.requirement_advice import local_label_advice
from modelop_jupyter.domain.requirements import RequirementLine, normalise
from modelop_jupyter.domain.standard_library import is_standard
from modelop_jupyter.environments.metadata import find_unreadable
from modelop_jupyter.environments.reasons import NAME, Context, Reason, first_known

_OPERATOR = r"(?:===|[<>=!~]=|[<>])"
# numpy>=1.19.5,<2.0 as uv writes it, numpy<2.0 and >=1.19.5 as pip does: no part of it is left out.
_RANGE = rf"{_OPERATOR}\s?[\w.*+!-]+(?:(?:,\s?|\s(?:and|,)\s){_OPERATOR}\s?[\w.*+!-]+)*"
_WANTED = rf"[A-Za-z0-9][\w.-]*(?:\[[^\]]*\])?(?:{_RANGE})?"
_NEEDS = re.compile(
    rf"(?<![\w.<>=!~,+-]){NAME}(?:\[[^\]]*\])?({_RANGE}|\s\d[\w.+!]*)? depends? on"
    # The versions that uv gives a choice of are all of one package.
    rf"(?: one of:( ([A-Za-z0-9][\w.-]*?)(?:{_RANGE})(?: \4{_RANGE})*)| ({_WANTED}))"
)
# Distributed by ModelOp itself, on no public index (spec 6.11).
PROPRIETARY = frozenset({"modelop", "modelop-sdk"})


def not_found(text: str, context: Context) -> Reason | None:
    # pip goes on without an index it cannot reach, and then misses the package.
    if re.search(r"(?i)connection broken|NewConnectionError|Could not fetch URL", text):
        return None
    found = re.search(rf"Because {NAME}\S* was not found in the", text) or re.search(
        rf"(?:and|because) {NAME}\S* was not found in the", text, re.IGNORECASE
    )
    pip = re.search(
        rf"No matching distribution found for {NAME}.*from versions: none|"
        rf"from versions: none.*No matching distribution found for {NAME}",
        text,
    )
    name = found[1] if found else (pip[1] or pip[2]) if pip else None
    if not name:
        return None
    if normalise(name) in PROPRIETARY:
        return Reason(
            "this package is ModelOp's own and on no public index",
            "Point pip at your company's index that has it (pip config set global.extra-index-url"
            " URL), or remove the line where the model does not import it",
            name,
        )
    asked, python = context.requirements.of(name), context.interpreter.minor
    if asked and is_standard(name, python):
        return Reason(f"this is part of Python {python}, and no package", "Remove the line", name)
    reason = "there is no package of this name on the index"
    parent = _parent(name, text, context)
    return Reason(
        f"{reason} ({name}, which {parent} needs)" if parent else reason,
        f"{_suggestion(name)}, or add the index that has it with --extra-index-url",
        parent or name,
    )


def _suggestion(name: str) -> str:
    """Return a name that was meant perhaps: the packages of this notebook are known to exist."""
    from importlib.metadata import distributions

    known = {normalise(each.metadata["Name"] or "") for each in distributions()}
    close = difflib.get_close_matches(normalise(name), sorted(known), 1, 0.8)
    if close and close[0] != normalise(name):
        return f"Did you mean {close[0]}? Check the spelling"
    return "Check the spelling (the name on the index may differ from the import)"


def _parent(name: str, text: str, context: Context) -> str | None:
    """Return the package asked for that needs one nobody asked for."""
    if context.requirements.of(name):
        return None
    found = re.search(rf"{NAME}\S* depends? on {re.escape(name)}", text)
    return found[1] if found else None


def other_python(text: str, context: Context) -> Reason | None:
    found = (
        re.search(rf"{NAME}(?:[=<>]\S*)? requires Python (\S+)", text)
        or re.search(rf"{NAME}(?:[=<>]\S*)? depends on Python(\S+)", text)
        or re.search(rf"Package '{NAME}' requires a different Python: \S+ not in '([^']+)'", text)
    )
    if not found:
        return None
    wanted = found[2].rstrip(",.")
    return Reason(
        f"the versions that fit need Python {wanted}, and this is {context.interpreter.version}",
        "Choose another Python with --python, or another version of the package",
        found[1],
        hangs_on_python=True,
    )


def no_wheel(text: str, context: Context) -> Reason | None:
    found = re.search(rf"{NAME}(?:==\S+)? has no (?:usable )?wheels", text)
    if not found:
        return None
    return Reason(
        f"there is no wheel for Python {context.interpreter.minor} on this platform",
        "Choose another Python with --python, or another version of the package",
        found[1],
        hangs_on_python=True,
    )


def conflict(text: str, context: Context) -> Reason | None:
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
    said = list(_needs(text))
    if len(lines) >= 2:
        first, *others = lines
        named = ", ".join(f"{line.shown} ({line.where})" for line in others)
        because = "".join(f"; {each}" for each in said[:2])
        return Reason(
            f"it cannot be installed together with {named}{because}",
            "Loosen one of these lines",
            first.name,
        )
    if said and lines:
        return Reason(f"nothing fits together: {said[0]}", "Choose another version", lines[0].name)
    return None


def _needs(text: str) -> Iterator[str]:
    """Yield who needs what, as a resolver's sentences say it: each once, and each whole."""
    # uv writes the marker of a requirement into it: numpy{python_version < '3.12'}>=1.23.2
    plain = re.sub(r"\{[^{}]*\}", "", text)
    told = set()
    for found in _NEEDS.finditer(plain):
        name, which, choice, _, one = found.groups()
        # What holds for some versions only is said of these; the one that is asked for is known.
        some = which if which and not which.startswith(("==", " ")) else ""
        what = " or ".join(choice.split()) if choice else one.rstrip(".")
        sentence = f"{name}{some} needs {what}"
        if sentence not in told:
            told.add(sentence)
            yield sentence


def unreadable(text: str, context: Context) -> Reason | None:
    """Recognise a package whose own metadata no resolver that could be had takes; wants whole lines."""
    found = find_unreadable(text)
    if found is None:
        return None
    return Reason(
        str(found),
        f"Choose another version of {found.name}: this one is for a pip before 24.1, and none could"
        " be had (see the log)",
        found.name if context.requirements.of(found.name) else _only_one(context),
    )


def no_solution(text: str, context: Context) -> Reason | None:
    """Give a resolver's own sentence where it is none of those known: whole, and by a line's name."""
    found = re.search(r"(?:Because|The conflict is caused by:) .*?(?:unsatisfiable\.?|$)", text)
    if not found or not re.search(r"No solution found|ResolutionImpossible|unsatisfiable", text):
        return None
    said = re.sub(r"\{[^{}]*\}", "", found[0])
    return Reason(
        f"nothing fits together: {said}",
        "Loosen this line or one that it does not go with, or choose another Python with --python",
        first_known(text, context) or _only_one(context),
        hangs_on_python=True,
    )


def _only_one(context: Context) -> str | None:
    """Return the one package that is asked for, as nothing else can have brought another one."""
    names = context.requirements.names
    return next(iter(names)) if len(names) == 1 else None


def no_version(text: str, context: Context) -> Reason | None:
    found = re.search(rf"there (?:is|are) no versions? of {NAME}", text)
    found = found or re.search(rf"only {NAME}\S* (?:is|are) available", text)
    pip = re.search(rf"No matching distribution found for {NAME}", text)
    name = (found or pip or {1: None})[1]
    if not name:
        return None
    have = re.search(r"from versions: ([^)]*)\)", text)
    listed = have[1].split(", ") if have and have[1] != "none" else []
    pinned = next((each for each in map(_pin, context.requirements.of(name)) if each), None)
    if pinned and (label := local_label_advice(name, pinned)):
        return Reason(label.why, label.remedy, name)
    if pinned and not listed and context.around:
        listed = context.around(name, pinned)
    near = _near(pinned, listed)
    return Reason(
        f"the index has no version that fits{f' ({near})' if near else ''}",
        "Write a version that is there"
        if near and found
        else "Check the version, or choose another Python with --python: it may exist for that one",
        name,
        # pip passes over what another Python could have, uv says so.
        hangs_on_python=found is None,
    )


def _pin(line: RequirementLine) -> str | None:
    found = re.fullmatch(r"===?\s*([\w.+!-]+)", line.specifier)
    return found[1] if found else None


def _near(pinned: str | None, listed: Sequence[str]) -> str | None:
    """Say which of the versions there are come nearest to the one that is asked for."""
    from packaging.version import InvalidVersion, Version

    versions = []
    for text in listed:
        with suppress(InvalidVersion):
            versions.append(Version(text.strip()))
    if not versions:
        return None
    told = [f"the newest is {max(versions)}"]
    with suppress(InvalidVersion, ValueError):
        below = max(each for each in versions if each < Version(pinned or ""))
        if below != max(versions):
            told.insert(0, f"the nearest below is {below}")
    return ", ".join(told)


def other_name(text: str, _: Context) -> Reason | None:
    """Recognise an address under another package's name."""
    found = re.search(
        rf"Requested package name `{NAME}` does not match `{NAME}`|AssertionError: '{NAME}' != '{NAME}'",
        text,
    )
    if not found:
        return None
    asked, there = (found[1], found[2]) if found[1] else (found[3], found[4])
    return Reason(f"the file at its address is {there}, not {asked}", f"Write {there} @ …", asked)

"""Rules for failures to find versions that fit together."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress

from modelop_jupyter.domain.requirements import RequirementLine, normalise
from modelop_jupyter.domain.requirements.advice import local_label_advice
from modelop_jupyter.domain.source_code.standard_library import is_standard
from modelop_jupyter.environments.diagnostics.rule import (
    NAME,
    Explanation,
    RuleContext,
    first_required,
)
from modelop_jupyter.environments.installers.invalid_metadata import find_invalid_metadata
from modelop_jupyter.environments.lock.request import ResolveRequest

_OPERATOR = r"(?:===|[<>=!~]=|[<>])"
# numpy>=1.19.5,<2.0 as uv writes it, numpy<2.0 and >=1.19.5 as pip does: no part of it is left out.
_RANGE = rf"{_OPERATOR}\s?[\w.*+!-]+(?:(?:,\s?|\s(?:and|,)\s){_OPERATOR}\s?[\w.*+!-]+)*"
_WANTED = rf"[A-Za-z0-9][\w.-]*(?:\[[^\]]*\])?(?:{_RANGE})?"
_NEEDS = re.compile(
    rf"(?<![\w.<>=!~,+-]){NAME}(?:\[[^\]]*\])?({_RANGE}|\s\d[\w.+!]*)? depends? on"
    # The versions that uv gives a choice of are all of one package.
    rf"(?: one of:( ([A-Za-z0-9][\w.-]*?)(?:{_RANGE})(?: \4{_RANGE})*)| ({_WANTED}))"
)
# Of several packages that were left out, uv names each.
_LEFT_OUT = re.compile(
    rf"hint: `{NAME}` was filtered by `exclude-newer`[^`]*?The (latest|requested) version"
    r"[^`]*? v(\S+?)(?:, (?:was )?published at (\S+?))?\. "
)
# Distributed by ModelOp, and on no public index (spec 6.11).
PROPRIETARY = frozenset({"modelop", "modelop-sdk"})


def unknown_package(text: str, context: RuleContext) -> Explanation | None:
    # pip goes on without an index that it cannot reach, and then does not find the package.
    if re.search(r"(?i)connection broken|NewConnectionError|Could not fetch URL", text):
        return None
    match = re.search(rf"Because {NAME}\S* was not found in the", text) or re.search(
        rf"(?:and|because) {NAME}\S* was not found in the", text, re.IGNORECASE
    )
    pip = re.search(
        rf"No matching distribution found for {NAME}.*from versions: none|"
        rf"from versions: none.*No matching distribution found for {NAME}",
        text,
    )
    name = match[1] if match else (pip[1] or pip[2]) if pip else None
    if not name:
        return None
    if normalise(name) in PROPRIETARY:
        return Explanation(
            "this package is ModelOp's own and on no public index",
            "Point pip at your company's index that has it (pip config set global.extra-index-url"
            " URL), or remove the line where the model does not import it",
            name,
        )
    is_required = bool(context.request.requirements.of(name))
    python = context.request.interpreter.minor
    if is_required and is_standard(name, python):
        return Explanation(
            f"this is part of Python {python}, not a package", "Remove the line", name
        )
    reason = "there is no package of this name on the index"
    parent = _parent(name, text, context)
    return Explanation(
        f"{reason} ({name}, which {parent} needs)" if parent else reason,
        f"{_suggestion(name)}, or add the index that has it with --extra-index-url",
        parent or name,
    )


def published_later(text: str, context: RuleContext) -> Explanation | None:
    """Explain what the day of ``--as-of`` leaves out."""
    as_of = context.request.as_of
    match = _LEFT_OUT.search(text)
    if not as_of or not match:
        return None
    name, kind, version, published = match.groups()
    required = name if context.request.requirements.of(name) else None
    if published is None:
        return Explanation(
            f"the index does not say when the files of {name} were uploaded, so that it cannot be"
            f" resolved as of {as_of}",
            "Use an index that says it (PEP 700), such as https://pypi.org/simple, or leave --as-of"
            " out",
            required or first_required(text, context.request),
        )
    day = published[:10]
    if kind == "requested":
        reason, example = (
            f"{name} {version} was published on {day}, after {as_of}",
            f", such as {day}",
        )
    else:
        reason, example = f"no version of {name} that fits was published by {as_of}", ""
    return Explanation(
        reason,
        f"Choose a later day for --as-of{example}, or another version of {name}",
        required or first_required(text, context.request),
    )


def _suggestion(name: str) -> str:
    """Suggest a similar name among the packages of this notebook, which exist."""
    from importlib.metadata import distributions

    known = {normalise(package.metadata["Name"] or "") for package in distributions()}
    close = difflib.get_close_matches(normalise(name), sorted(known), 1, 0.8)
    if close and close[0] != normalise(name):
        return f"Did you mean {close[0]}? Check the spelling"
    return "Check the spelling (the name on the index may differ from the import)"


def _parent(name: str, text: str, context: RuleContext) -> str | None:
    """Return the required package that depends on a package nobody requires directly."""
    if context.request.requirements.of(name):
        return None
    match = re.search(rf"{NAME}\S* depends? on {re.escape(name)}", text)
    return match[1] if match else None


def other_python(text: str, context: RuleContext) -> Explanation | None:
    match = (
        re.search(rf"{NAME}(?:[=<>]\S*)? requires Python (\S+)", text)
        or re.search(rf"{NAME}(?:[=<>]\S*)? depends on Python(\S+)", text)
        or re.search(rf"Package '{NAME}' requires a different Python: \S+ not in '([^']+)'", text)
    )
    if not match:
        return None
    versions = match[2].rstrip(",.")
    return Explanation(
        f"the versions that fit need Python {versions}, and this is"
        f" {context.request.interpreter.version}",
        "Choose another Python with --python, or another version of the package",
        match[1],
        depends_on_python=True,
    )


def no_wheel(text: str, context: RuleContext) -> Explanation | None:
    match = re.search(rf"{NAME}(?:==\S+)? has no (?:usable )?wheels", text)
    if not match:
        return None
    return Explanation(
        f"there is no wheel for Python {context.request.interpreter.minor} on this platform",
        "Choose another Python with --python, or another version of the package",
        match[1],
        depends_on_python=True,
    )


def conflict(text: str, context: RuleContext) -> Explanation | None:
    if not re.search(r"unsatisfiable|ResolutionImpossible|conflicting dependencies", text):
        return None
    lines = [
        line
        for line in (*context.request.requirements.lines, *context.request.requirements.constraints)
        if line.name
        and re.search(
            rf"(?<![\w.-]){re.escape(line.name)}(?![\w-])", text.lower().replace("_", "-")
        )
    ]
    causes = list(_dependencies(text))
    if len(lines) >= 2:
        first, *others = lines
        named = ", ".join(f"{line.shown} ({line.where})" for line in others)
        because = "".join(f"; {cause}" for cause in causes[:2])
        return Explanation(
            f"it cannot be installed together with {named}{because}",
            "Loosen one of these lines",
            first.name,
        )
    if causes and lines:
        return Explanation(
            f"no versions fit together: {causes[0]}", "Choose another version", lines[0].name
        )
    return None


def _dependencies(text: str) -> Iterator[str]:
    """Yield what a resolver says about dependencies, as ``pandas needs numpy>=1.26``, each once."""
    # uv writes the marker of a requirement into it: numpy{python_version < '3.12'}>=1.23.2
    plain = re.sub(r"\{[^{}]*\}", "", text)
    sentences = set()
    for match in _NEEDS.finditer(plain):
        name, versions, choice, _, one = match.groups()
        # A range of versions is named, and a single version, which is the required one, is not.
        some = versions if versions and not versions.startswith(("==", " ")) else ""
        dependency = " or ".join(choice.split()) if choice else one.rstrip(".")
        sentence = f"{name}{some} needs {dependency}"
        if sentence not in sentences:
            sentences.add(sentence)
            yield sentence


def invalid_metadata(text: str, context: RuleContext) -> Explanation | None:
    """Explain a package whose metadata every available installer refused; needs whole lines."""
    metadata = find_invalid_metadata(text)
    if metadata is None:
        return None
    name = metadata.name
    return Explanation(
        str(metadata),
        f"Choose another version of {name}: only a pip before 24.1 accepts this one, and none could"
        " be fetched (see the log)",
        name if context.request.requirements.of(name) else _only_required(context.request),
    )


def no_solution(text: str, context: RuleContext) -> Explanation | None:
    """Pass a resolver's own sentence on, with the first required package that it names."""
    match = re.search(r"(?:Because|The conflict is caused by:) .*?(?:unsatisfiable\.?|$)", text)
    if not match or not re.search(r"No solution found|ResolutionImpossible|unsatisfiable", text):
        return None
    sentence = re.sub(r"\{[^{}]*\}", "", match[0])
    return Explanation(
        f"no versions fit together: {sentence}",
        "Loosen this line or one that conflicts with it, or choose another Python with --python",
        first_required(text, context.request) or _only_required(context.request),
        depends_on_python=True,
    )


def _only_required(request: ResolveRequest) -> str | None:
    """Return the one required package, which is the cause of all others, or None for several."""
    names = request.requirements.names
    return next(iter(names)) if len(names) == 1 else None


def no_version(text: str, context: RuleContext) -> Explanation | None:
    match = re.search(rf"there (?:is|are) no versions? of {NAME}", text)
    match = match or re.search(rf"only {NAME}\S* (?:is|are) available", text)
    pip = re.search(rf"No matching distribution found for {NAME}", text)
    name = (match or pip or {1: None})[1]
    if not name:
        return None
    available = re.search(r"from versions: ([^)]*)\)", text)
    versions = available[1].split(", ") if available and available[1] != "none" else []
    pinned = next(filter(None, map(_pinned, context.request.requirements.of(name))), None)
    if pinned and (advice := local_label_advice(name, pinned)):
        return Explanation(advice.why, advice.remedy, name)
    if pinned and not versions and context.others:
        versions = context.others.versions_near(name, pinned)
    near = _near(pinned, versions)
    return Explanation(
        f"the index has no version that fits{f' ({near})' if near else ''}",
        "Write a version that exists"
        if near and match
        else "Check the version, or choose another Python with --python: it may exist for that one",
        name,
        # pip skips versions for other Pythons, and uv says that there are some.
        depends_on_python=match is None,
    )


def _pinned(line: RequirementLine) -> str | None:
    match = re.fullmatch(r"===?\s*([\w.+!-]+)", line.specifier)
    return match[1] if match else None


def _near(pinned: str | None, texts: Sequence[str]) -> str | None:
    """Name the newest version, and the nearest below the pinned one; None without any version."""
    from packaging.version import InvalidVersion, Version

    versions = []
    for text in texts:
        with suppress(InvalidVersion):
            versions.append(Version(text.strip()))
    if not versions:
        return None
    parts = [f"the newest is {max(versions)}"]
    with suppress(InvalidVersion, ValueError):
        below = max(version for version in versions if version < Version(pinned or ""))
        if below != max(versions):
            parts.insert(0, f"the nearest below is {below}")
    return ", ".join(parts)


def other_name(text: str, _: RuleContext) -> Explanation | None:
    """Explain an address whose file is another package's."""
    match = re.search(
        rf"Requested package name `{NAME}` does not match `{NAME}`|AssertionError: '{NAME}' != '{NAME}'",
        text,
    )
    if not match:
        return None
    required, actual = (match[1], match[2]) if match[1] else (match[3], match[4])
    return Explanation(
        f"the file at its address is {actual}, not {required}", f"Write {actual} @ …", required
    )

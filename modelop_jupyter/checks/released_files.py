"""Whether the runtime can install the locked versions: what their indexes say of each."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from importlib.metadata import Distribution
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from modelop_jupyter.domain.checks import Finding
from modelop_jupyter.domain.environments import Environment, Lock
from modelop_jupyter.domain.requirements import Requirements, normalise
from modelop_jupyter.environments.installers.index_pages import ListedFile, Listing
from modelop_jupyter.environments.lock.pylock import Pin, pins_of
from modelop_jupyter.environments.lock.wheels import tags_of_runtime, tags_of_wheel
from modelop_jupyter.environments.site_packages import installed_in

if TYPE_CHECKING:
    from packaging.markers import Marker
    from packaging.tags import Tag

_LINUX = {
    "os_name": "posix",
    "platform_machine": "x86_64",
    "platform_release": "",
    "platform_system": "Linux",
    "platform_version": "",
    "sys_platform": "linux",
}
_SOURCE = re.compile(r"\.(zip|tar\.gz|tgz|tar\.bz2|tar\.xz|tar)\Z", re.IGNORECASE)
_FEW = 3


def release_findings(
    lock: Lock, listing: Listing, requirements: Requirements, environment: Environment
) -> tuple[Finding, ...]:
    """Return a finding for each package that is yanked, or that the runtime has no wheel of.

    Nothing is said of a package whose index did not answer: :func:`unanswered` has those.
    """
    pins = list(pins_of(lock.text))
    tags = tags_of_runtime(lock.interpreter)
    yanked = (_yanked(pin, listing.files.get(pin.name, ()), requirements) for pin in pins)
    without = [pin for pin in pins if not _has_wheel(pin, listing, requirements, tags)]
    if without:
        needed = needed_on_linux(requirements, lock, installed_in(Path(environment.python)))
        without = [pin for pin in without if pin.name in needed]
    return (
        *(finding for finding in yanked if finding),
        *(_without_wheel(pin, listing, lock, requirements) for pin in without),
    )


def unanswered(listing: Listing) -> str | None:
    """Say what is not known of which packages, and why; None if everything is."""
    reasons: dict[str, list[str]] = {}
    for name, reason in listing.unanswered.items():
        reasons.setdefault(reason, []).append(name)
    if not reasons:
        return None
    answers = [f"{_named(names)} ({reason})" for reason, names in reasons.items()]
    return f"yanked versions, and wheels for the runtime, of {'; '.join(answers)}"


def needed_on_linux(
    requirements: Requirements, lock: Lock, installed: Iterable[Distribution]
) -> frozenset[str]:
    """Return the packages of a lock that are installed on Linux, too: markers may say otherwise."""
    from packaging.requirements import Requirement

    by_name = {normalise(one.metadata["Name"]): one for one in installed}
    surroundings = _LINUX | {
        "implementation_name": "cpython",
        "platform_python_implementation": "CPython",
        "python_version": lock.interpreter.minor,
        "python_full_version": lock.interpreter.version,
        "implementation_version": lock.interpreter.version,
    }

    def holds(marker: Marker | None, extra: str = "") -> bool:
        return marker is None or marker.evaluate({**surroundings, "extra": extra})

    added = [Requirement(text) for text in lock.additions]
    waiting = [
        *(
            (line.name, line.extras)
            for line in requirements.lines
            if line.name and holds(_marker(line.marker))
        ),
        *((normalise(one.name), tuple(one.extras)) for one in added),
    ]
    seen: set[tuple[str, str]] = set()
    while waiting:
        name, extras = waiting.pop()
        for extra in ("", *extras):
            if (name, extra) in seen:
                continue
            seen.add((name, extra))
            depends = by_name[name].requires if name in by_name else None
            for one in map(Requirement, depends or ()):
                if holds(one.marker, extra):
                    waiting.append((normalise(one.name), tuple(one.extras)))
    return frozenset(name for name, _ in seen)


def _marker(text: str | None) -> Marker | None:
    from packaging.markers import Marker

    return Marker(text) if text else None


def _yanked(pin: Pin, files: Collection[ListedFile], requirements: Requirements) -> Finding | None:
    """A version is yanked if every file of it is (PEP 592)."""
    if not files or any(file.yanked is None for file in files):
        return None
    reason = next((" ".join(file.yanked.split()) for file in files if file.yanked), "")
    asset, line = _line_of(pin, requirements)
    return Finding(
        "yanked",
        "warned",
        f"{pin.name} {pin.version} is yanked: it was withdrawn from the index",
        f"Require another version of {pin.name}",
        file=asset,
        line=line,
        evidence=reason or None,
    )


def _has_wheel(
    pin: Pin, listing: Listing, requirements: Requirements, tags: Collection[Tag]
) -> bool:
    """Say whether the runtime takes a wheel of a package, or that this is not known."""
    names = set(_names(pin, listing, requirements))
    if any(tag in tags for name in names for tag in tags_of_wheel(name)):
        return True
    # A repository is built wherever it is installed, as its requirement says.
    return bool(pin.vcs) or pin.name in listing.unanswered


def _without_wheel(pin: Pin, listing: Listing, lock: Lock, requirements: Requirements) -> Finding:
    what = f"{pin.name} {pin.version}".strip()
    where = f"Python {lock.interpreter.minor} on Linux (x86-64)"
    names = sorted(set(_names(pin, listing, requirements)))
    asset, line = _line_of(pin, requirements)
    if any(_SOURCE.search(name) for name in names):
        return Finding(
            "no_wheel",
            "warned",
            f"{what} has no wheel for {where}, so that the runtime must build it from source",
            "Require a version with such a wheel, or add one as an asset: a build takes minutes, and"
            " may need a compiler that the runtime does not have",
            file=asset,
            line=line,
        )
    platforms = sorted({tag.platform for name in names for tag in tags_of_wheel(name)})
    return Finding(
        "platform_bound",
        "failed",
        f"{what} can be installed for {_few(platforms)} only, and the runtime needs a wheel for {where}",
        "Require a version that has one, or add such a wheel as an asset",
        file=asset,
        line=line,
    )


def _names(pin: Pin, listing: Listing, requirements: Requirements) -> Iterator[str]:
    """Yield the names of the files that may be installed: the lock's, and those of the index.

    Where the requirement has hashes, only files with one of them.
    """
    for file in pin.files:
        yield unquote(urlsplit(file.url or file.path or "").path.rpartition("/")[2])
    allowed = {value for line in requirements.of(pin.name) for value in line.hashes}
    for listed in listing.files.get(pin.name, ()):
        if not allowed or not listed.hashes or allowed.intersection(listed.hashes):
            yield listed.name


def _line_of(pin: Pin, requirements: Requirements) -> tuple[str | None, int | None]:
    lines = requirements.of(pin.name)
    return (lines[0].asset, lines[0].line) if lines else (None, None)


def _named(names: Collection[str]) -> str:
    return _few(names) if len(names) <= _FEW else f"{len(names)} packages"


def _few(names: Collection[str]) -> str:
    shown = list(names)[:_FEW]
    return ", ".join(shown) + (", …" if len(names) > _FEW else "")

"""A requirements file made from what the sources import, with the versions of this kernel."""

from __future__ import annotations

import platform
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from modelop_jupyter.capture.imports import Import, paths_of
from modelop_jupyter.domain.models import ModelState
from modelop_jupyter.domain.requirement_advice import foreign_format
from modelop_jupyter.domain.requirement_lines import decode
from modelop_jupyter.domain.requirement_reports import InferredLine, InferredRequirements
from modelop_jupyter.domain.requirements import Requirements, normalise
from modelop_jupyter.domain.roles import AssetRole
from modelop_jupyter.domain.standard_library import standard_library
from modelop_jupyter.registry.blobs import BlobStore
from modelop_jupyter.workspace.imported import Sources
from modelop_jupyter.workspace.installed import Installed, installed_here
from modelop_jupyter.workspace.providers import Providers

DEFAULT = "requirements.txt"


@dataclass(frozen=True, slots=True)
class Need:
    """A module that is imported, where, and the packages of this kernel that bring it."""

    item: Import
    path: str
    packages: tuple[Installed, ...]

    @property
    def where(self) -> str:
        return f"{self.path}, line {self.item.line}"


def infer(
    model: str,
    state: ModelState,
    parsed: Requirements,
    mistaken: Mapping[tuple[str, int], str],
    blobs: BlobStore,
    *,
    python: str | None,
) -> InferredRequirements:
    """Return the file that the imports ask for, merged with the one that is there.

    Lines of the file stay as they are, but for ``mistaken`` ones, which name modules where packages
    are meant. ``python`` is the version that the model runs on.
    """
    asset = target(state)
    needs = list(_needs(state, blobs, python))
    lines = [*_mended(parsed, mistaken, asset), *_added(needs, parsed, mistaken)]
    here = platform.python_version()
    notes = []
    if python and not here.startswith(f"{python}."):
        notes.append(
            f"The model runs on Python {python}, these versions are of Python {here}:"
            " 'requirements NAME --check' tells which of them it can have.".replace("NAME", model)
        )
    return InferredRequirements(
        model=model,
        asset=asset,
        text=_text(_old(state, asset, blobs), lines, parsed, mistaken, asset),
        lines=tuple(lines),
        python=sys.executable,
        version=here,
        notes=tuple(notes),
    )


def target(state: ModelState) -> str:
    """Return the path of the file to write: ``requirements.txt``, or the one that has the role."""
    holders = [asset.path for asset in state.with_role(AssetRole.REQUIRED_LIBRARIES)]
    return DEFAULT if DEFAULT in holders or not holders else holders[0]


def _needs(state: ModelState, blobs: BlobStore, python: str | None) -> Iterator[Need]:
    sources, providers, seen = Sources(state, blobs), Providers(), set()
    standard = standard_library(python)
    for path, item in sources.imports():
        is_own = item.module in sources.importable or (
            sources.changes_path and item.module in sources.elsewhere
        )
        if path in sources.reached and item.module not in standard and not is_own:
            if item.module not in seen:
                below = paths_of(sources.texts[path], item.module)
                yield Need(item, path, installed_here(item.module, below, providers))
            seen.add(item.module)


def _added(
    needs: Iterable[Need], parsed: Requirements, mistaken: Mapping[tuple[str, int], str]
) -> Iterator[InferredLine]:
    sound = {x.name: x for x in parsed.lines if (x.asset, x.line) not in mistaken}
    done: set[str] = set()
    for need in needs:
        for package in need.packages:
            if package.name in done:
                continue
            done.add(package.name)
            there = sound.get(package.name)
            if there is not None:
                remark = None
                if package.version and there.specifier not in ("", f"=={package.public}"):
                    remark = f"this kernel has {package.version}"
                yield InferredLine("kept", there.shown, need.item.module, need.where, remark)
            elif need.item.is_optional and package.version is None:
                continue
            else:
                state = "added" if package.is_installable else "not installable"
                yield InferredLine(
                    state, package.line, need.item.module, need.where, package.remark
                )


def _mended(
    parsed: Requirements, mistaken: Mapping[tuple[str, int], str], asset: str
) -> Iterator[InferredLine]:
    for line in parsed.lines:
        said = mistaken.get((line.asset, line.line))
        if said and line.asset == asset:
            yield InferredLine("removed", line.shown, None, line.where, f"{said}.")
    for problem in parsed.problems:
        if problem.asset == asset:
            # What is no text at all cannot be kept in a file of lines.
            state = "not usable" if problem.line else "removed"
            where = f"{asset}, line {problem.line}" if problem.line else asset
            yield InferredLine(state, problem.text, None, where, f"{problem.reason}.")


def _old(state: ModelState, asset: str, blobs: BlobStore) -> str:
    found = next((each for each in state.assets if each.path == asset), None)
    text = decode(blobs.read(found.digest))[0] or "" if found else ""
    # Of a file that is another tool's, no line can be kept.
    return "" if foreign_format(text) else text


def _text(
    old: str,
    lines: Iterable[InferredLine],
    parsed: Requirements,
    mistaken: Mapping[tuple[str, int], str],
    asset: str,
) -> str:
    """Return the file that was there without what cannot be right, and with what was missing."""
    gone = {line.line for line in parsed.lines if (line.asset, line.line) in mistaken}
    gone = {number for number in gone if (asset, number) in mistaken}
    kept = [text for number, text in enumerate(old.splitlines(), 1) if number not in gone]
    added = []
    for line in lines:
        if line.state == "added":
            added.append(line.text)
        elif line.state == "not installable":
            added.append(f"# {line.text}: {line.remark}")
    new = sorted(added, key=lambda text: (text.startswith("#"), normalise(text)))
    return "".join(f"{text}\n" for text in [*kept, *new])

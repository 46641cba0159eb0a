"""Which requirements a model does without: neither imported nor loaded while a sample is scored."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from importlib.metadata import Distribution
from pathlib import Path

from modelop_jupyter.domain.environments import Environment
from modelop_jupyter.domain.requirements import Requirements, normalise
from modelop_jupyter.domain.requirements.changes import SpareLine
from modelop_jupyter.environments.site_packages import installed_in, site_packages


def spare_lines(
    requirements: Requirements,
    unused: Collection[str],
    loaded: Collection[str],
    additions: Iterable[str],
    environment: Environment,
) -> tuple[tuple[SpareLine, ...], int]:
    """Return the lines that can go, each with what only it brings, and the bytes of all together.

    ``unused`` are required packages that no source imports, ``loaded`` those that were loaded.
    """
    installed = {
        normalise(one.metadata["Name"]): one for one in installed_in(Path(environment.python))
    }
    spare = [
        line
        for line in requirements.lines
        if line.name and line.name in unused and line.name not in loaded
    ]
    names = {line.name for line in spare}
    kept = {line.name for line in requirements.lines if line.name and line.name not in names}
    needed = _with_dependencies([*kept, *additions, *loaded], installed)
    root = site_packages(Path(environment.python))
    lines = []
    for line in spare:
        gone = _with_dependencies([line.name or ""], installed) - needed
        size = sum(_size(installed[name], root) for name in gone)
        lines.append(SpareLine(line.asset, line.line, line.text, tuple(sorted(gone)), size))
    together = {name for line in lines for name in line.packages}
    return tuple(lines), sum(_size(installed[name], root) for name in together)


def without_spare_lines(text: str, lines: Iterable[SpareLine]) -> str:
    """Return a requirements file without some lines; all others stay as they are."""
    first = {line.line for line in lines}
    kept, is_left_out, goes_on = [], False, False
    for number, line in enumerate(text.splitlines(keepends=True), start=1):
        # Hashes stand in lines of their own, each but the last with a backslash at its end.
        is_left_out = is_left_out if goes_on else number in first
        goes_on = line.rstrip("\r\n").endswith("\\")
        if not is_left_out:
            kept.append(line)
    return "".join(kept)


def _with_dependencies(
    names: Iterable[str], installed: Mapping[str, Distribution]
) -> frozenset[str]:
    """Return the installed packages among some, and all that they depend on there."""
    from packaging.requirements import Requirement

    closed: set[str] = set()
    waiting = [normalise(name) for name in names]
    while waiting:
        name = waiting.pop()
        if name in closed or name not in installed:
            continue
        closed.add(name)
        for text in installed[name].requires or ():
            # One of an extra may be there for it: what is installed is not spare then.
            waiting.append(normalise(Requirement(text).name))
    return frozenset(closed)


def _size(distribution: Distribution, root: Path) -> int:
    paths = (root / str(file) for file in distribution.files or ())
    return sum(path.stat().st_size for path in paths if path.is_file())

"""Tags of a captured module: exactly those of its entry points."""

from __future__ import annotations

from modelop_jupyter.domain.logical_lines import read_logical_lines
from modelop_jupyter.domain.models import ENTRY_POINT_KINDS, EntryPoints
from modelop_jupyter.domain.smart_tags import scan


def retagged(text: str, points: EntryPoints) -> str:
    """Take away the tags of functions that are no entry points, and give the others theirs."""
    lines = text.split("\n")
    tagged: set[tuple[str, str]] = set()
    dropped: set[int] = set()
    for tag in scan(text).functions:
        if tag.name is not None and points.get(tag.kind) == tag.name:
            tagged.add((tag.kind, tag.name))
        else:
            dropped.add(tag.tag_line)
    added: dict[int, list[str]] = {}
    for name, line in _definitions(text).items():
        for kind in ENTRY_POINT_KINDS:
            if points.get(kind) == name and (kind, name) not in tagged:
                indent = lines[line - 1][: len(lines[line - 1]) - len(lines[line - 1].lstrip())]
                added.setdefault(line, []).append(f"{indent}# modelop.{kind}")
    kept: list[str] = []
    for number, line_text in enumerate(lines, start=1):
        kept += added.get(number, [])
        if number not in dropped:
            kept.append(line_text)
    return "\n".join(kept)


def _definitions(text: str) -> dict[str, int]:
    """Return the module's functions with the line where each begins, its decorators included."""
    found: dict[str, int] = {}
    start: int | None = None
    for line in read_logical_lines(text).lines:
        if line.words[0] == "@":
            start = start or line.number
            continue
        if line.defines and not line.is_inner:
            found[line.defines] = start or line.number
        start = None
    return found

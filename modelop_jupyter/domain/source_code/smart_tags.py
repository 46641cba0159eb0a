"""Smart tags: source comments that name the entry points and describe the slots.

The text is scanned, never executed (spec 1.1, 1.2, 1.3, 13.1). Valued tags
(``# modelop.schema.0: input.avsc``) count on any line, also inside a string, as ModelOp Center
reads them; function tags (``# modelop.score``) count as comments only, so that a docstring may
show one. A source that cannot be tokenized is read line by line, and does not raise.
"""

from __future__ import annotations

import itertools
import re
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import PurePosixPath

from modelop_jupyter.domain.models import ENTRY_POINT_KINDS, EntryPointKind, EntryPoints
from modelop_jupyter.domain.source_code.logical_lines import (
    LogicalLine,
    read_logical_lines,
    split_lines,
)
from modelop_jupyter.domain.source_code.slots import Slot, SlotTable
from modelop_jupyter.errors import TagError, nearest

__all__ = [
    "Slot",
    "SmartTags",
    "TaggedFunction",
    "ValuedTag",
    "defined_functions",
    "entry_points",
    "function_lines",
    "function_name",
    "function_tag",
    "scan",
    "schema_asset",
    "valued_tags",
]

_HEAD = r"\s*#+\s*(?:modelop|fastscore|odg)\."
_FUNCTION_TAG = re.compile(_HEAD + r"(init|score|metrics|train|training)\s*\Z", re.IGNORECASE)
_VALUED_TAG = re.compile(_HEAD + r"([^\s:]+)\s*:\s*(\S+)\s*\Z", re.IGNORECASE)
_LIKE_A_TAG = re.compile(_HEAD + r"([A-Za-z]\w*)(.*)\Z", re.IGNORECASE)
# A string that holds tags often opens before the first and closes after the last of them.
_OPENING = re.compile(r"\s*(?:\w+\s*=\s*)?[rbfu]{0,2}(?:'''|\"\"\")(?=\s*#)", re.IGNORECASE)

_FUNCTION_KEYS = (*ENTRY_POINT_KINDS, "training")
_VALUED_KEYS = (
    "schema",
    "recordsets",
    "action",
    "slot",
    "input",
    "output",
    "module-attached",
    "snapshots",
)
# What ModelOp calls when nothing is tagged (spec 1.3).
_LEGACY = EntryPoints(init="begin", score="action")


@dataclass(frozen=True, slots=True)
class TaggedFunction:
    """A function tag and the function under it; lines count from 1.

    ``name`` is None when no function of the module follows; then ``def_line`` is that of a method
    or inner function, if one follows.
    """

    kind: EntryPointKind
    name: str | None
    tag_line: int
    def_line: int | None


@dataclass(frozen=True, slots=True)
class ValuedTag:
    """A tag with a value, ``# modelop.<key>: <value>``."""

    key: str
    value: str
    line: int


@dataclass(frozen=True, slots=True)
class SmartTags:
    """The tags of a source; ``slots`` are those in use, in ascending order."""

    functions: tuple[TaggedFunction, ...]
    slots: tuple[Slot, ...]
    attached: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


@lru_cache(maxsize=64)
def scan(source: str) -> SmartTags:
    """Read all tags of a source; raises nothing, whatever the text is.

    Cached, as one submission asks for the tags of the same source in several places.
    """
    read = read_logical_lines(source)
    functions: list[TaggedFunction] = []
    warnings: list[str] = []
    for number, line in enumerate(split_lines(source), start=1):
        tag = function_tag(line)
        if tag and number in read.comments:
            functions.append(_under_tag(tag, number, read.lines))
            if re.search(r"training\s*\Z", line, re.IGNORECASE):
                warnings.append(f"line {number}: modelop.training is read as modelop.train")
        elif number in read.comments and not tag:
            warnings.extend(_near_miss(line, number))
    table = SlotTable()
    attached: list[str] = []
    for valued in valued_tags(source):
        if valued.key.lower() == "module-attached":
            attached.append(valued.value)
        else:
            table.apply(valued.key, valued.value, line=valued.line)
    slots, remarks = table.resolve()
    return SmartTags(tuple(functions), slots, tuple(attached), (*warnings, *remarks))


def valued_tags(source: str) -> tuple[ValuedTag, ...]:
    """Return the tags with a value in the order of their lines."""
    tags = []
    for number, line in enumerate(split_lines(source), start=1):
        if pair := _valued(line):
            tags.append(ValuedTag(*pair, number))
    return tuple(tags)


def function_tag(line: str) -> EntryPointKind | None:
    """Return the kind of function that a line tags, or None."""
    match = _FUNCTION_TAG.match(line)
    if not match:
        return None
    word = match[1].lower()
    return next(kind for kind in ENTRY_POINT_KINDS if word.startswith(kind))


def entry_points(source: str, *, where: str = "the source") -> EntryPoints:
    """Return the functions that the tags select; without tags ``begin`` and ``action``.

    Raises :class:`TagError` for a tag with no function under it, and for two functions under one
    tag.
    """
    tags = scan(source)
    selected: dict[EntryPointKind, TaggedFunction] = {}
    for tagged in tags.functions:
        name = function_name(tagged, where=where)
        first = selected.setdefault(tagged.kind, tagged)
        if first.name != name:
            raise TagError(
                f"{where} has two functions under the tag modelop.{tagged.kind}:"
                f" {first.name!r} (line {first.def_line}) and {name!r} (line {tagged.def_line})",
                f"Take one tag away, or choose with --{tagged.kind} FN",
            )
    if selected:
        return EntryPoints(**{kind: tagged.name for kind, tagged in selected.items()})
    known = defined_functions(source)
    actions = [slot.action for slot in tags.slots if slot.action in known]
    return EntryPoints(
        init=_LEGACY.init if _LEGACY.init in known else None,
        score=actions[0] if actions else _LEGACY.score if _LEGACY.score in known else None,
    )


def defined_functions(source: str) -> list[str]:
    """Return the names of the module's own functions in order, also of a source that does not parse."""
    lines = read_logical_lines(source).lines
    names = (line.defines for line in lines if not line.is_inner)
    return list(dict.fromkeys(name for name in names if name))


def schema_asset(name: str, paths: Iterable[str]) -> str | None:
    """Return the asset that a schema tag names: by base name, with or without ``.avsc`` (spec 1.2)."""
    wanted = PurePosixPath(name).name
    by_name = {PurePosixPath(path).name: path for path in sorted(paths, reverse=True)}
    return by_name.get(wanted) or by_name.get(f"{wanted}.avsc")


def function_lines(source: str) -> dict[str, int]:
    """Return the functions of a module with the lines they are defined in; of two, the last."""
    lines = read_logical_lines(source).lines
    return {line.defines: line.number for line in lines if line.defines and not line.is_inner}


def _valued(line: str) -> tuple[str, str] | None:
    opening = _OPENING.match(line)
    text = line[opening.end() :] if opening else line
    match = _VALUED_TAG.match(text.rstrip().removesuffix("'''").removesuffix('"""'))
    return (match[1], match[2]) if match else None


def _under_tag(kind: EntryPointKind, number: int, lines: list[LogicalLine]) -> TaggedFunction:
    start = bisect_right(lines, number, key=lambda line: line.number)
    following = (line for line in itertools.islice(lines, start, None) if line.words[0] != "@")
    line = next(following, None)
    if line is None or not line.defines:
        return TaggedFunction(kind, None, number, None)
    return TaggedFunction(kind, None if line.is_inner else line.defines, number, line.number)


def function_name(tagged: TaggedFunction, *, where: str) -> str:
    """Return the name of the function under a tag; raises :class:`TagError` where there is none."""
    if tagged.name is not None:
        return tagged.name
    tag = f"{where}, line {tagged.tag_line}: the tag modelop.{tagged.kind} "
    if tagged.def_line is not None:
        raise TagError(
            tag
            + f"has no function of the module under it: that of line {tagged.def_line} is inner",
            "Only a function outside classes and other functions can be called",
        )
    raise TagError(
        tag + "has no function under it", "Put it on the line above the def of the function"
    )


def _near_miss(line: str, number: int) -> list[str]:
    match = _LIKE_A_TAG.match(line)
    if not match:
        return []
    valued = _valued(line)
    if valued and valued[0].partition(".")[0].lower() in _VALUED_KEYS:
        return []
    word = match[1].lower()
    close = nearest(word, (*_FUNCTION_KEYS, *_VALUED_KEYS))
    if close is None:
        return []
    form = f"# modelop.{close}" + ("" if close in _FUNCTION_KEYS else ".N: VALUE")
    return [f"line {number}: {line.strip()!r} is not a smart tag; its form is {form!r}"]

"""Write the selected statements as one module, in an order that satisfies their dependencies."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

from modelop_jupyter.capture.selection import Selection
from modelop_jupyter.capture.statements import Statement
from modelop_jupyter.domain.models import ENTRY_POINT_KINDS, EntryPoints
from modelop_jupyter.domain.source_code.logical_lines import read_logical_lines
from modelop_jupyter.domain.source_code.smart_tags import scan, valued_tags

_HEADER = '"""Captured from a notebook: the functions of the model and all that they need."""'


def write_module(
    selection: Selection,
    roots: Sequence[Statement],
    *,
    points: EntryPoints,
    slot_tags: Sequence[str],
) -> str:
    """Return the module's text: imports, then definitions, then the entry points."""
    ordered = _topological_order(selection, set(roots))
    blocks = [
        (statement, _block(statement, points))
        for statement in ordered
        if not _is_plain_import(statement)
    ]
    body = _joined(blocks)
    kept = {(tag.key.lower(), tag.value) for tag in valued_tags(body)}
    tags = [
        line
        for line in slot_tags
        if not kept >= {(t.key.lower(), t.value) for t in valued_tags(line)}
    ]
    head = [
        _HEADER,
        "\n".join(tags),
        "\n".join(_import_lines(selection.code.future_imports, selection)),
        "\n".join(_import_lines([s for s in ordered if _is_plain_import(s)], selection)),
    ]
    if len(blocks) == 1 and blocks[0][0].is_whole_cell and not any(head[1:]):
        return body + "\n"
    top = "\n\n".join(part for part in head if part)
    gap = "\n\n\n" if blocks and _is_spacious(blocks[0][0]) else "\n\n"
    return top + gap + body + "\n" if body else top + "\n"


def _is_plain_import(statement: Statement) -> bool:
    return statement.is_import


def _topological_order(selection: Selection, roots: set[Statement]) -> list[Statement]:
    """Return the statements so that each follows its dependencies, else in execution order."""
    needs = {statement: _needed_at_import(statement, selection) for statement in selection.taken}
    _keep_sequence(needs, selection)

    def key(statement: Statement) -> tuple[int, tuple[int, ...], tuple[int, ...]]:
        group = 0 if statement.is_import else 2 if statement in roots else 1
        # What loads a value from a file binds names that no cell does.
        first_bound = selection.code.first_bound
        homes = [first_bound[name] for name in statement.names.binds if name in first_bound]
        return group, min([*homes, statement.position]), statement.position

    rank = {statement: number for number, statement in enumerate(sorted(needs, key=key))}
    ordered: dict[Statement, None] = {}
    seen: set[Statement] = set()
    stack: list[tuple[Statement, Iterator[Statement]]] = []
    for first in rank:
        stack.append((first, iter((first,))))
        while stack:
            dependencies = stack[-1][1]
            dependency = next((s for s in dependencies if s not in seen), None)
            if dependency is None:
                ordered.setdefault(stack.pop()[0])
            else:
                seen.add(dependency)
                stack.append((dependency, iter(sorted(needs[dependency], key=rank.__getitem__))))
    return list(ordered)


def _needed_at_import(statement: Statement, selection: Selection) -> set[Statement]:
    """Return what must precede a statement: also what functions need that it may call."""
    preceding: set[Statement] = set()
    pending = list(selection.eager[statement])
    while pending:
        dependency = pending.pop()
        if dependency in preceding or dependency is statement or dependency not in selection.taken:
            continue
        if dependency.registers and dependency.position > statement.position:
            # A function that is called here does not need what is registered later.
            continue
        preceding.add(dependency)
        pending += [*selection.eager[dependency], *selection.deferred[dependency]]
    return preceding


def _keep_sequence(needs: dict[Statement, set[Statement]], selection: Selection) -> None:
    """Keep a statement that rebinds or changes a name behind its older value and its readers."""
    touching: dict[str, list[Statement]] = defaultdict(list)
    for statement in sorted(selection.taken, key=lambda statement: statement.position):
        if not statement.is_import:
            for name in statement.names.binds.keys() | statement.mutates:
                touching[name].append(statement)
    for statements in touching.values():
        for before, after in pairwise(statements):
            readers = {
                s for s in needs if before in selection.eager[s] and s.position < after.position
            }
            needs[after] |= ({before} | readers) - {after}


def _import_lines(statements: Iterable[Statement], selection: Selection) -> list[str]:
    lines: list[str] = []
    seen: set[tuple[str, str | None, str, str | None]] = set()
    for statement in statements:
        node = statement.node
        assert isinstance(node, (ast.Import, ast.ImportFrom))
        origin = "." * node.level + (node.module or "") if isinstance(node, ast.ImportFrom) else ""
        selected = selection.aliases.get(statement)
        chosen = [
            alias
            for index, alias in enumerate(node.names)
            if (selected is None or index in selected)
            and (type(node).__name__, origin, alias.name, alias.asname) not in seen
        ]
        seen |= {(type(node).__name__, origin, alias.name, alias.asname) for alias in chosen}
        if len(chosen) == len(node.names):
            lines += [*statement.comments, statement.text]
        elif chosen:
            parts = [a.name + (f" as {a.asname}" if a.asname else "") for a in chosen]
            if origin:
                lines += [*statement.comments, f"from {origin} import {', '.join(parts)}"]
            else:
                lines += [*statement.comments, *(f"import {part}" for part in parts)]
    return lines


def _block(statement: Statement, points: EntryPoints) -> str:
    comments = [line for line in statement.comments if not valued_tags(line)]
    return retag("\n".join([*comments, statement.text]), points)


def _joined(blocks: Sequence[tuple[Statement, str]]) -> str:
    text = ""
    for index, (statement, block) in enumerate(blocks):
        if index:
            before = blocks[index - 1][0]
            if _is_spacious(before) or _is_spacious(statement):
                text += "\n\n\n"
            elif _are_adjacent(before, statement):
                text += "\n"
            else:
                text += "\n\n"
        text += block
    return text


def _is_spacious(statement: Statement) -> bool:
    return statement.is_definition or statement.is_whole_cell


def _are_adjacent(before: Statement, after: Statement) -> bool:
    gap = after.first_line - len(after.comments) - before.last_line
    return before.cell == after.cell and gap in (0, 1)


def retag(text: str, points: EntryPoints) -> str:
    """Remove the tags of functions that are no entry points, and add missing tags of the others."""
    lines = text.split("\n")
    tagged: set[tuple[str, str]] = set()
    dropped: set[int] = set()
    for tag in scan(text).functions:
        if tag.name is not None and points.get(tag.kind) == tag.name:
            tagged.add((tag.kind, tag.name))
        else:
            dropped.add(tag.tag_line)
    added: dict[int, list[str]] = {}
    for name, line in _function_lines(text).items():
        for kind in ENTRY_POINT_KINDS:
            if points.get(kind) == name and (kind, name) not in tagged:
                indent = lines[line - 1][: len(lines[line - 1]) - len(lines[line - 1].lstrip())]
                added.setdefault(line, []).append(f"{indent}# modelop.{kind}")
    result: list[str] = []
    for number, line_text in enumerate(lines, start=1):
        result += added.get(number, [])
        if number not in dropped:
            result.append(line_text)
    return "\n".join(result)


def _function_lines(text: str) -> dict[str, int]:
    """Return the module's functions with the line where each begins, decorators included."""
    line_of_function: dict[str, int] = {}
    start: int | None = None
    for line in read_logical_lines(text).lines:
        if line.words[0] == "@":
            start = start or line.number
            continue
        if line.defines and not line.is_inner:
            line_of_function[line.defines] = start or line.number
        start = None
    return line_of_function

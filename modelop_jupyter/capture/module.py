"""The statements a model needs, put in order and written as one module."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

from modelop_jupyter.capture.selection import Selection
from modelop_jupyter.capture.statements import Statement
from modelop_jupyter.capture.tagging import retagged
from modelop_jupyter.domain.models import EntryPoints
from modelop_jupyter.domain.smart_tags import valued_tags

_HEADER = '"""Captured from a notebook: the functions of the model and all that they need."""'


def write_module(
    selection: Selection,
    roots: Sequence[Statement],
    *,
    points: EntryPoints,
    slot_tags: Sequence[str],
) -> str:
    """Return the module's text: imports, then what they serve, then the entry points."""
    ordered = _ordered(selection, set(roots))
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
        "\n".join(_import_lines(selection.book.future, selection)),
        "\n".join(_import_lines([s for s in ordered if _is_plain_import(s)], selection)),
    ]
    if len(blocks) == 1 and blocks[0][0].is_whole_cell and not any(head[1:]):
        return body + "\n"
    top = "\n\n".join(part for part in head if part)
    gap = "\n\n\n" if blocks and _is_spacious(blocks[0][0]) else "\n\n"
    return top + gap + body + "\n" if body else top + "\n"


def _is_plain_import(statement: Statement) -> bool:
    return statement.is_import


def _ordered(selection: Selection, roots: set[Statement]) -> list[Statement]:
    """Return the statements so that each finds what it needs, otherwise in the notebook's order."""
    needs = {statement: _needed_at_import(statement, selection) for statement in selection.taken}
    _keep_sequence(needs, selection)

    def key(statement: Statement) -> tuple[int, tuple[int, int], tuple[int, int]]:
        group = 0 if statement.is_import else 2 if statement in roots else 1
        homes = [selection.book.home[name] for name in statement.names.binds]
        return group, min([*homes, statement.order]), statement.order

    rank = {statement: place for place, statement in enumerate(sorted(needs, key=key))}
    ordered: dict[Statement, None] = {}
    seen: set[Statement] = set()
    stack: list[tuple[Statement, Iterator[Statement]]] = []
    for first in rank:
        stack.append((first, iter((first,))))
        while stack:
            waiting = stack[-1][1]
            needed = next((s for s in waiting if s not in seen), None)
            if needed is None:
                ordered.setdefault(stack.pop()[0])
            else:
                seen.add(needed)
                stack.append((needed, iter(sorted(needs[needed], key=rank.__getitem__))))
    return list(ordered)


def _needed_at_import(statement: Statement, selection: Selection) -> set[Statement]:
    """Return what must stand before a statement: also what the functions it may call need."""
    found: set[Statement] = set()
    waiting = list(selection.eager[statement])
    while waiting:
        needed = waiting.pop()
        if needed in found or needed is statement or needed not in selection.taken:
            continue
        if needed.registers and needed.order > statement.order:
            # What a function knows of when it is called does not count what it was told of later.
            continue
        found.add(needed)
        waiting += [*selection.eager[needed], *selection.deferred[needed]]
    return found


def _keep_sequence(needs: dict[Statement, set[Statement]], selection: Selection) -> None:
    """Let what rebinds or changes a name stand after its older value and after who read that."""
    touching: dict[str, list[Statement]] = defaultdict(list)
    for statement in sorted(selection.taken, key=lambda statement: statement.order):
        if not statement.is_import:
            for name in statement.names.binds.keys() | statement.changes:
                touching[name].append(statement)
    for statements in touching.values():
        for before, after in pairwise(statements):
            readers = {s for s in needs if before in selection.eager[s] and s.order < after.order}
            needs[after] |= ({before} | readers) - {after}


def _import_lines(statements: Iterable[Statement], selection: Selection) -> list[str]:
    lines: list[str] = []
    seen: set[tuple[str, str | None, str, str | None]] = set()
    for statement in statements:
        node = statement.node
        assert isinstance(node, (ast.Import, ast.ImportFrom))
        origin = "." * node.level + (node.module or "") if isinstance(node, ast.ImportFrom) else ""
        wanted = selection.aliases.get(statement)
        chosen = [
            alias
            for index, alias in enumerate(node.names)
            if (wanted is None or index in wanted)
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
    return retagged("\n".join([*comments, statement.text]), points)


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

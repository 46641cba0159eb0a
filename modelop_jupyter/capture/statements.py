"""Top-level statements of cells, with their comments, in the order in which they ran."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from modelop_jupyter.capture.cells import Cell
from modelop_jupyter.capture.changes import changed_names
from modelop_jupyter.capture.magics_text import PlainCell, parse, plain_cell
from modelop_jupyter.capture.names import Names, names_of
from modelop_jupyter.domain.smart_tags import function_tag

_COMMENT = re.compile(r"[ \t]*#")


@dataclass(eq=False)
class Statement:
    """A top-level statement, or a whole cell; ``order`` says when it ran.

    ``comments`` are the lines above that belong to it, ``text`` its own text verbatim. ``changes``
    are the names whose objects it changes, ``registers`` those of them that it tells of a function.
    """

    cell: Cell
    node: ast.stmt | ast.Module
    order: tuple[int, int]
    first_line: int
    last_line: int
    text: str
    comments: tuple[str, ...]
    names: Names
    changes: set[str]
    magic: tuple[int, str] | None = None
    is_stale: bool = False
    registers: set[str] = field(default_factory=set)

    @property
    def where(self) -> str:
        """How a message names it."""
        return f"{self.cell.where}, line {self.first_line}"

    @property
    def is_whole_cell(self) -> bool:
        return isinstance(self.node, ast.Module)

    @property
    def is_import(self) -> bool:
        return isinstance(self.node, (ast.Import, ast.ImportFrom))

    @property
    def is_definition(self) -> bool:
        return isinstance(self.node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef))

    @property
    def is_main_guard(self) -> bool:
        """Say whether this is ``if __name__ == "__main__":``, which the runtime never enters."""
        return isinstance(self.node, ast.If) and is_main_test(self.node.test)

    def line_text(self, line: int) -> str:
        """Return a line of the cell as the user wrote it, by its number."""
        lines = self.cell.source.replace("\r\n", "\n").split("\n")
        return lines[line - 1] if 0 < line <= len(lines) else ""


@dataclass
class ReadCell:
    """A cell with its Python text; ``error`` when that does not parse."""

    cell: Cell
    plain: PlainCell
    is_stale: bool
    statements: list[Statement] = field(default_factory=list)
    error: SyntaxError | None = None


def is_main_test(test: ast.expr) -> bool:
    """Say whether a condition compares ``__name__`` with ``"__main__"``."""
    if not isinstance(test, ast.Compare) or not isinstance(test.ops[0], ast.Eq):
        return False
    sides = {ast.unparse(side) for side in (test.left, *test.comparators)}
    return sides == {"__name__", "'__main__'"}


def read_cell(cell: Cell, *, order: int, is_stale: bool, is_whole: bool, soft: bool) -> ReadCell:
    """Read one cell's statements; ``soft`` when annotations are not evaluated."""
    plain = plain_cell(cell.source)
    read = ReadCell(cell, plain, is_stale)
    try:
        tree = parse(plain.text)
    except SyntaxError as error:
        read.error = error
        return read
    made = _whole(read, tree, order, soft) if is_whole else _each(read, tree, order, soft)
    try:
        read.statements = list(made)
    except RecursionError:
        read.error = SyntaxError("an expression is too deeply nested")
    return read


def _whole(read: ReadCell, tree: ast.Module, order: int, soft: bool) -> Iterator[Statement]:
    lines = read.plain.text.split("\n")
    future = [node for node in tree.body if is_future(node)]
    for node in future:
        for number in range(node.lineno, (node.end_lineno or node.lineno) + 1):
            lines[number - 1] = ""
    kept = [node for node in tree.body if not is_future(node)]
    used = ast.Module([node for node in kept if not _is_guard(node)], [])
    yield from (_statement(read, node, (order, index), soft) for index, node in enumerate(future))
    yield Statement(
        read.cell,
        ast.Module(kept, []),
        (order, len(future)),
        1,
        len(lines),
        "\n".join(lines).strip("\n"),
        (),
        names_of(used, soft_annotations=soft),
        changed_names(used),
        _magic(read.plain, 1, len(lines)),
    )


def _is_guard(node: ast.stmt) -> bool:
    return isinstance(node, ast.If) and is_main_test(node.test)


def is_future(node: ast.AST) -> bool:
    """Say whether this is ``from __future__ import ...``."""
    return isinstance(node, ast.ImportFrom) and node.module == "__future__"


def _each(read: ReadCell, tree: ast.Module, order: int, soft: bool) -> Iterator[Statement]:
    last = 0
    for index, node in enumerate(tree.body):
        made = _statement(read, node, (order, index), soft, previous_end=last)
        last = made.last_line
        yield made


def _statement(
    read: ReadCell, node: ast.stmt, order: tuple[int, int], soft: bool, *, previous_end: int = 0
) -> Statement:
    lines = read.plain.text.split("\n")
    decorators = getattr(node, "decorator_list", [])
    first = min([node.lineno, *(decorator.lineno for decorator in decorators)])
    last, text = _text(lines, node, first)
    return Statement(
        read.cell,
        node,
        order,
        first,
        last,
        text,
        _comments(lines[previous_end : first - 1]),
        names_of(node, soft_annotations=soft),
        changed_names(node),
        _magic(read.plain, first, last),
        read.is_stale,
    )


def _magic(plain: PlainCell, first: int, last: int) -> tuple[int, str] | None:
    """Return the line and text of IPython syntax in a statement; one that stood alone is no loss."""
    lines = plain.text.split("\n")
    found = ((n, m) for n, m in plain.magics.items() if first <= n <= last and lines[n - 1])
    return next(found, None)


def _text(lines: list[str], node: ast.stmt, first: int) -> tuple[int, str]:
    """Return a statement's last line and its text, with comments at its end and in its block."""
    last = node.end_lineno or node.lineno
    chosen = lines[first - 1 : last]
    encoded = chosen[-1].encode("utf-8", "surrogatepass")
    end = node.end_col_offset or 0
    rest = encoded[end:].decode("utf-8", "surrogatepass").lstrip(" \t;")
    chosen[-1] = encoded[:end].decode("utf-8", "surrogatepass")
    if rest.startswith("#"):
        chosen[-1] += "  " + rest
    if node.col_offset and first == node.lineno:
        # Behind a semicolon on the line of another statement.
        chosen[0] = (
            chosen[0]
            .encode("utf-8", "surrogatepass")[node.col_offset :]
            .decode("utf-8", "surrogatepass")
        )
    if hasattr(node, "body"):
        end_of_block = last
        for number in range(last, len(lines)):
            line = lines[number]
            if line.strip() and not (_COMMENT.match(line) and line[:1].isspace()):
                break
            if line.strip():
                end_of_block = number + 1
        chosen += lines[last:end_of_block]
        last = end_of_block
    return last, "\n".join(chosen)


def _comments(gap: list[str]) -> tuple[str, ...]:
    """Return the comments that belong to what follows: the block directly above, or from the tag on."""
    tagged = [index for index, line in enumerate(gap) if function_tag(line)]
    start = len(gap)
    while start and _COMMENT.match(gap[start - 1]):
        start -= 1
    if tagged:
        start = min(start, tagged[0])
    return tuple(line.strip() for line in gap[start:] if _COMMENT.match(line))

"""Top-level statements of cells with their comments, in the order of execution."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from modelop_jupyter.capture.cells import Cell
from modelop_jupyter.capture.ipython_syntax import PythonText, parse
from modelop_jupyter.capture.mutations import mutated_names
from modelop_jupyter.capture.names import NameUsage, names_of
from modelop_jupyter.domain.source_code.smart_tags import function_tag

_COMMENT = re.compile(r"[ \t]*#")


@dataclass(eq=False)
class Statement:
    """A top-level statement, or a whole cell; ``position`` orders statements by execution.

    ``comments`` are the lines above that belong to it, ``text`` its source text. ``mutates`` are
    the names whose objects it changes, ``registers`` those of them with which it registers a
    function. ``magic`` is the line and text of IPython syntax in it.
    """

    cell: Cell
    node: ast.stmt | ast.Module
    position: tuple[int, ...]
    first_line: int
    last_line: int
    text: str
    comments: tuple[str, ...]
    names: NameUsage
    mutates: set[str]
    magic: tuple[int, str] | None = None
    is_stale: bool = False
    registers: set[str] = field(default_factory=set)

    @property
    def where(self) -> str:
        """The statement's place in messages."""
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
        """Whether this is ``if __name__ == "__main__":``, which the runtime never enters."""
        return isinstance(self.node, ast.If) and is_main_condition(self.node.test)

    def line_text(self, line: int) -> str:
        """Return a line of the cell as the user wrote it, by its number from 1."""
        lines = self.cell.source.replace("\r\n", "\n").split("\n")
        return lines[line - 1] if 0 < line <= len(lines) else ""


@dataclass
class ParsedCell:
    """A cell with its Python text and statements; ``error`` if it does not parse."""

    cell: Cell
    python: PythonText
    is_stale: bool
    statements: list[Statement] = field(default_factory=list)
    error: SyntaxError | None = None

    @property
    def is_whole(self) -> bool:
        """Whether the cell is one statement: it is marked as a model's."""
        return any(statement.is_whole_cell for statement in self.statements)


def is_main_condition(test: ast.expr) -> bool:
    """Return whether a condition compares ``__name__`` with ``"__main__"``."""
    if not isinstance(test, ast.Compare) or not isinstance(test.ops[0], ast.Eq):
        return False
    sides = {ast.unparse(side) for side in (test.left, *test.comparators)}
    return sides == {"__name__", "'__main__'"}


def parse_cell(
    cell: Cell,
    python: PythonText,
    *,
    position: int,
    is_stale: bool,
    is_whole: bool,
    lazy_annotations: bool,
) -> ParsedCell:
    """Parse a cell, whose text without IPython's syntax is ``python``.

    ``lazy_annotations``: its annotations are not evaluated. ``is_whole`` makes one statement of the
    cell.
    """
    parsed = ParsedCell(cell, python, is_stale)
    try:
        tree = parse(python.text)
    except SyntaxError as error:
        parsed.error = error
        return parsed
    statements = (
        _whole_cell_statement(parsed, tree, position, lazy_annotations)
        if is_whole
        else _split_statements(parsed, tree, position, lazy_annotations)
    )
    try:
        parsed.statements = list(statements)
    except RecursionError:
        parsed.error = SyntaxError("an expression is too deeply nested")
    return parsed


def _whole_cell_statement(
    parsed: ParsedCell, tree: ast.Module, position: int, lazy_annotations: bool
) -> Iterator[Statement]:
    lines = parsed.python.text.split("\n")
    future_imports = [node for node in tree.body if is_future(node)]
    for node in future_imports:
        for number in range(node.lineno, (node.end_lineno or node.lineno) + 1):
            lines[number - 1] = ""
    statements = [node for node in tree.body if not is_future(node)]
    executed = ast.Module([node for node in statements if not _is_guard(node)], [])
    yield from (
        _statement(parsed, node, (position, index), lazy_annotations)
        for index, node in enumerate(future_imports)
    )
    yield Statement(
        parsed.cell,
        ast.Module(statements, []),
        (position, len(future_imports)),
        1,
        len(lines),
        "\n".join(lines).strip("\n"),
        (),
        names_of(executed, lazy_annotations=lazy_annotations),
        mutated_names(executed),
        _magic(parsed.python, 1, len(lines)),
    )


def _is_guard(node: ast.stmt) -> bool:
    return isinstance(node, ast.If) and is_main_condition(node.test)


def is_future(node: ast.AST) -> bool:
    """Return whether this is ``from __future__ import ...``."""
    return isinstance(node, ast.ImportFrom) and node.module == "__future__"


def _split_statements(
    parsed: ParsedCell, tree: ast.Module, position: int, lazy_annotations: bool
) -> Iterator[Statement]:
    last_line = 0
    for index, node in enumerate(tree.body):
        statement = _statement(
            parsed, node, (position, index), lazy_annotations, previous_end=last_line
        )
        last_line = statement.last_line
        yield statement


def _statement(
    parsed: ParsedCell,
    node: ast.stmt,
    position: tuple[int, int],
    lazy_annotations: bool,
    *,
    previous_end: int = 0,
) -> Statement:
    lines = parsed.python.text.split("\n")
    decorators = getattr(node, "decorator_list", [])
    first = min([node.lineno, *(decorator.lineno for decorator in decorators)])
    last, text = _text(lines, node, first)
    return Statement(
        parsed.cell,
        node,
        position,
        first,
        last,
        text,
        _comments(lines[previous_end : first - 1]),
        names_of(node, lazy_annotations=lazy_annotations),
        mutated_names(node),
        _magic(parsed.python, first, last),
        parsed.is_stale,
    )


def _magic(python: PythonText, first: int, last: int) -> tuple[int, str] | None:
    """Return the line and text of IPython syntax in a statement, None if only whole lines of it."""
    lines = python.text.split("\n")
    magics = (
        (number, text)
        for number, text in python.magics.items()
        if first <= number <= last and lines[number - 1]
    )
    return next(magics, None)


def _text(lines: list[str], node: ast.stmt, first: int) -> tuple[int, str]:
    """Return a statement's last line and its text, with comments at its end and in its block."""
    last = node.end_lineno or node.lineno
    selected = lines[first - 1 : last]
    encoded = selected[-1].encode("utf-8", "surrogatepass")
    end = node.end_col_offset or 0
    rest = encoded[end:].decode("utf-8", "surrogatepass").lstrip(" \t;")
    selected[-1] = encoded[:end].decode("utf-8", "surrogatepass")
    if rest.startswith("#"):
        selected[-1] += "  " + rest
    if node.col_offset and first == node.lineno:
        # Behind a semicolon on the line of another statement.
        selected[0] = (
            selected[0]
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
        selected += lines[last:end_of_block]
        last = end_of_block
    return last, "\n".join(selected)


def _comments(lines_between: list[str]) -> tuple[str, ...]:
    """Return the comments that belong to what follows: the block above it, or from a tag on."""
    tag_indexes = [index for index, line in enumerate(lines_between) if function_tag(line)]
    start = len(lines_between)
    while start and _COMMENT.match(lines_between[start - 1]):
        start -= 1
    if tag_indexes:
        start = min(start, tag_indexes[0])
    return tuple(line.strip() for line in lines_between[start:] if _COMMENT.match(line))

"""Which top-level modules a source imports, and in which lines."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

from modelop_jupyter.capture.ipython_syntax import parse
from modelop_jupyter.domain.source_code.logical_lines import split_lines

_IMPORT_LINE = re.compile(r"\s*(?:from\s+([A-Za-z_]\w*)[\w.]*\s+import\b|import\s+([A-Za-z_]\w*))")
_CAUGHT = frozenset({"ImportError", "ModuleNotFoundError", "Exception", "BaseException"})


@dataclass(frozen=True, slots=True)
class Import:
    """An imported top-level module; ``is_optional``: the source handles its absence."""

    module: str
    line: int
    is_optional: bool = False


def imports_of(source: str) -> tuple[Import, ...]:
    """Return the imports of a source by line, each module once.

    Imports for type checkers only are left out; a source that does not parse is searched line by
    line.
    """
    text = "\n".join(split_lines(source))
    try:
        imports = list(_imports(parse(text).body, is_optional=False))
    except SyntaxError:
        imports = list(_imports_by_line(text))
    required = {item.module for item in imports if not item.is_optional}
    first: dict[str, Import] = {}
    for item in sorted(imports, key=lambda item: item.line):
        if not item.is_optional or item.module not in required:
            first.setdefault(item.module, item)
    return tuple(first.values())


def paths_of(source: str, module: str) -> tuple[str, ...]:
    """Return the dotted names that a source imports of one module (``google.cloud.storage``).

    The last part may be a module or a name in it; the source alone does not tell.
    """
    try:
        tree = parse("\n".join(split_lines(source)))
    except SyntaxError:
        return ()
    names: list[str] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names += [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
    return tuple(name for name in dict.fromkeys(names) if name.split(".")[0] == module)


def _imports(nodes: list[ast.stmt], *, is_optional: bool) -> Iterator[Import]:
    for node in nodes:
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield Import(alias.name.partition(".")[0], node.lineno, is_optional)
        elif isinstance(node, ast.ImportFrom):
            if node.module and not node.level and node.module != "__future__":
                yield Import(node.module.partition(".")[0], node.lineno, is_optional)
        elif isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
            yield from _imports(node.orelse, is_optional=is_optional)
        else:
            caught = isinstance(node, ast.Try) and any(map(_catches, node.handlers))
            yield from _imports(list(_inner(node)), is_optional=is_optional or caught)


def _inner(node: ast.AST) -> Iterator[ast.stmt]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.stmt):
            yield child
        elif isinstance(child, (ast.ExceptHandler, ast.match_case)):
            yield from child.body


def _catches(handler: ast.ExceptHandler) -> bool:
    if handler.type is None:
        return True
    return any(isinstance(n, ast.Name) and n.id in _CAUGHT for n in ast.walk(handler.type))


def _imports_by_line(text: str) -> Iterator[Import]:
    for number, line in enumerate(text.split("\n"), start=1):
        if match := _IMPORT_LINE.match(line):
            yield Import(match[1] or match[2], number)

"""Write smart tags in the place of this package's decorators, and take their import away.

Lines keep their numbers. Only the text is read; which names mean a decorator is followed through all
texts, as the cells of a notebook share their names.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from modelop_jupyter.domain.models import ENTRY_POINT_KINDS, EntryPointKind
from modelop_jupyter.domain.source_code.logical_lines import split_lines
from modelop_jupyter.domain.source_code.primary_source import parse_source
from modelop_jupyter.domain.source_code.smart_tags import scan
from modelop_jupyter.errors import TagError

PACKAGE = "modelop_jupyter"
_Function = ast.FunctionDef | ast.AsyncFunctionDef
_Import = ast.Import | ast.ImportFrom


@dataclass(frozen=True, slots=True)
class Tagged:
    """A text with tags for decorators; ``conflict`` says why one of them cannot be told."""

    text: str
    conflict: TagError | None = None


def write_tags(text: str, where: str) -> str:
    """Return the text of a file with tags for decorators; raises :class:`TagError` for a conflict."""
    (tagged,) = tag_texts([(where, text)])
    if tagged.conflict is not None:
        raise tagged.conflict
    return tagged.text


def tag_texts(texts: Sequence[tuple[str, str]]) -> list[Tagged]:
    """Return texts with tags for decorators, in the order in which they run; each has the name of its place."""
    if not any(PACKAGE in text for _, text in texts):
        return [Tagged(text) for _, text in texts]
    names = _Names()
    pages = [_Page.read(where, text, names) for where, text in texts]
    used = {name for page in pages for name in page.used}
    return [page.written(used) for page in pages]


@dataclass
class _Names:
    """What names stand for decorators or for this package, and where one was defined anew."""

    kinds: dict[str, EntryPointKind] = field(default_factory=dict)
    packages: set[str] = field(default_factory=set)
    redefined: dict[str, tuple[EntryPointKind, str]] = field(default_factory=dict)

    def bind(self, name: str, where: str) -> None:
        """Note that a name was given another meaning."""
        if name in self.kinds:
            self.redefined[name] = (self.kinds.pop(name), where)
        self.packages.discard(name)

    def take_import(self, node: _Import, where: str) -> None:
        """Note what an import binds."""
        for alias in node.names:
            name = alias.asname or alias.name.partition(".")[0]
            kind = _kind_of(node, alias)
            if kind is not None:
                self.kinds[name] = kind
                self.redefined.pop(name, None)
            elif isinstance(node, ast.Import) and alias.name == PACKAGE:
                self.packages.add(name)
            else:
                self.bind(name, where)

    def meaning(self, decorator: ast.expr) -> EntryPointKind | None:
        """Return the kind of function that a decorator marks, None for another decorator."""
        named = _called(decorator)
        if isinstance(named, ast.Name):
            return self.kinds.get(named.id)
        if (
            isinstance(named, ast.Attribute)
            and isinstance(named.value, ast.Name)
            and named.value.id in self.packages
        ):
            return next((kind for kind in ENTRY_POINT_KINDS if kind == named.attr), None)
        return None


@dataclass
class _Page:
    """One text: its decorators with their functions, its imports, and the names that it uses besides."""

    text: str
    decorators: list[tuple[ast.expr, EntryPointKind, _Function]] = field(default_factory=list)
    imports: list[_Import] = field(default_factory=list)
    used: set[str] = field(default_factory=set)
    conflict: TagError | None = None

    @classmethod
    def read(cls, where: str, text: str, names: _Names) -> _Page:
        page, tree = cls(text), parse_source(text)
        for statement in tree.body if tree else ():
            page._read_statement(statement, where, names)
        ours = {id(part) for decorator, _, _ in page.decorators for part in ast.walk(decorator)}
        page.used = {
            part.id
            for part in (ast.walk(tree) if tree else ())
            if isinstance(part, ast.Name) and id(part) not in ours
        }
        page.conflict = page.conflict or page._other_tag(where)
        return page

    def _read_statement(self, statement: ast.stmt, where: str, names: _Names) -> None:
        for part in ast.walk(statement):
            if isinstance(part, _Import):
                self.imports.append(part)
                names.take_import(part, f"{where}, line {part.lineno}")
            elif isinstance(part, _Function):
                for decorator in part.decorator_list:
                    self._read_decorator(decorator, part, where, names)
        for name in _bound(statement):
            names.bind(name, f"{where}, line {statement.lineno}")

    def _read_decorator(
        self, decorator: ast.expr, function: _Function, where: str, names: _Names
    ) -> None:
        kind = names.meaning(decorator)
        if kind is not None:
            self.decorators.append((decorator, kind, function))
        elif isinstance(named := _called(decorator), ast.Name) and named.id in names.redefined:
            kind, place = names.redefined[named.id]
            self.conflict = self.conflict or TagError(
                f"{where}, line {decorator.lineno}: @{named.id} calls what {place} defines, and no"
                f" longer the decorator of {PACKAGE}",
                f"Give that function another name, or import {PACKAGE} and write @{PACKAGE}.{kind}",
            )

    def _other_tag(self, where: str) -> TagError | None:
        """Return the error of a function that has a decorator of one kind and a tag of another."""
        tags: dict[int, set[EntryPointKind]] = {}
        for tag in scan(self.text).functions:
            if tag.def_line is not None:
                tags.setdefault(tag.def_line, set()).add(tag.kind)
        for _, kind, function in self.decorators:
            kinds = {other for _, other, each in self.decorators if each is function}
            tagged = tags.get(function.lineno, set())
            if tagged and not tagged & kinds:
                return TagError(
                    f"{where}, line {function.lineno}: {function.name} has the decorator @{kind} and"
                    f" the tag modelop.{min(tagged)}",
                    "Take one of them away",
                )
        return None

    def written(self, used: set[str]) -> Tagged:
        """Return the text with tags, and without the imports that nothing ``used`` needs."""
        lines = split_lines(self.text) if self.decorators or self.imports else []
        tagged = {(tag.def_line, tag.kind) for tag in scan(self.text).functions}
        edits: list[tuple[ast.expr | _Import, str]] = [
            (decorator, "" if (function.lineno, kind) in tagged else f"# modelop.{kind}")
            for decorator, kind, function in self.decorators
        ]
        has_decorators = bool(self.decorators)
        for node in self.imports:
            kept = [
                alias for alias in node.names if not _is_removed(node, alias, used, has_decorators)
            ]
            if len(kept) < len(node.names):
                edits.append((node, _import_text(node, kept)))
        if not edits:
            return Tagged(self.text, self.conflict)
        for place, text in sorted(edits, key=_position, reverse=True):
            _replace(lines, place, text)
        return Tagged("\n".join(lines), self.conflict)


def _called(decorator: ast.expr) -> ast.expr:
    """Return what a decorator names, with or without parentheses."""
    is_bare = isinstance(decorator, ast.Call) and not decorator.args and not decorator.keywords
    return decorator.func if is_bare and isinstance(decorator, ast.Call) else decorator


def _kind_of(node: _Import, alias: ast.alias) -> EntryPointKind | None:
    if (
        not isinstance(node, ast.ImportFrom)
        or node.level
        or node.module
        not in (
            PACKAGE,
            f"{PACKAGE}.decorators",
        )
    ):
        return None
    return next((kind for kind in ENTRY_POINT_KINDS if kind == alias.name), None)


def _is_removed(node: _Import, alias: ast.alias, used: set[str], has_decorators: bool) -> bool:
    name = alias.asname or alias.name
    if name in used:
        return False
    is_package = isinstance(node, ast.Import) and alias.name == PACKAGE and has_decorators
    return is_package or _kind_of(node, alias) is not None


def _import_text(node: _Import, kept: Iterable[ast.alias]) -> str:
    names = ", ".join(a.name + (f" as {a.asname}" if a.asname else "") for a in kept)
    if not names:
        return ""
    return (
        f"from {node.module} import {names}"
        if isinstance(node, ast.ImportFrom)
        else f"import {names}"
    )


def _bound(statement: ast.stmt) -> Iterator[str]:
    """Yield the names that a statement of the module binds, other than by imports."""
    if isinstance(statement, _Function | ast.ClassDef):
        yield statement.name
        return
    for part in ast.walk(statement):
        if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store):
            yield part.id


def _position(edit: tuple[ast.expr | _Import, str]) -> tuple[int, int]:
    return edit[0].lineno, edit[0].col_offset


def _replace(lines: list[str], node: ast.expr | _Import, text: str) -> None:
    """Put a text in the place of a decorator or an import; the number of lines stays."""
    first, last = node.lineno, node.end_lineno or node.lineno
    before = _part(lines[first - 1], end=node.col_offset)
    after = _part(lines[last - 1], start=node.end_col_offset or 0).strip()
    indent = before[: len(before) - len(before.lstrip())]
    for number in range(first, last):
        lines[number] = ""
    if isinstance(node, ast.expr):
        lines[first - 1] = indent + text if text else ""
    elif before.strip() or (after and not after.startswith("#")):
        lines[first - 1] = f"{before}{text or 'pass'}{after}"
    elif text:
        lines[first - 1] = f"{before}{text}  {after}".rstrip()
    else:
        lines[first - 1] = f"{indent}pass" if indent else ""


def _part(line: str, *, start: int = 0, end: int | None = None) -> str:
    """Return a part of a line by the columns of a syntax tree, which counts bytes."""
    return line.encode("utf-8", "surrogatepass")[start:end].decode("utf-8", "surrogatepass")

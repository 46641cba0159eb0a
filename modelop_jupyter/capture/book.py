"""All statements of a notebook, and what each of its names stands for at a given time."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Sequence

from modelop_jupyter.capture.cells import Cell
from modelop_jupyter.capture.changes import (
    calls_by_name,
    changed_arguments,
    eager_nodes,
    method_calls,
)
from modelop_jupyter.capture.definitions import Definitions
from modelop_jupyter.capture.effects import Registrations
from modelop_jupyter.capture.plain import first_data_call, is_removal
from modelop_jupyter.capture.statements import ReadCell, Statement, is_future, read_cell


class Book:
    """The cells of a notebook in the order in which they ran.

    A cell that ran again (same id or same text) counts once, as it was last; names that only an
    older version made are found there as a last resort.
    """

    def __init__(self, cells: Sequence[Cell], *, whole: frozenset[int] = frozenset()) -> None:
        stale = _stale(cells)
        soft = any("from __future__ import annotations" in cell.source for cell in cells)
        self.cells: list[ReadCell] = [
            read_cell(
                cell, order=order, is_stale=order in stale, is_whole=cell.number in whole, soft=soft
            )
            for order, cell in enumerate(cells)
        ]
        self.statements = [statement for read in self.cells for statement in read.statements]
        self.definitions = Definitions(self.statements)
        self._add_effects_of_calls()
        self._binders: dict[str, list[Statement]] = defaultdict(list)
        self._changers: dict[str, list[Statement]] = defaultdict(list)
        self.home: dict[str, tuple[int, int]] = {}
        self._index_names()
        self.stars = [
            s
            for s in self.statements
            if isinstance(s.node, ast.ImportFrom) and s.node.names[0].name == "*" and not s.is_stale
        ]
        self.future = [s for s in self.statements if is_future(s.node) and not s.is_stale]
        self.libraries: list[tuple[str, Statement]] = []
        self._reasons: dict[Statement, str | None] = {}

    # Names

    def binders(self, name: str, before: Statement | None = None) -> list[Statement]:
        """Return what makes a name what it is, at the end or when a statement ran, oldest first.

        That is the last statement that binds it, those before it that bind it where a condition
        does not, and all that change its object afterwards.
        """
        known = self._binders.get(name, [])
        pool = [s for s in known if not s.is_stale and s is not before]
        pool = pool or [s for s in known if s is not before]
        if before is not None and not (pool and pool[-1].is_definition):
            # Of a function that was defined again there is only the new version.
            pool = [s for s in pool if s.order < before.order] or pool
        if not pool:
            return []
        found = [pool[-1]]
        for statement in reversed(pool[:-1]):
            if found[0].names.binds[name]:
                break
            found.insert(0, statement)
        last = pool[-1]
        return found + [
            s
            for s in self._changers.get(name, [])
            if s is not last
            and s is not before
            and last.order < s.order
            and (before is None or s.order < before.order)
            and not s.is_stale
        ]

    def imported(self, path: str) -> str | None:
        """Return the full dotted name behind a path whose first name is imported."""
        name, _, rest = path.partition(".")
        binders = self._binders.get(name, [])
        if not binders:
            return None
        parts = [] if binders[-1].is_definition else list(ast.walk(binders[-1].node))
        for part in reversed(parts):
            for target in _import_targets(part, name):
                return f"{target}.{rest}" if rest else target
        return None

    # Data

    def why_data(self, statement: Statement) -> str | None:
        """Say how a statement's value came about when its text alone does not say what it is."""
        if not self._reasons:
            # In the order in which they ran, a chain of values does not become a deep recursion.
            for each in self.statements:
                self._judge(each)
        return self._reasons[statement]

    def _judge(self, statement: Statement) -> str | None:
        if statement not in self._reasons:
            self._reasons[statement] = None
            self._reasons[statement] = self._why_data(statement)
        return self._reasons[statement]

    def _why_data(self, statement: Statement) -> str | None:
        where = f"{statement.cell.where}, line {statement.first_line}"
        if statement.is_whole_cell or statement.is_import or statement.is_definition:
            return None
        if statement.magic:
            line, text = statement.magic
            return f"made by IPython syntax in {statement.cell.where}, line {line}: {text}"
        if statement.is_main_guard:
            return (
                f'made under if __name__ == "__main__" in {where}, which the runtime never enters'
            )
        if isinstance(statement.node, ast.Delete) and not is_removal(statement.node):
            return f"deleted in {where}"
        part = first_data_call(
            statement.node,
            dotted=self.imported,
            own_function=self.definitions.calls_plainly,
            own_method=self.definitions.method_calls_plainly,
        )
        if part is not None:
            line = getattr(part, "lineno", statement.first_line)
            text = statement.line_text(line).strip()
            return f"data made in {statement.cell.where}, line {line}: {text}"
        for use in statement.names.uses:
            if use.is_deferred or use.is_soft:
                continue
            for source in self.binders(use.name, statement):
                if use.name in source.registers:
                    continue
                if self._judge(source):
                    return f"made from {use.name!r} in {where}, and {use.name!r} is {self._judge(source)}"
        return None

    # Registrations

    def add_registrations(self, entry_points: set[str]) -> None:
        """Count what the notebook's own decorators and functions are told of as changes of an object."""
        found = Registrations(
            self.definitions,
            self.imported,
            made=self._own_instances(),
            entry_points=entry_points,
        )
        for statement in self.statements:
            if statement.is_import or statement.is_whole_cell or statement.magic:
                continue
            if statement.is_stale:
                continue
            statement.registers = found.of(statement.node) - statement.names.binds.keys()
            for name in statement.registers - statement.changes:
                self._changers[name].append(statement)
                self._changers[name].sort(key=lambda each: each.order)
            statement.changes |= statement.registers
            library = found.library(statement.node)
            if library is not None:
                self.libraries.append((library, statement))

    def changers(self, name: str, after: Statement) -> list[Statement]:
        """Return what changes an object after it was bound by a statement, or told it of a function."""
        known = [s for s in self._binders.get(name, []) if not s.is_stale]
        if not known or known[-1] is not after:
            return []
        return [s for s in self._changers.get(name, []) if after.order < s.order and not s.is_stale]

    def keeps_functions(self, name: str) -> bool:
        """Say whether an object is a function or class, or holds some of the notebook's."""
        own = self.definitions
        return any(
            statement.is_definition
            or name in statement.registers
            or any(
                (
                    isinstance(part, ast.Name)
                    and own.makes(part.id)
                    and part not in _called(statement)
                )
                or isinstance(part, ast.Lambda)
                for part in eager_nodes(statement.node)
            )
            for statement in (*self._binders.get(name, ()), *self._changers.get(name, ()))
        )

    # Reading the cells

    def _add_effects_of_calls(self) -> None:
        """Count what the notebook's own functions do to globals and arguments as done by the call."""
        made = self._own_instances()
        for statement in self.statements:
            if statement.is_definition or statement.is_import or statement.is_whole_cell:
                continue
            for name, call in calls_by_name(statement.node):
                for target in sorted(self.definitions.sets_global.get(name, ())):
                    statement.names.binds.setdefault(target, True)
                if name in self.definitions.functions:
                    statement.changes |= changed_arguments(call, self.definitions.functions[name])
            for name, method in method_calls(statement.node):
                if name in made and self.definitions.changes_itself(method):
                    statement.changes.add(name)

    def _own_instances(self) -> set[str]:
        """Return the names bound to what the notebook's own classes and functions return."""
        made: set[str] = set()
        for statement in self.statements:
            if isinstance(statement.node, (ast.Assign, ast.AnnAssign)) and any(
                self.definitions.makes(name) for name, _ in calls_by_name(statement.node)
            ):
                made |= statement.names.binds.keys()
        return made

    def _index_names(self) -> None:
        for statement in self.statements:
            for name in statement.names.binds:
                self._binders[name].append(statement)
                self.home.setdefault(name, statement.order)
            for name in statement.changes - statement.names.binds.keys():
                self._changers[name].append(statement)


def _called(statement: Statement) -> list[ast.expr]:
    return [part.func for part in ast.walk(statement.node) if isinstance(part, ast.Call)]


def _stale(cells: Sequence[Cell]) -> set[int]:
    """Return the places of the cells that ran again later, with the same id or the same text."""
    stale, ids, texts = set(), set(), set()
    for order in range(len(cells) - 1, -1, -1):
        cell = cells[order]
        text = cell.source.strip()
        if cell.id in ids or text in texts:
            stale.add(order)
        if cell.id is not None:
            ids.add(cell.id)
        texts.add(text)
    return stale


def _import_targets(node: ast.AST, name: str) -> list[str]:
    if isinstance(node, ast.Import):
        return [
            alias.name if alias.asname else name
            for alias in node.names
            if (alias.asname or alias.name.partition(".")[0]) == name
        ]
    if isinstance(node, ast.ImportFrom):
        return [
            f"{node.module}.{alias.name}"
            for alias in node.names
            if (alias.asname or alias.name) == name
        ]
    return []

"""All statements of a notebook, and what each of its names stands for at a given time."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Sequence

from modelop_jupyter.capture.cells import Cell
from modelop_jupyter.capture.changes import calls_by_name, changed_arguments, method_calls
from modelop_jupyter.capture.plain import called_names, first_data_call, reads_or_learns
from modelop_jupyter.capture.statements import ReadCell, Statement, is_future, read_cell

_Function = ast.FunctionDef | ast.AsyncFunctionDef


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
        self.functions: dict[str, _Function] = {}
        self.classes: dict[str, ast.ClassDef] = {}
        self._methods: dict[str, list[_Function]] = defaultdict(list)
        self._index_definitions()
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
        if before is not None:
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
        node = binders[-1].node
        nodes = node.body if isinstance(node, ast.Module) else [node]
        for node in reversed(nodes):
            for target in _import_targets(node, name):
                return f"{target}.{rest}" if rest else target
        return None

    # Data

    def why_data(self, statement: Statement) -> str | None:
        """Say how a statement's value came about when its text alone does not say what it is."""
        if statement not in self._reasons:
            self._reasons[statement] = None
            self._reasons[statement] = self._why_data(statement)
        return self._reasons[statement]

    def _why_data(self, statement: Statement) -> str | None:
        where = f"{statement.cell.where}, line {statement.first_line}"
        if statement.magic:
            return f"made by the IPython syntax {statement.magic!r} in {where}"
        if statement.is_whole_cell or statement.is_import or statement.is_definition:
            return None
        if statement.is_main_guard:
            return (
                f'made under if __name__ == "__main__" in {where}, which the runtime never enters'
            )
        if isinstance(statement.node, ast.Delete):
            return f"deleted in {where}"
        part = first_data_call(
            statement.node,
            dotted=self.imported,
            own_function=self._calls_plainly,
            own_method=self._method_calls_plainly,
        )
        if part is not None:
            line = getattr(part, "lineno", statement.first_line)
            text = statement.line_text(line).strip()
            return f"data made in {statement.cell.where}, line {line}: {text}"
        for use in statement.names.uses:
            if use.is_deferred or use.is_soft:
                continue
            for source in self.binders(use.name, statement):
                if self.why_data(source):
                    return f"made from {use.name!r} in {where}, and {use.name!r} is {self.why_data(source)}"
        return None

    def _calls_plainly(self, name: str, trail: tuple[str, ...] = ()) -> bool | None:
        """Say whether calling the notebook's own function or class of this name is plain."""
        binders = self._binders.get(name, [])
        if not binders or binders[-1].is_import:
            return None
        if name in trail:
            return True
        trail = (*trail, name)
        if name in self.functions:
            return self._is_plain_body(self.functions[name], trail)
        if name in self.classes:
            made = self.classes[name]
            bases = [base.id for base in made.bases if isinstance(base, ast.Name)]
            builders = [
                item
                for item in made.body
                if isinstance(item, _Function)
                and item.name in ("__init__", "__new__", "__post_init__")
            ]
            return all(self._is_plain_body(item, trail) for item in builders) and all(
                self._calls_plainly(base, trail) is not False for base in bases
            )
        # A name bound to a value: a lambda, a partial, a namedtuple.
        return True

    def _is_plain_body(self, function: _Function, trail: tuple[str, ...]) -> bool:
        for called in called_names(function):
            own = self._calls_plainly(called, trail)
            if own is False or (own is None and reads_or_learns(called)):
                return False
        return True

    def _method_calls_plainly(self, name: str) -> bool | None:
        if name not in self._methods:
            return None
        return not reads_or_learns(name) and all(
            self._is_plain_body(method, (name,)) for method in self._methods[name]
        )

    # Reading the cells

    def _index_definitions(self) -> None:
        for statement in self.statements:
            body = (
                statement.node.body if isinstance(statement.node, ast.Module) else [statement.node]
            )
            for node in body:
                for part in ast.walk(node) if isinstance(node, (ast.If, ast.Try)) else [node]:
                    if isinstance(part, _Function):
                        self.functions[part.name] = part
                    elif isinstance(part, ast.ClassDef):
                        self.classes[part.name] = part
                        for item in part.body:
                            if isinstance(item, _Function):
                                self._methods[item.name].append(item)

    def _add_effects_of_calls(self) -> None:
        """Count what the notebook's own functions do to globals and arguments as done by the call."""
        sets_global: dict[str, set[str]] = {}
        for statement in self.statements:
            if isinstance(statement.node, _Function):
                sets_global[statement.node.name] = statement.names.sets_global
        made = self._own_instances()
        for statement in self.statements:
            if statement.is_definition or statement.is_import or statement.is_whole_cell:
                continue
            for name, call in calls_by_name(statement.node):
                for target in sorted(sets_global.get(name, ())):
                    statement.names.binds.setdefault(target, True)
                if name in self.functions:
                    statement.changes |= changed_arguments(call, self.functions[name])
            for name, method in method_calls(statement.node):
                if name in made and self._changes_itself(method):
                    statement.changes.add(name)

    def _own_instances(self) -> set[str]:
        """Return the names bound to what the notebook's own classes and functions return."""
        own = self.functions.keys() | self.classes.keys()
        made: set[str] = set()
        for statement in self.statements:
            if isinstance(statement.node, (ast.Assign, ast.AnnAssign)) and any(
                name in own for name, _ in calls_by_name(statement.node)
            ):
                made |= statement.names.binds.keys()
        return made

    def _changes_itself(self, method: str) -> bool:
        """Say whether a method stores something on ``self``; of unknown ones, whether it learns."""
        known = self._methods.get(method)
        if not known:
            return reads_or_learns(method)
        return any(
            isinstance(part, (ast.Attribute, ast.Subscript)) and not isinstance(part.ctx, ast.Load)
            for function in known
            for part in ast.walk(function)
        )

    def _index_names(self) -> None:
        for statement in self.statements:
            for name in statement.names.binds:
                self._binders[name].append(statement)
                self.home.setdefault(name, statement.order)
            for name in statement.changes - statement.names.binds.keys():
                self._changers[name].append(statement)


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

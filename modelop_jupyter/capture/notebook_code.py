"""The statements of a notebook, and which of them define a name at a given time."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from modelop_jupyter.capture.cells import Cell
from modelop_jupyter.capture.data_detection import first_data_call, is_item_deletion
from modelop_jupyter.capture.definitions import Definitions
from modelop_jupyter.capture.ipython_syntax import PythonText, strip_ipython_syntax
from modelop_jupyter.capture.mutations import (
    calls_by_name,
    eager_nodes,
    method_calls,
    mutated_arguments,
)
from modelop_jupyter.capture.registrations import Registrations
from modelop_jupyter.capture.statements import ParsedCell, Statement, is_future, parse_cell
from modelop_jupyter.domain.source_code.decorators import tag_texts
from modelop_jupyter.errors import TagError


class NotebookCode:
    """The cells of a notebook in the order of their execution.

    A cell that ran again (same id or same text) counts once, as it was last; a name that only an
    older version defined is found there as a last resort. Decorators are read as the tags that they
    stand for; ``conflict`` says why one of them cannot be.
    """

    def __init__(self, cells: Sequence[Cell], *, whole: frozenset[int] = frozenset()) -> None:
        stale_positions = _stale_positions(cells)
        lazy_annotations = any(
            "from __future__ import annotations" in cell.source for cell in cells
        )
        texts, self.conflict = _with_tags(cells, stale_positions)
        self.cells: list[ParsedCell] = [
            parse_cell(
                cell,
                texts[position],
                position=position,
                is_stale=position in stale_positions,
                is_whole=cell.number in whole,
                lazy_annotations=lazy_annotations,
            )
            for position, cell in enumerate(cells)
        ]
        self.statements = [statement for parsed in self.cells for statement in parsed.statements]
        self.definitions = Definitions(self.statements)
        self._add_effects_of_calls()
        self._bindings: dict[str, list[Statement]] = defaultdict(list)
        self._mutations: dict[str, list[Statement]] = defaultdict(list)
        self.first_bound: dict[str, tuple[int, ...]] = {}
        self._index_names()
        self.star_imports = [
            s
            for s in self.statements
            if isinstance(s.node, ast.ImportFrom) and s.node.names[0].name == "*" and not s.is_stale
        ]
        self.future_imports = [s for s in self.statements if is_future(s.node) and not s.is_stale]
        self.library_registrations: list[tuple[str, Statement]] = []
        self._reasons: dict[Statement, str | None] = {}

    # Names

    def binding_statements(self, name: str, before: Statement | None = None) -> list[Statement]:
        """Return the statements that give a name its value, oldest first.

        These are the last statement that binds it, those before it if that binding is conditional,
        and all that change its object afterwards; with ``before``, as of that statement.
        """
        all_bindings = self._bindings.get(name, [])
        candidates = [s for s in all_bindings if not s.is_stale and s is not before]
        candidates = candidates or [s for s in all_bindings if s is not before]
        if before is not None and not (candidates and candidates[-1].is_definition):
            # A function that was defined again exists in its new version only.
            candidates = [s for s in candidates if s.position < before.position] or candidates
        if not candidates:
            return []
        statements = [candidates[-1]]
        for statement in reversed(candidates[:-1]):
            if statements[0].names.binds[name]:
                break
            statements.insert(0, statement)
        last = candidates[-1]
        return statements + [
            s
            for s in self._mutations.get(name, [])
            if s is not last
            and s is not before
            and last.position < s.position
            and (before is None or s.position < before.position)
            and not s.is_stale
        ]

    def imported_name(self, path: str) -> str | None:
        """Return the full dotted name of a path whose first name is imported."""
        name, _, rest = path.partition(".")
        bindings = self._bindings.get(name, [])
        if not bindings:
            return None
        parts = [] if bindings[-1].is_definition else list(ast.walk(bindings[-1].node))
        for part in reversed(parts):
            for target in _import_targets(part, name):
                return f"{target}.{rest}" if rest else target
        return None

    # Data

    def why_not_source(self, statement: Statement) -> str | None:
        """Return how a statement's value was made, if its text does not define it, else None."""
        if not self._reasons:
            # In the order of execution, a chain of values does not become a deep recursion.
            for any_statement in self.statements:
                self._data_reason(any_statement)
        return self._reasons[statement]

    def _data_reason(self, statement: Statement) -> str | None:
        if statement not in self._reasons:
            self._reasons[statement] = None
            self._reasons[statement] = self._find_data_reason(statement)
        return self._reasons[statement]

    def _find_data_reason(self, statement: Statement) -> str | None:
        if reason := self.own_data_reason(statement):
            return reason
        if statement.is_whole_cell or statement.is_import or statement.is_definition:
            return None
        where = f"{statement.cell.where}, line {statement.first_line}"
        for reference in statement.names.references:
            if reference.is_deferred or reference.is_optional:
                continue
            for source in self.binding_statements(reference.name, statement):
                if reference.name in source.registers:
                    continue
                if reason := self._data_reason(source):
                    return f"made from {reference.name!r} in {where}, and {reference.name!r} is {reason}"
        return None

    def own_data_reason(self, statement: Statement) -> str | None:
        """Return how a statement's value was made, if not by plain source, whatever it is made of."""
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
        if isinstance(statement.node, ast.Delete) and not is_item_deletion(statement.node):
            return f"deleted in {where}"
        part = first_data_call(
            statement.node,
            dotted=self.imported_name,
            own_function=self.definitions.is_plain_call,
            own_method=self.definitions.is_plain_method_call,
        )
        if part is None:
            return None
        line = getattr(part, "lineno", statement.first_line)
        text = statement.line_text(line).strip()
        return f"data made in {statement.cell.where}, line {line}: {text}"

    # Registrations

    def add_registrations(self, entry_points: set[str]) -> None:
        """Treat registrations of functions with an object as changes of the object."""
        registrations = Registrations(
            self.definitions,
            self.imported_name,
            own_instances=self._own_instances(),
            entry_points=entry_points,
        )
        for statement in self.statements:
            if statement.is_import or statement.is_whole_cell or statement.magic:
                continue
            if statement.is_stale:
                continue
            statement.registers = (
                registrations.objects_registered_with(statement.node) - statement.names.binds.keys()
            )
            for name in statement.registers - statement.mutates:
                self._mutations[name].append(statement)
                self._mutations[name].sort(key=lambda changing: changing.position)
            statement.mutates |= statement.registers
            library = registrations.library_registered_with(statement.node)
            if library is not None:
                self.library_registrations.append((library, statement))

    def mutating_statements(self, name: str, after: Statement) -> list[Statement]:
        """Return the statements that change an object, or register with it, after its binding."""
        bindings = [s for s in self._bindings.get(name, []) if not s.is_stale]
        if not bindings or bindings[-1] is not after:
            return []
        return [
            s
            for s in self._mutations.get(name, [])
            if after.position < s.position and not s.is_stale
        ]

    def holds_functions(self, name: str) -> bool:
        """Return whether an object is a function or class of the notebook, or contains some."""
        definitions = self.definitions
        return any(
            statement.is_definition
            or name in statement.registers
            or any(
                (
                    isinstance(part, ast.Name)
                    and definitions.is_own(part.id)
                    and part not in _called_expressions(statement)
                )
                or isinstance(part, ast.Lambda)
                for part in eager_nodes(statement.node)
            )
            for statement in (*self._bindings.get(name, ()), *self._mutations.get(name, ()))
        )

    # Reading the cells

    def _add_effects_of_calls(self) -> None:
        """Attribute to a call what the notebook's function does to globals and arguments."""
        own_instances = self._own_instances()
        for statement in self.statements:
            if statement.is_definition or statement.is_import or statement.is_whole_cell:
                continue
            for name, call in calls_by_name(statement.node):
                for target in sorted(self.definitions.sets_global.get(name, ())):
                    statement.names.binds.setdefault(target, True)
                if name in self.definitions.functions:
                    statement.mutates |= mutated_arguments(call, self.definitions.functions[name])
            for name, method in method_calls(statement.node):
                if name in own_instances and self.definitions.mutates_self(method):
                    statement.mutates.add(name)

    def _own_instances(self) -> set[str]:
        """Return the names bound to results of the notebook's own classes and functions."""
        names: set[str] = set()
        for statement in self.statements:
            if isinstance(statement.node, (ast.Assign, ast.AnnAssign)) and any(
                self.definitions.is_own(name) for name, _ in calls_by_name(statement.node)
            ):
                names |= statement.names.binds.keys()
        return names

    def _index_names(self) -> None:
        for statement in self.statements:
            for name in statement.names.binds:
                self._bindings[name].append(statement)
                self.first_bound.setdefault(name, statement.position)
            for name in statement.mutates - statement.names.binds.keys():
                self._mutations[name].append(statement)


def _with_tags(
    cells: Sequence[Cell], stale_positions: set[int]
) -> tuple[list[PythonText], TagError | None]:
    """Return the cells' texts with tags for decorators, and the first conflict of those that count."""
    texts = [strip_ipython_syntax(cell.source) for cell in cells]
    tagged = tag_texts(
        [(cell.where, python.text) for cell, python in zip(cells, texts, strict=True)]
    )
    conflicts = [
        each.conflict for position, each in enumerate(tagged) if position not in stale_positions
    ]
    rewritten = [
        replace(python, text=each.text) for python, each in zip(texts, tagged, strict=True)
    ]
    return rewritten, next(filter(None, conflicts), None)


def _called_expressions(statement: Statement) -> list[ast.expr]:
    return [part.func for part in ast.walk(statement.node) if isinstance(part, ast.Call)]


def _stale_positions(cells: Sequence[Cell]) -> set[int]:
    """Return the positions of cells that ran again later, with the same id or text."""
    stale, ids, texts = set(), set(), set()
    for position in range(len(cells) - 1, -1, -1):
        cell = cells[position]
        text = cell.source.strip()
        if cell.id in ids or text in texts:
            stale.add(position)
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

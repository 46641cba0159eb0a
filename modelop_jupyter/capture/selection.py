"""Select the statements that a model needs: all that its entry points reach by name."""

from __future__ import annotations

import ast
import builtins
import re
from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from modelop_jupyter.capture.freezing import Freezing
from modelop_jupyter.capture.names import NameReference
from modelop_jupyter.capture.notebook_code import NotebookCode
from modelop_jupyter.capture.statements import Statement
from modelop_jupyter.errors import InvalidError, UnresolvedNameError

_PREDEFINED = frozenset(dir(builtins)) | frozenset(
    "__name__ __file__ __doc__ __spec__ __package__ __loader__ __builtins__ __annotations__".split()
)
IPYTHON_NAMES = frozenset("display get_ipython In Out exit quit".split())


@dataclass(frozen=True)
class _Failure:
    """A reference to what cannot be taken; ``sources`` made it, none where no cell defines it."""

    reference: NameReference
    user: Statement
    reason: str | None
    sources: tuple[Statement, ...] = ()


class Selection:
    """The statements selected so far, the imported names that are needed, and dependencies.

    ``eager`` maps a statement to those that must have run before it, ``deferred`` to those that its
    functions need when they are called.
    """

    def __init__(
        self,
        code: NotebookCode,
        *,
        init: str | None,
        describe: Callable[[str], str | None],
        is_lenient: bool,
        freezing: Freezing,
    ) -> None:
        self.code = code
        self._freezing = freezing
        self.taken: set[Statement] = set()
        self.aliases: dict[Statement, set[int]] = defaultdict(set)
        self.eager: dict[Statement, set[Statement]] = defaultdict(set)
        self.deferred: dict[Statement, set[Statement]] = defaultdict(set)
        self.warnings: set[str] = set()
        self._describe = describe
        self._is_lenient = is_lenient
        self._assigned_by_init = self._globals_set_by(init)
        self._failures: list[_Failure] = []
        self._left_out: dict[Statement, str | None] = {}

    def take(self, roots: Iterable[Statement]) -> None:
        """Select statements and all that they need; raises :class:`UnresolvedNameError`."""
        pending = deque(roots)
        while pending:
            while pending:
                statement = pending.popleft()
                if statement in self.taken:
                    continue
                self.taken.add(statement)
                _refuse_magic(statement)
                for reference in statement.names.references:
                    pending += (
                        s for s in self._resolve(reference, statement) if s not in self.taken
                    )
            pending += self._registrations_of_taken()
            pending = pending or deque(self._frozen())
        self._raise_failures()

    def _frozen(self) -> list[Statement]:
        """Return what stands for names whose code cannot be taken, and is not selected yet."""
        failures, self._failures = self._failures, []
        needed: list[Statement] = []
        for failure in failures:
            instead = self._instead_of(failure)
            if instead is None:
                self._failures.append(failure)
            else:
                needed += instead
        return [statement for statement in needed if statement not in self.taken]

    def _instead_of(self, failure: _Failure) -> list[Statement] | None:
        """Return what loads a name's value, its frozen value, or its code if that needs such only."""
        reference, user = failure.reference, failure.user
        if not failure.sources or reference.name in self._assigned_names():
            return None
        if loading := self._freezing.loading(reference, user):
            self._depend(reference, user, loading[-1:])
            return loading
        literal = self._freezing.literal(reference, user)
        if literal is None:
            is_read = reference.name not in self._freezing.unread
            if is_read and self._freezing.is_source(failure.sources):
                return self._depend(reference, user, failure.sources)
            self._freezing.offer_file(reference, user)
            return None
        statement = self._freezing.statement(reference.name, literal)
        return [statement] if statement and self._depend(reference, user, [statement]) else None

    def _registrations_of_taken(self) -> list[Statement]:
        """Return the registrations with selected objects, which nothing names."""
        statements: dict[Statement, None] = {}
        for statement in sorted(self.taken, key=lambda statement: statement.position):
            if not statement.is_import:
                for name in statement.names.binds:
                    statements |= dict.fromkeys(self.code.mutating_statements(name, statement))
        used_libraries = {path.partition(".")[0] for path in self._imported_paths()}
        statements |= {
            registration: None
            for library, registration in self.code.library_registrations
            if library in used_libraries
        }
        return [
            registration
            for registration in statements
            if registration not in self.taken and not self._is_left_out(registration)
        ]

    def _imported_paths(self) -> Iterator[str]:
        for statement in self.taken:
            if isinstance(statement.node, ast.Import):
                yield from (alias.name for alias in statement.node.names)
            elif isinstance(statement.node, ast.ImportFrom):
                yield statement.node.module or ""

    def _is_left_out(self, statement: Statement) -> bool:
        """Return whether a registration is left out as it needs data; warn once."""
        if statement not in self._left_out:
            self._left_out[statement] = self._why_left_out(statement, set())
            if self._left_out[statement]:
                self.warnings.add(
                    f"{statement.where} is left out, as {self._left_out[statement]}: the model runs"
                    f" without it  ({statement.line_text(statement.first_line).strip()})"
                )
        return self._left_out[statement] is not None

    def _why_left_out(self, statement: Statement, seen: set[Statement]) -> str | None:
        """Return why a statement with all that it needs cannot be selected, else None."""
        if statement in self.taken or statement in seen:
            return None
        seen.add(statement)
        if statement.magic:
            return f"it has IPython syntax in line {statement.magic[0]}"
        reason = self.code.why_not_source(statement)
        if reason:
            return f"it is {reason}"
        for reference in statement.names.references:
            if reference.is_optional or reference.name in self._assigned_by_init:
                continue
            sources = self.code.binding_statements(
                reference.name, None if reference.is_deferred else statement
            )
            if not sources and not (reference.name in _PREDEFINED or self.code.star_imports):
                if self._is_lenient and reference.is_deferred:
                    continue
                return f"it reads {reference.name!r}, which no cell defines"
            for source in sources:
                if (
                    source.is_import
                    or source is statement
                    or self._is_registration(reference.name, source)
                ):
                    continue
                reason = self.code.why_not_source(source)
                if reason:
                    return f"it reads {reference.name!r}, which is {reason}"
                reason = self._why_left_out(source, seen)
                if reason:
                    return reason
        return None

    def _resolve(self, reference: NameReference, user: Statement) -> list[Statement]:
        """Return the statements that a reference needs, and record the dependencies."""
        sources = self.code.binding_statements(
            reference.name, None if reference.is_deferred else user
        )
        if reference.name in self._assigned_by_init:
            # The value that init sets when the job starts counts; a first value is taken as well.
            sources = [s for s in sources if isinstance(s.node, (ast.Assign, ast.AnnAssign))]
            if any(map(self.code.why_not_source, sources)):
                return []
        elif not sources:
            return self._unresolved(reference, user)
        sources = [
            s
            for s in sources
            if not (self._is_registration(reference.name, s) and self._is_left_out(s))
        ]
        reason = next(filter(None, map(self.code.why_not_source, sources)), None)
        if reason:
            if not reference.is_optional:
                reason = self._describe(reference.name) or reason
                self._failures.append(_Failure(reference, user, reason, tuple(sources)))
            return []
        return self._depend(reference, user, sources)

    def _depend(
        self, reference: NameReference, user: Statement, sources: Sequence[Statement]
    ) -> list[Statement]:
        """Record that a statement needs what gives a name its value, and return what is needed of it."""
        needed = []
        for source in sources:
            if source.is_import:
                needed += self._imports(reference, source)
            elif source is not user:
                needed.append(source)
        for source in needed:
            if source is not needed[-1] and reference.name not in source.names.binds:
                # Each change of an object needs the one before it: only the last is needed here.
                continue
            (self.deferred if reference.is_deferred else self.eager)[user].add(source)
            if source.is_stale:
                self.warnings.add(
                    f"{reference.name!r} comes from an older version of {source.cell.where}"
                    " that is no longer there"
                )
        return needed

    def _is_registration(self, name: str, statement: Statement) -> bool:
        """Return whether a statement only registers something with an object.

        Such a statement may be left out; one that changes a value may not: the value would be
        another.
        """
        if name in statement.names.binds or statement.is_import:
            return False
        return name in statement.registers or self.code.holds_functions(name)

    def _unresolved(self, reference: NameReference, user: Statement) -> list[Statement]:
        if reference.name in _PREDEFINED or reference.is_optional:
            return []
        if reference.name in IPYTHON_NAMES:
            reason = "a name of IPython, which the model's runtime does not have"
            self._failures.append(_Failure(reference, user, reason))
        elif self.code.star_imports:
            for star in self.code.star_imports:
                modules = f"from {getattr(star.node, 'module', None) or '.'} import *"
                self.warnings.add(
                    f"{reference.name!r} is defined in no cell: {modules} is assumed to define it"
                )
                (self.deferred if reference.is_deferred else self.eager)[user].add(star)
            return self.code.star_imports
        else:
            self._failures.append(
                _Failure(
                    reference,
                    user,
                    self._describe(reference.name) or self._unparsed_cell_with(reference.name),
                )
            )
        return []

    def _imports(self, reference: NameReference, source: Statement) -> list[Statement]:
        """Select the parts of import statements that a reference needs.

        ``import a.b`` and ``import a.c`` both bind ``a``.
        """
        assert isinstance(source.node, (ast.Import, ast.ImportFrom))
        statements = []
        for statement in [*self._sibling_imports(reference.name, source), source]:
            for index, alias in enumerate(statement.node.names):  # type: ignore[union-attr]
                if isinstance(statement.node, ast.ImportFrom) or alias.asname:
                    matches = statement is source and (alias.asname or alias.name) == reference.name
                else:
                    matches = f"{reference.path}.".startswith(f"{alias.name}.")
                    matches |= (
                        statement is source and alias.name.partition(".")[0] == reference.name
                    )
                if matches:
                    self.aliases[statement].add(index)
                    statements.append(statement)
        return statements

    def _sibling_imports(self, name: str, source: Statement) -> list[Statement]:
        if not isinstance(source.node, ast.Import) or any(
            a.asname == name for a in source.node.names
        ):
            return []
        return [
            s
            for s in self.code.statements
            if isinstance(s.node, ast.Import)
            and s is not source
            and name in s.names.binds
            and not s.is_stale
        ]

    def _globals_set_by(self, function: str | None) -> set[str]:
        """Return the names that a function, or one it calls, assigns through ``global``."""
        names: set[str] = set()
        seen: set[str] = set()
        pending = [function] if function else []
        while pending:
            name = pending.pop()
            if name in seen:
                continue
            seen.add(name)
            for statement in self.code.binding_statements(name):
                if statement.is_definition:
                    names |= statement.names.sets_global
                    pending += [reference.name for reference in statement.names.references]
                elif statement.is_whole_cell:
                    names |= statement.names.sets_global
        return names

    def _unparsed_cell_with(self, name: str) -> str | None:
        for parsed in self.code.cells:
            if parsed.error is not None and re.search(
                rf"\b{re.escape(name)}\b", parsed.python.text
            ):
                return f"in {parsed.cell.where}, which is not valid Python"
            magic = parsed.python.skipped_magic
            defined = rf"(?m)^\s*(?:(?:async\s+)?def|class)\s+{name}\b|^\s*{name}\s*=(?!=)"
            if magic and re.search(defined, parsed.cell.source):
                return f"in {parsed.cell.where}, which begins with {magic}: its body is not read as Python"
        return None

    def _assigned_names(self) -> set[str]:
        """Return the names that selected functions assign through ``global``."""
        return set().union(*(statement.names.sets_global for statement in self.taken))

    def _raise_failures(self) -> None:
        assigned_names = self._assigned_names()
        # What is offered to be frozen, or saved, is no obstacle yet where something else is.
        offered_as = self._freezing.offered_as
        failures = sorted(self._failures, key=lambda it: offered_as(it.reference.name) is not None)
        for failure in failures:
            reference, user = failure.reference, failure.user
            if reference.name in assigned_names:
                continue
            if self._is_lenient and reference.is_deferred and failure.reason is None:
                self.warnings.add(
                    f"{user.cell.where}, line {reference.line}: {reference.name!r} is defined in no cell"
                )
                continue
            raise UnresolvedNameError(
                reference.name,
                where=user.cell.where,
                line=reference.line,
                text=user.line_text(reference.line),
                value=failure.reason,
                offered_as=offered_as(reference.name),
                no_literal=self._freezing.reason(reference.name) if failure.sources else None,
                setter=self._setter_of(reference.name),
            )

    def _setter_of(self, name: str) -> str | None:
        """Return a function without parameters that assigns a name through ``global``."""
        for statement in self.code.statements:
            node = statement.node
            if isinstance(node, ast.FunctionDef) and name in statement.names.sets_global:
                arguments = node.args
                if not (arguments.posonlyargs or arguments.args or statement.is_stale):
                    return node.name
        return None


def _refuse_magic(statement: Statement) -> None:
    if statement.magic:
        number, text = statement.magic
        raise InvalidError(
            f"{statement.cell.where}, line {number}: the model needs a statement with IPython syntax,"
            f" which its runtime does not have  ({text})",
            "Write it in Python, or take the line out of the model's code",
        )

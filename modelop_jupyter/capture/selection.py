"""Which statements a model needs: everything reachable by name from its entry points."""

from __future__ import annotations

import ast
import builtins
import re
from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from modelop_jupyter.capture.book import Book
from modelop_jupyter.capture.names import Use
from modelop_jupyter.capture.statements import Statement
from modelop_jupyter.errors import InvalidError, UnresolvedNameError

_GIVEN = frozenset(dir(builtins)) | frozenset(
    "__name__ __file__ __doc__ __spec__ __package__ __loader__ __builtins__ __annotations__".split()
)
OF_IPYTHON = frozenset("display get_ipython In Out exit quit".split())


@dataclass(frozen=True)
class _Failure:
    use: Use
    user: Statement
    found: str | None


class Selection:
    """The statements taken so far, the imported names needed, and who needs whom.

    ``eager`` and ``deferred`` map a statement to those it needs when it runs, and to those that
    its functions need when they are called.
    """

    def __init__(
        self,
        book: Book,
        *,
        init: str | None,
        describe: Callable[[str], str | None],
        is_lenient: bool,
    ) -> None:
        self.book = book
        self.taken: set[Statement] = set()
        self.aliases: dict[Statement, set[int]] = defaultdict(set)
        self.eager: dict[Statement, set[Statement]] = defaultdict(set)
        self.deferred: dict[Statement, set[Statement]] = defaultdict(set)
        self.warnings: set[str] = set()
        self._describe = describe
        self._is_lenient = is_lenient
        self._set_by_init = self._globals_set_by(init)
        self._failures: list[_Failure] = []
        self._left: dict[Statement, str | None] = {}

    def take(self, roots: Iterable[Statement]) -> None:
        """Take statements and all that they need; raises :class:`UnresolvedNameError`."""
        waiting = deque(roots)
        while waiting:
            while waiting:
                statement = waiting.popleft()
                if statement in self.taken:
                    continue
                self.taken.add(statement)
                _refuse_magic(statement)
                for use in statement.names.uses:
                    waiting += (s for s in self._need(use, statement) if s not in self.taken)
            waiting += self._belonging()
        self._judge()

    def _belonging(self) -> list[Statement]:
        """Return what is told to what is taken, and so belongs to it although nobody names it."""
        found: dict[Statement, None] = {}
        for statement in sorted(self.taken, key=lambda statement: statement.order):
            if not statement.is_import:
                for name in statement.names.binds:
                    found |= dict.fromkeys(self.book.changers(name, statement))
        used = {path.partition(".")[0] for path in self._imported_paths()}
        found |= {each: None for library, each in self.book.libraries if library in used}
        return [each for each in found if each not in self.taken and not self._is_left(each)]

    def _imported_paths(self) -> Iterator[str]:
        for statement in self.taken:
            if isinstance(statement.node, ast.Import):
                yield from (alias.name for alias in statement.node.names)
            elif isinstance(statement.node, ast.ImportFrom):
                yield statement.node.module or ""

    def _is_left(self, statement: Statement) -> bool:
        """Say whether a statement stays behind as it reads data; that is told once."""
        if statement not in self._left:
            self._left[statement] = self._obstacle(statement, set())
            if self._left[statement]:
                self.warnings.add(
                    f"{statement.where} is left out, as {self._left[statement]}: the model does"
                    f" without it  ({statement.line_text(statement.first_line).strip()})"
                )
        return self._left[statement] is not None

    def _obstacle(self, statement: Statement, seen: set[Statement]) -> str | None:
        """Say what hinders a statement and all that it needs from being taken, without taking them."""
        if statement in self.taken or statement in seen:
            return None
        seen.add(statement)
        if statement.magic:
            return f"it has IPython syntax in line {statement.magic[0]}"
        reason = self.book.why_data(statement)
        if reason:
            return f"it is {reason}"
        for use in statement.names.uses:
            if use.is_soft or use.name in self._set_by_init:
                continue
            sources = self.book.binders(use.name, None if use.is_deferred else statement)
            if not sources and not (use.name in _GIVEN or self.book.stars):
                if self._is_lenient and use.is_deferred:
                    continue
                return f"it reads {use.name!r}, which no cell defines"
            for source in sources:
                if source.is_import or source is statement or self._is_told(use.name, source):
                    continue
                reason = self.book.why_data(source)
                if reason:
                    return f"it reads {use.name!r}, which is {reason}"
                reason = self._obstacle(source, seen)
                if reason:
                    return reason
        return None

    def _need(self, use: Use, user: Statement) -> list[Statement]:
        sources = self.book.binders(use.name, None if use.is_deferred else user)
        if use.name in self._set_by_init:
            # What init makes when the job starts counts; a first value may stand before it.
            sources = [s for s in sources if isinstance(s.node, (ast.Assign, ast.AnnAssign))]
            if any(map(self.book.why_data, sources)):
                return []
        elif not sources:
            return self._unbound(use, user)
        sources = [s for s in sources if not (self._is_told(use.name, s) and self._is_left(s))]
        reasons = [reason for reason in map(self.book.why_data, sources) if reason]
        if reasons:
            if not use.is_soft:
                self._failures.append(_Failure(use, user, self._describe(use.name) or reasons[0]))
            return []
        needed = []
        for source in sources:
            if source.is_import:
                needed += self._imports(use, source)
            elif source is not user:
                needed.append(source)
        for source in needed:
            if source is not needed[-1] and use.name not in source.names.binds:
                # Each change of an object needs the one before it: the last stands for all.
                continue
            (self.deferred if use.is_deferred else self.eager)[user].add(source)
            if source.is_stale:
                self.warnings.add(
                    f"{use.name!r} comes from an older version of {source.cell.where}"
                    " that is no longer there"
                )
        return needed

    def _is_told(self, name: str, statement: Statement) -> bool:
        """Say whether a statement only tells an object of more, which can do without it.

        What changes a value cannot be left: the value would be another.
        """
        if name in statement.names.binds or statement.is_import:
            return False
        return name in statement.registers or self.book.keeps_functions(name)

    def _unbound(self, use: Use, user: Statement) -> list[Statement]:
        if use.name in _GIVEN or use.is_soft:
            return []
        if use.name in OF_IPYTHON:
            found = "a name of IPython, which the model's runtime does not have"
            self._failures.append(_Failure(use, user, found))
        elif self.book.stars:
            for star in self.book.stars:
                modules = f"from {getattr(star.node, 'module', None) or '.'} import *"
                self.warnings.add(f"{use.name!r} is defined in no cell: {modules} is taken for it")
                (self.deferred if use.is_deferred else self.eager)[user].add(star)
            return self.book.stars
        else:
            self._failures.append(
                _Failure(use, user, self._describe(use.name) or self._in_broken_cell(use.name))
            )
        return []

    def _imports(self, use: Use, source: Statement) -> list[Statement]:
        """Mark the parts of import statements that a use needs; ``import a.b`` and ``import a.c`` both bind ``a``."""
        assert isinstance(source.node, (ast.Import, ast.ImportFrom))
        found = []
        for statement in [*self._sisters(use.name, source), source]:
            for index, alias in enumerate(statement.node.names):  # type: ignore[union-attr]
                if isinstance(statement.node, ast.ImportFrom) or alias.asname:
                    is_meant = statement is source and (alias.asname or alias.name) == use.name
                else:
                    is_meant = f"{use.path}.".startswith(f"{alias.name}.")
                    is_meant |= statement is source and alias.name.partition(".")[0] == use.name
                if is_meant:
                    self.aliases[statement].add(index)
                    found.append(statement)
        return found

    def _sisters(self, name: str, source: Statement) -> list[Statement]:
        if not isinstance(source.node, ast.Import) or any(
            a.asname == name for a in source.node.names
        ):
            return []
        return [
            s
            for s in self.book.statements
            if isinstance(s.node, ast.Import)
            and s is not source
            and name in s.names.binds
            and not s.is_stale
        ]

    def _globals_set_by(self, function: str | None) -> set[str]:
        """Return the names that a function, or one it calls, assigns through ``global``."""
        found: set[str] = set()
        seen: set[str] = set()
        waiting = [function] if function else []
        while waiting:
            name = waiting.pop()
            if name in seen:
                continue
            seen.add(name)
            for statement in self.book.binders(name):
                if statement.is_definition:
                    found |= statement.names.sets_global
                    waiting += [use.name for use in statement.names.uses]
                elif statement.is_whole_cell:
                    found |= statement.names.sets_global
        return found

    def _in_broken_cell(self, name: str) -> str | None:
        for read in self.book.cells:
            if read.error is not None and re.search(rf"\b{re.escape(name)}\b", read.plain.text):
                return f"in {read.cell.where}, which is not valid Python"
            magic = read.plain.unread
            defined = rf"(?m)^\s*(?:(?:async\s+)?def|class)\s+{name}\b|^\s*{name}\s*=(?!=)"
            if magic and re.search(defined, read.cell.source):
                return f"in {read.cell.where}, which begins with {magic}: its body is not read as Python"
        return None

    def _judge(self) -> None:
        set_by_code = (
            set().union(*(s.names.sets_global for s in self.taken)) if self.taken else set()
        )
        for failure in self._failures:
            use, user = failure.use, failure.user
            if use.name in set_by_code:
                continue
            if self._is_lenient and use.is_deferred and failure.found is None:
                self.warnings.add(
                    f"{user.cell.where}, line {use.line}: {use.name!r} is defined in no cell"
                )
                continue
            raise UnresolvedNameError(
                use.name,
                where=user.cell.where,
                line=use.line,
                text=user.line_text(use.line),
                found=failure.found,
            )


def _refuse_magic(statement: Statement) -> None:
    if statement.magic:
        line, text = statement.magic
        raise InvalidError(
            f"{statement.cell.where}, line {line}: the model needs a statement with IPython syntax,"
            f" which its runtime does not have  ({text})",
            "Write it in Python, or take the line out of the model's code",
        )

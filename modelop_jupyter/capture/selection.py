"""Which statements a model needs: everything reachable by name from its entry points."""

from __future__ import annotations

import ast
import builtins
import re
from collections import defaultdict, deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from modelop_jupyter.capture.book import Book
from modelop_jupyter.capture.names import Use
from modelop_jupyter.capture.statements import Statement
from modelop_jupyter.errors import InvalidError, UnresolvedNameError

_GIVEN = frozenset(dir(builtins)) | frozenset(
    "__name__ __file__ __doc__ __spec__ __package__ __loader__ __builtins__ __annotations__".split()
)
_OF_IPYTHON = frozenset("display get_ipython In Out exit quit".split())


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

    def take(self, roots: Iterable[Statement]) -> None:
        """Take statements and all that they need; raises :class:`UnresolvedNameError`."""
        waiting = deque(roots)
        while waiting:
            statement = waiting.popleft()
            if statement in self.taken:
                continue
            self.taken.add(statement)
            _refuse_magic(statement)
            for use in statement.names.uses:
                waiting += (s for s in self._need(use, statement) if s not in self.taken)
        self._judge()

    def _need(self, use: Use, user: Statement) -> list[Statement]:
        sources = self.book.binders(use.name, None if use.is_deferred else user)
        if use.name in self._set_by_init:
            # What init makes when the job starts counts; a first value may stand before it.
            sources = [s for s in sources if isinstance(s.node, (ast.Assign, ast.AnnAssign))]
            if any(map(self.book.why_data, sources)):
                return []
        elif not sources:
            return self._unbound(use, user)
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

    def _unbound(self, use: Use, user: Statement) -> list[Statement]:
        if use.name in _GIVEN or use.is_soft:
            return []
        if use.name in _OF_IPYTHON:
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

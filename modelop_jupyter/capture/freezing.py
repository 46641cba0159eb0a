"""Values of the running notebook that stand in the module for names whose code cannot be taken.

A name is frozen only where it would be refused otherwise: what made it reads data, fits a model or
cannot be written as source. Its value must be a short literal (:mod:`.literals`). Of a chain of such
values the one that the model's functions read is frozen, or, if that has no literal, the nearest ones
that it is made of. A value without a literal may be in a file instead (:mod:`.value_files`), which the
module loads.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType, ModuleType
from typing import Any, Literal

from modelop_jupyter import masking
from modelop_jupyter.capture import literals, value_files
from modelop_jupyter.capture.ipython_syntax import parse
from modelop_jupyter.capture.literals import NotLiteralError, literal_text, read_literal
from modelop_jupyter.capture.names import NameReference, NameUsage, names_of
from modelop_jupyter.capture.notebook_code import NotebookCode
from modelop_jupyter.capture.statements import Statement
from modelop_jupyter.capture.value_loading import loaded_path, loading_lines
from modelop_jupyter.domain.previews import FrozenValue, ValueQuery
from modelop_jupyter.domain.sentences import listed
from modelop_jupyter.errors import InvalidError
from modelop_jupyter.masking import mask

_WIDTH = 100
_LONGEST_EXPRESSION = 80
# A value that is secret stays where it is: a module is shown, stored and handed on.
_SECRET_NAME = re.compile(
    r"(?:\A|_)(?:secret|passw(?:or)?d|passphrase|pwd|credential|api_?key|(?:api|access|auth|hf)_?token)s?"
    r"(?:\Z|_)|\Atoken\Z",
    re.IGNORECASE,
)
_SECRET_CALL = re.compile(r"\b(?:getpass|get_password|get_secret)\w*\s*\(")
_COMMENT = re.compile(
    r"# (?P<text>[Tt]he value of cell \d+(?: when it ran|, changed since in [^:]+): )"
)
_NUMBERS = re.compile(r"(?<=cell )\d+|(?<=changed since in )[^:]+")


@dataclass(frozen=True, slots=True)
class FileFacts:
    """What the file of a value is, or would be; ``libraries`` are the modules that reading it needs."""

    ending: str
    size: int
    digest: str
    libraries: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LiveValue:
    """What a variable of the session is: the text of its literal, or why it has none, if that helps.

    ``file`` is the file that could hold a value without a literal, None if none could.
    """

    text: str | None = None
    reason: str | None = None
    file: FileFacts | None = None

    @classmethod
    def from_kernel(cls, facts: Mapping[str, Any]) -> LiveValue:
        """Return what the code in a kernel has told of a variable."""
        file = facts.get("file")
        return cls(
            facts.get("text"),
            facts.get("reason"),
            FileFacts(**{**file, "libraries": tuple(file["libraries"])}) if file else None,
        )


ReadValue = Callable[[str], LiveValue | None]
# Takes a name, its file, and the digest of what that holds and may be replaced, if anything.
SaveValue = Callable[[str, Path, str | None], FileFacts]


def no_value(_name: str) -> LiveValue | None:
    """Read no variable: there is no live session."""
    return None


def cannot_save(name: str, _path: Path, _replaced: str | None) -> FileFacts:
    """Save no variable: there is no live session. Raises :class:`InvalidError`."""
    raise InvalidError(f"the value of {name!r} is not known here", "Register in its notebook")


@dataclass(frozen=True, slots=True)
class FileValue:
    """A value that a file could hold; ``comment`` says in the module where it was made."""

    name: str
    where: str
    expression: str
    comment: str
    facts: FileFacts

    def lines(self, path: str) -> str:
        """Return the lines of the module, as they are where the notebook uses no name otherwise."""
        _, expression = loading_lines(path, lambda _name, _imported: True)
        return _lines(self.name, expression, self.comment)


@dataclass(frozen=True, slots=True)
class Freezable:
    """The values that may be frozen, those that files could hold, and the names of unknown values."""

    values: tuple[FrozenValue, ...] = ()
    unread: tuple[str, ...] = ()
    files: tuple[FileValue, ...] = ()


def value_query(names: Sequence[str]) -> ValueQuery:
    """Return what a client asks a kernel for values: JSON of names to what :class:`LiveValue` is."""
    given = f"{[*names]!r}, globals(), scope['literal_or_reason'], scope['mask']"
    return ValueQuery(tuple(names), _in_kernel("ValueTexts", given))


def saving_expression(name: str, path: str, replaced: str | None) -> str:
    """Return the expression with which a kernel saves a variable: JSON of ``file``, or ``problem``."""
    return _in_kernel("SavedValue", f"{name!r}, globals(), {path!r}, {replaced!r}, scope['mask']")


def _in_kernel(made: str, given: str) -> str:
    """Return an expression that makes what :mod:`.value_files` defines, where nothing of ours is."""
    runs = ", ".join(
        f"exec({_code(module)!r}, scope)" for module in (literals, masking, value_files)
    )
    return (
        f"(lambda scope: ({runs}, scope[{made!r}]({given}))[-1])({{'__name__': 'modelop_values'}})"
    )


def _code(module: ModuleType) -> str:
    return Path(module.__file__ or "").read_text(encoding="utf-8")


class Freezing:
    """Decides which names are frozen, and makes the statements that stand for them.

    ``read`` returns a variable's value, None if it is not known. ``approved`` are the names that may
    be frozen, None for all; ``files`` are those that are loaded, each with its file. ``offered`` are
    all that could be frozen, ``offered_files`` those that a file could hold, ``unread`` those of
    unknown value.
    """

    def __init__(
        self,
        code: NotebookCode,
        *,
        read: ReadValue,
        approved: frozenset[str] | None,
        files: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self.offered: dict[str, FrozenValue] = {}
        self.offered_files: dict[str, FileValue] = {}
        self.unread: set[str] = set()
        self._code = code
        self._read = read
        self._approved = approved
        self._files = files
        self._loading: dict[str, list[Statement]] = {}
        self._statements: dict[str, Statement] = {}
        self._texts: dict[str, str | None] = {}

    @property
    def frozen(self) -> tuple[FrozenValue, ...]:
        """The values that were frozen, by the order of their names."""
        return tuple(self.offered[name] for name in sorted(self._statements))

    @property
    def loaded(self) -> tuple[str, ...]:
        """The names whose values are loaded from files."""
        return tuple(sorted(self._loading))

    def literal(self, reference: NameReference, user: Statement) -> str | None:
        """Return the literal of what a statement reads by a name, None if it cannot be frozen.

        A statement that runs at import reads the value as it was then: it must be the present one.
        """
        name = reference.name
        if not self._is_present(reference, user) or self._is_secret(name):
            return None
        if name not in self._texts:
            self._texts[name] = self._literal_of(name)
        return self._texts[name]

    def loading(self, reference: NameReference, user: Statement) -> list[Statement]:
        """Return the statements that load what a statement reads by a name: the last gives the value.

        Empty where no file is approved, or the value may be another than the one that is read.
        """
        name = reference.name
        if (
            name not in self._files
            or not self._is_present(reference, user)
            or self._is_secret(name)
        ):
            return []
        if name not in self._loading:
            self._loading[name] = self._loading_statements(name, self._files[name])
        return self._loading[name]

    def offer_file(self, reference: NameReference, user: Statement) -> None:
        """Note that a file could hold what a statement reads by a name, if one could."""
        name, live = reference.name, self._read(reference.name)
        if live is None or live.file is None:
            return
        if self._is_present(reference, user) and not self._is_secret(name):
            sources = self._code.binding_statements(name)
            where, expression, comment = _made(name, sources)
            self.offered_files[name] = FileValue(name, where, expression, comment, live.file)

    def _is_present(self, reference: NameReference, user: Statement) -> bool:
        """Return whether a statement reads the value that a name has now, and a cell made it."""
        sources = self._code.binding_statements(reference.name)
        return bool(sources) and (
            reference.is_deferred or self._code.binding_statements(reference.name, user) == sources
        )

    def _loading_statements(self, name: str, path: str) -> list[Statement]:
        sources = self._code.binding_statements(name)
        imports, expression = loading_lines(path, self._is_free)
        texts = [*imports, _lines(name, expression, _made(name, sources)[2])]
        return [
            _standing_for(text, sources[-1], number) for number, text in enumerate(texts, start=1)
        ]

    def _is_free(self, name: str, imported: str) -> bool:
        return name not in self._code.first_bound or self._code.imported_name(name) == imported

    def offered_as(self, name: str) -> Literal["literal", "file"] | None:
        """Return how the value of a name could be taken, if it could."""
        return "literal" if name in self.offered else "file" if name in self.offered_files else None

    def reason(self, name: str) -> str | None:
        """Return why the value of a name has no literal, where that helps to get one; else None."""
        live = self._read(name)
        return (live.reason or None) if live else None

    def statement(self, name: str, text: str) -> Statement | None:
        """Return the assignment that stands for a name; None if it is not approved."""
        if name not in self.offered:
            self.offered[name] = _frozen_value(name, text, self._code.binding_statements(name))
        if self._approved is not None and name not in self._approved:
            return None
        if name not in self._statements:
            source = self._code.binding_statements(name)[-1]
            self._statements[name] = _standing_for(self.offered[name].source, source)
        return self._statements[name]

    def is_source(self, statements: Iterable[Statement]) -> bool:
        """Return whether statements are plain source, if all that can be frozen is."""
        known: dict[Statement, bool] = {}
        return all(self._is_source(statement, known) for statement in statements)

    def _is_source(self, statement: Statement, known: dict[Statement, bool]) -> bool:
        if statement not in known:
            known[statement] = True
            known[statement] = self._code.why_not_source(statement) is None or (
                self._code.own_data_reason(statement) is None
                and all(
                    self.literal(reference, statement) is not None
                    or all(
                        self._is_source(source, known)
                        for source in self._code.binding_statements(reference.name, statement)
                    )
                    for reference in statement.names.references
                    if not (reference.is_deferred or reference.is_optional)
                )
            )
        return known[statement]

    def _literal_of(self, name: str) -> str | None:
        live = self._read(name)
        if live is None:
            self.unread.add(name)
        if live is None or live.text is None:
            return None
        try:
            # What a browser sends could be any text.
            is_literal = literal_text(read_literal(live.text)) == live.text
        except NotLiteralError:
            return None
        return live.text if is_literal and mask(live.text) == live.text else None

    def _is_secret(self, name: str) -> bool:
        """Return whether a name says that it is a credential, or it is made of one in plain source."""
        pending, seen = [name], set[str]()
        while pending:
            current = pending.pop()
            if current in seen:
                continue
            seen.add(current)
            if _SECRET_NAME.search(current):
                return True
            for source in self._code.binding_statements(current):
                if source.is_definition or source.is_import:
                    continue
                if _SECRET_CALL.search(source.text):
                    return True
                # What a call made with a credential may be another one; what it has read is not.
                if current == name or self._code.own_data_reason(source) is None:
                    pending += [reference.name for reference in source.names.references]
        return False


@dataclass(frozen=True, slots=True)
class FrozenLine:
    """A value in a module: its literal, or the file that it is loaded from; ``block`` are its lines."""

    block: str
    text: str | None = None
    path: str | None = None


def keep_frozen_lines(source: str, before: str) -> str:
    """Return a module with the lines of the one before where only numbers of cells are others.

    A cell that ran again has another number, and gives the same model.
    """
    old = {_without_numbers(line.block): line.block for line in frozen_lines(before).values()}
    for line in frozen_lines(source).values():
        source = source.replace(line.block, old.get(_without_numbers(line.block), line.block))
    return source


def frozen_lines(source: str) -> dict[str, FrozenLine]:
    """Return the values that were written into a module, or are loaded there from files, by name."""
    lines = source.split("\n")
    try:
        body = parse(source).body
    except SyntaxError:
        return {}
    frozen: dict[str, FrozenLine] = {}
    for node in body:
        if not isinstance(node, ast.Assign) or not isinstance(node.targets[0], ast.Name):
            continue
        first, last = node.lineno - 1, node.end_lineno or node.lineno
        if first and _COMMENT.match(lines[first - 1]):
            first -= 1
        elif not _COMMENT.search(lines[last - 1]):
            continue
        block, path = "\n".join(lines[first:last]), loaded_path(node.value)
        if path is not None:
            frozen[node.targets[0].id] = FrozenLine(block, path=path)
            continue
        try:
            text = literal_text(read_literal(ast.get_source_segment(source, node.value) or ""))
        except NotLiteralError:
            continue
        frozen[node.targets[0].id] = FrozenLine(block, text)
    return frozen


def _without_numbers(block: str) -> str:
    return _COMMENT.sub(lambda comment: _NUMBERS.sub("0", comment[0]), block)


def _frozen_value(name: str, text: str, sources: Sequence[Statement]) -> FrozenValue:
    """Describe a value that could be frozen: where it was made, and its lines in the module."""
    where, expression, comment = _made(name, sources)
    return FrozenValue(name, where, expression, _lines(name, text, comment))


def _made(name: str, sources: Sequence[Statement]) -> tuple[str, str, str]:
    """Return where a value was made, by which expression, and a comment that says both."""
    made, expression = sources[0].cell, _expression(name, sources[0])
    later = dict.fromkeys(source.cell.where for source in sources if source.cell != made)
    if later:
        where, when = f"{made.where}, changed since in {listed(list(later))}", ""
    else:
        where, when = made.where, " when it ran"
        expression += ", then changed there" if len(sources) > 1 else ""
    return where, expression, f"the value of {where}{when}: {expression}"


def _expression(name: str, source: Statement) -> str:
    """Return what made a value as one line: the expression that is assigned, or the statement."""
    text = source.line_text(source.first_line) if source.magic else source.text
    node = source.node
    if isinstance(node, (ast.Assign, ast.AnnAssign)) and node.value and not source.magic:
        target = node.targets[0] if isinstance(node, ast.Assign) else node.target
        assigned = parse(source.text).body[0]
        if isinstance(target, ast.Name) and target.id == name:
            assert isinstance(assigned, (ast.Assign, ast.AnnAssign)) and assigned.value
            text = ast.get_source_segment(source.text, assigned.value) or text
    words = " ".join(text.split()).encode("utf-8", "replace").decode()
    return words if len(words) <= _LONGEST_EXPRESSION else words[: _LONGEST_EXPRESSION - 1] + "…"


def _lines(name: str, text: str, comment: str) -> str:
    """Return an assignment with its comment; of a long one the comment stands above."""
    assignment = f"{name} = {text}"
    # The number of a cell must not decide where its comment stands.
    if len(f"{assignment}  # {_NUMBERS.sub('0000', comment)}") <= _WIDTH:
        return f"{assignment}  # {comment}"
    if len(assignment) > _WIDTH:
        assignment = f"{name} = {_broken(text, indent='')}"
    return f"# {comment[:1].upper()}{comment[1:]}\n{assignment}"


def _broken(text: str, indent: str = "") -> str:
    """Break a literal that is longer than a line, with as many items to a line as fit."""
    node = ast.parse(text, mode="eval").body
    if len(indent) + len(text) <= _WIDTH:
        return text
    inner = indent + "    "

    def item(part: ast.expr) -> str:
        return _broken(ast.get_source_segment(text, part) or "", inner)

    if isinstance(node, ast.Dict):
        keys = [ast.get_source_segment(text, key) for key in node.keys if key]
        items = [f"{key}: {item(value)}" for key, value in zip(keys, node.values, strict=True)]
    elif isinstance(node, (ast.List, ast.Tuple, ast.Set)):
        items = [item(part) for part in node.elts]
    else:
        return text
    lines: list[str] = []
    for broken in items:
        if lines and "\n" not in lines[-1] + broken and len(f"{lines[-1]} {broken},") <= _WIDTH:
            lines[-1] += f" {broken},"
        else:
            lines.append(f"{inner}{broken},")
    return "\n".join([text[0], *lines, indent + text[-1]])


def _standing_for(text: str, source: Statement, number: int = 1) -> Statement:
    """Return a statement in the place of the one that made a value last.

    It needs nothing of the notebook: what it reads is imported by a statement beside it.
    """
    (node,) = parse(text).body
    return replace(
        source,
        node=node,
        position=(*source.position, number),
        text=text,
        comments=(),
        names=NameUsage(binds=names_of(node).binds),
        mutates=set(),
        magic=None,
        registers=set(),
    )

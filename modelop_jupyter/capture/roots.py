"""Which functions of the cells are the entry points: by their tags, or as the user chose."""

from __future__ import annotations

from dataclasses import dataclass

from modelop_jupyter.capture.book import Book
from modelop_jupyter.capture.statements import ReadCell, Statement
from modelop_jupyter.domain.models import (
    ENTRY_POINT_KINDS,
    EntryPointKind,
    EntryPoints,
    nearest_function,
)
from modelop_jupyter.domain.smart_tags import (
    defined_functions,
    entry_points,
    function_name,
    scan,
)
from modelop_jupyter.errors import InvalidError, NoSourceError, TagError

_EXAMPLE = (
    "Write # modelop.score on the line above the def of the function that scores a record, run"
    " the cell and register again; or name a function with --score FN"
)


@dataclass(frozen=True)
class _Candidate:
    """A function under a tag, in the cell where it was found."""

    name: str
    read: ReadCell


def find_roots(
    book: Book, *, chosen: EntryPoints, current: frozenset[str] | None
) -> tuple[EntryPoints, list[Statement]]:
    """Return the entry points and the statements that define them, in the order of the kinds."""
    found: dict[str, str] = {}
    statements: list[Statement] = []
    by_kind = _candidates(book, chosen)
    for kind in ENTRY_POINT_KINDS:
        name = chosen.get(kind)
        if name is None and by_kind[kind]:
            name = _one_of(kind, by_kind[kind], current).name
        if name is not None:
            found[kind] = name
    found = found or _legacy(book)
    if not found:
        remarks = [
            f" ({read.cell.where}, {remark})"
            for read in book.cells
            for remark in scan(read.plain.text).warnings
        ]
        remarks += [
            f" ({read.cell.where} begins with {read.plain.unread}, so the tag in it is not read: take"
            " that line out)"
            for read in book.cells
            if read.plain.unread and scan(read.cell.source.partition("\n")[2]).functions
        ]
        message = "no function in the executed cells has a tag" + "".join(remarks[:1])
        raise NoSourceError(message, _EXAMPLE)
    for word, name in found.items():
        statements += _definitions(book, name, word)
    return EntryPoints(**found), list(dict.fromkeys(statements))


def _candidates(book: Book, chosen: EntryPoints) -> dict[EntryPointKind, list[_Candidate]]:
    """Return the tagged functions by kind; where cells taken whole have one that works, no other counts."""
    found: dict[EntryPointKind, list[_Candidate]] = {kind: [] for kind in ENTRY_POINT_KINDS}
    whole: dict[EntryPointKind, list[_Candidate]] = {kind: [] for kind in ENTRY_POINT_KINDS}
    for read in book.cells:
        if read.is_stale:
            continue
        is_whole = any(statement.is_whole_cell for statement in read.statements)
        for tagged in scan(read.plain.text).functions:
            if chosen.get(tagged.kind) is not None:
                continue
            if read.error is not None:
                raise InvalidError(
                    f"{read.cell.where}, line {read.error.lineno}: the cell has a tag but is not"
                    f" valid Python: {read.error.msg}"
                )
            name = function_name(tagged, where=read.cell.where)
            (whole if is_whole else found)[tagged.kind].append(_Candidate(name, read))
    if has_work_of_its_own(book):
        return whole
    return {kind: whole[kind] or found[kind] for kind in ENTRY_POINT_KINDS}


def has_work_of_its_own(book: Book) -> bool:
    """Say whether the cells taken whole have a function that does a job: more than an ``init``."""
    texts = [
        read.plain.text
        for read in book.cells
        if any(statement.is_whole_cell for statement in read.statements)
    ]
    return any(
        {each.kind for each in scan(text).functions} - {"init"}
        or (not scan(text).functions and _default_names(text).score)
        for text in texts
    )


def _one_of(
    kind: EntryPointKind, candidates: list[_Candidate], current: frozenset[str] | None
) -> _Candidate:
    newest = {candidate.name: candidate for candidate in candidates}
    if len(newest) > 1 and current is not None:
        texts = {normal(text) for text in current}
        last = candidates[-1]
        # An older cell that the saved notebook no longer has was edited or deleted. Of a newest
        # one that it does not have yet, nobody can tell: the notebook may just not be saved.
        if normal(last.read.cell.source) in texts:
            newest = {
                name: candidate
                for name, candidate in newest.items()
                if normal(candidate.read.cell.source) in texts
            }
    if len(newest) == 1:
        return next(iter(newest.values()))
    named = " and ".join(f"{c.name!r} ({c.read.cell.where})" for c in newest.values())
    raise TagError(
        f"two functions are under the tag modelop.{kind}: {named}",
        f"Take one tag away and run its cell again, or choose with --{kind} {candidates[-1].name}",
    )


def normal(text: str) -> str:
    """Return a cell's text in the form in which two of them are compared."""
    return text.replace("\r\n", "\n").strip()


def _legacy(book: Book) -> dict[str, str]:
    found: dict[str, str] = {}
    is_whole = has_work_of_its_own(book)
    for read in book.cells:
        if is_whole and not any(statement.is_whole_cell for statement in read.statements):
            continue
        if not read.is_stale and read.error is None:
            points = entry_points(read.plain.text)
            found |= {kind: name for kind in ENTRY_POINT_KINDS if (name := points.get(kind))}
    return found


def _default_names(text: str) -> EntryPoints:
    try:
        return entry_points(text)
    except TagError:
        return EntryPoints()


def _definitions(book: Book, name: str, kind: str) -> list[Statement]:
    statements = [s for s in book.binders(name) if name in s.names.binds]
    if not statements or name not in book.definitions.functions:
        known = [f for read in book.cells for f in defined_functions(read.plain.text)]
        raise InvalidError(
            f"--{kind} {name}: no executed cell defines a function of that name",
            nearest_function(name, list(dict.fromkeys(known))) if known else _EXAMPLE,
        )
    return statements

"""Find the entry points among the functions of the cells: by their tags, or as the user chose."""

from __future__ import annotations

from dataclasses import dataclass

from modelop_jupyter.capture.notebook_code import NotebookCode
from modelop_jupyter.capture.statements import ParsedCell, Statement
from modelop_jupyter.domain.models import (
    ENTRY_POINT_KINDS,
    EntryPointKind,
    EntryPoints,
    nearest_function,
)
from modelop_jupyter.domain.source_code.function_options import (
    FunctionOption,
    find_functions,
    name_options,
    rank_options,
)
from modelop_jupyter.domain.source_code.smart_tags import (
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
    """A function below a tag, and the cell where it is."""

    name: str
    parsed: ParsedCell


def find_entry_points(
    code: NotebookCode, *, chosen: EntryPoints, current: frozenset[str] | None
) -> tuple[EntryPoints, list[Statement]]:
    """Return the entry points and the statements that define them, ordered by kind."""
    if code.conflict is not None:
        raise code.conflict
    names: dict[str, str] = {}
    statements: list[Statement] = []
    by_kind = _candidates(code, chosen)
    for kind in ENTRY_POINT_KINDS:
        name = chosen.get(kind)
        if name is None and by_kind[kind]:
            name = _one_of(kind, by_kind[kind], current).name
        if name is not None:
            names[kind] = name
    names = names or _default_entry_points(code)
    if not names:
        hints = [
            f" ({parsed.cell.where}, {remark})"
            for parsed in code.cells
            for remark in scan(parsed.python.text).warnings
        ]
        hints += [
            f" ({parsed.cell.where} begins with {parsed.python.skipped_magic}, so the tag in it is"
            " not read: remove that line)"
            for parsed in code.cells
            if parsed.python.skipped_magic and scan(parsed.cell.source.partition("\n")[2]).functions
        ]
        message = "no function in the executed cells has a tag" + "".join(hints[:1])
        candidates = name_options(function_options(code))
        raise NoSourceError(f"{message}; {candidates}" if candidates else message, _EXAMPLE)
    for kind_of_function, name in names.items():
        statements += _definitions(code, name, kind_of_function)
    return EntryPoints(**names), list(dict.fromkeys(statements))


def function_options(code: NotebookCode) -> tuple[FunctionOption, ...]:
    """Return the functions of the cells that a job may call; of whole cells, if there are any."""
    return rank_options(
        (found, parsed.cell.where)
        for parsed in _cells_that_count(code)
        for found in find_functions(parsed.python.text)
    )


def _candidates(code: NotebookCode, chosen: EntryPoints) -> dict[EntryPointKind, list[_Candidate]]:
    """Return the tagged functions by kind; where cells are whole, theirs alone."""
    candidates: dict[EntryPointKind, list[_Candidate]] = {kind: [] for kind in ENTRY_POINT_KINDS}
    for parsed in _cells_that_count(code):
        for tagged in scan(parsed.python.text).functions:
            if chosen.get(tagged.kind) is not None:
                continue
            if parsed.error is not None:
                raise InvalidError(
                    f"{parsed.cell.where}, line {parsed.error.lineno}: the cell has a tag but is not"
                    f" valid Python: {parsed.error.msg}"
                )
            name = function_name(tagged, where=parsed.cell.where)
            candidates[tagged.kind].append(_Candidate(name, parsed))
    return candidates


def _cells_that_count(code: NotebookCode) -> list[ParsedCell]:
    """Return the cells whose functions are the model's: the whole ones, if there are any."""
    parsed_cells = [parsed for parsed in code.cells if not parsed.is_stale]
    return [parsed for parsed in parsed_cells if parsed.is_whole] or parsed_cells


def _one_of(
    kind: EntryPointKind, candidates: list[_Candidate], current: frozenset[str] | None
) -> _Candidate:
    newest = {candidate.name: candidate for candidate in candidates}
    if len(newest) > 1 and current is not None:
        texts = {normalize(text) for text in current}
        last = candidates[-1]
        # An older cell that the saved notebook no longer has was edited or deleted. The newest
        # one may be missing there only because the notebook is not saved.
        if normalize(last.parsed.cell.source) in texts:
            newest = {
                name: candidate
                for name, candidate in newest.items()
                if normalize(candidate.parsed.cell.source) in texts
            }
    if len(newest) == 1:
        return next(iter(newest.values()))
    named = " and ".join(f"{c.name!r} ({c.parsed.cell.where})" for c in newest.values())
    raise TagError(
        f"two functions are under the tag modelop.{kind}: {named}",
        f"Remove one tag and run its cell again, or choose with --{kind} {candidates[-1].name}",
    )


def normalize(text: str) -> str:
    """Return a cell's text in the form in which texts are compared."""
    return text.replace("\r\n", "\n").strip()


def _default_entry_points(code: NotebookCode) -> dict[str, str]:
    names: dict[str, str] = {}
    for parsed in _cells_that_count(code):
        if parsed.error is None:
            points = entry_points(parsed.python.text)
            names |= {kind: name for kind in ENTRY_POINT_KINDS if (name := points.get(kind))}
    return names


def _definitions(code: NotebookCode, name: str, kind: str) -> list[Statement]:
    statements = [s for s in code.binding_statements(name) if name in s.names.binds]
    if not statements or name not in code.definitions.functions:
        known = [f for parsed in code.cells for f in defined_functions(parsed.python.text)]
        raise InvalidError(
            f"--{kind} {name}: no executed cell defines a function of that name",
            nearest_function(name, list(dict.fromkeys(known))) if known else _EXAMPLE,
        )
    return statements

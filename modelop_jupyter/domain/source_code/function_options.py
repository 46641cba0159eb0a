"""The functions of a source that a job may call: the tagged ones, and others by name and shape."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from modelop_jupyter.domain.models import ENTRY_POINT_KINDS, EntryPointKind, EntryPoints
from modelop_jupyter.domain.sentences import listed
from modelop_jupyter.domain.source_code.primary_source import parse_source
from modelop_jupyter.domain.source_code.smart_tags import function_lines, scan

_NAMES: dict[EntryPointKind, frozenset[str]] = {
    "init": frozenset({"init", "begin"}),
    "score": frozenset({"score", "predict", "action"}),
    "metrics": frozenset({"metrics"}),
    "train": frozenset({"train"}),
}
# How sure it is that a function is meant: it is tagged, has the name, a word of it, or the shape. Any
# other function of one record is offered only where there is nothing better, and never suggested.
_TAGGED, _NAMED, _LIKE_NAMED, _SHAPED, _POSSIBLE = range(5)
_MOST_POSSIBLE = 10
_MOST_PARAMETERS = 3

_Function = ast.FunctionDef | ast.AsyncFunctionDef
_INNER = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)


@dataclass(frozen=True, slots=True)
class FunctionOption:
    """A function that a job may call as ``kind``; ``where`` is its cell or line.

    ``is_suggested`` is the one of its kind that is taken where nothing is tagged and the user lets
    this package decide.
    """

    kind: EntryPointKind
    name: str
    where: str
    is_tagged: bool
    is_suggested: bool = False


@dataclass(frozen=True, slots=True)
class FunctionFound:
    """A function of a text that may be one of ``kind``, the likelier the lower ``rank`` is."""

    kind: EntryPointKind
    name: str
    rank: int
    line: int


def find_functions(text: str) -> Iterator[FunctionFound]:
    """Yield the functions of a source that may be called, by their tags, names and parameters."""
    lines = function_lines(text)
    for tagged in scan(text).functions:
        if tagged.name is not None:
            yield FunctionFound(tagged.kind, tagged.name, _TAGGED, tagged.def_line or 0)
    tree = parse_source(text)
    for node in tree.body if tree else ():
        if isinstance(node, _Function):
            for kind, rank in _kinds_of(node):
                yield FunctionFound(kind, node.name, rank, lines.get(node.name, node.lineno))


def options_of_text(text: str) -> tuple[FunctionOption, ...]:
    """Return the functions of one file that a job may call."""
    return rank_options((found, f"line {found.line}") for found in find_functions(text))


def rank_options(found: Iterable[tuple[FunctionFound, str]]) -> tuple[FunctionOption, ...]:
    """Return what was found by kind, the likeliest first; of a tagged kind the tagged ones only.

    Of two functions of one name the last counts.
    """
    newest = {(each.name, each.kind, each.rank == _TAGGED): (each, where) for each, where in found}
    every = _without_unlikely(list(newest.values()))
    tagged_names = {each.name for each, _ in every if each.rank == _TAGGED}
    options: list[FunctionOption] = []
    for kind in ENTRY_POINT_KINDS:
        of_kind = sorted((it for it in every if it[0].kind == kind), key=lambda it: it[0].rank)
        tagged = [it for it in of_kind if it[0].rank == _TAGGED]
        others = [it for it in of_kind if it[0].name not in tagged_names]
        likeliest = [it[0].name for it in others if it[0].rank == others[0][0].rank]
        is_clear = not tagged_names and len(likeliest) == 1 and kind != "train"
        is_clear &= not others or others[0][0].rank != _POSSIBLE
        if kind == "metrics" and others:
            is_clear &= others[0][0].rank == _NAMED
        for each, where in tagged or others:
            is_suggested = is_clear and each.name == likeliest[0]
            options.append(FunctionOption(kind, each.name, where, bool(tagged), is_suggested))
    return tuple(options)


def _without_unlikely(
    every: list[tuple[FunctionFound, str]],
) -> list[tuple[FunctionFound, str]]:
    """Leave out what is merely possible where something is likely; of much of it keep the last."""
    likely = [it for it in every if it[0].rank != _POSSIBLE]
    if any(it[0].rank == _TAGGED or it[0].kind in ("score", "metrics") for it in likely):
        return likely
    return likely + [it for it in every if it[0].rank == _POSSIBLE][-_MOST_POSSIBLE:]


def suggested(options: Iterable[FunctionOption]) -> EntryPoints:
    """Return the functions that are taken where nothing is tagged; none if no choice is clear."""
    points = EntryPoints(**{it.kind: it.name for it in options if it.is_suggested})
    return points if points.score or points.metrics else EntryPoints()


def is_open(options: Sequence[FunctionOption]) -> bool:
    """Return whether there is something to choose among the functions of one kind."""
    return len(options) > (1 if any(it.is_tagged for it in options) else 0)


def name_options(options: Iterable[FunctionOption]) -> str | None:
    """Return a sentence that names the untagged functions that may be meant, None without any."""
    named = [it for it in options if not it.is_tagged and it.kind in ("score", "metrics")]
    if not named:
        return None
    first = named[0]
    functions = listed([f"{it.name} ({it.where})" for it in named[:3]], word="or")
    return f"{functions} may be meant: --{first.kind} {first.name}"


def _kinds_of(node: _Function) -> Iterator[tuple[EntryPointKind, int]]:
    required, allowed = _parameters(node)
    gives = any(
        isinstance(part, (ast.Yield, ast.YieldFrom))
        or (isinstance(part, ast.Return) and part.value is not None)
        for part in _own_parts(node)
    )
    fits: dict[EntryPointKind, bool] = {
        "init": required <= 1,
        "score": gives and required <= _MOST_PARAMETERS and allowed >= 1,
        "metrics": gives and allowed >= 1,
        "train": True,
    }
    name = node.name.lower()
    ranks: dict[EntryPointKind, int] = {}
    for kind, names in _NAMES.items():
        if fits[kind] and name in names:
            ranks[kind] = _NAMED
        # ``begin_with`` and ``train_test_split`` are helpers; ``predict_churn`` may well be meant.
        elif fits[kind] and kind in ("score", "metrics") and not names.isdisjoint(name.split("_")):
            ranks[kind] = _LIKE_NAMED
    if not ranks and not node.decorator_list:
        is_generator = any(
            isinstance(part, (ast.Yield, ast.YieldFrom)) for part in _own_parts(node)
        )
        if is_generator and required == 1:
            ranks["score"] = _SHAPED
        # ``load_model`` or ``setup``: without it, what it puts into the global is not there.
        elif not allowed and any(isinstance(part, ast.Global) for part in _own_parts(node)):
            ranks["init"] = _SHAPED
        elif gives and required == 1:
            ranks["score"] = _POSSIBLE
    yield from ranks.items()


def _parameters(node: _Function) -> tuple[int, int]:
    """Return how many positional arguments a function needs, and how many it can have."""
    positional = len(node.args.posonlyargs) + len(node.args.args)
    most = 1_000 if node.args.vararg else positional
    return positional - len(node.args.defaults), most


def _own_parts(node: ast.AST) -> Iterator[ast.AST]:
    """Walk a function without the functions inside it."""
    for part in ast.iter_child_nodes(node):
        if not isinstance(part, _INNER):
            yield part
            yield from _own_parts(part)

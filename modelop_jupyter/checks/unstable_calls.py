"""Calls in a source whose result is another one each time: random numbers and the clock."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

_CLOCK = frozenset(
    "time.time time.time_ns time.monotonic time.perf_counter time.localtime time.gmtime"
    " datetime.datetime.now datetime.datetime.utcnow datetime.datetime.today datetime.date.today"
    " pandas.Timestamp.now pandas.Timestamp.today pandas.Timestamp.utcnow".split()
)
_RANDOM = ("random.", "numpy.random.", "secrets.")
_RANDOM_CALLS = frozenset({"uuid.uuid1", "uuid.uuid4", "os.urandom", "hash", "id"})
_SEEDS = frozenset({"random.seed", "numpy.random.seed"})
# Generators that are seeded where they are made, if they get an argument.
_GENERATORS = frozenset({"random.Random", "numpy.random.default_rng", "numpy.random.RandomState"})


@dataclass(frozen=True, slots=True)
class UnstableCall:
    """A call as the source writes it; ``is_seed`` if it only seeds, ``is_clock`` if it asks the time."""

    name: str
    line: int
    is_clock: bool = False
    is_seed: bool = False


def unstable_calls(source: str) -> Sequence[UnstableCall]:
    """Return the calls in the order of lines; none for a source that is not Python."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError):
        return ()
    names = _imported_names(tree)
    return sorted(_calls(tree, names), key=lambda call: call.line)


def _calls(tree: ast.AST, names: dict[str, str]) -> Iterator[UnstableCall]:
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        written = _dotted(node.func)
        if written is None:
            continue
        first, _, rest = written.partition(".")
        name = names.get(first, first) + (f".{rest}" if rest else "")
        if name in _CLOCK:
            yield UnstableCall(f"{written}()", node.lineno, is_clock=True)
        elif name in _SEEDS:
            yield UnstableCall(f"{written}()", node.lineno, is_seed=True)
        elif name in _GENERATORS and node.args:
            continue
        elif name.startswith(_RANDOM) or name in _RANDOM_CALLS:
            yield UnstableCall(f"{written}()", node.lineno)


def _imported_names(tree: ast.AST) -> dict[str, str]:
    """Return what each imported name stands for: ``np`` is ``numpy``."""
    names: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                top = alias.name.partition(".")[0]
                names[alias.asname or top] = alias.name if alias.asname else top
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for alias in node.names:
                names[alias.asname or alias.name] = f"{node.module}.{alias.name}"
    return names


def _dotted(node: ast.AST) -> str | None:
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        inner = _dotted(node.value)
        return f"{inner}.{node.attr}" if inner else None
    return None

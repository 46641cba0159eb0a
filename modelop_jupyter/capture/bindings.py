"""Which names the statements of one scope bind."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator


def arguments(signature: ast.arguments) -> Iterator[ast.arg]:
    """Yield all parameters of a function."""
    yield from (*signature.posonlyargs, *signature.args, *signature.kwonlyargs)
    yield from (extra for extra in (signature.vararg, signature.kwarg) if extra)


def type_parameters(node: ast.AST) -> set[str]:
    """Return the type parameters of a function or class (PEP 695, from Python 3.12 on)."""
    return {parameter.name for parameter in getattr(node, "type_params", ())}


def own_nodes(nodes: Iterable[ast.AST]) -> Iterator[ast.AST]:
    """Walk a function's body without its inner functions and classes, comprehensions included."""
    stack = list(nodes)
    while stack:
        node = stack.pop()
        yield node
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)):
            continue
        stack.extend(ast.iter_child_nodes(node))


def bound_names(nodes: Iterable[ast.AST]) -> set[str]:
    """Return the names that the statements of one scope bind."""
    bound: set[str] = set()
    comprehended: set[int] = set()
    for node in own_nodes(nodes):
        if isinstance(node, ast.comprehension):
            comprehended |= {id(part) for part in ast.walk(node.target)}
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            bound.add(node.name)
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            bound |= {(alias.asname or alias.name.partition(".")[0]) for alias in node.names}
        elif isinstance(node, (ast.ExceptHandler, ast.MatchAs, ast.MatchStar)) and node.name:
            bound.add(node.name)
        elif isinstance(node, ast.MatchMapping) and node.rest:
            bound.add(node.rest)
        elif (
            isinstance(node, ast.Name)
            and not isinstance(node.ctx, ast.Load)
            and id(node) not in comprehended
        ):
            bound.add(node.id)
    return bound

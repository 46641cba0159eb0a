"""Which objects a statement changes in place: ``X["a"] = 1``, ``X.append(1)``, ``X += [1]``."""

from __future__ import annotations

import ast
from collections.abc import Iterator

# Methods of the built-in containers and of loggers that change the object they are called on.
MUTATING_METHODS = frozenset(
    """append add addFilter addHandler appendleft clear discard extend extendleft insert
    move_to_end pop popitem register remove reverse rotate setLevel setdefault sort subtract
    update""".split()
)
# Functions that change their first argument.
_MUTATING_FUNCTIONS = frozenset(
    """__delattr__ __setattr__ __setitem__ delattr delitem heapify heappop heappush heapreplace
    iadd insort insort_left insort_right ior setattr setitem shuffle""".split()
)
_CONTAINERS = frozenset("deque dict list set OrderedDict".split())
_INNER = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)


def eager_nodes(node: ast.AST) -> Iterator[ast.AST]:
    """Walk what is evaluated when a statement runs, without bodies of functions and classes."""
    stack = [node]
    while stack:
        part = stack.pop()
        yield part
        if not isinstance(part, _INNER):
            stack.extend(ast.iter_child_nodes(part))


def root_name(node: ast.AST) -> str | None:
    """Return the first name of ``name.a[0].b`` and ``vars(name).x``."""
    while True:
        if isinstance(node, (ast.Attribute, ast.Subscript, ast.Starred)):
            node = node.value
        elif isinstance(node, ast.Call) and node.args and ast.unparse(node.func) == "vars":
            node = node.args[0]
        else:
            break
    return node.id if isinstance(node, ast.Name) else None


def mutated_names(node: ast.AST) -> set[str]:
    """Return the names whose objects a statement itself changes, not by calling own functions."""
    mutated = set()
    for part in eager_nodes(node):
        name = None
        if isinstance(part, ast.AugAssign):
            name = root_name(part.target)
        elif isinstance(part, (ast.Attribute, ast.Subscript)):
            name = root_name(part) if not isinstance(part.ctx, ast.Load) else None
        elif isinstance(part, ast.Call):
            name = _mutated_by(part)
        if name:
            mutated.add(name)
    return mutated


def _mutated_by(call: ast.Call) -> str | None:
    function = call.func
    method = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
    changes_first = method in _MUTATING_FUNCTIONS
    if isinstance(function, ast.Attribute) and method in MUTATING_METHODS:
        if not (isinstance(function.value, ast.Name) and function.value.id in _CONTAINERS):
            return root_name(function)
        changes_first = True
    return root_name(call.args[0]) if changes_first and call.args else None


def method_calls(node: ast.AST) -> Iterator[tuple[str, str]]:
    """Yield ``(name, method)`` for every ``name.method(...)`` that runs with the statement."""
    for part in eager_nodes(node):
        if (
            isinstance(part, ast.Call)
            and isinstance(part.func, ast.Attribute)
            and isinstance(part.func.value, ast.Name)
        ):
            yield part.func.value.id, part.func.attr


def calls_by_name(node: ast.AST) -> Iterator[tuple[str, ast.Call]]:
    """Yield ``(function, call)`` for every ``function(...)`` that runs with the statement."""
    for part in eager_nodes(node):
        if isinstance(part, ast.Call) and isinstance(part.func, ast.Name):
            yield part.func.id, part


def mutated_arguments(call: ast.Call, function: ast.FunctionDef | ast.AsyncFunctionDef) -> set[str]:
    """Return the names passed to a function in place of parameters that it changes."""
    mutated: set[str] = set().union(*(mutated_names(statement) for statement in function.body))
    parameters = [argument.arg for argument in (*function.args.posonlyargs, *function.args.args)]
    passed = [
        *zip(parameters, call.args, strict=False),
        *((keyword.arg, keyword.value) for keyword in call.keywords),
    ]
    return {value.id for name, value in passed if name in mutated and isinstance(value, ast.Name)}

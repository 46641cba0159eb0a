"""What a statement does to objects that it hands to the notebook's own code, and what it registers with.

``register("a", f)`` fills a dict, ``@add_to(A)`` a class, ``@f.register`` a dispatcher: functions
that nobody calls by name, and that the model needs all the same.
"""

from __future__ import annotations

import ast
from collections.abc import Callable

from modelop_jupyter.capture.bindings import arguments, bound_names, own_nodes
from modelop_jupyter.capture.changes import changed_names, eager_nodes, method_calls, root_name
from modelop_jupyter.capture.definitions import Definitions, FunctionDefinition, as_function

_DEEPEST = 8


class Registrations:
    """Finds what statements register with.

    ``made`` are the notebook's own instances. Calls of ``entry_points`` count for nothing: they
    are trials of the model.
    """

    def __init__(
        self,
        definitions: Definitions,
        imported: Callable[[str], str | None],
        *,
        made: set[str],
        entry_points: set[str],
    ) -> None:
        self._definitions = definitions
        self._imported = imported
        self._made = made
        self._entry_points = entry_points

    def of(self, node: ast.AST) -> set[str]:
        """Return the names whose objects know more once a statement has run."""
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            return self._of_definition(node) - {node.name}
        if not isinstance(node, ast.Expr) and not self._passes_functions(node):
            return set()
        changed: set[str] = set()
        for part in eager_nodes(node):
            if isinstance(part, ast.Call):
                changed |= self._of_call(part, is_result_called=False)
                if isinstance(part.func, ast.Call):
                    changed |= self._of_call(part.func, is_result_called=True)
        return changed

    def _passes_functions(self, node: ast.AST) -> bool:
        called = {id(part.func) for part in ast.walk(node) if isinstance(part, ast.Call)}
        return any(
            isinstance(part, ast.Lambda)
            or (
                isinstance(part, ast.Name)
                and id(part) not in called
                and self._definitions.makes(part.id)
            )
            for part in eager_nodes(node)
        )

    def library(self, node: ast.AST) -> str | None:
        """Return the library that something is registered with: ``@pd.api.….register_…("x")``."""
        paths: list[ast.expr] = [
            each.func if isinstance(each, ast.Call) else each
            for each in getattr(node, "decorator_list", ())
        ]
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
            paths.append(node.value.func)
        for path in paths:
            dotted = self._imported(ast.unparse(path))
            if dotted and dotted.rpartition(".")[2].startswith("register"):
                return dotted.partition(".")[0]
        return None

    def _of_definition(self, node: FunctionDefinition | ast.ClassDef) -> set[str]:
        changed: set[str] = set()
        for decorator in node.decorator_list:
            function = decorator.func if isinstance(decorator, ast.Call) else decorator
            root = root_name(function)
            if isinstance(function, ast.Name):
                call = decorator if isinstance(decorator, ast.Call) else ast.Call(function, [], [])
                is_factory = isinstance(decorator, ast.Call)
                changed |= self._of_call(call, is_result_called=is_factory)
            elif root and not self._imported(root):
                changed.add(root)
        if isinstance(node, ast.ClassDef):
            bases = {base.id for base in node.bases if isinstance(base, ast.Name)}
            changed |= {base for base in bases if self._definitions.knows_heirs(base)}
        return changed

    def _of_call(self, call: ast.Call, *, is_result_called: bool) -> set[str]:
        if not isinstance(call.func, ast.Name) or call.func.id in self._entry_points:
            return set()
        changed: set[str] = set()
        for function in self._definitions.bodies_of(call.func.id, called=is_result_called):
            inside = self._inside(function, _DEEPEST, is_result_called=is_result_called)
            changed |= self._handed_on(call, function, inside)
        return changed

    def _inside(
        self, function: FunctionDefinition, depth: int, *, is_result_called: bool = False
    ) -> set[str]:
        """Return the parameters and module-level names whose objects a call changes."""
        own = list(own_nodes(function.body))
        declared = {n for node in own if isinstance(node, ast.Global) for n in node.names}
        changed: set[str] = set()
        for statement in function.body:
            changed |= changed_names(statement)
            for name, method in method_calls(statement):
                if name in self._made and self._definitions.changes_itself(method):
                    changed.add(name)
        for node in own:
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name)):
                continue
            if depth and node.func.id not in self._entry_points:
                for called in self._definitions.bodies_of(node.func.id):
                    changed |= self._handed_on(node, called, self._inside(called, depth - 1))
        if is_result_called:
            for inner in own:
                if isinstance(inner, ast.Lambda):
                    inner = as_function(inner)
                if isinstance(inner, FunctionDefinition):
                    changed |= self._inside(inner, depth) - set(_parameters(inner))
        return changed - (bound_names(function.body) - declared - set(_parameters(function)))

    def _handed_on(
        self, call: ast.Call, function: FunctionDefinition, inside: set[str]
    ) -> set[str]:
        """Return what a call changes, with what is passed in the place of the parameters."""
        own = _parameters(function)
        name = call.func.id if isinstance(call.func, ast.Name) else ""
        names = own if name in self._definitions.functions else own[1:]
        passed: dict[str | None, ast.expr] = dict(zip(names, call.args, strict=False))
        passed |= {word.arg: word.value for word in call.keywords}
        handed = {root_name(passed[each]) for each in inside if each in passed}
        return {each for each in handed if each} | (inside - set(own))


def _parameters(function: FunctionDefinition) -> list[str]:
    return [argument.arg for argument in arguments(function.args)]

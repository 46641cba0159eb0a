"""Statements that register functions with an object: ``register("a", f)``, ``@add_to(A)``.

The model needs such functions although no code calls them by name.
"""

from __future__ import annotations

import ast
from collections.abc import Callable

from modelop_jupyter.capture.definitions import Definitions, FunctionDefinition, as_function
from modelop_jupyter.capture.mutations import eager_nodes, method_calls, mutated_names, root_name
from modelop_jupyter.capture.names import arguments, bound_names, own_nodes

_MAX_DEPTH = 8


class Registrations:
    """Finds the objects that statements register something with.

    ``made`` are names of instances of the notebook's own classes. Calls of ``entry_points`` are
    ignored: they try the model out.
    """

    def __init__(
        self,
        definitions: Definitions,
        imported_name: Callable[[str], str | None],
        *,
        own_instances: set[str],
        entry_points: set[str],
    ) -> None:
        self._definitions = definitions
        self._imported = imported_name
        self._own_instances = own_instances
        self._entry_points = entry_points

    def objects_registered_with(self, node: ast.AST) -> set[str]:
        """Return the names whose objects a statement adds something to."""
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            return self._of_definition(node) - {node.name}
        if not isinstance(node, ast.Expr) and not self._passes_functions(node):
            return set()
        names: set[str] = set()
        for part in eager_nodes(node):
            if isinstance(part, ast.Call):
                names |= self._of_call(part, is_result_called=False)
                if isinstance(part.func, ast.Call):
                    names |= self._of_call(part.func, is_result_called=True)
        return names

    def _passes_functions(self, node: ast.AST) -> bool:
        called = {id(part.func) for part in ast.walk(node) if isinstance(part, ast.Call)}
        return any(
            isinstance(part, ast.Lambda)
            or (
                isinstance(part, ast.Name)
                and id(part) not in called
                and self._definitions.is_own(part.id)
            )
            for part in eager_nodes(node)
        )

    def library_registered_with(self, node: ast.AST) -> str | None:
        """Return the library of a ``@pd.api.….register_…("x")``, None for others."""
        paths: list[ast.expr] = [
            decorator.func if isinstance(decorator, ast.Call) else decorator
            for decorator in getattr(node, "decorator_list", ())
        ]
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
            paths.append(node.value.func)
        for path in paths:
            dotted = self._imported(ast.unparse(path))
            if dotted and dotted.rpartition(".")[2].startswith("register"):
                return dotted.partition(".")[0]
        return None

    def _of_definition(self, node: FunctionDefinition | ast.ClassDef) -> set[str]:
        names: set[str] = set()
        for decorator in node.decorator_list:
            function = decorator.func if isinstance(decorator, ast.Call) else decorator
            root = root_name(function)
            if isinstance(function, ast.Name):
                call = decorator if isinstance(decorator, ast.Call) else ast.Call(function, [], [])
                is_factory = isinstance(decorator, ast.Call)
                names |= self._of_call(call, is_result_called=is_factory)
            elif root and not self._imported(root):
                names.add(root)
        if isinstance(node, ast.ClassDef):
            bases = {base.id for base in node.bases if isinstance(base, ast.Name)}
            names |= {base for base in bases if self._definitions.tracks_subclasses(base)}
        return names

    def _of_call(self, call: ast.Call, *, is_result_called: bool) -> set[str]:
        if not isinstance(call.func, ast.Name) or call.func.id in self._entry_points:
            return set()
        names: set[str] = set()
        for function in self._definitions.bodies_of(call.func.id, called=is_result_called):
            mutated = self._names_mutated_by(
                function, _MAX_DEPTH, is_result_called=is_result_called
            )
            names |= self._map_to_arguments(call, function, mutated)
        return names

    def _names_mutated_by(
        self, function: FunctionDefinition, depth: int, *, is_result_called: bool = False
    ) -> set[str]:
        """Return the parameters and module-level names whose objects a call changes."""
        own = list(own_nodes(function.body))
        declared = {n for node in own if isinstance(node, ast.Global) for n in node.names}
        mutated: set[str] = set()
        for statement in function.body:
            mutated |= mutated_names(statement)
            for name, method in method_calls(statement):
                if name in self._own_instances and self._definitions.mutates_self(method):
                    mutated.add(name)
        for node in own:
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name)):
                continue
            if depth and node.func.id not in self._entry_points:
                for called in self._definitions.bodies_of(node.func.id):
                    mutated |= self._map_to_arguments(
                        node, called, self._names_mutated_by(called, depth - 1)
                    )
        if is_result_called:
            for inner in own:
                if isinstance(inner, ast.Lambda):
                    inner = as_function(inner)
                if isinstance(inner, FunctionDefinition):
                    mutated |= self._names_mutated_by(inner, depth) - set(_parameters(inner))
        return mutated - (bound_names(function.body) - declared - set(_parameters(function)))

    def _map_to_arguments(
        self, call: ast.Call, function: FunctionDefinition, mutated: set[str]
    ) -> set[str]:
        """Return the names that a call changes, with arguments in place of parameters."""
        parameters = _parameters(function)
        name = call.func.id if isinstance(call.func, ast.Name) else ""
        names = parameters if name in self._definitions.functions else parameters[1:]
        passed: dict[str | None, ast.expr] = dict(zip(names, call.args, strict=False))
        passed |= {keyword.arg: keyword.value for keyword in call.keywords}
        roots = {root_name(passed[changed]) for changed in mutated if changed in passed}
        return {root for root in roots if root} | (mutated - set(parameters))


def _parameters(function: FunctionDefinition) -> list[str]:
    return [argument.arg for argument in arguments(function.args)]

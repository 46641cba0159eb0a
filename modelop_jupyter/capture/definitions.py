"""The functions and classes that a notebook defines, and what calling them does."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterable, Iterator

from modelop_jupyter.capture.data_detection import called_names, reads_or_fits
from modelop_jupyter.capture.mutations import mutated_names
from modelop_jupyter.capture.statements import Statement

FunctionDefinition = ast.FunctionDef | ast.AsyncFunctionDef

_BUILDERS = frozenset({"__init__", "__new__", "__post_init__"})


class Definitions:
    """Functions, classes and methods by name; the last one of each name counts."""

    def __init__(self, statements: Iterable[Statement]) -> None:
        self.functions: dict[str, FunctionDefinition] = {}
        self.sets_global: dict[str, set[str]] = {}
        self._classes: dict[str, ast.ClassDef] = {}
        self._methods: dict[str, list[FunctionDefinition]] = defaultdict(list)
        self._values: set[str] = set()
        self._subclasses_queried: set[str] = set()
        self._aliases: dict[str, set[str]] = defaultdict(set)
        self._lambdas: dict[str, list[FunctionDefinition]] = defaultdict(list)
        for statement in statements:
            self._add(statement)

    def is_plain_call(self, name: str) -> bool | None:
        """Return whether calling a function or class neither reads data nor fits anything.

        None for other names. A name bound to a value (a lambda, a partial, a namedtuple) is checked
        where it is bound.
        """
        if not self.is_own(name):
            return True if name in self._values else None
        return self._are_plain(self._bodies_of(name), {name})

    def is_plain_method_call(self, name: str) -> bool | None:
        """Return the same for a method; None when no class has it."""
        if name not in self._methods:
            return None
        return not reads_or_fits(name) and self._are_plain(self._methods[name], set())

    def mutates_self(self, method: str) -> bool:
        """Return whether a method changes its object; unknown ones by their name."""
        known = self._methods.get(method)
        if not known:
            return reads_or_fits(method)
        return any(
            function.args.args and function.args.args[0].arg in mutated_names(statement)
            for function in known
            for statement in function.body
        )

    def bodies_of(self, name: str, *, called: bool = False) -> Iterator[FunctionDefinition]:
        """Yield the functions that run when a name is called.

        ``called``: also those that run when the result is called.
        """
        for meaning in self._resolve_aliases(name):
            yield from self._bodies_of(meaning)
            yield from self._lambdas.get(meaning, ())
        if called and name in self._classes:
            yield from (
                meaning for meaning in _methods(self._classes[name]) if meaning.name == "__call__"
            )

    def _resolve_aliases(self, name: str) -> set[str]:
        """Return a name with those it stands for: ``also = f``, ``also = partial(f, 1)``."""
        resolved: set[str] = set()
        pending = [name]
        while pending:
            current = pending.pop()
            if current not in resolved:
                resolved.add(current)
                pending += self._aliases.get(current, ())
        return resolved

    def tracks_subclasses(self, name: str) -> bool:
        """Return whether a class records its subclasses, or is asked for them."""
        if name not in self._classes:
            return False
        if name in self._subclasses_queried:
            return True
        pending, seen = [name], set[str]()
        while pending:
            definition = self._classes.get(pending.pop())
            if definition is None or definition.name in seen:
                continue
            seen.add(definition.name)
            if any(method.name == "__init_subclass__" for method in _methods(definition)):
                return True
            meta = [keyword.value for keyword in definition.keywords if keyword.arg == "metaclass"]
            if any(isinstance(value, ast.Name) and value.id in self._classes for value in meta):
                return True
            pending += [base.id for base in definition.bases if isinstance(base, ast.Name)]
        return False

    def is_own(self, name: str) -> bool:
        """Return whether a name is a function or class of the notebook."""
        return name in self.functions or name in self._classes

    def _are_plain(self, bodies: Iterable[FunctionDefinition], seen: set[str]) -> bool:
        pending = list(bodies)
        while pending:
            for called in called_names(pending.pop()):
                if self.is_own(called):
                    if called not in seen:
                        seen.add(called)
                        pending += self._bodies_of(called)
                elif reads_or_fits(called):
                    return False
        return True

    def _bodies_of(self, name: str) -> Iterator[FunctionDefinition]:
        if name in self.functions:
            yield self.functions[name]
        seen: set[str] = set()
        pending = [name]
        while pending:
            definition = self._classes.get(pending.pop())
            if definition is None or definition.name in seen:
                continue
            seen.add(definition.name)
            yield from (item for item in _methods(definition) if item.name in _BUILDERS)
            pending += [base.id for base in definition.bases if isinstance(base, ast.Name)]

    def _add_alias(self, name: str, value: ast.expr) -> None:
        if isinstance(value, ast.Name):
            self._aliases[name].add(value.id)
        elif isinstance(value, ast.Lambda):
            self._lambdas[name].append(as_function(value))
        elif isinstance(value, ast.Call) and ast.unparse(value.func).endswith("partial"):
            self._aliases[name] |= {
                argument.id for argument in value.args if isinstance(argument, ast.Name)
            }

    def _add(self, statement: Statement) -> None:
        self._values |= statement.names.binds.keys() if not statement.is_import else set()
        node = statement.node
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            self._add_alias(node.targets[0].id, node.value)
        if "__subclasses__" in statement.text:
            self._subclasses_queried |= {
                part.value.id
                for part in ast.walk(node)
                if isinstance(part, ast.Attribute)
                and part.attr == "__subclasses__"
                and isinstance(part.value, ast.Name)
            }
        for top in node.body if isinstance(node, ast.Module) else [node]:
            for part in ast.walk(top) if isinstance(top, (ast.If, ast.Try)) else [top]:
                if isinstance(part, FunctionDefinition):
                    self.functions[part.name] = part
                    self.sets_global[part.name] = statement.names.sets_global
                elif isinstance(part, ast.ClassDef):
                    self._classes[part.name] = part
                    for method in _methods(part):
                        self._methods[method.name].append(method)


def as_function(node: ast.Lambda) -> ast.FunctionDef:
    """Return a lambda as a function definition."""
    body: list[ast.stmt] = [ast.Return(node.body)]
    return ast.FunctionDef("", node.args, body, [], lineno=node.lineno)


def _methods(node: ast.ClassDef) -> Iterator[FunctionDefinition]:
    return (item for item in node.body if isinstance(item, FunctionDefinition))

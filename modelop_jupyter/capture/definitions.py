"""The notebook's own functions and classes, and what calling them amounts to."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterable, Iterator

from modelop_jupyter.capture.changes import changed_names
from modelop_jupyter.capture.plain import called_names, reads_or_learns
from modelop_jupyter.capture.statements import Statement

FunctionDefinition = ast.FunctionDef | ast.AsyncFunctionDef

_BUILDERS = frozenset({"__init__", "__new__", "__post_init__"})


class Definitions:
    """Functions, classes and methods by name; of several with one name, the last."""

    def __init__(self, statements: Iterable[Statement]) -> None:
        self.functions: dict[str, FunctionDefinition] = {}
        self.sets_global: dict[str, set[str]] = {}
        self._classes: dict[str, ast.ClassDef] = {}
        self._methods: dict[str, list[FunctionDefinition]] = defaultdict(list)
        self._values: set[str] = set()
        self._asked_for_heirs: set[str] = set()
        self._aliases: dict[str, set[str]] = defaultdict(set)
        self._lambdas: dict[str, list[FunctionDefinition]] = defaultdict(list)
        for statement in statements:
            self._add(statement)

    def calls_plainly(self, name: str) -> bool | None:
        """Say whether calling a name of the notebook neither reads nor learns; None for other names.

        A name bound to a value (a lambda, a partial, a namedtuple) is looked at where it is bound.
        """
        if not self._is_own(name):
            return True if name in self._values else None
        return self._are_plain(self._bodies_of(name), {name})

    def method_calls_plainly(self, name: str) -> bool | None:
        """Say the same of a method; None when no class of the notebook has it."""
        if name not in self._methods:
            return None
        return not reads_or_learns(name) and self._are_plain(self._methods[name], set())

    def changes_itself(self, method: str) -> bool:
        """Say whether a method changes its object; of an unknown one, whether it learns."""
        known = self._methods.get(method)
        if not known:
            return reads_or_learns(method)
        return any(
            function.args.args and function.args.args[0].arg in changed_names(statement)
            for function in known
            for statement in function.body
        )

    def makes(self, name: str) -> bool:
        """Say whether calling a name makes an object that the notebook's own code shapes."""
        return self._is_own(name)

    def bodies_of(self, name: str, *, called: bool = False) -> Iterator[FunctionDefinition]:
        """Yield what runs when a name of the notebook is called; ``called``: and its result, too."""
        for each in self._meanings(name):
            yield from self._bodies_of(each)
            yield from self._lambdas.get(each, ())
        if called and name in self._classes:
            yield from (each for each in _methods(self._classes[name]) if each.name == "__call__")

    def _meanings(self, name: str) -> set[str]:
        """Return a name and those that it stands for: ``also = f``, ``also = partial(f, 1)``."""
        found: set[str] = set()
        waiting = [name]
        while waiting:
            each = waiting.pop()
            if each not in found:
                found.add(each)
                waiting += self._aliases.get(each, ())
        return found

    def knows_heirs(self, name: str) -> bool:
        """Say whether a class learns of those that inherit from it, or is asked for them."""
        if name not in self._classes:
            return False
        if name in self._asked_for_heirs:
            return True
        waiting, seen = [name], set[str]()
        while waiting:
            made = self._classes.get(waiting.pop())
            if made is None or made.name in seen:
                continue
            seen.add(made.name)
            if any(method.name == "__init_subclass__" for method in _methods(made)):
                return True
            meta = [word.value for word in made.keywords if word.arg == "metaclass"]
            if any(isinstance(each, ast.Name) and each.id in self._classes for each in meta):
                return True
            waiting += [base.id for base in made.bases if isinstance(base, ast.Name)]
        return False

    def _is_own(self, name: str) -> bool:
        return name in self.functions or name in self._classes

    def _are_plain(self, bodies: Iterable[FunctionDefinition], seen: set[str]) -> bool:
        waiting = list(bodies)
        while waiting:
            for called in called_names(waiting.pop()):
                if self._is_own(called):
                    if called not in seen:
                        seen.add(called)
                        waiting += self._bodies_of(called)
                elif reads_or_learns(called):
                    return False
        return True

    def _bodies_of(self, name: str) -> Iterator[FunctionDefinition]:
        if name in self.functions:
            yield self.functions[name]
        seen: set[str] = set()
        waiting = [name]
        while waiting:
            made = self._classes.get(waiting.pop())
            if made is None or made.name in seen:
                continue
            seen.add(made.name)
            yield from (item for item in _methods(made) if item.name in _BUILDERS)
            waiting += [base.id for base in made.bases if isinstance(base, ast.Name)]

    def _add_alias(self, name: str, value: ast.expr) -> None:
        if isinstance(value, ast.Name):
            self._aliases[name].add(value.id)
        elif isinstance(value, ast.Lambda):
            self._lambdas[name].append(as_function(value))
        elif isinstance(value, ast.Call) and ast.unparse(value.func).endswith("partial"):
            self._aliases[name] |= {each.id for each in value.args if isinstance(each, ast.Name)}

    def _add(self, statement: Statement) -> None:
        self._values |= statement.names.binds.keys() if not statement.is_import else set()
        node = statement.node
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            self._add_alias(node.targets[0].id, node.value)
        if "__subclasses__" in statement.text:
            self._asked_for_heirs |= {
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
    """Return a lambda as the function that it is."""
    body: list[ast.stmt] = [ast.Return(node.body)]
    return ast.FunctionDef("", node.args, body, [], lineno=node.lineno)


def _methods(node: ast.ClassDef) -> Iterator[FunctionDefinition]:
    return (item for item in node.body if isinstance(item, FunctionDefinition))

"""Which module-level names a statement reads and binds, by Python's scoping rules."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


@dataclass(frozen=True, slots=True)
class NameReference:
    """A read of a module-level name.

    ``path`` is the dotted expression that it begins (``sklearn.metrics.auc``). ``is_deferred``: it
    is read when a function is called, not when the module is imported. ``is_optional``: nothing
    fails without it (the annotation of a local variable, an annotation in quotes).
    """

    name: str
    line: int
    path: str
    is_deferred: bool = False
    is_optional: bool = False


@dataclass
class NameUsage:
    """The module-level names that a statement reads and binds.

    ``binds`` maps each bound name to whether it is bound unconditionally. ``sets_global`` are the
    names that functions in the statement assign through ``global``.
    """

    references: list[NameReference] = field(default_factory=list)
    binds: dict[str, bool] = field(default_factory=dict)
    sets_global: set[str] = field(default_factory=set)


def names_of(node: ast.AST, *, lazy_annotations: bool = False) -> NameUsage:
    """Return the names that a top-level statement, or a whole module, reads and binds.

    ``lazy_annotations``: annotations are not evaluated (``from __future__ import annotations``).
    """
    names = NameUsage()
    _Visitor(names, lazy_annotations=lazy_annotations).visit(node)
    return names


@dataclass
class _Scope:
    kind: str  # "module", "class", "function" or "comprehension"
    bound: set[str] = field(default_factory=set)
    declared: set[str] = field(default_factory=set)


class _Visitor(ast.NodeVisitor):
    """Visits nodes in the order of evaluation, so that a read before a binding counts as a read."""

    def __init__(self, names: NameUsage, *, lazy_annotations: bool) -> None:
        self.names = names
        self.lazy_annotations = lazy_annotations
        self.scopes = [_Scope("module")]
        self.is_optional = False
        self.branches = 0

    # Names

    def visit_Name(self, node: ast.Name) -> None:
        if isinstance(node.ctx, ast.Load):
            self._reference(node.id, node.lineno, node.id)
        else:
            self._bind(node.id)

    def visit_Attribute(self, node: ast.Attribute) -> None:
        path, root = [node.attr], node.value
        while isinstance(root, ast.Attribute):
            path.append(root.attr)
            root = root.value
        if isinstance(root, ast.Name):
            self._reference(root.id, root.lineno, ".".join([root.id, *reversed(path)]))
        else:
            self.visit(root)

    def _reference(self, name: str, line: int, path: str) -> None:
        inner = True
        for scope in reversed(self.scopes):
            if scope.kind == "class" and not inner:
                continue
            inner = inner and scope.kind == "comprehension"
            if name in scope.declared:
                break
            if name in scope.bound and (scope.kind != "module" or not self._is_deferred()):
                return
        self.names.references.append(
            NameReference(name, line, path, self._is_deferred(), self.is_optional)
        )

    def _is_deferred(self) -> bool:
        return any(scope.kind == "function" for scope in self.scopes)

    def _bind(self, name: str, *, is_walrus: bool = False) -> None:
        scope = self.scopes[-1]
        if is_walrus:
            scope = next(s for s in reversed(self.scopes) if s.kind != "comprehension")
        if name in scope.declared:
            self.names.sets_global.add(name)
            if not self._is_deferred():
                self.names.binds[name] = self.branches == 0
            return
        scope.bound.add(name)
        if scope.kind == "module":
            self.names.binds[name] = self.names.binds.get(name, False) or self.branches == 0

    def visit_NamedExpr(self, node: ast.NamedExpr) -> None:
        self.visit(node.value)
        self._bind(node.target.id, is_walrus=True)

    def visit_Global(self, node: ast.Global) -> None:
        self.scopes[-1].declared.update(node.names)

    # Statements whose parts are not evaluated in the order of the tree

    def visit_Assign(self, node: ast.Assign) -> None:
        self.visit(node.value)
        for target in node.targets:
            self.visit(target)

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        if isinstance(node.target, ast.Name):
            # It reads and changes the object; it does not create the name.
            self._reference(node.target.id, node.lineno, node.target.id)
        else:
            self.visit(node.target)
        self.visit(node.value)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        self._annotation(node.annotation, is_local=self.scopes[-1].kind == "function")
        if node.value is not None:
            self.visit(node.value)
            self.visit(node.target)

    def visit_For(self, node: ast.For | ast.AsyncFor) -> None:
        self.visit(node.iter)
        self._branch([node.target, *node.body])
        self._branch(node.orelse)

    visit_AsyncFor = visit_For  # noqa: N815

    def visit_While(self, node: ast.While) -> None:
        self.visit(node.test)
        self._branch([*node.body, *node.orelse])

    def visit_If(self, node: ast.If) -> None:
        self.visit(node.test)
        before = dict(self.names.binds)
        self._branch([*node.body])
        self._branch([*node.orelse])
        both = bound_names(node.body) & bound_names(node.orelse)
        for name in both & self.names.binds.keys() - {n for n, sure in before.items() if sure}:
            self.names.binds[name] = self.branches == 0

    def visit_Try(self, node: ast.Try) -> None:
        for statement in node.body:
            self.visit(statement)
        for handler in node.handlers:
            if handler.type:
                self.visit(handler.type)
            if handler.name:
                self.scopes[-1].bound.add(handler.name)
            self._branch(handler.body)
        self._branch([*node.orelse, *node.finalbody])

    visit_TryStar = visit_Try  # noqa: N815

    def visit_Match(self, node: ast.Match) -> None:
        self.visit(node.subject)
        self._branch(node.cases)

    def visit_MatchAs(self, node: ast.MatchAs) -> None:
        self.generic_visit(node)
        if node.name:
            self._bind(node.name)

    def visit_MatchStar(self, node: ast.MatchStar) -> None:
        if node.name:
            self._bind(node.name)

    def visit_MatchMapping(self, node: ast.MatchMapping) -> None:
        self.generic_visit(node)
        if node.rest:
            self._bind(node.rest)

    def _branch(self, nodes: Iterable[ast.AST]) -> None:
        self.branches += 1
        for node in nodes:
            self.visit(node)
        self.branches -= 1

    # Imports

    def visit_Import(self, node: ast.Import) -> None:
        for alias in node.names:
            self._bind(alias.asname or alias.name.partition(".")[0])

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        for alias in node.names:
            if alias.name != "*":
                self._bind(alias.asname or alias.name)

    # Scopes

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        self._visit_all(node.decorator_list)
        self._defaults(node.args)
        self.scopes.append(_Scope("comprehension", type_parameters(node)))
        for argument in arguments(node.args):
            self._annotation(argument.annotation)
        self._annotation(node.returns)
        self.scopes.pop()
        self._bind(node.name)
        self._function(node, node.body)

    visit_AsyncFunctionDef = visit_FunctionDef  # noqa: N815

    def visit_Lambda(self, node: ast.Lambda) -> None:
        self._defaults(node.args)
        self._function(node, [node.body])

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        self._visit_all(node.decorator_list)
        self.scopes.append(_Scope("comprehension", type_parameters(node)))
        self._visit_all(node.bases)
        self._visit_all(node.keywords)
        self.scopes.append(_Scope("class"))
        branches, self.branches = self.branches, 0
        self._visit_all(node.body)
        self.branches = branches
        self.scopes.pop()
        self.scopes.pop()
        self._bind(node.name)

    def _comprehension(
        self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp
    ) -> None:
        self.visit(node.generators[0].iter)
        self.scopes.append(_Scope("comprehension"))
        for index, generator in enumerate(node.generators):
            if index:
                self.visit(generator.iter)
            self.visit(generator.target)
            self._visit_all(generator.ifs)
        if isinstance(node, ast.DictComp):
            self.visit(node.key)
            self.visit(node.value)
        else:
            self.visit(node.elt)
        self.scopes.pop()

    visit_ListComp = visit_SetComp = visit_GeneratorExp = visit_DictComp = _comprehension  # noqa: N815

    def _function(self, node: FunctionNode, body: Iterable[ast.AST]) -> None:
        body = list(body)
        declared = {
            name for item in own_nodes(body) if isinstance(item, ast.Global) for name in item.names
        }
        outer = {
            name
            for item in own_nodes(body)
            if isinstance(item, ast.Nonlocal)
            for name in item.names
        }
        bound = {argument.arg for argument in arguments(node.args)} | type_parameters(node)
        bound |= bound_names(body) - declared - outer
        self.scopes.append(_Scope("function", bound, declared))
        branches, self.branches = self.branches, 0
        self._visit_all(body)
        self.branches = branches
        self.scopes.pop()

    def _defaults(self, signature: ast.arguments) -> None:
        self._visit_all(signature.defaults)
        self._visit_all(default for default in signature.kw_defaults if default is not None)

    def _visit_all(self, nodes: Iterable[ast.AST]) -> None:
        for node in nodes:
            self.visit(node)

    def _annotation(self, node: ast.expr | None, *, is_local: bool = False) -> None:
        if node is None:
            return
        before = self.is_optional
        self.is_optional = before or is_local or self.lazy_annotations
        self.visit(node)
        self.is_optional = True
        for part in ast.walk(node):
            if isinstance(part, ast.Constant) and isinstance(part.value, str):
                self._quoted(part.value, part.lineno)
        self.is_optional = before

    def _quoted(self, text: str, line: int) -> None:
        try:
            expression = ast.parse(text.strip(), mode="eval")
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return
        for part in ast.walk(expression):
            if isinstance(part, ast.Name):
                self._reference(part.id, line, part.id)


def arguments(signature: ast.arguments) -> Iterator[ast.arg]:
    """Yield all parameters of a function."""
    yield from (*signature.posonlyargs, *signature.args, *signature.kwonlyargs)
    yield from (extra for extra in (signature.vararg, signature.kwarg) if extra)


def type_parameters(node: ast.AST) -> set[str]:
    """Return the type parameters of a function or class (PEP 695, from Python 3.12 on)."""
    return {parameter.name for parameter in getattr(node, "type_params", ())}


def own_nodes(nodes: Iterable[ast.AST]) -> Iterator[ast.AST]:
    """Walk a function's body without inner functions and classes, but with comprehensions."""
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

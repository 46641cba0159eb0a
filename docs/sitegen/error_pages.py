"""What the pages of the error codes say of the code: its class, exit code and HTTP status."""

from __future__ import annotations

import ast
import importlib
from collections.abc import Iterator
from pathlib import Path

import modelop_jupyter
from modelop_jupyter.cli import exit_codes
from modelop_jupyter.domain import jobs
from modelop_jupyter.errors import ModelOpError
from modelop_jupyter.server.errors import status_of

FOLDER = Path(__file__).parents[1] / "errors"
_PACKAGE = Path(modelop_jupyter.__file__).parent
# The modules that have errors of their own.
_MODULES = (
    "modelop_jupyter.domain.examples",
    "modelop_jupyter.domain.exchange",
    "modelop_jupyter.server.errors",
)
# No verb deploys a model yet: nobody sees these codes.
_NOT_YET = "modelop_jupyter.deployments."
_EXIT_CODES = {
    1: "1, failed",
    2: "2, wrong usage",
    3: "3, not found",
    4: "4, the environment could not be built",
}


def codes() -> set[str]:
    """Return all codes that a user can see: those of errors, and those of jobs that ended early."""
    return set(classes()) | job_codes()


def classes() -> dict[str, type[ModelOpError]]:
    """Return the class of every code; where subclasses share a code, their base class."""
    for module in _MODULES:
        importlib.import_module(module)
    found: dict[str, type[ModelOpError]] = {}
    for cls in _tree(ModelOpError):
        is_ours = cls.__module__.startswith("modelop_jupyter.")
        if is_ours and not cls.__module__.startswith(_NOT_YET):
            found.setdefault(cls.code, cls)
    return found


def _tree(cls: type[ModelOpError]) -> Iterator[type[ModelOpError]]:
    yield cls
    for child in cls.__subclasses__():
        yield from _tree(child)


def job_codes() -> set[str]:
    """Return the codes that the source gives a ``JobError``."""
    return {
        argument.value if isinstance(argument, ast.Constant) else getattr(jobs, argument.id)
        for path in _PACKAGE.rglob("*.py")
        if b"JobError(" in path.read_bytes()
        for argument in _first_arguments(ast.parse(path.read_bytes()))
    }


def _first_arguments(tree: ast.Module) -> Iterator[ast.Constant | ast.Name]:
    """Yield the first argument of every call of ``JobError`` that is a text or a constant's name."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "JobError" and node.args:
            first = node.args[0]
            is_constant = isinstance(first, ast.Name) and first.id.isupper()
            if is_constant or isinstance(first, ast.Constant):
                yield first


def facts(code: str) -> str:
    """Return a list about a code; one that only jobs have belongs to no class."""
    rows = []
    if code in job_codes():
        rows.append(("Job", "`error.code` of a job that ended early"))
    if cls := classes().get(code):
        error = cls.__new__(cls)
        rows += [
            ("Python", f"`{cls.__module__}.{cls.__name__}`"),
            ("Exit code of `modelop`", _EXIT_CODES[exit_codes.of_error(error)]),
            ("HTTP status", str(status_of(error))),
        ]
    return "\n".join(f"- {label}: {text}" for label, text in rows)


def index() -> str:
    """Return a table of all pages with their titles, and the table of contents."""
    pages = sorted(path for path in FOLDER.glob("*.md") if path.stem != "index")
    rows = [f"| [`{path.stem}`]({path.name}) | {_title(path)} |" for path in pages]
    names = "\n".join(path.stem for path in pages)
    table = "\n".join(["| code | meaning |", "|---|---|", *rows])
    return f"{table}\n\n```{{toctree}}\n:hidden:\n\n{names}\n```"


def _title(path: Path) -> str:
    return path.read_text(encoding="utf-8").partition("\n")[0].partition(": ")[2]

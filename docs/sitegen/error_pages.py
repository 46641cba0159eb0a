"""What the pages of the error codes say of the code: its class, exit code and HTTP status."""

from __future__ import annotations

import ast
import importlib
from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

import modelop_jupyter
from modelop_jupyter.cli import exit_codes
from modelop_jupyter.deployments.errors import (
    ClientGoneError,
    RecordProblemError,
    RecordsError,
    RequestError,
)
from modelop_jupyter.domain import jobs
from modelop_jupyter.errors import ModelOpError
from modelop_jupyter.runner.journal import REASONS
from modelop_jupyter.server.errors import status_of

FOLDER = Path(__file__).parents[1] / "errors"
_PACKAGE = Path(modelop_jupyter.__file__).parent
# The modules that have errors of their own.
_MODULES = (
    "modelop_jupyter.domain.examples",
    "modelop_jupyter.domain.exchange",
    "modelop_jupyter.server.errors",
)
# The first only groups the others, the code of the second is that of its stage, and nobody reads the third.
_NO_ANSWERS = (RequestError, RecordProblemError, ClientGoneError)
_SEVERAL = RecordsError.code
_Error = TypeVar("_Error", bound=ModelOpError)
_EXIT_CODES = {
    1: "1, failed",
    2: "2, wrong usage",
    3: "3, not found",
    4: "4, the environment could not be built",
}


def codes() -> set[str]:
    """Return all codes that a user can see: of errors, of jobs that ended early, of deployments."""
    return set(classes()) | job_codes() | set(answers()) | deployment_codes()


def classes() -> dict[str, type[ModelOpError]]:
    """Return the class of every code; where subclasses share a code, their base class."""
    for module in _MODULES:
        importlib.import_module(module)
    found: dict[str, type[ModelOpError]] = {}
    for cls in _tree(ModelOpError):
        is_ours = cls.__module__.startswith("modelop_jupyter.")
        if is_ours and not issubclass(cls, RequestError):
            found.setdefault(cls.code, cls)
    return found


def answers() -> dict[str, int]:
    """Return the HTTP status of every code with which a deployment answers."""
    found = {cls.code: int(cls.status) for cls in _tree(RequestError) if cls not in _NO_ANSWERS}
    for stage in REASONS:
        error = RecordProblemError(stage, "", None, None)
        found[error.code] = int(error.status)
    return found


def _tree(cls: type[_Error]) -> Iterator[type[_Error]]:
    yield cls
    for child in cls.__subclasses__():
        yield from _tree(child)


def job_codes() -> set[str]:
    """Return the codes that the source gives a ``JobError``."""
    return _first_texts(_PACKAGE, "JobError")


def deployment_codes() -> set[str]:
    """Return the codes that the source gives a ``DeploymentProblem``."""
    return _first_texts(_PACKAGE / "deployments", "DeploymentProblem", "_problem")


def _first_texts(folder: Path, *names: str) -> set[str]:
    return {
        argument.value if isinstance(argument, ast.Constant) else getattr(jobs, argument.id)
        for path in folder.rglob("*.py")
        if any(f"{name}(".encode() in path.read_bytes() for name in names)
        for argument in _first_arguments(ast.parse(path.read_bytes()), names)
    }


def _first_arguments(tree: ast.Module, names: tuple[str, ...]) -> Iterator[ast.Constant | ast.Name]:
    """Yield the first argument of every call of these names that is a text or a constant's name."""
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Call) and node.args):
            continue
        called = getattr(node.func, "id", None) or getattr(node.func, "attr", None)
        if called in names:
            first = node.args[0]
            is_constant = isinstance(first, ast.Name) and first.id.isupper()
            if is_constant or isinstance(first, ast.Constant):
                yield first


def facts(code: str) -> str:
    """Return a list about a code; one that only jobs have belongs to no class."""
    rows = []
    if code in job_codes():
        rows.append(("Job", "`error.code` of a job that ended early"))
    if code in answers():
        status = "that of its first error" if code == _SEVERAL else str(answers()[code])
        rows.append(("Answer of a deployment", f"`code`, with HTTP status {status}"))
    if code in deployment_codes():
        rows.append(("Deployment", "`problem.code` of one whose last snapshot was not deployed"))
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

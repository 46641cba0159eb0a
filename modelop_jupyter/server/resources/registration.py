"""The body of ``POST /models``, and ``/previews``: what registering would record, without recording."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Any

from modelop_jupyter.capture import (
    Cell,
    LiveValue,
    ModelCells,
    read_notebook_cells,
    select_model_cells,
)
from modelop_jupyter.capture.literals import LONGEST
from modelop_jupyter.capture.value_loading import VALUE_PATH
from modelop_jupyter.domain.models import ENTRY_POINT_KINDS, EntryPoints
from modelop_jupyter.domain.previews import Preview
from modelop_jupyter.errors import InvalidError
from modelop_jupyter.server.file_root import FileRoot
from modelop_jupyter.server.resources.fields import (
    AS_OF,
    ASSET_ROLE,
    FILE_PATH,
    FUNCTION_NAME,
    LONG_TEXT,
    MODEL_NAME,
    SHORT_TEXT,
)
from modelop_jupyter.server.rest.json_schema import array_schema, nullable, object_schema
from modelop_jupyter.server.rest.resource import Operation, Request, Resource
from modelop_jupyter.workspace import RegistrationRequest

_CELL_ID = nullable({"type": "string", "maxLength": 128})
_CELL_SOURCE = {"type": "string", "maxLength": 10_000_000}
_EXECUTED_CELL = object_schema(
    ("number", "source"),
    number={"type": "integer", "minimum": 1, "maximum": 1_000_000_000},
    source=_CELL_SOURCE,
    id=_CELL_ID,
)
_CURRENT_CELL = object_schema(("id", "source"), id=_CELL_ID, source=_CELL_SOURCE)
_VARIABLE = {"type": "string", "minLength": 1, "maxLength": 256}
_FILE_OF_VALUE = object_schema(
    ("ending", "size", "digest", "libraries"),
    ending={"enum": ["json", "npy", "parquet", "csv", "pkl"]},
    size={"type": "integer", "minimum": 0},
    digest={"type": "string", "pattern": "^sha256:[0-9a-f]{64}$"},
    libraries=array_schema(SHORT_TEXT, limit=1000),
)
_VALUE = object_schema(
    text={"type": "string", "maxLength": LONGEST},
    reason=LONG_TEXT,
    file=_FILE_OF_VALUE,
)
_VALUE_PATH = {"type": "string", "maxLength": 300, "pattern": VALUE_PATH}
ASSET_TO_ADD = object_schema(("path",), path=FILE_PATH, role=nullable(ASSET_ROLE))
_TEXTS = array_schema({"type": "string", "maxLength": 4096}, limit=100_000)
_KERNEL_PACKAGE = object_schema(
    ("name", "version", "modules", "requires", "origin", "installer", "paths"),
    name=SHORT_TEXT,
    version=SHORT_TEXT,
    modules=_TEXTS,
    requires=_TEXTS,
    origin=LONG_TEXT,
    installer={"type": "string", "maxLength": 1000},
    paths=_TEXTS,
)
_KERNEL_PYTHON = object_schema(
    ("executable", "version", "packages"),
    executable={"type": "string", "maxLength": 4096},
    version=SHORT_TEXT,
    packages=array_schema(_KERNEL_PACKAGE, limit=10_000),
)
_FUNCTIONS: dict[str, Any] = {kind: nullable(FUNCTION_NAME) for kind in ENTRY_POINT_KINDS}
REGISTRATION_BODY = {
    **object_schema(
        ("name",),
        name=MODEL_NAME,
        notebook={**FILE_PATH, "description": "The notebook whose tagged functions are the model."},
        cells={
            **array_schema(_EXECUTED_CELL, limit=10_000),
            "description": "What the notebook's kernel has run, in this order and as it ran.",
        },
        current={
            **array_schema(_CURRENT_CELL, limit=10_000),
            "description": "The cells of the open notebook: those changed since they ran are named.",
        },
        path={
            **FILE_PATH,
            "description": "Instead of a notebook: a source file, a notebook or a folder.",
        },
        source={**SHORT_TEXT, "description": "The primary source in a folder."},
        assets=array_schema(ASSET_TO_ADD, limit=1000),
        python={**SHORT_TEXT, "examples": ["3.11"]},
        installs_python={
            "type": "boolean",
            "description": "Have uv install the model's Python if it is not on this machine.",
        },
        as_of=AS_OF,
        description=LONG_TEXT,
        tags=array_schema(SHORT_TEXT, limit=100),
        functions=object_schema(**_FUNCTIONS),
        kernel={
            **_KERNEL_PYTHON,
            "description": "The notebook's Python, as /kernel-code gives it: requirements have its versions.",
        },
        frozen={
            **array_schema(_VARIABLE, limit=1000),
            "description": "The variables whose values stand in the module for code that reads data.",
        },
        value_files={
            "type": "object",
            "propertyNames": _VARIABLE,
            "additionalProperties": _VALUE_PATH,
            "maxProperties": 1000,
            "description": "The variables that the module loads, each with its file beside the notebook.",
        },
        values={
            "type": "object",
            "propertyNames": _VARIABLE,
            "additionalProperties": _VALUE,
            "maxProperties": 1000,
            "description": "What the kernel says of its variables, as the preview's ``unread`` reads it.",
        },
        is_settled={
            "type": "boolean",
            "description": "The user has seen the preview: what of its suggestions is left out was declined.",
        },
        infers={
            "type": "boolean",
            "description": "Add what the model imports to its requirements, and write them beside it.",
        },
    ),
    "oneOf": [{"required": ["notebook"]}, {"required": ["path"]}],
    "dependentRequired": {"cells": ["notebook"], "current": ["cells"], "values": ["cells"]},
    "examples": [{"name": "churn", "notebook": "churn.ipynb"}],
}
_PREVIEW_BODY = {
    **REGISTRATION_BODY,
    "properties": {
        **REGISTRATION_BODY["properties"],
        "resolves": {
            "type": "boolean",
            "description": "Ask the package index for packages that are not resolved yet.",
        },
    },
}


@dataclass(frozen=True, slots=True)
class ParsedRegistration:
    """A registration body as the workspace takes it; ``folder`` is the source's in the file browser."""

    request: RegistrationRequest
    folder: PurePosixPath


def preview_model(request: Request) -> Preview:
    parsed = parse_registration(request, is_preview=True)
    preview = request.context.workspace.models.preview_request(
        parsed.request, resolves=request.body.get("resolves", False)
    )
    # The sidebar sends accepted proposals as assets, whose paths are those of the file browser.
    root = request.context.root
    proposals = tuple(
        replace(proposal, path=_api_path(proposal.path, parsed.folder, root))
        for proposal in preview.proposals
    )
    plan = preview.requirements
    if plan is not None and plan.file is not None:
        plan = replace(plan, file=root.to_api_path(plan.file))
    return replace(preview, proposals=proposals, requirements=plan)


def _api_path(path: str, folder: PurePosixPath, root: FileRoot) -> str:
    """Return the path in the file browser of a file that is relative to a folder, or absolute."""
    shown = root.to_api_path(path) if PurePosixPath(path).is_absolute() else None
    return shown or (folder / path).as_posix()


def parse_registration(request: Request, *, is_preview: bool = False) -> ParsedRegistration:
    """Resolve the paths of a registration body and read its notebook.

    A preview tells itself which of the assets are missing. Raises :class:`InvalidError` for a
    missing file, and :class:`OutsideRootError`.
    """
    body, root = request.body, request.context.root
    is_notebook = "notebook" in body
    entry_points = EntryPoints(**body.get("functions", {}))
    path = body["notebook" if is_notebook else "path"]
    # An open notebook that was never saved is no file yet.
    file = root.resolve(path) if "cells" in body else root.resolve_existing(path)
    folder = path if file.is_dir() else str(PurePosixPath(path).parent)
    from modelop_jupyter.requirements.distributions import ReportedPython

    registration = RegistrationRequest(
        name=body["name"],
        path=None if is_notebook else file,
        cells=_model_cells(body, file, root) if is_notebook else None,
        assets=[
            asset_to_add(asset, root, folder=folder, may_be_missing=is_preview)
            for asset in body.get("assets", ())
        ],
        infers=body.get("infers", False),
        is_settled=body.get("is_settled", False),
        frozen=frozenset(body.get("frozen", ())),
        value_files=body.get("value_files", {}),
        python=body.get("python"),
        installs_python=body.get("installs_python", False),
        as_of=body.get("as_of"),
        source=body.get("source"),
        description=body.get("description"),
        tags=body.get("tags"),
        entry_points=entry_points,
        folder=root.resolve(folder),
        within=root.folder,
        kernel=ReportedPython(body["kernel"]) if "kernel" in body else None,
    )
    return ParsedRegistration(registration, PurePosixPath(folder))


def asset_to_add(
    asset: Mapping[str, Any],
    root: FileRoot,
    *,
    folder: str | None,
    may_be_missing: bool = False,
) -> tuple[str | Path, str | None]:
    """Return the file and role of an ``ASSET_TO_ADD`` as the workspace takes them.

    The file is a path relative to ``folder`` if it lies below it, else an absolute one. Raises
    :class:`InvalidError` if it is missing and may not be.
    """
    if may_be_missing:
        root.resolve(asset["path"])
    else:
        root.resolve_existing(asset["path"])
    path = PurePosixPath(asset["path"])
    # Links are not resolved: the asset has the name that the user sees.
    file: str | Path = root.folder / path
    if folder is not None and path.is_relative_to(folder):
        file = path.relative_to(folder).as_posix()
    return file, asset.get("role")


def _model_cells(body: Mapping[str, Any], notebook: Path, root: FileRoot) -> ModelCells:
    """Return the model's cells, of those of a body or of a saved notebook."""
    cells, saved = _notebook_cells(body, notebook, root)
    values = {name: LiveValue.from_kernel(value) for name, value in body.get("values", {}).items()}
    return select_model_cells(
        body["name"],
        cells,
        saved=saved,
        notebook=notebook,
        read=values.get,
        are_unrun="cells" not in body,
    )


def _notebook_cells(
    body: Mapping[str, Any], notebook: Path, root: FileRoot
) -> tuple[Sequence[Cell], Sequence[Cell] | None]:
    """Return the cells to capture, and the notebook's cells as they are now, None if unknown.

    The cells to capture are those that the kernel has run, without a kernel those of the file.
    """
    if "cells" not in body:
        return read_notebook_cells(notebook, below=root.folder), None
    executed = [
        Cell(cell["number"], cell["source"], cell.get("id"), cell["number"])
        for cell in body["cells"]
    ]
    if "current" in body:
        current = [
            Cell(number, cell["source"], cell["id"])
            for number, cell in enumerate(body["current"], 1)
        ]
        current_ids = {cell.id for cell in current}
        deleted = [
            Cell(1, "", cell.id) for cell in executed if cell.id and cell.id not in current_ids
        ]
        return executed, [*current, *deleted]
    try:
        return executed, read_notebook_cells(notebook, below=root.folder)
    except InvalidError:
        # A notebook that was never saved.
        return executed, None


PREVIEWS = Resource(
    path="/previews",
    post=Operation(
        preview_model,
        "Show the source, functions, assets and requirements that registering would record, and what"
        " differs from the model that is there. Nothing is saved.",
        Preview,
        body=_PREVIEW_BODY,
        is_slow=True,
    ),
)

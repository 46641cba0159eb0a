"""``/models/NAME/export`` and ``/imports``: whole models as files, as the verbs ``export`` and ``import``."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from modelop_jupyter.domain.exchange import EXPORT_FORMATS, Exported, Imported, ImportSourceError
from modelop_jupyter.domain.models import ModelRef
from modelop_jupyter.exchange.writing import pack
from modelop_jupyter.server.resources.fields import FILE_PATH, MODEL_REF
from modelop_jupyter.server.rest.json_schema import object_schema
from modelop_jupyter.server.rest.resource import FileResponse, Operation, Request, Resource

_FORMAT = {
    "enum": list(EXPORT_FORMATS),
    "default": EXPORT_FORMATS[0],
    "description": "modelop for 'import', git for ModelOp Center, mlflow for mlflow.pyfunc.",
}
_WHEELS = {
    "type": "boolean",
    "default": False,
    "description": "Put the wheels of the lock for this platform into it.",
}
_SAMPLE = {
    "type": "boolean",
    "default": True,
    "description": "Put the records of the last check into it, which 'run --verify' scores again.",
}
_ZIP = "application/zip"
_UPLOADED = "The uploaded file"


def download_export(request: Request) -> FileResponse:
    """Write the export to a folder that goes when it is sent; any format is one zip."""
    query, ref = request.query, ModelRef.parse(request.path["name"])
    folder = TemporaryDirectory(prefix="modelop-export-")
    try:
        name = str(ref).replace("@", "-")
        file, is_zip = Path(folder.name) / f"{name}.zip", query["format"] == EXPORT_FORMATS[0]
        target = file if is_zip else Path(folder.name) / name
        request.context.workspace.export(
            str(ref),
            target,
            format=query["format"],
            wheels=query["wheels"],
            sample=query["sample"],
        )
        if not is_zip:
            pack(target, file)
    except BaseException:
        folder.cleanup()
        raise
    return FileResponse(file, file.name, folder=folder)


def export_model(request: Request) -> Exported:
    body, root = request.body, request.context.root
    exported = request.context.workspace.export(
        request.path["name"],
        root.resolve(body["path"]),
        format=body.get("format", _FORMAT["default"]),
        wheels=body.get("wheels", _WHEELS["default"]),
        sample=body.get("sample", _SAMPLE["default"]),
    )
    return replace(exported, path=root.to_api_path(exported.path) or body["path"])


def import_model(request: Request) -> Imported:
    file = request.context.root.resolve_existing(request.body["path"])
    return request.context.workspace.import_(file)


def upload_import(request: Request) -> Imported:
    with TemporaryDirectory(prefix="modelop-import-") as folder:
        file = Path(folder) / "upload.zip"
        file.write_bytes(request.body)
        try:
            return request.context.workspace.import_(file)
        except ImportSourceError as error:
            # The user knows no path of it.
            raise ImportSourceError(_UPLOADED, error.reason, error.hint) from None


EXPORT = Resource(
    path="/models/{name}/export",
    parameters={"name": MODEL_REF},
    get=Operation(
        download_export,
        "Download a model or snapshot with its source, assets, roles and lock as a zip.",
        None,
        query={"format": _FORMAT, "wheels": _WHEELS, "sample": _SAMPLE},
        is_slow=True,
    ),
    post=Operation(
        export_model,
        "Write a model or snapshot to a .zip file or a folder below the server's root folder.",
        Exported,
        body={
            **object_schema(
                ("path",), path=FILE_PATH, format=_FORMAT, wheels=_WHEELS, sample=_SAMPLE
            ),
            "examples": [{"path": "churn.zip"}],
        },
        status=201,
        is_slow=True,
    ),
)

IMPORTS = Resource(
    path="/imports",
    post=Operation(
        import_model,
        "Register the model of a .zip file or folder that 'export' wrote, under its name.",
        Imported,
        body={**object_schema(("path",), path=FILE_PATH), "examples": [{"path": "churn.zip"}]},
        status=201,
        is_slow=True,
    ),
)

UPLOADED_IMPORTS = Resource(
    path="/imports/upload",
    post=Operation(
        upload_import,
        "Register the model of an uploaded .zip file that 'export' wrote; of at most 256 MB.",
        Imported,
        upload=_ZIP,
        status=201,
        is_slow=True,
    ),
)

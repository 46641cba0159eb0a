"""Models, snapshots and jobs in ModelOp's JSON (spec 2.9, 5.3, 8.1, 8.2).

What a model reads out of ``rawJson`` is made here, so the keys are ModelOp's, not ours.
"""

from __future__ import annotations

import base64
import json
import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path, PurePosixPath
from typing import Any

from modelop_jupyter.domain.assets import Asset
from modelop_jupyter.domain.jobs import JobInput, JobRecord
from modelop_jupyter.domain.models import Model, ModelState, Snapshot
from modelop_jupyter.domain.plan import Plan
from modelop_jupyter.domain.roles import AssetRole
from modelop_jupyter.domain.source_code.smart_tags import scan
from modelop_jupyter.errors import InvalidError
from modelop_jupyter.masking import mask
from modelop_jupyter.models.schemas import bound, by_direction, definition, is_json

Document = dict[str, Any]
Read = Callable[[str], bytes]

_EMBEDDED_ROLES = frozenset(
    {
        AssetRole.REQUIRED_LIBRARIES,
        AssetRole.MODEL_METADATA,
        AssetRole.REQUIRED_ASSETS,
        AssetRole.EXTERNAL_ASSETS,
        AssetRole.MODEL_SCHEMA,
        AssetRole.README_FILE,
        AssetRole.TEST_RESULT_COMPARATOR,
    }
)
_METADATA = (
    "custom modelCategory defaultAssociationRole frequentlyUsed modelMethodology modelOrganization"
    " modelRisk modelUseCategory roi"
).split()
_EMBEDDED_SIZE = 1 << 20
_SOURCE_TYPES = {".py": "PYTHON", ".py3": "PYTHON", ".ipynb": "PYTHON", ".r": "R"}


def stored_model(model: Model, state: ModelState, read: Read) -> Document:
    """Return the StoredModel: metadata and assets (spec 8.1)."""
    ending = PurePosixPath(state.primary_source or "").suffix.lower()
    return {
        "id": model.id,
        "group": "",
        "version": 0,
        "createdDate": iso(model.created),
        "lastModifiedDate": iso(model.modified),
        "createdBy": model.created_by or "",
        "lastModifiedBy": model.modified_by or "",
        "modelMetaData": {
            "custom": dict(model.meta),
            "tags": list(model.tags),
            "name": model.name,
            "description": model.description,
            "type": _SOURCE_TYPES.get(ending, "UNKNOWN"),
            "inputSchema": _schemas(model, state, "input", read),
            "outputSchema": _schemas(model, state, "output", read),
            "enableInputSchemaChecking": False,
            "enableOutputSchemaChecking": False,
            "attachments": [],
            "repositoryInfo": _repository(model),
            "modelCategory": "BUSINESS_MODEL",
            "modelUseCategory": "unassigned",
            "modelOrganization": "company",
            "modelRisk": "unassigned",
            **_metadata(model, state, read),
        },
        "modelAssets": [_asset(model, state, asset, read) for asset in state.assets],
        "gitDifferences": [],
        "associatedModels": [],
        "requiredAssets": _required(state, read),
    }


def deployable_model(model: Model, snapshot: Snapshot, read: Read) -> Document:
    """Return the DeployableModel, ModelOp's word for a snapshot (spec 8.2).

    Its copy of the model is dated like the snapshot, and so stays the same when the model changes.
    """
    return {
        "id": snapshot.id,
        "group": "",
        "version": snapshot.number,
        "createdDate": iso(snapshot.created),
        "lastModifiedDate": iso(snapshot.created),
        "createdBy": snapshot.created_by or "",
        "lastModifiedBy": snapshot.created_by or "",
        "storedModel": stored_model(
            replace(
                model,
                modified=snapshot.created,
                modified_by=snapshot.created_by,
                origin=snapshot.origin,
            ),
            snapshot.state,
            read,
        ),
        "metaData": {
            "custom": dict(model.meta),
            "tags": list(model.tags),
            "name": snapshot.name,
            "description": model.description,
        },
        "associatedModels": [],
        "modelDocuments": [],
        "targetRuntimes": [],
    }


def deployed_model(
    identity: str, model: Model, snapshot: Snapshot, read: Read, *, created: datetime
) -> Document:
    """Return the DeployedModel, a snapshot that answers requests, as its ``init`` gets it (spec 1.6)."""
    return {
        "id": identity,
        "group": "",
        "version": 0,
        "createdDate": iso(created),
        "lastModifiedDate": iso(created),
        "createdBy": "",
        "lastModifiedBy": "",
        "deployableModel": deployable_model(model, snapshot, read),
        "state": "DEPLOYED",
        "targetEngine": {"engineType": "MODEL_OP_ENGINE", "name": "local", "state": "INIT"},
    }


def job(plan: Plan, read: Read, *, record: JobRecord | None = None) -> Document:
    """Return the job (spec 2.9): as it starts, or with its end when the record is given."""
    created = datetime.fromtimestamp(plan.created, timezone.utc)
    reference = None
    if plan.reference and plan.reference_model:
        reference = deployable_model(plan.reference_model, plan.reference, read)
    return {
        "id": plan.id,
        "group": "",
        "version": 0,
        "jobType": plan.kind.modelop_type,
        "createdDate": iso(created),
        "lastModifiedDate": iso((record and record.ended) or created),
        "createdBy": plan.created_by or "",
        "lastModifiedBy": plan.created_by or "",
        "jobStatus": record.status.value if record else "RUNNING",
        "jobResult": record.result.value if record else "UNKNOWN",
        "jobMessages": list(record.messages) if record else [],
        "enableInputSchemaChecking": plan.check_schemas in ("in", "both"),
        "enableOutputSchemaChecking": plan.check_schemas in ("out", "both"),
        "jobRunTime": millis(record.started) if record else None,
        "jobWaitTime": millis(created),
        "jobEndTime": millis(record.ended) if record else None,
        "lastUpdateFromRuntime": None,
        "jobParameters": dict(plan.parameters),
        "inputData": [_data(plan, data) for data in (record or plan).inputs],
        "outputData": [_output(plan, record)],
        "model": deployable_model(plan.model, plan.snapshot, read),
        "targetEngine": {"engineType": "MODEL_OP_ENGINE", "name": "local", "state": "INIT"},
        "referenceModel": reference,
        "modelWritesOutput": False,
        "usePandasCSVConverter": True,
        "stopOnBadRecords": False,
        "additionalAssets": [],
        "_links": {"self": {"href": f"/model-manage/api/{_link(plan)}/{plan.id}"}},
    }


def iso(moment: datetime) -> str:
    """Return a time as ModelOp writes it: ISO 8601, UTC, milliseconds, ``Z`` (spec 2.9)."""
    return moment.astimezone(timezone.utc).isoformat(timespec="milliseconds")[:23] + "Z"


def millis(moment: datetime | None) -> int | None:
    """Return the epoch milliseconds of a moment (spec 2.9)."""
    return None if moment is None else round(moment.timestamp() * 1000)


def _repository(model: Model) -> Document | None:
    """Return the repository that a model was registered from (spec 5.3), None where there was none.

    ModelOp imports from a remote, and has no word for files that were not committed: they are a message.
    """
    git = model.origin.git if model.origin else None
    if git is None:
        return None
    return {
        "repositoryType": "GIT_REPO",
        "repositoryDirectory": git.path,
        "repositoryRemote": git.remote or "",
        "repositoryBranch": git.branch or "",
        "lastCommitId": git.commit,
        "lastCommitDate": iso(git.committed) if git.committed else None,
        "lastSyncStatus": None,
        "lastSyncMessages": ["files were not committed"] if git.is_dirty else [],
        "lastSyncDate": iso(model.modified),
    }


def _link(plan: Plan) -> str:
    word = plan.kind.modelop_type.title().replace("_", "")
    return word[0].lower() + word[1:]


def _asset_id(model: Model, path: str) -> str:
    return str(uuid.uuid5(uuid.UUID(model.id), path))


def _tagged_schemas(state: ModelState, direction: str, read: Read) -> list[Asset]:
    """Return the schemas that tags bind, where no file name tells their direction."""
    source = state.asset(state.primary_source) if state.primary_source else None
    if source is None:
        return []
    tags = scan(read(source.digest).decode("utf-8-sig", "replace"))
    assets = bound(state, {slot.number: slot.schema for slot in tags.slots})
    is_output = direction == "output"
    found = [asset for number, asset in sorted(assets.items()) if number % 2 == is_output]
    return [asset for asset in found if not is_json(asset, read)]


def _schemas(model: Model, state: ModelState, direction: str, read: Read) -> list[Document]:
    schemas = []
    # ModelOp's monitors read the fields of Avro.
    named = [asset for asset in by_direction(state, direction) if not is_json(asset, read)]
    for asset in named or _tagged_schemas(state, direction, read):
        try:
            schema = definition(asset, read)
        except InvalidError:
            continue
        schemas.append(
            {
                "schemaId": _asset_id(model, asset.path),
                "name": asset.name,
                "schemaDefinition": schema,
            }
        )
    return schemas


def _metadata(model: Model, state: ModelState, read: Read) -> Document:
    """Return what ``metadata.json`` says of the model besides name, description and tags (spec 5.4).

    Its custom metadata are the model's own since registration; they count where the model has none.
    """
    content = _content(state, AssetRole.MODEL_METADATA, read)
    if not isinstance(content, dict):
        return {}
    own = ("custom",) if model.meta else ()
    return {key: content[key] for key in _METADATA if key in content and key not in own}


def _required(state: ModelState, read: Read) -> list[Document]:
    """Return the placeholders of ``required_assets.json`` (spec 5.5)."""
    content = _content(state, AssetRole.REQUIRED_ASSETS, read)
    entries = content if isinstance(content, list) else []
    return [{"assetType": "FILE", **entry} for entry in entries if isinstance(entry, dict)]


def _content(state: ModelState, role: AssetRole, read: Read) -> Any:
    """Return the JSON of the first asset with a role, None where there is none that can be read."""
    for asset in state.with_role(role):
        try:
            return json.loads(read(asset.digest).decode("utf-8-sig"))
        except ValueError:
            continue
    return None


def _asset(model: Model, state: ModelState, asset: Asset, read: Read) -> Document:
    document: Document = {
        "assetId": _asset_id(model, asset.path),
        "name": asset.path,
        "assetRole": asset.role.value,
        "metaData": {"custom": {}, "tags": []},
        "repositoryInfo": None,
        "importedRepository": False,
    }
    text = _text(asset, read)
    if asset.role is AssetRole.MODEL_SOURCE and text is not None:
        is_primary = asset.path == state.primary_source
        document |= {
            "assetType": "SOURCE_CODE",
            "primaryModelSource": is_primary,
            "sourceCode": text,
            "sourceCodeFilePath": asset.path,
            "sourceCodeType": "MODEL",
        }
        if is_primary:
            points = state.entry_points
            document |= {
                "initFunction": points.init,
                "scoreFunction": points.score,
                "metricsFunction": points.metrics,
                "trainFunction": points.train,
            }
        return document
    document |= {
        "filename": asset.name,
        "fileFormat": _file_format(asset.name),
        "fileSize": asset.size,
    }
    if asset.role in _EMBEDDED_ROLES and text is not None:
        return document | {"assetType": "FILE", "fileContentString": text}
    return document | {
        "assetType": "EXTERNAL_FILE",
        "fileUrl": asset.path,
        "contentHash": {"hashType": "SHA-256", "hexString": asset.digest.partition(":")[2]},
    }


def _text(asset: Asset, read: Read) -> str | None:
    """Return what a document shows of an asset; the asset itself stays as it is written."""
    if asset.size > _EMBEDDED_SIZE:
        return None
    if asset.role not in _EMBEDDED_ROLES and asset.role is not AssetRole.MODEL_SOURCE:
        return None
    try:
        return mask(read(asset.digest).decode("utf-8-sig"))
    except UnicodeDecodeError:
        return None


def _data(plan: Plan, data: JobInput) -> Document:
    asset = plan.snapshot.state.asset(data.name)
    role = asset.role if asset else AssetRole.UNKNOWN
    document: Document = {
        "name": PurePosixPath(data.name).name,
        "filename": PurePosixPath(data.name).name,
        "assetType": "FILE",
        "assetRole": role.value,
        "usage": "INPUT_ASSET",
        "fileFormat": _file_format(data.name),
        "fileSize": data.size,
        "metaData": {"custom": {}, "tags": []},
    }
    if data.digest is not None:
        hashed = data.digest.partition(":")[2]
        document["contentHash"] = {"hashType": "SHA-256", "hexString": hashed}
    return document


def _output(plan: Plan, record: JobRecord | None) -> Document:
    """Return the output asset; with its content when there is one and it is not too big (spec 2.3)."""
    document: Document = {
        "name": plan.output.name,
        "filename": plan.output.name,
        "assetType": "FILE",
        "assetRole": "UNKNOWN",
        "usage": "OUTPUT_ASSET",
        "fileFormat": _file_format(plan.output.name),
        "metaData": {"custom": {}, "tags": []},
    }
    path = Path(record.output) if record and record.output else None
    if path is not None and path.is_file():
        document["fileSize"] = path.stat().st_size
        if document["fileSize"] <= _EMBEDDED_SIZE:
            document["fileContent"] = base64.b64encode(path.read_bytes()).decode()
    return document


def _file_format(name: str) -> str:
    ending = PurePosixPath(name.lower()).suffix
    return {".json": "JSON", ".jsonl": "JSON", ".csv": "CSV", ".doc": "WORD", ".docx": "WORD"}.get(
        ending, "UNKNOWN"
    )

"""Models and jobs in ModelOp's JSON (spec 2.9, 5.3, 8.1, 8.2)."""

from __future__ import annotations

import base64
import json
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest

from modelop_jupyter.domain.assets import Asset, digest_of
from modelop_jupyter.domain.job_options import OutputTarget
from modelop_jupyter.domain.jobs import JobKind, JobRecord, JobResult, JobStatus
from modelop_jupyter.domain.models import EntryPoints, Model, ModelState, Snapshot
from modelop_jupyter.domain.plan import Plan
from modelop_jupyter.domain.roles import AssetRole, role_for
from modelop_jupyter.models import documents

NOW = datetime(2026, 11, 22, 12, 30, 0, 250_000, tzinfo=timezone.utc)
FILES = {
    "code.py": b"# modelop.score\ndef score(r):\n    return r\n",
    "input_schema.avsc": b'{"type": "record", "name": "input_schema.avsc", "fields": []}',
    "broken_output.avsc": b"{",
    "metadata.json": b'{"modelMethodology": "regression", "custom": {"a": 1}, "name": "other"}',
    "required_assets.json": b'[{"usage": "INPUT_ASSET", "assetRole": "BASELINE_DATA"}]',
    "requirements.txt": b"six\n",
    "model.pkl": b"\x80\x04",
    "odd.py": b"\xff\xfe\x00",
}
BLOBS = {digest_of(data): data for data in FILES.values()}


@pytest.fixture
def stored() -> dict[str, Any]:
    """The StoredModel of a model with one file of every kind."""
    state = ModelState(
        assets=tuple(
            Asset(path, role_for(path), digest_of(data), len(data)) for path, data in FILES.items()
        ),
        primary_source="code.py",
        entry_points=EntryPoints(score="score"),
    )
    model = Model("9b3a5a52-0a43-4d37-9b0d-6b1f7d1a6a10", "m", state, NOW, NOW, "about", ("t",))
    return documents.stored_model(model, state, BLOBS.__getitem__)


def asset(stored: dict[str, Any], name: str) -> dict[str, Any]:
    """Return one asset's document."""
    return next(each for each in stored["modelAssets"] if each["name"] == name)


def test_the_primary_source_carries_its_text_and_functions(stored: dict[str, Any]) -> None:
    """Functions stand on the primary source only (spec 5.3)."""
    primary = asset(stored, "code.py")

    assert (primary["assetType"], primary["primaryModelSource"]) == ("SOURCE_CODE", True)
    assert primary["scoreFunction"] == "score"
    assert primary["sourceCode"] == FILES["code.py"].decode()


@pytest.mark.parametrize(
    ("name", "kind", "key"),
    [
        ("requirements.txt", "FILE", "fileContentString"),
        ("input_schema.avsc", "FILE", "fileContentString"),
        ("model.pkl", "EXTERNAL_FILE", "contentHash"),
        ("odd.py", "EXTERNAL_FILE", "contentHash"),
    ],
)
def test_an_asset_is_embedded_or_external(
    stored: dict[str, Any], name: str, kind: str, key: str
) -> None:
    """Small texts are embedded, data and what is no text lie elsewhere (spec 5.3)."""
    found = asset(stored, name)

    assert found["assetType"] == kind
    assert key in found


def test_schemas_stand_in_the_metadata_by_direction(stored: dict[str, Any]) -> None:
    """The file's name tells the direction; a broken one breaks nothing (spec 7.3)."""
    metadata = stored["modelMetaData"]

    assert metadata["inputSchema"][0]["schemaDefinition"] == json.loads(FILES["input_schema.avsc"])
    assert metadata["outputSchema"] == []


def test_json_schema_is_in_no_document() -> None:
    """A monitor reads the fields of Avro (spec 7.3)."""
    data = b'{"type": "object"}'
    asset = Asset("input_schema.json", AssetRole.MODEL_SCHEMA, digest_of(data), len(data))
    state = ModelState((asset,), None, EntryPoints())
    model = Model("9b3a5a52-0a43-4d37-9b0d-6b1f7d1a6a10", "m", state, NOW, NOW)
    metadata = documents.stored_model(model, state, lambda _: data)["modelMetaData"]

    assert metadata["inputSchema"] == []


def test_a_tag_tells_the_direction_of_a_schema_whose_name_does_not() -> None:
    """A monitor finds the one schema that the source binds to slot 0 (spec 1.2, 7.3)."""
    files = {"m.py": b"# modelop.schema.0: numbers\n", "numbers.avsc": b'"int"'}
    assets = tuple(
        Asset(path, role_for(path), digest_of(data), len(data)) for path, data in files.items()
    )
    blobs = {digest_of(data): data for data in files.values()}
    state = ModelState(assets, "m.py", EntryPoints())
    model = Model("9b3a5a52-0a43-4d37-9b0d-6b1f7d1a6a10", "m", state, NOW, NOW)
    metadata = documents.stored_model(model, state, blobs.__getitem__)["modelMetaData"]

    assert [each["schemaDefinition"] for each in metadata["inputSchema"]] == ["int"]
    assert metadata["outputSchema"] == []


def test_the_metadata_file_is_read(stored: dict[str, Any]) -> None:
    """Methodology and custom values; the user's name stays (spec 5.4)."""
    metadata = stored["modelMetaData"]

    assert metadata["modelMethodology"] == "regression"
    assert metadata["custom"] == {"a": 1}
    assert (metadata["name"], metadata["type"]) == ("m", "PYTHON")


def test_required_assets_are_placeholders(stored: dict[str, Any]) -> None:
    """assetType FILE, no content (spec 5.5)."""
    assert stored["requiredAssets"] == [
        {"assetType": "FILE", "usage": "INPUT_ASSET", "assetRole": "BASELINE_DATA"}
    ]


def test_times_are_modelops() -> None:
    """ISO 8601 in UTC with milliseconds and Z; epoch milliseconds where a moment is a number
    (spec 2.9).
    """
    assert documents.iso(NOW) == "2026-11-22T12:30:00.250Z"
    assert documents.millis(NOW) == 1795350600250


def test_the_output_is_embedded_in_a_finished_job(tmp_path: Path) -> None:
    """As base64, where it is small (spec 2.3, 3.3)."""
    (tmp_path / "out.json").write_bytes(b"1\n")
    state = ModelState((), None, EntryPoints())
    model = Model("9b3a5a52-0a43-4d37-9b0d-6b1f7d1a6a10", "m", state, NOW, NOW)
    snapshot = Snapshot("s", "m", 1, "m-1", state, NOW)
    plan = Plan("1", JobKind.BATCH, model, snapshot, (), OutputTarget("out.json", "json"), 0.0)
    record = JobRecord(
        *("1", JobKind.BATCH, "m", 1, JobStatus.COMPLETE, JobResult.SUCCESS, NOW),
        output=str(tmp_path / "out.json"),
    )
    [output] = documents.job(plan, BLOBS.__getitem__, record=record)["outputData"]
    [before] = documents.job(plan, BLOBS.__getitem__)["outputData"]

    assert (base64.b64decode(output["fileContent"]), output["fileSize"]) == (b"1\n", 2)
    assert "fileContent" not in before


def plan_of(model: Model) -> Plan:
    """Return the plan of a batch job that runs the first snapshot of a model."""
    snapshot = Snapshot("s", model.name, 1, "m-20261122_1230", model.state, NOW)
    return Plan("1", JobKind.BATCH, model, snapshot, (), OutputTarget("out.json", "json"), 0.0)


COMMON_KEYS = "id group version createdDate lastModifiedDate createdBy lastModifiedBy"
JOB_KEYS = (
    "jobType jobStatus jobResult jobMessages enableInputSchemaChecking enableOutputSchemaChecking"
    " jobRunTime jobWaitTime jobEndTime lastUpdateFromRuntime jobParameters inputData outputData"
    " model targetEngine referenceModel modelWritesOutput usePandasCSVConverter stopOnBadRecords"
    " additionalAssets _links"
)
STORED_KEYS = "modelMetaData modelAssets gitDifferences associatedModels requiredAssets"
SNAPSHOT_KEYS = "storedModel metaData associatedModels modelDocuments targetRuntimes"


def test_a_finished_job_has_the_keys_of_modelops_jobs() -> None:
    """What a model reads from ``rawJson`` is there under ModelOp's names (spec 2.9)."""
    model = Model("9b3a5a52-0a43-4d37-9b0d-6b1f7d1a6a10", "m", ModelState(), NOW, NOW)
    record = JobRecord("1", JobKind.BATCH, "m", 1, JobStatus.COMPLETE, JobResult.SUCCESS, NOW)

    job = documents.job(plan_of(model), BLOBS.__getitem__, record=record)

    assert set(job) == {*COMMON_KEYS.split(), *JOB_KEYS.split()}


def test_a_model_and_its_snapshot_have_the_keys_of_modelops() -> None:
    """A snapshot holds the whole model, dated like itself (spec 8.1, 8.2)."""
    changed = NOW.replace(year=2027)
    model = Model("9b3a5a52-0a43-4d37-9b0d-6b1f7d1a6a10", "m", ModelState(), NOW, changed)
    snapshot = plan_of(model).snapshot

    deployable = documents.deployable_model(model, snapshot, BLOBS.__getitem__)

    assert set(deployable) == {*COMMON_KEYS.split(), *SNAPSHOT_KEYS.split()}
    assert deployable["metaData"]["name"] == "m-20261122_1230"
    assert set(deployable["storedModel"]) == {*COMMON_KEYS.split(), *STORED_KEYS.split()}
    assert deployable["storedModel"]["lastModifiedDate"] == "2026-11-22T12:30:00.250Z"

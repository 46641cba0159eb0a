"""The working directory a model finds (spec 5.5, 13.3)."""

from __future__ import annotations

import io
import json
import tarfile
import zipfile
from datetime import datetime, timezone
from pathlib import Path

import pytest

from modelop_jupyter.domain.assets import Asset
from modelop_jupyter.domain.job_options import OutputTarget
from modelop_jupyter.domain.jobs import JobKind
from modelop_jupyter.domain.models import EntryPoints, Model, ModelState, Snapshot
from modelop_jupyter.domain.plan import Plan
from modelop_jupyter.domain.roles import role_for
from modelop_jupyter.errors import InvalidError
from modelop_jupyter.jobs.folder import JobFolder
from modelop_jupyter.jobs.staging import stage
from modelop_jupyter.registry import BlobStore

NOW = datetime(2026, 11, 22, tzinfo=timezone.utc)
SOURCE = b"# modelop.score\ndef score(r):\n    return r\n"


def staged(tmp_path: Path, files: dict[str, bytes], check_schemas: str | None = None) -> Path:
    """Stage a job of a model with these files and return its working directory."""
    blobs = BlobStore(tmp_path / "blobs")
    assets = tuple(
        Asset(path, role_for(path), blobs.put(data), len(data))
        for path, data in {"code.py": SOURCE, **files}.items()
    )
    state = ModelState(assets, "code.py", EntryPoints(score="score"))
    model = Model("9b3a5a52-0a43-4d37-9b0d-6b1f7d1a6a10", "m", state, NOW, NOW)
    snapshot = Snapshot("s", "m", 1, "m-1", state, NOW)
    folder = JobFolder(tmp_path / "jobs" / "1")
    folder.create()
    plan = Plan(
        *("1", JobKind.BATCH, model, snapshot, (), OutputTarget("out.json", "json"), 0.0),
        check_schemas=check_schemas,
    )
    stage(plan, folder, blobs)
    return folder.work


def zipped(**members: bytes) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        for name, content in members.items():
            archive.writestr(name.replace("__", "/"), content)
    return data.getvalue()


def tarred(*names: str) -> bytes:
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w:gz") as archive:
        for name in names:
            member = tarfile.TarInfo(name)
            member.size = 1
            archive.addfile(member, io.BytesIO(b"x"))
        link = tarfile.TarInfo("link")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
    return data.getvalue()


def test_assets_lie_in_their_folders_and_may_be_changed(tmp_path: Path) -> None:
    """A fresh copy; a stored blob can never be changed by a model (spec 13.3)."""
    work = staged(tmp_path, {"binaries/net.h5": b"1"})
    (work / "binaries/net.h5").write_bytes(b"2")

    again = staged(tmp_path / "again", {"binaries/net.h5": b"1"})

    assert (again / "binaries/net.h5").read_bytes() == b"1"


@pytest.mark.parametrize(
    ("name", "data", "found"),
    [
        ("pack.zip", zipped(a=b"1", sub__b=b"2"), {"a", "sub/b"}),
        ("deep/pack.zip", zipped(a=b"1"), {"deep/a"}),
        ("pack.tar.gz", tarred("a", "sub/b"), {"a", "sub/b"}),
        ("evil.zip", zipped(**{"..__..__x": b"1", "__etc__x": b"1", "good": b"1"}), {"good"}),
        ("evil.tar.gz", tarred("../x", "/etc/x", "good"), {"good"}),
        ("broken.zip", b"PK no archive", set()),
        ("damaged.zip", zipped(a=b"1" * 99).replace(b"1" * 99, b"2" * 99), {"a"}),
        ("cut.tar.gz", tarred("a")[:-20], {"a"}),
    ],
)
def test_an_archive_is_unpacked_beside_itself(
    tmp_path: Path, name: str, data: bytes, found: set[str]
) -> None:
    """Nothing of it can leave the folder (spec 13.3)."""
    work = staged(tmp_path, {name: data})
    files = {str(path.relative_to(work)) for path in work.rglob("*") if not path.is_dir()}

    assert files == {"code.py", name, *found}
    assert not (tmp_path / "x").exists()


def test_an_unpacked_file_never_replaces_an_asset(tmp_path: Path) -> None:
    """What the user gave by name wins (spec 13.3)."""
    work = staged(tmp_path, {"pack.zip": zipped(a=b"packed"), "a": b"given"})

    assert (work / "a").read_bytes() == b"given"


def test_a_required_asset_gets_the_name_it_asks_for(tmp_path: Path) -> None:
    """Any asset whose name matches is presented under the file name (spec 5.5)."""
    entries = [
        {"usage": "INPUT_ASSET", "assetRole": "BASELINE_DATA"},
        {
            "usage": "ADDITIONAL_ASSET",
            "assetRole": "TEST_DATA",
            "name": ".*\\.json",
            "filename": "modelop_parameters.json",
        },
        {"usage": "ADDITIONAL_ASSET", "name": "(", "filename": "../escape"},
    ]
    work = staged(
        tmp_path,
        {"required_assets.json": json.dumps(entries).encode(), "my_parameters.json": b'{"a": 1}'},
    )

    assert json.loads((work / "modelop_parameters.json").read_text()) == {"a": 1}
    assert not (work.parent / "escape").exists()


def test_a_manifest_is_not_what_a_monitor_asks_for(tmp_path: Path) -> None:
    """metadata.json matches the pattern, too, and comes first by its name (spec 5.5)."""
    entry = {
        "usage": "ADDITIONAL_ASSET",
        "assetRole": "UNKNOWN",
        "name": ".*\\.json",
        "filename": "modelop_parameters.json",
    }
    files = {"required_assets.json": json.dumps([entry]).encode(), "metadata.json": b"{}"}
    work = staged(tmp_path, {**files, "roi_parameters.json": b'{"a": 1}'})

    assert json.loads((work / "modelop_parameters.json").read_text()) == {"a": 1}


@pytest.mark.parametrize("data", [b'{"type": ', bytes(range(256))])
def test_a_broken_schema_is_none_where_nothing_is_checked(tmp_path: Path, data: bytes) -> None:
    """It must not break jobs that do not check (spec 7.3)."""
    work = staged(tmp_path, {"input_schema.avsc": data})

    assert json.loads((work.parent / "request.json").read_text())["slots"]["0"]["schema"] is None


def test_of_both_schemas_one_will_do(tmp_path: Path) -> None:
    """What has no schema is not checked, and the log says so (spec 2.4)."""
    work = staged(tmp_path, {"input_schema.avsc": b'"int"'}, "both")

    assert "output records are not checked" in (work.parent / "events.jsonl").read_text()


@pytest.mark.parametrize(
    ("files", "asked", "said"),
    [
        ({}, "both", "no input and output schema"),
        ({"input_schema.avsc": b'"int"'}, "out", "no output schema"),
        ({"input_schema.avsc": b'{"type": '}, "in", "is not JSON"),
    ],
)
def test_a_check_needs_a_schema(
    tmp_path: Path, files: dict[str, bytes], asked: str, said: str
) -> None:
    """A check that cannot be made is refused (spec 2.4)."""
    with pytest.raises(InvalidError, match=said):
        staged(tmp_path, files, asked)

"""Staging: a fresh working directory, inputs the runner can read, and its request (spec 13.3)."""

from __future__ import annotations

import contextlib
import gzip
import json
import re
import shutil
import tarfile
import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import Any, Protocol

from modelop_jupyter import files
from modelop_jupyter.domain.assets import Asset, asset_path
from modelop_jupyter.domain.jobs import JobInput, JobKind
from modelop_jupyter.domain.models import ModelState
from modelop_jupyter.domain.roles import AssetRole
from modelop_jupyter.domain.smart_tags import SmartTags, scan
from modelop_jupyter.errors import InputError, InvalidError
from modelop_jupyter.formats import FORMATS, JSON_LINES, is_gzip, rows_of
from modelop_jupyter.formats.csvfile import dialect_at, write_plain
from modelop_jupyter.formats.dialects import delimiter_for
from modelop_jupyter.formats.stand_ins import HEAD, stand_in
from modelop_jupyter.jobs import documents, schemas, trimming
from modelop_jupyter.jobs.folder import JobFolder
from modelop_jupyter.jobs.plan import Plan

PROTOCOL = 1
_ARCHIVES = (".zip", ".tar.gz", ".tgz", ".tar")
# What tells ModelOp about the repository is never what a monitor asks for.
_MANIFESTS = (AssetRole.MODEL_METADATA, AssetRole.REQUIRED_ASSETS, AssetRole.EXTERNAL_ASSETS)
_LARGEST_PAGE = 1 << 20
# What the libraries raise; an OSError may be our own disk's.
_UNREADABLE = (
    EOFError,
    LookupError,
    TypeError,
    ValueError,
    ArithmeticError,
    NotImplementedError,
)
_DAMAGED = (
    zipfile.BadZipFile,
    tarfile.TarError,
    zlib.error,
    gzip.BadGzipFile,
    EOFError,
    RuntimeError,
)


class Blobs(Protocol):
    """What staging asks of the blob store."""

    def read(self, digest: str) -> bytes: ...
    def copy_to(self, digest: str, target: Path) -> None: ...


def tags_of(state: ModelState, blobs: Blobs) -> SmartTags:
    """Return the smart tags of the primary source; those of an empty text where there is none."""
    return scan(source_text(state, blobs) or "")


def source_text(state: ModelState, blobs: Blobs) -> str | None:
    """Return the primary source's text, None where there is none."""
    asset = state.asset(state.primary_source) if state.primary_source else None
    return None if asset is None else blobs.read(asset.digest).decode("utf-8-sig", "replace")


def stage(plan: Plan, folder: JobFolder, blobs: Blobs) -> None:
    """Fill the job folder: working directory, inputs, ``job.json`` and ``request.json``."""
    _warn_of_stand_ins(plan.snapshot.state, folder, blobs)
    under_test = [plan.reference.state] if plan.reference else []
    lay_out(folder.work, plan.snapshot.state, blobs, others=under_test)
    trimming.note(folder)
    job = documents.job(plan, blobs.read)
    files.write_text(folder.root / "job.json", json.dumps(job, ensure_ascii=False))
    folder.write("request.json", request(plan, folder, blobs))


def _warn_of_stand_ins(state: ModelState, folder: JobFolder, blobs: Blobs) -> None:
    """Say in the log which assets are pointers of Git LFS or saved error pages: models fail oddly by them."""
    for asset in state.assets:
        if asset.size <= _LARGEST_PAGE:
            found = stand_in(asset.path, blobs.read(asset.digest)[:HEAD])
            if found is not None:
                folder.log("warning", f"asset {asset.path} {found[0]}")


def lay_out(
    work: Path, state: ModelState, blobs: Blobs, *, others: Sequence[ModelState] = ()
) -> None:
    """Fill a working directory with the model's assets, those of ``others`` where it asks for them."""
    work.mkdir()
    for asset in state.assets:
        target = work / asset.path
        target.parent.mkdir(parents=True, exist_ok=True)
        blobs.copy_to(asset.digest, target)
    for asset in state.assets:
        _unpack(asset, work)
    _place_required(state, work, blobs, others)


def request(plan: Plan, folder: JobFolder, blobs: Blobs) -> dict[str, Any]:
    """Return what the runner is told (the protocol is in its docstring)."""
    state = plan.snapshot.state
    tags = tags_of(state, blobs)
    assets = schemas.bound(state, {slot.number: slot.schema for slot in tags.slots})
    checks = {
        "input": plan.check_schemas in ("in", "both"),
        "output": plan.check_schemas in ("out", "both"),
    }
    _require_schemas(plan, assets, checks, folder)
    return {
        "protocol": PROTOCOL,
        "job": plan.id,
        "kind": plan.kind.value,
        "work": str(folder.work),
        "source": state.primary_source,
        "entry_points": {
            kind: state.entry_points.get(kind) for kind in ("init", "score", "metrics", "train")
        },
        "slots": {
            str(slot.number): {
                "action": slot.action,
                "recordsets": slot.recordsets,
                "schema": _schema(
                    assets.get(slot.number),
                    blobs,
                    is_checked=checks["input" if slot.is_input else "output"],
                ),
            }
            for slot in tags.slots
        },
        "inputs": [
            _input(each, number, folder, kind=plan.kind) for number, each in enumerate(plan.inputs)
        ],
        "output": {
            "name": plan.output.name,
            "path": f"outputs/{plan.output.name}.part",
            "format": FORMATS[plan.output.format].runner_format or "json",
            "delimiter": delimiter_for(plan.output.name),
        },
        "other_outputs": [
            {
                "slot": each.slot,
                "path": f"outputs/{each.name}.part",
                "format": FORMATS[each.format].runner_format or "json",
                "delimiter": delimiter_for(each.name),
            }
            for each in plan.other_outputs
        ],
        "check_schemas": checks,
        "parameters": dict(plan.parameters),
        "max_errors": plan.limits.max_errors,
        "limit": plan.limits.records,
        "resume": False,
        "doomed": {},
        "range": None,
        "codec": None,
        "learn": False,
    }


def _require_schemas(
    plan: Plan, assets: dict[int, Asset], checks: dict[str, bool], folder: JobFolder
) -> None:
    """Refuse a check without a schema; of ``both``, one will do, and the log says which is missing."""
    # Inputs have even slots, outputs odd ones; the schema of any of them checks what belongs to it.
    sides = {"input": 0, "output": 1}
    there = {slot % 2 for slot in assets}
    missing = [side for side, rest in sides.items() if checks[side] and rest not in there]
    if missing and sum(checks.values()) > len(missing):
        folder.log("warning", f"{missing[0]} records are not checked: there is no schema for them")
    elif missing:
        said = " and ".join(missing)
        raise InvalidError(
            f"{plan.snapshot.ref} has no {said} schema to check against",
            f"Add one as an asset, such as {missing[0]}_schema.avsc, or run without --schemas",
        )


def _schema(asset: Asset | None, blobs: Blobs, *, is_checked: bool) -> Any:
    """Return a slot's schema; a broken one is none, unless records are to be checked against it."""
    if asset is None:
        return None
    try:
        return schemas.definition(asset, blobs.read)
    except InvalidError:
        if is_checked:
            raise
        return None


def _input(data: JobInput, number: int, folder: JobFolder, *, kind: JobKind) -> dict[str, Any]:
    path = Path(data.path)
    format = FORMATS[data.format]
    runner_format = format.runner_format
    if runner_format is None:
        is_typed = kind is not JobKind.BATCH
        converted = folder.inputs / (f"{number}.frame" if is_typed else f"{number}.jsonl")
        try:
            if is_typed:
                format.write_frame(data.name, path, converted)
            else:
                JSON_LINES.write(rows_of(data.name, format.read(path)), converted)
        except _UNREADABLE as error:
            raise InputError(data.name, f"cannot be read as {data.format} ({error})") from None
        path, runner_format = converted, "frame" if is_typed else "json"
    more: dict[str, Any] = {}
    if runner_format == "csv":
        dialect = dialect_at(path, data.name)
        if dialect.guessed:
            folder.log("info", f"input {data.name}: {dialect.guessed}")
        if not dialect.is_plain:
            converted = folder.inputs / f"{number}.csv"
            write_plain(path, converted, dialect)
            path = converted
        more["delimiter"] = dialect.delimiter
    if data.format == "jsonl":
        more["lines"] = True
    return {
        **more,
        "name": data.name,
        "path": str(path),
        "format": runner_format,
        "gzip": runner_format != "frame" and is_gzip(path),
        "slot": 2 * number,
    }


def _unpack(asset: Asset, work: Path) -> None:
    """Unpack an attachment beside itself; members that would leave the folder are left out.

    Of one that is damaged or encrypted there is what could be read; the model may not need it.
    """
    if asset.role is not AssetRole.UNKNOWN or not asset.name.lower().endswith(_ARCHIVES):
        return
    with contextlib.suppress(*_DAMAGED):
        _unpack_members(work / asset.path)


def _unpack_members(archive: Path) -> None:
    beside = archive.parent
    if zipfile.is_zipfile(archive):
        with zipfile.ZipFile(archive) as members:
            for info in members.infolist():
                target = _inside(beside, info.filename)
                if target is not None and not info.is_dir() and not target.exists():
                    target.parent.mkdir(parents=True, exist_ok=True)
                    with members.open(info) as source, target.open("wb") as file:
                        shutil.copyfileobj(source, file)
    elif tarfile.is_tarfile(archive):
        with tarfile.open(archive) as packed:
            for member in packed:
                target = _inside(beside, member.name)
                content = packed.extractfile(member) if member.isfile() else None
                if target is not None and content is not None and not target.exists():
                    target.parent.mkdir(parents=True, exist_ok=True)
                    with content, target.open("wb") as file:
                        shutil.copyfileobj(content, file)


def _inside(root: Path, name: str) -> Path | None:
    try:
        return root / asset_path(name)
    except InvalidError:
        return None


def _place_required(
    state: ModelState, work: Path, blobs: Blobs, others: Sequence[ModelState]
) -> None:
    """Put every ADDITIONAL_ASSET of ``required_assets.json`` under the file name it asks for (spec 5.5).

    An entry names its asset by role and by a regular expression on the name; the first asset that
    fits is taken, one of the model under test before the monitor's own, and an asset that already
    has the name stays.
    """
    offered = [
        asset for each in (*others, state) for asset in each.assets if asset.role not in _MANIFESTS
    ]
    for holder in state.with_role(AssetRole.REQUIRED_ASSETS):
        try:
            entries = json.loads(blobs.read(holder.digest))
        except (ValueError, RecursionError):
            continue
        for entry in entries if isinstance(entries, list) else ():
            if isinstance(entry, dict) and entry.get("usage") == "ADDITIONAL_ASSET":
                _place(entry, offered, work, blobs)


def _place(entry: dict[str, Any], offered: Sequence[Asset], work: Path, blobs: Blobs) -> None:
    filename = entry.get("filename")
    if not isinstance(filename, str):
        return
    target = _inside(work, filename)
    if target is None or target.exists():
        return
    for asset in offered:
        has_role = entry.get("assetRole") in (None, "UNKNOWN", asset.role.value)
        if has_role and _matches(entry.get("name"), PurePosixPath(asset.path).name):
            target.parent.mkdir(parents=True, exist_ok=True)
            blobs.copy_to(asset.digest, target)
            return


def _matches(pattern: object, name: str) -> bool:
    if not isinstance(pattern, str):
        return True
    try:
        return re.fullmatch(pattern, name) is not None
    except re.error:
        return pattern == name

"""Stage a job: a fresh working directory, inputs the runner can read, and its request (spec 13.3)."""

from __future__ import annotations

import contextlib
import gzip
import json
import re
import shutil
import tarfile
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import IO, Any, Protocol

from modelop_jupyter import files
from modelop_jupyter.domain.assets import Asset, asset_path
from modelop_jupyter.domain.job_options import OutputTarget
from modelop_jupyter.domain.jobs import JobInput, JobKind
from modelop_jupyter.domain.json_schemas import is_json_schema, record_of
from modelop_jupyter.domain.models import ModelState
from modelop_jupyter.domain.plan import Plan
from modelop_jupyter.domain.roles import AssetRole
from modelop_jupyter.domain.wire import to_wire
from modelop_jupyter.errors import InputError, InvalidError
from modelop_jupyter.formats import FORMATS, Format, compression_at, is_gzip, open_bytes
from modelop_jupyter.formats.compression import GZIP
from modelop_jupyter.formats.csvfile import detect_dialect, dialect_of, write_rows
from modelop_jupyter.formats.cuts import record_cut
from modelop_jupyter.formats.dialects import delimiter_for
from modelop_jupyter.formats.excel import describe_choice
from modelop_jupyter.formats.placeholders import HEAD_BYTES, describe_placeholder
from modelop_jupyter.jobs.cleanup import trimming
from modelop_jupyter.jobs.conversion import UNREADABLE, convert
from modelop_jupyter.jobs.folder import JobFolder
from modelop_jupyter.jobs.input_files import open_input
from modelop_jupyter.jobs.protocol import (
    PROTOCOL,
    Conversion,
    RequestFile,
    RequestInput,
    RequestOutput,
    RequestSlot,
    RunnerRequest,
    SchemaChecks,
    SlotOutput,
)
from modelop_jupyter.jobs.request import write_request
from modelop_jupyter.models import documents, json_schemas, remote_assets, schemas
from modelop_jupyter.models.source import BlobReader, tags_of

_ARCHIVES = (".zip", ".tar.gz", ".tgz", ".tar")
# Descriptions of the repository are never what a monitor asks for.
_MANIFESTS = (AssetRole.MODEL_METADATA, AssetRole.REQUIRED_ASSETS, AssetRole.EXTERNAL_ASSETS)
_LARGEST_PAGE = 1 << 20
_BLOCK = 1 << 20
_DAMAGED = (
    zipfile.BadZipFile,
    tarfile.TarError,
    zlib.error,
    gzip.BadGzipFile,
    EOFError,
    RuntimeError,
)


class Blobs(BlobReader, remote_assets.Blobs, Protocol):
    """The part of the blob store that staging needs."""

    def copy_to(self, digest: str, target: Path) -> None: ...


def stage(plan: Plan, folder: JobFolder, blobs: Blobs, *, in_chunks: bool = False) -> None:
    """Fill the job folder: working directory, inputs, ``job.json`` and ``request.json``.

    ``in_chunks``: inputs that a runner cannot read are converted later, each chunk where it is scored.
    """
    under_test = [plan.reference.state] if plan.reference else []
    for state in (plan.snapshot.state, *under_test):
        remote_assets.fetch_missing(state, blobs)
    _warn_of_placeholders(plan.snapshot.state, folder, blobs)
    lay_out(folder.work, plan.snapshot.state, blobs, others=under_test)
    trimming.record_staged_files(folder)
    job = documents.job(plan, blobs.read)
    files.write_text(folder.root / "job.json", json.dumps(job, ensure_ascii=False))
    write_request(folder, request_of(plan, folder, blobs, in_chunks=in_chunks))


def _warn_of_placeholders(state: ModelState, folder: JobFolder, blobs: Blobs) -> None:
    """Log which assets are Git LFS pointers or saved error pages: models fail by them in odd ways."""
    for asset in state.assets:
        if asset.size <= _LARGEST_PAGE:
            placeholder = describe_placeholder(asset.path, blobs.read(asset.digest)[:HEAD_BYTES])
            if placeholder is not None:
                folder.log("warning", f"asset {asset.path} {placeholder[0]}")


def lay_out(
    work: Path, state: ModelState, blobs: Blobs, *, others: Sequence[ModelState] = ()
) -> None:
    """Fill a working directory with the model's assets.

    ``others`` are models whose assets its ``required_assets.json`` may ask for.
    """
    work.mkdir()
    for asset in state.assets:
        target = work / asset.path
        target.parent.mkdir(parents=True, exist_ok=True)
        blobs.copy_to(asset.digest, target)
    for asset in state.assets:
        _unpack(asset, work)
    _place_required(state, work, blobs, others)


def request_of(
    plan: Plan, folder: JobFolder, blobs: Blobs, *, in_chunks: bool = False
) -> RunnerRequest:
    """Return what the runner of a job has to do; inputs that it cannot read are converted."""
    state = plan.snapshot.state
    tags = tags_of(state, blobs)
    assets = schemas.bound(state, {slot.number: slot.schema for slot in tags.slots})
    checks = SchemaChecks(
        input=plan.check_schemas in ("in", "both"), output=plan.check_schemas in ("out", "both")
    )
    _require_schemas(plan, assets, checks, folder)
    return RunnerRequest(
        protocol=PROTOCOL,
        job=plan.id,
        kind=plan.kind.value,
        work=str(folder.work),
        source=state.primary_source,
        entry_points=to_wire(state.entry_points),
        slots={
            str(slot.number): _with_schema(
                RequestSlot(slot.action, slot.recordsets),
                assets.get(slot.number),
                blobs,
                is_checked=checks.applies_to(slot.number),
            )
            for slot in tags.slots
        },
        inputs=tuple(
            _input_as_it_is(data, number)
            if data.is_read_by_ranges or (in_chunks and record_cut(data.format))
            else _input(data, number, folder, kind=plan.kind)
            for number, data in enumerate(plan.inputs)
        ),
        output=_output(plan.output),
        other_outputs=tuple(map(_slot_output, plan.other_outputs)),
        check_schemas=checks,
        parameters=dict(plan.parameters),
        max_errors=plan.limits.max_errors,
        limit=plan.limits.records,
        retry=plan.limits.retries,
    )


def _output(target: OutputTarget) -> RequestOutput:
    return RequestOutput(
        target.name,
        path=f"outputs/{target.name}.part",
        format=FORMATS[target.format].runner_format or "json",
        delimiter=delimiter_for(target.name),
    )


def _slot_output(target: OutputTarget) -> SlotOutput:
    output = _output(target)
    return SlotOutput(target.slot, output.path, output.format, output.delimiter)


def _require_schemas(
    plan: Plan, assets: dict[int, Asset], checks: SchemaChecks, folder: JobFolder
) -> None:
    """Refuse a check without a schema; for ``both``, one is enough, and the log says which is missing."""
    sides = {"input": checks.input, "output": checks.output}
    # Inputs have even slots, outputs odd ones.
    there = {("input", "output")[slot % 2] for slot in assets}
    missing = [side for side, is_checked in sides.items() if is_checked and side not in there]
    if missing and sum(sides.values()) > len(missing):
        folder.log("warning", f"{missing[0]} records are not checked: there is no schema for them")
    elif missing:
        names = " and ".join(missing)
        raise InvalidError(
            f"{plan.snapshot.ref} has no {names} schema to check against",
            f"Add one as an asset, such as {missing[0]}_schema.avsc, or {missing[0]}_schema.json with the"
            " role MODEL_SCHEMA, or run without --schemas",
        )


def _with_schema(
    slot: RequestSlot, asset: Asset | None, blobs: Blobs, *, is_checked: bool
) -> RequestSlot:
    """Return a slot with its schema; without one that is not valid, unless records are checked with it."""
    if asset is None:
        return slot
    try:
        definition = schemas.definition(asset, blobs.read)
        if not is_json_schema(definition, asset.name):
            return replace(slot, schema=definition)
        checked = json_schemas.checkable(definition, asset.path) if is_checked else None
    except InvalidError:
        if is_checked:
            raise
        return slot
    return replace(slot, schema=record_of(definition), json_schema=checked)


@dataclass(frozen=True, slots=True)
class _Readable:
    """A file that the runner can read: the user's own, or one that was made of it."""

    path: Path
    format: str
    delimiter: str | None = None

    @property
    def is_gzip(self) -> bool:
        return self.format != "frame" and is_gzip(self.path)


def _input(data: JobInput, number: int, folder: JobFolder, *, kind: JobKind) -> RequestInput:
    files: list[RequestFile] = []
    if data.files:
        for place, (file, given) in enumerate(zip(data.files, data.paths, strict=True)):
            target = folder.inputs / f"{number}-{place}"
            made = _readable(f"{data.name}: {file}", Path(given), data.format, target, kind=kind)
            files.append(RequestFile(file, str(made.path), gzip=made.is_gzip))
        path = Path(data.path)
    else:
        target = folder.inputs / str(number)
        made = _readable(data.name, Path(data.path), data.format, target, kind=kind)
        path = made.path
    said = None
    if made.format == "csv":
        said = detect_dialect(Path(data.paths[0]), data.name).guessed
    elif data.format == "excel":
        said = describe_choice(Path(data.paths[0]))
    if said:
        folder.log("info", f"input {data.name}: {said}")
    return RequestInput(
        data.name,
        str(path),
        made.format,
        gzip=not files and made.is_gzip,
        slot=2 * number,
        delimiter=made.delimiter,
        lines=True if data.format == "jsonl" else None,
        files=tuple(files) or None,
    )


def _input_as_it_is(data: JobInput, number: int) -> RequestInput:
    """Return an input that is read where it lies: by nodes, or by what converts its chunks."""
    remotes = data.remotes if data.is_read_by_ranges else (None,) * len(data.paths)
    format = FORMATS[data.format].runner_format or data.format
    whole = RequestInput(data.name, data.path, format, slot=2 * number)
    if not data.files:
        whole = replace(whole, remote=remotes[0])
    else:
        found = zip(data.files, data.paths, remotes, strict=True)
        files = (RequestFile(file, path, remote=state) for file, path, state in found)
        whole = replace(whole, files=tuple(files))
    return replace(whole, delimiter=_delimiter_of(whole)) if format == "csv" else whole


def _delimiter_of(data: RequestInput) -> str:
    """Return the delimiter of a remote CSV file; raises :class:`InputError` if it cannot be cut."""
    first = data.each_file[0]
    with open_input(first) as file:
        dialect = dialect_of(file, first.file or data.name)
    if not dialect.is_plain:
        raise InputError(
            data.name,
            "has lines that are no rows, and is not read by ranges",
            "Submit the job anew",
        )
    return dialect.delimiter


def _readable(name: str, path: Path, format_name: str, target: Path, *, kind: JobKind) -> _Readable:
    """Return what the runner reads of a file, converted beside ``target`` where it cannot read it."""
    format = FORMATS[format_name]
    runner_format = format.runner_format
    given, path = path, _unpacked(name, path, format, target)
    if runner_format is None:
        is_typed = kind is not JobKind.BATCH
        converted = target.with_name(f"{target.name}.frame" if is_typed else f"{target.name}.jsonl")
        if is_typed:
            try:
                format.write_frame(name, path, converted)
            except UNREADABLE as error:
                raise InputError(name, f"cannot be read as {format_name} ({error})") from None
        else:
            convert(Conversion(name, str(path), format_name, str(converted)))
        if path != given:
            path.unlink()
        return _Readable(converted, "frame" if is_typed else "json")
    if runner_format == "csv":
        dialect = detect_dialect(path, name)
        if not dialect.is_plain:
            converted = target.with_name(f"{target.name}.csv")
            write_rows(path, converted, dialect)
            path = converted
        return _Readable(path, runner_format, dialect.delimiter)
    return _Readable(path, runner_format)


def _unpacked(name: str, path: Path, format: Format, target: Path) -> Path:
    """Return a file that can be read as it is: unpacked beside ``target`` where need be.

    The runner reads gzip itself; what else there is, a model's Python may lack. What is unpacked
    can be shared by several workers, however it was compressed.
    """
    compression = None if format.name == "frame" else compression_at(path)
    if compression is None or (compression is GZIP and format.runner_format is not None):
        return path
    unpacked = target.with_name(f"{target.name}.unpacked")
    with open_bytes(path) as source, files.open_private(unpacked, "wb") as file:
        file.writelines(_blocks_of(name, source))
    return unpacked


def _blocks_of(name: str, source: IO[bytes]) -> Iterator[bytes]:
    """Yield the content of a file; what fails meanwhile is no failure of writing."""
    while True:
        try:
            block = source.read(_BLOCK)
        except (OSError, EOFError, zlib.error) as error:
            raise InputError(name, f"cannot be unpacked ({error})") from None
        if not block:
            return
        yield block


def _unpack(asset: Asset, work: Path) -> None:
    """Unpack an attachment beside itself; members that would leave the folder are left out.

    A damaged or encrypted one is unpacked as far as it can be read; the model may not need it.
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
        asset
        for model in (*others, state)
        for asset in model.assets
        if asset.role not in _MANIFESTS
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

"""The inputs of a job: checked against the function that takes them, and copied where need be."""

from __future__ import annotations

import ast
import json
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

from modelop_jupyter import files
from modelop_jupyter.domain.jobs import INPUT_FORMATS, JobInput, JobKind
from modelop_jupyter.domain.objects import ObjectState
from modelop_jupyter.domain.roles import AssetRole, role_for
from modelop_jupyter.domain.source_code.primary_source import parse_source
from modelop_jupyter.errors import InputError, InvalidError
from modelop_jupyter.formats import (
    FORMATS,
    JSON_LINES,
    UNREADABLE,
    Format,
    check_input,
    format_for,
    is_compressed,
    records_of_variable,
    write_variable,
)
from modelop_jupyter.formats.compression import compression_named
from modelop_jupyter.formats.csvfile import detect_dialect
from modelop_jupyter.formats.cuts import record_cut
from modelop_jupyter.formats.sql.address import Query
from modelop_jupyter.models.source import BlobReader, source_text
from modelop_jupyter.safe_open import (
    IrregularFileError,
    describe_kind,
    spool,
)
from modelop_jupyter.workspace import queries, remote_inputs
from modelop_jupyter.workspace.file_sets import require_same_columns, stage_files
from modelop_jupyter.workspace.job_request import (
    FileSet,
    Input,
    JobRequest,
    PathBelow,
    RemoteFiles,
    Stream,
    Variable,
    shortened,
)

if TYPE_CHECKING:
    from modelop_jupyter.domain.models import ModelState
    from modelop_jupyter.domain.reports import Step
    from modelop_jupyter.jobs.folder import JobFolder
    from modelop_jupyter.registry.blobs import BlobStore

# Names of a second parameter that mean the older protocol: a call for each input.
_SLOT_PARAMETERS = {"slot", "slot_no", "slotno", "slot_num", "slot_number"}
_LONGEST_NAME = 60
# What nodes can read parts of, where it is.
_BY_RANGES = {"json", "jsonl", "csv", "parquet", "avro"}


def stage_input(
    given: Input,
    number: int,
    request: JobRequest,
    state: ModelState,
    *,
    folder: JobFolder,
    blobs: BlobStore,
    progress: Callable[[Step], None] | None = None,
) -> JobInput:
    """Return an input as the job reads it; what is no file of the user's is written to the job folder.

    ``number`` is its place among the inputs; ``progress`` is called while a query is read. Raises
    :class:`InputError`.
    """
    if isinstance(given, Variable):
        return _stage_variable(given, number, request.kind, folder)
    if queries.is_query_file(given, format=request.format):
        given = _query_of_file(given, state, request.connection, folder=folder, blobs=blobs)
    if isinstance(given, Query):
        return queries.stage(given, number, request, folder, progress=progress)
    if isinstance(given, (ObjectState, RemoteFiles)):
        ranged = _stage_by_ranges(given, number, request, folder)
        if ranged is not None:
            return ranged
    if isinstance(given, ObjectState):
        return _stage_object(given, number, request, folder)
    format_name = _known_format(request.format)
    if isinstance(given, RemoteFiles):
        return _stage_objects(given, number, folder, format_name=format_name)
    if isinstance(given, FileSet):
        return stage_files(given, folder, format_name=format_name)
    name, path = _locate(given, number, state, folder=folder, blobs=blobs)
    is_scored = request.kind is JobKind.BATCH
    format = check_input(name, path, scoring=is_scored, format_name=format_name)
    format.require()
    return JobInput(name, str(path), format.name, size=path.stat().st_size)


def read_records(
    given: Input,
    state: ModelState,
    *,
    folder: JobFolder,
    blobs: BlobStore,
    format: str | None = None,
    connection: str | None = None,
) -> Iterator[Any]:
    """Yield the records of an input that can be read, as the host reads them."""
    if isinstance(given, Variable):
        return records_of_variable(given.name, given.value)
    if queries.is_query_file(given, format=format):
        given = _query_of_file(given, state, connection, folder=folder, blobs=blobs)
    if isinstance(given, Query):
        return queries.records(given)
    if isinstance(given, (FileSet, RemoteFiles)):
        files = given.paths if isinstance(given, FileSet) else given.states
        each = (
            read_records(file, state, folder=folder, blobs=blobs, format=format) for file in files
        )
        return chain.from_iterable(each)
    name, path = _locate(given, 0, state, folder=folder, blobs=blobs)
    format_name = _known_format(format)
    found = check_input(name, path, scoring=False, format_name=format_name)
    return _readable(name, found.read_good(path))


def _readable(name: str, records: Iterator[Any]) -> Iterator[Any]:
    """Yield records; a damaged file is an :class:`InputError`."""
    try:
        yield from records
    except UNREADABLE as error:
        raise InputError(name, f"cannot be read ({error})") from None


def require_enough_inputs(kind: JobKind, count: int, state: ModelState, blobs: BlobReader) -> None:
    """Raise :class:`InvalidError` where a metrics or train function takes more inputs (spec 13.13)."""
    if kind is JobKind.BATCH:
        return
    function = state.entry_points.get(kind.entry_point)
    names = required_parameters(source_text(state, blobs) or "", function or "")
    if len(names) <= count or names[1] in _SLOT_PARAMETERS:
        return
    roles = _required_roles(state, blobs)
    labels = [
        f"{name} ({role.label})" if (role := _role(place, name, roles)) else name
        for place, name in enumerate(names)
    ]
    hint = f"Name them in this order: {', '.join(labels)}"
    if labels == names and kind is JobKind.METRICS and len(names) == 2:
        hint += ". With ModelOp Center these are mostly the baseline data and the comparator data"
    inputs = "1 input is" if count == 1 else f"{count} inputs are"
    missing = labels[count:]
    raise InvalidError(
        f"the {kind.value} function {function}({', '.join(names)}) takes {len(names)} inputs, and"
        f" {inputs} given: {' and '.join(missing)} {'is' if len(missing) == 1 else 'are'} missing",
        hint,
    )


def required_parameters(source: str, name: str) -> list[str]:
    """Return the parameters without a default of the function that a name means at the end of a source."""
    tree = parse_source(source)
    binding = [node for node in tree.body if name in _names_bound(node)] if tree else []
    function = binding[-1] if binding else None
    # What a decorator returns may take any number.
    if not isinstance(function, ast.FunctionDef) or function.decorator_list:
        return []
    names = [argument.arg for argument in (*function.args.posonlyargs, *function.args.args)]
    return names[: len(names) - len(function.args.defaults)]


def _stage_variable(variable: Variable, number: int, kind: JobKind, folder: JobFolder) -> JobInput:
    name = variable.name
    if kind is not JobKind.BATCH and _has_types(variable):
        path = _own_path(folder, number, f"{name}.frame")
        if write_variable(name, variable.value, path) == 0:
            raise InputError(name, "holds no records")
        return JobInput(name, str(path), "frame", size=path.stat().st_size)
    path = _own_path(folder, number, f"{name}.json")
    JSON_LINES.write(records_of_variable(name, variable.value), path)
    if path.stat().st_size == 0:
        raise InputError(name, "holds no records")
    return JobInput(name, str(path), "json", size=path.stat().st_size)


def _query_of_file(
    given: str | Path | Stream | PathBelow,
    state: ModelState,
    connection: str | None,
    *,
    folder: JobFolder,
    blobs: BlobStore,
) -> Query:
    """Return the query that a .sql file or asset holds."""
    if connection is None:
        raise queries.no_connection(queries.name_of_file(given))
    name, path = _locate(given, 0, state, folder=folder, blobs=blobs)
    return queries.query_of_file(name, path, connection)


def _stage_object(
    state: ObjectState, number: int, request: JobRequest, folder: JobFolder
) -> JobInput:
    name, is_scored = remote_inputs.name_of(state), request.kind is JobKind.BATCH
    path = _own_path(folder, number, name)
    if (state.size or 0) > remote_inputs.HEAD and compression_named(name) is None:
        # What is no input is refused before all of it is here.
        with _head_of(state, path) as head:
            _look_at_head(name, head, request)[0].require()
    remote_inputs.fetch(state, path)
    format = check_input(name, path, scoring=is_scored, format_name=_known_format(request.format))
    format.require()
    # Of a web address the query is no part of a file's name.
    shown = state.address.partition("?")[0] if state.address.startswith("http") else state.address
    return JobInput(shown, str(path), format.name, size=path.stat().st_size, remotes=(state,))


def _stage_objects(
    given: RemoteFiles, number: int, folder: JobFolder, *, format_name: str | None
) -> JobInput:
    """Fetch several objects, which are one input in the order of their names."""
    states = [state for state in given.states if state.size != 0]
    files = FileSet(given.name, tuple(remote_inputs.fetch_all(states, number, folder)))
    return replace(stage_files(files, folder, format_name=format_name), remotes=tuple(states))


def _stage_by_ranges(
    given: ObjectState | RemoteFiles, number: int, request: JobRequest, folder: JobFolder
) -> JobInput | None:
    """Return objects as an input that an engine's nodes read by ranges.

    None where they have to be fetched: on this machine, and those that cannot be cut where they are.
    """
    states = (given,) if isinstance(given, ObjectState) else given.states
    states = tuple(state for state in states if state.size != 0)
    is_plain = all(state.size is not None for state in states)
    is_of_web = any(state.address.startswith("http") for state in states)
    if request.engine is None or request.kind is not JobKind.BATCH or not is_plain or not states:
        return None
    format = None if is_of_web else _format_of_objects(given, states, request, folder, number)
    if format is None:
        return None
    size = sum(state.size or 0 for state in states)
    if isinstance(given, ObjectState):
        return JobInput(given.address, given.address, format, size=size, remotes=states)
    parent, names = remote_inputs.parent_and_names(states)
    return JobInput(given.name, parent, format, size=size, files=names, remotes=states)


def _format_of_objects(
    given: ObjectState | RemoteFiles,
    states: Sequence[ObjectState],
    request: JobRequest,
    folder: JobFolder,
    number: int,
) -> str | None:
    """Return the format of objects that nodes can read by ranges, by their first bytes; else None."""
    format_name = _known_format(request.format)
    names = [remote_inputs.name_of(state) for state in states]
    formats = {(FORMATS[format_name] if format_name else format_for(name)).name for name in names}
    if len(formats) > 1 or not formats <= _BY_RANGES or any(map(compression_named, names)):
        return None
    with ExitStack() as stack:
        heads: list[Path] = []
        for count, (name, state) in enumerate(zip(names, states, strict=True)):
            path = _own_path(folder, number, f"{count}-{name}")
            heads.append(stack.enter_context(_head_of(state, path)))
            format, is_zipped = _look_at_head(
                name, heads[-1], request, may_be_empty=isinstance(given, RemoteFiles)
            )
            if is_zipped or format.name not in formats:
                return None
        return _can_be_cut(given, states, heads, format, folder)


def _can_be_cut(
    given: ObjectState | RemoteFiles,
    states: Sequence[ObjectState],
    heads: Sequence[Path],
    format: Format,
    folder: JobFolder,
) -> str | None:
    """Return the format of objects whose beginnings are known, None where they are fetched."""
    name = given.name if isinstance(given, RemoteFiles) else given.address
    cut = record_cut(format.name)
    if cut is not None:
        format.require()
        if len(states) == 1 and not remote_inputs.has_several_parts(states[0], cut):
            return None
    if format.name == "csv":
        dialects = [detect_dialect(head, head.name) for head in heads]
        if not all(dialect.is_plain for dialect in dialects):
            return None
        require_same_columns(name, heads)
        if dialects[0].guessed:
            folder.log("info", f"input {name}: {dialects[0].guessed}")
    return "json" if format.runner_format == "json" else format.name


@contextmanager
def _head_of(state: ObjectState, path: Path) -> Iterator[Path]:
    """Yield a file with the beginning of an object, which is there within the block only."""
    files.write_bytes(path, remote_inputs.head_of(state))
    try:
        yield path
    finally:
        path.unlink()


def _look_at_head(
    name: str, head: Path, request: JobRequest, *, may_be_empty: bool = False
) -> tuple[Format, bool]:
    """Return the format of an object by its beginning, and whether it is compressed.

    Raises :class:`InputError` for what cannot be an input. The beginning of a compressed file cannot
    always be read as one.
    """
    is_scored, format_name = request.kind is JobKind.BATCH, _known_format(request.format)
    format = check_input(
        name, head, scoring=is_scored, format_name=format_name, may_be_empty=may_be_empty
    )
    return format, is_compressed(head)


def _has_types(variable: Variable) -> bool:
    """Return whether a variable is a frame, a table or records: no reader has to guess types (spec 13.19)."""
    value = variable.value
    if isinstance(value, (list, tuple)):
        return all(isinstance(record, dict) for record in value)
    return any(hasattr(value, name) for name in ("columns", "to_pylist", "to_dicts"))


def _known_format(name: str | None) -> str | None:
    """Return the format that a user named; raises :class:`InvalidError` for an unknown one."""
    if name is None or name in INPUT_FORMATS:
        return name
    raise InvalidError(
        f"{name!r} is not a format of inputs", f"There are {', '.join(INPUT_FORMATS)}"
    )


def _own_path(folder: JobFolder, number: int, name: str) -> Path:
    """Return where a job keeps an input of its own; of a long name the end is kept, with its format."""
    return folder.inputs / f"{number}-{name[-_LONGEST_NAME:]}"


def _locate(
    given: str | Path | Stream | PathBelow | ObjectState,
    number: int,
    state: ModelState,
    *,
    folder: JobFolder,
    blobs: BlobStore,
) -> tuple[str, Path]:
    """Return an input's name and the file with its bytes; streams, pipes and assets are copied first."""
    if isinstance(given, Stream):
        path = _own_path(folder, number, given.name)
        with given.open() as source, files.open_private(path, "wb") as target:
            shutil.copyfileobj(source, target)
        return given.name, path
    if isinstance(given, ObjectState):
        name = remote_inputs.name_of(given)
        path = _own_path(folder, number, name)
        remote_inputs.fetch(given, path)
        return name, path
    if isinstance(given, PathBelow):
        given.require_regular()
        return str(given.path), given.path
    name, path = str(given), Path(given).expanduser().absolute()
    asset = state.asset(name)
    try:
        is_there = path.exists()
    except (OSError, ValueError) as error:
        reason = (getattr(error, "strerror", None) or str(error)).lower()
        raise InputError(shortened(name), f"cannot be read: {reason}") from None
    if not is_there and asset is not None:
        path = _own_path(folder, number, asset.name)
        blobs.copy_to(asset.digest, path)
    elif is_there and not path.is_dir() and describe_kind(path.stat()) is not None:
        path = _copy_of_pipe(name, path, _own_path(folder, number, path.name))
    return name, path


def _copy_of_pipe(name: str, path: Path, target: Path) -> Path:
    """Copy what can be read only once to the job folder."""
    try:
        spool(path, target)
    except IrregularFileError as error:
        raise InputError(name, f"is {error.what}, not a file", "Name a file or a pipe") from None
    except OSError as error:
        raise InputError(name, f"cannot be read ({error.strerror or error})") from None
    return target


def _names_bound(node: ast.stmt) -> set[str]:
    """Return what a statement may bind, also within an ``if`` or ``try``."""
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return {node.name}
    names: set[str] = set()
    for inner in ast.walk(node):
        if isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Store):
            names.add(inner.id)
        if isinstance(inner, (ast.FunctionDef, ast.ClassDef)):
            names.add(inner.name)
        if isinstance(inner, ast.alias):
            names.add(inner.asname or inner.name)
    return names


def _required_roles(state: ModelState, blobs: BlobReader) -> list[AssetRole | None]:
    """Return the roles that a monitor's ``required_assets.json`` asks for, in its order (spec 5.5)."""
    roles: list[AssetRole | None] = []
    for asset in state.with_role(AssetRole.REQUIRED_ASSETS):
        try:
            entries = json.loads(blobs.read(asset.digest))
        except (ValueError, RecursionError):
            continue
        for entry in entries if isinstance(entries, list) else ():
            if isinstance(entry, dict) and entry.get("usage") == "INPUT_ASSET":
                word = entry.get("assetRole")
                is_known = isinstance(word, str) and word in AssetRole.__members__
                roles.append(AssetRole[word] if is_known and isinstance(word, str) else None)
    return roles


def _role(place: int, name: str, required: list[AssetRole | None]) -> AssetRole | None:
    """Return the role of an input: the one asked for, else what the parameter's name says."""
    if place < len(required):
        role = required[place]
    else:
        role = role_for(f"{name}.csv")
        if role is AssetRole.TEST_DATA and "test" not in name.lower().split("_"):
            return None  # the role of any file of data
    return None if role is AssetRole.UNKNOWN else role

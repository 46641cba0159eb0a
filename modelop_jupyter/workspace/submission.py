"""From what a user asks for to a job that runs: inputs checked, a snapshot taken, a plan written."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import sys
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import IO, Any
from urllib.parse import urlsplit
from urllib.request import urlopen

from modelop_jupyter import files
from modelop_jupyter.domain.expectations import Expectations
from modelop_jupyter.domain.jobs import INPUT_FORMATS, JobInput, JobKind, JobRecord
from modelop_jupyter.domain.models import ModelState
from modelop_jupyter.domain.smart_tags import SmartTags
from modelop_jupyter.errors import InputError, InvalidError
from modelop_jupyter.formats import JSON_LINES, format_for, inspect, rows_of, write_variable
from modelop_jupyter.jobs import abilities, digests, staging
from modelop_jupyter.jobs.folder import JobFolder
from modelop_jupyter.jobs.plan import Limits, Output, Plan
from modelop_jupyter.masking import Masker
from modelop_jupyter.opening import IrregularFileError, LinkError, open_below, spool, what_is
from modelop_jupyter.registry.blobs import BlobStore
from modelop_jupyter.workspace.fitting_inputs import require_inputs
from modelop_jupyter.workspace.home import Home
from modelop_jupyter.workspace.new_folder import new_folder

_ADDRESS_SECONDS = 30.0
# What stands before or behind an output's name while it is not complete: ``partial-``, ``.part.whole``.
_AFFIX = len(".part.whole")
_LONG = 60
_DEFAULT_OUTPUT = {
    JobKind.BATCH: "output.json",
    JobKind.METRICS: "test_result.json",
    JobKind.TRAIN: "output.json",
}


@dataclass(frozen=True, slots=True)
class Variable:
    """A value of the notebook used as an input, under the name it has there."""

    name: str
    value: Any


@dataclass(frozen=True, slots=True)
class Stream:
    """Bytes from elsewhere, copied into the job folder; the name's ending tells their format."""

    name: str
    open: Callable[[], IO[bytes]]

    @classmethod
    def of_standard_input(cls) -> Stream:
        """Return what is piped into the process, taken as JSON lines."""
        return cls("stdin.json", lambda: sys.stdin.buffer)

    @classmethod
    def of_address(cls, address: str) -> Stream:
        """Return what an ``http(s)`` or ``ftp`` address gives."""
        name = PurePosixPath(urlsplit(address).path).name or "download.json"

        def fetch() -> IO[bytes]:
            try:
                found: IO[bytes] = urlopen(address, timeout=_ADDRESS_SECONDS)  # noqa: S310 - the user's own
            except (OSError, ValueError) as error:
                said = Masker([address])(str(error))
                raise InputError(name, f"cannot be fetched ({said})") from None
            return found

        return cls(name, fetch)


@dataclass(frozen=True, slots=True)
class PathBelow:
    """An input or output below a folder: no pipe and no device is waited for, no link leads out."""

    path: Path
    below: Path


Input = str | Path | Variable | Stream | PathBelow
_INPUTS = (str, Path, Variable, Stream, PathBelow)


def as_inputs(given: Any) -> list[Input]:
    """Return the inputs a caller named: one or several; other values are those of variables."""
    is_several = isinstance(given, (list, tuple)) and not any(isinstance(x, dict) for x in given)
    return [
        each if isinstance(each, _INPUTS) else Variable(f"input{number}", each)
        for number, each in enumerate(given if is_several else [given], start=1)
    ]


Target = str | Path | PathBelow | None


@dataclass(frozen=True, slots=True)
class Wish:
    """What a user asked a job to do, before anything was looked at."""

    kind: JobKind
    inputs: Sequence[Input]
    output: Target | Sequence[Target] = None
    parameters: Mapping[str, Any] = field(default_factory=dict)
    limits: Limits = field(default_factory=Limits)
    check_schemas: str | None = None
    workers: str | None = None
    expectations: Expectations | None = None
    format: str | None = None


def submit(wish: Wish, ref: str, home: Home, *, reference: str | None = None) -> JobRecord:
    """Check what can be checked, take a snapshot if need be, stage the job folder, start the job.

    Raises :class:`InvalidError` and :class:`InputError` before anything is recorded.
    """
    state = home.state_of(ref)
    _require_function(wish.kind, ref, state)
    output, *others = _outputs(wish, staging.tags_of(state, home.blobs))
    if not wish.inputs:
        raise InvalidError(f"a {wish.kind.value} job needs an input")
    require_inputs(wish.kind, len(wish.inputs), state, home.blobs)
    identity = str(uuid.uuid4())
    with new_folder(home, identity) as folder:
        inputs = tuple(
            _input(each, number, wish, state, folder=folder, blobs=home.blobs)
            for number, each in enumerate(wish.inputs)
        )
        under_test = home.pinned(reference) if reference else (None, None)
        model, snapshot = home.pinned(ref)
        plan = Plan(
            id=identity,
            kind=wish.kind,
            model=model,
            snapshot=snapshot,
            inputs=inputs,
            output=output,
            created=time.time(),
            parameters=wish.parameters,
            limits=wish.limits,
            check_schemas=wish.check_schemas,
            reference=under_test[1],
            reference_model=under_test[0],
            expectations=wish.expectations,
            other_outputs=tuple(others),
        )
        return begin(plan, folder, home, workers=wish.workers)


def begin(plan: Plan, folder: JobFolder, home: Home, *, workers: str | None = None) -> JobRecord:
    """Stage the folder of a job that may run, and start it with as many ``workers`` as it may have."""
    tags = staging.tags_of(plan.snapshot.state, home.blobs)
    plan = replace(plan, can_resume=abilities.why_not_resumable(plan, tags) is None)
    shared = abilities.workers_for(workers, plan, tags, home.blobs)
    plan = replace(plan, workers=shared)
    staging.stage(plan, folder, home.blobs)
    digests.note(folder, plan.inputs)
    if shared.reason is not None:
        folder.log("info", f"one worker instead of {shared.wanted}: {shared.reason}")
    ready = home.environments.sound(plan.snapshot)
    return home.job_service.submit(plan, folder, python=ready.python if ready else None)


def _require_function(kind: JobKind, ref: str, state: ModelState) -> None:
    if state.primary_source is None:
        raise InvalidError(f"{ref} has no source to run", "Register it with its source file")
    if state.entry_points.get(kind.entry_point) is None:
        raise InvalidError(
            f"{ref} has no {kind.entry_point} function",
            f"Write '# modelop.{kind.entry_point}' above it and register again, or choose it with"
            f" --{kind.entry_point} FN",
        )


def _outputs(wish: Wish, tags: SmartTags) -> list[Output]:
    """Return the output, or those of the slots 1, 3, 5 and so on where several are asked for (13.18)."""
    several = wish.output
    if isinstance(several, (str, Path, PathBelow)) or several is None:
        return [_output(wish)]
    if len(several) < 2:
        return [_output(replace(wish, output=several[0] if several else None))]
    last = max([1, *(slot.number for slot in tags.slots if not slot.is_input)])
    wanted = 2 * len(several) - 1
    if wanted > last:
        raise InvalidError(
            f"{len(several)} outputs take the slots up to {wanted}, and the model's last one is {last}",
            f"Give fewer outputs, or declare the slot in the source: # modelop.slot.{wanted}: in-use",
        )
    if wanted < last:
        raise InvalidError(
            f"the model has output slots up to {last}, and {len(several)} outputs are given",
            f"Give one for all records, or {(last + 1) // 2} for the slots 1, 3 and so on",
        )
    found: list[Output] = []
    for slot, each in zip(range(1, wanted + 1, 2), several, strict=True):
        made = replace(_output(replace(wish, output=each)), slot=slot)
        if made.target is not None and made.target in [other.target for other in found]:
            raise InvalidError(f"output {each} is given twice", "Give each slot a file of its own")
        if made.name in [other.name for other in found]:
            made = replace(made, name=f"slot-{slot}-{made.name}")
        found.append(made)
    return found


def _output(wish: Wish) -> Output:
    if wish.output is None or not isinstance(wish.output, (str, Path, PathBelow)):
        name = _DEFAULT_OUTPUT[wish.kind]
        return Output(name, format_for(name).name)
    within = None
    output: str | Path
    if isinstance(wish.output, PathBelow):
        output, within = wish.output.path, str(wish.output.below)
    else:
        output = wish.output
    target = Path(output).expanduser().absolute()
    try:
        return _output_at(target, wish, output, within)
    except (OSError, ValueError) as error:
        # A name that is too long, or in a folder that may not be entered.
        reason = (getattr(error, "strerror", None) or str(error)).lower()
        raise InvalidError(
            f"output {_shown(output)} cannot be written: {reason}",
            "Give the output another name",
        ) from None


def _shown(path: str | Path) -> str:
    text = str(path)
    return text if len(text) <= _LONG else f"{text[:_LONG]}…"


def _output_at(target: Path, wish: Wish, output: str | Path, within: str | None) -> Output:
    if any(_is_file(each, target) for each in wish.inputs):
        raise InvalidError(
            f"output {output} is the job's input, which it would overwrite",
            "Give the output another name",
        )
    if target.is_dir():
        raise InvalidError(f"output {output} is a folder", "Name a file in it")
    try:
        real = files.real_target(target)
    except OSError as error:
        raise InvalidError(
            f"output {output}: {error.strerror or error}",
            "Name a file, or a pipe that something reads",
        ) from None
    if not target.parent.is_dir():
        raise InvalidError(
            f"output {output}: the folder {target.parent} does not exist",
            "Make it first, or choose another folder",
        )
    if not os.access(real if real.is_fifo() else real.parent, os.W_OK):
        raise InvalidError(
            f"output {output}: the folder {target.parent} is not writable",
            "Choose another folder",
        )
    _require_name(target)
    format = format_for(target.name)
    _require_writable(target.name, wish.kind, format.name)
    if format.name == "text":
        format = JSON_LINES
    format.require()
    # What these mean depends on who asks, and it is another process that writes.
    is_own = target.parts[1:2] in (("dev",), ("proc",))
    return Output(target.name, format.name, str(real if is_own else target), within)


_FOREIGN = {
    **dict.fromkeys((".xlsx", ".xls", ".xlsm", ".xlsb", ".ods"), "a spreadsheet"),
    **dict.fromkeys((".pkl", ".pickle", ".joblib"), "a pickle"),
    **dict.fromkeys((".h5", ".hdf5", ".hdf"), "an HDF5 file"),
    **dict.fromkeys((".npy", ".npz"), "a numpy file"),
    **dict.fromkeys((".db", ".sqlite", ".sqlite3"), "a database"),
    **dict.fromkeys((".zip", ".tar", ".tgz", ".bz2", ".xz", ".zst", ".7z"), "an archive"),
    **dict.fromkeys((".pdf", ".doc", ".docx", ".png", ".jpg", ".html", ".htm"), "a document"),
    **dict.fromkeys((".orc", ".sas7bdat", ".sav", ".dta", ".rds"), "a file of that kind"),
    **dict.fromkeys((".yaml", ".yml", ".xml", ".toml"), "a file of that kind"),
}


def _require_writable(name: str, kind: JobKind, format: str) -> None:
    """Refuse names whose ending promises what would not be in the file."""
    ending = PurePosixPath(name.lower().removesuffix(".gz")).suffix
    if ending in _FOREIGN:
        raise InvalidError(
            f"output {name}: {_FOREIGN[ending]} cannot be written",
            "Choose a name ending in .json, .csv, .tsv, .parquet, .feather or .avro",
        )
    if kind is JobKind.METRICS and format not in ("json", "text"):
        raise InvalidError(
            f"output {name}: a metrics result is one JSON document, not {format}",
            "Choose a name ending in .json",
        )


def _require_name(target: Path) -> None:
    """Raise :class:`OSError` for a name that no file can have, there or in the job's folder.

    There it has a prefix or an ending while it is not complete.
    """
    with contextlib.suppress(FileNotFoundError):
        target.stat()
    longest = os.pathconf(target.parent, "PC_NAME_MAX") if hasattr(os, "pathconf") else 255
    if len(os.fsencode(target.name)) > longest - _AFFIX:
        raise OSError(errno.ENAMETOOLONG, os.strerror(errno.ENAMETOOLONG))


def _is_file(given: Input, target: Path) -> bool:
    if isinstance(given, (Variable, Stream)):
        return False
    path = given.path if isinstance(given, PathBelow) else Path(given).expanduser()
    try:
        return path.exists() and target.exists() and path.samefile(target)
    except (OSError, ValueError):
        # What cannot be looked at is said of the one or the other where it is used.
        return False


def said_format(said: str | None) -> str | None:
    """Return the format a user tells; raises :class:`InvalidError` for what is none."""
    if said is None or said in INPUT_FORMATS:
        return said
    raise InvalidError(f"{said!r} is no format of inputs", f"There are {', '.join(INPUT_FORMATS)}")


def read_records(
    given: Input,
    state: ModelState,
    *,
    folder: JobFolder,
    blobs: BlobStore,
    format: str | None = None,
) -> Iterator[Any]:
    """Yield the records of an input that can be read, as the host reads them."""
    if isinstance(given, Variable):
        return rows_of(given.name, given.value)
    name, path = _located(given, 0, state, folder=folder, blobs=blobs)
    return inspect(name, path, scoring=False, said=said_format(format)).read_good(path)


def _input(
    given: Input,
    number: int,
    wish: Wish,
    state: ModelState,
    *,
    folder: JobFolder,
    blobs: BlobStore,
) -> JobInput:
    if isinstance(given, Variable):
        if wish.kind is not JobKind.BATCH and _has_types(given):
            path = _held(folder, number, f"{given.name}.frame")
            if write_variable(given.name, given.value, path) == 0:
                raise InputError(given.name, "holds no records")
            return JobInput(given.name, str(path), "frame", size=path.stat().st_size)
        path = _held(folder, number, f"{given.name}.json")
        JSON_LINES.write(rows_of(given.name, given.value), path)
        if path.stat().st_size == 0:
            raise InputError(given.name, "holds no records")
        return JobInput(given.name, str(path), "json", size=path.stat().st_size)
    name, path = _located(given, number, state, folder=folder, blobs=blobs)
    is_scored = wish.kind is JobKind.BATCH
    format = inspect(name, path, scoring=is_scored, said=said_format(wish.format))
    format.require()
    return JobInput(name, str(path), format.name, size=path.stat().st_size)


def _held(folder: JobFolder, number: int, name: str) -> Path:
    """Return where a job keeps an input of its own; of a long name there is the end, which tells its format."""
    return folder.inputs / f"{number}-{name[-_LONG:]}"


def _has_types(given: Variable) -> bool:
    """Say whether a variable is a frame, a table or records: what no reader has to guess (spec 13.19)."""
    value = given.value
    if isinstance(value, (list, tuple)):
        return all(isinstance(each, dict) for each in value)
    return any(hasattr(value, name) for name in ("columns", "to_pylist", "to_dicts"))


def _located(
    given: str | Path | Stream | PathBelow,
    number: int,
    state: ModelState,
    *,
    folder: JobFolder,
    blobs: BlobStore,
) -> tuple[str, Path]:
    """Return an input's name and where its bytes lie; those that lie nowhere yet are fetched."""
    if isinstance(given, Stream):
        path = _held(folder, number, given.name)
        with given.open() as source, files.open_private(path, "wb") as target:
            shutil.copyfileobj(source, target)
        return given.name, path
    if isinstance(given, PathBelow):
        _require_regular(given)
        return str(given.path), given.path
    name, path = str(given), Path(given).expanduser().absolute()
    asset = state.asset(name)
    try:
        is_there = path.exists()
    except (OSError, ValueError) as error:
        reason = (getattr(error, "strerror", None) or str(error)).lower()
        raise InputError(_shown(name), f"cannot be read: {reason}") from None
    if not is_there and asset is not None:
        path = _held(folder, number, asset.name)
        blobs.copy_to(asset.digest, path)
    elif is_there and not path.is_dir() and what_is(path.stat()) is not None:
        path = _spooled(name, path, _held(folder, number, path.name))
    return name, path


def _require_regular(given: PathBelow) -> None:
    try:
        open_below(given.below, given.path).close()
    except IrregularFileError as error:
        raise InputError(
            str(given.path), f"is {error.what}, not a file", "Copy what it gives to a file first"
        ) from None
    except LinkError:
        raise InputError(str(given.path), "is a link that leads out of its folder") from None
    except OSError:
        pass  # a folder, or one that may not be read: inspect says so


def _spooled(name: str, path: Path, target: Path) -> Path:
    """Copy what can be read only once, as ``-`` is, where the job holds it."""
    try:
        spool(path, target)
    except IrregularFileError as error:
        raise InputError(name, f"is {error.what}, not a file", "Name a file or a pipe") from None
    except OSError as error:
        raise InputError(name, f"cannot be read ({error.strerror or error})") from None
    return target

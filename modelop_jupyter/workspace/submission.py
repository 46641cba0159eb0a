"""From what a user asks for to a job that runs: inputs checked, a snapshot taken, a plan written."""

from __future__ import annotations

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

from modelop_jupyter.domain.expectations import Expectations
from modelop_jupyter.domain.jobs import JobInput, JobKind, JobRecord
from modelop_jupyter.domain.models import ModelState
from modelop_jupyter.errors import InputError, InvalidError
from modelop_jupyter.formats import JSON_LINES, format_for, inspect, rows_of
from modelop_jupyter.jobs import abilities, digests, staging
from modelop_jupyter.jobs.folder import JobFolder
from modelop_jupyter.jobs.plan import Limits, Output, Plan
from modelop_jupyter.registry.blobs import BlobStore
from modelop_jupyter.workspace.home import Home
from modelop_jupyter.workspace.new_folder import new_folder

_ADDRESS_SECONDS = 30.0
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
                raise InputError(name, f"cannot be fetched ({error})") from None
            return found

        return cls(name, fetch)


Input = str | Path | Variable | Stream
_INPUTS = (str, Path, Variable, Stream)


def as_inputs(given: Any) -> list[Input]:
    """Return the inputs a caller named: one or several; other values are those of variables."""
    is_several = isinstance(given, (list, tuple)) and not any(isinstance(x, dict) for x in given)
    return [
        each if isinstance(each, _INPUTS) else Variable(f"input{number}", each)
        for number, each in enumerate(given if is_several else [given], start=1)
    ]


@dataclass(frozen=True, slots=True)
class Wish:
    """What a user asked a job to do, before anything was looked at."""

    kind: JobKind
    inputs: Sequence[Input]
    output: str | Path | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)
    limits: Limits = field(default_factory=Limits)
    check_schemas: str | None = None
    workers: str | None = None
    expectations: Expectations | None = None


def submit(wish: Wish, ref: str, home: Home, *, reference: str | None = None) -> JobRecord:
    """Check what can be checked, take a snapshot if need be, stage the job folder, start the job.

    Raises :class:`InvalidError` and :class:`InputError` before anything is recorded.
    """
    state = home.state_of(ref)
    _require_function(wish.kind, ref, state)
    output = _output(wish)
    if not wish.inputs:
        raise InvalidError(f"a {wish.kind.value} job needs an input")
    identity = str(uuid.uuid4())
    with new_folder(home, identity) as folder:
        inputs = tuple(
            _input(each, number, wish.kind, state, folder=folder, blobs=home.blobs)
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
    ready = home.environments.ready(plan.snapshot)
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


def _output(wish: Wish) -> Output:
    if wish.output is None:
        name = _DEFAULT_OUTPUT[wish.kind]
        return Output(name, format_for(name).name)
    target = Path(wish.output).expanduser().absolute()
    if any(_is_file(each, target) for each in wish.inputs):
        raise InvalidError(
            f"output {wish.output} is the job's input, which it would overwrite",
            "Give the output another name",
        )
    if target.is_dir():
        raise InvalidError(f"output {wish.output} is a folder", "Name a file in it")
    if not target.parent.is_dir():
        raise InvalidError(
            f"output {wish.output}: the folder {target.parent} does not exist",
            "Make it first, or choose another folder",
        )
    if not os.access(target.parent, os.W_OK):
        raise InvalidError(
            f"output {wish.output}: the folder {target.parent} is not writable",
            "Choose another folder",
        )
    format = format_for(target.name)
    if format.name == "text" or (wish.kind is JobKind.METRICS and format.name != "json"):
        format = JSON_LINES
    format.require()
    return Output(target.name, format.name, str(target))


def _is_file(given: Input, target: Path) -> bool:
    if isinstance(given, (Variable, Stream)):
        return False
    path = Path(given).expanduser()
    return path.exists() and target.exists() and path.samefile(target)


def read_records(
    given: Input, state: ModelState, *, folder: JobFolder, blobs: BlobStore
) -> Iterator[Any]:
    """Yield the records of an input that can be read, as the host reads them."""
    if isinstance(given, Variable):
        return rows_of(given.name, given.value)
    name, path = _located(given, 0, state, folder=folder, blobs=blobs)
    return inspect(name, path, scoring=False).read_good(path)


def _input(
    given: Input,
    number: int,
    kind: JobKind,
    state: ModelState,
    *,
    folder: JobFolder,
    blobs: BlobStore,
) -> JobInput:
    if isinstance(given, Variable):
        path = folder.inputs / f"{number}-{given.name}.json"
        JSON_LINES.write(rows_of(given.name, given.value), path)
        if path.stat().st_size == 0:
            raise InputError(given.name, "holds no records")
        return JobInput(given.name, str(path), "json", size=path.stat().st_size)
    name, path = _located(given, number, state, folder=folder, blobs=blobs)
    format = inspect(name, path, scoring=kind is JobKind.BATCH)
    format.require()
    return JobInput(name, str(path), format.name, size=path.stat().st_size)


def _located(
    given: str | Path | Stream,
    number: int,
    state: ModelState,
    *,
    folder: JobFolder,
    blobs: BlobStore,
) -> tuple[str, Path]:
    """Return an input's name and where its bytes lie; those that lie nowhere yet are fetched."""
    if isinstance(given, Stream):
        path = folder.inputs / f"{number}-{given.name}"
        with given.open() as source, path.open("wb") as target:
            shutil.copyfileobj(source, target)
        return given.name, path
    name, path = str(given), Path(given).expanduser().absolute()
    asset = state.asset(name)
    if not path.exists() and asset is not None:
        path = folder.inputs / f"{number}-{asset.name}"
        blobs.copy_to(asset.digest, path)
    return name, path

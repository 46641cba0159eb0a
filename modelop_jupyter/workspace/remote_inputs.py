"""Inputs at addresses: found, checked by their first bytes, and fetched into the folder of their job.

A job reads its inputs at several places, so that it needs them on this disk; they stay there until it
ends (``jobs/fetched_inputs.py``). The job keeps address and state: what is fetched again for a retry is
what was read the first time, or it is refused.
"""

from __future__ import annotations

import io
import os
import posixpath
import shutil
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import IO, BinaryIO, cast

from modelop_jupyter import files
from modelop_jupyter.domain.jobs import JobInput
from modelop_jupyter.domain.objects import ObjectState
from modelop_jupyter.domain.plan import Plan
from modelop_jupyter.errors import AddressError, InputError, MissingDriverError
from modelop_jupyter.formats import UNREADABLE
from modelop_jupyter.formats.cut import RecordCut
from modelop_jupyter.jobs.folder import JobFolder
from modelop_jupyter.storage import (
    BLOCK_SIZE,
    Address,
    is_address,
    list_objects,
    open_object,
    stat,
)
from modelop_jupyter.workspace.file_sets import NO_DATA
from modelop_jupyter.workspace.job_request import Input, RemoteFiles, Stream

# Enough to see that a file is of another format than its name says.
HEAD = 1 << 20
_ROOM = 1 << 26
_PIECE = 1 << 16


def expanded(inputs: Sequence[Input]) -> list[Input]:
    """Return the inputs with the objects that addresses name; a glob or prefix may name several.

    Raises :class:`InputError` where it names none, and the errors of storage.
    """
    return [each for given in inputs for each in _expanded(given)]


def _expanded(given: Input) -> Sequence[Input]:
    if not isinstance(given, str) or not is_address(given):
        return [given]
    if given.lower().startswith("ftp://"):
        return [Stream.of_address(given)]
    address = Address.parse(given)
    is_of_web = address.scheme in ("http", "https")
    if (address.is_prefix and not is_of_web) or address.has_wildcard:
        if address.holds_credentials:
            raise AddressError(
                address.shown,
                "holds credentials, with which a job reads one object, and not several",
                f"Leave them out: {address.scheme}:// takes them from your usual files and variables",
            )
        return [RemoteFiles(address.shown, tuple(_objects_of(address)))]
    if address.holds_credentials:
        # They are kept nowhere, so that what they open is read now, and not once more.
        return [Stream(address.name or "download.json", lambda: _opened(address))]
    try:
        return [stat(address)]
    except MissingDriverError:
        if not is_of_web:
            raise
        return [Stream.of_address(given)]


def _objects_of(address: Address) -> list[ObjectState]:
    """Return what a glob matches, or what lies directly below a prefix, as of a folder on disk."""
    found = list_objects(address)
    if address.is_prefix:
        prefix = address.shown.rstrip("/") + "/"
        names = {each: each.address.removeprefix(prefix) for each in found}
        found = [
            each for each, name in names.items() if "/" not in name and not name.startswith(NO_DATA)
        ]
        below = next((name for name in names.values() if "/" in name), None)
        if below is not None and not found:
            raise InputError(
                address.shown,
                f"has no objects but in folders, which are not read ({below}, for one)",
                f"Use a pattern such as '{prefix}**/*.json'",
            )
    if not found:
        raise InputError(address.shown, "no object matches it")
    return found


def _opened(address: Address) -> IO[bytes]:
    return io.BufferedReader(open_object(address, is_read_through=True), BLOCK_SIZE)


def name_of(state: ObjectState) -> str:
    """Return the last part of an object's address: the format goes by its ending."""
    return Address.parse(state.address).name or "download.json"


def fetch(state: ObjectState, path: Path) -> None:
    """Copy an object to a file.

    Raises :class:`ObjectChangedError` if it is no longer in that state, and :class:`InputError`
    where the disk has no room for it.
    """
    # A retry has the folders of several objects at a new place.
    path.parent.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(path.parent).free
    if state.size is not None and state.size + _ROOM > free:
        raise InputError(
            state.address,
            f"has {state.size:,} bytes, and the disk of the job's folder has {free:,} free",
            f"Free some space, or set MODELOP_HOME to a larger disk than that of {path.parent}",
        )
    with (
        open_object(state.address, expected=state, is_read_through=True) as source,
        files.open_private(path, "wb") as target,
    ):
        shutil.copyfileobj(source, target, BLOCK_SIZE)
    _set_time(state, path)


def fetch_all(states: Sequence[ObjectState], number: int, folder: JobFolder) -> list[Path]:
    """Copy the objects of an input of a job into a folder of its own, in their order."""
    place = folder.inputs / f"{number}-remote"
    names = parent_and_names(states)[1]
    if not _can_be_files(names):
        names = tuple(f"{count}-{name_of(state)}" for count, state in enumerate(states))
    paths = [place / name for name in names]
    for state, path in zip(states, paths, strict=True):
        fetch(state, path)
    return paths


def parent_and_names(states: Sequence[ObjectState]) -> tuple[str, tuple[str, ...]]:
    """Return the address that several objects lie below, and what bad records call each of them."""
    parent = posixpath.commonpath([posixpath.dirname(state.address) for state in states])
    parent = parent.replace(":/", "://", 1) if "://" not in parent else parent
    return parent, tuple(state.address.removeprefix(f"{parent}/") for state in states)


def _can_be_files(names: Sequence[str]) -> bool:
    """Say whether objects can have files of these names: a store may also have ``a`` beside ``a/b``."""
    folders = {str(parent) for name in names for parent in PurePosixPath(name).parents}
    odd = {"", ".", ".."}
    return not folders & set(names) and not any(odd & set(name.split("/")) for name in names)


def fetch_again(plan: Plan) -> None:
    """Fetch the remote inputs of a job that was before, for its retry, which has them at new paths.

    Raises :class:`ObjectChangedError`.
    """
    for data in plan.inputs:
        for state, path in zip(data.remotes, data.paths, strict=False):
            if data.is_read_by_ranges:
                require_same(state)
            else:
                fetch(state, Path(path))


def fetch_anew(plan: Plan) -> Plan:
    """Fetch the remote inputs of a job that was before as they are now, for its rerun."""
    inputs = []
    for data in plan.inputs:
        if data.remotes:
            states = tuple(stat(state.address) for state in data.remotes)
            if not data.is_read_by_ranges:
                for state, path in zip(states, data.paths, strict=True):
                    fetch(state, Path(path))
            data = replace(data, remotes=states, size=sum(state.size or 0 for state in states))
        inputs.append(data)
    return replace(plan, inputs=tuple(inputs))


def localised(plan: Plan, folder: JobFolder) -> Plan:
    """Fetch what a job read by ranges on an engine, for its retry on this machine."""
    inputs: list[JobInput] = []
    for number, data in enumerate(plan.inputs):
        if data.is_read_by_ranges:
            paths = fetch_all(data.remotes, number, folder)
            if data.files:
                parent = os.path.commonpath([path.parent for path in paths])
                names = tuple(path.relative_to(parent).as_posix() for path in paths)
                data = replace(data, path=parent, files=names)
            else:
                data = replace(data, path=str(paths[0]))
        inputs.append(data)
    return replace(plan, inputs=tuple(inputs))


def require_same(state: ObjectState) -> None:
    """Raise :class:`ObjectChangedError` where an object is no longer in a state."""
    open_object(state.address, expected=state).close()


def head_of(state: ObjectState) -> bytes:
    """Return the beginning of an object, enough to see what format it is of."""
    with open_object(
        state.address, expected=state, block_size=HEAD, is_read_through=True
    ) as source:
        return source.read(HEAD) or b""


def has_several_parts(state: ObjectState, cut: RecordCut) -> bool:
    """Return whether an object can be cut where it is; raises :class:`InputError` for a damaged one."""
    with open_object(state.address, expected=state, block_size=_PIECE) as source:
        file = cast("BinaryIO", io.BufferedReader(source, _PIECE))
        try:
            return len(cut.ranges(file, state.size or 0, 2)) > 1
        except UNREADABLE as error:
            raise InputError(state.address, f"cannot be read ({error})") from None


def _set_time(state: ObjectState, path: Path) -> None:
    """Give a copy the time of its object: the same object is the same input, fetched once more."""
    if state.modified is None:
        return
    try:
        seconds = int(datetime.fromisoformat(state.modified).timestamp())
    except ValueError:
        return
    os.utime(path, (seconds, seconds))

"""What a user asks a job to do: inputs, outputs, parameters and limits, before anything is checked."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import IO, Any
from urllib.parse import urlsplit
from urllib.request import urlopen

from modelop_jupyter.domain.job_options import Limits
from modelop_jupyter.domain.jobs import JobKind
from modelop_jupyter.domain.objects import ObjectState
from modelop_jupyter.domain.results.verdicts import Expectations
from modelop_jupyter.errors import InputError
from modelop_jupyter.formats.sql.address import Query
from modelop_jupyter.masking import Masker
from modelop_jupyter.safe_open import IrregularFileError, LinkError, open_below

_ADDRESS_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Variable:
    """A value of the notebook used as an input, under the name it has there."""

    name: str
    value: Any


@dataclass(frozen=True, slots=True)
class Stream:
    """Bytes that are copied into the job folder; the name's ending gives their format."""

    name: str
    open: Callable[[], IO[bytes]]

    @classmethod
    def of_standard_input(cls) -> Stream:
        """Return what is piped into the process, taken as JSON lines."""
        return cls("stdin.json", lambda: sys.stdin.buffer)

    @classmethod
    def of_address(cls, address: str) -> Stream:
        """Return what an ``http(s)`` or ``ftp`` address gives, fetched when it is opened."""
        name = PurePosixPath(urlsplit(address).path).name or "download.json"

        def fetch() -> IO[bytes]:
            try:
                response: IO[bytes] = urlopen(address, timeout=_ADDRESS_SECONDS)  # noqa: S310 - the user's own
            except (OSError, ValueError) as error:
                reason = Masker([address])(str(error))
                raise InputError(name, f"cannot be fetched ({reason})") from None
            return response

        return cls(name, fetch)


@dataclass(frozen=True, slots=True)
class PathBelow:
    """An input or output below a folder: neither pipe nor device, and no link leads out of it."""

    path: Path
    below: Path

    def require_regular(self) -> None:
        """Raise :class:`InputError` for what is no file, and for a link that leads out."""
        try:
            open_below(self.below, self.path).close()
        except IrregularFileError as error:
            raise InputError(
                str(self.path), f"is {error.what}, not a file", "Copy what it gives to a file first"
            ) from None
        except LinkError:
            raise InputError(str(self.path), "is a link that leads out of its folder") from None
        except OSError:
            pass  # a folder, or one that may not be read: check_input says so


@dataclass(frozen=True, slots=True)
class FileSet:
    """Files that are one input of a batch, in the order in which they are read.

    ``name`` is the glob or folder that they are of, ``left_out`` are the sub-folders of that.
    """

    name: str
    paths: tuple[Path, ...]
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RemoteFiles:
    """Objects that an address with a wildcard, or a prefix, names: one input of a batch."""

    name: str
    states: tuple[ObjectState, ...]


Input = str | Path | Variable | Stream | PathBelow | FileSet | ObjectState | RemoteFiles | Query
Target = str | Path | PathBelow | None
_INPUT_TYPES = (str, Path, Variable, Stream, PathBelow, FileSet, ObjectState, RemoteFiles, Query)


@dataclass(frozen=True, slots=True)
class JobRequest:
    """What a user asked a job to do.

    Several outputs take the slots 1, 3, 5 in order; None is one in the job folder. ``workers`` is
    a number or ``auto``, ``check_schemas`` is ``in``, ``out`` or ``both``, ``format`` that of the
    inputs that are files, None to go by their names. ``engine`` is ``local``, ``dask`` or
    ``dask://ADDRESS``; None for the one that is set for this user. ``connection`` names the database
    of inputs that are .sql files. ``notify`` is who is notified of the end: an http address, ``desktop``
    or ``none``; None for whom this user has set.
    """

    kind: JobKind
    inputs: Sequence[Input]
    output: Target | Sequence[Target] = None
    parameters: Mapping[str, Any] = field(default_factory=dict)
    limits: Limits = field(default_factory=Limits)
    check_schemas: str | None = None
    workers: str | None = None
    expectations: Expectations | None = None
    format: str | None = None
    connection: str | None = None
    engine: str | None = None
    notify: str | None = None


def as_inputs(inputs: Any) -> list[Input]:
    """Return one or several inputs as a list; values that are no paths become variables."""
    is_several = isinstance(inputs, (list, tuple)) and not any(isinstance(x, dict) for x in inputs)
    return [
        value if isinstance(value, _INPUT_TYPES) else Variable(f"input{number}", value)
        for number, value in enumerate(inputs if is_several else [inputs], start=1)
    ]


def shortened(text: str | Path, limit: int = 60) -> str:
    """Return the beginning of a path that may be of any length, for a message."""
    return str(text) if len(str(text)) <= limit else f"{str(text)[:limit]}…"

"""Inputs that are queries: their rows are read when the job is submitted, into a file of the job.

So the job has no need of the database or its password, goes on without either, and a retry scores the
same rows.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, TypeGuard

from modelop_jupyter import files
from modelop_jupyter.domain.jobs import JobInput, JobKind
from modelop_jupyter.domain.queries import QueryRead, ReadingStep
from modelop_jupyter.errors import InputError, InvalidError
from modelop_jupyter.formats.sql.address import (
    Query,
    is_database_address,
    public_address,
    query_of_address,
)
from modelop_jupyter.jobs.folder import JobFolder
from modelop_jupyter.safe_open import open_regular
from modelop_jupyter.settings import connection_names, connection_url, connection_variable
from modelop_jupyter.workspace.job_request import Input, JobRequest, PathBelow, Stream

# A comment of a .sql file, as the address of a query has ``&key=``.
_KEY = re.compile(r"^\s*--\s*modelop\.key\s*:\s*(\S+)\s*$", re.MULTILINE)
_LONGEST = 1 << 20


def resolved(inputs: Sequence[Input]) -> list[Input]:
    """Return the inputs with the queries that addresses of databases have."""
    return [
        query_of_address(given) if isinstance(given, str) and is_database_address(given) else given
        for given in inputs
    ]


def is_query_file(
    given: Input, *, format: str | None
) -> TypeGuard[str | Path | Stream | PathBelow]:
    """Return whether an input is a .sql file or asset; ``--format`` says that it holds records."""
    return format is None and name_of_file(given).lower().endswith(".sql")


def require_use_of_connection(request: JobRequest) -> None:
    """Raise an error for a connection that is not there, or that no input needs."""
    if request.connection is None:
        return
    connection_url(request.connection)
    if not any(is_query_file(given, format=request.format) for given in request.inputs):
        raise InvalidError(
            f"--connection {request.connection}: no input is a .sql file",
            "Name one with the query, or leave the option out",
        )


def no_connection(name: str) -> InputError:
    """Return the error of a .sql file without the name of a database."""
    known = connection_names()
    variable = connection_variable("NAME")
    hint = f"Set {variable} to an SQLAlchemy address, and add --connection NAME"
    if known:
        hint = (
            f"Add --connection {known[0]}"
            if len(known) == 1
            else (f"Add --connection with one of {', '.join(known)}")
        )
    return InputError(name, "is a query, and no connection to a database is named", hint)


def query_of_file(name: str, path: Path, connection: str) -> Query:
    """Return the query in a .sql file, asked of a named database."""
    try:
        with open_regular(path) as file:
            data = file.read(_LONGEST + 1)
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InputError(name, "is not UTF-8 text") from None
    except FileNotFoundError:
        raise InputError(name, "no such file", f"Relative paths start in {Path.cwd()}") from None
    except OSError as error:
        raise InputError(name, f"cannot be read ({error.strerror or error})") from None
    if len(data) > _LONGEST:
        raise InputError(name, f"has more than {_LONGEST:,} bytes, so it is not read as a query")
    key = _KEY.search(text)
    url = connection_url(connection)
    try:
        public_address(url)
    except InputError as error:
        variable = connection_variable(connection)
        raise InputError(name, f"{variable} is not the address of a database", error.hint) from None
    return Query(name, url, text, key[1] if key else None)


def stage(
    query: Query,
    number: int,
    request: JobRequest,
    folder: JobFolder,
    *,
    progress: Callable[[ReadingStep], None] | None = None,
) -> JobInput:
    """Read the rows of a query into the job's folder; raises :class:`InputError`."""
    from modelop_jupyter.formats.sql.open_query import open_query
    from modelop_jupyter.formats.sql.records import write_frame, write_json_lines

    address = public_address(query.url)
    is_typed = request.kind is not JobKind.BATCH
    path = folder.inputs / f"{number}-query.{'frame' if is_typed else 'json'}"
    started = time.monotonic()
    with open_query(query) as opened:
        if is_typed:
            count = write_frame(opened, path, progress=progress)
        else:
            limit = request.limits.records
            with files.open_private(path, "wb") as target:
                count = write_json_lines(opened, target, limit=limit, progress=progress)
        text, key = opened.text, opened.key
    if count == 0:
        raise InputError(query.name, "the query returns no rows")
    seconds = time.monotonic() - started
    folder.log(
        "info", f"input {query.name}: {count:,} rows of {address} were read in {seconds:.1f} s"
    )
    return JobInput(
        query.name,
        str(path),
        "frame" if is_typed else "json",
        size=path.stat().st_size,
        query=QueryRead(address, text, count, key),
    )


def records(query: Query) -> Iterator[Any]:
    """Yield the rows of a query as records."""
    from modelop_jupyter.formats.sql.open_query import open_query
    from modelop_jupyter.formats.sql.records import records_of

    with open_query(query) as opened:
        yield from records_of(opened)


def name_of_file(given: Input) -> str:
    """Return the name of a single file, an empty text for anything else."""
    if isinstance(given, PathBelow):
        return given.path.name
    if isinstance(given, (Stream, Path)):
        return given.name
    return given if isinstance(given, str) else ""

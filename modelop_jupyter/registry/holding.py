"""Record which place has which bytes, so that no row names bytes that nobody has.

Only where several homes use a registry, or blobs are shared: a home of its own has all that its
registry names.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from itertools import islice
from typing import TYPE_CHECKING, Protocol

import sqlalchemy as sa

from modelop_jupyter.domain.places import Place, SharedFile
from modelop_jupyter.domain.wire import from_wire, to_wire
from modelop_jupyter.registry.tables import held_blobs, places, shared_jobs

if TYPE_CHECKING:
    from modelop_jupyter.domain.jobs import JobRecord
    from modelop_jupyter.domain.models import ModelState

_PER_STATEMENT = 500


class BlobKeeper(Protocol):
    """What puts bytes where those who read the registry can have them."""

    @property
    def place(self) -> Place:
        """Where it puts them."""
        ...

    def keep(self, digests: Collection[str]) -> set[str]:
        """Put bytes there; return which of them were here to put.

        Raises :class:`SharedFilesError` where they cannot be put.
        """
        ...


def digests_of(state: ModelState, lock: str | None = None) -> set[str]:
    """Return what a model or a snapshot names."""
    found = {asset.digest for asset in state.assets}
    return found if lock is None else found | {lock}


def not_held(connection: sa.Connection, digests: Iterable[str], place: Place) -> set[str]:
    """Return which of these bytes a place is not known to have."""
    wanted = set(digests)
    return wanted - {
        digest
        for some in _portions(wanted)
        for digest in connection.scalars(
            sa.select(held_blobs.c.digest).where(
                held_blobs.c.place_id == place.id, held_blobs.c.digest.in_(some)
            )
        )
    }


def record_held(connection: sa.Connection, digests: Iterable[str], place: Place) -> None:
    """Record that a place has these bytes."""
    new = not_held(connection, digests, place)
    if not new:
        return
    _record_place(connection, place)
    rows = [{"digest": digest, "place_id": place.id} for digest in sorted(new)]
    connection.execute(held_blobs.insert(), rows)


def forget_held(connection: sa.Connection, digest: str, place: Place) -> None:
    """Record that a place does not have these bytes after all."""
    connection.execute(
        held_blobs.delete().where(held_blobs.c.digest == digest, held_blobs.c.place_id == place.id)
    )


def places_of(connection: sa.Connection, digests: Iterable[str]) -> dict[str, set[Place]]:
    """Return which places have these bytes, for those that any has."""
    found: dict[str, set[Place]] = {}
    for some in _portions(set(digests)):
        query = sa.select(held_blobs.c.digest, places.c.host, places.c.path).join(places)
        for row in connection.execute(query.where(held_blobs.c.digest.in_(some))):
            found.setdefault(row.digest, set()).add(Place(row.path, row.host or None))
    return found


def share_job(
    connection: sa.Connection, job: JobRecord, files: Iterable[SharedFile], place: Place
) -> None:
    """Record which files of a job are at a shared address, in place of what was recorded before."""
    _record_place(connection, place)
    unshare_job(connection, job.id)
    values = {"job_id": job.id, "place_id": place.id, "files": to_wire(tuple(files))}
    connection.execute(shared_jobs.insert(), values)


def unshare_job(connection: sa.Connection, job_id: str) -> None:
    """Remove the record of a job's shared files."""
    connection.execute(shared_jobs.delete().where(shared_jobs.c.job_id == job_id))


def shared_files(
    connection: sa.Connection, job_id: str
) -> tuple[Place, tuple[SharedFile, ...]] | None:
    """Return the address and the files that are shared of a job, None where none are."""
    query = sa.select(places.c.host, places.c.path, shared_jobs.c.files)
    query = query.select_from(shared_jobs.join(places)).where(shared_jobs.c.job_id == job_id)
    row = connection.execute(query).one_or_none()
    if row is None:
        return None
    return Place(row.path, row.host or None), from_wire(tuple[SharedFile, ...], row.files)


def unshared_jobs(connection: sa.Connection, ids: Iterable[str]) -> set[str]:
    """Return which of these jobs have no shared files."""
    wanted = set(ids)
    return wanted - {
        job
        for some in _portions(wanted)
        for job in connection.scalars(
            sa.select(shared_jobs.c.job_id).where(shared_jobs.c.job_id.in_(some))
        )
    }


def _record_place(connection: sa.Connection, place: Place) -> None:
    is_known = sa.select(places.c.id).where(places.c.id == place.id)
    if connection.scalar(is_known) is None:
        values = {"id": place.id, "host": place.host or "", "path": place.path}
        connection.execute(places.insert(), values)


def _portions(names: Collection[str]) -> Iterator[list[str]]:
    rest = iter(sorted(names))
    while some := list(islice(rest, _PER_STATEMENT)):
        yield some

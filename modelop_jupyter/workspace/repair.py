"""Restore models, snapshots and jobs to the registry from the job folders."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from modelop_jupyter.domain.jobs import JobRecord
from modelop_jupyter.domain.models import Model, Snapshot
from modelop_jupyter.domain.places import described
from modelop_jupyter.domain.plan import Plan
from modelop_jupyter.domain.repairs import Elsewhere, LeftOut, MissingFile, Repair, Sharing
from modelop_jupyter.errors import ConflictError, DamagedJobError, InvalidError
from modelop_jupyter.jobs.folder import JobFolder
from modelop_jupyter.jobs.outcome import Outcome
from modelop_jupyter.jobs.shared_files import share_missing
from modelop_jupyter.registry import BlobStore, Registry
from modelop_jupyter.registry.blobs import blob_name
from modelop_jupyter.registry.opening import shared_folder
from modelop_jupyter.settings import Settings

_UNREADABLE = (DamagedJobError, OSError, ValueError, KeyError, TypeError, AttributeError)


def repair(settings: Settings, registry: Registry, blobs: BlobStore) -> Repair:
    """Record all jobs of a home that are not on record, with their models and snapshots.

    Nothing on record is changed. A model that is not on record becomes what its newest job says.
    What other homes are to find, and do not yet, is shared. Nothing that is shared is ever removed.
    """
    jobs = settings.jobs
    shared_before = _shared_now(settings, registry)
    plans, left_out = _plans(jobs, blobs)
    models: list[str] = []
    snapshots: list[str] = []
    restored_jobs: list[str] = []
    for plan in sorted(plans, key=_modified, reverse=True):
        job, snapshot, unreadable = _with_outcome(plan, JobFolder(jobs / plan.id))
        left_out += unreadable
        parts: list[tuple[Model, Snapshot, JobRecord | None]] = [(plan.model, snapshot, job)]
        if plan.reference is not None and plan.reference_model is not None:
            parts.append((plan.reference_model, plan.reference, None))
        for model, taken, record in parts:
            try:
                restored = registry.restore(model, taken, record)
            except (ConflictError, InvalidError) as error:
                left_out.append(LeftOut(plan.id, error.message))
                continue
            models += [model.name] * restored.model
            snapshots += [taken.ref] * restored.snapshot
            restored_jobs += [plan.id] * restored.job
    shared = _share(settings, registry, shared_before)
    missing, elsewhere, unclaimed = _stored(registry, blobs)
    return Repair(
        models=tuple(sorted(models)),
        snapshots=tuple(sorted(snapshots)),
        jobs=tuple(restored_jobs),
        left_out=tuple(left_out),
        missing=missing,
        unclaimed=unclaimed,
        sharing=replace(shared, elsewhere=elsewhere) if shared else None,
    )


def _modified(plan: Plan) -> tuple[datetime, float]:
    return plan.model.modified, plan.created


def _plans(jobs: Path, blobs: BlobStore) -> tuple[list[Plan], list[LeftOut]]:
    plans, left_out = [], []
    for path in sorted(jobs.iterdir()) if jobs.is_dir() else ():
        if path.name.startswith(".") or not path.is_dir():
            continue
        try:
            plan = JobFolder(path).read(Plan)
            for asset in plan.snapshot.state.assets if plan else ():
                blobs.path(asset.digest)
        except _UNREADABLE:
            left_out.append(LeftOut(path.name, "its plan.json cannot be read"))
            continue
        if plan is None:
            left_out.append(LeftOut(path.name, "it has no plan.json"))
        elif plan.id != path.name:
            left_out.append(LeftOut(path.name, f"its plan.json is that of job {plan.id}"))
        else:
            plans.append(plan)
    return plans, left_out


def _with_outcome(plan: Plan, folder: JobFolder) -> tuple[JobRecord, Snapshot, list[LeftOut]]:
    """Return the job with its end, and the snapshot with the lock that the job ran with."""
    try:
        outcome = folder.read(Outcome)
    except _UNREADABLE:
        # How it ended is found out when the job is read next.
        return plan.record, plan.snapshot, [LeftOut(plan.id, "its outcome.json cannot be read")]
    if outcome is None:
        return plan.record, plan.snapshot, []
    lock = plan.snapshot.lock or outcome.lock
    return outcome.applied_to(plan.record), replace(plan.snapshot, lock=lock), []


def _stored(
    registry: Registry, blobs: BlobStore
) -> tuple[tuple[MissingFile, ...], tuple[Elsewhere, ...], int]:
    """Return the files of models and snapshots that nobody has, and those that others have.

    The number is that of other files that are stored here.
    """
    claimed: set[str] = set()
    absent: dict[tuple[str, str], MissingFile] = {}
    for owner, path, digest in _files(registry):
        claimed.add(digest)
        if not blobs.path(digest).is_file():
            absent.setdefault((path, digest), MissingFile(owner, path, digest))
    places = registry.places_of(file.digest for file in absent.values())
    missing = tuple(file for file in absent.values() if file.digest not in places)
    elsewhere = tuple(
        Elsewhere(file.owner, file.path, described(places[file.digest]))
        for file in absent.values()
        if file.digest in places
    )
    stored = {f"sha256:{path.name}" for path in blobs.root.glob("??/??/*") if len(path.name) == 64}
    return missing, elsewhere, len(stored - claimed)


def _shared_now(settings: Settings, registry: Registry) -> set[str]:
    """Return which files of models and snapshots other homes find where homes share them."""
    shared = shared_folder(settings)
    if shared is None:
        return set()
    places = registry.places_of(digest for _, _, digest in _files(registry))
    return {digest for digest, having in places.items() if shared.place in having}


def _share(settings: Settings, registry: Registry, before: set[str]) -> Sharing | None:
    """Put what this home has where other homes find it; return what; None where there are none.

    What is there by name and size is trusted; the registry is told of what is not.
    """
    shared, claimed = shared_folder(settings), {digest for _, _, digest in _files(registry)}
    if shared is None:
        registry.hold(claimed)
        return Sharing() if settings.is_shared else None
    there = shared.sizes("blobs")
    lost = {
        digest
        for digest in _shared_now(settings, registry)
        if not _is_there(digest, there, settings)
    }
    for digest in lost:
        registry.forget_held(digest, shared.place)
    registry.hold(claimed)
    own = [job for job in registry.list_jobs(limit=None) if job.status.is_done]
    jobs = tuple(share_missing(own, settings, registry))
    new = _shared_now(settings, registry) - (before - lost)
    return Sharing(blobs=len(new), jobs=jobs)


def _is_there(digest: str, there: Mapping[str, int | None], settings: Settings) -> bool:
    """Return whether an object is there, with the size that the bytes here have, if they are."""
    name = blob_name(digest)
    if name not in there:
        return False
    try:
        size = BlobStore(settings.blobs).path(digest).stat().st_size
    except OSError:
        return True
    return there[name] in (None, size)


def _files(registry: Registry) -> Iterator[tuple[str, str, str]]:
    for model in registry.list_models():
        owners: list[Model | Snapshot] = [*registry.list_snapshots(model.name), model]
        for owner in owners:
            name = owner.ref if isinstance(owner, Snapshot) else owner.name
            for asset in owner.state.assets:
                yield name, asset.path, asset.digest
            if owner.lock is not None:
                yield name, "its lock", owner.lock

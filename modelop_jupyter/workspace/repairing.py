"""Make the list of models, snapshots and jobs anew of what the job folders tell."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from modelop_jupyter.domain.jobs import JobRecord
from modelop_jupyter.domain.models import Model, Snapshot
from modelop_jupyter.domain.repairs import LeftOut, MissingFile, Repair
from modelop_jupyter.domain.wire import from_wire
from modelop_jupyter.errors import ConflictError, DamagedJobError, InvalidError
from modelop_jupyter.jobs.folder import JobFolder
from modelop_jupyter.jobs.outcome import Outcome
from modelop_jupyter.jobs.plan import Plan
from modelop_jupyter.registry import BlobStore, Registry

_UNREADABLE = (DamagedJobError, OSError, ValueError, KeyError, TypeError, AttributeError)


def repair(jobs: Path, registry: Registry, blobs: BlobStore) -> Repair:
    """Record what is not on record of all jobs below a folder; nothing on record is changed.

    Of a model that is not on record, the job that saw it last knows best what it was.
    """
    plans, left_out = _plans(jobs, blobs)
    models: list[str] = []
    snapshots: list[str] = []
    found: list[str] = []
    for plan in sorted(plans, key=_age, reverse=True):
        job, snapshot, odd = _as_it_stands(plan, JobFolder(jobs / plan.id))
        left_out += odd
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
            found += [plan.id] * restored.job
    missing, unclaimed = _stored(registry, blobs)
    return Repair(
        models=tuple(sorted(models)),
        snapshots=tuple(sorted(snapshots)),
        jobs=tuple(found),
        left_out=tuple(left_out),
        missing=missing,
        unclaimed=unclaimed,
    )


def _age(plan: Plan) -> tuple[datetime, float]:
    return plan.model.modified, plan.created


def _plans(jobs: Path, blobs: BlobStore) -> tuple[list[Plan], list[LeftOut]]:
    plans, left_out = [], []
    for path in sorted(jobs.iterdir()) if jobs.is_dir() else ():
        if path.name.startswith(".") or not path.is_dir():
            continue
        try:
            message = JobFolder(path).read("plan.json")
            plan = None if message is None else from_wire(Plan, message)
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


def _as_it_stands(plan: Plan, folder: JobFolder) -> tuple[JobRecord, Snapshot, list[LeftOut]]:
    """Return the job with its end, and the snapshot with the lock that the job ran with."""
    try:
        message = folder.read("outcome.json")
        outcome = None if message is None else from_wire(Outcome, message)
    except _UNREADABLE:
        # Whoever looks at the job next says how it ended.
        return plan.record, plan.snapshot, [LeftOut(plan.id, "its outcome.json cannot be read")]
    if outcome is None:
        return plan.record, plan.snapshot, []
    lock = plan.snapshot.lock or outcome.lock
    return outcome.applied_to(plan.record), dataclasses.replace(plan.snapshot, lock=lock), []


def _stored(registry: Registry, blobs: BlobStore) -> tuple[tuple[MissingFile, ...], int]:
    """Return the files of models and snapshots that are not stored, and how many others are."""
    claimed: set[str] = set()
    missing: dict[tuple[str, str], MissingFile] = {}
    for owner, path, digest in _files(registry):
        claimed.add(digest)
        if not blobs.path(digest).is_file():
            missing.setdefault((path, digest), MissingFile(owner, path, digest))
    stored = {f"sha256:{path.name}" for path in blobs.root.glob("??/??/*") if len(path.name) == 64}
    return tuple(missing.values()), len(stored - claimed)


def _files(registry: Registry) -> Iterator[tuple[str, str, str]]:
    for model in registry.list_models():
        owners: list[Model | Snapshot] = [*registry.list_snapshots(model.name), model]
        for owner in owners:
            name = owner.ref if isinstance(owner, Snapshot) else owner.name
            for asset in owner.state.assets:
                yield name, asset.path, asset.digest
            if owner.lock is not None:
                yield name, "its lock", owner.lock

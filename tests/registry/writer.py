"""Write to a registry from a process of its own: ``writer.py URL HOME NAME COUNT``.

Each time round, registers NAME anew, takes a snapshot of it, runs a job on it, and does the same
to a model that all writers share; says the number of the round once it is recorded.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path

from modelop_jupyter.domain.assets import Asset
from modelop_jupyter.domain.jobs import JobKind, JobRecord, JobResult, JobStatus
from modelop_jupyter.domain.models import ModelState
from modelop_jupyter.domain.roles import AssetRole
from modelop_jupyter.registry import BlobStore, Draft, Registry


def write(registry: Registry, blobs: BlobStore, model: str, job_id: str, text: str) -> None:
    now = datetime.now(timezone.utc)
    digest = blobs.put(text.encode())
    asset = Asset("text.txt", AssetRole.UNKNOWN, digest, len(text))
    registry.change_model(model, lambda _: Draft(ModelState((asset,))), now=now)
    snapshot, _ = registry.take_snapshot(model, now=now)
    job = JobRecord(
        job_id, JobKind.BATCH, model, snapshot.number, JobStatus.CREATED, JobResult.UNKNOWN, now
    )
    registry.add_job(job)
    registry.finish_job(replace(job, status=JobStatus.COMPLETE, ended=now))


def main(url: str, home: str, name: str, count: str) -> None:
    blobs = BlobStore(Path(home) / "blobs")
    for number in range(int(count)):
        with Registry.open(url, Path(home)) as registry:
            for again in range(5):
                turn = f"{number * 5 + again:05}"
                write(registry, blobs, name, f"{name}-{turn}", f"{name} {turn}")
                write(registry, blobs, "shared", f"{name}-shared-{turn}", turn)
                print(turn, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])

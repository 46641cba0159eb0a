"""Execute verbs of a registry in a process of its own: ``verbs.py URL HOME``, one JSON line each.

A line is the verb and its arguments; the answer is what it says of the model, or the error's code.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from modelop_jupyter.domain.assets import Asset, digest_of
from modelop_jupyter.domain.jobs import JobKind, JobRecord, JobResult, JobStatus
from modelop_jupyter.domain.models import Model, ModelState
from modelop_jupyter.domain.roles import AssetRole
from modelop_jupyter.errors import ModelNotFoundError, ModelOpError
from modelop_jupyter.registry import Draft, Registry

State = dict[str, str]


def now() -> datetime:
    return datetime.now(timezone.utc)


def with_file(before: Model | None, path: str, text: str) -> Draft:
    state = before.state if before else ModelState()
    others = [each for each in state.assets if each.path != path]
    asset = Asset(path, AssetRole.UNKNOWN, digest_of(text.encode()), len(text))
    return Draft(replace(state, assets=(*others, asset)))


def without_file(before: Model | None, path: str) -> Draft:
    if before is None:
        raise ModelNotFoundError("it")
    kept = tuple(each for each in before.state.assets if each.path != path)
    return Draft(replace(before.state, assets=kept))


def add(registry: Registry, name: str, path: str, text: str) -> None:
    registry.change_model(name, lambda before: with_file(before, path, text), now=now())


def drop(registry: Registry, name: str, path: str) -> None:
    registry.change_model(name, lambda before: without_file(before, path), now=now())


def tag(registry: Registry, name: str, word: str) -> None:
    def make(before: Model | None) -> Draft:
        if before is None:
            raise ModelNotFoundError(name)
        return Draft(before.state, tags=tuple(sorted({*before.tags, word})))

    registry.change_model(name, make, now=now())


def remove(registry: Registry, name: str) -> None:
    registry.remove_model(name)


def snapshot(registry: Registry, name: str) -> int:
    return registry.take_snapshot(name, now=now())[0].number


def lock(registry: Registry, name: str, digest: str) -> str:
    return registry.set_lock(registry.get_snapshot(name), digest)


def run(registry: Registry, name: str, job: str) -> None:
    number = registry.get_snapshot(name).number
    record = JobRecord(
        job, JobKind.BATCH, name, number, JobStatus.WAITING, JobResult.UNKNOWN, now()
    )
    registry.add_job(record)
    registry.finish_job(replace(record, status=JobStatus.COMPLETE))


def tell(registry: Registry, prefix: str) -> dict[str, Any]:
    """Return what is on record under names that begin so."""
    found = {}
    for model in registry.list_models():
        if not model.name.startswith(prefix):
            continue
        files = {each.path: each.digest for each in model.state.assets}
        numbers = [each.number for each in registry.list_snapshots(model.name)]
        found[model.name] = {
            "files": files,
            "tags": list(model.tags),
            "snapshots": max(numbers, default=0),
        }
    ended = [job.id for job in registry.list_jobs(limit=None) if job.status.is_done]
    return {"models": found, "jobs": sorted(each for each in ended if each.startswith(prefix))}


VERBS: dict[str, Callable[..., Any]] = {
    each.__name__: each for each in (add, drop, tag, remove, snapshot, lock, run, tell)
}


def main(url: str, home: str) -> None:
    with Registry.open(url, Path(home)) as registry:
        for line in sys.stdin:
            verb, *arguments = json.loads(line)
            try:
                answer = {"answer": VERBS[verb](registry, *arguments)}
            except ModelOpError as error:
                answer = {"error": error.code}
            print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])

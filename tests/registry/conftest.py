"""Real databases and blob stores in a folder of the test's own."""

from __future__ import annotations

import contextlib
import itertools
import resource
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path

import pytest

from modelop_jupyter.domain.assets import Asset, digest_of
from modelop_jupyter.domain.jobs import JobKind, JobRecord, JobResult, JobStatus
from modelop_jupyter.domain.models import EntryPoints, ModelState
from modelop_jupyter.domain.roles import role_for
from modelop_jupyter.registry import BlobStore, Registry

from .saving import save_model

NOW = datetime(2026, 11, 22, 23, 15, 44, 255113, tzinfo=timezone.utc)


@dataclass(frozen=True)
class Make:
    """Nouns with few words."""

    def state(self, *, score: str | None = "predict", python: str | None = None, **files: str):
        """``model__py="text"`` is a file ``model.py`` of that text."""
        assets = []
        for name, text in files.items():
            path = name.replace("__", ".")
            assets.append(Asset(path, role_for(path), digest_of(text.encode()), len(text)))
        return ModelState(tuple(assets), None, EntryPoints(score=score), python)

    def job(self, job_id: str, model: str = "churn", snapshot: int = 1, **fields: object):
        required = {
            "kind": JobKind.BATCH,
            "status": JobStatus.CREATED,
            "result": JobResult.UNKNOWN,
            "created": NOW,
        }
        return JobRecord(id=job_id, model=model, snapshot=snapshot, **{**required, **fields})


@pytest.fixture
def make() -> Make:
    return Make()


@pytest.fixture
def now() -> datetime:
    return NOW


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def url(home: Path) -> str:
    return f"sqlite:///{home / 'registry.db'}"


@pytest.fixture
def registry(url: str, home: Path) -> Iterator[Registry]:
    """An empty registry whose ids count: ``id-1``, ``id-2``…"""
    counter = itertools.count(1)
    with Registry.open(url, home, new_id=lambda: f"id-{next(counter)}") as opened:
        yield opened


@pytest.fixture
def churn(registry: Registry, make: Make) -> Registry:
    """A registry that holds the model churn and its snapshot churn@1."""
    save_model(registry, "churn", make.state(model__py="def predict(x): ..."), now=NOW)
    registry.take_snapshot("churn", now=NOW)
    return registry


@pytest.fixture
def blobs(home: Path) -> BlobStore:
    return BlobStore(home / "blobs")


@pytest.fixture
def file_limit() -> Callable[[int], contextlib.AbstractContextManager[None]]:
    """Let no file grow past a number of bytes, as a full disk would."""

    @contextlib.contextmanager
    def limit(size: int) -> Iterator[None]:
        before = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
        try:
            yield
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)

    return limit

"""Whatever the nouns can hold comes back equal."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, timezone
from uuid import uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modelop_jupyter.domain.assets import Asset
from modelop_jupyter.domain.environments import LockedPackage, Proof
from modelop_jupyter.domain.job_options import JobOptions
from modelop_jupyter.domain.jobs import (
    Counts,
    JobError,
    JobInput,
    JobKind,
    JobRecord,
    JobResult,
    JobStatus,
)
from modelop_jupyter.domain.models import EntryPoints, ModelState
from modelop_jupyter.domain.queries import QueryRead
from modelop_jupyter.domain.roles import AssetRole
from modelop_jupyter.registry import Registry

from .saving import save_model

texts = st.text(max_size=20)
optional = st.none() | texts
counts = st.integers(0, 2**53)
digests = st.text("0123456789abcdef", min_size=64, max_size=64).map("sha256:".__add__)
zones = st.integers(-14 * 60, 14 * 60).map(lambda m: timezone(timedelta(minutes=m)))
moments = st.datetimes(datetime(1970, 1, 2), datetime(2999, 1, 1), timezones=zones)
assets = st.builds(Asset, texts, st.sampled_from(AssetRole), digests, counts)
states = st.builds(
    ModelState,
    st.lists(assets, max_size=4, unique_by=lambda asset: asset.path).map(tuple),
    optional,
    st.builds(EntryPoints, optional, optional, optional, optional),
    optional,
)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=5,
)
mappings = st.dictionaries(texts, values, max_size=3)
queries = st.builds(QueryRead, texts, texts, counts, optional)
inputs = st.builds(
    JobInput, texts, texts, texts, st.none() | counts, optional, query=st.none() | queries
)
packages = st.lists(st.builds(LockedPackage, texts, texts), max_size=2).map(tuple)
names = st.lists(texts, max_size=2).map(tuple)
proofs = st.builds(
    Proof,
    texts,
    texts,
    texts,
    names,
    packages,
    names,
    names,
    names,
    counts,
    lock_digest=texts,
    is_isolated=st.booleans(),
)
details = mappings.filter(lambda found: not found.keys() & {"code", "message", "hint"})
records = st.builds(
    JobRecord,
    id=st.just(""),
    kind=st.sampled_from(JobKind),
    model=st.just("churn"),
    snapshot=st.just(1),
    status=st.sampled_from(JobStatus),
    result=st.sampled_from(JobResult),
    created=moments,
    started=st.none() | moments,
    ended=st.none() | moments,
    inputs=st.lists(inputs, max_size=2).map(tuple),
    output=optional,
    parameters=mappings,
    options=st.builds(JobOptions, mappings),
    counts=st.builds(Counts, counts, counts, counts, counts, counts),
    messages=st.lists(texts, max_size=3).map(tuple),
    environment=optional,
    packages=st.none() | st.integers(0, 10_000),
    error=st.none() | st.builds(JobError, texts, texts, st.none() | texts, details),
    proof=st.none() | proofs,
)


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    """One registry for all examples."""
    home = tmp_path_factory.mktemp("home")
    with Registry.open(f"sqlite:///{home}/registry.db", home) as registry:
        now = datetime(2026, 1, 1, tzinfo=timezone.utc)
        save_model(registry, "churn", ModelState(), now=now)
        registry.take_snapshot("churn", now=now)
        yield registry


@settings(deadline=None, max_examples=60)
@given(state=states, description=texts, tags=st.lists(texts, max_size=3), now=moments)
def test_a_model_comes_back_equal(shared, state, description, tags, now):
    """State, words and dates, in whatever time zone they were."""
    name = f"model-{uuid4()}"  # examples repeat themselves
    saved = save_model(shared, name, state, description=description, tags=tags, now=now).model
    found = shared.get_model(name)
    again = save_model(shared, name, state, description=description, tags=tags, now=now)

    assert found == saved
    assert (found.state, found.description, found.tags) == (state, description, tuple(tags))
    assert found.state.digest == state.digest
    assert again.changes == ()


@settings(deadline=None, max_examples=60)
@given(state=states, now=moments)
def test_a_snapshot_comes_back_equal(shared, state, now):
    """It is the one that was taken, of the same content."""
    name = f"model-{uuid4()}"
    save_model(shared, name, state, now=now)
    taken, _ = shared.take_snapshot(name, now=now)
    found = shared.get_snapshot(name, taken.number)

    assert found == taken
    assert found.state.digest == state.digest
    assert shared.take_snapshot(name, now=now) == (taken, False)


@settings(deadline=None, max_examples=60)
@given(record=records)
def test_a_job_comes_back_equal(shared, record):
    """By its id, and with moments that are aware and in UTC."""
    record = replace(record, id=str(uuid4()))  # examples repeat themselves
    shared.add_job(record)
    found = shared.get_job(record.id)

    assert found == record
    assert found.created.tzinfo is timezone.utc

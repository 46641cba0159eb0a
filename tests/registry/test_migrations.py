"""Every schema that was released can be brought to this one, and gives what it held."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from modelop_jupyter.domain.deployments import DeploymentOptions
from modelop_jupyter.domain.job_options import JobOptions
from modelop_jupyter.domain.jobs import Counts, JobError, JobInput, JobKind, JobResult, JobStatus
from modelop_jupyter.registry import Registry
from modelop_jupyter.registry.database import migrations_config
from modelop_jupyter.registry.tables import REVISION, create_tables, metadata

from .saving import save_model

STORED = Path(__file__).parents[1] / "data" / "registry"
REVISIONS = sorted(path.stem for path in STORED.glob("*.sql"))


def test_the_newest_migration_is_the_one_named_in_tables():
    """Opening compares with that name instead of asking Alembic."""
    scripts = ScriptDirectory.from_config(migrations_config())

    assert scripts.get_current_head() == REVISION


def test_every_released_schema_is_stored():
    """A new revision comes with a database of its own, made by the program that released it."""
    scripts = ScriptDirectory.from_config(migrations_config())

    assert sorted(script.revision for script in scripts.walk_revisions()) == REVISIONS


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)])
def engines(request, tmp_path):
    """Two empty databases of one kind."""
    if request.param == "sqlite":
        urls = [f"sqlite:///{tmp_path / name}.db" for name in ("new", "migrated")]
    else:
        postgres = request.getfixturevalue("postgres")
        urls = [postgres.new(), postgres.new()]
    engines = [sa.create_engine(url) for url in urls]
    yield engines
    for engine in engines:
        engine.dispose()


def described(connection):
    """Return the tables of a database with all that belongs to them, in no order of making."""
    inspector = sa.inspect(connection)
    return {
        table: (
            [{**column, "type": str(column["type"])} for column in inspector.get_columns(table)],
            inspector.get_pk_constraint(table),
            sorted(inspector.get_foreign_keys(table), key=str),
            sorted(inspector.get_unique_constraints(table), key=str),
            sorted(inspector.get_indexes(table), key=str),
            sorted(inspector.get_check_constraints(table), key=str),
        )
        for table in inspector.get_table_names()
    }


def test_the_migrations_make_the_tables(engines):
    """Whoever goes through all of them ends with the tables that a new registry begins with."""
    new, migrated = engines
    with new.begin() as connection:
        create_tables(connection)
        expected = described(connection)
    with migrated.begin() as connection:
        command.upgrade(migrations_config(connection), "head")
        found = described(connection)
        differences = compare_metadata(MigrationContext.configure(connection), metadata)
        revision = MigrationContext.configure(connection).get_current_revision()

    assert found == expected
    assert differences == []
    assert revision == REVISION


def test_a_new_registry_needs_no_migration(registry):
    """Alembic finds its tables and its revision."""
    with registry._database.reading() as connection:
        context = MigrationContext.configure(connection)
        differences, revision = compare_metadata(context, metadata), context.get_current_revision()

    assert (differences, revision) == ([], REVISION)


@pytest.fixture(params=REVISIONS)
def migrated(request, home, url):
    """A registry opened on the stored database of one revision."""
    home.mkdir()
    with closing(sqlite3.connect(home / "registry.db")) as connection:
        connection.executescript((STORED / f"{request.param}.sql").read_text())
    with Registry.open(url, home) as registry:
        yield registry


def test_models_survive(migrated, make, now):
    """Name, state, words and dates are those that were recorded; the removed one stays removed."""
    (model,) = migrated.list_models()

    assert (model.name, model.description, model.tags) == ("churn", "Who leaves", ("demo", "é"))
    assert model.state == make.state(python="3.8", model__py="v2", requirements__txt="six\n")
    assert (model.created, model.modified) == (now, now)
    assert model.notebook == ""


def test_snapshots_survive(migrated, make):
    """Their numbers, states and locks are kept for ever (spec 8.2)."""
    second, first = migrated.list_snapshots("churn")

    assert (second.ref, second.lock, second.name) == ("churn@2", None, "churn-20261122_2315")
    assert (first.ref, first.lock, first.name) == ("churn@1", "sha256:lock", "before the audit")
    assert first.state == make.state(model__py="v1")


def test_a_model_as_it_was_at_a_snapshot_gets_its_lock(home, url):
    """A model of 0001 had no lock of its own; its environment must not change by the upgrade."""
    home.mkdir()
    with closing(sqlite3.connect(home / "registry.db")) as connection:
        connection.executescript((STORED / "0001.sql").read_text())
        connection.execute("update snapshots set lock = 'sha256:two' where number = 2")
        connection.commit()

    with Registry.open(url, home) as registry:
        assert registry.get_model("churn").lock == "sha256:two"


def test_jobs_survive(migrated, make, now):
    """Every field of a finished job, and one of a removed model."""
    done, other = migrated.list_jobs()

    assert other == make.job("11111111-aaaa", model="gone")
    assert done == make.job(
        "22222222-bbbb",
        snapshot=2,
        kind=JobKind.METRICS,
        status=JobStatus.COMPLETE,
        result=JobResult.SUCCESS,
        started=now,
        ended=now,
        inputs=(JobInput("scored.csv", "/data/scored.csv", "csv", 12, "sha256:1"),),
        output="/data/out.json",
        parameters={"threshold": 0.5},
        options=JobOptions({"limit": 3}),
        counts=Counts(5, 2, 2, 1, 2),
        messages=("état",),
        environment="abc",
        packages=12,
        error=JobError(details={"stage": "init"}),
    )


def test_a_migrated_registry_can_be_written(migrated, make, now):
    """It goes on where it was."""
    save_model(migrated, "churn", make.state(model__py="v3"), now=now)

    assert migrated.take_snapshot("churn", now=now)[0].ref == "churn@3"


@pytest.mark.parametrize("migrated", ["0006"], indirect=True)
def test_checks_survive(migrated, now):
    """The report of a check, with its finding and what mends it."""
    report = migrated.newest_check(migrated.get_model("churn"))

    assert (report.ref, report.checked, report.sample) == ("churn@2", now, "in.json")
    assert [topic.state for topic in report.topics] == ["passed", "warned"]
    (finding,) = report.topics[1].findings
    assert (finding.file, finding.line, finding.remedies[0].text) == ("model.py", 3, "Seed")
    assert report.command == ("check", "churn", "in.json")


@pytest.mark.parametrize("migrated", ["0007"], indirect=True)
def test_deployments_survive(migrated, now):
    """What answers requests, with its options."""
    (record,) = migrated.list_deployments()

    assert (record.id, record.ref, record.previous) == ("33333333-cccc", "churn@2", 1)
    assert record.options == DeploymentOptions(port=8010, replicas=None, capture="/data/seen.jsonl")
    assert (record.created, record.stopped, record.home) == (now, None, None)


@pytest.mark.parametrize("migrated", ["0008"], indirect=True)
def test_metadata_authors_and_origins_survive(migrated):
    """What the user says of a model, who made what, and where the source came from."""
    model, snapshot = migrated.get_model("churn"), migrated.get_snapshot("churn", 2)

    assert (dict(model.meta), model.created_by, model.modified_by) == (
        {"owner": "risk", "tier": 1},
        "ada",
        "grace",
    )
    assert snapshot.origin == model.origin
    assert (snapshot.origin.git.commit, snapshot.origin.functions[0].cell) == ("c0ffee", "a1")

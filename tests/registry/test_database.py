"""The database is made when first opened, and what keeps it from being used is said plainly."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from modelop_jupyter.errors import HomeError, RegistryError
from modelop_jupyter.registry import Registry, database

from .saving import save_model


def sqlite(home: Path, statement: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(home / "registry.db")) as connection:
        rows = connection.execute(statement).fetchall()
        connection.commit()
        return rows


def python(*args: str) -> str:
    """Run python apart, and return what it printed."""
    done = subprocess.run(
        [sys.executable, "-W", "error", *args], capture_output=True, text=True, check=True
    )
    return done.stdout


def modules_of(statement: str) -> set[str]:
    return set(python("-c", f"import sys; {statement}; print(*sys.modules)").split())


def test_opening_makes_the_home(registry, home):
    """Nothing has to be prepared."""
    assert registry.list_models() == []
    assert (home / "registry.db").is_file()


def test_what_was_recorded_is_there_when_opened_again(churn, url, home):
    """The registry is the file, not the object."""
    model = churn.get_model("churn")
    churn.close()
    with Registry.open(url, home) as again:
        found = again.get_model("churn")

    assert found == model


def test_closing_leaves_one_file(churn, home):
    """A home can be copied when nothing runs: SQLite's log is folded in."""
    churn.close()

    assert [path.name for path in home.glob("registry.db*")] == ["registry.db"]


def test_sqlite_keeps_a_write_ahead_log(registry, home):
    """Readers do not wait for a writer."""
    assert sqlite(home, "pragma journal_mode") == [("wal",)]


def test_foreign_keys_hold(churn):
    """A snapshot without its model cannot be."""
    with churn._database.reading() as connection:
        on = connection.exec_driver_sql("pragma foreign_keys").scalar()
        synchronous = connection.exec_driver_sql("pragma synchronous").scalar()

    assert (on, synchronous) == (1, 2)


def test_importing_the_room_loads_no_sqlalchemy():
    """Import of SQLAlchemy waits until the registry is first used (issue 2)."""
    loaded = modules_of("from modelop_jupyter.registry import BlobStore")

    assert "modelop_jupyter.registry.blobs" in loaded
    assert not loaded & {"sqlalchemy", "alembic", "filelock"}


def test_making_a_registry_loads_no_alembic(url, home):
    """The tables are made as they are now: a first command does not wait for their history."""
    loaded = modules_of(
        "from pathlib import Path; from modelop_jupyter.registry import Registry;"
        f"Registry.open({url!r}, Path({str(home)!r})).close()"
    )

    assert "sqlalchemy" in loaded
    assert "alembic" not in loaded


def test_opening_an_existing_registry_loads_no_alembic(churn, url, home):
    """One query tells that the tables are up to date."""
    loaded = modules_of(
        "from pathlib import Path; from modelop_jupyter.registry import Registry;"
        f"Registry.open({url!r}, Path({str(home)!r})).close()"
    )

    assert "sqlalchemy" in loaded
    assert not loaded & {"alembic", "filelock"}


def test_a_newer_database_is_refused(registry, url, home):
    """An older program must not write what it does not understand."""
    registry.close()
    sqlite(home, "update alembic_version set version_num = '9999'")

    with pytest.raises(RegistryError, match=r"newer modelop-jupyter wrote it .*9999.*Upgrade"):
        Registry.open(url, home)


def test_another_programs_database_is_refused(registry, url, home):
    """MLflow, for one, marks its database in the same table."""
    registry.close()
    sqlite(home, "update alembic_version set version_num = 'f5a4f2784254'")

    with pytest.raises(RegistryError, match="another program made its tables"):
        Registry.open(url, home)


def test_a_file_that_is_no_database_is_refused_and_kept(url, home):
    """It may be somebody's only copy of something."""
    home.mkdir()
    (home / "registry.db").write_text("Dear diary, " * 1000)

    with pytest.raises(RegistryError, match=r"file is not a database\. Restore it from a copy"):
        Registry.open(url, home)
    assert (home / "registry.db").read_text() == "Dear diary, " * 1000


def test_a_damaged_database_is_named(churn, url, home):
    """Overwritten pages are found when they are read."""
    churn.close()
    file = home / "registry.db"
    size = file.stat().st_size
    with file.open("r+b") as damaged:
        damaged.seek(4096)
        damaged.write(b"\xa5" * (size - 4096))

    with pytest.raises(RegistryError, match=r"malformed\. Restore it from a copy"):
        Registry.open(url, home)


def test_a_home_that_is_a_file_is_refused(tmp_path):
    """MODELOP_HOME may be mistyped."""
    (tmp_path / "home").write_text("")

    with pytest.raises(HomeError, match="it is not a folder"):
        Registry.open(f"sqlite:///{tmp_path}/home/registry.db", tmp_path / "home")


def test_a_home_that_cannot_be_made_is_refused(ordinary_user):
    """A home folder that is not writable is one sentence (issue 2)."""
    ordinary_user.chmod(0o555)
    home = ordinary_user / "home"

    with pytest.raises(HomeError, match=r"permission denied\. Make it writable"):
        Registry.open(f"sqlite:///{home}/registry.db", home)


def test_an_empty_home_that_cannot_be_written_is_refused(ordinary_user):
    """The same, where the folder is there."""
    ordinary_user.chmod(0o555)

    with pytest.raises(HomeError, match="cannot be used: it is not writable"):
        Registry.open(f"sqlite:///{ordinary_user}/registry.db", ordinary_user)


def test_a_registry_that_cannot_be_written_is_refused(ordinary_user, make, now):
    """A file that somebody made read-only can be read, and says so when written."""
    url = f"sqlite:///{ordinary_user}/registry.db"
    with Registry.open(url, ordinary_user) as registry:
        save_model(registry, "churn", make.state(), now=now)
    (ordinary_user / "registry.db").chmod(0o444)

    with Registry.open(url, ordinary_user) as registry:
        assert registry.model_names() == ["churn"]
        with pytest.raises(RegistryError, match=r"registry\.db cannot be used: it is not writable"):
            registry.remove_model("churn")


def test_a_home_that_became_read_only_can_be_read(ordinary_user, make, now):
    """What is there is shown; what would change it says why it cannot (issue 11)."""
    url = f"sqlite:///{ordinary_user}/registry.db"
    with Registry.open(url, ordinary_user) as registry:
        save_model(registry, "churn", make.state(), now=now)
    ordinary_user.chmod(0o555)

    with Registry.open(url, ordinary_user) as registry:
        assert registry.model_names() == ["churn"]
        with pytest.raises(HomeError, match="cannot be used: it is not writable"):
            registry.remove_model("churn")


def test_a_home_that_becomes_writable_again_is_written(ordinary_user, make, now):
    """A server that was started meanwhile need not be started again."""
    url = f"sqlite:///{ordinary_user}/registry.db"
    with Registry.open(url, ordinary_user) as registry:
        save_model(registry, "churn", make.state(), now=now)
    ordinary_user.chmod(0o555)
    with Registry.open(url, ordinary_user) as registry:
        before = registry.model_names()
        ordinary_user.chmod(0o755)
        save_model(registry, "again", make.state(), now=now)
        after = registry.model_names()

    assert (before, after) == (["churn"], ["again", "churn"])


def test_what_only_the_log_holds_is_read_in_a_read_only_home(ordinary_user, make, now):
    """A process that still has the registry open leaves its log; nothing of it is passed over."""
    url = f"sqlite:///{ordinary_user}/registry.db"
    with Registry.open(url, ordinary_user) as writer:
        save_model(writer, "churn", make.state(), now=now)
        ordinary_user.chmod(0o555)
        with Registry.open(url, ordinary_user) as reader:
            names = reader.model_names()

    assert names == ["churn"]


def test_a_database_that_stays_locked_is_named(churn, url, home, monkeypatch):
    """A program that holds the file for longer than writers wait is an error, not a hang."""
    monkeypatch.setattr(database, "BUSY_SECONDS", 0.05)
    with (
        closing(sqlite3.connect(home / "registry.db")) as other,
        Registry.open(url, home) as registry,
    ):
        other.execute("begin immediate")
        names = registry.model_names()

        assert names == ["churn"]
        with pytest.raises(RegistryError, match=r"locked.*no other program locks the file"):
            registry.remove_model("churn")


def test_a_full_disk_is_named_and_changes_nothing(churn, make, now, file_limit):
    """A home folder that is full is one sentence, nothing changed (issue 2)."""
    before = churn.get_model("churn")
    with file_limit(8192), pytest.raises(HomeError, match=r"cannot be used: .*disk is not full"):
        save_model(churn, "churn", make.state(), description="x" * 200_000, now=now)

    assert churn.get_model("churn") == before


def test_a_disk_that_is_full_at_the_beginning_is_named(url, home, file_limit):
    """The first opening may be the one that finds no space; the next one finds nothing half-made."""
    with file_limit(8192), pytest.raises(HomeError, match=r"cannot be used: .*disk is not full"):
        Registry.open(url, home)
    with Registry.open(url, home) as registry:
        names = registry.model_names()

    assert names == []


@pytest.mark.parametrize("room", [0, 4096, 12288, 20480, 65536])
def test_whatever_the_disk_has_no_space_for_is_named(url, home, file_limit, room):
    """The first 4 kB are the switch to a write-ahead log, which ended in SQLite's own error (issue 11)."""
    with file_limit(room), pytest.raises(HomeError, match="cannot be used: "):
        Registry.open(url, home)


def test_an_empty_registry_beside_jobs_is_not_a_new_home(url, home):
    """Taken for one, it would give the numbers of snapshots a second meaning (issue 11)."""
    (home / "jobs" / "a-job").mkdir(parents=True)
    (home / "jobs" / "a-job" / "plan.json").write_text("{}")
    (home / "registry.db").touch()

    with pytest.raises(RegistryError, match=r"it is empty, but the home has 1 job\..*repair"):
        Registry.open(url, home)
    with Registry.open(url, home, begins_anew=True) as registry:
        assert registry.model_names() == []


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("no url", "'no url' cannot be used: that is not a database URL"),
        ("nosuchdb://host/db", "sqlalchemy.dialects:nosuchdb"),
        ("mysql+asyncmy://me:secret@host/db", "its driver is not installed"),
    ],
)
def test_an_impossible_url_is_refused(home, url, words):
    """MODELOP_REGISTRY_URL is any SQLAlchemy URL; a wrong one is one sentence without the password."""
    with pytest.raises(RegistryError, match=words) as caught:
        Registry.open(url, home)
    assert "secret" not in str(caught.value)


def test_a_database_elsewhere_is_used(tmp_path, home, make, now):
    """The registry need not lie in the home."""
    with Registry.open(f"sqlite:///{tmp_path}/elsewhere.db", home) as registry:
        save_model(registry, "churn", make.state(), now=now)

    assert (tmp_path / "elsewhere.db").is_file()
    assert not (home / "registry.db").exists()


def test_a_registry_in_memory_works(home, make, now):
    """Not of much use, but no reason to fail."""
    with Registry.open("sqlite://", home) as registry:
        save_model(registry, "churn", make.state(), now=now)

        assert registry.model_names() == ["churn"]


def test_a_home_with_odd_characters_works(tmp_path, make, now):
    """A percent sign means something to Alembic, a blank and a quote to shells."""
    home = tmp_path / "50% o'clock é"
    with Registry.open(f"sqlite:///{home}/registry.db", home) as registry:
        save_model(registry, "churn", make.state(), now=now)

        assert registry.model_names() == ["churn"]


def test_two_homes_are_made_at_the_same_time(tmp_path):
    """By threads of one process; Alembic alone would mix up what it upgrades."""
    homes = [tmp_path / str(number) for number in range(8)]
    together = threading.Barrier(len(homes))

    def make_home(home: Path) -> list[object]:
        together.wait(timeout=60)
        with Registry.open(f"sqlite:///{home / 'registry.db'}", home) as opened:
            return opened.list_models()

    with ThreadPoolExecutor(len(homes)) as pool:
        assert list(pool.map(make_home, homes)) == [[]] * len(homes)

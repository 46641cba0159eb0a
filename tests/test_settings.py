"""What the environment says of where things are kept."""

from __future__ import annotations

from pathlib import Path

import pytest

from modelop_jupyter.configuration import ENGINE
from modelop_jupyter.errors import HomeError, InvalidError, RegistryError
from modelop_jupyter.settings import Settings, sqlite_file


def test_a_relative_home_is_refused_with_the_absolute_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Issue 12, G4: it would be another folder for each process."""
    monkeypatch.chdir(tmp_path)

    with pytest.raises(HomeError) as caught:
        Settings.from_environment({"MODELOP_HOME": "data/modelop"})
    assert "each process would use another one" in caught.value.message
    assert f"MODELOP_HOME={tmp_path}/data/modelop" in str(caught.value.hint)


def test_a_home_below_the_users_is_absolute() -> None:
    """A tilde is no relative path."""
    found = Settings.from_environment({"MODELOP_HOME": "~/modelop"})

    assert found.home == Path.home() / "modelop"


def test_a_relative_database_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Issue 12, G4: the same holds for the file of the registry."""
    monkeypatch.chdir(tmp_path)
    variables = {"MODELOP_HOME": str(tmp_path), "MODELOP_REGISTRY_URL": "sqlite:///team.db"}

    with pytest.raises(RegistryError) as caught:
        Settings.from_environment(variables)
    assert f"MODELOP_REGISTRY_URL=sqlite:///{tmp_path}/team.db" in str(caught.value.hint)


@pytest.mark.parametrize(
    ("url", "file"),
    [
        ("sqlite:////data/team.db", "/data/team.db"),
        ("sqlite+pysqlite:///team.db?timeout=5", "team.db"),
        ("sqlite:///:memory:", None),
        ("sqlite:///file:team.db?uri=true", None),
        ("sqlite://", None),
        ("postgresql+psycopg:///team", None),
        ("postgresql://host/team", None),
    ],
)
def test_the_file_of_a_database_is_known_from_its_url(url: str, file: str | None) -> None:
    """Only SQLite has one."""
    assert sqlite_file(url) == file


def test_environments_may_be_kept_elsewhere(tmp_path: Path) -> None:
    """An absolute path, as for the home; child processes are told."""
    variables = {"MODELOP_HOME": str(tmp_path), "MODELOP_ENVIRONMENTS": str(tmp_path / "fast")}
    found = Settings.from_environment(variables)
    with pytest.raises(HomeError) as caught:
        Settings.from_environment({**variables, "MODELOP_ENVIRONMENTS": "fast"})

    assert found.environments == tmp_path / "fast"
    assert Settings.from_environment(found.variables).environments == tmp_path / "fast"
    assert Settings.from_environment({"MODELOP_HOME": str(tmp_path)}).environments == (
        tmp_path / "environments"
    )
    assert "MODELOP_ENVIRONMENTS=" in str(caught.value.hint)


def test_the_engine_and_the_wait_for_it_are_settings(tmp_path: Path) -> None:
    """Issue 14: this machine, and a minute, where nothing else is said."""
    home = {"MODELOP_HOME": str(tmp_path)}
    usual = Settings.from_environment(home)
    chosen = Settings.from_environment(
        {**home, "MODELOP_ENGINE": "dask://host:8786", "MODELOP_ENGINE_WAIT": "2.5"}
    )

    assert (usual.configured(ENGINE).value, usual.engine_wait) == ("local", 60)
    assert (chosen.engine, chosen.engine_wait) == ("dask://host:8786", 2.5)
    assert chosen.variables["MODELOP_ENGINE_WAIT"] == "2.5"


@pytest.mark.parametrize("wait", ["soon", "-1", "nan", "inf"])
def test_a_wait_that_is_no_number_of_seconds_is_refused(tmp_path: Path, wait: str) -> None:
    """Issue 14: with what can be written."""
    with pytest.raises(InvalidError, match=r"MODELOP_ENGINE_WAIT='.*' is not a number of seconds"):
        Settings.from_environment({"MODELOP_HOME": str(tmp_path), "MODELOP_ENGINE_WAIT": wait})


def test_the_author_is_who_was_set_else_the_hubs_user_else_the_systems(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a hub all servers may run as one user of the system."""
    settings = Settings(tmp_path, f"sqlite:///{tmp_path / 'registry.db'}")
    for variable in ("MODELOP_USER", "JUPYTERHUB_USER"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("LOGNAME", "system")
    of_system = settings.author
    monkeypatch.setenv("JUPYTERHUB_USER", "ada")
    of_hub = settings.author
    monkeypatch.setenv("MODELOP_USER", "grace")

    assert (of_system, of_hub, settings.author) == ("system", "ada", "grace")

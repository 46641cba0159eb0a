"""The file of a user's own defaults."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from modelop_jupyter import configuration
from modelop_jupyter.configuration import ENGINE, ENGINE_WAIT, Source
from modelop_jupyter.settings import Settings


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home with a file of two values."""
    content = {"engine": "dask://host:8786", "engine-wait": "5"}
    (tmp_path / configuration.FILE).write_text(json.dumps(content))
    return tmp_path


def test_settings_have_what_the_file_holds(home: Path) -> None:
    """It is read by every process that uses the home."""
    settings = Settings.from_environment({"MODELOP_HOME": str(home)})

    assert settings.engine_wait == 5.0
    assert settings.configured(ENGINE).value == "dask://host:8786"


def test_a_variable_wins_over_the_file(home: Path) -> None:
    """As for one job, or in a container."""
    environ = {"MODELOP_HOME": str(home), "MODELOP_ENGINE": "dask", "MODELOP_ENGINE_WAIT": "7"}
    settings = Settings.from_environment(environ)
    found = settings.configured(ENGINE)

    assert settings.engine_wait == 7.0
    assert (found.value, found.source, found.place) == ("dask", Source.VARIABLE, "MODELOP_ENGINE")


def test_a_long_lived_process_sees_a_change(home: Path) -> None:
    """The notebook server is started once, and `config` is typed in a terminal."""
    settings = Settings.from_environment({"MODELOP_HOME": str(home)})
    configuration.write(home, "engine", None)

    assert settings.configured(ENGINE).source is Source.DEFAULT


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("{", "it is not JSON"),
        ("[]", "it is not a JSON object"),
        ('{"engin": "dask"}', "the key 'engin', which is not used: did you mean 'engine'?"),
        ('{"engine-wait": "soon"}', 'engine-wait = "soon", which is not used'),
        ('{"engine": 3}', "engine = 3, which is not used"),
    ],
)
def test_a_damaged_file_is_said_and_not_used(tmp_path: Path, content: str, sentence: str) -> None:
    """Every verb still works."""
    (tmp_path / configuration.FILE).write_text(content)
    settings = Settings.from_environment({"MODELOP_HOME": str(tmp_path)})

    assert len(settings.problems) == 1
    assert sentence in settings.problems[0]
    assert settings.configured(ENGINE).value == "local"
    assert settings.engine_wait == float(ENGINE_WAIT.default)


def test_keys_of_another_release_stay_in_the_file(tmp_path: Path) -> None:
    """Setting one key takes nothing away that a newer release has written."""
    path = tmp_path / configuration.FILE
    path.write_text('{"later": 1}')
    configuration.write(tmp_path, "engine", "dask")

    assert json.loads(path.read_text()) == {"later": 1, "engine": "dask"}

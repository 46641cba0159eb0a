"""Where jobs can run, over HTTP."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from modelop_jupyter import configuration
from tests.engines import nearby
from tests.server.conftest import ApiCall


@pytest.fixture
def packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of packages with the engine ``nearby``."""
    nearby.install(tmp_path / "packages", monkeypatch)
    return tmp_path / "packages"


@pytest.mark.usefixtures("packages")
async def test_the_engines_are_listed_with_the_default(api: ApiCall, home: Path) -> None:
    """One that `config` sets while the server runs is the default from then on."""
    _, before = await api("GET", "engines")
    configuration.write(home, "engine", "nearby://2x8")
    _, after = await api("GET", "engines")

    assert before == {"names": ["local", "dask", "nearby"], "default": "local", "addresses": []}
    assert (after["default"], after["addresses"]) == ("nearby://2x8", ["nearby://2x8"])


@pytest.mark.parametrize(
    ("engine", "status", "sentence"),
    [
        ("nearby://nowhere", 409, "the engine nearby://nowhere cannot be used: nobody is there"),
        ("nerby://2x8", 422, "there is no engine 'nerby'"),
        ("nearby://", 422, "the engine 'nearby://' has no usable address"),
    ],
)
@pytest.mark.usefixtures("packages")
async def test_an_engine_that_cannot_be_used_is_an_error(
    api: ApiCall, engine: str, status: int, sentence: str
) -> None:
    """In the words of the magic."""
    answered, body = await api("POST", "engines/look", {"engine": engine})

    assert (answered, body["message"]) == (status, sentence)


async def test_a_look_keeps_nobody_waiting(api: ApiCall, packages: Path) -> None:
    """Neither the server's other requests, nor its event loop (issue 14)."""
    gate = packages / "gate"
    gate.touch()
    look = asyncio.create_task(api("POST", "engines/look", {"engine": "nearby://gate"}))
    status, _ = await api("GET", "engines")
    was_done = look.done()
    gate.unlink()
    _, state = await look

    assert (status, was_done) == (200, False)
    assert (state["nodes"], state["slots"]) == (1, 1)

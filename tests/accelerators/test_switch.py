"""MODELOP_ACCELERATORS=off: the same job, without any accelerator, gives the same bytes."""

from __future__ import annotations

import importlib.util
import os
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from modelop_jupyter import Workspace
from modelop_jupyter.domain import variables
from modelop_jupyter.engines.dask_engine import DaskEngine
from modelop_jupyter.jobs.protocol import RunnerRequest
from modelop_jupyter.jobs.supervision import waiting
from modelop_jupyter.settings import Settings

from ..waiting import PATIENCE
from .test_prefork import warmed

HOME = {"MODELOP_HOME": "/home"}
# What a codec might write otherwise, a record that fails and one that is rejected.
SOURCE = """\
import datetime, enum, os, pathlib
parent = pathlib.Path("/proc/%d/cmdline" % os.getppid()).read_bytes()
print("fork" if b"--prefork" in parent else "fresh")

class Colour(enum.Enum):
    RED = "red"

# modelop.score
def score(record):
    if record["n"] == 7:
        raise ValueError("seven")
    yield {"n": record["n"], "small": 1e-5, "large": 2**70, "colour": Colour.RED, "text": "\\u00e9\\u2028"}
    yield [0.1 + 0.2, -0.0, 1e16, 5e-324, datetime.date(2024, 1, 2), None]
    if record["n"] == 8:
        yield float("nan")
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere each job starts afresh")
def test_a_job_without_accelerators_gives_the_same_bytes(warm: Workspace) -> None:
    """The first is a fork that has the codec, the second neither, though both are there."""
    numbers = "".join(f'{{"n": {number}}}\n' for number in [*range(12), 2**63, 10**30])
    Path("in.json").write_text(numbers)
    warmed(warm, "switched", SOURCE)
    on = warm.batch("switched", "in.json").wait(PATIENCE)
    with Workspace(replace(warm.settings, accelerates=False)) as plain:
        off = plain.batch("switched", "in.json").wait(PATIENCE)
    requests = [job.folder.require(RunnerRequest) for job in (on, off)]

    assert [job.console() for job in (on, off)] == ["fork\n", "fresh\n"]
    assert [bool(request.codec) for request in requests] == [True, False]
    assert on.output is not None and off.output is not None
    assert on.output.read_bytes() == off.output.read_bytes()
    assert b'"small":1e-05' in on.output.read_bytes()
    assert list(map(str, on.errors())) == list(map(str, off.errors()))
    assert on.record.counts == off.record.counts


def test_the_variable_turns_all_of_them_off() -> None:
    """MODELOP_WARM=off turns off only the processes that wait for jobs."""
    on = Settings.from_environment(HOME)
    off = Settings.from_environment({**HOME, "MODELOP_ACCELERATORS": "off"})
    cold = Settings.from_environment({**HOME, "MODELOP_WARM": "off"})

    assert (on.preforks, on.accelerates) == (True, True)
    assert (off.preforks, off.accelerates) == (False, False)
    assert (cold.preforks, cold.accelerates) == (False, True)


def test_a_supervisor_has_the_same_setting() -> None:
    """It is told in the environment that it is started with."""
    off = Settings.from_environment({**HOME, "MODELOP_ACCELERATORS": "off"})
    environment = variables.plain({**os.environ, **off.variables})

    assert Settings.from_environment(environment).accelerates is False


@pytest.mark.parametrize(
    "name",
    [
        waiting.MAIN,
        *waiting.MODULES,
        *waiting.ENGINE_MODULES,
        *DaskEngine.libraries,
    ],
)
def test_what_a_fork_of_a_supervisor_finds_loaded_exists(name: str) -> None:
    """A module that is not there is passed over, and each fork would load it again."""
    assert importlib.util.find_spec(name) is not None

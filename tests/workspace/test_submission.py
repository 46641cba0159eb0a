"""A job that cannot be begun leaves nothing behind but a sentence."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from modelop_jupyter import Workspace, files
from modelop_jupyter.domain.jobs import JobError, JobStatus
from modelop_jupyter.errors import HomeError, InputError, InvalidError
from modelop_jupyter.files import FAULT_VARIABLE

from .jobs import numbers, register

pytestmark = pytest.mark.slow

_LIMITED = """\
import resource, signal, sys
from modelop_jupyter.cli import main
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (BYTES, BYTES))
sys.exit(main(["batch", "m", "in.json", "--background"]))
"""


def left(workspace: Workspace) -> list[str]:
    """Return what there is of any job."""
    folder = workspace.settings.jobs
    found = [path.name for path in folder.iterdir()] if folder.is_dir() else []
    return [*found, *(job.id for job in workspace.jobs())]


@pytest.mark.parametrize(
    "name", ["job.json", "request.json", "digests.json", "plan.json", "start.json"]
)
def test_a_disk_that_fills_up_at_any_file_leaves_no_job(
    workspace: Workspace, model: str, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """Issue 11, number 7: with 20 to 60 kB free it was an OSError."""
    files._renames.clear()
    monkeypatch.setenv(FAULT_VARIABLE, f"{name}:1:full")
    with pytest.raises(HomeError, match="o space left on device") as caught:
        workspace.batch(model, [numbers(3)])

    assert caught.value.hint
    assert left(workspace) == []


@pytest.mark.skipif(sys.platform == "win32", reason="there are no limits of this kind")
@pytest.mark.parametrize("limit", [30_000, 33_000, 60_000])
def test_a_disk_that_is_full_before_the_first_file_leaves_no_job(
    workspace: Workspace, limit: int
) -> None:
    """Issue 11, number 7: making the job's folder writes, too."""
    register(workspace, "return r")
    numbers(3)
    ran = subprocess.run(
        [sys.executable, "-c", _LIMITED.replace("BYTES", str(limit))],
        env={**os.environ, "MODELOP_HOME": str(workspace.settings.home)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert ran.returncode == 1
    assert ran.stderr.startswith("modelop: the ")
    assert "cannot be used: " in ran.stderr
    assert ran.stderr.count("\n") == 1
    assert left(workspace) == []


@pytest.mark.parametrize(
    ("output", "said"),
    [
        ("o" * 300, "file name too long"),
        ("o" * 300 + ".json", "file name too long"),
        ("é" * 125 + ".json", "file name too long"),
        ("o" * 248 + ".json", "file name too long"),
        ("/".join(["d" * 200] * 30) + "/o.json", "file name too long"),
        ("o\0.json", "null byte"),
    ],
)
def test_a_name_that_no_file_can_have_is_refused(
    workspace: Workspace, model: str, output: str, said: str
) -> None:
    """Issue 11, number 7: also one that is too long only while the output is not complete."""
    numbers(3)
    with pytest.raises(InvalidError, match=said) as caught:
        workspace.batch(model, ["in.json"], output=output)

    assert len(caught.value.message) < 200
    assert left(workspace) == []


def test_an_input_whose_name_is_too_long_is_named(workspace: Workspace, model: str) -> None:
    """Issue 11, number 7: it is not the home folder that is at fault."""
    with pytest.raises(InputError, match="file name too long"):
        workspace.batch(model, ["i" * 300 + ".json"])

    assert left(workspace) == []


def test_an_asset_with_the_longest_name_there_is_can_be_an_input(
    workspace: Workspace, model: str
) -> None:
    """A job's own copy has a number before its name."""
    name = numbers(3, name="i" * 250 + ".json")
    workspace.asset_add(model, name)
    Path(name).unlink()

    assert workspace.batch(model, [name]).wait(300).counts.scored == 3


def test_an_output_whose_folder_disappears_is_kept_by_the_job(workspace: Workspace) -> None:
    """Issue 11, number 7: the sentence says where it is."""
    Path("there").mkdir()
    model = register(
        workspace,
        f"os.path.isdir({str(Path('there').absolute())!r}) and os.rmdir({str(Path('there').absolute())!r})\nreturn r",
    )
    job = workspace.batch(model, [numbers(3)], output="there/out.json").wait(300)
    error = job.record.error or JobError()

    assert (job.status, error.code) == (JobStatus.ERROR, "output")
    assert "No such file or directory" in error.message
    assert len(list(job.records())) == 3

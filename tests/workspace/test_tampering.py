"""A model can change its environment and its stored files, as it runs as the user: the job says so."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from modelop_jupyter import Workspace
from modelop_jupyter.settings import Settings

pytestmark = pytest.mark.slow
OF_ENVIRONMENT = """\
import pathlib, sys
# modelop.score
def score(record):
    site = [path for path in sys.path if path.endswith("site-packages")][0]
    pathlib.Path(site, "planted.py").write_text("x = 1")
    yield record
"""
OF_BLOB = """\
import os, pathlib
# modelop.score
def score(record):
    for path in pathlib.Path("../../../blobs").glob("*/*/*"):
        if b"modelop.score" in path.read_bytes():
            path.chmod(0o600)
            path.write_bytes(b"#" * path.stat().st_size)
    yield record
"""


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workspace]:
    """A home with environments of its own, as one of them is changed."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "in.json").write_text("{}\n")
    home = tmp_path / "home"
    with Workspace(Settings(home, f"sqlite:///{home / 'registry.db'}")) as workspace:
        yield workspace


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        (OF_ENVIRONMENT, "Files of its environment were changed, before the job or by it: lib/"),
        (OF_BLOB, "The stored files of nosy@1 were changed while the job ran: nosy.py."),
    ],
    ids=["environment", "blob"],
)
def test_what_a_job_changed_is_told_with_its_end(
    workspace: Workspace, tmp_path: Path, source: str, sentence: str
) -> None:
    """In the summary and in the log, not only for whoever asks `env prove`."""
    (tmp_path / "nosy.py").write_text(source)
    workspace.register("nosy", "nosy.py")

    job = workspace.batch("nosy", "in.json")
    job.wait()

    assert job.status == "COMPLETE"
    assert sentence in (job.hint or "")
    assert sentence in job.log()


def test_a_job_that_starts_in_a_changed_environment_says_so(
    workspace: Workspace, tmp_path: Path
) -> None:
    """Whoever changed it, and whenever."""
    (tmp_path / "plain.py").write_text("# modelop.score\ndef score(record):\n    yield record\n")
    workspace.register("plain", "plain.py")
    environment = workspace.environment("plain")
    next(Path(environment.path).glob("lib/*/site-packages")).joinpath("planted.py").touch()

    job = workspace.batch("plain", "in.json")
    job.wait()

    assert "planted.py" in (job.hint or "")
    assert not job.record.proof.is_exact


@pytest.fixture
def lacking(workspace: Workspace, tmp_path: Path, release: Callable[..., None]) -> Path:
    """A model that imports demo, built; returns the folder of its packages."""
    release("1.0")
    (tmp_path / "user.py").write_text(
        "import demo\n# modelop.score\ndef score(record):\n    yield {'v': demo.VERSION}\n"
    )
    (tmp_path / "requirements.txt").write_text("demo==1.0\n")
    workspace.register("user", "user.py", assets=("requirements.txt",))
    environment = workspace.environment("user")
    return next(Path(environment.path).glob("lib/*/site-packages"))


@pytest.mark.parametrize("lost", ["demo.py", "demo-1.0.dist-info"])
def test_a_job_repairs_an_environment_that_has_lost_a_package(
    workspace: Workspace, lacking: Path, lost: str
) -> None:
    """It has what its lock says, so the model runs; log and summary tell that it was built anew."""
    subprocess.run(["rm", "-rf", str(lacking / lost)], check=True)

    job = workspace.batch("user", "in.json")
    job.wait()

    assert (job.status, list(job.records())) == ("COMPLETE", [{"v": "1.0"}])
    assert lost in (job.hint or "") and "It was rebuilt." in (job.hint or "")
    assert "It was rebuilt." in job.log()
    assert job.record.proof.is_exact


def test_what_is_locked_is_never_to_be_added_to_requirements(
    workspace: Workspace, lacking: Path
) -> None:
    """An environment that is in use cannot be repaired: the job says what it lost, and what to do."""
    (lacking / "demo.py").unlink()
    python = lacking.parent.parent.parent / "bin" / "python"
    with subprocess.Popen(
        [str(python), "-c", "input()", str(python)], stdin=subprocess.PIPE
    ) as user:
        job = workspace.batch("user", "in.json")
        job.wait()
        user.communicate(b"\n")
    hint = str(job.record.error and job.record.error.hint)

    assert job.status == "ERROR"
    assert "It could not be rebuilt" in (job.hint or "")
    assert "add its package to requirements" not in hint
    assert "env build user@1 --rebuild" in hint

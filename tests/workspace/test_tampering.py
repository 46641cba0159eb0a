"""A model can change its environment and its stored files, as it runs as the user: the job says so."""

from __future__ import annotations

from collections.abc import Iterator
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

"""An engine that is not ours: that of docs/engines.md, as it stands there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from modelop_jupyter import Workspace
from modelop_jupyter.domain.jobs import JobStatus
from modelop_jupyter.errors import InvalidError

from ..workspace.jobs import numbers, register

DOCUMENT = Path(__file__).parents[2] / "docs" / "engines.md"


@pytest.fixture
def pool_engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Install the package of the document: its module, and a dist-info with its entry point."""
    text = DOCUMENT.read_text(encoding="utf-8")
    site, group = tmp_path / "site", "modelop_jupyter.engines"
    info = site / "pool_engine-1.0.dist-info"
    info.mkdir(parents=True)
    (site / "pool_engine.py").write_text(re.findall(r"```python\n(.*?)```", text, re.DOTALL)[0])
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: pool-engine\nVersion: 1.0\n")
    entry = re.findall(r'^ +(pool = )"(.*)"$', text, re.MULTILINE)[0]
    (info / "entry_points.txt").write_text(f"[{group}]\n{''.join(entry)}\n")
    monkeypatch.setenv("PYTHONPATH", str(site))
    monkeypatch.syspath_prepend(site)


@pytest.mark.slow
def test_an_engine_of_another_package_runs_the_same_job(
    workspace: Workspace, pool_engine: None
) -> None:
    """Issue 14: the seam serves a third engine."""
    model = register(workspace, "1 / (r['x'] % 100)\nprint(r['x'])\nreturn r")
    local = workspace.batch(model, [numbers(4000)]).wait(300)
    job = workspace.batch(model, ["in.json"], engine="pool", workers=2).wait(300)

    assert job.status is JobStatus.COMPLETE, job.log()
    assert job.output is not None
    assert local.output is not None
    assert job.output.read_bytes() == local.output.read_bytes()
    assert job.folder.errors_file.read_bytes() == local.folder.errors_file.read_bytes()
    assert job.counts == local.counts
    assert sorted(job.console().split()) == sorted(local.console().split())


def test_an_engine_that_is_not_installed_is_not_found(workspace: Workspace) -> None:
    """Issue 14: one sentence with those that there are."""
    model = register(workspace, "return r")

    with pytest.raises(InvalidError, match=r"there is no engine 'pool'\. There are: local, dask"):
        workspace.batch(model, [numbers(3)], engine="pool")

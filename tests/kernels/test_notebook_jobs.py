"""jupyter-scheduler runs a notebook in the isolated kernel of a model."""

from __future__ import annotations

import importlib
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import pytest

from modelop_jupyter import Workspace
from tests.waiting import PATIENCE, wait_until
from tests.webhook import Hook

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

_CODE = "import six, sys\nprint(rate, six.__version__, 'jupyter_scheduler' in sys.modules)"


@pytest.fixture
def jupyter_scheduler(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Any]:
    """Import a module of jupyter-scheduler.

    It is not among the requirements of the tests, as every JupyterLab of theirs would load it.
    """
    folder = tmp_path / "packages"
    packages = ["jupyter-scheduler", "croniter", "pytz"]
    install = ["uv", "pip", "install", "-q", "--no-deps", "--python", sys.executable]
    subprocess.run(
        [sys.executable, "-m", *install, "--target", folder, *packages],
        check=True,
        timeout=PATIENCE,
    )
    monkeypatch.syspath_prepend(str(folder))
    return lambda name: importlib.import_module(f"jupyter_scheduler.{name}")


def test_a_notebook_job_runs_in_the_environment_of_its_model(
    workspace: Workspace,
    jupyter_scheduler: Callable[[str], Any],
    tmp_path: Path,
) -> None:
    """With the parameters of the job, without a kernel in the launcher; its end is notified of."""
    scheduler, models, orm = map(jupyter_scheduler, ("scheduler", "models", "orm"))
    ours = importlib.import_module("modelop_jupyter.kernels.notebook_jobs")
    metadata = {"kernelspec": {"name": "python3", "display_name": "Python 3"}}
    cells = [nbformat.v4.new_code_cell(_CODE)]
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata=metadata), "night.ipynb")
    environments = ours.ModelEnvironmentManager()
    hook = Hook()
    workspace.config.set("notify", hook.address)
    database = f"sqlite:///{tmp_path}/scheduler.db"
    orm.create_tables(database)
    jobs = scheduler.Scheduler(
        root_dir=str(Path.cwd()),
        environments_manager=environments,
        db_url=database,
        staging_path=str(tmp_path / "staging"),
        execution_manager_class=ours.ModelExecutionManager,
        task_runner_class=None,
    )
    chosen = next(one for one in environments.list_environments() if "double" in one.label)
    job = jobs.create_job(
        models.CreateJob(
            name="night",
            input_uri="night.ipynb",
            runtime_environment_name=chosen.name,
            output_formats=["ipynb"],
            parameters={"rate": "7"},
        )
    )
    wait_until(lambda: jobs.get_job(job, False).status in ("COMPLETED", "FAILED"))
    ended = jobs.get_job(job, False)
    assert hook.called.wait(PATIENCE)
    hook.close()
    output = nbformat.read(jobs.get_staging_paths(ended)["ipynb"], as_version=4)

    assert chosen.label == "double (isolated)"
    assert (ended.status, ended.status_message) == ("COMPLETED", None)
    assert output.cells[-1].outputs[0].text == "7 1.15.0 False\n"
    assert hook.documents[0]["text"] == "Notebook job night: night.ipynb completed in double"
    assert output.metadata.kernelspec.display_name == "double@1 (isolated)"

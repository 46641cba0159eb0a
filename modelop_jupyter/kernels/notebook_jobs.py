"""Run the notebook jobs of jupyter-scheduler in the isolated kernels of models.

Two classes for its settings, which a Jupyter server reads (docs/how-to/schedules.md): one offers every
model as an environment of a job, the other one runs the job there.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import nbformat
from jupyter_scheduler.environments import CondaEnvironmentManager
from jupyter_scheduler.executors import DefaultExecutionManager
from jupyter_scheduler.models import RuntimeEnvironment

from modelop_jupyter import configuration
from modelop_jupyter.domain.notify import DESKTOP, NOBODY
from modelop_jupyter.environments.temporary_folders import temporary_folder
from modelop_jupyter.jobs import notifications
from modelop_jupyter.kernels import specs
from modelop_jupyter.settings import Settings
from modelop_jupyter.workspace import Workspace

_PREFIX = "modelop:"


class ModelEnvironmentManager(CondaEnvironmentManager):
    """The environments that jupyter-scheduler offers by itself, and that of every model."""

    def list_environments(self) -> list[Any]:
        """Return what can be chosen for a job."""
        with Workspace() as workspace:
            names = workspace.registry.model_names()
        return [
            *super().list_environments(),
            *(
                RuntimeEnvironment(
                    name=f"{_PREFIX}{name}",
                    label=f"{name} (isolated)",
                    description=f"The environment of the model {name} when the job runs",
                    file_extensions=["ipynb"],
                    output_formats=["ipynb", "html"],
                    metadata={},
                )
                for name in names
            ),
        ]


class ModelExecutionManager(DefaultExecutionManager):
    """Runs a notebook in the environment of the model that was chosen for its job.

    A job with another environment runs as it would without this class. Who is notified of the ends of
    jobs by ``config notify`` is notified of these, too.
    """

    def execute(self) -> None:
        """Run the notebook of the job."""
        chosen = self.model.runtime_environment_name
        if not chosen.startswith(_PREFIX):
            super().execute()
            return
        with temporary_folder() as folder, Workspace() as workspace:
            name, spec = specs.spec_of(workspace, chosen.removeprefix(_PREFIX))
            kernel = folder / "kernels" / name
            kernel.mkdir(parents=True)
            (kernel / "kernel.json").write_text(json.dumps(spec), "utf-8")
            # This process runs one job, and ends with it.
            others = os.environ.get("JUPYTER_PATH")
            os.environ["JUPYTER_PATH"] = os.pathsep.join(
                [str(folder), *([others] if others else [])]
            )
            self._choose_kernel(name, spec["display_name"])
            super().execute()

    def on_complete(self) -> None:
        """Record the end, and notify of it."""
        super().on_complete()
        self._notify("completed")

    def on_failure(self, e: Exception) -> None:
        """Record the failure, and notify of it."""
        super().on_failure(e)
        self._notify("failed")

    def _choose_kernel(self, name: str, display_name: str) -> None:
        """Have the job's own copy of the notebook name the kernel, as its output does then."""
        path = Path(self.staging_paths["input"])
        notebook = nbformat.read(path, as_version=4)
        notebook.metadata["kernelspec"] = {
            "name": name,
            "display_name": display_name,
            "language": "python",
        }
        nbformat.write(notebook, path)

    def _notify(self, ending: str) -> None:
        target = Settings.from_environment().configured(configuration.NOTIFY).value
        if target == NOBODY:
            return
        job = self.model
        where = job.runtime_environment_name.removeprefix(_PREFIX)
        title, text = f"Notebook job {job.name}", f"{job.input_filename} {ending} in {where}"
        try:
            if target == DESKTOP:
                notifications.show_on_desktop(title, text)
            else:
                document = {"text": f"{title}: {text}", "job_id": job.job_id, "name": job.name}
                notifications.send(target, {**document, "status": ending.upper()})
        except notifications.NotificationError as error:
            print(f"modelop: nobody was notified of the end: {error}")

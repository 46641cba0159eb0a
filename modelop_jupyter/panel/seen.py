"""What there is to see: the models, and all that belongs to the chosen one, looked at again and again."""

from __future__ import annotations

import os
import time
from pathlib import Path

from modelop_jupyter.commands.context import Context
from modelop_jupyter.commands.job import summary
from modelop_jupyter.domain.jobs import JobRecord
from modelop_jupyter.domain.kernels import KernelRecord
from modelop_jupyter.domain.previews import Preview
from modelop_jupyter.domain.reports import (
    EnvironmentState,
    EnvironmentView,
    JobSummary,
    JobUpdate,
    ModelView,
    ProofView,
    RequirementsReport,
)
from modelop_jupyter.domain.roles import AssetRole
from modelop_jupyter.errors import ModelOpError
from modelop_jupyter.registry.watching import RegistryWatch, Standing

_JOBS = 5
_ENVIRONMENT_SECONDS = 1.0
_DATA_ROLES = (
    AssetRole.TEST_DATA,
    AssetRole.BASELINE_DATA,
    AssetRole.COMPARATOR_DATA,
    AssetRole.TRAINING_DATA,
)
_DATA_ENDINGS = frozenset(".json .jsonl .csv .parquet .feather .avro .gz .txt .xml".split())
_TABLES = frozenset({"DataFrame", "Table", "list"})


class Seen:
    """What a panel shows. Close it.

    ``problem`` is the sentence of the last verb that failed, ``said`` of the last that did not;
    ``busy`` is what is being done, ``updates`` how far the jobs are that run.
    """

    def __init__(self, context: Context) -> None:
        self._context = context
        self.models: tuple[str, ...] = ()
        self.model: str | None = None
        self.view: ModelView | None = None
        self.environment: EnvironmentView | None = None
        self.requirements: RequirementsReport | None = None
        self.proof: ProofView | None = None
        self.kernel: KernelRecord | None = None
        self.jobs: tuple[JobRecord, ...] = ()
        self.updates: dict[str, JobUpdate] = {}
        self.job: str | None = None
        self.summary: JobSummary | None = None
        self.preview: Preview | None = None
        self.busy: frozenset[str] = frozenset()
        self.problem = ""
        self.said = ""
        self._watch: RegistryWatch | None = None
        self._standing: Standing | None = None
        self._looked = 0.0

    def close(self) -> None:
        """Let go of the database; jobs and kernels go on."""
        if self._watch is not None:
            self._watch.close()
            self._watch = None
        self._context.workspace.close()

    def refresh(self) -> None:
        """Look at everything anew."""
        workspace = self._context.workspace
        self.models = tuple(workspace.registry.model_names())
        if self.model not in self.models:
            newest = max(workspace.models(), key=lambda row: row.modified, default=None)
            self.model = newest.name if newest else None
            self.proof = self.requirements = None
        if self.model is None:
            self.view = self.environment = self.kernel = None
            self.jobs = ()
            return
        self.view = workspace.show(self.model)
        self._look_at_environment()
        self._look_at_jobs()

    def look(self) -> bool:
        """Look whether anything has changed, whoever did it; say whether there is something new."""
        try:
            return self._has_news()
        except ModelOpError as error:
            # The home cannot be read now.
            self.problem = str(error)
            return True

    def inputs(self) -> tuple[str, ...]:
        """Return what a job could read: the model's data, tables of the notebook, files beside it."""
        assets = self.view.assets if self.view else ()
        named = [each.path for role in _DATA_ROLES for each in assets if each.role is role]
        variables = self._context.session.variables() or {}
        tables = [name for name, value in variables.items() if type(value).__name__ in _TABLES]
        files = sorted(
            path.name
            for path in Path.cwd().iterdir()
            if path.suffix in _DATA_ENDINGS and path.is_file()
        )
        return tuple(dict.fromkeys([*named, *tables, *files]))

    @property
    def _named(self) -> str:
        return self.model or ""

    def _has_news(self) -> bool:
        if self._watch is None:
            self._watch = self._context.workspace.registry.watch()
        standing = self._watch.look()
        if standing != self._standing:
            self._standing = standing
            self.refresh()
            return True
        if self.updates:
            self._look_at_jobs()
        return self._environment_has_news() or bool(self.updates)

    def _environment_has_news(self) -> bool:
        """Ask what no database tells: files are looked at once a second."""
        if self.model is None or time.monotonic() - self._looked < _ENVIRONMENT_SECONDS:
            return False
        self._looked = time.monotonic()
        workspace = self._context.workspace
        found = workspace.environments.state(workspace.owner(self.model))
        is_new = self.environment is None or _changed(self.environment, found)
        if is_new:
            self._look_at_environment()
        before, self.kernel = self.kernel, self._kernel()
        return is_new or before != self.kernel

    def _look_at_environment(self) -> None:
        self.environment = self._context.workspace.env_show(self._named)
        self.kernel = self._kernel()

    def _look_at_jobs(self) -> None:
        workspace = self._context.workspace
        self.jobs = tuple(workspace.jobs(model=self.model, limit=_JOBS))
        running = [job.id for job in self.jobs if not job.status.is_done]
        self.updates = {job: workspace.job_look(job) for job in running}
        if self.job is None and self.jobs:
            self.job = self.jobs[0].id
        if self.job is not None and self.job not in self.updates:
            if self.summary is None or self.summary.record.id != self.job:
                self.summary = summary(workspace.job(self.job), workspace)
        else:
            self.summary = None

    def _kernel(self) -> KernelRecord | None:
        running = self._context.kernels.list()
        # Those of other sessions are theirs to stop.
        ours = (each for each in running if each.owner in (None, os.getpid()))
        return next((each for each in ours if each.model == self.model), None)


def _changed(view: EnvironmentView, state: EnvironmentState) -> bool:
    before = "ready" if view.state == "drifted" else view.state
    return (before, view.step, view.failure) != (state.state, state.step, state.failure)

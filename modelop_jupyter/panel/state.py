"""What the panel shows and does: plain values and verbs, without a widget.

Every verb is one of the grammar, so the panel does what the magic does and says what it says.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from modelop_jupyter.commands.context import Context
from modelop_jupyter.commands.grammar import parse
from modelop_jupyter.commands.job import summary
from modelop_jupyter.commands.register import captured
from modelop_jupyter.commands.submitted import Submitted
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
    Registration,
    RequirementsReport,
)
from modelop_jupyter.domain.roles import AssetRole
from modelop_jupyter.errors import ModelOpError
from modelop_jupyter.panel.draft import JobDraft
from modelop_jupyter.registry.watching import RegistryWatch, Standing

PROGRAM = "%modelop"
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


class State:
    """One panel. Verbs may take their time, and are called in any thread but one at a time.

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

    # What is there

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

    def choose(self, model: str) -> None:
        """Show another model."""
        with self._attempt():
            self.model, self.job, self.summary = model, None, None
            self.requirements = self.proof = self.preview = None
            self.refresh()

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

    # What is done

    def look_at_notebook(self, name: str, assets: Sequence[tuple[str, str]] = ()) -> None:
        """Preview what registering this notebook would record; ``assets`` are files and their roles."""
        with self._attempt():
            words = self._registering(name, "", assets)
            _, args = parse(words, program=PROGRAM)
            self.preview = None
            self.preview = self._context.workspace.preview(
                name, captured=captured(self._context, args), assets=assets, folder=Path.cwd()
            )

    def register(
        self, name: str, *, description: str = "", assets: Sequence[tuple[str, str]] = ()
    ) -> bool:
        """Register this notebook's model, and show it; say whether it is registered."""
        with self._attempt("register"):
            self._do(self._registering(name, description, assets))
            self.preview = None
            if name != self.model:
                self.model, self.job, self.summary = name, None, None
                self.requirements = self.proof = None
            self.refresh()
        return not self.problem

    def add_asset(self, path: str) -> None:
        """Add a file to the model."""
        self._change("asset", "add", self._named, path)

    def set_role(self, asset: str, role: str) -> None:
        """Give an asset a role, by its label."""
        self._change("asset", "role", self._named, asset, role)

    def remove_asset(self, asset: str) -> None:
        """Take an asset from the model."""
        self._change("asset", "remove", self._named, asset)

    def check(self) -> None:
        """Compare the requirements with what the source imports."""
        with self._attempt("check"):
            self.requirements = self._do(["requirements", self._named, "--check"])

    def infer(self) -> None:
        """Write requirements from the imports, with the versions of this notebook."""
        self._change("requirements", self._named, "--infer", "--write")

    def build(self) -> None:
        """Build the model's environment."""
        self._change("env", "build", self._named, busy="build")

    def prove(self) -> None:
        """Look from inside the environment: it must hold its lock and nothing else."""
        with self._attempt("prove"):
            self.proof = self._do(["env", "prove", self._named])

    def start_kernel(self) -> None:
        """Start the model's isolated kernel."""
        self._change("kernel", "start", self._named, busy="kernel")

    def stop_kernel(self) -> None:
        """Stop it."""
        self._change("kernel", "stop", self._named, busy="kernel")

    def run(self, draft: JobDraft) -> bool:
        """Start a job and show it; say whether it has started."""
        with self._attempt("run"):
            submitted: Submitted = self._do(draft.words())
            self.job, self.summary = submitted.job.id, None
            self.view = self._context.workspace.show(draft.model)
            self._look_at_jobs()
        return not self.problem

    def stop(self, job: str) -> None:
        """Stop a job and everything it started."""
        with self._attempt():
            self._do(["job", "cancel", job])
            self._look_at_jobs()

    def show(self, job: str) -> None:
        """Show how a job stands, or what came out of it."""
        with self._attempt():
            self.job, self.summary = job, None
            self._look_at_jobs()

    # How

    @property
    def _named(self) -> str:
        return self.model or ""

    def _registering(
        self, name: str, description: str, assets: Sequence[tuple[str, str]]
    ) -> list[str]:
        words = ["register", name]
        if description.strip():
            words += ["--description", description.strip()]
        for path, role in assets:
            words += ["--asset", f"{path}={role}"]
        return words

    def _change(self, *words: str, busy: str = "") -> None:
        with self._attempt(busy):
            value = self._do(words)
            self.said = _sentence(value)
            self.refresh()

    def _do(self, words: Sequence[str]) -> Any:
        verb, args = parse(words, program=PROGRAM)
        return verb.run(self._context, args)

    @contextmanager
    def _attempt(self, busy: str = "") -> Iterator[None]:
        """Do something; where it cannot be done, keep the sentence that says why."""
        self.problem = self.said = ""
        self.busy |= {busy} - {""}
        try:
            yield
        except ModelOpError as error:
            self.problem = str(error)
        except Exception as error:  # noqa: BLE001 - there is no cell that could show a traceback
            self.problem = f"{type(error).__name__}: {error}"
        finally:
            self.busy -= {busy}

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
        return next((each for each in running if each.model == self.model), None)


def _changed(view: EnvironmentView, state: EnvironmentState) -> bool:
    before = "ready" if view.state == "drifted" else view.state
    return (before, view.step, view.failure) != (state.state, state.step, state.failure)


def _sentence(value: Any) -> str:
    """Return what a verb did in one sentence; nothing where the panel shows it anyway."""
    if isinstance(value, Registration):
        return "; ".join([*value.changes, *value.warnings]) or "Nothing changed."
    return ""

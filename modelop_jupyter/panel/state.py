"""The panel's state and its actions, without widgets.

Actions run verbs of the grammar: they do what the magic does, and report the same sentences.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from modelop_jupyter.commands.context import Context, input_variables, session_tables
from modelop_jupyter.commands.grammar import parse
from modelop_jupyter.commands.jobs import later_notebook, summary
from modelop_jupyter.commands.register import registration_request
from modelop_jupyter.commands.submit import SubmittedJob
from modelop_jupyter.display import deployments, progress
from modelop_jupyter.domain.checks import CheckReport
from modelop_jupyter.domain.deployments import Answer, Deployment
from modelop_jupyter.domain.engines import EngineChoices, EngineState
from modelop_jupyter.domain.jobs import JobRecord
from modelop_jupyter.domain.kernels import KernelRecord
from modelop_jupyter.domain.previews import Preview, ValueFile
from modelop_jupyter.domain.reports import (
    EnvironmentState,
    EnvironmentView,
    JobSummary,
    JobUpdate,
    ModelView,
    ProofView,
    Registration,
    RequirementsReport,
    Step,
)
from modelop_jupyter.domain.roles import AssetRole
from modelop_jupyter.domain.samples import SAMPLE_RECORDS, RecordForm, with_example
from modelop_jupyter.errors import DeploymentNotFoundError, ModelOpError, StoppedError
from modelop_jupyter.formats import is_data_file
from modelop_jupyter.panel.job_draft import JobDraft, input_words
from modelop_jupyter.panel.registration_draft import RegistrationDraft
from modelop_jupyter.registry.watch import RegistryVersion, RegistryWatch
from modelop_jupyter.remedies import Command, Remedy
from modelop_jupyter.workspace import RegistrationRequest

PROGRAM = "%modelop"
_LISTED_JOBS = 5
_ENVIRONMENT_SECONDS = 1.0
_DEPLOYMENT_SECONDS = 2.0
_DATA_ROLES = (
    AssetRole.TEST_DATA,
    AssetRole.BASELINE_DATA,
    AssetRole.COMPARATOR_DATA,
    AssetRole.TRAINING_DATA,
)


class PanelState:
    """What one panel shows, and the actions of its buttons. Close it.

    Actions may take long and may be called from any thread. None of them raises: ``problem`` is
    the error message of the last action, empty if it succeeded, and ``remedies`` are what mends it;
    ``message`` says what it changed. ``checked`` is the report of the last check that it has made.
    ``busy`` has the names of the actions that are running: ``register``, ``check``, ``check model``,
    ``build``, ``prove``, ``kernel``, ``run``, ``deploy``, ``try``. ``progress`` has an entry for each
    unfinished job, by its id. ``deploy_step`` says what deploying waits for, empty while nothing is being
    deployed; ``answer`` is that of the deployment to the last records that were tried.
    """

    def __init__(self, context: Context) -> None:
        self._context = context
        self.models: tuple[str, ...] = ()
        self.model: str | None = None
        self.model_view: ModelView | None = None
        self.environment: EnvironmentView | None = None
        self.requirements: RequirementsReport | None = None
        self.proof: ProofView | None = None
        self.checked: CheckReport | None = None
        self.kernel: KernelRecord | None = None
        self.deployment: Deployment | None = None
        self.deploy_step = ""
        self.answer: Answer | None = None
        self.jobs: tuple[JobRecord, ...] = ()
        self.progress: dict[str, JobUpdate] = {}
        self.job: str | None = None
        self.summary: JobSummary | None = None
        self.preview: Preview | None = None
        self._previewed: RegistrationDraft | None = None
        self.busy: frozenset[str] = frozenset()
        self.problem = ""
        self.remedies: tuple[Remedy, ...] = ()
        self.message = ""
        self._watch: RegistryWatch | None = None
        self._registry_version: RegistryVersion | None = None
        self._environment_checked = self._deployment_checked = 0.0
        self._stops_deploying = threading.Event()
        # Actions of several threads change ``busy``.
        self._busy_lock = threading.Lock()

    def close(self) -> None:
        """Close the database; jobs and kernels go on."""
        if self._watch is not None:
            self._watch.close()
            self._watch = None
        self._context.workspace.close()

    # Reading

    def refresh(self) -> None:
        """Read everything again; raises :class:`ModelOpError`."""
        workspace = self._context.workspace
        self.models = tuple(workspace.registry.model_names())
        if self.model not in self.models:
            newest = max(workspace.models(), key=lambda row: row.modified, default=None)
            self.model = newest.name if newest else None
            self.proof = self.requirements = None
        if self.model is None:
            self.model_view = self.environment = self.kernel = self.deployment = None
            self.jobs = ()
            return
        self.model_view = self._view(self.model)
        self._read_deployment()
        self._read_environment()
        self._read_jobs()

    def _view(self, model: str) -> ModelView:
        view = self._context.workspace.show(model)
        return replace(view, notebook_change=self._context.notebook_change(view.model))

    def poll(self) -> bool:
        """Read what has changed since the last call, by any process; returns whether anything has."""
        try:
            return self._read_changes()
        except ModelOpError as error:
            # The home cannot be read now.
            self.problem = str(error)
            return True

    def input_suggestions(self) -> tuple[str, ...]:
        """Return possible inputs of a job: data assets, tables of the notebook, data files beside it."""
        assets = self.model_view.assets if self.model_view else ()
        data_assets = [asset.path for role in _DATA_ROLES for asset in assets if asset.role is role]
        queries = [asset.path for asset in assets if asset.path.lower().endswith(".sql")]
        files = sorted(
            path.name for path in Path.cwd().iterdir() if is_data_file(path.name) and path.is_file()
        )
        tables = input_variables(self._context.session)
        return tuple(dict.fromkeys([*data_assets, *queries, *tables, *files]))

    def test_data(self) -> str:
        """Return the asset with the model's own data, empty where it has none."""
        return self._context.workspace.models.sample(self._model_name).test_data or ""

    @property
    def is_checking(self) -> bool:
        """Whether a model is being checked."""
        return "check model" in self.busy

    def engines(self) -> EngineChoices:
        """Return the engines that a job can run on; raises :class:`ModelOpError`."""
        return self._context.workspace.engines()

    def look_at_engine(self, engine: str) -> EngineState | str:
        """Return what an engine has now, or a sentence about why it cannot be used; takes seconds."""
        try:
            return self._context.workspace.engines.look(engine)
        except ModelOpError as error:
            return str(error)

    def _read_changes(self) -> bool:
        if self._watch is None:
            self._watch = self._context.workspace.registry.watch()
        version = self._watch.look()
        if version != self._registry_version:
            self._registry_version = version
            self.refresh()
            return True
        if self.progress:
            self._read_jobs()
        has_changed = self._read_environment_changes() or self._read_deployment_changes()
        return has_changed or bool(self.progress)

    def _read_environment_changes(self) -> bool:
        """Read what the registry's version does not cover; at most once a second, as it reads files."""
        if (
            self.model is None
            or time.monotonic() - self._environment_checked < _ENVIRONMENT_SECONDS
        ):
            return False
        self._environment_checked = time.monotonic()
        workspace = self._context.workspace
        state = workspace.environments.state(self.model)
        has_changed = self.environment is None or _differs(self.environment, state)
        if has_changed:
            self._read_environment()
        before, self.kernel = self.kernel, self._running_kernel()
        return has_changed or before != self.kernel

    def _read_deployment_changes(self) -> bool:
        """Read what a deployment does; at most once in two seconds, as its charts are drawn anew."""
        before, now = self.deployment, time.monotonic()
        is_due = now - self._deployment_checked >= _DEPLOYMENT_SECONDS
        if before is None or not (is_due and before.state.is_running):
            return self.is_deploying
        self._read_deployment()
        after = self.deployment
        return after is None or deployments.state(after) != deployments.state(before)

    def _read_deployment(self) -> None:
        self._deployment_checked = time.monotonic()
        try:
            self.deployment = self._context.workspace.deployment(self._model_name)
        except DeploymentNotFoundError:
            self.deployment = None

    def _read_environment(self) -> None:
        self.environment = self._context.workspace.env_show(self._model_name)
        self.kernel = self._running_kernel()

    def _read_jobs(self) -> None:
        workspace = self._context.workspace
        self.jobs = tuple(workspace.jobs(model=self.model, limit=_LISTED_JOBS))
        running = [job.id for job in self.jobs if not job.status.is_done]
        self.progress = {job: workspace.job_look(job) for job in running}
        if self.job is None and self.jobs:
            self.job = self.jobs[0].id
        if self.job is not None and self.job not in self.progress:
            if self.summary is None or self.summary.record.id != self.job:
                job = workspace.job(self.job)
                self.summary = summary(job, workspace, later_notebook(job.record, self._context))
        else:
            self.summary = None

    def _running_kernel(self) -> KernelRecord | None:
        """Return the model's kernel if this session may stop it: not one of another session."""
        for kernel in self._context.kernels.list():
            if kernel.model == self.model and kernel.owner in (None, os.getpid()):
                return kernel
        return None

    # Actions

    def select_model(self, model: str) -> None:
        """Show another model."""
        with self._action():
            self.model, self.job, self.summary = model, None, None
            self.requirements = self.proof = self.preview = self.answer = None
            self.refresh()

    def preview_registration(self, draft: RegistrationDraft) -> None:
        """Set ``preview`` to what registering this notebook would record."""
        with self._action():
            self.preview, self._previewed = None, draft
            request = self._registration(draft)
            self.preview = self._context.workspace.models.preview_request(request)

    def resolve_preview(self, draft: RegistrationDraft) -> None:
        """Resolve the packages of a preview, unless the form has changed by then."""
        with self._action():
            models = self._context.workspace.models
            resolved = models.preview_request(self._registration(draft), resolves=True)
            if self._previewed == draft:
                self.preview = resolved

    def save_value(self, draft: RegistrationDraft, file: ValueFile) -> bool:
        """Write a value to a file that the model's module loads; returns whether that succeeded."""
        from modelop_jupyter.workspace.values import save_values

        with self._action():
            save_values([file], self._registration(draft))
        return not self.problem

    def register(self, draft: RegistrationDraft) -> bool:
        """Register this notebook's model and select it; returns whether that succeeded."""
        name = draft.name
        with self._action("register"):
            self._context.workspace.models.register_request(self._registration(draft))
            self.preview = None
            if name != self.model:
                self.model, self.job, self.summary = name, None, None
                self.requirements = self.proof = None
            self.refresh()
        return not self.problem

    def _registration(self, draft: RegistrationDraft) -> RegistrationRequest:
        _, args = parse(draft.words(), program=PROGRAM)
        request = registration_request(self._context, args)
        return replace(
            request,
            proposed=draft.files,
            infers=draft.infers,
            is_settled=True,
            frozen=draft.frozen,
            value_files=draft.value_files,
        )

    def add_asset(self, path: str) -> bool:
        """Add a file to the model; returns whether that succeeded."""
        self._change_model("asset", "add", self._model_name, path)
        return not self.problem

    def set_role(self, asset: str, role: str) -> None:
        """Set an asset's role, given by its label."""
        self._change_model("asset", "role", self._model_name, asset, role)

    def remove_asset(self, asset: str) -> None:
        """Remove an asset from the model."""
        self._change_model("asset", "remove", self._model_name, asset)

    def check_model(self, sample: str, metrics: str = "") -> bool:
        """Check the model as the verb does, with the inputs that two fields name.

        Returns whether the check was made; its report is in ``model_view``.
        """
        model = self._model_name
        with self._action("check model"):
            of_metrics = input_words(metrics)
            options = ["--metrics", *of_metrics] if of_metrics else []
            self.checked = self._run_verb(["check", model, *input_words(sample), *options])
            if model == self.model:
                self.model_view = self._view(model)
        return not self.problem

    def check_requirements(self) -> None:
        """Resolve the requirements and compare them with the imports of the source."""
        with self._action("check"):
            self.requirements = self._run_verb(["requirements", self._model_name, "--check"])

    def infer_requirements(self) -> None:
        """Write requirements from the imports, with the versions installed here."""
        self._change_model("requirements", self._model_name, "--infer", "--write")

    def build_environment(self) -> None:
        """Build the model's environment."""
        self._change_model("env", "build", self._model_name, action="build")

    def prove_environment(self) -> None:
        """Check from inside the environment that it holds its lock and nothing else."""
        with self._action("prove"):
            self.proof = self._run_verb(["env", "prove", self._model_name])

    def start_kernel(self) -> None:
        """Start the model's isolated kernel."""
        self._change_model("kernel", "start", self._model_name, action="kernel")

    def stop_kernel(self) -> None:
        """Stop the model's isolated kernel."""
        self._change_model("kernel", "stop", self._model_name, action="kernel")

    @property
    def is_deploying(self) -> bool:
        """Whether this panel has a model deployed that does not answer yet."""
        return bool(self.deploy_step)

    def deploy(self) -> None:
        """Have the model answer requests, and return when it does or when that was stopped."""
        self._deploy(self._context.workspace.deployments.deploy)

    def roll_back_deployment(self) -> None:
        """Have the snapshot before answer again, or end a shadow."""
        self._deploy(self._context.workspace.deployments.rollback)

    def _deploy(self, act: Callable[..., Deployment]) -> None:
        model = self._model_name
        with self._action("deploy"):
            self._stops_deploying.clear()
            self.deploy_step = "starting"
            self.answer = None
            try:
                act(model, progress=self._show_step, is_stopped=self._stops_deploying.is_set)
            except StoppedError:
                self.message = f"Deploying {model} was stopped."
            finally:
                self.deploy_step = ""
                self.refresh()

    def _show_step(self, step: Step) -> None:
        self.deploy_step = progress.sentence(step)

    def stop_deployment(self) -> None:
        """Stop what is being deployed, else what is deployed."""
        if self.is_deploying:
            self._stops_deploying.set()
            return
        with self._action("deploy"):
            self._run_verb(["deployment", "stop", self._model_name])
            self.answer = None
            self.refresh()

    def record_form(self) -> RecordForm:
        """Return the form in which records of the deployment are typed, with those to begin with.

        Raises :class:`ModelOpError`.
        """
        tables, workspace = session_tables(self._context.session), self._context.workspace
        form = workspace.models.sample(self._model_name, tables).form
        if form.origin == "table":
            return form
        return with_example(form, workspace.deployments.example(self._model_name))

    def try_records(self, records: Sequence[Any]) -> None:
        """Send records to the deployment; its answer is ``answer``."""
        with self._action("try"):
            self.answer = None
            sent = records[0] if len(records) == 1 else list(records)
            self.answer = self._context.workspace.deployment_score(self._model_name, sent)

    def submit_job(self, draft: JobDraft) -> bool:
        """Submit a job and select it; returns whether that succeeded."""
        with self._action("run"):
            submitted: SubmittedJob = self._run_verb(draft.words())
            self.job, self.summary = submitted.job.id, None
            self.model_view = self._view(draft.model)
            self._read_jobs()
        return not self.problem

    def start_sample(self) -> RecordForm | None:
        """Run the model on the first records of its test data; without any, return a form for records."""
        with self._action("run"):
            model, tables = self._model_name, session_tables(self._context.session)
            sample = self._context.workspace.models.sample(model, tables)
            if sample.test_data is None:
                return sample.form
            words = ["batch", model, sample.test_data, "--limit", str(SAMPLE_RECORDS)]
            submitted: SubmittedJob = self._run_verb(words)
            self._select_new_job(submitted.job.id)
        return None

    def run_records(self, records: Sequence[Any]) -> bool:
        """Run the model on records that were typed; returns whether the job was submitted."""
        from modelop_jupyter.workspace import Variable

        with self._action("run"):
            job = self._context.workspace.batch(
                self._model_name, [Variable("records", list(records))]
            )
            self._select_new_job(job.id)
        return not self.problem

    def _select_new_job(self, job: str) -> None:
        self.job, self.summary = job, None
        self.model_view = self._view(self._model_name)
        self._read_jobs()

    def apply_remedy(self, remedy: Remedy) -> None:
        """Run the commands that mend the selected job, and select the job that they start."""
        with self._action("run"):
            for command in remedy.commands:
                value = self._run_verb(self._words(command))
                if isinstance(value, SubmittedJob):
                    self.job, self.summary = value.job.id, None
                else:
                    self.message = _change_message(value)
            self.refresh()

    def _words(self, command: Command) -> Command:
        """Return a command for this notebook, whose cells are what is registered again."""
        return command[:2] if command[0] == "register" else command

    def cancel_job(self, job: str) -> None:
        """Stop a job and everything it started."""
        with self._action():
            self._run_verb(["job", "cancel", job])
            self._read_jobs()

    def select_job(self, job: str) -> None:
        """Show one job: its progress, or its summary when it has ended."""
        with self._action():
            self.job, self.summary = job, None
            self._read_jobs()

    def report_error(self, error: Exception) -> None:
        """Show an unexpected error as the problem."""
        self.problem = f"{type(error).__name__}: {error}"

    @property
    def _model_name(self) -> str:
        return self.model or ""

    def _change_model(self, *words: str, action: str = "") -> None:
        with self._action(action):
            value = self._run_verb(words)
            self.message = _change_message(value)
            self.refresh()

    def _run_verb(self, words: Sequence[str]) -> Any:
        verb, args = parse(words, program=PROGRAM)
        return verb.run(self._context, args)

    @contextmanager
    def _action(self, name: str = "") -> Iterator[None]:
        """Mark an action as busy while it runs, and turn its error into ``problem``."""
        self.problem = self.message = ""
        self.remedies = ()
        with self._busy_lock:
            self.busy |= {name} - {""}
        try:
            yield
        except ModelOpError as error:
            self.problem, self.remedies = str(error), error.remedies
        except Exception as error:  # noqa: BLE001 - there is no cell that could show a traceback
            self.report_error(error)
        finally:
            with self._busy_lock:
                self.busy -= {name}


def _change_message(value: Any) -> str:
    """Return what a verb changed; empty for values that the panel shows anyway."""
    if isinstance(value, Registration):
        return "; ".join([*value.changes, *value.warnings]) or "Nothing changed."
    return ""


def _differs(view: EnvironmentView, state: EnvironmentState) -> bool:
    before = "ready" if view.state == "drifted" else view.state
    return (before, view.step, view.failure) != (state.state, state.step, state.failure)

"""The Python API: a home folder with every command as a method.

Nothing is opened, created or imported before a method needs it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any

from modelop_jupyter.settings import Settings
from modelop_jupyter.workspace.aliases import AliasesApi
from modelop_jupyter.workspace.assets import AssetsApi
from modelop_jupyter.workspace.components import Component
from modelop_jupyter.workspace.configuration import ConfigurationApi
from modelop_jupyter.workspace.deployments import DeploymentsApi
from modelop_jupyter.workspace.engines import EnginesApi
from modelop_jupyter.workspace.environments import EnvironmentsApi
from modelop_jupyter.workspace.examples import ExamplesApi
from modelop_jupyter.workspace.home import Home
from modelop_jupyter.workspace.jobs import JobsApi
from modelop_jupyter.workspace.metadata import MetadataApi
from modelop_jupyter.workspace.models import ModelsApi
from modelop_jupyter.workspace.registration import RegistrationRequest
from modelop_jupyter.workspace.requirements import RequirementsApi
from modelop_jupyter.workspace.results import ResultsApi
from modelop_jupyter.workspace.schedules import SchedulesApi
from modelop_jupyter.workspace.schemas import SchemasApi

if TYPE_CHECKING:
    from modelop_jupyter.checks.live_notebook import LiveNotebook
    from modelop_jupyter.domain.checks import CheckReport, CheckStep, KeptCheck
    from modelop_jupyter.domain.repairs import Repair
    from modelop_jupyter.domain.reports import Overview, Step
    from modelop_jupyter.domain.results.challenges import Challenge, ChallengeStep
    from modelop_jupyter.jobs.job import Job
    from modelop_jupyter.registry import BlobStore, Registry
    from modelop_jupyter.remedies import Command
    from modelop_jupyter.workspace.job_request import FileSet, PathBelow, Stream, Variable

__all__ = [
    "FileSet",
    "Job",
    "PathBelow",
    "RegistrationRequest",
    "Stream",
    "Variable",
    "Workspace",
]

_RECENT_JOBS = 5


def __getattr__(name: str) -> Any:
    if name == "Job":
        from modelop_jupyter.jobs.job import Job

        return Job
    if name in ("FileSet", "PathBelow", "Stream", "Variable"):
        from modelop_jupyter.workspace import job_request

        return getattr(job_request, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


class Workspace:
    """One home folder: its models, environments and jobs. Close it, or use it with ``with``.

    The methods are grouped by subject: ``workspace.jobs.retry(...)``. Each command of the shell is
    a method of the workspace, too, under the name it has there: ``workspace.job_retry(...)``.

    ``progress`` is called with every step that a method waits for: of a build, or of reading a query.
    """

    def __init__(
        self,
        settings: Settings | None = None,
        *,
        progress: Callable[[Step], None] | None = None,
    ) -> None:
        self.settings = settings or Settings.from_environment()
        self.progress = progress
        self._home = Home(self.settings, progress=progress)

    def __enter__(self) -> Workspace:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def open(self) -> None:
        """Open the registry and the blob store now, before threads share the workspace."""
        self._home.open()

    def close(self) -> None:
        """Close the database; running jobs go on."""
        self._home.close()

    @property
    def registry(self) -> Registry:
        """The database of models, snapshots and jobs, opened when first used."""
        return self._home.registry

    @property
    def blobs(self) -> BlobStore:
        """The store of the bytes of all assets."""
        return self._home.blobs

    def overview(self) -> Overview:
        """List models and environments, and the last jobs."""
        from modelop_jupyter.domain.reports import Overview

        self.jobs.remove_leftovers()
        return Overview(
            home=str(self.settings.home),
            models=tuple(self.models()),
            environments=tuple(self.environments()),
            jobs=tuple(self.jobs(limit=_RECENT_JOBS)),
            deployments=tuple(self.deployments()),
        )

    def repair(self) -> Repair:
        """Record models, snapshots and jobs again that only the job folders know.

        What is on record stays as it is, so that it can be done at any time. A model that no job ran
        cannot be restored.
        """
        from modelop_jupyter.workspace.repair import repair

        registry = self._home.open_registry_anew()
        return repair(self.settings, registry, self.blobs)

    def check(
        self,
        ref: str,
        inputs: Any = (),
        *,
        metrics: Any = (),
        parameters: Mapping[str, Any] | None = None,
        audit: bool = False,
        live: LiveNotebook | None = None,
        command: Command = (),
        progress: Callable[[CheckStep], None] | None = None,
        is_stopped: Callable[[], bool] = lambda: False,
    ) -> CheckReport:
        """Say whether a model will pass in ModelOp Center; a sample is scored several times.

        ``inputs`` are those of a batch; without one, the model's test data is taken. ``metrics`` are
        those of a metrics job, if its function is to be checked, too. No job is recorded; the report is
        kept with the snapshot (:meth:`last_check`). ``audit`` asks a service for known faults of the
        packages. ``live`` is the notebook of the model, if it runs in this process. ``command`` are the
        words that make the report again, ``progress`` is called with the steps of the check instead of
        the workspace's, and ``is_stopped`` is asked whether to stop, which raises ``StoppedError``.
        Raises :class:`InvalidError` where there is nothing to score.
        """
        from modelop_jupyter.workspace.check import check
        from modelop_jupyter.workspace.job_request import as_inputs

        records, of_metrics = as_inputs(inputs), as_inputs(metrics)
        return check(
            ref,
            records,
            self._home,
            metrics=of_metrics,
            parameters=parameters or {},
            asks_for_faults=audit,
            live=live,
            command=command,
            progress=progress,
            is_stopped=is_stopped,
        )

    def challenge(
        self,
        champion: str,
        challenger: str,
        inputs: Any,
        *,
        label: str | None = None,
        key: str | None = None,
        segments: Sequence[str] = (),
        field: str | None = None,
        expect: Sequence[str] = (),
        parameters: Mapping[str, Any] | None = None,
        limit: int | None = None,
        format: str | None = None,
        connection: str | None = None,
        progress: Callable[[ChallengeStep], None] | None = None,
        is_stopped: Callable[[], bool] = lambda: False,
    ) -> Challenge:
        """Score the same records with two snapshots at once, and say in what they differ.

        ``label``, ``key`` and ``segments`` are columns of the input, ``field`` is the field of the
        outputs that is compared. ``expect`` are rules such as ``accuracy >= ref``, where ``ref`` is the
        champion's. ``progress`` is called with the steps of the challenge instead of the workspace's, and
        ``is_stopped`` is asked whether to stop, which raises ``StoppedError``. No job is recorded. Raises :class:`InvalidError` for what cannot be compared.
        """
        from modelop_jupyter.comparison.challenge_input import Columns
        from modelop_jupyter.workspace.challenge import challenge
        from modelop_jupyter.workspace.job_request import as_inputs

        return challenge(
            champion,
            challenger,
            as_inputs(inputs),
            self._home,
            columns=Columns(label, key, tuple(segments), field),
            rules=tuple(expect),
            parameters=parameters or {},
            limit=limit,
            format=format,
            connection=connection,
            progress=progress,
            is_stopped=is_stopped,
        )

    def last_check(self, ref: str) -> KeptCheck | None:
        """Return the last check of a model or snapshot; None where there was none."""
        from modelop_jupyter.workspace.kept_checks import kept_check

        return kept_check(ref, self._home)

    def bill_of_materials(self, ref: str) -> str:
        """Return the packages of a model's environment as a CycloneDX document, with their licences.

        Raises :class:`MissingExtraError` without the extra ``audit``.
        """
        from modelop_jupyter.checks.bill_of_materials import (
            bill_of_materials,
            require_bill_of_materials,
        )

        require_bill_of_materials()
        numbered = self.models.numbered(ref)
        return bill_of_materials(numbered, self.environment(numbered))

    models = Component(ModelsApi)
    register = models.shortcut(ModelsApi.register)
    preview = models.shortcut(ModelsApi.preview)
    model_page = models.shortcut(ModelsApi.page)
    show = models.shortcut(ModelsApi.show)
    stored_model = models.shortcut(ModelsApi.document)
    lineage = models.shortcut(ModelsApi.lineage)
    remove = models.shortcut(ModelsApi.remove)
    diff = models.shortcut(ModelsApi.diff)
    export = models.shortcut(ModelsApi.export)
    import_ = models.shortcut(ModelsApi.import_)
    snapshot = models.shortcut(ModelsApi.take_snapshot)
    snapshots = models.shortcut(ModelsApi.snapshots)

    aliases = Component(AliasesApi)
    alias = aliases.shortcut(AliasesApi.move)
    alias_list = aliases.shortcut(AliasesApi.__call__)
    alias_remove = aliases.shortcut(AliasesApi.remove)
    alias_history = aliases.shortcut(AliasesApi.history)

    metadata = Component(MetadataApi)
    tag = metadata.shortcut(MetadataApi.tag)
    meta = metadata.shortcut(MetadataApi.meta)

    assets = Component(AssetsApi)
    asset_list = assets.shortcut(AssetsApi.__call__)
    asset_names = assets.shortcut(AssetsApi.names)
    asset_add = assets.shortcut(AssetsApi.add)
    asset_role = assets.shortcut(AssetsApi.set_role)
    asset_remove = assets.shortcut(AssetsApi.remove)

    config = Component(ConfigurationApi)
    examples = Component(ExamplesApi)
    example = examples.shortcut(ExamplesApi.copy)
    engines = Component(EnginesApi)

    schemas = Component(SchemasApi)
    schema_show = schemas.shortcut(SchemasApi.show)
    schema_infer = schemas.shortcut(SchemasApi.infer)
    schema_drift = schemas.shortcut(SchemasApi.drift)

    requirements = Component(RequirementsApi)
    infer_requirements = requirements.shortcut(RequirementsApi.infer)
    upgrade_requirements = requirements.shortcut(RequirementsApi.upgrade)
    resolve_requirements_as_of = requirements.shortcut(RequirementsApi.resolve_as_of)
    trim_requirements = requirements.shortcut(RequirementsApi.trim)

    environments = Component(EnvironmentsApi)
    environment = environments.shortcut(EnvironmentsApi.ensure)
    env_build = environments.shortcut(EnvironmentsApi.build)
    env_list = environments.shortcut(EnvironmentsApi.__call__)
    env_show = environments.shortcut(EnvironmentsApi.show)
    env_report = environments.shortcut(EnvironmentsApi.report)
    env_prove = environments.shortcut(EnvironmentsApi.prove)
    env_remove = environments.shortcut(EnvironmentsApi.remove)
    env_pin = environments.shortcut(EnvironmentsApi.pin)
    env_unpin = environments.shortcut(EnvironmentsApi.unpin)
    env_gc = environments.shortcut(EnvironmentsApi.gc)

    jobs = Component(JobsApi)
    batch = jobs.shortcut(JobsApi.batch)
    metrics = jobs.shortcut(JobsApi.metrics)
    train = jobs.shortcut(JobsApi.train)
    job = jobs.shortcut(JobsApi.get)
    job_page = jobs.shortcut(JobsApi.page)
    job_look = jobs.shortcut(JobsApi.progress)
    job_retry = jobs.shortcut(JobsApi.retry)
    job_rerun = jobs.shortcut(JobsApi.rerun)
    job_remedies = jobs.shortcut(JobsApi.remedies)
    job_differences = jobs.shortcut(JobsApi.differences)
    job_report = jobs.shortcut(JobsApi.report)
    job_document = jobs.shortcut(JobsApi.document)
    record_page = jobs.shortcut(JobsApi.record_page)
    error_page = jobs.shortcut(JobsApi.error_page)
    log_after = jobs.shortcut(JobsApi.log_after)
    job_remove = jobs.shortcut(JobsApi.remove)
    job_gc = jobs.shortcut(JobsApi.gc)
    job_pin = jobs.shortcut(JobsApi.pin)
    job_unpin = jobs.shortcut(JobsApi.unpin)
    jobs_usage = jobs.shortcut(JobsApi.usage)

    schedules = Component(SchedulesApi)
    schedule = schedules.shortcut(SchedulesApi.plan)
    schedule_list = schedules.shortcut(SchedulesApi.__call__)
    schedule_remove = schedules.shortcut(SchedulesApi.remove)

    deployments = Component(DeploymentsApi)
    deploy = deployments.shortcut(DeploymentsApi.deploy)
    deployment = deployments.shortcut(DeploymentsApi.get)
    deployment_stop = deployments.shortcut(DeploymentsApi.stop)
    deployment_rollback = deployments.shortcut(DeploymentsApi.rollback)
    deployment_errors = deployments.shortcut(DeploymentsApi.errors)
    deployment_failure = deployments.shortcut(DeploymentsApi.failure)
    deployment_log = deployments.shortcut(DeploymentsApi.log)
    deployment_score = deployments.shortcut(DeploymentsApi.score)

    results = Component(ResultsApi)
    compare = results.shortcut(ResultsApi.compare)
    compare_why = results.shortcut(ResultsApi.why)
    history = results.shortcut(ResultsApi.history)
    histories = results.shortcut(ResultsApi.histories)
    metric_names = results.shortcut(ResultsApi.metric_names)

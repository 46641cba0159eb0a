"""The tables of views: which function shows which type of value, or of rows.

They have names, so that the views and the types of one value are loaded, not those of all.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any

from modelop_jupyter.display.blocks import Block, Blocks, Note, Table, Text
from modelop_jupyter.domain.sentences import listed

if TYPE_CHECKING:
    from modelop_jupyter.domain.lists import Listing
    from modelop_jupyter.domain.reports import FailureReport, Overview, Removed

_ROOM = "modelop_jupyter.display"


def describe(value: Any) -> Blocks:
    """Return the blocks that show a value.

    A type of an outer room may have a method ``blocks`` instead of an entry here. Raises
    :class:`TypeError` for a type without a view.
    """
    if value is None:
        return []
    if isinstance(value, (list, tuple)):
        return _rows(value)
    kind = type(value)
    show: Callable[[Any], Blocks] | None = getattr(kind, "blocks", None)
    if kind.__name__ in VIEWS:
        show = function(VIEWS[kind.__name__])
    if show is None:
        raise TypeError(f"nothing says how to show a {kind.__name__}")
    return show(value)


def function(name: str) -> Callable[[Any], Any]:
    """Return a function of this room by its module and name, as the tables have them."""
    module, _, attribute = name.partition(".")
    found: Callable[[Any], Any] = getattr(import_module(f"{_ROOM}.{module}"), attribute)
    return found


def _rows(rows: Sequence[Any]) -> list[Block]:
    if not rows:
        return []
    table: Table = function(ROWS[type(rows[0]).__name__])(rows)
    return [table]


def listing(value: Listing) -> Blocks:
    """Return the table of a list, or what it says when it is empty."""
    if not value.rows:
        return [Note(value.nothing)]
    return [*_rows(value.rows), *([Note(value.more)] if value.more else [])]


def removed(value: Removed) -> Blocks:
    """Return the sentence about what was removed."""
    blocks: list[Block] = [Note(f"Removed {value.noun} {value.name}.", "good")]
    if value.kernels:
        kernels = "kernel" if len(value.kernels) == 1 else "kernels"
        blocks.append(Note(f"Its {kernels} {listed(value.kernels)} went from the launcher, too."))
    return blocks


def failure_report(value: FailureReport) -> Blocks:
    """Return the text as it is to be copied."""
    return [Text("", value.text, is_open=True)]


def overview(value: Overview) -> Blocks:
    """Return the overview of a home with its tables."""
    from modelop_jupyter.display import models

    lists = (value.models, value.environments, value.deployments, value.jobs)
    return models.overview(value, tables=[table for rows in lists for table in _rows(rows)])


# The name of a type: the module and the name of the function.
VIEWS: Mapping[str, str] = {
    "Alias": "aliases.moved",
    "Answer": "deployments.answer",
    "BuildStep": "environments.step",
    "CheckStep": "progress.checking",
    "ReadingStep": "progress.reading",
    "Environment": "environments.built",
    "EnvironmentView": "environments.view",
    "Causes": "causes.causes",
    "Challenge": "challenges.challenge",
    "ChallengeStep": "progress.challenging",
    "Deployment": "deployments.deployment",
    "DeploymentFailedError": "deployments.refused",
    "DeploymentLog": "deployments.log",
    "DeployStep": "progress.deploying",
    "FailedRequests": "deployments.errors",
    "RequestFailure": "deployments.failure",
    "CheckReport": "checks.report",
    "Clearing": "disk.clearing",
    "Comparison": "comparisons.comparison",
    "ConfiguredValue": "configuration.value",
    "History": "comparisons.history",
    "ExampleCopy": "examples.copy",
    "ExampleList": "examples.listing",
    "Exported": "exchange.exported",
    "Imported": "exchange.imported",
    "Pinned": "disk.pinned",
    "PinnedJob": "disk.pinned_job",
    "Document": "jobs.document",
    "FailureReport": "views.failure_report",
    "ErrorGroups": "jobs.error_groups",
    "JobErrors": "jobs.errors",
    "JobLog": "jobs.log",
    "JobRecord": "jobs.record",
    "JobSummary": "jobs.summary",
    "InstalledKernel": "kernels.installed",
    "JobUpdate": "progress.update",
    "KernelLists": "kernels.lists",
    "KernelState": "kernels.state",
    "Lineage": "lineage.view",
    "Listing": "views.listing",
    "ModelDiff": "comparisons.model_diff",
    "ModelMetadata": "models.metadata",
    "ModelTags": "models.tags",
    "ModelView": "models.view",
    "Overview": "views.overview",
    "Preview": "registration.dry_run",
    "ProofView": "environments.proof",
    "Registration": "models.registration",
    "Removed": "views.removed",
    "Repair": "repairs.repair",
    "RequirementsReport": "requirements.report",
    "SchedulePlan": "schedules.plan",
    "SchemaDrift": "schemas.drift",
    "Trial": "trials.trial",
    "InferredRequirements": "requirements.inferred",
    "Trim": "requirements.trimmed",
    "Upgrade": "requirements.upgrade",
    "Verification": "exchange.verification",
    "Snapshot": "models.snapshot",
}

ROWS: Mapping[str, str] = {
    "Alias": "aliases.alias_table",
    "AliasMove": "aliases.history",
    "Asset": "models.asset_table",
    "ConfiguredValue": "configuration.table",
    "Deployment": "deployments.table",
    "EnvironmentRow": "disk.environment_table",
    "InstalledSchedule": "schedules.table",
    "JobRecord": "jobs.job_table",
    "ModelRow": "models.model_table",
    "Snapshot": "models.snapshot_table",
}

"""The tables of views: which function shows which type of value, or of rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from modelop_jupyter.configuration import ConfiguredValue
from modelop_jupyter.display import (
    comparisons,
    configuration,
    disk,
    environments,
    examples,
    exchange,
    jobs,
    kernels,
    models,
    progress,
    repairs,
    requirements,
    trials,
)
from modelop_jupyter.display.blocks import Block, Blocks, Note, Table
from modelop_jupyter.domain.assets import Asset
from modelop_jupyter.domain.disk import Clearing, Pinned, PinnedJob
from modelop_jupyter.domain.environments import BuildStep, Environment
from modelop_jupyter.domain.examples import ExampleCopy, ExampleList
from modelop_jupyter.domain.exchange import Exported, Imported
from modelop_jupyter.domain.jobs import JobRecord
from modelop_jupyter.domain.kernels import InstalledKernel, KernelLists
from modelop_jupyter.domain.models import Snapshot
from modelop_jupyter.domain.queries import ReadingStep
from modelop_jupyter.domain.repairs import Repair
from modelop_jupyter.domain.reports import (
    Document,
    EnvironmentRow,
    EnvironmentView,
    ErrorGroups,
    JobErrors,
    JobLog,
    JobSummary,
    JobUpdate,
    KernelState,
    Listing,
    ModelRow,
    ModelView,
    Overview,
    ProofView,
    Registration,
    Removed,
    RequirementsReport,
)
from modelop_jupyter.domain.requirements.changes import InferredRequirements, Upgrade
from modelop_jupyter.domain.results.comparisons import Comparison, History, ModelDiff
from modelop_jupyter.domain.trials import Trial


def describe(value: Any) -> Blocks:
    """Return the blocks that show a value.

    A type of an outer room may have a method ``blocks`` instead of an entry here. Raises
    :class:`TypeError` for a type without a view.
    """
    if value is None:
        return []
    if isinstance(value, (list, tuple)):
        return _rows(value)
    show = VIEWS.get(type(value)) or getattr(type(value), "blocks", None)
    if show is None:
        raise TypeError(f"nothing says how to show a {type(value).__name__}")
    blocks: Blocks = show(value)
    return blocks


def _rows(rows: Sequence[Any]) -> list[Block]:
    return [ROWS[type(rows[0])](rows)] if rows else []


def _listing(value: Listing) -> Blocks:
    if not value.rows:
        return [Note(value.nothing)]
    return [*_rows(value.rows), *([Note(value.more)] if value.more else [])]


def _removed(value: Removed) -> Blocks:
    return [Note(f"Removed {value.noun} {value.name}.", "good")]


def _overview(value: Overview) -> Blocks:
    return models.overview(
        value, tables=[*_rows(value.models), *_rows(value.environments), *_rows(value.jobs)]
    )


VIEWS: Mapping[type, Callable[[Any], Blocks]] = {
    BuildStep: environments.step,
    ReadingStep: progress.reading,
    Environment: environments.built,
    EnvironmentView: environments.view,
    Clearing: disk.clearing,
    Comparison: comparisons.comparison,
    ConfiguredValue: configuration.value,
    History: comparisons.history,
    ExampleCopy: examples.copy,
    ExampleList: examples.listing,
    Exported: exchange.exported,
    Imported: exchange.imported,
    Pinned: disk.pinned,
    PinnedJob: disk.pinned_job,
    Document: jobs.document,
    ErrorGroups: jobs.error_groups,
    JobErrors: jobs.errors,
    JobLog: jobs.log,
    JobRecord: jobs.record,
    JobSummary: jobs.summary,
    InstalledKernel: kernels.installed,
    JobUpdate: progress.update,
    KernelLists: kernels.lists,
    KernelState: kernels.state,
    Listing: _listing,
    ModelDiff: comparisons.model_diff,
    ModelView: models.view,
    Overview: _overview,
    ProofView: environments.proof,
    Registration: models.registration,
    Removed: _removed,
    Repair: repairs.repair,
    RequirementsReport: requirements.report,
    Trial: trials.trial,
    InferredRequirements: requirements.inferred,
    Upgrade: requirements.upgrade,
    Snapshot: models.snapshot,
}

ROWS: Mapping[type, Callable[[Sequence[Any]], Table]] = {
    Asset: models.asset_table,
    ConfiguredValue: configuration.table,
    EnvironmentRow: disk.environment_table,
    JobRecord: jobs.job_table,
    ModelRow: models.model_table,
    Snapshot: models.snapshot_table,
}

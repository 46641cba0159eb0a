"""The Python API and composition root: every verb a user types, as a method.

Nothing is opened, made or imported until a verb needs it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from modelop_jupyter.domain.reports import Overview
from modelop_jupyter.workspace.cleanup_verbs import CleanupVerbs
from modelop_jupyter.workspace.env_verbs import EnvVerbs
from modelop_jupyter.workspace.exchange_verbs import ExchangeVerbs
from modelop_jupyter.workspace.pages import PageVerbs
from modelop_jupyter.workspace.previews import PreviewVerbs
from modelop_jupyter.workspace.repair_verbs import RepairVerbs
from modelop_jupyter.workspace.requirement_verbs import RequirementVerbs
from modelop_jupyter.workspace.result_verbs import ResultVerbs
from modelop_jupyter.workspace.schema_verbs import SchemaVerbs

if TYPE_CHECKING:
    from modelop_jupyter.workspace.job import Job
    from modelop_jupyter.workspace.submission import PathBelow, Stream, Variable

__all__ = ["Job", "PathBelow", "Stream", "Variable", "Workspace"]

_RECENT = 5


def __getattr__(name: str) -> Any:
    if name == "Job":
        from modelop_jupyter.workspace.job import Job

        return Job
    if name in ("PathBelow", "Stream", "Variable"):
        from modelop_jupyter.workspace import submission

        return getattr(submission, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


class Workspace(
    PreviewVerbs,
    ExchangeVerbs,
    SchemaVerbs,
    EnvVerbs,
    ResultVerbs,
    RequirementVerbs,
    CleanupVerbs,
    PageVerbs,
    RepairVerbs,
):
    """One home folder: its models, environments and jobs. Close it, or use it with ``with``.

    ``progress`` is called with every step of a build that a verb waits for.
    """

    def overview(self) -> Overview:
        """Return what a bare ``%modelop`` tells."""
        self.job_cleanup.sweep()
        return Overview(
            home=str(self.settings.home),
            models=tuple(self.models()),
            environments=tuple(self.env_list()),
            jobs=tuple(self.jobs(limit=_RECENT)),
        )

"""The Python API and composition root: every verb a user types, as a method.

Nothing is opened, made or imported until a verb needs it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from modelop_jupyter.domain.environments import Environment
from modelop_jupyter.domain.reports import (
    EnvironmentRow,
    EnvironmentView,
    Overview,
    ProofView,
    Removed,
    RequirementsReport,
)
from modelop_jupyter.workspace.job_verbs import JobVerbs
from modelop_jupyter.workspace.pages import PageVerbs
from modelop_jupyter.workspace.previews import PreviewVerbs
from modelop_jupyter.workspace.schema_verbs import SchemaVerbs

if TYPE_CHECKING:
    from modelop_jupyter.workspace.job import Job
    from modelop_jupyter.workspace.submission import Stream, Variable

__all__ = ["Job", "Stream", "Variable", "Workspace"]

_RECENT = 5


def __getattr__(name: str) -> Any:
    if name == "Job":
        from modelop_jupyter.workspace.job import Job

        return Job
    if name in ("Stream", "Variable"):
        from modelop_jupyter.workspace import submission

        return getattr(submission, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


class Workspace(PreviewVerbs, SchemaVerbs, JobVerbs, PageVerbs):
    """One home folder: its models, environments and jobs. Close it, or use it with ``with``.

    ``progress`` is called with every step of a build that a verb waits for.
    """

    def requirements(self, ref: str, *, check: bool = False) -> RequirementsReport:
        """Show what a model requires; ``check`` compares it with what its source imports."""
        from modelop_jupyter.workspace.requirements import report

        return report(ref, self.owner(ref), self.environments, self.blobs, check=check)

    def env_build(self, ref: str) -> Environment:
        """Build a model's environment if it is not there; raises :class:`EnvironmentBuildError`."""
        return self.environments.ensure(self.owner(ref))

    def env_list(self) -> list[EnvironmentRow]:
        """List the environments with the models that use them."""
        return self.environments.rows()

    def env_show(self, ref: str) -> EnvironmentView:
        """Show a model's environment without building it."""
        return self.environments.view(ref, self.owner(ref))

    def env_prove(self, ref: str) -> ProofView:
        """Prove that a model's environment holds its lock and nothing else; builds it if need be."""
        return ProofView(ref, self.environments.prove(self.owner(ref)))

    def env_remove(self, ref: str) -> Removed:
        """Remove a model's environment from disk; the next job builds it again."""
        return self.environments.remove(ref, self.owner(ref))

    def overview(self) -> Overview:
        """Return what a bare ``%modelop`` tells."""
        return Overview(
            home=str(self.settings.home),
            models=tuple(self.models()),
            environments=tuple(self.env_list()),
            jobs=tuple(self.jobs(limit=_RECENT)),
        )

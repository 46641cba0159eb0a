"""The methods about environments: ``workspace.environments``."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from modelop_jupyter.domain.disk import Clearing, Pinned
    from modelop_jupyter.domain.environments import Environment
    from modelop_jupyter.domain.reports import (
        EnvironmentRow,
        EnvironmentState,
        EnvironmentView,
        FailureReport,
        ProofView,
        Removed,
    )
    from modelop_jupyter.workspace.home import Home

_NONE: Mapping[str, Path] = MappingProxyType({})


class EnvironmentsApi:
    """The environments of a home. Called, it lists them."""

    def __init__(self, home: Home) -> None:
        self._home = home

    def __call__(self) -> list[EnvironmentRow]:
        """List the environments with the models that use them and what they take on disk."""
        environments = self._home.environments
        return environments.upkeep.rows(environments.owners())

    def build(
        self,
        ref: str,
        *,
        rebuild: bool = False,
        offline: bool = False,
        install_python: bool = False,
    ) -> Environment:
        """Build a model's environment if it is not there, and say what was changed in one that is.

        ``rebuild`` builds one that is there again. ``install_python`` has uv install the model's Python
        if it is not on this machine. ``offline`` asks no index: packages come from the
        package cache, folders and assets. Raises :class:`EnvironmentBuildError`, and
        :class:`ConflictError` for one to be rebuilt that is in use.
        """
        owner = self._home.owner(ref)
        environments = self._home.environments_from(offline=offline)
        if install_python:
            environments.install_python(owner)
        before = environments.ready(owner)
        if before is not None and rebuild:
            return environments.rebuild(owner)
        environment = environments.ensure(owner)
        return environment if before is None else environments.upkeep.with_drift(environment)

    def ensure(self, ref: str, *, wheels: Mapping[str, Path] = _NONE) -> Environment:
        """Return a model's environment, built now if it is not there; its content is not checked.

        With ``wheels``, by their digests, it is built of them, and no index is asked.
        """
        return self._home.environments.ensure(self._home.owner(ref), wheels=wheels)

    def lacking_wheels(self, ref: str, wheels: Collection[str]) -> tuple[str, ...]:
        """Return the packages of an environment for which wheels with these digests do not do."""
        return self._home.environments.lacking_wheels(self._home.owner(ref), wheels)

    def build_announced(self, ref: str) -> None:
        """Build what a background build has announced, when its turn comes.

        Raises :class:`EnvironmentBuildError`.
        """
        self._home.environments.build_announced(self._home.owner(ref))

    def mend(self, ref: str) -> Environment:
        """Return a model's environment, built again if files are missing and nothing uses it."""
        return self._home.environments.mended(self._home.owner(ref))

    def state(self, ref: str) -> EnvironmentState:
        """Return how far a model's environment is, without the list of its packages."""
        return self._home.environments.state(self._home.owner(ref))

    def show(self, ref: str) -> EnvironmentView:
        """Show a model's environment without building it."""
        environments = self._home.environments
        view = environments.view(ref, self._home.owner(ref))
        if view.environment is None:
            return view
        environment = environments.upkeep.with_drift(view.environment)
        state = view.state if not environment.is_drifted else "drifted"
        return replace(view, environment=environment, state=state)

    def report(self, ref: str) -> FailureReport:
        """Return why an environment was not built as one block of text for a ticket."""
        from modelop_jupyter.workspace.failure_report import environment_report

        return environment_report(ref, self._home)

    def prove(self, ref: str) -> ProofView:
        """Prove that a model's environment holds its lock and nothing else; builds it if need be."""
        from modelop_jupyter.domain.reports import ProofView

        return ProofView(ref, self._home.environments.prove(self._home.owner(ref)))

    def remove(self, ref: str, *, force: bool = False) -> Removed:
        """Remove a model's environment from disk; the next job builds it again.

        Raises :class:`ConflictError` while it is in use, and without ``force`` for one that is
        pinned or another model's, too.
        """
        return self._home.environments.remove(ref, self._home.owner(ref), force=force)

    def pin(self, ref: str) -> Pinned:
        """Keep a model's environment, which must be built, from being removed by ``gc``."""
        return self._home.environments.pin(ref, self._home.owner(ref))

    def unpin(self, ref: str) -> Pinned:
        """Let ``gc`` remove a model's environment again."""
        return self._home.environments.unpin(ref, self._home.owner(ref))

    def gc(self, *, quota: int | None = None, dry_run: bool = False) -> Clearing:
        """Remove the least recently used environments beyond ``quota`` bytes, and leftovers.

        Without one, that of the settings counts (MODELOP_ENV_QUOTA).
        What is in use or pinned stays. ``dry_run`` only returns what would be removed.
        """
        if quota is None:
            quota = self._home.settings.quota_of_environments
        running = self._home.job_service.list(running=True)
        busy = [self._home.owner(f"{job.model}@{job.snapshot}") for job in running]
        return self._home.environments.clear(quota, busy=busy, is_dry_run=dry_run)

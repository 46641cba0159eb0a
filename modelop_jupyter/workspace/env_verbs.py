"""The verbs about environments."""

from __future__ import annotations

from dataclasses import replace

from modelop_jupyter.domain.disk import QUOTA, Clearing, Pinned
from modelop_jupyter.domain.environments import Environment
from modelop_jupyter.domain.reports import EnvironmentRow, EnvironmentView, ProofView, Removed
from modelop_jupyter.workspace.home import Home


class EnvVerbs(Home):
    """What can be asked of the environments of a home."""

    def env_build(self, ref: str, *, rebuild: bool = False, offline: bool = False) -> Environment:
        """Build a model's environment if it is not there, and say what was changed in one that is.

        ``rebuild`` makes one that is there anew. ``offline`` asks no index: packages come from the
        package cache, folders and assets. Raises :class:`EnvironmentBuildError`, and
        :class:`ConflictError` where one to be made anew is in use.
        """
        owner, environments = self.owner(ref), self.environments_from(offline=offline)
        there = environments.ready(owner)
        if there is not None and rebuild:
            return environments.rebuild(owner)
        found = environments.ensure(owner)
        return found if there is None else environments.upkeep.with_drift(found)

    def environment(self, ref: str) -> Environment:
        """Return a model's environment, built now if it is not there; nobody looks into it."""
        return self.environments.ensure(self.owner(ref))

    def env_list(self) -> list[EnvironmentRow]:
        """List the environments with the models that use them and what they take on disk."""
        return self.environments.upkeep.rows(self.environments.owners())

    def env_show(self, ref: str) -> EnvironmentView:
        """Show a model's environment without building it."""
        view = self.environments.view(ref, self.owner(ref))
        if view.environment is None:
            return view
        found = self.environments.upkeep.with_drift(view.environment)
        state = view.state if not found.is_drifted else "drifted"
        return replace(view, environment=found, state=state)

    def env_prove(self, ref: str) -> ProofView:
        """Prove that a model's environment holds its lock and nothing else; builds it if need be."""
        return ProofView(ref, self.environments.prove(self.owner(ref)))

    def env_remove(self, ref: str, *, force: bool = False) -> Removed:
        """Remove a model's environment from disk; the next job builds it again.

        Raises :class:`ConflictError` while it is in use, and without ``force`` for one that is
        pinned or another model's, too.
        """
        return self.environments.remove(ref, self.owner(ref), force=force)

    def env_pin(self, ref: str) -> Pinned:
        """Keep a model's environment, which must be built, from being cleared away."""
        return self.environments.pin(ref, self.owner(ref))

    def env_unpin(self, ref: str) -> Pinned:
        """Let a model's environment be cleared away again."""
        return self.environments.unpin(ref, self.owner(ref))

    def env_gc(self, *, quota: int = QUOTA, dry_run: bool = False) -> Clearing:
        """Remove the least recently used environments beyond ``quota`` bytes, and leftovers.

        What is in use or pinned stays. ``dry_run`` only tells what would be removed.
        """
        running = self.job_service.list(running=True)
        busy = [self.owner(f"{job.model}@{job.snapshot}") for job in running]
        return self.environments.clear(quota, busy=busy, is_dry_run=dry_run)

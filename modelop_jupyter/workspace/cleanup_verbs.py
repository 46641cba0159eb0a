"""The verbs about what jobs take on disk."""

from __future__ import annotations

from modelop_jupyter.domain.disk import Clearing, JobsUsage, PinnedJob
from modelop_jupyter.workspace.home import Home


class CleanupVerbs(Home):
    """Removing jobs, and keeping some from being removed."""

    def job_remove(self, *jobs: str) -> Clearing:
        """Remove jobs and all that they hold; outputs that lie elsewhere stay.

        All of them or none: raises :class:`ConflictError` for one that runs, is pinned or is needed
        by a newer job that stays. Their metrics leave the history of their model.
        """
        records = [self.registry.get_job(each) for each in jobs]
        return self.job_cleanup.remove(records)

    def job_gc(
        self, *, older: float | None = None, quota: int | None = None, dry_run: bool = False
    ) -> Clearing:
        """Remove jobs that ended more than ``older`` seconds ago, and the oldest beyond ``quota`` bytes.

        Where neither is given, those of the settings count. Running and pinned jobs stay, and those
        that a newer one needs. Metrics stay in the history. ``dry_run`` only tells what would go.
        """
        if older is None and quota is None:
            older, quota = self.settings.limits_of_jobs
        return self.job_cleanup.gc(older=older, quota=quota, is_dry_run=dry_run)

    def job_pin(self, identity: str) -> PinnedJob:
        """Keep a job from being removed."""
        from modelop_jupyter.jobs import pins

        record = self.registry.get_job(identity)
        pins.pin(self.job_service.folder(record.id))
        return PinnedJob(record.id, is_pinned=True)

    def job_unpin(self, identity: str) -> PinnedJob:
        """Let a job be removed again."""
        from modelop_jupyter.jobs import pins

        record = self.registry.get_job(identity)
        pins.unpin(self.job_service.folder(record.id))
        return PinnedJob(record.id, is_pinned=False)

    def jobs_usage(self) -> JobsUsage:
        """Return what all jobs take on disk, and what they may."""
        return self.job_cleanup.usage()

"""Every resource, one file each; this is their table."""

from __future__ import annotations

from modelop_jupyter.server.declarations import Resource


def resources(base_path: str) -> tuple[Resource, ...]:
    """Return the resources and the document that describes them, for one server."""
    from modelop_jupyter.server.resources import (
        assets,
        changes,
        content,
        environment,
        environments,
        job,
        job_cleanup,
        job_errors,
        job_log,
        job_output,
        job_views,
        jobs,
        kernels,
        lines,
        model,
        models,
        overview,
        previews,
        requirements,
        roles,
        schema,
        snapshots,
    )

    served = (
        overview.RESOURCE,
        changes.RESOURCE,
        roles.RESOURCE,
        models.RESOURCE,
        previews.RESOURCE,
        model.RESOURCE,
        snapshots.RESOURCE,
        assets.RESOURCE,
        assets.ONE,
        content.RESOURCE,
        requirements.RESOURCE,
        requirements.UPGRADE,
        environment.RESOURCE,
        environment.PROOF,
        environment.PIN,
        environments.RESOURCE,
        environments.CLEARING,
        kernels.RESOURCE,
        kernels.OF_MODEL,
        jobs.RESOURCE,
        job_cleanup.CLEARING,
        job_cleanup.USAGE,
        lines.RESOURCE,
        job.RESOURCE,
        job_cleanup.PIN,
        job.CANCELLATION,
        job.RETRY,
        job.RERUN,
        job.DOCUMENT,
        job.METRICS,
        job_views.RESOURCE,
        job_output.RESOURCE,
        job_errors.RESOURCE,
        job_errors.GROUPS,
        job_log.RESOURCE,
    )
    return (*served, schema.of(served, base_path))

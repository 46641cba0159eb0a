"""The table of all resources of the REST API: a new one is added here."""

from __future__ import annotations

from modelop_jupyter.server.resources import (
    assets,
    checks,
    connections,
    engines,
    environments,
    examples,
    job_disk,
    job_remedies,
    job_results,
    job_submission,
    jobs,
    kernels,
    model_results,
    models,
    overview,
    registration,
    requirements,
    samples,
)
from modelop_jupyter.server.rest.openapi import openapi_resource
from modelop_jupyter.server.rest.resource import Resource

# A URL is served by the first resource whose path matches.
RESOURCES: tuple[Resource, ...] = (
    overview.OVERVIEW,
    overview.CHANGES,
    assets.ROLES,
    assets.ROLE_GUESSES,
    models.MODELS,
    models.CHANGED_NOTEBOOKS,
    registration.PREVIEWS,
    models.MODEL,
    models.SNAPSHOTS,
    samples.MODEL_SAMPLE,
    model_results.HISTORY,
    model_results.DIFF,
    checks.CHECK,
    checks.CHECK_REMEDIES,
    assets.ASSETS,
    assets.ASSET,
    assets.CONTENT,
    requirements.REQUIREMENTS,
    requirements.UPGRADE,
    requirements.RESOLUTION,
    environments.ENVIRONMENT,
    environments.ENVIRONMENT_PROOF,
    environments.ENVIRONMENT_PIN,
    environments.ENVIRONMENTS,
    environments.ENVIRONMENTS_GC,
    engines.ENGINES,
    engines.ENGINE_LOOK,
    connections.CONNECTIONS,
    examples.EXAMPLES,
    kernels.KERNELS,
    kernels.MODEL_KERNEL,
    samples.KERNEL_CODE,
    kernels.RUNNING_KERNEL,
    jobs.JOBS,
    job_disk.JOBS_GC,
    job_disk.JOBS_USAGE,
    jobs.REMOVALS,
    job_submission.MAGIC_LINES,
    jobs.JOB,
    job_disk.JOB_PIN,
    jobs.CANCEL,
    jobs.RETRY,
    jobs.RERUN,
    job_remedies.REMEDIES,
    job_results.DOCUMENT,
    job_results.METRICS,
    job_results.VIEWS,
    job_results.RECORDS,
    job_results.RECORDS_FOUND,
    job_results.OUTPUT,
    job_results.COMPARISON,
    job_results.ERRORS,
    job_results.ERROR_GROUPS,
    job_results.LOG,
)


def resources(base_path: str) -> tuple[Resource, ...]:
    """Return all resources, with ``/openapi.json``, which names the extension's URL path."""
    return (*RESOURCES, openapi_resource(RESOURCES, base_path))

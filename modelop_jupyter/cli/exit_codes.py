"""The exit codes of values and errors.

0 done, 1 the job or check failed, 2 wrong usage, 3 not found, 4 the environment could not be built,
130 interrupted.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from modelop_jupyter.domain.jobs import JobRecord, JobResult, JobStatus
from modelop_jupyter.errors import (
    EnvironmentBuildError,
    InvalidError,
    ModelOpError,
    NotFoundError,
    ObjectNotFoundError,
)

DONE, FAILED, USAGE, NOT_FOUND, BUILD_FAILED, INTERRUPTED = 0, 1, 2, 3, 4, 130

_ERRORS: Mapping[type[ModelOpError], int] = {
    NotFoundError: NOT_FOUND,
    ObjectNotFoundError: NOT_FOUND,
    EnvironmentBuildError: BUILD_FAILED,
    InvalidError: USAGE,
    ModelOpError: FAILED,
}


def of_error(error: ModelOpError) -> int:
    """Return the exit code of an error: that of its nearest ancestor in the table."""
    return next(_ERRORS[kind] for kind in type(error).__mro__ if kind in _ERRORS)


def of_value(value: Any) -> int:
    """Return the exit code of what a verb returned: a check that did not pass says so itself."""
    return FAILED if getattr(value, "is_failure", False) else DONE


def of_job(record: JobRecord) -> int:
    """Return the exit code of a job that was followed to its end.

    A verdict that is not decided counts as failed only with ``--strict`` (spec 13.21).
    """
    if record.error and record.error.code == EnvironmentBuildError.code:
        return BUILD_FAILED
    is_good = record.status is JobStatus.COMPLETE and record.result is JobResult.SUCCESS
    return DONE if is_good and record.has_passed is not False else FAILED

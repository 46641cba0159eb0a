"""The exit codes of values and errors: one table each.

0 done, 1 the job or check failed, 2 wrong usage, 3 not found, 4 the environment could not be built,
130 interrupted.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from modelop_jupyter.domain.checks import CheckReport
from modelop_jupyter.domain.jobs import JobRecord, JobResult, JobStatus
from modelop_jupyter.domain.reports import ProofView, RequirementsReport
from modelop_jupyter.domain.schema_drift import SchemaDrift
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
    """Return the exit code of what a verb returned."""
    exit_code = _VALUES.get(type(value))
    return DONE if exit_code is None else exit_code(value)


def of_job(record: JobRecord) -> int:
    """Return the exit code of a job that was followed to its end.

    A verdict that is not decided counts as failed only with ``--strict`` (spec 13.21).
    """
    if record.error and record.error.code == EnvironmentBuildError.code:
        return BUILD_FAILED
    is_good = record.status is JobStatus.COMPLETE and record.result is JobResult.SUCCESS
    return DONE if is_good and record.has_passed is not False else FAILED


def _check(value: CheckReport) -> int:
    return DONE if value.is_passed else FAILED


def _drift(value: SchemaDrift) -> int:
    return FAILED if value.rejected else DONE


def _proof(value: ProofView) -> int:
    return DONE if value.proof.is_exact else FAILED


def _requirements(value: RequirementsReport) -> int:
    return DONE if value.is_good or not value.checked else FAILED


_VALUES: Mapping[type, Callable[[Any], int]] = {
    CheckReport: _check,
    ProofView: _proof,
    RequirementsReport: _requirements,
    SchemaDrift: _drift,
}

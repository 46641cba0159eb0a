"""The lists of jobs on PostgreSQL, which compares text, sorts NULL and reads JSON in its own way."""

from __future__ import annotations

import pytest

from tests.postgres import Postgres

from .test_queries import (  # noqa: F401
    ended,
    many,
    test_a_job_that_ends_is_listed_by_its_new_state,
    test_jobs_are_filtered,
    test_jobs_are_sorted,
    test_jobs_come_in_pages,
    test_what_no_job_has_yet_is_last_in_both_ways,
)

pytestmark = pytest.mark.slow


@pytest.fixture
def url(postgres: Postgres) -> str:
    """An empty PostgreSQL database: all fixtures of this folder use it."""
    return postgres.new()

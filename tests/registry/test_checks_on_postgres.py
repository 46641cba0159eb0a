"""Reports of checks on PostgreSQL, which has JSON of its own."""

from __future__ import annotations

import pytest

from tests.postgres import Postgres

from .test_checks import (  # noqa: F401
    report,
    test_a_check_is_a_change_of_the_models,
    test_a_model_has_the_newest_of_its_snapshots,
    test_a_report_is_what_it_was,
    test_checks_that_end_at_once_leave_one_report,
    test_removing_a_model_removes_its_checks,
)

pytestmark = pytest.mark.slow


@pytest.fixture
def url(postgres: Postgres) -> str:
    """An empty PostgreSQL database: all fixtures of this folder use it."""
    return postgres.new()

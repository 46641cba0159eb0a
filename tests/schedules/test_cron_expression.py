"""Cron expressions: what they mean, to cron and to systemd, and what is none."""

from __future__ import annotations

from datetime import datetime

import pytest

from modelop_jupyter.errors import CronError
from modelop_jupyter.schedules.cron_expression import CronExpression


@pytest.mark.parametrize(
    ("text", "events"),
    [
        ("0 6 * * *", ["*-*-* 06:00:00"]),
        ("@daily", ["*-*-* 00:00:00"]),
        ("*/30 8 * jan mon-fri", ["Mon,Tue,Wed,Thu,Fri *-01-* 08:00,30:00"]),
        ("0 0 * * 7", ["Sun *-*-* 00:00:00"]),
        ("0 0 1 * MON", ["*-*-01 00:00:00", "Mon *-*-* 00:00:00"]),
        ("0 0 */15 * MON", ["Mon *-*-01,16,31 00:00:00"]),
    ],
)
def test_systemd_is_told_the_same_times(text: str, events: list[str]) -> None:
    """Also where cron takes either of two days."""
    assert list(CronExpression.parse(text).calendar_events()) == events


def test_a_start_with_a_step_is_written_as_a_range() -> None:
    """Some crons would take 5/20 for 5 alone."""
    assert CronExpression.parse("5/20  3 * * *").text == "5-59/20 3 * * *"


def test_it_is_told_when_it_runs() -> None:
    """In a sentence, and as the next times."""
    expression = CronExpression.parse("0 6 * * MON")

    assert expression.meaning(datetime(2026, 12, 1)) == "At 06:00 on Monday"
    assert expression.next_runs(datetime(2026, 12, 1), 1) == (datetime(2026, 12, 7, 6),)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("0 25 * * *", "the hour is 0-23, not '25'"),
        ("0 0 L * *", "the day of the month is 1-31, not 'L'"),
        ("0 0 * * MON#1", "the day of the week is 0-7 or SUN-SAT, not 'MON#1'"),
        ("6 * *", "it has 3 of five fields"),
        ("0 0 6 * * *", "it has 6 of five fields"),
        ("0 0 30 2 *", "there is no such day"),
        ("@reboot", "it names no time"),
        ("", "it has 0 of five fields"),
    ],
)
def test_what_is_no_cron_expression_is_refused_with_its_field(text: str, reason: str) -> None:
    """Also what other programs take, such as L and seconds."""
    with pytest.raises(CronError) as caught:
        CronExpression.parse(text)

    assert caught.value.message == f"{text!r} is not a cron expression: {reason}"

"""What is decided after a runner's death, without any process."""

from __future__ import annotations

import signal

import pytest

from modelop_jupyter.jobs.deaths import Deaths, Verdict

KILLED = -signal.SIGKILL
CRASHED = -signal.SIGSEGV
AGAIN, PASS_OVER, END = Verdict.AGAIN, Verdict.PASS_OVER, Verdict.END


@pytest.mark.parametrize(
    ("story", "verdicts"),
    [
        pytest.param([(CRASHED, 7)], [PASS_OVER], id="a crash is the record's own doing"),
        pytest.param([(0, 7)], [PASS_OVER], id="so is os._exit"),
        pytest.param([(KILLED, 7)], [AGAIN], id="a kill may come from outside"),
        pytest.param([(KILLED, 7), (KILLED, 7)], [AGAIN, PASS_OVER], id="but not twice"),
        pytest.param([(KILLED, -1)], [AGAIN], id="killed before the first record"),
        pytest.param([(KILLED, -1), (KILLED, -1)], [AGAIN, END], id="killed there again"),
        pytest.param([(3, -1)], [END], id="an init that ends the process does so again"),
        pytest.param(
            [(3, index) for index in range(5)],
            [PASS_OVER] * 4 + [END],
            id="five deaths in a row end the job",
        ),
        pytest.param(
            [(3, index) for index in range(0, 20, 2)],
            [PASS_OVER] * 10,
            id="a record between two deaths breaks the row",
        ),
        pytest.param(
            [(KILLED, index // 2) for index in range(5)],
            [AGAIN, PASS_OVER, AGAIN, PASS_OVER, END],
            id="second tries count as deaths",
        ),
    ],
)
def test_a_death_is_judged_by_what_was_before(
    story: list[tuple[int, int]], verdicts: list[Verdict]
) -> None:
    """Issue 5: restarted and going on behind the record; five deaths in a row end the job."""
    deaths = Deaths()

    assert [
        deaths.judge(code, begun=begun, is_inside=begun >= 0) for code, begun in story
    ] == verdicts


def test_kills_between_records_cost_nothing() -> None:
    """Issue 5: no record twice, none missing, after a kill of the runner."""
    deaths = Deaths()

    assert [deaths.judge(KILLED, begun=n // 2, is_inside=False) for n in range(0, 60, 3)] == [
        AGAIN
    ] * 20

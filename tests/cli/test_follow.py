"""What a terminal, and a log file, see of a build."""

from __future__ import annotations

import io
import sys

import pytest

from modelop_jupyter.cli.follow import BuildLine
from modelop_jupyter.domain.environments import BuildStep

STEPS = (
    BuildStep("resolving", "3 requirements"),
    BuildStep("resolving", "3 requirements", 1.2),
    BuildStep("downloading", "numpy", 2.3, 1_000_000, 12_000_000),
    BuildStep("downloading", "numpy", 3.3, 2_000_000, 12_000_000),
    BuildStep("ready", "3 packages in 4.0 s", 4.0),
)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_log_file_gets_a_line_for_each_step(capsys: pytest.CaptureFixture[str]) -> None:
    """Seconds and bytes that go on are no lines of their own."""
    line = BuildLine()
    for step in STEPS:
        line(step)
    line.close()

    assert capsys.readouterr().err.splitlines() == [
        "resolving 3 requirements",
        "downloading 1 of 12 MB (numpy), 2 s",
        "ready: 3 packages in 4.0 s",
    ]


def test_a_terminal_has_one_line_that_goes_away(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each step is written over the one before, and what comes next has the line for itself."""
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    line = BuildLine()
    for step in STEPS:
        line(step)
    line.close()
    pieces = terminal.getvalue().split("\r\033[K")

    assert "\n" not in terminal.getvalue()
    assert pieces[1:4] == [
        "resolving 3 requirements",
        "resolving 3 requirements, 1 s",
        "downloading 1 of 12 MB (numpy), 2 s",
    ]
    assert pieces[-1] == ""


def test_it_knows_who_builds() -> None:
    """An interrupt ends a build of one's own, and only the waiting for another's."""
    line = BuildLine()
    line(BuildStep("installing", "1 package", is_joined=True))

    assert line.is_joined

"""The progress of a build in a terminal and in a log file."""

from __future__ import annotations

import io
import sys

import pytest

from modelop_jupyter.cli.follow import BuildProgress
from modelop_jupyter.display.progress import sentence
from modelop_jupyter.domain.environments import BuildStep
from modelop_jupyter.domain.queries import ReadingStep

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
    """Changed seconds and bytes get no lines of their own."""
    line = BuildProgress()
    for step in STEPS:
        line(step)
    line.close()

    assert capsys.readouterr().err.splitlines() == [
        "resolving 3 requirements",
        "downloading 1 of 12 MB (numpy), 2 s",
        "ready: 3 packages in 4.0 s",
    ]


def test_a_terminal_has_one_line_that_goes_away(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each step overwrites the one before, and the line is cleared at the end."""
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    line = BuildProgress()
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


def test_a_query_that_is_read_has_a_line_like_a_build(capsys: pytest.CaptureFixture[str]) -> None:
    """A log file gets the first, and then one every ten seconds."""
    line = BuildProgress()
    for step in (ReadingStep("ask.sql", 0, 0.0), ReadingStep("ask.sql", 1200, 0.25)):
        line(step)
    line.close()

    assert capsys.readouterr().err.splitlines() == ["reading ask.sql: 0 rows"]
    assert sentence(ReadingStep("ask.sql", 12_000, 4.0)) == (
        "reading ask.sql: 12,000 rows, 3,000/s, 4 s"
    )


def test_a_build_by_another_process_is_joined() -> None:
    """An interrupt ends the process's own build, or only the waiting for another one."""
    line = BuildProgress()
    line(BuildStep("installing", "1 package", is_joined=True))

    assert line.is_joined

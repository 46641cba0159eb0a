"""The output of uv and pip becomes the step of a build."""

from __future__ import annotations

import pytest

from modelop_jupyter.domain.environments import BuildStep
from modelop_jupyter.environments.progress.output_parser import OutputParser


@pytest.mark.parametrize(
    ("lines", "step"),
    [
        (["Downloading numpy (16.1MiB)"], BuildStep("downloading", "numpy", 0, 0, 16882073)),
        (
            ["Downloading numpy (1.0MiB)", "Downloading six (11.0KiB)", " Downloaded numpy"],
            BuildStep("downloading", "six", 0, 1 << 20, (1 << 20) + 11264),
        ),
        (
            ["numpy                ------------------------------ 16.00 KiB/16.00 MiB"],
            BuildStep("downloading", "numpy", 0, 16 << 10, 16 << 20),
        ),
        (
            ["six  ----------  8 B/2.0 KiB", "six  ----------  2.0 KiB/2.0 KiB"],
            BuildStep("downloading", "", 0, 2048, 2048),
        ),
        (
            [f"{name}  ------- 0 B/1.0 KiB" for name in ("a", "b", "c", "d", "e")],
            BuildStep("downloading", "a, b, c and 2 more", 0, 0, 5120),
        ),
        (
            ["  Downloading numpy-1.19.5-cp36-cp36m-manylinux2010_x86_64.whl (14.8 MB)"],
            BuildStep("downloading", "numpy", 0, 0, 14_800_000),
        ),
        (
            [
                "  Downloading https://h/files/six-1.17.0-py2.py3-none-any.whl (11 kB)",
                "  Downloading tiny_two-2-py3-none-any.whl (1 kB)",
            ],
            BuildStep("downloading", "tiny_two", 0, 11_000, 12_000),
        ),
        (["   Building demo==1.0"], BuildStep("compiling", "demo from its source")),
        (
            ["Building demo @ file:///x/demo-1.0.tar.gz"],
            BuildStep("compiling", "demo from its source"),
        ),
        (
            ["  Building wheel for demo (pyproject.toml): started"],
            BuildStep("compiling", "demo from its source"),
        ),
        (
            [
                "⠙ Preparing packages... (0/3)",
                "scipy ---------- 1.00 KiB/2.00 KiB",
                "⠙ Preparing packages... (2/3)",
                "scipy ---------- 1.99 KiB/2.00 KiB",
                "⠙ Preparing packages... (2/3)",
                "⠙ Preparing packages... (2/3)",
            ],
            BuildStep("unpacking", "2 of 3 packages"),
        ),
        (
            [
                "⠙ Preparing packages... (0/2)",
                "a ---------- 1.00 KiB/2.00 KiB",
                "b ---------- 0 B/2.00 KiB",
                "⠙ Preparing packages... (0/2)",
                "b ---------- 1.00 KiB/2.00 KiB",
                "⠙ Preparing packages... (0/2)",
                "b ---------- 1.50 KiB/2.00 KiB",
            ],
            BuildStep("downloading", "b", 0, 2048 + 1536, 4096),
        ),
        (
            [
                "six ---------- 2.00 KiB/2.00 KiB",
                "   Building demo==1.0",
                "⠙ Preparing packages... (1/2)",
                "⠙ Preparing packages... (1/2)",
            ],
            BuildStep("compiling", "demo from its source"),
        ),
        (
            [
                "six ---------- 2.00 KiB/2.00 KiB",
                "   Building demo==1.0",
                "      Built demo==1.0",
                "⠙ Preparing packages... (1/2)",
                "⠙ Preparing packages... (1/2)",
            ],
            BuildStep("unpacking", "1 of 2 packages"),
        ),
        (["██████░░░░ [1/3] six==1.17.0"], BuildStep("installing", "1 of 3 packages")),
        (["Prepared 1 package in 2ms"], BuildStep("installing", "1 package")),
        (
            ["Installing collected packages: six, numpy, pandas"],
            BuildStep("installing", "3 packages"),
        ),
    ],
)
def test_a_line_becomes_a_step(lines: list[str], step: BuildStep) -> None:
    """Bytes are those of all files together; only files that go on are named."""
    parser = OutputParser()

    steps = [parser.parse(line) for line in lines]

    assert steps[-1] == step


@pytest.mark.parametrize(
    "line",
    [
        "",
        "Using Python 3.11.7 environment at: /x",
        " + six==1.17.0",
        "error: Failed to download `six==1.17.0`",
        "Requirement already satisfied: six",
        "⠋ Preparing packages... (0/3)",
        "░░░░░░░░░░ [0/0] Installing wheels...",
    ],
)
def test_other_lines_change_nothing(line: str) -> None:
    """An error is no progress."""
    assert OutputParser().parse(line) is None
